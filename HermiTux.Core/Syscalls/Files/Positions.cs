using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Files;

/// <summary>lseek(2), fsync(2), fallocate(2), fadvise64(2), readahead(2), sync(2), ioctl(2).</summary>
internal static class Positions
{
    public static SyscallResult Seek(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        Result<long> result = (uint)args.Arg2 > Fcntl.SEEK_HOLE ? Errno.EINVAL : file.Seek((long)args.Arg1, (int)args.Arg2);
        file.Release();
        return result.IsSuccess ? result.Value : result.Error;
    }

    public static SyscallResult Synchronize(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        error = file.Synchronize();
        file.Release();
        return error;
    }

    public static SyscallResult SynchronizeFileSystem(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        file.Synchronize();
        file.Release();
        return 0;
    }

    public static SyscallResult SynchronizeRange(SyscallContext context, SyscallArguments args)
    {
        const uint Known = Fcntl.SYNC_FILE_RANGE_WAIT_BEFORE | Fcntl.SYNC_FILE_RANGE_WRITE | Fcntl.SYNC_FILE_RANGE_WAIT_AFTER;
        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        error = (args.Arg3 & ~(ulong)Known) != 0 || (long)args.Arg1 < 0 || (long)args.Arg2 < 0 || (long)(args.Arg1 + args.Arg2) < 0 ? Errno.EINVAL
            : !file.IsSeekable ? Errno.ESPIPE
            : file.Synchronize();
        file.Release();
        return error;
    }

    public static SyscallResult Allocate(SyscallContext context, SyscallArguments args)
    {
        const int Known = Fcntl.FALLOC_FL_KEEP_SIZE | Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_COLLAPSE_RANGE | Fcntl.FALLOC_FL_ZERO_RANGE |
            Fcntl.FALLOC_FL_INSERT_RANGE | Fcntl.FALLOC_FL_UNSHARE_RANGE;
        int mode = (int)args.Arg1;
        long offset = (long)args.Arg2;
        long length = (long)args.Arg3;
        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        error = offset < 0 || length <= 0 ? Errno.EINVAL
            : (mode & ~Known) != 0 ? Errno.EOPNOTSUPP
            : (mode & Fcntl.FALLOC_FL_PUNCH_HOLE) != 0 && (mode & ~Fcntl.FALLOC_FL_PUNCH_HOLE) != Fcntl.FALLOC_FL_KEEP_SIZE ? Errno.EOPNOTSUPP
            : (file.StatusFlags & Fcntl.O_ACCMODE) == Fcntl.O_RDONLY ? Errno.EBADF
            : CheckType(file)
            is not Errno.None and var refused ? refused
            : offset > long.MaxValue - length ? Errno.EFBIG
            : file.Allocate(mode, offset, length);
        file.Release();
        return error;
    }

    public static SyscallResult Advise(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        error = file.Inode?.Type == StatConstants.S_IFIFO || file is Kernel.PipeEnd ? Errno.ESPIPE
            : (long)args.Arg2 < 0 || (uint)args.Arg3 > Fcntl.POSIX_FADV_NOREUSE ? Errno.EINVAL
            : Errno.None;
        file.Release();
        return error;
    }

    public static SyscallResult ReadAhead(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        error = (file.StatusFlags & Fcntl.O_ACCMODE) == Fcntl.O_WRONLY ? Errno.EBADF : file.Inode?.Type != StatConstants.S_IFREG ? Errno.EINVAL : Errno.None;
        file.Release();
        return error;
    }

    public static SyscallResult DeviceControl(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        try
        {
            return DeviceControl(context, file, (int)args.Arg0, (uint)args.Arg1, args.Arg2);
        }
        finally
        {
            file.Release();
        }
    }

    private static SyscallResult DeviceControl(SyscallContext context, OpenFile file, int fd, uint request, ulong argument)
    {
        switch (request)
        {
            case IoctlConstants.FIOCLEX:
                return context.Process.Descriptors.SetCloseOnExec(fd, true);
            case IoctlConstants.FIONCLEX:
                return context.Process.Descriptors.SetCloseOnExec(fd, false);
            case IoctlConstants.FIONBIO:
                if (!context.Memory.TryRead(argument, out int on))
                {
                    return Errno.EFAULT;
                }

                file.StatusFlags = on != 0 ? file.StatusFlags | Fcntl.O_NONBLOCK : file.StatusFlags & ~Fcntl.O_NONBLOCK;
                return 0;
            case IoctlConstants.FIOASYNC:
                return context.Memory.TryRead(argument, out int async) ? async == 0 ? 0 : Errno.ENOTTY : Errno.EFAULT;
            case IoctlConstants.FIGETBSZ:
                return file.GetAttributes() is { IsSuccess: true } blocks ? context.Write(argument, (int)blocks.Value.BlockSize) : Errno.ENOTTY;
            case IoctlConstants.FIONREAD when file.Inode?.Type == StatConstants.S_IFREG:
                return file.GetAttributes() is { IsSuccess: true } size ? context.Write(argument, (int)(size.Value.Size - file.Position)) : Errno.ENOTTY;
            default:
                Result<long> result = file.Ioctl(context.Memory, request, argument);
                return result.IsSuccess ? result.Value : result.Error;
        }
    }

    private static Errno CheckType(OpenFile file) => file.Inode?.Type switch
    {
        StatConstants.S_IFREG => Errno.None,
        StatConstants.S_IFDIR => Errno.EISDIR,
        StatConstants.S_IFIFO => Errno.ESPIPE,
        null when file is Kernel.PipeEnd => Errno.ESPIPE,
        _ => Errno.ENODEV,
    };
}
