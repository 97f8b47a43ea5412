using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// A tree of files that can be mounted. The one interface that a custom file system implements; <see cref="Inode"/> has a
/// default for everything that it doesn't support.
/// </summary>
/// <remarks>Thread-safe. A file system belongs to one machine unless it says that it may be shared.</remarks>
public interface IFileSystem
{
    /// <summary>The name in /proc/mounts, such as <c>tmpfs</c>.</summary>
    string TypeName { get; }

    /// <summary>The root directory.</summary>
    Inode Root { get; }

    /// <summary>statfs(2).</summary>
    FileSystemStatistics GetStatistics();
}

/// <summary>statfs(2). Sizes in blocks of <paramref name="BlockSize"/> bytes.</summary>
public readonly record struct FileSystemStatistics(long Type, long BlockSize, long Blocks, long FreeBlocks, long Files, long FreeFiles, long Flags);

/// <summary>What stat(2) tells of a file. Times are nanoseconds since 1970-01-01 UTC.</summary>
public readonly record struct InodeAttributes
{
    /// <summary>Device number, unique for each mounted file system.</summary>
    public ulong Device { get; init; }

    /// <summary>Inode number, unique in the file system.</summary>
    public ulong Inode { get; init; }

    /// <summary>S_IF* type and permission bits.</summary>
    public uint Mode { get; init; }

    /// <summary>Number of hard links.</summary>
    public uint Links { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Device number of a device file.</summary>
    public ulong RawDevice { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>Preferred I/O size.</summary>
    public long BlockSize { get; init; }

    /// <summary>Units of 512 bytes that are allocated.</summary>
    public long Blocks { get; init; }

    /// <summary>Last access.</summary>
    public long AccessTime { get; init; }

    /// <summary>Last change of content.</summary>
    public long ModificationTime { get; init; }

    /// <summary>Last change of attributes.</summary>
    public long ChangeTime { get; init; }

    /// <summary>Creation; 0 if unknown.</summary>
    public long BirthTime { get; init; }
}

/// <summary>What chmod(2), chown(2), utimensat(2) and truncate(2) change; null leaves a field as it is.</summary>
public readonly record struct AttributeChange
{
    /// <summary>New permission bits (07777).</summary>
    public uint? Mode { get; init; }

    /// <summary>New owner.</summary>
    public uint? Uid { get; init; }

    /// <summary>New group.</summary>
    public uint? Gid { get; init; }

    /// <summary>New size.</summary>
    public long? Size { get; init; }

    /// <summary>New access time, nanoseconds since 1970.</summary>
    public long? AccessTime { get; init; }

    /// <summary>New modification time, nanoseconds since 1970.</summary>
    public long? ModificationTime { get; init; }

    /// <summary>Both times are "now" (UTIME_NOW twice, or no times given): write permission is enough then, see utimensat(2).</summary>
    public bool TimesAreNow { get; init; }
}

/// <summary>Who and with what permissions a new file is made: mode already masked by umask.</summary>
public readonly record struct NewInode(uint Mode, uint Uid, uint Gid, ulong RawDevice = 0);

/// <summary>
/// A file, directory, symbolic link, device or FIFO. The virtual file system checks permissions, resolves paths and mounts; an
/// inode does what is asked.
/// </summary>
/// <remarks>
/// Every operation has a default that answers with the errno for "not supported here". Names are single components, never
/// empty, "." or "..", see <see cref="FileName"/>. The same file must be the same object (or equal by <see cref="Number"/>) each time it is looked up.
/// </remarks>
public abstract class Inode
{
    private FileLocks? _locks;
    private Pipe? _fifoPipe;

    /// <summary>Inode number.</summary>
    public abstract ulong Number { get; }

    /// <summary>S_IF* type bits; fixed for the inode's life.</summary>
    public abstract uint Type { get; }

    /// <summary>Record and flock(2) locks on the file; made at first use.</summary>
    internal FileLocks Locks => _locks ?? Interlocked.CompareExchange(ref _locks, new FileLocks(), null) ?? _locks;

    /// <summary>The locks if there ever were any.</summary>
    internal FileLocks? LocksIfAny => Volatile.Read(ref _locks);

    /// <summary>The pipe behind a FIFO; made at first open.</summary>
    internal Pipe FifoPipe => _fifoPipe ?? Interlocked.CompareExchange(ref _fifoPipe, new Pipe(), null) ?? _fifoPipe;

    /// <summary>stat(2). A <see cref="InodeAttributes.Device"/> of 0 is filled in from the mount.</summary>
    public abstract Result<InodeAttributes> GetAttributes();

    /// <summary>chmod(2), chown(2), utimensat(2), truncate(2).</summary>
    public virtual Errno SetAttributes(in AttributeChange change) => Errno.EROFS;

    /// <summary>Whether this directory's entries may change behind the virtual file system's back, so that look-ups must not be cached.</summary>
    public virtual bool IsVolatile => true;

    /// <summary>Finds an entry of this directory; ENOENT if there is none.</summary>
    public virtual Result<Inode> Lookup(string name) => Errno.ENOTDIR;

    /// <summary>Makes a regular file, FIFO, socket or device; EEXIST if the name is taken.</summary>
    public virtual Result<Inode> Create(string name, in NewInode attributes) => Errno.EROFS;

    /// <summary>O_TMPFILE: makes a regular file that has no name; <see cref="Link"/> may give it one.</summary>
    public virtual Result<Inode> CreateUnnamed(in NewInode attributes) => Errno.EOPNOTSUPP;

    /// <summary>mkdir(2).</summary>
    public virtual Result<Inode> MakeDirectory(string name, in NewInode attributes) => Errno.EROFS;

    /// <summary>symlink(2).</summary>
    public virtual Result<Inode> MakeSymbolicLink(string name, string target, in NewInode attributes) => Errno.EROFS;

    /// <summary>link(2): another name for <paramref name="target"/>, which belongs to the same file system.</summary>
    public virtual Errno Link(string name, Inode target) => Errno.EROFS;

    /// <summary>unlink(2). The file lives on as long as it is open.</summary>
    public virtual Errno Unlink(string name) => Errno.EROFS;

    /// <summary>rmdir(2).</summary>
    public virtual Errno RemoveDirectory(string name) => Errno.EROFS;

    /// <summary>renameat2(2) within one file system. <paramref name="flags"/> are RENAME_*.</summary>
    public virtual Errno Rename(string oldName, Inode newDirectory, string newName, uint flags) => Errno.EROFS;

    /// <summary>readlink(2).</summary>
    public virtual Result<string> ReadLink() => Errno.EINVAL;

    /// <summary>readlink(2) for a link whose text depends on who reads it (/proc/self).</summary>
    internal virtual Result<string> ReadLink(FsContext context) => ReadLink();

    /// <summary>
    /// Opens the file for reading or writing as the access mode in <paramref name="flags"/> (O_*) says. O_CREAT and O_EXCL are
    /// dealt with by the caller; O_TRUNC too.
    /// </summary>
    /// <param name="flags">O_* flags.</param>
    /// <param name="dentry">Where it was found.</param>
    public abstract Result<OpenFile> Open(int flags, Dentry dentry);

    /// <summary>getxattr(2): the value, or ENODATA.</summary>
    public virtual Result<byte[]> GetExtendedAttribute(string name) => Errno.EOPNOTSUPP;

    /// <summary>setxattr(2). <paramref name="flags"/> are XATTR_*; a null value removes (removexattr(2)).</summary>
    public virtual Errno SetExtendedAttribute(string name, byte[]? value, int flags) => Errno.EOPNOTSUPP;

    /// <summary>listxattr(2).</summary>
    public virtual Result<string[]> ListExtendedAttributes() => Errno.EOPNOTSUPP;
}
