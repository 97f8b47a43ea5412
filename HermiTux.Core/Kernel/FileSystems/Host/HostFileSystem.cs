using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>How files of the host are shown to the guest.</summary>
public sealed record HostFileSystemOptions
{
    /// <summary>Whether the guest may change files. Independent of a read-only mount, which is checked before.</summary>
    public bool Writable { get; init; }

    /// <summary>Shows every file as owned by this user; null shows the host's owners.</summary>
    public uint? Uid { get; init; }

    /// <summary>Shows every file as owned by this group; null shows the host's groups.</summary>
    public uint? Gid { get; init; }

    /// <summary>Where the time of page write-back and the like is taken from; not used for time stamps, which are the host's.</summary>
    public int MaxDirectoryHandles { get; init; } = 64;
}

/// <summary>
/// A directory or a single file of the host as a file system. The guest can't leave it: names are opened one by one relative to the
/// directory above, symbolic links are never followed by the host (they resolve in the guest's tree), and devices, FIFOs and sockets
/// are shown but not opened.
/// </summary>
/// <remarks>
/// On Linux this holds against races with whoever else changes the directory. On other hosts System.IO offers no such calls: links are
/// checked for before each access, and somebody on the host who swaps a directory for a link at the right moment could win.
/// </remarks>
public static class HostFileSystem
{
    /// <summary>Opens a directory or regular file of the host.</summary>
    /// <param name="path">Path on the host; links in it are followed now and never again.</param>
    /// <param name="options">How files are shown; the default is read-only with the host's owners.</param>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="IOException">The path can't be opened, or is neither a directory nor a regular file.</exception>
    public static IFileSystem Open(string path, HostFileSystemOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new HostFileSystemOptions();
        string full = Path.GetFullPath(path);
        return OperatingSystem.IsLinux() ? LinuxHostFileSystem.Open(full, options) : ManagedHostFileSystem.Open(full, options);
    }

    /// <summary>Set-user-id and set-group-id are not passed on to the host: a guest's program must not gain rights there.</summary>
    internal static uint HostMode(uint mode, uint type) =>
        mode & (type == Abi.StatConstants.S_IFDIR ? Abi.StatConstants.PermissionBits & ~Abi.StatConstants.S_ISUID : 0x1FFu);

    /// <summary>Whether a name can be passed to the host as one component.</summary>
    internal static Errno CheckName(string name) =>
        name.Length == 0 || name is "." or ".." || name.AsSpan().IndexOfAny('/', '\0') >= 0 ? Errno.EINVAL : Errno.None;
}
