using HermiTux.Abi;

namespace HermiTux.Syscalls.Processes;

/// <summary>exit(2), exit_group(2), wait4(2), waitid(2).</summary>
/// <remarks>No process has children (<see cref="CloneCalls"/>), so waiting gives ECHILD.</remarks>
internal static class ThreadCalls
{
    public static SyscallResult Exit(SyscallContext context, SyscallArguments args)
    {
        context.Thread.Exit((int)args.Arg0);
        return 0;
    }

    public static SyscallResult ExitGroup(SyscallContext context, SyscallArguments args)
    {
        context.Process.ExitGroup(((int)args.Arg0 & 0xFF) << 8);
        return 0;
    }

    public static SyscallResult Wait4(SyscallContext context, SyscallArguments args)
    {
        const int Known = WaitConstants.WNOHANG | WaitConstants.WUNTRACED | WaitConstants.WCONTINUED | WaitConstants.__WNOTHREAD |
            WaitConstants.__WCLONE | WaitConstants.__WALL;
        return ((int)args.Arg2 & ~Known) != 0 ? Errno.EINVAL : (int)args.Arg0 == int.MinValue ? Errno.ESRCH : Errno.ECHILD;
    }

    public static SyscallResult WaitId(SyscallContext context, SyscallArguments args)
    {
        const int Known = WaitConstants.WNOHANG | WaitConstants.WNOWAIT | WaitConstants.WEXITED | WaitConstants.WSTOPPED |
            WaitConstants.WCONTINUED | WaitConstants.__WNOTHREAD | WaitConstants.__WCLONE | WaitConstants.__WALL;
        int options = (int)args.Arg3;
        int type = (int)args.Arg0;
        return (options & ~Known) != 0 || (options & (WaitConstants.WEXITED | WaitConstants.WSTOPPED | WaitConstants.WCONTINUED)) == 0 ||
            type is < WaitConstants.P_ALL or > WaitConstants.P_PIDFD || (type == WaitConstants.P_PID && (int)args.Arg1 <= 0)
            ? Errno.EINVAL
            : type == WaitConstants.P_PIDFD ? Errno.EBADF : Errno.ECHILD;
    }
}
