using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>A file that code makes up: what the files of <see cref="SimpleFileSystem"/>, /proc and /sys have in common.</summary>
internal abstract class VirtualNode : Inode
{
    private readonly uint _mode;

    /// <param name="path">Path in the file system; the inode number is made of it, so the same path is the same file.</param>
    /// <param name="mode">Type and permission bits.</param>
    /// <param name="owner">Owner and group, asked each time; null for root.</param>
    protected VirtualNode(string path, uint mode, Func<(uint Uid, uint Gid)>? owner)
    {
        FilePath = path;
        _mode = mode;
        Owner = owner;
        ulong hash = 14695981039346656037;
        foreach (char c in path)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        Number = path.Length == 0 ? 1 : hash >> 16 | 2;
    }

    public override ulong Number { get; }

    public override uint Type => _mode & StatConstants.S_IFMT;

    public string FilePath { get; }

    protected Func<(uint Uid, uint Gid)>? Owner { get; }

    protected virtual long Size => 0;

    /// <summary>Time stamps: when the file system was made.</summary>
    public long Time { get; init; }

    public override Result<InodeAttributes> GetAttributes()
    {
        (uint uid, uint gid) = Owner?.Invoke() ?? default;
        return new InodeAttributes
        {
            Inode = Number,
            Mode = _mode,
            Links = Type == StatConstants.S_IFDIR ? 2u : 1u,
            Uid = uid,
            Gid = gid,
            Size = Size,
            BlockSize = 1024,
            AccessTime = Time,
            ModificationTime = Time,
            ChangeTime = Time,
        };
    }

    public override Errno SetAttributes(in AttributeChange change) =>
        change is { Mode: null, Uid: null, Gid: null, AccessTime: null, ModificationTime: null } ? Errno.None : Errno.EPERM;

    public override Result<Inode> Create(string name, in NewInode attributes) => Type == StatConstants.S_IFDIR ? Errno.EACCES : Errno.ENOTDIR;

    public override Result<Inode> MakeDirectory(string name, in NewInode attributes) => Type == StatConstants.S_IFDIR ? Errno.EACCES : Errno.ENOTDIR;

    public override Result<Inode> MakeSymbolicLink(string name, string target, in NewInode attributes) => Errno.EACCES;

    public override Errno Link(string name, Inode target) => Errno.EPERM;

    public override Errno Unlink(string name) => Errno.EPERM;

    public override Errno RemoveDirectory(string name) => Errno.EPERM;

    public override Errno Rename(string oldName, Inode newDirectory, string newName, uint flags) => Errno.EPERM;
}

/// <summary>A directory of fixed entries, of entries found by code, or of both.</summary>
internal sealed class VirtualDirectory : VirtualNode
{
    private readonly Dictionary<string, Inode> _fixed = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private Action<VirtualDirectory>? _fill;

    public VirtualDirectory(string path, uint mode = 0x16D, Func<(uint Uid, uint Gid)>? owner = null) : base(path, StatConstants.S_IFDIR | mode, owner)
    {
    }

    /// <summary>Finds entries that aren't fixed; null if there is none.</summary>
    public Func<string, Inode?>? Find { get; init; }

    /// <summary>Names of the entries that <see cref="Find"/> finds.</summary>
    public Func<IEnumerable<string>>? Names { get; init; }

    /// <summary>Adds the fixed entries when somebody first looks: most programs never do.</summary>
    public Action<VirtualDirectory>? Fill
    {
        init => _fill = value;
    }

    public VirtualDirectory Add(string name, Inode inode)
    {
        lock (_order)
        {
            if (_fixed.TryAdd(name, inode))
            {
                _order.Add(name);
            }
            else
            {
                _fixed[name] = inode;
            }
        }

        return this;
    }

    public Inode? FindFixed(string name)
    {
        lock (_order)
        {
            EnsureFilled();
            return _fixed.GetValueOrDefault(name);
        }
    }

    public override Result<Inode> Lookup(string name) => FindFixed(name) is { } inode ? inode : Find?.Invoke(name) is { } found ? found : Errno.ENOENT;

    public override Result<OpenFile> Open(int flags, Dentry dentry) => new ListDirectoryFile(this, flags, dentry, List);

    // Under the lock, so whoever comes meanwhile waits; the one who fills may look already.
    private void EnsureFilled()
    {
        if (_fill is { } fill)
        {
            _fill = null;
            fill(this);
        }
    }

    private List<DirectoryEntry> List()
    {
        string[] names;
        lock (_order)
        {
            EnsureFilled();
            names = [.. _order];
        }

        return [.. names.Concat(Names?.Invoke() ?? []).Select(n => (Name: n, Inode: Lookup(n)))
            .Where(e => e.Inode.IsSuccess).Select(e => new DirectoryEntry(e.Name, e.Inode.Value.Number, e.Inode.Value.Type))];
    }
}

/// <summary>A regular file whose content is made when it is read from the start.</summary>
internal sealed class VirtualContentNode : VirtualNode
{
    private readonly Func<byte[]> _read;

    public VirtualContentNode(string path, Func<byte[]> read, uint mode = 0x124, Func<(uint Uid, uint Gid)>? owner = null) : base(path, StatConstants.S_IFREG | mode, owner)
    {
        _read = read;
    }

    /// <summary>Takes what is written in one write(2); null where writing is EACCES.</summary>
    public Func<string, Errno>? Write { get; init; }

    /// <summary>Whether what the file tells of is still there: reads give ENOENT when it isn't; null where it always is.</summary>
    public Func<bool>? Exists { get; init; }

    /// <summary>Text that an open file keeps counts towards this machine's memory limit once it is long; null where the guest can't make it long.</summary>
    public FrameTable? Frames { get; init; }

    /// <summary>Whether stat(2) tells the true size; files of /proc say 0.</summary>
    public bool HasSize { get; init; }

    protected override long Size => HasSize ? _read().Length : 0;

    public override Result<OpenFile> Open(int flags, Dentry dentry) =>
        (flags & Fcntl.O_ACCMODE) is not Fcntl.O_RDONLY && Write is null ? Errno.EACCES : new ContentNodeFile(this, flags, dentry);

    private sealed class ContentNodeFile : OpenFile, IMemoryObject
    {
        private readonly VirtualContentNode _node;
        private byte[]? _content;
        private long _charged;

        public ContentNodeFile(VirtualContentNode node, int flags, Dentry dentry) : base(flags)
        {
            _node = node;
            Dentry = dentry;
        }

        public override Inode Inode => _node;

        public override bool IsSeekable => true;

        public long Length => Content(restart: false).Length;

        public MemoryObjectName Name => new(Dentry!.FullPath, 0, _node.Number);

        protected override long Size => _node.HasSize ? Length : 0;

        public override Result<int> Read(Span<byte> buffer, long position)
        {
            if (_node.Exists?.Invoke() == false)
            {
                return Errno.ENOENT;
            }

            if (position < 0)
            {
                return Errno.EINVAL;
            }

            byte[] content = Content(restart: position == 0 && !_node.HasSize);
            int count = (int)Math.Max(0, Math.Min(buffer.Length, content.Length - position));
            if (count > 0)
            {
                content.AsSpan((int)position, count).CopyTo(buffer);
            }

            return count;
        }

        public override Result<int> Write(ReadOnlySpan<byte> buffer, long position)
        {
            const int MaxWrite = 4096;
            if (_node.Write is null)
            {
                return Errno.EBADF;
            }

            if (buffer.Length > MaxWrite)
            {
                return Errno.EINVAL;
            }

            Errno error = _node.Write(FileName.Decode(buffer));
            return error == Errno.None ? buffer.Length : error;
        }

        public override Errno Synchronize() => _node.HasSize ? Errno.None : Errno.EINVAL;

        public override Result<IMemoryObject> GetMemoryObject() => _node.HasSize ? Result<IMemoryObject>.Ok(this) : Errno.ENODEV;

        public Errno GetPage(FrameTable frames, long pageIndex, out long frame)
        {
            frame = -1;
            return Errno.EIO;
        }

        public int ReadPage(long pageIndex, Span<byte> destination) => pageIndex is < 0 or > int.MaxValue ? 0 : Read(destination, pageIndex << Page.Shift).Value;

        public Errno WriteBack(FrameTable frames, long firstPage, long count) => Errno.None;

        public void Mapped()
        {
        }

        public void Unmapped()
        {
        }

        private byte[] Content(bool restart)
        {
            byte[]? content = Volatile.Read(ref _content);
            if (content is null || restart)
            {
                content = _node._read();
                Charge(content.Length >> Page.Shift);
                Volatile.Write(ref _content, content);
            }

            return content;
        }

        protected override void OnClose() => Charge(0);

        /// <summary>At the limit the machine ends by what its table says, whatever comes of the call.</summary>
        private void Charge(long pages)
        {
            const long Free = 16;
            if (_node.Frames is not { } frames)
            {
                return;
            }

            lock (PositionLock)
            {
                pages = pages > Free ? pages : 0;
                if (pages < _charged || frames.TryCharge(pages - _charged))
                {
                    frames.Uncharge(Math.Max(0, _charged - pages));
                    _charged = pages;
                }
            }
        }
    }
}

/// <summary>A symbolic link whose target is made when it is read, for the one who reads it.</summary>
internal sealed class VirtualLink(string path, Func<FsContext?, string> target, Func<(uint Uid, uint Gid)>? owner = null)
    : VirtualNode(path, StatConstants.S_IFLNK | 0x1FF, owner)
{
    public override Result<string> ReadLink() => target(null) is { Length: > 0 } text ? text : Errno.ENOENT;

    public override Result<OpenFile> Open(int flags, Dentry dentry) => Errno.ELOOP;

    internal override Result<string> ReadLink(FsContext context) => target(context) is { Length: > 0 } text ? text : Errno.ENOENT;
}
