using HermiTux.Abi;
using Microsoft.Win32.SafeHandles;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// Files of a host that isn't Linux, through System.IO: directories, regular files and symbolic links. Every component is checked
/// for being a link before each access, see <see cref="HostFileSystem"/> for what that can't promise.
/// </summary>
internal sealed class ManagedHostFileSystem : IFileSystem
{
    private ManagedHostFileSystem(string path, uint type, HostFileSystemOptions options)
    {
        RootPath = path;
        Options = options;
        RootInode = new ManagedHostInode(this, null, path, type);
    }

    public string TypeName => "hostfs";

    public Inode Root => RootInode;

    public ManagedHostInode RootInode { get; }

    public string RootPath { get; }

    public HostFileSystemOptions Options { get; }

    public static ManagedHostFileSystem Open(string path, HostFileSystemOptions options)
    {
        if (Directory.Exists(path))
        {
            return new ManagedHostFileSystem(path, StatConstants.S_IFDIR, options);
        }

        return File.Exists(path) ? new ManagedHostFileSystem(path, StatConstants.S_IFREG, options)
            : throw new FileNotFoundException($"The host has nothing at {path}.", path);
    }

    public FileSystemStatistics GetStatistics() => new(0x01021997, Memory.Page.Size, 0, 0, 0, 0, 0);
}

/// <summary>A file of a host, by path.</summary>
internal sealed class ManagedHostInode : Inode
{
    private readonly ManagedHostFileSystem _owner;
    private readonly ManagedHostInode? _parent;
    private readonly string _path;
    private readonly uint _type;

    public ManagedHostInode(ManagedHostFileSystem owner, ManagedHostInode? parent, string path, uint type)
    {
        _owner = owner;
        _parent = parent;
        _path = path;
        _type = type;

        // FNV-1a: the same path is the same file, which is as much identity as System.IO gives.
        ulong hash = 14695981039346656037;
        foreach (char c in path)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        Number = hash | 1;
    }

    public override ulong Number { get; }

    public override uint Type => _type;

    public string HostPath => _path;

    public override Result<InodeAttributes> GetAttributes() => Guard<InodeAttributes>(() =>
    {
        FileSystemInfo info = _type == StatConstants.S_IFDIR ? new DirectoryInfo(_path) : new FileInfo(_path);
        if (!info.Exists && info.LinkTarget is null)
        {
            return Errno.ENOENT;
        }

        bool writable = (info.Attributes & System.IO.FileAttributes.ReadOnly) == 0;
        uint mode = OperatingSystem.IsWindows() ? (writable ? 0x1EDu : 0x16Du) : (uint)info.UnixFileMode;
        long size = info is FileInfo file && file.Exists ? file.Length : 0;
        return new InodeAttributes
        {
            Inode = Number,
            Mode = _type | (_type == StatConstants.S_IFLNK ? 0x1FFu : mode),
            Links = 1,
            Uid = _owner.Options.Uid ?? 0,
            Gid = _owner.Options.Gid ?? 0,
            Size = size,
            BlockSize = Memory.Page.Size,
            Blocks = (size + 511) / 512,
            AccessTime = Nanoseconds(info.LastAccessTimeUtc),
            ModificationTime = Nanoseconds(info.LastWriteTimeUtc),
            ChangeTime = Nanoseconds(info.LastWriteTimeUtc),
            BirthTime = Nanoseconds(info.CreationTimeUtc),
        };
    });

    public override Result<Inode> Lookup(string name) => _type != StatConstants.S_IFDIR ? Errno.ENOTDIR
        : IsForeign(name) ? Errno.ENOENT
        : Guard<Inode>(() => HasLinkAbove() ? Errno.ENOENT : Find(name) is { } inode ? inode : Errno.ENOENT);

    public override Result<Inode> Create(string name, in NewInode attributes)
    {
        bool regular = (attributes.Mode & StatConstants.S_IFMT) == StatConstants.S_IFREG;
        return !regular ? Errno.EPERM : Change<Inode>(name, path =>
        {
            using (new FileStream(path, FileMode.CreateNew))
            {
            }

            return new ManagedHostInode(_owner, this, path, StatConstants.S_IFREG);
        });
    }

    public override Result<Inode> MakeDirectory(string name, in NewInode attributes) => Change<Inode>(name, path =>
    {
        if (Find(name) is not null)
        {
            return Errno.EEXIST;
        }

        Directory.CreateDirectory(path);
        return new ManagedHostInode(_owner, this, path, StatConstants.S_IFDIR);
    });

    public override Errno Unlink(string name) => Change<bool>(name, path =>
    {
        File.Delete(path);
        return true;
    }).Error;

    public override Errno RemoveDirectory(string name) => Change<bool>(name, path =>
    {
        if (Directory.EnumerateFileSystemEntries(path).Any())
        {
            return Errno.ENOTEMPTY;
        }

        Directory.Delete(path);
        return true;
    }).Error;

    public override Errno Rename(string oldName, Inode newDirectory, string newName, uint flags)
    {
        if (newDirectory is not ManagedHostInode target || !ReferenceEquals(target._owner, _owner))
        {
            return Errno.EXDEV;
        }

        if ((flags & ~(uint)Fcntl.RENAME_NOREPLACE) != 0)
        {
            return Errno.EINVAL;
        }

        return Change<bool>(oldName, from => target.Change<bool>(newName, to =>
        {
            ManagedHostInode? source = Find(oldName);
            ManagedHostInode? existing = target.Find(newName);
            if (source is null)
            {
                return Errno.ENOENT;
            }

            if (source._type == StatConstants.S_IFDIR)
            {
                if (existing is not null)
                {
                    Directory.Delete(to);
                }

                Directory.Move(from, to);
            }
            else
            {
                File.Move(from, to, overwrite: (flags & Fcntl.RENAME_NOREPLACE) == 0);
            }

            return true;
        })).Error;
    }

    public override Errno SetAttributes(in AttributeChange change)
    {
        AttributeChange wanted = change;
        return !_owner.Options.Writable ? Errno.EROFS : Guard<bool>(() =>
        {
            if (HasLinkAbove() || IsLink(_path))
            {
                return Errno.ENOENT;
            }

            if (wanted.Size is { } size)
            {
                using SafeFileHandle file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                RandomAccess.SetLength(file, size);
            }

            if (wanted.Mode is { } mode && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(_path, (UnixFileMode)HostFileSystem.HostMode(mode, _type));
            }

            if (wanted.ModificationTime is { } modified)
            {
                File.SetLastWriteTimeUtc(_path, DateTime.UnixEpoch.AddTicks(modified / 100));
            }

            if (wanted.AccessTime is { } accessed)
            {
                File.SetLastAccessTimeUtc(_path, DateTime.UnixEpoch.AddTicks(accessed / 100));
            }

            return true;
        }).Error;
    }

    public override Result<string> ReadLink() => _type != StatConstants.S_IFLNK ? Errno.EINVAL
        : Guard<string>(() => new FileInfo(_path).LinkTarget is { } target ? target.Replace('\\', '/') : Errno.ENOENT);

    public override Result<OpenFile> Open(int flags, Dentry dentry)
    {
        if (_type == StatConstants.S_IFLNK)
        {
            return Errno.ELOOP;
        }

        if (_type == StatConstants.S_IFDIR)
        {
            return new ListDirectoryFile(this, flags, dentry, List);
        }

        bool writes = (flags & Fcntl.O_ACCMODE) is Fcntl.O_WRONLY or Fcntl.O_RDWR;
        return writes && !_owner.Options.Writable ? Errno.EROFS : Guard<OpenFile>(() =>
        {
            if (HasLinkAbove() || IsLink(_path))
            {
                return Errno.ENOENT;
            }

            SafeFileHandle handle = File.OpenHandle(_path, FileMode.Open, writes ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new ManagedHostOpenFile(this, handle, flags, dentry);
        });
    }

    public static Result<T> Guard<T>(Func<Result<T>> call)
    {
        try
        {
            return call();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Errno.ENOENT;
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.EACCES;
        }
        catch (PathTooLongException)
        {
            return Errno.ENAMETOOLONG;
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            return e is IOException && e.HResult is unchecked((int)0x80070050) or unchecked((int)0x800700B7) ? Errno.EEXIST : Errno.EIO;
        }
    }

    private static long Nanoseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks * 100;

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    /// <summary>Names that mean something else to this host than a single component (separators, streams, device names).</summary>
    private static bool IsForeign(string name)
    {
        if (HostFileSystem.CheckName(name) != Errno.None || name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) >= 0)
        {
            return true;
        }

        if (!OperatingSystem.IsWindows())
        {
            return false;
        }

        string stem = name.Split('.')[0].TrimEnd(' ').ToUpperInvariant();
        bool device = stem is "CON" or "PRN" or "AUX" or "NUL" || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal)));
        return device || name[^1] is '.' or ' ';
    }

    private bool HasLinkAbove()
    {
        for (ManagedHostInode at = this; at._parent is { } parent; at = parent)
        {
            if (at._type == StatConstants.S_IFDIR && IsLink(at._path))
            {
                return true;
            }
        }

        return false;
    }

    private ManagedHostInode? Find(string name)
    {
        string path = Path.Combine(_path, name);
        var file = new FileInfo(path);
        return file.LinkTarget is not null ? new ManagedHostInode(_owner, this, path, StatConstants.S_IFLNK)
            : Directory.Exists(path) ? new ManagedHostInode(_owner, this, path, StatConstants.S_IFDIR)
            : file.Exists ? new ManagedHostInode(_owner, this, path, StatConstants.S_IFREG)
            : null;
    }

    private Result<T> Change<T>(string name, Func<string, Result<T>> change) => !_owner.Options.Writable ? Errno.EROFS
        : _type != StatConstants.S_IFDIR ? Errno.ENOTDIR
        : IsForeign(name) ? Errno.EINVAL
        : Guard(() => HasLinkAbove() ? Errno.ENOENT : change(Path.Combine(_path, name)));

    private List<DirectoryEntry> List()
    {
        Result<List<DirectoryEntry>> entries = Guard<List<DirectoryEntry>>(() => HasLinkAbove() ? Errno.ENOENT
            : new DirectoryInfo(_path).EnumerateFileSystemInfos().Select(i => Find(i.Name)).OfType<ManagedHostInode>()
                .Select(i => new DirectoryEntry(Path.GetFileName(i._path), i.Number, i._type)).ToList());
        return entries.IsSuccess ? entries.Value : [];
    }
}

/// <summary>An open regular file of a host that isn't Linux. Shared mappings are not offered.</summary>
internal sealed class ManagedHostOpenFile : OpenFile, Memory.IMemoryObject
{
    private readonly ManagedHostInode _inode;
    private readonly SafeFileHandle _handle;
    private Memory.FrameTable? _frames;
    private int _users = 1;

    public ManagedHostOpenFile(ManagedHostInode inode, SafeFileHandle handle, int flags, Dentry dentry) : base(flags)
    {
        _inode = inode;
        _handle = handle;
        Dentry = dentry;
    }

    public override Inode Inode => _inode;

    public override bool IsSeekable => true;

    public long Length => ManagedHostInode.Guard<long>(() => RandomAccess.GetLength(_handle)) is { IsSuccess: true } length ? length.Value : 0;

    public Memory.MemoryObjectName Name => new(Dentry!.FullPath, 0, _inode.Number);

    protected override long Size => Length;

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        try
        {
            return position < 0 ? Errno.EINVAL : RandomAccess.Read(_handle, buffer, position);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Errno.EIO;
        }
    }

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position)
    {
        try
        {
            RandomAccess.Write(_handle, buffer, (StatusFlags & Fcntl.O_APPEND) != 0 ? Length : position);
            return buffer.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Errno.EIO;
        }
    }

    public override Errno Truncate(long length)
    {
        Errno error = length < 0 ? Errno.EINVAL : ManagedHostInode.Guard(() =>
        {
            RandomAccess.SetLength(_handle, length);
            return (Result<bool>)true;
        }).Error;
        if (error == Errno.None)
        {
            Volatile.Read(ref _frames)?.Truncated(this, (length + Memory.Page.Size - 1) >> Memory.Page.Shift);
        }

        return error;
    }

    public override Errno Synchronize() => ManagedHostInode.Guard(() =>
    {
        RandomAccess.FlushToDisk(_handle);
        return (Result<bool>)true;
    }).Error;

    public override Result<Memory.IMemoryObject> GetMemoryObject() => Result<Memory.IMemoryObject>.Ok(this);

    public Errno GetPage(Memory.FrameTable frames, long pageIndex, out long frame)
    {
        frame = -1;
        return Errno.ENODEV;
    }

    public int ReadPage(long pageIndex, Span<byte> destination)
    {
        Result<int> read = Read(destination, pageIndex << Memory.Page.Shift);
        return read.IsSuccess ? read.Value : -(int)read.Error;
    }

    public Errno WriteBack(Memory.FrameTable frames, long firstPage, long count) => Errno.None;

    public void Mapped() => Interlocked.Increment(ref _users);

    public void Mapped(Memory.FrameTable frames)
    {
        Volatile.Write(ref _frames, frames);
        Mapped();
    }

    public void Unmapped() => Drop();

    protected override void OnClose() => Drop();

    private void Drop()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _handle.Dispose();
        }
    }
}
