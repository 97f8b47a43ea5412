using HermiTux.Abi;
using Microsoft.Win32.SafeHandles;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// Files of a Linux host. Only the root is a path; everything else is reached by single names from the descriptor of the
/// directory above, opened with O_NOFOLLOW and compared with the device and inode number under which it was found.
/// </summary>
internal sealed class LinuxHostFileSystem : IFileSystem, IDisposable
{
    private const int MaxOpenFiles = 8192;

    private readonly Lock _lock = new();
    private readonly Dictionary<(ulong, ulong), WeakReference<LinuxHostInode>> _inodes = [];
    private readonly LinkedList<LinuxHostInode> _openDirectories = new();
    private readonly ulong _device;
    private int _purgeAt = 256;
    private int _openFiles;

    private LinuxHostFileSystem(SafeFileHandle handle, in HostStat stat, HostFileSystemOptions options)
    {
        RootHandle = handle;
        RootDirectory = new HostDirectoryHandle(handle);
        Options = options;
        _device = stat.Key.Device;
        RootInode = new LinuxHostInode(this, null, "", stat);
        _inodes[stat.Key] = new WeakReference<LinuxHostInode>(RootInode);
    }

    public string TypeName => "hostfs";

    public Inode Root => RootInode;

    public LinuxHostInode RootInode { get; }

    public SafeFileHandle RootHandle { get; }

    public HostDirectoryHandle RootDirectory { get; }

    public HostFileSystemOptions Options { get; }

    /// <summary>
    /// Accounts for a descriptor that the guest's open files and mappings hold: mappings outlive descriptors, so that the guest's own
    /// limit doesn't bound what it takes of the host's. False at the limit (ENFILE).
    /// </summary>
    public bool TryCountOpen()
    {
        if (Interlocked.Increment(ref _openFiles) <= MaxOpenFiles)
        {
            return true;
        }

        Interlocked.Decrement(ref _openFiles);
        return false;
    }

    public void UncountOpen() => Interlocked.Decrement(ref _openFiles);

    public static LinuxHostFileSystem Open(string path, HostFileSystemOptions options)
    {
        int error = HostLibc.OpenAbsolute(path, HostLibc.OpenPath, out SafeFileHandle? handle);
        if (error != 0)
        {
            throw (Errno)(-error) is Errno.ENOENT or Errno.ENOTDIR
                ? new FileNotFoundException($"The host has nothing at {path}.", path)
                : new IOException($"The host path {path} can't be opened: {(Errno)(-error)}.");
        }

        error = HostLibc.Stat(handle!, "", out HostStat stat);
        if (error != 0 || stat.Type is not (StatConstants.S_IFDIR or StatConstants.S_IFREG))
        {
            handle!.Dispose();
            throw new IOException(error != 0
                ? $"The host path {path} can't be examined: {(Errno)(-error)}."
                : $"The host path {path} is neither a directory nor a regular file.");
        }

        return new LinuxHostFileSystem(handle!, stat, options);
    }

    public FileSystemStatistics GetStatistics() => HostLibc.GetStatistics(RootHandle, out FileSystemStatistics statistics) == 0 ? statistics : default;

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (LinuxHostInode directory in _openDirectories)
            {
                directory.DropHandle();
            }

            _openDirectories.Clear();
        }

        RootDirectory.Dispose();
    }

    /// <summary>st_dev as the guest sees it: 0 (the mount's) for the root's device; what the host has mounted below keeps a number of its own.</summary>
    public ulong GuestDevice(ulong device) => device == _device ? 0 : device;

    /// <summary>The one object for a file of the host, now known to be at this place.</summary>
    public LinuxHostInode GetInode(LinuxHostInode parent, string name, in HostStat stat)
    {
        lock (_lock)
        {
            if (_inodes.TryGetValue(stat.Key, out WeakReference<LinuxHostInode>? weak) && weak.TryGetTarget(out LinuxHostInode? known) && known.Type == stat.Type)
            {
                known.MoveTo(parent, name);
                return known;
            }

            if (_inodes.Count >= _purgeAt)
            {
                foreach ((ulong, ulong) key in _inodes.Where(i => !i.Value.TryGetTarget(out _)).Select(i => i.Key).ToArray())
                {
                    _inodes.Remove(key);
                }

                _purgeAt = Math.Max(256, _inodes.Count * 2);
            }

            var inode = new LinuxHostInode(this, parent, name, stat);
            _inodes[stat.Key] = new WeakReference<LinuxHostInode>(inode);
            return inode;
        }
    }

    /// <summary>A directory has opened a descriptor: close the one that was opened longest ago if there are too many.</summary>
    public void NoteOpened(LinuxHostInode directory)
    {
        lock (_lock)
        {
            _openDirectories.AddLast(directory);
            if (_openDirectories.Count > Math.Max(4, Options.MaxDirectoryHandles))
            {
                LinuxHostInode oldest = _openDirectories.First!.Value;
                _openDirectories.RemoveFirst();
                oldest.DropHandle();
            }
        }
    }
}

/// <summary>
/// A path descriptor that several users hold at once. It closes with the last hold, so evicting it from the cache can't
/// pull it from under a call that is using it.
/// </summary>
internal sealed class HostDirectoryHandle(SafeFileHandle handle) : IDisposable
{
    private int _holds = 1;

    public SafeFileHandle Handle => handle;

    /// <summary>Adds a hold, unless the descriptor was closed meanwhile.</summary>
    public bool TryHold(out HostDirectoryHandle? held)
    {
        int holds = Volatile.Read(ref _holds);
        while (holds > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holds, holds + 1, holds);
            if (seen == holds)
            {
                held = this;
                return true;
            }

            holds = seen;
        }

        held = null;
        return false;
    }

    /// <summary>Drops a hold.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holds) == 0)
        {
            handle.Dispose();
        }
    }
}
