using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Syscalls.Files;

/// <summary>Calls that make files out of nothing: pipe(2), eventfd(2), memfd_create(2).</summary>
internal static class Descriptors
{
    private const int MaximumMemoryFileName = 249;

    public static SyscallResult Pipe(SyscallContext context, SyscallArguments args) => Pipe(context, args.Arg0, 0);

    public static SyscallResult Pipe2(SyscallContext context, SyscallArguments args) => Pipe(context, args.Arg0, (int)args.Arg1);

    public static SyscallResult EventFd(SyscallContext context, SyscallArguments args) => EventFd(context, (uint)args.Arg0, 0);

    public static SyscallResult EventFd2(SyscallContext context, SyscallArguments args) => EventFd(context, (uint)args.Arg0, (int)args.Arg1);

    public static SyscallResult MemoryFile(SyscallContext context, SyscallArguments args)
    {
        const uint Known = Fcntl.MFD_CLOEXEC | Fcntl.MFD_ALLOW_SEALING | Fcntl.MFD_NOEXEC_SEAL | Fcntl.MFD_EXEC;
        uint flags = (uint)args.Arg1;
        if ((flags & ~Known) != 0 || (flags & (Fcntl.MFD_EXEC | Fcntl.MFD_NOEXEC_SEAL)) == (Fcntl.MFD_EXEC | Fcntl.MFD_NOEXEC_SEAL))
        {
            return Errno.EINVAL;
        }

        Errno error = context.Memory.TryReadCString(args.Arg0, MaximumMemoryFileName + 1, out byte[] name);
        return error == Errno.ENAMETOOLONG ? Errno.EINVAL
            : error != Errno.None ? error
            : OpenClose.Install(
                context,
                MemoryFd.Create(context.Machine.DetachedFiles, FileName.Decode(name), flags, context.Process.Credentials),
                (flags & Fcntl.MFD_CLOEXEC) != 0);
    }

    private static SyscallResult Pipe(SyscallContext context, ulong address, int flags)
    {
        if ((flags & ~(Fcntl.O_CLOEXEC | Fcntl.O_NONBLOCK | Fcntl.O_DIRECT)) != 0)
        {
            return Errno.EINVAL;
        }

        (OpenFile reader, OpenFile writer) = Kernel.Pipe.Create(flags, context.Process.Credentials, context.Machine.RealtimeNanoseconds);
        return InstallPair(context, address, reader, writer, (flags & Fcntl.O_CLOEXEC) != 0);
    }

    /// <summary>Gives two files descriptors and tells the guest their numbers; none stays if that fails.</summary>
    public static SyscallResult InstallPair(SyscallContext context, ulong address, OpenFile first, OpenFile second, bool closeOnExec)
    {
        SyscallResult one = OpenClose.Install(context, first, closeOnExec);
        if (one.IsError)
        {
            second.Release();
            return one;
        }

        SyscallResult two = OpenClose.Install(context, second, closeOnExec);
        if (two.IsError)
        {
            context.Process.Descriptors.Close((int)one.Raw);
            return two;
        }

        if (!context.Memory.TryWrite(address, (ulong)(uint)one.Raw | ((ulong)two.Raw << 32)))
        {
            context.Process.Descriptors.Close((int)one.Raw);
            context.Process.Descriptors.Close((int)two.Raw);
            return Errno.EFAULT;
        }

        return 0;
    }

    private static SyscallResult EventFd(SyscallContext context, uint initial, int flags) =>
        (flags & ~(Fcntl.EFD_SEMAPHORE | EventFdConstants.EFD_CLOEXEC | EventFdConstants.EFD_NONBLOCK)) != 0
            ? Errno.EINVAL
            : OpenClose.Install(
                context,
                new EventFd(initial, (flags & Fcntl.EFD_SEMAPHORE) != 0, flags),
                (flags & EventFdConstants.EFD_CLOEXEC) != 0);
}
