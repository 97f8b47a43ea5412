using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// Linux's tmpfs: everything in the machine's memory. File pages are page frames, so they count towards the memory limit; there
/// is room for half of it (ENOSPC beyond). So shared mappings and read(2)/write(2) see the same bytes. Holes cost nothing.
/// </summary>
/// <remarks>Belongs to one machine. Thread-safe: one lock orders names, each file has its own for content.</remarks>
public sealed class MemoryFileSystem : IFileSystem
{
    private readonly TimeProvider _time;
    private readonly MemoryDirectory _root;
    private readonly long _maxInodes;
    private readonly long _maxPages;
    private long _lastNumber;
    private long _inodes;
    private long _pages;
    private long _attributeBytes;

    /// <summary>Creates an empty file system.</summary>
    /// <param name="frames">The machine's page frames.</param>
    /// <param name="time">The machine's clock, for time stamps.</param>
    /// <param name="mode">Permission bits of the root directory; 0777 with the sticky bit is right for /tmp.</param>
    /// <param name="uid">Owner of the root directory.</param>
    /// <param name="gid">Group of the root directory.</param>
    /// <param name="sizeLimit">Most bytes of file content (ENOSPC beyond); null for half of the machine's memory, tmpfs's default.</param>
    public MemoryFileSystem(FrameTable frames, TimeProvider time, uint mode = 0x1ED, uint uid = 0, uint gid = 0, long? sizeLimit = null)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentNullException.ThrowIfNull(time);
        Frames = frames;
        _time = time;

        // As on Linux: half as many inodes as there are pages, since their bookkeeping takes memory that the limit doesn't see.
        _maxPages = (sizeLimit ?? (frames.LimitBytes / 2)) / Page.Size;
        _maxInodes = Math.Max(1024, frames.LimitBytes / Page.Size / 2);
        _root = new MemoryDirectory(this, new NewInode(StatConstants.S_IFDIR | (mode & StatConstants.PermissionBits), uid, gid), null);
    }

    /// <inheritdoc/>
    public string TypeName => "tmpfs";

    /// <inheritdoc/>
    public Inode Root => _root;

    internal FrameTable Frames { get; }

    /// <summary>Orders changes of names and attributes.</summary>
    internal Lock NameLock { get; } = new();

    internal long Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <inheritdoc/>
    public FileSystemStatistics GetStatistics()
    {
        return new FileSystemStatistics(0x01021994, Page.Size, _maxPages, FreePages, _maxInodes, Math.Max(0, _maxInodes - Volatile.Read(ref _inodes)), 0);
    }

    /// <summary>
    /// Adds a file with content, making the directories above it; replaces the content if the file exists.
    /// </summary>
    /// <param name="path">Path from the root of this file system.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="mode">Permission bits.</param>
    /// <returns>None, ENOSPC at the memory limit (the size of the file system doesn't count here), ENOTDIR or EISDIR where the path disagrees with what is there.</returns>
    public Errno AddFile(string path, ReadOnlySpan<byte> content, uint mode = 0x1A4)
    {
        if (AddParents(path, out MemoryDirectory? parent, out string name) is not Errno.None and var error)
        {
            return error;
        }

        Result<Inode> file = parent!.Lookup(name);
        if (file.Error == Errno.ENOENT)
        {
            file = parent.Create(name, new NewInode(StatConstants.S_IFREG | (mode & StatConstants.PermissionBits), 0, 0));
        }

        if (!file.IsSuccess)
        {
            return file.Error;
        }

        if (file.Value is not MemoryFile memory)
        {
            return Errno.EISDIR;
        }

        memory.Content.Truncate(0);
        return memory.Content.Write(content, 0, force: true) is { IsSuccess: true } written && written.Value == content.Length ? Errno.None : Errno.ENOSPC;
    }

    /// <summary>Adds a directory and those above it; nothing happens if it exists.</summary>
    public Errno AddDirectory(string path, uint mode = 0x1ED)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Trim('/').Length == 0)
        {
            return Errno.None;
        }

        if (AddParents(path, out MemoryDirectory? parent, out string name) is not Errno.None and var error)
        {
            return error;
        }

        Errno made = parent!.MakeDirectory(name, new NewInode(StatConstants.S_IFDIR | (mode & StatConstants.PermissionBits), 0, 0)).Error;
        return made == Errno.EEXIST && parent.Lookup(name).Value is MemoryDirectory ? Errno.None : made;
    }

    /// <summary>Adds a symbolic link, making the directories above it.</summary>
    public Errno AddSymbolicLink(string path, string target) =>
        AddParents(path, out MemoryDirectory? parent, out string name) is not Errno.None and var error ? error
            : parent!.MakeSymbolicLink(name, target, new NewInode(StatConstants.S_IFLNK | 0x1FF, 0, 0)).Error;

    /// <summary>A regular file without a name: memfd_create(2).</summary>
    internal MemoryFile CreateDetachedFile(uint mode, uint uid, uint gid) => new(this, new NewInode(StatConstants.S_IFREG | mode, uid, gid), linked: false);

    internal ulong NextNumber() => (ulong)Interlocked.Increment(ref _lastNumber);

    /// <summary>Accounts for a name or an inode; false at the limit.</summary>
    internal bool TryCharge()
    {
        if (Interlocked.Increment(ref _inodes) <= _maxInodes)
        {
            return true;
        }

        Interlocked.Decrement(ref _inodes);
        return false;
    }

    internal void Uncharge() => Interlocked.Decrement(ref _inodes);

    /// <summary>How many pages of content there is room for: of the file system's size, and of what the machine has left.</summary>
    internal long FreePages => Math.Max(0, Math.Min(_maxPages - Volatile.Read(ref _pages), (Frames.LimitBytes - Frames.ResidentBytes) / Page.Size));

    /// <summary>Accounts for a page of content; false when the file system is full. The embedder's own files (<paramref name="force"/>) may go beyond.</summary>
    internal bool TryTakePage(bool force)
    {
        if (Interlocked.Increment(ref _pages) <= _maxPages || force)
        {
            return true;
        }

        Interlocked.Decrement(ref _pages);
        return false;
    }

    internal void ReturnPages(long count) => Interlocked.Add(ref _pages, -count);

    /// <summary>
    /// Accounts for bytes that an inode keeps on the host's heap (extended attributes, the target of a link): they count towards the
    /// machine's memory, a page at a time. Under the name lock. False at the limit.
    /// </summary>
    internal bool TryChargeBytes(long bytes)
    {
        long pages = ((_attributeBytes + bytes) >> Page.Shift) - (_attributeBytes >> Page.Shift);
        if (pages > 0 && !Frames.TryCharge(pages))
        {
            return false;
        }

        if (pages < 0)
        {
            Frames.Uncharge(-pages);
        }

        _attributeBytes += bytes;
        return true;
    }

    private Errno AddParents(string path, out MemoryDirectory? parent, out string name)
    {
        ArgumentNullException.ThrowIfNull(path);
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        parent = _root;
        name = names.Length == 0 ? "" : names[^1];
        if (names.Length == 0 || names.Any(n => n is "." or ".." || n.Contains('\0', StringComparison.Ordinal)))
        {
            return Errno.EINVAL;
        }

        foreach (string component in names[..^1])
        {
            Result<Inode> next = parent.Lookup(component);
            if (next.Error == Errno.ENOENT)
            {
                next = parent.MakeDirectory(component, new NewInode(StatConstants.S_IFDIR | 0x1ED, 0, 0));
            }

            if (!next.IsSuccess)
            {
                return next.Error;
            }

            if (next.Value is not MemoryDirectory directory)
            {
                return Errno.ENOTDIR;
            }

            parent = directory;
        }

        return Errno.None;
    }
}
