using System.Buffers.Binary;
using HermiTux.Abi;
using HermiTux.Memory;
using Microsoft.Win32.SafeHandles;

namespace HermiTux.Kernel.FileSystems;

/// <summary>A descriptor of the host, shared by an open file and the mappings made of it; closed with the last of them.</summary>
internal sealed class LinuxHostHandle
{
    private readonly LinuxHostInode _inode;
    private int _references = 1;

    public LinuxHostHandle(LinuxHostInode inode, SafeFileHandle handle, bool writable)
    {
        _inode = inode;
        Handle = handle;
        Writable = writable;
        inode.AddOpen(this);
        if (writable)
        {
            WrittenFiles.Opened(inode.Key);
        }
    }

    public SafeFileHandle Handle { get; }

    public bool Writable { get; }

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            _inode.RemoveOpen(this);
            Handle.Dispose();
            if (Writable)
            {
                WrittenFiles.Closed(_inode.Key);
            }

            _inode.OnClosed();
        }
    }
}

/// <summary>An open regular file of a Linux host.</summary>
internal sealed class LinuxHostOpenFile : OpenFile
{
    private readonly LinuxHostInode _inode;
    private readonly LinuxHostHandle _handle;
    private readonly Lock _appendLock = new();
    private HostMemoryObject? _memory;

    public LinuxHostOpenFile(LinuxHostInode inode, LinuxHostHandle handle, int flags, Dentry dentry) : base(flags)
    {
        _inode = inode;
        _handle = handle;
        Dentry = dentry;
    }

    public override Inode Inode => _inode;

    public override bool IsSeekable => true;

    protected override long Size => HostLibc.Stat(_handle.Handle, "", out HostStat stat) == 0 ? (long)stat.Size : 0;

    public override Result<InodeAttributes> GetAttributes()
    {
        int error = HostLibc.Stat(_handle.Handle, "", out HostStat stat);
        if (error != 0)
        {
            return LinuxHostInode.ToErrno(error);
        }

        InodeAttributes attributes = _inode.Describe(stat);
        return attributes.Device == 0 && Dentry?.Mount is { } mount ? attributes with { Device = mount.Device } : attributes;
    }

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        if (position < 0)
        {
            return Errno.EINVAL;
        }

        int count = HostLibc.Read(_handle.Handle, buffer, position);
        if (count < 0)
        {
            return LinuxHostInode.ToErrno(count);
        }

        _inode.CacheIfAny?.Overlay(buffer[..count], position);
        return count;
    }

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position)
    {
        if (position < 0)
        {
            return Errno.EINVAL;
        }

        if ((StatusFlags & Fcntl.O_APPEND) == 0)
        {
            return WriteAt(buffer, position);
        }

        lock (_appendLock)
        {
            return WriteAt(buffer, Size);
        }
    }

    public override Errno Truncate(long length) => length < 0 ? Errno.EINVAL : _inode.Truncate(_handle.Handle, length);

    public override Errno Allocate(int mode, long offset, long length)
    {
        bool changesContent = (mode & ~Fcntl.FALLOC_FL_KEEP_SIZE) != 0;
        if (changesContent)
        {
            _inode.CacheIfAny?.WriteBack(_handle, 0, long.MaxValue);
        }

        int error = HostLibc.Allocate(_handle.Handle, mode, offset, length);
        if (error == 0 && changesContent)
        {
            _inode.CacheIfAny?.Refresh(_handle.Handle);
        }

        return LinuxHostInode.ToErrno(error);
    }

    public override Errno Synchronize()
    {
        _inode.CacheIfAny?.WriteBack(_handle, 0, long.MaxValue);
        return LinuxHostInode.ToErrno(HostLibc.Synchronize(_handle.Handle));
    }

    public override Result<IMemoryObject> GetMemoryObject()
    {
        HostMemoryObject memory = _memory ?? Interlocked.CompareExchange(ref _memory, new HostMemoryObject(_inode, _handle, Dentry!.FullPath, Dentry.Mount?.Device ?? 0), null) ?? _memory;
        return Result<IMemoryObject>.Ok(memory);
    }

    protected override long FindData(long offset)
    {
        long found = HostLibc.Seek(_handle.Handle, offset, Fcntl.SEEK_DATA);
        return found < 0 ? -1 : found;
    }

    protected override long FindHole(long offset)
    {
        long found = HostLibc.Seek(_handle.Handle, offset, Fcntl.SEEK_HOLE);
        return found < 0 ? Size : found;
    }

    protected override void OnClose() => _handle.Release();

    private Result<int> WriteAt(ReadOnlySpan<byte> buffer, long position)
    {
        int count = HostLibc.Write(_handle.Handle, buffer, position);
        if (count < 0)
        {
            return LinuxHostInode.ToErrno(count);
        }

        _inode.CacheIfAny?.Update(buffer[..count], position);
        return count;
    }
}

/// <summary>An open directory of a Linux host.</summary>
internal sealed class LinuxHostDirectoryFile : OpenFile
{
    private const int HeaderSize = 19;
    private readonly LinuxHostInode _inode;
    private readonly SafeFileHandle _handle;

    public LinuxHostDirectoryFile(LinuxHostInode inode, SafeFileHandle handle, int flags, Dentry dentry) : base(flags)
    {
        _inode = inode;
        _handle = handle;
        Dentry = dentry;
    }

    public override Inode Inode => _inode;

    public override bool IsSeekable => true;

    public override Result<int> Read(Span<byte> buffer, long position) => Errno.EISDIR;

    public override Errno Synchronize() => LinuxHostInode.ToErrno(HostLibc.Synchronize(_handle));

    public override Result<InodeAttributes> GetAttributes()
    {
        int error = HostLibc.Stat(_handle, "", out HostStat stat);
        if (error != 0)
        {
            return LinuxHostInode.ToErrno(error);
        }

        InodeAttributes attributes = _inode.Describe(stat);
        return attributes.Device == 0 && Dentry?.Mount is { } mount ? attributes with { Device = mount.Device } : attributes;
    }

    public override Errno ReadDirectory(IDirectoryFiller filler)
    {
        byte[] buffer = new byte[32768];
        lock (PositionLock)
        {
            if (HostLibc.Seek(_handle, Position, Fcntl.SEEK_SET) is < 0 and var invalid)
            {
                return (Errno)(-invalid);
            }

            while (true)
            {
                int count = HostLibc.ReadDirectory(_handle, buffer);
                if (count <= 0)
                {
                    return LinuxHostInode.ToErrno(count);
                }

                // struct linux_dirent64: ino, off, reclen, type, name.
                for (int at = 0; at < count;)
                {
                    ReadOnlySpan<byte> entry = buffer.AsSpan(at, BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16)));
                    ulong inode = BinaryPrimitives.ReadUInt64LittleEndian(entry);
                    long next = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
                    uint type = (uint)entry[18] << 12;
                    ReadOnlySpan<byte> bytes = entry[HeaderSize..];
                    string name = FileName.Decode(bytes[..bytes.IndexOf((byte)0)]);
                    if (name == ".." && Dentry is { } place)
                    {
                        // What is above the mounted directory on the host is not for the guest.
                        inode = (place is { IsMountRoot: true, Mount.MountPoint: { } point } ? point.Parent : place.Parent).Inode.Number;
                    }
                    else if (type == 0)
                    {
                        type = HostLibc.Stat(_handle, name, out HostStat stat) == 0 ? stat.Type : StatConstants.S_IFREG;
                    }

                    if (!filler.Add(name, inode, type, next))
                    {
                        return Errno.None;
                    }

                    Position = next;
                    at += entry.Length;
                }
            }
        }
    }

    protected override void OnClose()
    {
        _handle.Dispose();
        _inode.OnClosed();
    }
}
