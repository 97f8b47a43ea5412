using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Syscalls.Time;

namespace HermiTux.Syscalls.Signals;

/// <summary>rt_sigaction(2), rt_sigprocmask(2), sigaltstack(2), kill(2), rt_sigtimedwait(2) and their relatives.</summary>
internal static class SignalCalls
{
    private const ulong SetSize = 8;

    public static SyscallResult Action(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg3 != SetSize)
        {
            return Errno.EINVAL;
        }

        KernelSigAction? replacement = null;
        if (args.Arg1 != 0)
        {
            if (!context.Memory.TryRead(args.Arg1, out KernelSigAction action))
            {
                return Errno.EFAULT;
            }

            replacement = action;
        }

        Errno error = context.Process.ChangeSignalAction((int)args.Arg0, replacement, out KernelSigAction old);
        return error != Errno.None ? error : args.Arg2 == 0 ? 0 : context.Write(args.Arg2, old);
    }

    public static SyscallResult ProcessMask(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg3 != SetSize)
        {
            return Errno.EINVAL;
        }

        ulong old = context.Thread.Signals.Mask;
        if (args.Arg1 != 0)
        {
            if (!context.Memory.TryRead(args.Arg1, out ulong set))
            {
                return Errno.EFAULT;
            }

            switch ((int)args.Arg0)
            {
                case SignalConstants.SIG_BLOCK:
                    context.Thread.Signals.Mask = old | set;
                    break;
                case SignalConstants.SIG_UNBLOCK:
                    context.Thread.Signals.Mask = old & ~set;
                    break;
                case SignalConstants.SIG_SETMASK:
                    context.Thread.Signals.Mask = set;
                    break;
                default:
                    return Errno.EINVAL;
            }
        }

        return args.Arg2 == 0 ? 0 : context.Write(args.Arg2, old);
    }

    public static SyscallResult Pending(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg1 > SetSize)
        {
            return Errno.EINVAL;
        }

        ulong set = context.Thread.Signals.Pending;
        Span<byte> bytes = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, set);
        return context.Memory.TryWrite(args.Arg0, bytes[..(int)args.Arg1]) ? 0 : Errno.EFAULT;
    }

    public static async ValueTask<SyscallResult> Suspend(SyscallContext context, SyscallArguments args)
    {
        return args.Arg1 != SetSize ? Errno.EINVAL
            : !context.Memory.TryRead(args.Arg0, out ulong mask) ? Errno.EFAULT
            : await context.Thread.Signals.SuspendAsync(mask).ConfigureAwait(false);
    }

    public static async ValueTask<SyscallResult> Pause(SyscallContext context, SyscallArguments args)
    {
        await context.Thread.SleepUntilAsync(null).ConfigureAwait(false);
        return Errno.ERESTARTNOHAND;
    }

    public static async ValueTask<SyscallResult> TimedWait(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg3 != SetSize)
        {
            return Errno.EINVAL;
        }

        if (!context.Memory.TryRead(args.Arg0, out ulong set))
        {
            return Errno.EFAULT;
        }

        long? deadline = null;
        if (args.Arg2 != 0)
        {
            if (!context.Memory.TryRead(args.Arg2, out Timespec timeout))
            {
                return Errno.EFAULT;
            }

            if (!timeout.IsValid)
            {
                return Errno.EINVAL;
            }

            deadline = Clocks.Add(timeout.ToNanoseconds(), context.Machine.MonotonicNanoseconds);
        }

        Result<SigInfo> taken = await context.Thread.Signals.WaitForAsync(set, deadline).ConfigureAwait(false);
        return !taken.IsSuccess ? taken.Error
            : args.Arg1 != 0 && context.Write(args.Arg1, taken.Value) != Errno.None ? Errno.EFAULT
            : taken.Value.Signo;
    }

    public static SyscallResult Return(SyscallContext context, SyscallArguments args) => context.Thread.ReturnFromSignal();

    public static unsafe SyscallResult AlternateStack(SyscallContext context, SyscallArguments args)
    {
        StackT? replacement = null;
        if (args.Arg0 != 0)
        {
            if (!context.Memory.TryRead(args.Arg0, out StackT stack))
            {
                return Errno.EFAULT;
            }

            replacement = stack;
        }

        Errno error = context.Thread.Signals.ChangeAlternateStack(replacement, context.Thread.State->Rsp, out StackT current);
        return error != Errno.None ? error : args.Arg1 == 0 ? 0 : context.Write(args.Arg1, current);
    }

    public static SyscallResult Kill(SyscallContext context, SyscallArguments args) =>
        (uint)args.Arg1 > 64 ? Errno.EINVAL
        : (int)args.Arg0 == int.MinValue ? Errno.ESRCH
        : context.Machine.Kill(context.Process, (int)args.Arg0, Info(context, (int)args.Arg1, SignalConstants.SI_USER));

    public static SyscallResult ThreadKill(SyscallContext context, SyscallArguments args) =>
        (int)args.Arg0 <= 0 ? Errno.EINVAL : SendToThread(context, null, (int)args.Arg0, Info(context, (int)args.Arg1, SignalConstants.SI_TKILL));

    public static SyscallResult ThreadGroupKill(SyscallContext context, SyscallArguments args) =>
        (int)args.Arg0 <= 0 || (int)args.Arg1 <= 0
            ? Errno.EINVAL
            : SendToThread(context, (int)args.Arg0, (int)args.Arg1, Info(context, (int)args.Arg2, SignalConstants.SI_TKILL));

    public static SyscallResult Queue(SyscallContext context, SyscallArguments args)
    {
        Errno error = ReadInfo(context, args.Arg2, (int)args.Arg1, (int)args.Arg0 == context.Thread.Tid, out SigInfo info);
        return error != Errno.None ? error
            : (uint)args.Arg1 > 64 ? Errno.EINVAL
            : context.Machine.FindProcess((int)args.Arg0) is null ? Errno.ESRCH
            : context.Machine.Kill(context.Process, (int)args.Arg0, info);
    }

    public static SyscallResult ThreadQueue(SyscallContext context, SyscallArguments args)
    {
        if ((int)args.Arg0 <= 0 || (int)args.Arg1 <= 0)
        {
            return Errno.EINVAL;
        }

        Errno error = ReadInfo(context, args.Arg3, (int)args.Arg2, (int)args.Arg1 == context.Thread.Tid, out SigInfo info);
        return error != Errno.None ? error : SendToThread(context, (int)args.Arg0, (int)args.Arg1, info);
    }

    public static ValueTask<SyscallResult> Restart(SyscallContext context, SyscallArguments args)
    {
        if (context.Thread.RestartBlock is not { } block)
        {
            return new(Errno.EINTR);
        }

        context.Thread.RestartBlock = null;
        return Finish(context, block);

        static async ValueTask<SyscallResult> Finish(SyscallContext context, Func<GuestThread, ValueTask<long>> block) =>
            new(await block(context.Thread).ConfigureAwait(false));
    }

    private static SyscallResult SendToThread(SyscallContext context, int? tgid, int tid, in SigInfo info)
    {
        if ((uint)info.Signo > 64)
        {
            return Errno.EINVAL;
        }

        if (context.Machine.FindThread(tid) is not { } thread || (tgid is { } group && thread.Process.Pid != group))
        {
            return Errno.ESRCH;
        }

        if (!Machine.MaySignal(context.Process, thread.Process, info.Signo))
        {
            return Errno.EPERM;
        }

        return info.Signo == 0 ? 0 : thread.Post(info);
    }

    private static Errno ReadInfo(SyscallContext context, ulong address, int signal, bool toSelf, out SigInfo info)
    {
        if (!context.Memory.TryRead(address, out info))
        {
            return Errno.EFAULT;
        }

        info.Signo = signal;

        // Nobody may pretend to be the kernel, or kill(2), towards others.
        return (info.Code >= 0 || info.Code == SignalConstants.SI_TKILL) && !toSelf ? Errno.EPERM : Errno.None;
    }

    private static SigInfo Info(SyscallContext context, int signal, int code) => new()
    {
        Signo = signal,
        Code = code,
        Pid = context.Process.Pid,
        Uid = context.Process.Credentials.Uid,
    };
}
