using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>O_PATH: a place in the tree and nothing more. The syscall layer gives EBADF for everything but fstat(2), fchdir(2) and the like.</summary>
internal sealed class PathFile : OpenFile
{
    private readonly Inode _inode;

    public PathFile(Inode inode, int flags, Dentry dentry) : base(flags)
    {
        _inode = inode;
        Dentry = dentry;

        // A removed file that is held like this can still be executed, or opened through /proc.
        (inode as MemoryFile)?.AddUser();
    }

    public override Inode Inode => _inode;

    public override Result<int> Read(Span<byte> buffer, long position) => Errno.EBADF;

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position) => Errno.EBADF;

    public override Result<long> Seek(long offset, int whence) => Errno.EBADF;

    public override Errno ReadDirectory(IDirectoryFiller filler) => Errno.EBADF;

    public override Errno Truncate(long length) => Errno.EBADF;

    public override Errno Allocate(int mode, long offset, long length) => Errno.EBADF;

    public override Errno Synchronize() => Errno.EBADF;

    public override Result<long> Ioctl(AddressSpace memory, uint request, ulong argument) => Errno.EBADF;

    public override Result<IMemoryObject> GetMemoryObject() => Errno.EBADF;

    protected override void OnClose() => (_inode as MemoryFile)?.RemoveUser();
}

/// <summary>An entry of a directory.</summary>
internal readonly record struct DirectoryEntry(string Name, ulong Inode, uint Type);

/// <summary>A directory whose entries are a list that is taken when reading starts, and again after a rewind.</summary>
internal sealed class ListDirectoryFile : OpenFile
{
    private readonly Inode _inode;
    private readonly Func<IReadOnlyList<DirectoryEntry>> _list;
    private IReadOnlyList<DirectoryEntry>? _entries;

    public ListDirectoryFile(Inode inode, int flags, Dentry dentry, Func<IReadOnlyList<DirectoryEntry>> list) : base(flags)
    {
        _inode = inode;
        _list = list;
        Dentry = dentry;
    }

    public override Inode Inode => _inode;

    public override bool IsSeekable => true;

    public override Result<int> Read(Span<byte> buffer, long position) => Errno.EISDIR;

    public override Errno ReadDirectory(IDirectoryFiller filler)
    {
        lock (PositionLock)
        {
            if (_entries is null || Position == 0)
            {
                _entries = _list();
            }

            if (!AddDots(this, filler, Dentry))
            {
                return Errno.None;
            }

            for (int i = (int)Math.Clamp(Position - 2, 0, _entries.Count); i < _entries.Count; i++)
            {
                DirectoryEntry entry = _entries[i];
                if (!filler.Add(entry.Name, entry.Inode, entry.Type, i + 3))
                {
                    break;
                }

                Position = i + 3;
            }

            return Errno.None;
        }
    }

    /// <summary>Adds "." and ".." if the position is before them. False when the filler is full.</summary>
    public static bool AddDots(OpenFile file, IDirectoryFiller filler, Dentry? dentry)
    {
        if (file.Position == 0)
        {
            if (!filler.Add(".", file.Inode!.Number, StatConstants.S_IFDIR, 1))
            {
                return false;
            }

            file.Position = 1;
        }

        if (file.Position == 1)
        {
            Dentry? parent = dentry is { IsMountRoot: true, Mount.MountPoint: { } point } ? point.Parent : dentry?.Parent;
            if (!filler.Add("..", parent?.Inode.Number ?? file.Inode!.Number, StatConstants.S_IFDIR, 2))
            {
                return false;
            }

            file.Position = 2;
        }

        return true;
    }
}

/// <summary>A directory with mount points that its file system knows nothing of: they are listed after its own entries.</summary>
internal sealed class MountedDirectoryFile : OpenFile
{
    private const long FirstMount = 1L << 62;
    private readonly OpenFile _below;
    private readonly IReadOnlyList<Dentry> _mountPoints;

    public MountedDirectoryFile(OpenFile below, int flags, Dentry dentry, IReadOnlyList<Dentry> mountPoints) : base(flags)
    {
        _below = below;
        _mountPoints = mountPoints;
        Dentry = dentry;
    }

    public override Inode? Inode => _below.Inode;

    public override bool IsSeekable => true;

    public override Result<int> Read(Span<byte> buffer, long position) => Errno.EISDIR;

    public override Errno Synchronize() => _below.Synchronize();

    public override Errno ReadDirectory(IDirectoryFiller filler)
    {
        lock (PositionLock)
        {
            if (Position < FirstMount)
            {
                _below.Position = Position;
                var counting = new CountingFiller(filler);
                if (_below.ReadDirectory(counting) is not Errno.None and var error)
                {
                    return error;
                }

                Position = _below.Position;
                if (counting.IsFull || counting.Count > 0)
                {
                    return Errno.None;
                }

                Position = FirstMount;
            }

            for (int i = (int)Math.Clamp(Position - FirstMount, 0, _mountPoints.Count); i < _mountPoints.Count; i++)
            {
                Inode inode = VirtualFileSystem.TopOfMounts(_mountPoints[i]).Inode;
                if (!filler.Add(_mountPoints[i].Name, inode.Number, inode.Type, FirstMount + i + 1))
                {
                    break;
                }

                Position = FirstMount + i + 1;
            }

            return Errno.None;
        }
    }

    protected override void OnClose() => _below.Release();

    private sealed class CountingFiller(IDirectoryFiller inner) : IDirectoryFiller
    {
        public int Count { get; private set; }

        public bool IsFull { get; private set; }

        public bool Add(string name, ulong inode, uint type, long nextPosition)
        {
            bool added = inner.Add(name, inode, type, nextPosition);
            Count += added ? 1 : 0;
            IsFull |= !added;
            return added;
        }
    }
}

/// <summary>A read-only file whose bytes are taken when it is opened.</summary>
internal sealed class ContentFile : OpenFile
{
    private readonly Inode _inode;
    private readonly byte[] _content;

    public ContentFile(Inode inode, int flags, Dentry dentry, byte[] content) : base(flags)
    {
        _inode = inode;
        _content = content;
        Dentry = dentry;
    }

    public override Inode Inode => _inode;

    public override bool IsSeekable => true;

    protected override long Size => _content.Length;

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        if (position < 0)
        {
            return Errno.EINVAL;
        }

        int count = (int)Math.Max(0, Math.Min(buffer.Length, _content.Length - position));
        if (count > 0)
        {
            _content.AsSpan((int)position, count).CopyTo(buffer);
        }

        return count;
    }

    public override Errno Synchronize() => Errno.None;
}

/// <summary>The inode of an open file that is nowhere in the tree, for links to it in /proc/self/fd.</summary>
internal sealed class DetachedInode(OpenFile file) : Inode
{
    public override ulong Number => file.GetAttributes() is { IsSuccess: true } attributes ? attributes.Value.Inode : 0;

    public override uint Type => file.GetAttributes() is { IsSuccess: true } attributes ? attributes.Value.Mode & StatConstants.S_IFMT : 0;

    public override Result<InodeAttributes> GetAttributes() => file.GetAttributes();

    public override Errno SetAttributes(in AttributeChange change) => file.Inode is { } inode ? inode.SetAttributes(change) : Errno.EINVAL;

    public override Result<OpenFile> Open(int flags, Dentry dentry) => file.Reopen(flags, dentry);
}
