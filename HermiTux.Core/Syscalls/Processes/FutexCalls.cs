using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Futexes;

namespace HermiTux.Syscalls.Processes;

/// <summary>futex(2), set_robust_list(2), get_robust_list(2), set_tid_address(2), rseq(2).</summary>
internal static class FutexCalls
{
    private const int RobustListHeadSize = 24;

    public static ValueTask<SyscallResult> Futex(SyscallContext context, SyscallArguments args)
    {
        int operation = (int)args.Arg1;
        int command = operation & FutexConstants.FUTEX_CMD_MASK;
        bool isPrivate = (operation & FutexConstants.FUTEX_PRIVATE_FLAG) != 0;
        bool realtime = (operation & FutexConstants.FUTEX_CLOCK_REALTIME) != 0;
        if (realtime && command is not (FutexConstants.FUTEX_WAIT or FutexConstants.FUTEX_WAIT_BITSET or FutexConstants.FUTEX_WAIT_REQUEUE_PI or FutexConstants.FUTEX_LOCK_PI2))
        {
            return new(Errno.ENOSYS);
        }

        switch (command)
        {
            case FutexConstants.FUTEX_WAIT:
            case FutexConstants.FUTEX_WAIT_BITSET:
                return Wait(context, args, isPrivate, realtime, command == FutexConstants.FUTEX_WAIT_BITSET);
            case FutexConstants.FUTEX_WAKE:
                return new(Wake(context, args.Arg0, isPrivate, (int)args.Arg2, uint.MaxValue));
            case FutexConstants.FUTEX_WAKE_BITSET:
                return new(Wake(context, args.Arg0, isPrivate, (int)args.Arg2, (uint)args.Arg5));
            case FutexConstants.FUTEX_REQUEUE:
                return new(Requeue(context, args, isPrivate, null));
            case FutexConstants.FUTEX_CMP_REQUEUE:
                return new(Requeue(context, args, isPrivate, (uint)args.Arg5));
            case FutexConstants.FUTEX_WAKE_OP:
                return new(WakeOp(context, args, isPrivate));
            case FutexConstants.FUTEX_LOCK_PI:
                return PiFutexCalls.Lock(context, args, isPrivate, realtime: true);
            case FutexConstants.FUTEX_LOCK_PI2:
                return PiFutexCalls.Lock(context, args, isPrivate, realtime);
            case FutexConstants.FUTEX_TRYLOCK_PI:
                return new(PiFutexCalls.TryLock(context, args, isPrivate));
            case FutexConstants.FUTEX_UNLOCK_PI:
                return new(PiFutexCalls.Unlock(context, args, isPrivate));
            case FutexConstants.FUTEX_WAIT_REQUEUE_PI:
                return PiFutexCalls.WaitRequeue(context, args, isPrivate, realtime);
            case FutexConstants.FUTEX_CMP_REQUEUE_PI:
                return new(PiFutexCalls.Requeue(context, args, isPrivate));
            default:
                return new(Errno.ENOSYS);
        }
    }

    public static SyscallResult SetRobustList(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg1 != RobustListHeadSize)
        {
            return Errno.EINVAL;
        }

        context.Thread.RobustListHead = args.Arg0;
        return 0;
    }

    public static SyscallResult GetRobustList(SyscallContext context, SyscallArguments args)
    {
        GuestThread? thread = (int)args.Arg0 == 0 ? context.Thread : context.Machine.FindThread((int)args.Arg0);
        return thread is null ? Errno.ESRCH
            : context.Write(args.Arg2, (ulong)RobustListHeadSize) != Errno.None ? Errno.EFAULT
            : context.Write(args.Arg1, thread.RobustListHead);
    }

    public static SyscallResult RestartableSequences(SyscallContext context, SyscallArguments args) =>
        context.Thread.ChangeRseq(args.Arg0, (uint)args.Arg1, (int)args.Arg2, (uint)args.Arg3);

    public static SyscallResult SetTidAddress(SyscallContext context, SyscallArguments args)
    {
        context.Thread.ClearChildTid = args.Arg0;
        return context.Thread.Tid;
    }

    /// <summary>The time-out of a futex operation as a monotonic deadline; none for a null pointer.</summary>
    internal static Errno ReadDeadline(SyscallContext context, ulong address, bool absolute, bool realtime, out long? deadline)
    {
        deadline = null;
        if (address == 0)
        {
            return Errno.None;
        }

        if (!context.Memory.TryRead(address, out Timespec timeout))
        {
            return Errno.EFAULT;
        }

        if (!timeout.IsValid)
        {
            return Errno.EINVAL;
        }

        long now = context.Machine.MonotonicNanoseconds;
        long offset = !absolute ? now : realtime ? now - context.Machine.RealtimeNanoseconds : 0;
        deadline = Time.Clocks.Add(timeout.ToNanoseconds(), offset);
        return Errno.None;
    }

    private static SyscallResult ToResult(Result<int> count) => count.IsSuccess ? count.Value : count.Error;

    private static SyscallResult Wake(SyscallContext context, ulong address, bool isPrivate, int count, uint bitset)
    {
        if (bitset == 0)
        {
            return Errno.EINVAL;
        }

        Errno error = FutexTable.GetKey(context.Memory, address, isPrivate, out FutexKey key);

        // futex_wake() wakes one even when asked for none or fewer.
        return error != Errno.None ? error : ToResult(context.Machine.Futexes.Wake(key, Math.Max(count, 1), bitset));
    }

    private static SyscallResult Requeue(SyscallContext context, in SyscallArguments args, bool isPrivate, uint? expected)
    {
        int wake = (int)args.Arg2;
        int move = (int)args.Arg3;
        if (wake < 0 || move < 0)
        {
            return Errno.EINVAL;
        }

        Errno error = FutexTable.GetKey(context.Memory, args.Arg0, isPrivate, out FutexKey from);
        FutexKey to = default;
        error = error != Errno.None ? error : FutexTable.GetKey(context.Memory, args.Arg4, isPrivate, out to);
        int affected = 0;
        error = error != Errno.None ? error : context.Machine.Futexes.Requeue(context.Memory, args.Arg0, from, to, wake, move, expected, out affected);
        return error != Errno.None ? error : affected;
    }

    private static SyscallResult WakeOp(SyscallContext context, in SyscallArguments args, bool isPrivate)
    {
        Errno error = FutexTable.GetKey(context.Memory, args.Arg0, isPrivate, out FutexKey first);
        FutexKey second = default;
        error = error != Errno.None ? error : FutexTable.GetKey(context.Memory, args.Arg4, isPrivate, out second);
        int affected = 0;
        error = error != Errno.None ? error
            : context.Machine.Futexes.WakeOp(context.Memory, args.Arg4, first, second, Math.Max((int)args.Arg2, 1), Math.Max((int)args.Arg3, 1), (uint)args.Arg5, out affected);
        return error != Errno.None ? error : affected;
    }

    private static ValueTask<SyscallResult> Wait(SyscallContext context, in SyscallArguments args, bool isPrivate, bool realtime, bool withBitset)
    {
        uint bitset = withBitset ? (uint)args.Arg5 : uint.MaxValue;
        if (bitset == 0)
        {
            return new(Errno.EINVAL);
        }

        // FUTEX_WAIT's time-out is relative, FUTEX_WAIT_BITSET's absolute.
        Errno error = ReadDeadline(context, args.Arg3, withBitset, realtime, out long? deadline);
        FutexKey key = default;
        error = error != Errno.None ? error : FutexTable.GetKey(context.Memory, args.Arg0, isPrivate, out key);
        return error != Errno.None ? new(error) : WaitUntil(context, args.Arg0, key, (uint)args.Arg2, bitset, deadline);
    }

    internal static async ValueTask<SyscallResult> WaitUntil(SyscallContext context, ulong address, FutexKey key, uint expected, uint bitset, long? deadline)
    {
        FutexTable futexes = context.Machine.Futexes;
        Errno error = futexes.Enqueue(context.Memory, address, key, expected, bitset, out FutexWaiter? waiter);
        if (error != Errno.None)
        {
            return error;
        }

        WaitOutcome outcome = await context.Thread.WaitAsync(waiter!.Queue, () => waiter.IsWoken, deadline).ConfigureAwait(false);
        if (outcome == WaitOutcome.Ready || !futexes.Cancel(waiter))
        {
            return 0;
        }

        if (outcome == WaitOutcome.TimedOut)
        {
            return Errno.ETIMEDOUT;
        }

        if (deadline is null)
        {
            return Errno.ERESTARTSYS;
        }

        context.Thread.RestartBlock = async _ => (await WaitUntil(context, address, key, expected, bitset, deadline).ConfigureAwait(false)).Raw;
        return Errno.ERESTART_RESTARTBLOCK;
    }
}
