using HermiTux.Abi;

namespace HermiTux.Memory;

/// <summary>What a guest may do with a range of memory. The values are those of PROT_* (mmap(2)).</summary>
[Flags]
public enum MemoryProtection : byte
{
    /// <summary>Every access faults.</summary>
    None = 0,

    /// <summary>Loads are allowed (PROT_READ).</summary>
    Read = 1,

    /// <summary>Stores are allowed (PROT_WRITE); x86 has no write-only pages, so this implies reading.</summary>
    Write = 2,

    /// <summary>Instruction fetch is allowed (PROT_EXEC).</summary>
    Execute = 4,
}

/// <summary>The kind of one memory access.</summary>
public enum MemoryAccess : byte
{
    /// <summary>A load.</summary>
    Read = 1,

    /// <summary>A store, or a read-modify-write.</summary>
    Write = 2,

    /// <summary>An instruction fetch.</summary>
    Execute = 4,
}

/// <summary>Why an access could not be done.</summary>
public enum MemoryFaultKind : byte
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>Nothing is mapped there (SIGSEGV, SEGV_MAPERR).</summary>
    NotMapped,

    /// <summary>The mapping doesn't allow the access (SIGSEGV, SEGV_ACCERR).</summary>
    Protection,

    /// <summary>The address isn't canonical (#GP on hardware, SIGSEGV with SI_KERNEL). The kernel's canonical half is <see cref="NotMapped"/>.</summary>
    NonCanonical,

    /// <summary>The page lies wholly past the end of the mapped file (SIGBUS, BUS_ADRERR).</summary>
    BeyondEndOfFile,

    /// <summary>The machine's memory limit is reached; the machine is to be stopped.</summary>
    LimitReached,
}

/// <summary>An access that failed: where, what and why.</summary>
public readonly record struct MemoryFault(ulong Address, MemoryAccess Access, MemoryFaultKind Kind);

/// <summary>How a mapping is made. A selection of MAP_* (mmap(2)) that the address space itself acts on.</summary>
[Flags]
public enum MappingFlags
{
    /// <summary>Private, placed anywhere.</summary>
    None = 0,

    /// <summary>Stores are shared with every other mapping of the same object (MAP_SHARED).</summary>
    Shared = 1,

    /// <summary>Exactly at the address, replacing what is there (MAP_FIXED).</summary>
    Fixed = 2,

    /// <summary>Exactly at the address, EEXIST if anything is there (MAP_FIXED_NOREPLACE).</summary>
    FixedNoReplace = 4,

    /// <summary>The range extends downwards on access just below it (MAP_GROWSDOWN, the main stack).</summary>
    GrowsDown = 8,

    /// <summary>Frames are taken at once, not at first touch (MAP_POPULATE, MAP_LOCKED).</summary>
    Populate = 16,

    /// <summary>Below 2 GiB (MAP_32BIT).</summary>
    Low32 = 32,

    /// <summary>A shared mapping of a file that isn't open for writing: mprotect(2) to PROT_WRITE gives EACCES.</summary>
    NeverWritable = 64,
}

/// <summary>
/// What a file-backed or shared mapping shows: an object of bytes cached in page frames.
/// All mappings of one object share its frames, which is what makes MAP_SHARED coherent.
/// </summary>
/// <remarks>Implementations are thread-safe. Files implement it so that read(2)/write(2) and mappings agree.</remarks>
public interface IMemoryObject
{
    /// <summary>The object's size in bytes now; pages wholly beyond it raise SIGBUS.</summary>
    long Length { get; }

    /// <summary>
    /// The frame that holds page <paramref name="pageIndex"/> of the object, filled with its content. It comes with a reference
    /// that is the caller's to release, taken under the object's own lock, so that a truncation in between can't free it. The object
    /// holds one of its own as long as it caches the page.
    /// </summary>
    /// <param name="frames">The machine's frames.</param>
    /// <param name="pageIndex">Offset in the object divided by 4096.</param>
    /// <param name="frame">The frame, when the result is <see cref="Errno.None"/>.</param>
    /// <returns>None, EIO when the content can't be read or the page lies past the end by now, ENOMEM at the memory limit.</returns>
    Errno GetPage(FrameTable frames, long pageIndex, out long frame);

    /// <summary>Reads content for a private mapping without caching it in the object: one page or several, from page <paramref name="pageIndex"/> on.</summary>
    /// <returns>Bytes read (short only at the end), or a negative errno.</returns>
    int ReadPage(long pageIndex, Span<byte> destination);

    /// <summary>Writes dirty pages of a shared mapping back (msync(2), munmap(2)). Nothing to do for memory files.</summary>
    Errno WriteBack(FrameTable frames, long firstPage, long count);

    /// <summary>A mapping came into being. The object stays alive until <see cref="Unmapped"/> was called as often.</summary>
    void Mapped();

    /// <summary>
    /// The same, with the frames of the machine that maps it, for objects that can shrink and then call
    /// <see cref="FrameTable.Truncated"/>. This is what an address space calls.
    /// </summary>
    void Mapped(FrameTable frames) => Mapped();

    /// <summary>A mapping went away.</summary>
    void Unmapped();

    /// <summary>
    /// A descriptor of the host whose pages are the content, so that a private mapping may show them as they are until the guest writes; -1
    /// when there is none, or the content isn't all there now. Good as long as a mapping of the object exists.
    /// </summary>
    int HostDescriptor => -1;

    /// <summary>
    /// What the content is as long as this stays the same; null when that can't be said without reading it. Machines that map equal
    /// content share what is derived from it, so what one machine's guest can do must not be able to change content under an identity.
    /// </summary>
    ContentIdentity? Identity => null;

    /// <summary>Path, device and inode for /proc/self/maps.</summary>
    MemoryObjectName Name { get; }
}

/// <summary>A certain content of a certain file of the host (statx(2)).</summary>
/// <param name="Device">The host's device number.</param>
/// <param name="Inode">The file's number there.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Modified">Last change of the content, in nanoseconds since 1970.</param>
/// <param name="Changed">Last change of content or attributes, likewise; no one can set it at will.</param>
public readonly record struct ContentIdentity(ulong Device, ulong Inode, long Length, long Modified, long Changed);

/// <summary>How a mapped object is named in /proc/self/maps (proc(5)).</summary>
public readonly record struct MemoryObjectName(string Path, ulong Device, ulong Inode);

/// <summary>
/// Something that derives state from an address space (a TLB, translated code, hardware page tables) and must hear of changes.
/// </summary>
public interface IAddressSpaceView
{
    /// <summary>
    /// Translations of the pages in the range are no longer valid (unmapped, protection reduced, moved, or the frame replaced).
    /// Called with the address space locked, on the thread that made the change, before the change returns to the guest.
    /// </summary>
    /// <remarks>A view keeps neither data translations nor the right to execute cached code of these pages without translating again.</remarks>
    void Invalidate(ulong start, ulong length);

    /// <summary>
    /// The bytes of a page whose code a view had registered with <see cref="AddressSpace.MarkCode"/> are about to change.
    /// <paramref name="page"/> is the page's guest address; called once, after which the page is unmarked. Also called when the page
    /// is unmapped, moved or replaced. May come from any thread, with or without the space locked; must not call back.
    /// </summary>
    void InvalidateCode(ulong page);

    /// <summary>
    /// Pages of the range that are there may be used in more ways than before (mprotect(2)). Called like
    /// <see cref="Invalidate"/>. A view that would rather wait for the next access needs do nothing.
    /// </summary>
    void Extend(ulong start, ulong length)
    {
    }

    /// <summary>
    /// The mappings of a range are no longer what they were (removed, moved, of another protection, or their file became shorter), whether any
    /// page was there or not. Called like <see cref="Invalidate"/>, before the pages go.
    /// </summary>
    void Remap(ulong start, ulong length)
    {
    }

    /// <summary>
    /// Pages of a private file mapping are about to get frames of their own: whoever shows the file's content there stops, before the first
    /// write can go to the frame. Called like <see cref="Invalidate"/>.
    /// </summary>
    void HideFilePages(ulong start, ulong length)
    {
    }

    /// <summary>A page now holds code, or shows a frame that does: drop cached write translations of it, so that the next store is reported.</summary>
    void ProtectCode(ulong page);
}
