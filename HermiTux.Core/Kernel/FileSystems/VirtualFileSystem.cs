using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>A place in the tree: an inode with the name and parent by which it was reached, and the mount that it is in.</summary>
public sealed class Dentry
{
    // CONTRACT SKETCH: the virtual file system work owns this type.

    /// <summary>The directory above; the root is its own parent.</summary>
    public Dentry Parent { get; internal set; } = null!;

    /// <summary>Name in the parent.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The file.</summary>
    public Inode Inode { get; internal set; } = null!;

    /// <summary>The absolute path from the machine's root; ends in " (deleted)" when the file was removed.</summary>
    public string FullPath => throw new NotImplementedException();
}

/// <summary>Where a process stands in the tree: its root, working directory and umask (shared by threads, CLONE_FS).</summary>
public sealed class FsContext
{
    /// <summary>Creates a context that stands at the root.</summary>
    public FsContext(VirtualFileSystem files, Credentials credentials)
    {
        Files = files;
        Credentials = credentials;
        Root = files.Root;
        WorkingDirectory = files.Root;
    }

    /// <summary>The machine's tree.</summary>
    public VirtualFileSystem Files { get; }

    /// <summary>Who asks; permission checks use the file-system ids.</summary>
    public Credentials Credentials { get; }

    /// <summary>chroot(2).</summary>
    public Dentry Root { get; set; }

    /// <summary>chdir(2).</summary>
    public Dentry WorkingDirectory { get; set; }

    /// <summary>umask(2).</summary>
    public uint Umask { get; set; } = 0x12;
}

/// <summary>How a path is walked (path_resolution(7), openat2(2)).</summary>
[Flags]
public enum ResolveFlags
{
    /// <summary>Follow a final symbolic link.</summary>
    None = 0,

    /// <summary>Don't follow a final symbolic link (AT_SYMLINK_NOFOLLOW).</summary>
    NoFollow = 1,

    /// <summary>The path must name a directory.</summary>
    Directory = 2,

    /// <summary>An empty path names the start itself (AT_EMPTY_PATH).</summary>
    EmptyPath = 4,

    /// <summary>RESOLVE_NO_SYMLINKS.</summary>
    NoSymlinks = 8,

    /// <summary>RESOLVE_BENEATH.</summary>
    Beneath = 16,

    /// <summary>RESOLVE_IN_ROOT.</summary>
    InRoot = 32,

    /// <summary>RESOLVE_NO_MAGICLINKS.</summary>
    NoMagicLinks = 64,

    /// <summary>RESOLVE_NO_XDEV.</summary>
    NoCrossDevice = 128,
}

/// <summary>
/// The machine's file tree: mounts, path resolution component by component, permission checks, and the operations of
/// the *at() family. A null <c>start</c> is the working directory.
/// </summary>
public sealed class VirtualFileSystem
{
    // CONTRACT SKETCH: the virtual file system work owns this type.

    /// <summary>The root directory.</summary>
    public Dentry Root => throw new NotImplementedException();

    /// <summary>Mounts a file system on an existing directory or, for the root, under everything.</summary>
    public Errno Mount(string path, IFileSystem fileSystem, bool readOnly) => throw new NotImplementedException();

    /// <summary>Walks a path.</summary>
    public Result<Dentry> Resolve(FsContext context, Dentry? start, string path, ResolveFlags flags = ResolveFlags.None) => throw new NotImplementedException();

    /// <summary>openat(2), openat2(2) with every O_* flag. <paramref name="mode"/> is not yet masked.</summary>
    public Result<OpenFile> Open(FsContext context, Dentry? start, string path, int flags, uint mode, ResolveFlags resolve = ResolveFlags.None) => throw new NotImplementedException();

    /// <summary>mknodat(2).</summary>
    public Errno MakeNode(FsContext context, Dentry? start, string path, uint mode, ulong device) => throw new NotImplementedException();

    /// <summary>mkdirat(2).</summary>
    public Errno MakeDirectory(FsContext context, Dentry? start, string path, uint mode) => throw new NotImplementedException();

    /// <summary>unlinkat(2) without AT_REMOVEDIR.</summary>
    public Errno Unlink(FsContext context, Dentry? start, string path) => throw new NotImplementedException();

    /// <summary>unlinkat(2) with AT_REMOVEDIR.</summary>
    public Errno RemoveDirectory(FsContext context, Dentry? start, string path) => throw new NotImplementedException();

    /// <summary>symlinkat(2).</summary>
    public Errno MakeSymbolicLink(FsContext context, string target, Dentry? start, string path) => throw new NotImplementedException();

    /// <summary>linkat(2).</summary>
    public Errno Link(FsContext context, Dentry? oldStart, string oldPath, Dentry? newStart, string newPath, ResolveFlags flags) => throw new NotImplementedException();

    /// <summary>renameat2(2).</summary>
    public Errno Rename(FsContext context, Dentry? oldStart, string oldPath, Dentry? newStart, string newPath, uint flags) => throw new NotImplementedException();

    /// <summary>access(2): <paramref name="mode"/> is R_OK, W_OK, X_OK, with real or effective ids.</summary>
    public Errno CheckAccess(FsContext context, Dentry dentry, int mode, bool effectiveIds) => throw new NotImplementedException();

    /// <summary>chmod(2), chown(2), utimensat(2), truncate(2) with the checks that each needs.</summary>
    public Errno SetAttributes(FsContext context, Dentry dentry, in AttributeChange change) => throw new NotImplementedException();

    /// <summary>statfs(2).</summary>
    public FileSystemStatistics GetStatistics(Dentry dentry) => throw new NotImplementedException();

    /// <summary>The mounts in order, for /proc/mounts.</summary>
    public IReadOnlyList<MountInfo> Mounts => throw new NotImplementedException();
}

/// <summary>One mount.</summary>
public readonly record struct MountInfo(string Path, string TypeName, string Source, bool ReadOnly, ulong Device);
