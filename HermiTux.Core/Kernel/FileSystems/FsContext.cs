namespace HermiTux.Kernel.FileSystems;

/// <summary>Where a process stands in the tree: its root, working directory and umask (shared by threads, CLONE_FS).</summary>
public sealed class FsContext
{
    private uint _umask = 0x12;

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

    /// <summary>The process whose /proc/self this is; null for the machine itself (the loader of the first program, the embedder).</summary>
    public Process? Process { get; set; }

    /// <summary>chroot(2).</summary>
    public Dentry Root { get; set; }

    /// <summary>chdir(2).</summary>
    public Dentry WorkingDirectory { get; set; }

    /// <summary>umask(2); only the permission bits count.</summary>
    public uint Umask
    {
        get => _umask;
        set => _umask = value & 0x1FF;
    }
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
