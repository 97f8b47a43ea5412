using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Syscalls.Files;

/// <summary>chmod(2), chown(2), utimensat(2), truncate(2) and their relatives.</summary>
internal static class Attributes
{
    private const ulong WorkingDirectory = unchecked((ulong)Fcntl.AT_FDCWD);

    public static SyscallResult ChangeMode(SyscallContext context, SyscallArguments args) => ChangeModeAt(context, WorkingDirectory, args.Arg0, (uint)args.Arg1, 0);

    public static SyscallResult ChangeModeAt(SyscallContext context, SyscallArguments args) => ChangeModeAt(context, args.Arg0, args.Arg1, (uint)args.Arg2, 0);

    public static SyscallResult ChangeModeAt2(SyscallContext context, SyscallArguments args) =>
        ChangeModeAt(context, args.Arg0, args.Arg1, (uint)args.Arg2, (int)args.Arg3);

    public static SyscallResult ChangeModeOfFile(SyscallContext context, SyscallArguments args) =>
        ChangeFile(context, args.Arg0, new AttributeChange { Mode = (uint)args.Arg1 & StatConstants.PermissionBits }, allowPath: false);

    public static SyscallResult ChangeOwner(SyscallContext context, SyscallArguments args) =>
        ChangeOwnerAt(context, WorkingDirectory, args.Arg0, (uint)args.Arg1, (uint)args.Arg2, 0);

    public static SyscallResult ChangeOwnerOfLink(SyscallContext context, SyscallArguments args) =>
        ChangeOwnerAt(context, WorkingDirectory, args.Arg0, (uint)args.Arg1, (uint)args.Arg2, Fcntl.AT_SYMLINK_NOFOLLOW);

    public static SyscallResult ChangeOwnerAt(SyscallContext context, SyscallArguments args) =>
        ChangeOwnerAt(context, args.Arg0, args.Arg1, (uint)args.Arg2, (uint)args.Arg3, (int)args.Arg4);

    public static SyscallResult ChangeOwnerOfFile(SyscallContext context, SyscallArguments args) =>
        ChangeFile(context, args.Arg0, Owner((uint)args.Arg1, (uint)args.Arg2), allowPath: false);

    public static SyscallResult Truncate(SyscallContext context, SyscallArguments args)
    {
        long length = (long)args.Arg1;
        if (length < 0)
        {
            return Errno.EINVAL;
        }

        Errno error = context.ResolveAt(WorkingDirectory, args.Arg0, ResolveFlags.None, out Dentry? place);
        return error != Errno.None ? error
            : CheckSize(context, length) is not Errno.None and var limit ? limit
            : context.Machine.Files.SetAttributes(context.Process.Fs, place, new AttributeChange { Size = length });
    }

    public static SyscallResult TruncateFile(SyscallContext context, SyscallArguments args)
    {
        long length = (long)args.Arg1;
        if (length < 0)
        {
            return Errno.EINVAL;
        }

        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        bool writable = (file.StatusFlags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY;
        error = !writable || file.Inode?.Type != StatConstants.S_IFREG ? Errno.EINVAL
            : CheckSize(context, length) is not Errno.None and var limit ? limit
            : file.Truncate(length);
        if (error == Errno.None)
        {
            file.Notify(EventFdConstants.IN_MODIFY);
        }

        file.Release();
        return error;
    }

    public static SyscallResult UpdateTimesAt(SyscallContext context, SyscallArguments args)
    {
        int flags = (int)args.Arg3;
        if ((flags & ~(Fcntl.AT_SYMLINK_NOFOLLOW | Fcntl.AT_EMPTY_PATH)) != 0)
        {
            return Errno.EINVAL;
        }

        AttributeChange change = Now(context);
        if (args.Arg2 != 0)
        {
            if (!context.Memory.TryRead(args.Arg2, out Timespec access) || !context.Memory.TryRead(args.Arg2 + 16, out Timespec modification))
            {
                return Errno.EFAULT;
            }

            if (!TryConvert(context, access, out long? accessTime) || !TryConvert(context, modification, out long? modificationTime))
            {
                return Errno.EINVAL;
            }

            if (accessTime is null && modificationTime is null)
            {
                return 0;
            }

            change = new AttributeChange
            {
                AccessTime = accessTime,
                ModificationTime = modificationTime,
                TimesAreNow = access.tv_nsec == ClockConstants.UTIME_NOW && modification.tv_nsec == ClockConstants.UTIME_NOW,
            };
        }

        return args.Arg1 == 0 && (int)args.Arg0 != Fcntl.AT_FDCWD
            ? flags != 0 ? Errno.EINVAL : ChangeFile(context, args.Arg0, change, allowPath: false)
            : UpdateTimes(context, args.Arg0, args.Arg1, change, flags);
    }

    public static SyscallResult UpdateTimesOld(SyscallContext context, SyscallArguments args) =>
        UpdateTimesFromTimeval(context, WorkingDirectory, args.Arg0, args.Arg1);

    public static SyscallResult UpdateTimesOldAt(SyscallContext context, SyscallArguments args) =>
        UpdateTimesFromTimeval(context, args.Arg0, args.Arg1, args.Arg2);

    public static SyscallResult UpdateTime(SyscallContext context, SyscallArguments args)
    {
        AttributeChange change = Now(context);
        if (args.Arg1 != 0)
        {
            if (!context.Memory.TryRead(args.Arg1, out Utimbuf times))
            {
                return Errno.EFAULT;
            }

            change = new AttributeChange { AccessTime = Seconds(times.actime, 0), ModificationTime = Seconds(times.modtime, 0) };
        }

        return UpdateTimes(context, WorkingDirectory, args.Arg0, change, 0);
    }

    private static SyscallResult UpdateTimesFromTimeval(SyscallContext context, ulong dirfd, ulong path, ulong times)
    {
        AttributeChange change = Now(context);
        if (times != 0)
        {
            if (!context.Memory.TryRead(times, out Timeval access) || !context.Memory.TryRead(times + 16, out Timeval modification))
            {
                return Errno.EFAULT;
            }

            if ((ulong)access.tv_usec >= 1_000_000 || (ulong)modification.tv_usec >= 1_000_000)
            {
                return Errno.EINVAL;
            }

            change = new AttributeChange
            {
                AccessTime = Seconds(access.tv_sec, access.tv_usec * 1000),
                ModificationTime = Seconds(modification.tv_sec, modification.tv_usec * 1000),
            };
        }

        return path == 0 && (int)dirfd != Fcntl.AT_FDCWD
            ? ChangeFile(context, dirfd, change, allowPath: false)
            : UpdateTimes(context, dirfd, path, change, 0);
    }

    private static SyscallResult UpdateTimes(SyscallContext context, ulong dirfd, ulong address, in AttributeChange change, int flags)
    {
        Errno error = Find(context, dirfd, address, flags, out Dentry? place);
        return error != Errno.None ? error : context.Machine.Files.SetAttributes(context.Process.Fs, place!, change);
    }

    private static SyscallResult ChangeModeAt(SyscallContext context, ulong dirfd, ulong address, uint mode, int flags)
    {
        if ((flags & ~(Fcntl.AT_SYMLINK_NOFOLLOW | Fcntl.AT_EMPTY_PATH)) != 0)
        {
            return Errno.EINVAL;
        }

        Errno error = Find(context, dirfd, address, flags, out Dentry? place);
        if (error != Errno.None)
        {
            return error;
        }

        // Linux has no permissions on symbolic links: fchmodat2(2) refuses them.
        return place!.Inode.Type == StatConstants.S_IFLNK
            ? Errno.EOPNOTSUPP
            : context.Machine.Files.SetAttributes(context.Process.Fs, place, new AttributeChange { Mode = mode & StatConstants.PermissionBits });
    }

    private static SyscallResult ChangeOwnerAt(SyscallContext context, ulong dirfd, ulong address, uint uid, uint gid, int flags)
    {
        if ((flags & ~(Fcntl.AT_SYMLINK_NOFOLLOW | Fcntl.AT_EMPTY_PATH)) != 0)
        {
            return Errno.EINVAL;
        }

        Errno error = Find(context, dirfd, address, flags, out Dentry? place);
        return error != Errno.None ? error : context.Machine.Files.SetAttributes(context.Process.Fs, place!, Owner(uid, gid));
    }

    private static Errno Find(SyscallContext context, ulong dirfd, ulong address, int flags, out Dentry? place)
    {
        place = null;
        Errno error = context.ReadPath(address, out string path);
        if (error != Errno.None)
        {
            return error;
        }

        if (path.Length == 0 && (flags & Fcntl.AT_EMPTY_PATH) != 0 && (int)dirfd != Fcntl.AT_FDCWD)
        {
            if (!context.TryGetFileOrPath(dirfd, out OpenFile? file, out error))
            {
                return error;
            }

            place = file.Dentry;
            file.Release();
            return place is null ? Errno.EBADF : Errno.None;
        }

        error = context.ResolveStart(dirfd, path, out Dentry? start);
        ResolveFlags resolve = ((flags & Fcntl.AT_SYMLINK_NOFOLLOW) != 0 ? ResolveFlags.NoFollow : 0) |
            ((flags & Fcntl.AT_EMPTY_PATH) != 0 ? ResolveFlags.EmptyPath : 0);
        return error != Errno.None ? error : context.Machine.Files.Resolve(context.Process.Fs, start, path, resolve).TryGet(out place, out error) ? Errno.None : error;
    }

    private static SyscallResult ChangeFile(SyscallContext context, ulong fd, in AttributeChange change, bool allowPath)
    {
        OpenFile? file;
        Errno error;
        if (!(allowPath ? context.TryGetFileOrPath(fd, out file, out error) : context.TryGetFile(fd, out file, out error)))
        {
            return error;
        }

        error = file.Dentry is { } place ? context.Machine.Files.SetAttributes(context.Process.Fs, place, change)
            : file.Inode is { } inode ? context.Machine.Files.SetAttributes(context.Process.Fs, inode, change)
            : Errno.None;
        file.Release();
        return error;
    }

    private static Errno CheckSize(SyscallContext context, long length)
    {
        ulong limit = context.Process.ResourceLimits[ResourceConstants.RLIMIT_FSIZE].Soft;
        if ((ulong)length <= limit)
        {
            return Errno.None;
        }

        Blocking.Post(context, Signal.SIGXFSZ);
        return Errno.EFBIG;
    }

    private static AttributeChange Owner(uint uid, uint gid) => new()
    {
        Uid = uid == uint.MaxValue ? null : uid,
        Gid = gid == uint.MaxValue ? null : gid,
    };

    private static AttributeChange Now(SyscallContext context)
    {
        long now = context.Machine.RealtimeNanoseconds;
        return new AttributeChange { AccessTime = now, ModificationTime = now, TimesAreNow = true };
    }

    private static bool TryConvert(SyscallContext context, in Timespec time, out long? nanoseconds)
    {
        nanoseconds = null;
        switch (time.tv_nsec)
        {
            case ClockConstants.UTIME_OMIT:
                return true;
            case ClockConstants.UTIME_NOW:
                nanoseconds = context.Machine.RealtimeNanoseconds;
                return true;
            case >= 0 and < 1_000_000_000:
                nanoseconds = Seconds(time.tv_sec, time.tv_nsec);
                return true;
            default:
                return false;
        }
    }

    // File systems clamp what they can't store; ours keep nanoseconds in 64 bits (years 1678 to 2262).
    private static long Seconds(long seconds, long nanoseconds) =>
        (long)Int128.Clamp(((Int128)seconds * 1_000_000_000) + nanoseconds, long.MinValue, long.MaxValue);
}
