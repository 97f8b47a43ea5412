using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Syscalls.Files;

/// <summary>fcntl(2) and flock(2).</summary>
internal static class FileControl
{
    // SETFL_MASK: what F_SETFL changes.
    private const int SettableFlags = Fcntl.O_APPEND | Fcntl.O_NONBLOCK | Fcntl.O_DIRECT | Fcntl.O_NOATIME | Fcntl.FASYNC;
    private const int PathCommandsOnly = Fcntl.O_PATH;
    private const int MandatoryLock = 32;

    public static ValueTask<SyscallResult> Control(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFileOrPath(args.Arg0, out OpenFile? file, out Errno error))
        {
            return new(error);
        }

        int command = (int)args.Arg1;
        if ((file.StatusFlags & PathCommandsOnly) != 0 &&
            command is not (Fcntl.F_DUPFD or Fcntl.F_DUPFD_CLOEXEC or Fcntl.F_GETFD or Fcntl.F_SETFD or Fcntl.F_GETFL))
        {
            file.Release();
            return new(Errno.EBADF);
        }

        if (command is Fcntl.F_DUPFD or Fcntl.F_DUPFD_CLOEXEC)
        {
            if ((uint)(int)args.Arg2 >= (uint)context.Process.Descriptors.Limit)
            {
                file.Release();
                return new(Errno.EINVAL);
            }

            return new(OpenClose.Install(context, file, command == Fcntl.F_DUPFD_CLOEXEC, (int)args.Arg2));
        }

        if (command is Fcntl.F_SETLK or Fcntl.F_SETLKW or Fcntl.F_GETLK or Fcntl.F_OFD_SETLK or Fcntl.F_OFD_SETLKW or Fcntl.F_OFD_GETLK)
        {
            return Lock(context, file, command, args.Arg2);
        }

        SyscallResult result = Simple(context, file, command, args);
        file.Release();
        return new(result);
    }

    public static ValueTask<SyscallResult> LockWhole(SyscallContext context, SyscallArguments args)
    {
        int operation = (int)args.Arg1;
        if ((operation & MandatoryLock) != 0)
        {
            // LOCK_MAND: gone since Linux 5.18, accepted without effect.
            return new(0);
        }

        bool wait = (operation & Fcntl.LOCK_NB) == 0;
        operation &= ~Fcntl.LOCK_NB;
        if (operation is not (Fcntl.LOCK_SH or Fcntl.LOCK_EX or Fcntl.LOCK_UN))
        {
            return new(Errno.EINVAL);
        }

        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return new(error);
        }

        if (file.Inode is not { } inode)
        {
            // Nobody else can see the file, so there is nothing to lock against.
            file.Release();
            return new(0);
        }

        if (operation == Fcntl.LOCK_UN)
        {
            inode.Locks.UnlockWhole(file);
            file.Release();
            return new(0);
        }

        bool exclusive = operation == Fcntl.LOCK_EX;
        error = inode.Locks.SetWhole(file, exclusive);
        if (error != Errno.EAGAIN || !wait)
        {
            file.Release();
            return new(error);
        }

        return WaitForLock(context, file, inode.Locks, () => inode.Locks.SetWhole(file, exclusive));
    }

    private static SyscallResult Simple(SyscallContext context, OpenFile file, int command, in SyscallArguments args)
    {
        int fd = (int)args.Arg0;
        FdTable descriptors = context.Process.Descriptors;
        switch (command)
        {
            case Fcntl.F_GETFD:
                Result<bool> closeOnExec = descriptors.GetCloseOnExec(fd);
                return closeOnExec.IsSuccess ? closeOnExec.Value ? Fcntl.FD_CLOEXEC : 0 : closeOnExec.Error;
            case Fcntl.F_SETFD:
                return descriptors.SetCloseOnExec(fd, (args.Arg2 & Fcntl.FD_CLOEXEC) != 0);
            case Fcntl.F_GETFL:
                return file.StatusFlags & ~(Fcntl.O_CLOEXEC | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOCTTY | Fcntl.O_TRUNC);
            case Fcntl.F_SETFL:
                return SetFlags(context, file, (int)args.Arg2);
            case Fcntl.F_GETPIPE_SZ:
                return file is PipeEnd end ? end.Pipe.Capacity : Errno.EBADF;
            case Fcntl.F_SETPIPE_SZ:
                if (file is not PipeEnd pipe)
                {
                    return Errno.EBADF;
                }

                Result<int> size = pipe.Pipe.SetCapacity((int)args.Arg2, context.Process.Credentials.Euid == 0, context.Machine.Frames);
                return size.IsSuccess ? size.Value : size.Error;
            case Fcntl.F_GET_SEALS:
                Result<int> seals = MemoryFd.GetSeals(file);
                return seals.IsSuccess ? seals.Value : seals.Error;
            case Fcntl.F_ADD_SEALS:
                return MemoryFd.AddSeals(file, (int)args.Arg2);
            case Fcntl.F_GETLEASE:
                // A lease is never held.
                return Fcntl.F_UNLCK;
            case Fcntl.F_GETOWN:
                return file.Owner.ToNumber();
            case Fcntl.F_SETOWN:
                return SetOwner(file, FileOwner.FromNumber(context.Machine, (int)args.Arg2));
            case Fcntl.F_GETSIG:
                return file.OwnerSignal;
            case Fcntl.F_SETSIG:
                if ((long)args.Arg2 is < 0 or > 64)
                {
                    return Errno.EINVAL;
                }

                file.OwnerSignal = (int)args.Arg2;
                return 0;
            case Fcntl.F_GETOWN_EX:
                return context.Write(args.Arg2, new FOwnerEx { type = file.Owner.Type, pid = file.Owner.Id });
            case Fcntl.F_SETOWN_EX:
                return context.Memory.TryRead(args.Arg2, out FOwnerEx owner) ? SetOwner(file, FileOwner.Find(context.Machine, owner.type, owner.pid)) : Errno.EFAULT;
            case Fcntl.F_GET_RW_HINT:
            case Fcntl.F_GET_FILE_RW_HINT:
                return context.Write(args.Arg2, (ulong)Fcntl.RWH_WRITE_LIFE_NOT_SET);
            case Fcntl.F_SET_RW_HINT:
            case Fcntl.F_SET_FILE_RW_HINT:
                return context.Memory.TryRead(args.Arg2, out ulong hint) ? hint <= Fcntl.RWH_WRITE_LIFE_EXTREME ? 0 : Errno.EINVAL : Errno.EFAULT;
            case Fcntl.F_SETLEASE:
                return (int)args.Arg2 == Fcntl.F_UNLCK ? Errno.EAGAIN : Errno.EINVAL;
            default:
                return Errno.EINVAL;
        }
    }

    private static SyscallResult SetFlags(SyscallContext context, OpenFile file, int flags)
    {
        if ((flags & Fcntl.O_NOATIME) != 0 && (file.StatusFlags & Fcntl.O_NOATIME) == 0 && file.GetAttributes() is { IsSuccess: true } attributes &&
            context.Process.Credentials.Fsuid != 0 && context.Process.Credentials.Fsuid != attributes.Value.Uid)
        {
            return Errno.EPERM;
        }

        file.StatusFlags = (file.StatusFlags & ~SettableFlags) | (flags & SettableFlags);
        return 0;
    }

    private static ValueTask<SyscallResult> Lock(SyscallContext context, OpenFile file, int command, ulong address)
    {
        Errno error = Prepare(context, file, command, address, out Flock request, out long start, out long last);
        if (error != Errno.None || file.Inode is not { } inode)
        {
            file.Release();
            return new(error == Errno.None ? Errno.EINVAL : error);
        }

        bool ofd = command is Fcntl.F_OFD_SETLK or Fcntl.F_OFD_SETLKW or Fcntl.F_OFD_GETLK;
        object owner = ofd ? file : context.Process.Descriptors;
        bool exclusive = request.l_type == Fcntl.F_WRLCK;
        if (command is Fcntl.F_GETLK or Fcntl.F_OFD_GETLK)
        {
            if (inode.Locks.Test(owner, exclusive, start, last) is { } found)
            {
                request.l_type = (short)(found.Exclusive ? Fcntl.F_WRLCK : Fcntl.F_RDLCK);
                request.l_whence = Fcntl.SEEK_SET;
                request.l_start = found.Start;
                request.l_len = found.End == long.MaxValue ? 0 : found.End - found.Start + 1;
                request.l_pid = found.Pid;
            }
            else
            {
                request.l_type = Fcntl.F_UNLCK;
            }

            file.Release();
            return new(context.Write(address, request));
        }

        if (request.l_type == Fcntl.F_UNLCK)
        {
            inode.Locks.Unlock(owner, start, last);
            file.Release();
            return new(0);
        }

        int pid = context.Process.Pid;
        error = inode.Locks.Set(owner, exclusive, start, last, pid);
        if (error != Errno.EAGAIN || command is Fcntl.F_SETLK or Fcntl.F_OFD_SETLK)
        {
            file.Release();
            return new(error);
        }

        return WaitForLock(context, file, inode.Locks, () => inode.Locks.Set(owner, exclusive, start, last, pid));
    }

    private static Errno Prepare(SyscallContext context, OpenFile file, int command, ulong address, out Flock request, out long start, out long last)
    {
        (start, last) = (0, 0);
        if (!context.Memory.TryRead(address, out request))
        {
            return Errno.EFAULT;
        }

        bool query = command is Fcntl.F_GETLK or Fcntl.F_OFD_GETLK;
        if (request.l_type is not (Fcntl.F_RDLCK or Fcntl.F_WRLCK) && (query || request.l_type != Fcntl.F_UNLCK))
        {
            return Errno.EINVAL;
        }

        if (command is Fcntl.F_OFD_GETLK or Fcntl.F_OFD_SETLK or Fcntl.F_OFD_SETLKW && request.l_pid != 0)
        {
            return Errno.EINVAL;
        }

        Int128 from = request.l_whence switch
        {
            Fcntl.SEEK_SET => 0,
            Fcntl.SEEK_CUR => file.Position,
            Fcntl.SEEK_END => file.GetAttributes() is { IsSuccess: true } attributes ? attributes.Value.Size : 0,
            _ => -1,
        };
        if (from < 0)
        {
            return Errno.EINVAL;
        }

        from += request.l_start;
        Int128 end = request.l_len switch
        {
            0 => long.MaxValue,
            > 0 => from + request.l_len - 1,
            _ => from - 1,
        };
        from += request.l_len < 0 ? request.l_len : 0;
        if (from > long.MaxValue || end > long.MaxValue)
        {
            return Errno.EOVERFLOW;
        }

        if (from < 0)
        {
            return Errno.EINVAL;
        }

        (start, last) = ((long)from, (long)end);
        int mode = file.StatusFlags & Fcntl.O_ACCMODE;
        return !query && ((request.l_type == Fcntl.F_RDLCK && mode == Fcntl.O_WRONLY) || (request.l_type == Fcntl.F_WRLCK && mode == Fcntl.O_RDONLY))
            ? Errno.EBADF
            : Errno.None;
    }

    private static async ValueTask<SyscallResult> WaitForLock(SyscallContext context, OpenFile file, FileLocks locks, Func<Errno> attempt)
    {
        try
        {
            Errno result = Errno.EAGAIN;
            WaitOutcome outcome = await context.Thread.WaitAsync(locks.WaitQueue, () =>
            {
                result = attempt();
                return result != Errno.EAGAIN;
            }).ConfigureAwait(false);
            return outcome == WaitOutcome.Ready ? result : Errno.ERESTARTSYS;
        }
        finally
        {
            file.Release();
        }
    }

    private static SyscallResult SetOwner(OpenFile file, Result<FileOwner> owner)
    {
        if (!owner.IsSuccess)
        {
            return owner.Error;
        }

        file.Owner = owner.Value;
        return 0;
    }
}
