using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>A regular file of a <see cref="MemoryFileSystem"/>, or a memfd: it lives as long as it has a name, an open file or a mapping.</summary>
internal sealed class MemoryFile : MemoryInode
{
    private int _users;

    public MemoryFile(MemoryFileSystem owner, in NewInode attributes, bool linked) : base(owner, attributes)
    {
        Content = new MemoryContent(this);
        Links = linked ? 1u : 0u;
        IsLinkable = !linked;
    }

    public MemoryContent Content { get; }

    /// <summary>Made without a name that it may still get (O_TMPFILE without O_EXCL).</summary>
    public bool IsLinkable { get; set; }

    /// <summary>Whether it counts as an inode although it has no name.</summary>
    public bool IsCharged { get; set; }

    /// <summary>How it is called in /proc/self/maps and /proc/self/fd.</summary>
    public string PathName { get; set; } = "";

    /// <summary>st_dev of the mount through which it was opened, for /proc/self/maps.</summary>
    public ulong Device { get; set; }

    protected override long Size => Content.Length;

    protected override long Blocks => Content.PageCount * (Page.Size / 512);

    public override Result<OpenFile> Open(int flags, Dentry dentry)
    {
        if (Links == 0 && (flags & (Fcntl.__O_TMPFILE | Fcntl.O_EXCL)) == (Fcntl.__O_TMPFILE | Fcntl.O_EXCL))
        {
            IsLinkable = false;
        }

        if (PathName.Length == 0)
        {
            PathName = dentry.FullPath;
            Device = dentry.Mount?.Device ?? 0;
        }

        return new MemoryOpenFile(this, flags, dentry);
    }

    public override void OnUnlinked()
    {
        base.OnUnlinked();
        ReleaseIfUnused();
    }

    public void AddUser() => Interlocked.Increment(ref _users);

    public void RemoveUser()
    {
        Interlocked.Decrement(ref _users);
        ReleaseIfUnused();
    }

    protected override Errno Resize(long size) => Content.Truncate(size);

    private void ReleaseIfUnused()
    {
        lock (Owner.NameLock)
        {
            if (Links == 0 && Volatile.Read(ref _users) == 0)
            {
                Content.Release();
                ReleaseHostBytes();
                if (IsCharged)
                {
                    IsCharged = false;
                    Owner.Uncharge();
                }
            }
        }
    }
}

/// <summary>An open file over <see cref="MemoryContent"/>.</summary>
internal sealed class MemoryOpenFile : OpenFile
{
    private readonly MemoryFile _file;

    public MemoryOpenFile(MemoryFile file, int flags, Dentry dentry) : base(flags)
    {
        _file = file;
        Dentry = dentry;
        file.AddUser();
    }

    public override Inode Inode => _file;

    public override string Description => _file.PathName;

    public override bool IsSeekable => true;

    protected override long Size => _file.Content.Length;

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        if (position < 0)
        {
            return Errno.EINVAL;
        }

        int count = _file.Content.Read(buffer, position);
        if ((StatusFlags & Fcntl.O_NOATIME) == 0)
        {
            TouchAccessTime();
        }

        return count;
    }

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position)
    {
        if (position < 0)
        {
            return Errno.EINVAL;
        }

        if (ClearsSetIds)
        {
            _file.ClearSetIds();
        }

        return _file.Content.Write(buffer, (StatusFlags & Fcntl.O_APPEND) != 0 ? MemoryContent.AtEnd : position);
    }

    public override Errno Truncate(long length) => length < 0 ? Errno.EINVAL : _file.SetAttributes(new AttributeChange { Size = length });

    public override Errno Allocate(int mode, long offset, long length) => _file.Content.Allocate(mode, offset, length);

    public override Errno Synchronize() => Errno.None;

    public override Result<IMemoryObject> GetMemoryObject() => Result<IMemoryObject>.Ok(_file.Content);

    protected override long FindData(long offset) => _file.Content.Find(offset, data: true);

    protected override long FindHole(long offset) => _file.Content.Find(offset, data: false);

    protected override void OnClose() => _file.RemoveUser();

    /// <summary>relatime, Linux's default: only when the last access is older than the last change, or than a day (mount(8)).</summary>
    private void TouchAccessTime()
    {
        const long Day = 86400L * 1_000_000_000;
        long now = _file.Owner.Now;
        if (_file.AccessTime <= _file.ModificationTime || _file.AccessTime <= _file.ChangeTime || now - _file.AccessTime >= Day)
        {
            _file.AccessTime = now;
        }
    }
}
