using HermiTux.Abi;

namespace HermiTux.Memory;

/// <summary>
/// One guest address space: the sorted list of mappings (a <c>Vma</c> each), the page table from guest pages to frames, and
/// the operations of mmap(2) and friends. It is the truth; engines are views of it.
/// </summary>
public sealed unsafe partial class AddressSpace
{
    // CONTRACT SKETCH: replaced by the memory work. Signatures below are what the rest of Core codes against.

    /// <summary>Creates an empty space whose pages come from <paramref name="frames"/>.</summary>
    public AddressSpace(FrameTable frames)
    {
        Frames = frames;
    }

    /// <summary>The machine's frames.</summary>
    public FrameTable Frames { get; }

    /// <summary>mmap(2). On success <paramref name="address"/> is where the mapping is; on entry it is the hint or the fixed address.</summary>
    public Errno Map(ref ulong address, ulong length, MemoryProtection protection, MappingFlags flags,
        IMemoryObject? backing = null, ulong offset = 0, string? name = null) => throw new NotImplementedException();

    /// <summary>munmap(2).</summary>
    public Errno Unmap(ulong address, ulong length) => throw new NotImplementedException();

    /// <summary>mprotect(2).</summary>
    public Errno Protect(ulong address, ulong length, MemoryProtection protection) => throw new NotImplementedException();

    /// <summary>mremap(2). <paramref name="flags"/> are MREMAP_*. On success <paramref name="newAddress"/> is the result.</summary>
    public Errno Remap(ulong oldAddress, ulong oldLength, ulong newLength, int flags, ref ulong newAddress) => throw new NotImplementedException();

    /// <summary>madvise(2). <paramref name="advice"/> is MADV_*.</summary>
    public Errno Advise(ulong address, ulong length, int advice) => throw new NotImplementedException();

    /// <summary>mincore(2): one byte a page, bit 0 set when resident.</summary>
    public Errno Resident(ulong address, ulong length, Span<byte> pages) => throw new NotImplementedException();

    /// <summary>msync(2).</summary>
    public Errno Sync(ulong address, ulong length, int flags) => throw new NotImplementedException();

    /// <summary>brk(2): tries to move the break; returns the break after the call (unchanged on failure). 0 asks for it.</summary>
    public ulong Brk(ulong newBreak) => throw new NotImplementedException();

    /// <summary>Sets where the heap starts (page-aligned by the loader).</summary>
    public void SetBrkStart(ulong start) => throw new NotImplementedException();

    /// <summary>Removes every mapping (execve(2), dispose).</summary>
    public void Clear() => throw new NotImplementedException();

    /// <summary>
    /// Translates one guest address for an access, taking a frame, copying on write or growing the stack as needed.
    /// </summary>
    /// <param name="address">Guest virtual address.</param>
    /// <param name="access">What is to be done there.</param>
    /// <param name="pointer">Host address of that byte, valid to the end of its guest page.</param>
    /// <param name="fault">Why not, when the result is false.</param>
    public bool TryTranslate(ulong address, MemoryAccess access, out byte* pointer, out MemoryFault fault) => throw new NotImplementedException();

    /// <summary>Copies guest memory to <paramref name="destination"/>; false (EFAULT) if any byte can't be read, nothing is promised of the copied part.</summary>
    public bool TryRead(ulong address, Span<byte> destination) => throw new NotImplementedException();

    /// <summary>Copies to guest memory; false (EFAULT) if any byte can't be written. Bytes before the fault may have been written.</summary>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> source) => throw new NotImplementedException();

    /// <summary>Reads a blittable value.</summary>
    public bool TryRead<T>(ulong address, out T value) where T : unmanaged => throw new NotImplementedException();

    /// <summary>Writes a blittable value.</summary>
    public bool TryWrite<T>(ulong address, in T value) where T : unmanaged => throw new NotImplementedException();

    /// <summary>
    /// A direct window on guest memory from <paramref name="address"/>: the longest prefix of the range that is accessible and
    /// contiguous in host memory. Length 0 with a false result means the first byte faults. The guest may change the bytes meanwhile.
    /// </summary>
    public bool TryGetSpan(ulong address, int length, MemoryAccess access, out Span<byte> span) => throw new NotImplementedException();

    /// <summary>
    /// Reads a NUL-terminated byte string (without the NUL).
    /// </summary>
    /// <returns>None, EFAULT, or ENAMETOOLONG when no NUL is within <paramref name="maxLength"/> bytes.</returns>
    public Errno TryReadCString(ulong address, int maxLength, out byte[] value) => throw new NotImplementedException();

    /// <summary>
    /// Atomically compares and swaps an aligned 32-bit word (futex(2), robust lists). False on a fault.
    /// </summary>
    public bool TryCompareExchange(ulong address, uint expected, uint replacement, out uint previous) => throw new NotImplementedException();

    /// <summary>Registers a view; it hears of every change until detached.</summary>
    public void Attach(IAddressSpaceView view) => throw new NotImplementedException();

    /// <summary>Unregisters a view.</summary>
    public void Detach(IAddressSpaceView view) => throw new NotImplementedException();

    /// <summary>
    /// Declares that a view holds code derived from the page at <paramref name="page"/>. The next change of its bytes, by
    /// whatever mapping or by the kernel layer, is reported through <see cref="IAddressSpaceView.InvalidateCode"/> first.
    /// </summary>
    public void MarkCode(ulong page) => throw new NotImplementedException();

    /// <summary>A snapshot of the mappings in address order, adjacent alike ones merged, as /proc/self/maps shows them.</summary>
    public IReadOnlyList<VmaInfo> Mappings => throw new NotImplementedException();
}

/// <summary>One mapping as /proc/self/maps shows it (proc(5)).</summary>
public readonly record struct VmaInfo(ulong Start, ulong End, MemoryProtection Protection, bool Shared, ulong Offset,
    MemoryObjectName Name, long ResidentPages);

/// <summary>
/// The frames of one machine with their reference counts, and the memory limit, which counts frames in use (touched), never reservations.
/// </summary>
public sealed unsafe class FrameTable : IDisposable
{
    /// <summary>Creates the table over a store.</summary>
    /// <param name="store">Where frames come from; owned and disposed by the table.</param>
    /// <param name="limitBytes">How much may be in use at once.</param>
    public FrameTable(PageStore store, long limitBytes)
    {
        Store = store;
        LimitBytes = limitBytes;
    }

    /// <summary>Where the frames come from.</summary>
    public PageStore Store { get; }

    /// <summary>How much may be in use at once, in bytes.</summary>
    public long LimitBytes { get; }

    /// <summary>Bytes in use now.</summary>
    public long ResidentBytes => throw new NotImplementedException();

    /// <summary>The highest value that <see cref="ResidentBytes"/> had.</summary>
    public long PeakResidentBytes => throw new NotImplementedException();

    /// <summary>Takes one zero frame with one reference. -1 when the limit is reached.</summary>
    public long Allocate() => throw new NotImplementedException();

    /// <summary>Adds a reference to a frame.</summary>
    public void AddReference(long frame) => throw new NotImplementedException();

    /// <summary>Drops a reference; the last one frees the frame.</summary>
    public void ReleaseReference(long frame) => throw new NotImplementedException();

    /// <summary>Host address of a frame.</summary>
    public byte* PointerTo(long frame) => Store.PointerTo(frame);

    /// <summary>Reports that the kernel layer is about to write to a frame behind the mappings' back (write(2) to a mapped file).</summary>
    public void BeforeWrite(long frame) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => Store.Dispose();
}
