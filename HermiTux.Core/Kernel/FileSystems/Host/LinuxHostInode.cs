using HermiTux.Abi;
using Microsoft.Win32.SafeHandles;

namespace HermiTux.Kernel.FileSystems;

/// <summary>A file of a Linux host, reached by its name in the directory above, or by a descriptor while it is open.</summary>
internal sealed class LinuxHostInode : Inode
{
    private readonly LinuxHostFileSystem _owner;
    private readonly (ulong Device, ulong Inode) _key;
    private readonly uint _type;
    private readonly Lock _lock = new();
    private readonly List<LinuxHostHandle> _open = [];
    private LinuxHostInode? _parent;
    private string _name;
    private HostDirectoryHandle? _directory;
    private HostPageCache? _cache;

    public LinuxHostInode(LinuxHostFileSystem owner, LinuxHostInode? parent, string name, in HostStat stat)
    {
        _owner = owner;
        _parent = parent;
        _name = name;
        _key = stat.Key;
        _type = stat.Type;
    }

    public override ulong Number => _key.Inode;

    public override uint Type => _type;

    /// <summary>The host's device and inode number.</summary>
    public (ulong Device, ulong Inode) Key => _key;

    /// <summary>Pages that shared mappings show; null while there are none.</summary>
    public HostPageCache? CacheIfAny => Volatile.Read(ref _cache);

    public HostPageCache Cache => _cache ?? Interlocked.CompareExchange(ref _cache, new HostPageCache(), null) ?? _cache;

    private bool IsRoot => _parent is null;

    private bool Writable => _owner.Options.Writable;

    public override Result<InodeAttributes> GetAttributes()
    {
        int error = OnFile((handle, name) => HostLibc.Stat(handle, name, out HostStat s) is < 0 and var e ? (e, default) : (0, s), out HostStat stat);
        return error != 0 ? ToErrno(error) : Describe(stat);
    }

    public InodeAttributes Describe(in HostStat stat) => new()
    {
        Device = _owner.GuestDevice(stat.Key.Device),
        Inode = stat.Inode,
        Mode = stat.Mode,
        Links = stat.Links,
        Uid = _owner.Options.Uid ?? stat.Uid,
        Gid = _owner.Options.Gid ?? stat.Gid,
        RawDevice = DeviceRegistry.MakeNumber(stat.RawMajor, stat.RawMinor),
        Size = (long)stat.Size,
        BlockSize = stat.BlockSize,
        Blocks = (long)stat.Blocks,
        AccessTime = stat.AccessTime.Total,
        ModificationTime = stat.ModificationTime.Total,
        ChangeTime = stat.ChangeTime.Total,
        BirthTime = stat.BirthTime.Total,
    };

    public override Result<Inode> Lookup(string name)
    {
        if (_type != StatConstants.S_IFDIR)
        {
            return Errno.ENOTDIR;
        }

        if (HostFileSystem.CheckName(name) is not Errno.None and var invalid)
        {
            return invalid;
        }

        int error = OpenDirectory(out HostDirectoryHandle? directory);
        if (error != 0)
        {
            return ToErrno(error);
        }

        using (directory)
        {
            error = HostLibc.Stat(directory!.Handle, name, out HostStat stat);
            return error != 0 ? ToErrno(error) : _owner.GetInode(this, name, stat);
        }
    }

    public override Result<string> ReadLink()
    {
        if (_type != StatConstants.S_IFLNK)
        {
            return Errno.EINVAL;
        }

        int error = OnFile((handle, name) => HostLibc.ReadLink(handle, name, out string t) is < 0 and var e ? (e, "") : (0, t), out string? target);
        return error != 0 ? ToErrno(error) : target!;
    }

    public override Result<Inode> Create(string name, in NewInode attributes)
    {
        if ((attributes.Mode & StatConstants.S_IFMT) != StatConstants.S_IFREG)
        {
            return Errno.EPERM;
        }

        int error = PrepareChange(name, out HostDirectoryHandle? directory);
        if (error != 0)
        {
            return ToErrno(error);
        }

        using HostDirectoryHandle held = directory!;
        const int ReadWrite = 2;
        int flags = ReadWrite | HostLibc.OpenCreate | HostLibc.OpenExclusive | HostLibc.OpenNoFollow;
        error = HostLibc.OpenAt(held.Handle, name, flags, 0x180, out SafeFileHandle? file);
        if (error != 0)
        {
            return ToErrno(error);
        }

        using (file)
        {
            TakeOver(file!, attributes);
            error = HostLibc.Stat(file!, "", out HostStat stat);
            return error != 0 ? ToErrno(error) : _owner.GetInode(this, name, stat);
        }
    }

    public override Result<Inode> MakeDirectory(string name, in NewInode attributes)
    {
        int error = PrepareChange(name, out HostDirectoryHandle? directory);
        using HostDirectoryHandle? held = directory;
        error = error != 0 ? error : HostLibc.MakeDirectory(held!.Handle, name, 0x1C0);
        if (error != 0)
        {
            return ToErrno(error);
        }

        error = HostLibc.OpenAt(held!.Handle, name, HostLibc.OpenPath | HostLibc.OpenNoFollow | HostLibc.OpenDirectory, 0, out SafeFileHandle? made);
        if (error != 0)
        {
            return ToErrno(error);
        }

        using (made)
        {
            TakeOver(made!, attributes);
            error = HostLibc.Stat(made!, "", out HostStat stat);
            return error != 0 ? ToErrno(error) : _owner.GetInode(this, name, stat);
        }
    }

    public override Result<Inode> MakeSymbolicLink(string name, string target, in NewInode attributes)
    {
        int error = PrepareChange(name, out HostDirectoryHandle? directory);
        using HostDirectoryHandle? held = directory;
        error = error != 0 ? error : HostLibc.SymbolicLink(target, held!.Handle, name);
        if (error != 0)
        {
            return ToErrno(error);
        }

        if (HostLibc.OpenAt(held!.Handle, name, HostLibc.OpenPath | HostLibc.OpenNoFollow, 0, out SafeFileHandle? made) == 0)
        {
            using (made)
            {
                TakeOwnership(made!, attributes);
            }
        }

        return Lookup(name);
    }

    public override Errno Link(string name, Inode target)
    {
        if (target is not LinuxHostInode { _parent: { } from } inode || !ReferenceEquals(inode._owner, _owner))
        {
            return Errno.EXDEV;
        }

        int error = PrepareChange(name, out HostDirectoryHandle? directory);
        using HostDirectoryHandle? held = directory;
        if (error != 0)
        {
            return ToErrno(error);
        }

        error = from.OpenDirectory(out HostDirectoryHandle? source);
        using HostDirectoryHandle? heldSource = source;
        return ToErrno(error != 0 ? error : HostLibc.Link(heldSource!.Handle, inode._name, held!.Handle, name));
    }

    public override Errno Unlink(string name) => Remove(name, isDirectory: false);

    public override Errno RemoveDirectory(string name) => Remove(name, isDirectory: true);

    public override Errno Rename(string oldName, Inode newDirectory, string newName, uint flags)
    {
        if (newDirectory is not LinuxHostInode target || !ReferenceEquals(target._owner, _owner))
        {
            return Errno.EXDEV;
        }

        if ((flags & Fcntl.RENAME_WHITEOUT) != 0)
        {
            return Errno.EINVAL;
        }

        int error = PrepareChange(oldName, out HostDirectoryHandle? from);
        using HostDirectoryHandle? heldFrom = from;
        HostDirectoryHandle? to = null;
        error = error != 0 ? error : target.PrepareChange(newName, out to);
        using HostDirectoryHandle? heldTo = to;
        error = error != 0 ? error : HostLibc.Rename(heldFrom!.Handle, oldName, heldTo!.Handle, newName, flags);
        if (error == 0)
        {
            // Objects of the moved files learn their new places.
            target.Lookup(newName);
            if ((flags & Fcntl.RENAME_EXCHANGE) != 0)
            {
                Lookup(oldName);
            }
        }

        return ToErrno(error);
    }

    public override Errno SetAttributes(in AttributeChange change)
    {
        if (!Writable)
        {
            return Errno.EROFS;
        }

        if (change.Size is { } size)
        {
            int opened = OpenForUse(Fcntl.O_WRONLY, out SafeFileHandle? content);
            if (opened != 0)
            {
                return ToErrno(opened);
            }

            using (content)
            {
                if (Truncate(content!, size) is not Errno.None and var failed)
                {
                    return failed;
                }
            }
        }

        int error = OpenPath(out SafeFileHandle? file);
        if (error != 0)
        {
            return ToErrno(error);
        }

        using (file)
        {
            if (change.Uid is not null || change.Gid is not null)
            {
                // With an owner made up for the guest, a change has nowhere to go.
                uint uid = _owner.Options.Uid is null ? change.Uid ?? uint.MaxValue : uint.MaxValue;
                uint gid = _owner.Options.Gid is null ? change.Gid ?? uint.MaxValue : uint.MaxValue;
                error = HostLibc.ChangeOwner(file!, uid, gid);
            }

            if (error == 0 && change.Mode is { } mode && _type != StatConstants.S_IFLNK)
            {
                error = HostLibc.ChangeMode(file!, HostFileSystem.HostMode(mode, _type));
            }

            if (error == 0 && (change.AccessTime is not null || change.ModificationTime is not null) && _type != StatConstants.S_IFLNK)
            {
                error = HostLibc.ChangeTimes(file!, change.AccessTime, change.ModificationTime);
            }
        }

        return ToErrno(error);
    }

    public override Result<OpenFile> Open(int flags, Dentry dentry)
    {
        if (_type is not (StatConstants.S_IFREG or StatConstants.S_IFDIR))
        {
            // What the host's devices, FIFOs and sockets lead to is not part of the machine.
            return _type == StatConstants.S_IFLNK ? Errno.ELOOP : _type == StatConstants.S_IFSOCK ? Errno.ENXIO : Errno.EACCES;
        }

        int access = flags & Fcntl.O_ACCMODE;
        if (access != Fcntl.O_RDONLY && !Writable)
        {
            return Errno.EROFS;
        }

        // Write-back of shared mappings and partial pages wants to read what it writes.
        int hostAccess = access == Fcntl.O_ACCMODE ? Fcntl.O_RDONLY : access;
        if (!_owner.TryCountOpen())
        {
            return Errno.ENFILE;
        }

        int error = OpenForUse(hostAccess, out SafeFileHandle? handle);
        if (error != 0)
        {
            _owner.UncountOpen();
            return ToErrno(error);
        }

        return _type == StatConstants.S_IFDIR
            ? new LinuxHostDirectoryFile(this, handle!, flags, dentry)
            : new LinuxHostOpenFile(this, new LinuxHostHandle(this, handle!, access != Fcntl.O_RDONLY), flags, dentry);
    }

    public Errno Truncate(SafeFileHandle file, long length)
    {
        int error = HostLibc.Truncate(file, length);
        if (error == 0)
        {
            CacheIfAny?.Truncate(length);
        }

        return ToErrno(error);
    }

    public static Errno ToErrno(int error) => (Errno)(-error);

    public void MoveTo(LinuxHostInode parent, string name)
    {
        lock (_lock)
        {
            if (_parent is not null)
            {
                (_parent, _name) = (parent, name);
            }
        }
    }

    public void DropHandle()
    {
        lock (_lock)
        {
            _directory?.Dispose();
            _directory = null;
        }
    }

    /// <summary>A descriptor from <see cref="Open"/> was closed.</summary>
    public void OnClosed() => _owner.UncountOpen();

    public void AddOpen(LinuxHostHandle handle)
    {
        lock (_open)
        {
            _open.Add(handle);
        }
    }

    public void RemoveOpen(LinuxHostHandle handle)
    {
        lock (_open)
        {
            _open.Remove(handle);
        }
    }

    /// <summary>The path descriptor of this directory, from the cache or opened anew through the directories above. The caller disposes its hold.</summary>
    private int OpenDirectory(out HostDirectoryHandle? handle)
    {
        // A loop, not a recursion: a guest can nest directories deeper than our stack.
        var chain = new Stack<LinuxHostInode>();
        LinuxHostInode at = this;
        HostDirectoryHandle? above;
        while (!at.TryHoldCached(out above))
        {
            chain.Push(at);
            at = at.Place().Parent;
        }

        handle = above;
        while (chain.TryPop(out LinuxHostInode? next))
        {
            int error = next.OpenBelow(handle!, out HostDirectoryHandle? opened);
            handle!.Dispose();
            handle = opened;
            if (error != 0)
            {
                return error;
            }
        }

        return handle is null ? -(int)Errno.EIO : 0;
    }

    /// <summary>A hold on the descriptor that is open already. True for the root even if the file system was closed (then null).</summary>
    private bool TryHoldCached(out HostDirectoryHandle? held)
    {
        if (IsRoot)
        {
            _owner.RootDirectory.TryHold(out held);
            return true;
        }

        lock (_lock)
        {
            held = null;
            return _directory is not null && _directory.TryHold(out held);
        }
    }

    private int OpenBelow(HostDirectoryHandle above, out HostDirectoryHandle? handle)
    {
        handle = null;
        int error = OpenChecked(above.Handle, Place().Name, HostLibc.OpenPath | HostLibc.OpenDirectory, out SafeFileHandle? opened);
        if (error != 0)
        {
            return error;
        }

        handle = new HostDirectoryHandle(opened!);
        bool added = false;
        lock (_lock)
        {
            if (_directory is null && handle.TryHold(out _))
            {
                _directory = handle;
                added = true;
            }
        }

        if (added)
        {
            _owner.NoteOpened(this);
        }

        return 0;
    }

    /// <summary>A path descriptor of this file that the caller closes.</summary>
    private int OpenPath(out SafeFileHandle? handle)
    {
        if (IsRoot)
        {
            return HostLibc.Reopen(_owner.RootHandle, HostLibc.OpenPath, out handle);
        }

        if (FindOpen() is { } open)
        {
            try
            {
                return HostLibc.Reopen(open, HostLibc.OpenPath, out handle);
            }
            catch (ObjectDisposedException)
            {
                // Closed meanwhile: go by name.
            }
        }

        (LinuxHostInode parent, string name) = Place();
        handle = null;
        int error = parent.OpenDirectory(out HostDirectoryHandle? above);
        using HostDirectoryHandle? held = above;
        return error != 0 ? error : OpenChecked(held!.Handle, name, HostLibc.OpenPath, out handle);
    }

    /// <summary>Opens the content. The path descriptor is checked first, so no device or FIFO is ever opened.</summary>
    private int OpenForUse(int access, out SafeFileHandle? handle)
    {
        handle = null;
        int error = OpenPath(out SafeFileHandle? path);
        if (error != 0)
        {
            return error;
        }

        using (path)
        {
            return HostLibc.Reopen(path!, access | (_type == StatConstants.S_IFDIR ? HostLibc.OpenDirectory : 0), out handle);
        }
    }

    private int OpenChecked(SafeFileHandle directory, string name, int flags, out SafeFileHandle? handle)
    {
        int error = HostLibc.OpenAt(directory, name, flags | HostLibc.OpenNoFollow, 0, out handle);
        if (error != 0)
        {
            return error;
        }

        error = HostLibc.Stat(handle!, "", out HostStat stat);
        if (error == 0 && stat.Key == _key && stat.Type == _type)
        {
            return 0;
        }

        // Somebody on the host put another file there: the one that was looked up is gone.
        handle!.Dispose();
        handle = null;
        return error != 0 ? error : -(int)Errno.ENOENT;
    }

    private (LinuxHostInode Parent, string Name) Place()
    {
        lock (_lock)
        {
            return (_parent!, _name);
        }
    }

    private SafeFileHandle? FindOpen()
    {
        lock (_open)
        {
            return _open.Count > 0 ? _open[0].Handle : null;
        }
    }

    private int OnFile<T>(Func<SafeFileHandle, string, (int Error, T Value)> call, out T? value)
    {
        value = default;
        if (IsRoot)
        {
            (int rootError, value) = call(_owner.RootHandle, "");
            return rootError;
        }

        int error = OpenPath(out SafeFileHandle? handle);
        if (error != 0)
        {
            return error;
        }

        using (handle)
        {
            (error, value) = call(handle!, "");
            return error;
        }
    }

    private int PrepareChange(string name, out HostDirectoryHandle? directory)
    {
        directory = null;
        return !Writable ? -(int)Errno.EROFS
            : _type != StatConstants.S_IFDIR ? -(int)Errno.ENOTDIR
            : HostFileSystem.CheckName(name) is not Errno.None and var invalid ? -(int)invalid
            : OpenDirectory(out directory);
    }

    private Errno Remove(string name, bool isDirectory)
    {
        int error = PrepareChange(name, out HostDirectoryHandle? directory);
        using HostDirectoryHandle? held = directory;
        return ToErrno(error != 0 ? error : HostLibc.Unlink(held!.Handle, name, isDirectory));
    }

    /// <summary>Gives a new file the guest's owner, where the host lets us, and its mode free of our own umask.</summary>
    private void TakeOver(SafeFileHandle file, in NewInode attributes)
    {
        TakeOwnership(file, attributes);
        HostLibc.ChangeMode(file, HostFileSystem.HostMode(attributes.Mode, attributes.Mode & StatConstants.S_IFMT));
    }

    private void TakeOwnership(SafeFileHandle file, in NewInode attributes)
    {
        if (_owner.Options.Uid is null && _owner.Options.Gid is null)
        {
            HostLibc.ChangeOwner(file, attributes.Uid, attributes.Gid);
        }
    }
}
