using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Syscalls.Files;

/// <summary>stat(2), fstat(2), lstat(2), newfstatat(2), statx(2), statfs(2), access(2), readlink(2).</summary>
internal static class Status
{
    private const ulong WorkingDirectory = unchecked((ulong)Fcntl.AT_FDCWD);

    public static SyscallResult Stat(SyscallContext context, SyscallArguments args) => StatAt(context, WorkingDirectory, args.Arg0, args.Arg1, 0);

    public static SyscallResult LinkStat(SyscallContext context, SyscallArguments args) =>
        StatAt(context, WorkingDirectory, args.Arg0, args.Arg1, Fcntl.AT_SYMLINK_NOFOLLOW);

    public static SyscallResult StatAt(SyscallContext context, SyscallArguments args) =>
        StatAt(context, args.Arg0, args.Arg1, args.Arg2, (int)args.Arg3);

    public static SyscallResult FileStat(SyscallContext context, SyscallArguments args)
    {
        Result<InodeAttributes> attributes = OfDescriptor(context, args.Arg0);
        return attributes.IsSuccess ? context.Write(args.Arg1, ToStat(attributes.Value)) : attributes.Error;
    }

    public static SyscallResult StatX(SyscallContext context, SyscallArguments args)
    {
        const int Known = Fcntl.AT_SYMLINK_NOFOLLOW | Fcntl.AT_NO_AUTOMOUNT | Fcntl.AT_EMPTY_PATH | Fcntl.AT_STATX_SYNC_TYPE;
        int flags = (int)args.Arg2;
        uint mask = (uint)args.Arg3;
        if ((mask & StatxConstants.STATX__RESERVED) != 0 || (flags & Fcntl.AT_STATX_SYNC_TYPE) == Fcntl.AT_STATX_SYNC_TYPE || (flags & ~Known) != 0)
        {
            return Errno.EINVAL;
        }

        Result<InodeAttributes> result = Find(context, args.Arg0, args.Arg1, flags, out Dentry? place);
        if (!result.IsSuccess)
        {
            return result.Error;
        }

        InodeAttributes a = result.Value;
        var statx = new Statx
        {
            stx_mask = StatxConstants.STATX_BASIC_STATS | (a.BirthTime != 0 ? StatxConstants.STATX_BTIME : 0) | StatxConstants.STATX_MNT_ID,
            stx_blksize = (uint)a.BlockSize,
            stx_nlink = a.Links,
            stx_uid = a.Uid,
            stx_gid = a.Gid,
            stx_mode = (ushort)a.Mode,
            stx_ino = a.Inode,
            stx_size = (ulong)a.Size,
            stx_blocks = (ulong)a.Blocks,
            stx_attributes_mask = StatxConstants.STATX_ATTR_AUTOMOUNT | StatxConstants.STATX_ATTR_MOUNT_ROOT,
            stx_atime = ToStatx(a.AccessTime),
            stx_btime = ToStatx(a.BirthTime),
            stx_ctime = ToStatx(a.ChangeTime),
            stx_mtime = ToStatx(a.ModificationTime),
            stx_rdev_major = Major(a.RawDevice),
            stx_rdev_minor = Minor(a.RawDevice),
            stx_dev_major = Major(a.Device),
            stx_dev_minor = Minor(a.Device),
            stx_mnt_id = place is null ? 0 : (ulong)context.Machine.Files.GetMountId(place),
        };
        return context.Write(args.Arg4, statx);
    }

    public static SyscallResult FileSystemStat(SyscallContext context, SyscallArguments args)
    {
        Errno error = context.ResolveAt(WorkingDirectory, args.Arg0, ResolveFlags.None, out Dentry? place);
        return error != Errno.None ? error : context.Write(args.Arg1, ToStatfs(context.Machine.Files.GetStatistics(place)));
    }

    public static SyscallResult FileSystemStatOfFile(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFileOrPath(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        FileSystemStatistics statistics = file.Dentry is { } place
            ? context.Machine.Files.GetStatistics(place)
            : new FileSystemStatistics(MagicConstants.ANON_INODE_FS_MAGIC, 4096, 0, 0, 0, 0, StatfsConstants.ST_VALID);
        file.Release();
        return context.Write(args.Arg1, ToStatfs(statistics));
    }

    public static SyscallResult Access(SyscallContext context, SyscallArguments args) => AccessAt(context, WorkingDirectory, args.Arg0, (int)args.Arg1, 0);

    public static SyscallResult AccessAt(SyscallContext context, SyscallArguments args) => AccessAt(context, args.Arg0, args.Arg1, (int)args.Arg2, 0);

    public static SyscallResult AccessAt2(SyscallContext context, SyscallArguments args) =>
        AccessAt(context, args.Arg0, args.Arg1, (int)args.Arg2, (int)args.Arg3);

    public static SyscallResult ReadLink(SyscallContext context, SyscallArguments args) => ReadLinkAt(context, WorkingDirectory, args.Arg0, args.Arg1, args.Arg2);

    public static SyscallResult ReadLinkAt(SyscallContext context, SyscallArguments args) =>
        ReadLinkAt(context, args.Arg0, args.Arg1, args.Arg2, args.Arg3);

    /// <summary>fstat(2) of any descriptor, O_PATH ones included.</summary>
    public static Result<InodeAttributes> OfDescriptor(SyscallContext context, ulong fd)
    {
        if (!context.TryGetFileOrPath(fd, out OpenFile? file, out Errno error))
        {
            return error;
        }

        Result<InodeAttributes> attributes = file.GetAttributes();
        file.Release();
        return attributes;
    }

    private static SyscallResult StatAt(SyscallContext context, ulong dirfd, ulong path, ulong buffer, int flags)
    {
        const int Known = Fcntl.AT_SYMLINK_NOFOLLOW | Fcntl.AT_NO_AUTOMOUNT | Fcntl.AT_EMPTY_PATH | Fcntl.AT_STATX_SYNC_TYPE;
        if ((flags & ~Known) != 0)
        {
            return Errno.EINVAL;
        }

        Result<InodeAttributes> attributes = Find(context, dirfd, path, flags, out _);
        return attributes.IsSuccess ? context.Write(buffer, ToStat(attributes.Value)) : attributes.Error;
    }

    private static Result<InodeAttributes> Find(SyscallContext context, ulong dirfd, ulong address, int flags, out Dentry? place)
    {
        place = null;
        string path = "";
        if (address == 0 && (flags & Fcntl.AT_EMPTY_PATH) != 0)
        {
            // Linux 6.11: a null path with AT_EMPTY_PATH is the empty one.
        }
        else if (context.ReadPath(address, out path) is not Errno.None and var error)
        {
            return error;
        }

        if (path.Length == 0 && (flags & Fcntl.AT_EMPTY_PATH) != 0 && (int)dirfd != Fcntl.AT_FDCWD)
        {
            return OfDescriptor(context, dirfd);
        }

        Errno failure = context.ResolveStart(dirfd, path, out Dentry? start);
        if (failure != Errno.None)
        {
            return failure;
        }

        ResolveFlags resolve = ((flags & Fcntl.AT_SYMLINK_NOFOLLOW) != 0 ? ResolveFlags.NoFollow : 0) |
            ((flags & Fcntl.AT_EMPTY_PATH) != 0 ? ResolveFlags.EmptyPath : 0);
        return context.Machine.Files.Resolve(context.Process.Fs, start, path, resolve).TryGet(out place, out failure)
            ? context.Machine.Files.GetAttributes(place)
            : failure;
    }

    private static SyscallResult AccessAt(SyscallContext context, ulong dirfd, ulong address, int mode, int flags)
    {
        if ((mode & ~7) != 0 || (flags & ~(Fcntl.AT_EACCESS | Fcntl.AT_SYMLINK_NOFOLLOW | Fcntl.AT_EMPTY_PATH)) != 0)
        {
            return Errno.EINVAL;
        }

        Errno error = context.ReadPath(address, out string path);
        if (error != Errno.None)
        {
            return error;
        }

        Dentry? place;
        if (path.Length == 0 && (flags & Fcntl.AT_EMPTY_PATH) != 0 && (int)dirfd != Fcntl.AT_FDCWD)
        {
            if (!context.TryGetFileOrPath(dirfd, out OpenFile? file, out error))
            {
                return error;
            }

            place = file.Dentry;
            file.Release();
            if (place is null)
            {
                return 0;
            }
        }
        else
        {
            error = context.ResolveStart(dirfd, path, out Dentry? start);
            ResolveFlags resolve = ((flags & Fcntl.AT_SYMLINK_NOFOLLOW) != 0 ? ResolveFlags.NoFollow : 0) |
                ((flags & Fcntl.AT_EMPTY_PATH) != 0 ? ResolveFlags.EmptyPath : 0);
            if (error != Errno.None || !context.Machine.Files.Resolve(context.Process.Fs, start, path, resolve).TryGet(out place, out error))
            {
                return error;
            }
        }

        return context.Machine.Files.CheckAccess(context.Process.Fs, place, mode, (flags & Fcntl.AT_EACCESS) != 0);
    }

    private static SyscallResult ReadLinkAt(SyscallContext context, ulong dirfd, ulong address, ulong buffer, ulong size)
    {
        if ((int)size <= 0)
        {
            return Errno.EINVAL;
        }

        Errno error = context.ReadPath(address, out string path);
        if (error != Errno.None)
        {
            return error;
        }

        Dentry? place;
        if (path.Length == 0)
        {
            // An empty path names the link that an O_PATH | O_NOFOLLOW descriptor refers to.
            if ((int)dirfd == Fcntl.AT_FDCWD)
            {
                return Errno.ENOENT;
            }

            if (!context.TryGetFileOrPath(dirfd, out OpenFile? file, out error))
            {
                return error;
            }

            place = file.Dentry;
            file.Release();
            if (place is null || place.Inode.Type != StatConstants.S_IFLNK)
            {
                return Errno.ENOENT;
            }
        }
        else
        {
            error = context.ResolveStart(dirfd, path, out Dentry? start);
            if (error != Errno.None || !context.Machine.Files.Resolve(context.Process.Fs, start, path, ResolveFlags.NoFollow).TryGet(out place, out error))
            {
                return error;
            }
        }

        if (!context.Machine.Files.ReadLink(context.Process.Fs, place).TryGet(out string? target, out error))
        {
            return error;
        }

        ReadOnlySpan<byte> bytes = FileName.Encode(target);
        bytes = bytes[..Math.Min(bytes.Length, (int)size)];
        return context.Memory.TryWrite(buffer, bytes) ? bytes.Length : Errno.EFAULT;
    }

    private static Stat ToStat(in InodeAttributes a)
    {
        Timespec access = Timespec.FromNanoseconds(a.AccessTime);
        Timespec modification = Timespec.FromNanoseconds(a.ModificationTime);
        Timespec change = Timespec.FromNanoseconds(a.ChangeTime);
        return new Stat
        {
            st_dev = a.Device,
            st_ino = a.Inode,
            st_nlink = a.Links,
            st_mode = a.Mode,
            st_uid = a.Uid,
            st_gid = a.Gid,
            st_rdev = a.RawDevice,
            st_size = a.Size,
            st_blksize = a.BlockSize,
            st_blocks = a.Blocks,
            st_atime = (ulong)access.tv_sec,
            st_atime_nsec = (ulong)access.tv_nsec,
            st_mtime = (ulong)modification.tv_sec,
            st_mtime_nsec = (ulong)modification.tv_nsec,
            st_ctime = (ulong)change.tv_sec,
            st_ctime_nsec = (ulong)change.tv_nsec,
        };
    }

    private static StatxTimestamp ToStatx(long nanoseconds)
    {
        Timespec time = Timespec.FromNanoseconds(nanoseconds);
        return new StatxTimestamp { tv_sec = time.tv_sec, tv_nsec = (uint)time.tv_nsec };
    }

    private static Statfs ToStatfs(in FileSystemStatistics s) => new()
    {
        f_type = s.Type,
        f_bsize = s.BlockSize,
        f_blocks = s.Blocks,
        f_bfree = s.FreeBlocks,
        f_bavail = s.FreeBlocks,
        f_files = s.Files,
        f_ffree = s.FreeFiles,
        f_namelen = Fcntl.NAME_MAX,
        f_frsize = s.BlockSize,
        f_flags = s.Flags | StatfsConstants.ST_VALID,
    };

    // new_decode_dev(): 12 bits of major, 20 of minor.
    private static uint Major(ulong device) => (uint)((device >> 8) & 0xFFF);

    private static uint Minor(ulong device) => (uint)((device & 0xFF) | ((device >> 12) & 0xFFF00));
}
