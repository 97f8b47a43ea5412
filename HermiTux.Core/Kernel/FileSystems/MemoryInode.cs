using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>What every file of a <see cref="MemoryFileSystem"/> has: attributes and extended attributes.</summary>
internal abstract class MemoryInode : Inode
{
    /// <summary>XATTR_SIZE_MAX for one value, and for all of a file together.</summary>
    private const int MaxAttributeBytes = 65536;

    private readonly uint _type;
    private Dictionary<string, byte[]>? _extended;
    private int _extendedBytes;

    protected MemoryInode(MemoryFileSystem owner, in NewInode attributes)
    {
        Owner = owner;
        Number = owner.NextNumber();
        _type = attributes.Mode & StatConstants.S_IFMT;
        Permissions = attributes.Mode & StatConstants.PermissionBits;
        Uid = attributes.Uid;
        Gid = attributes.Gid;
        RawDevice = attributes.RawDevice;
        AccessTime = ModificationTime = ChangeTime = BirthTime = owner.Now;
    }

    public override ulong Number { get; }

    public override uint Type => _type;

    public MemoryFileSystem Owner { get; }

    public uint Permissions { get; private set; }

    public uint Uid { get; private set; }

    public uint Gid { get; private set; }

    public ulong RawDevice { get; }

    public uint Links { get; set; } = 1;

    public long AccessTime { get; set; }

    public long ModificationTime { get; set; }

    public long ChangeTime { get; set; }

    public long BirthTime { get; }

    protected virtual long Size => 0;

    protected virtual long Blocks => 0;

    public override Result<InodeAttributes> GetAttributes()
    {
        lock (Owner.NameLock)
        {
            return new InodeAttributes
            {
                Inode = Number,
                Mode = _type | Permissions,
                Links = Links,
                Uid = Uid,
                Gid = Gid,
                RawDevice = RawDevice,
                Size = Size,
                BlockSize = Page.Size,
                Blocks = Blocks,
                AccessTime = AccessTime,
                ModificationTime = ModificationTime,
                ChangeTime = ChangeTime,
                BirthTime = BirthTime,
            };
        }
    }

    public override Errno SetAttributes(in AttributeChange change)
    {
        if (change.Size is { } size && Resize(size) is not Errno.None and var error)
        {
            return error;
        }

        lock (Owner.NameLock)
        {
            long now = Owner.Now;
            Permissions = change.Mode & StatConstants.PermissionBits ?? Permissions;
            Uid = change.Uid ?? Uid;
            Gid = change.Gid ?? Gid;
            AccessTime = change.AccessTime ?? AccessTime;
            ModificationTime = change.ModificationTime ?? (change.Size is not null ? now : ModificationTime);
            ChangeTime = now;
            return Errno.None;
        }
    }

    public override Result<OpenFile> Open(int flags, Dentry dentry) => Errno.ENXIO;

    public override Result<byte[]> GetExtendedAttribute(string name)
    {
        if (CheckName(name, Errno.ENODATA) is not Errno.None and var error)
        {
            return error;
        }

        lock (Owner.NameLock)
        {
            return _extended is not null && _extended.TryGetValue(name, out byte[]? value) ? (byte[])value.Clone() : Errno.ENODATA;
        }
    }

    public override Errno SetExtendedAttribute(string name, byte[]? value, int flags)
    {
        if (CheckName(name, Errno.EPERM) is not Errno.None and var error)
        {
            return error;
        }

        lock (Owner.NameLock)
        {
            byte[]? old = _extended?.GetValueOrDefault(name);
            if (value is null ? old is null : (flags & Fcntl.XATTR_REPLACE) != 0 && old is null)
            {
                return Errno.ENODATA;
            }

            if (value is not null && (flags & Fcntl.XATTR_CREATE) != 0 && old is not null)
            {
                return Errno.EEXIST;
            }

            int bytes = _extendedBytes - (old is null ? 0 : old.Length + (name.Length * 2));
            if (value is null)
            {
                _extended!.Remove(name);
                Owner.TryChargeBytes(bytes - _extendedBytes);
            }
            else
            {
                bytes += value.Length + (name.Length * 2);
                if (bytes > MaxAttributeBytes || !Owner.TryChargeBytes(bytes - _extendedBytes))
                {
                    return Errno.ENOSPC;
                }

                (_extended ??= new Dictionary<string, byte[]>(StringComparer.Ordinal))[name] = (byte[])value.Clone();
            }

            _extendedBytes = bytes;
            ChangeTime = Owner.Now;
            return Errno.None;
        }
    }

    public override Result<string[]> ListExtendedAttributes()
    {
        lock (Owner.NameLock)
        {
            return _extended is null ? (string[])[] : [.. _extended.Keys];
        }
    }

    /// <summary>Somebody without CAP_FSETID writes: set-user-id goes, and set-group-id if the group may execute.</summary>
    public void ClearSetIds()
    {
        if ((Permissions & (StatConstants.S_ISUID | StatConstants.S_ISGID)) != 0)
        {
            lock (Owner.NameLock)
            {
                Permissions &= ~(StatConstants.S_ISUID | ((Permissions & StatConstants.S_IXGRP) != 0 ? StatConstants.S_ISGID : 0));
            }
        }
    }

    /// <summary>An entry that led here was removed. Under the name lock.</summary>
    public virtual void OnUnlinked()
    {
        Links--;
        ChangeTime = Owner.Now;
        if (Links == 0 && this is not MemoryFile)
        {
            ReleaseHostBytes();
        }
    }

    /// <summary>The last name, and of a file the last who has it open, is gone: what the inode keeps on the heap is not counted any more. Under the name lock.</summary>
    protected virtual void ReleaseHostBytes()
    {
        Owner.TryChargeBytes(-_extendedBytes);
        _extendedBytes = 0;
        _extended = null;
    }

    protected virtual Errno Resize(long size) => Errno.EINVAL;

    private Errno CheckName(string name, Errno otherTypes)
    {
        const string User = "user.";
        if (name.StartsWith(User, StringComparison.Ordinal))
        {
            // user.* is for files and directories only (xattr(7)): on others it can't be set, and isn't there.
            return _type is StatConstants.S_IFREG or StatConstants.S_IFDIR ? name.Length > User.Length ? Errno.None : Errno.EINVAL : otherTypes;
        }

        return name.StartsWith("trusted.", StringComparison.Ordinal) || name.StartsWith("security.", StringComparison.Ordinal) ? Errno.None : Errno.EOPNOTSUPP;
    }
}

/// <summary>A symbolic link.</summary>
internal sealed class MemorySymbolicLink(MemoryFileSystem owner, in NewInode attributes, string target) : MemoryInode(owner, attributes)
{
    private readonly int _bytes = FileName.Encode(target).Length;

    /// <summary>What the target takes on the heap.</summary>
    public static long HostBytes(string target) => target.Length * 2L;

    protected override long Size => _bytes;

    public override Result<string> ReadLink() => target;

    protected override void ReleaseHostBytes()
    {
        base.ReleaseHostBytes();
        Owner.TryChargeBytes(-HostBytes(target));
    }

    public override Result<OpenFile> Open(int flags, Dentry dentry) => Errno.ELOOP;
}

/// <summary>A device node, FIFO or socket; what opening it means is the virtual file system's business.</summary>
internal sealed class MemorySpecialFile(MemoryFileSystem owner, in NewInode attributes) : MemoryInode(owner, attributes);
