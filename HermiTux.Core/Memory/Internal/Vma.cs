namespace HermiTux.Memory;

/// <summary>One mapping: a range of guest addresses with one protection and one backing (Linux's vm_area_struct).</summary>
internal sealed class Vma
{
    /// <summary>First address.</summary>
    public ulong Start;

    /// <summary>First address after.</summary>
    public ulong End;

    /// <summary>What the guest asked for.</summary>
    public MemoryProtection Protection;

    /// <summary>Kind and advice.</summary>
    public VmaFlags Flags;

    /// <summary>What it shows; null for private anonymous memory.</summary>
    public IMemoryObject? Backing;

    /// <summary>Offset of <see cref="Start"/> in <see cref="Backing"/>, in bytes.</summary>
    public ulong Offset;

    /// <summary>Whether the guest was ever allowed to write: pages of a private mapping may then differ from what <see cref="Backing"/> says.</summary>
    public bool WasWritable;

    /// <summary>Name for /proc/self/maps where it isn't the backing's.</summary>
    public string? Name;

    /// <summary>Pages.</summary>
    public long Pages => (long)((End - Start) >> Page.Shift);

    public bool IsShared => (Flags & VmaFlags.Shared) != 0;

    public bool GrowsDown => (Flags & VmaFlags.GrowsDown) != 0;

    public bool IsLocked => (Flags & VmaFlags.Locked) != 0;

    /// <summary>Whether it counts towards RLIMIT_DATA (getrlimit(2)): private, writable, not a stack.</summary>
    public bool IsData => IsDataFor(Protection);

    public bool IsDataFor(MemoryProtection protection) =>
        (Flags & (VmaFlags.Shared | VmaFlags.GrowsDown)) == 0 && (protection & MemoryProtection.Write) != 0;

    /// <summary>Index of an address's page in the backing.</summary>
    public long PageIndex(ulong address) => (long)((Offset + (address - Start)) >> Page.Shift);

    /// <summary>The same mapping over another range of itself.</summary>
    public Vma Slice(ulong start, ulong end) => new()
    {
        Start = start,
        End = end,
        Protection = Protection,
        Flags = Flags,
        Backing = Backing,
        Offset = Backing == null ? 0 : Offset + (start - Start),
        WasWritable = WasWritable,
        Name = Name,
    };

    /// <summary>Whether <paramref name="next"/> continues this mapping, so that both can be one.</summary>
    public bool CanMergeWith(Vma next) =>
        End == next.Start && Protection == next.Protection && Flags == next.Flags && ReferenceEquals(Backing, next.Backing)
        && Name == next.Name && (Backing == null || Offset + (End - Start) == next.Offset);
}

/// <summary>What distinguishes mappings besides their protection.</summary>
[Flags]
internal enum VmaFlags
{
    None = 0,

    /// <summary>MAP_SHARED.</summary>
    Shared = 1,

    /// <summary>MAP_GROWSDOWN, the main stack.</summary>
    GrowsDown = 2,

    /// <summary>mlock(2): DONTNEED is refused.</summary>
    Locked = 4,

    /// <summary>The file isn't open for writing: mprotect(2) may not add writing.</summary>
    NeverWritable = 8,

    /// <summary>MADV_DONTFORK.</summary>
    DontFork = 16,

    /// <summary>MADV_WIPEONFORK.</summary>
    WipeOnFork = 32,

    /// <summary>MADV_DONTDUMP.</summary>
    DontDump = 64,

    /// <summary>Part of brk(2)'s heap; never merged with mmap(2)'s memory.</summary>
    Heap = 128,
}
