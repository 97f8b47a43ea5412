using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Syscalls.Files;

namespace HermiTux.Syscalls.Processes;

/// <summary>pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), kcmp(2).</summary>
internal static class PidFdCalls
{
    private const int PIDFD_THREAD = Fcntl.O_EXCL;
    private const int SignalThread = 1;
    private const int SignalThreadGroup = 2;
    private const int SignalProcessGroup = 4;
    private const int KCMP_FILE = 0;
    private const int KCMP_SYSVSEM = 6;
    private const int KCMP_EPOLL_TFD = 7;

    public static SyscallResult Open(SyscallContext context, SyscallArguments args)
    {
        int pid = (int)args.Arg0;
        int flags = (int)args.Arg1;
        if ((flags & ~(Fcntl.O_NONBLOCK | PIDFD_THREAD)) != 0 || pid <= 0)
        {
            return Errno.EINVAL;
        }

        bool wantsThread = (flags & PIDFD_THREAD) != 0;
        GuestThread? thread = context.Machine.FindThread(pid);
        Process? process = context.Machine.FindProcess(pid) ?? thread?.Process;
        return process is null ? Errno.ESRCH
            : !wantsThread && process.Pid != pid ? Errno.ENOENT
            : OpenClose.Install(context, new PidFd(process, wantsThread ? thread : null, flags), closeOnExec: true);
    }

    public static SyscallResult SendSignal(SyscallContext context, SyscallArguments args)
    {
        int signal = (int)args.Arg1;
        uint flags = (uint)args.Arg3;
        if (flags is not (0 or SignalThread or SignalThreadGroup or SignalProcessGroup))
        {
            return Errno.EINVAL;
        }

        if (!context.TryGetFile(args.Arg0, Errno.EBADF, out PidFd? target, out Errno error))
        {
            return error;
        }

        try
        {
            var info = new SigInfo { Signo = signal, Code = SignalConstants.SI_USER, Pid = context.Process.Pid, Uid = context.Process.Credentials.Uid };
            if (args.Arg2 != 0)
            {
                if (!context.Memory.TryRead(args.Arg2, out info))
                {
                    return Errno.EFAULT;
                }

                if (info.Signo != signal)
                {
                    return Errno.EINVAL;
                }

                if ((target.Process != context.Process || flags == SignalProcessGroup) && (info.Code >= 0 || info.Code == SignalConstants.SI_TKILL))
                {
                    return Errno.EPERM;
                }
            }

            if ((uint)signal > 64)
            {
                return Errno.EINVAL;
            }

            bool toThread = flags == SignalThread || (flags == 0 && target.Thread is not null);
            if (flags == SignalProcessGroup)
            {
                return context.Machine.Kill(context.Process, -target.Process.ProcessGroup, info);
            }

            if (!toThread || signal == 0)
            {
                return context.Machine.Kill(context.Process, target.Process.Pid, info);
            }

            GuestThread? thread = target.Thread ?? target.Process.Threads.FirstOrDefault(t => t.Tid == target.Process.Pid);
            return thread is null || thread.HasExited ? Errno.ESRCH : thread.Post(args.Arg2 == 0 ? info with { Code = SignalConstants.SI_TKILL } : info);
        }
        finally
        {
            target.Release();
        }
    }

    public static SyscallResult GetFd(SyscallContext context, SyscallArguments args)
    {
        if ((uint)args.Arg2 != 0)
        {
            return Errno.EINVAL;
        }

        if (!context.TryGetFile(args.Arg0, Errno.EBADF, out PidFd? target, out Errno error))
        {
            return error;
        }

        Result<OpenFile> file = target.Process.Descriptors.Get((int)args.Arg1);
        target.Release();
        return file.IsSuccess ? OpenClose.Install(context, file.Value, closeOnExec: true) : file.Error;
    }

    public static SyscallResult Compare(SyscallContext context, SyscallArguments args)
    {
        Process? first = Find(context, (int)args.Arg0);
        Process? second = Find(context, (int)args.Arg1);
        int type = (int)args.Arg2;
        if (first is null || second is null)
        {
            return Errno.ESRCH;
        }

        if (type == KCMP_FILE)
        {
            if (!first.Descriptors.Get((int)args.Arg3).TryGet(out OpenFile? one, out _))
            {
                return Errno.EBADF;
            }

            bool has = second.Descriptors.Get((int)args.Arg4).TryGet(out OpenFile? other, out _);
            one.Release();
            other?.Release();
            return has ? Order(one, other!) : Errno.EBADF;
        }

        return type is < 0 or > KCMP_EPOLL_TFD ? Errno.EINVAL
            : type == KCMP_EPOLL_TFD ? Errno.EOPNOTSUPP
            : type == KCMP_SYSVSEM ? 0
            : Order(first, second);
    }

    // Some order that stays: 0 for the same, 1 and 2 for before and after.
    private static int Order(object first, object second) => ReferenceEquals(first, second) ? 0
        : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(first) < System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(second) ? 1 : 2;

    private static Process? Find(SyscallContext context, int pid) => context.Machine.FindProcess(pid) ?? context.Machine.FindThread(pid)?.Process;
}
