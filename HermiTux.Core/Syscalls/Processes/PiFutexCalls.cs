using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Futexes;

namespace HermiTux.Syscalls.Processes;

/// <summary>The operations of futex(2) on futexes with priority inheritance.</summary>
internal static class PiFutexCalls
{
    public static ValueTask<SyscallResult> Lock(SyscallContext context, in SyscallArguments args, bool isPrivate, bool realtime)
    {
        Errno error = FutexCalls.ReadDeadline(context, args.Arg3, absolute: true, realtime, out long? deadline);
        FutexKey key = default;
        FutexWaiter? waiter = null;
        error = error != Errno.None ? error : FutexTable.GetKey(context.Memory, args.Arg0, isPrivate, out key);
        error = error != Errno.None ? error : context.Machine.Futexes.LockPi(context.Thread, context.Memory, args.Arg0, key, onlyTry: false, out waiter);
        return error != Errno.None || waiter is null ? new(error) : WaitForOwnership(context, waiter, deadline);
    }

    public static SyscallResult TryLock(SyscallContext context, in SyscallArguments args, bool isPrivate)
    {
        Errno error = FutexTable.GetKey(context.Memory, args.Arg0, isPrivate, out FutexKey key);
        return error != Errno.None ? error : context.Machine.Futexes.LockPi(context.Thread, context.Memory, args.Arg0, key, onlyTry: true, out _);
    }

    public static SyscallResult Unlock(SyscallContext context, in SyscallArguments args, bool isPrivate)
    {
        // The owner is checked before the key, so a bad address is EFAULT even where it isn't aligned.
        if (!context.Memory.TryRead(args.Arg0, out uint value))
        {
            return Errno.EFAULT;
        }

        if ((value & FutexConstants.FUTEX_TID_MASK) != (uint)context.Thread.Tid)
        {
            return Errno.EPERM;
        }

        Errno error = FutexTable.GetKey(context.Memory, args.Arg0, isPrivate, out FutexKey key);
        return error != Errno.None ? error : context.Machine.Futexes.UnlockPi(context.Thread, context.Memory, args.Arg0, key);
    }

    public static ValueTask<SyscallResult> WaitRequeue(SyscallContext context, in SyscallArguments args, bool isPrivate, bool realtime)
    {
        Errno error = FutexCalls.ReadDeadline(context, args.Arg3, absolute: true, realtime, out long? deadline);
        FutexKey key = default;
        FutexKey target = default;
        FutexWaiter? waiter = null;
        error = error != Errno.None ? error
            : args.Arg0 == args.Arg4 ? Errno.EINVAL
            : FutexTable.GetKey(context.Memory, args.Arg4, isPrivate, out target);
        error = error != Errno.None ? error : FutexTable.GetKey(context.Memory, args.Arg0, isPrivate, out key);
        error = error != Errno.None ? error
            : key == target ? Errno.EINVAL
            : context.Machine.Futexes.EnqueueForRequeue(context.Thread, context.Memory, args.Arg0, key, (uint)args.Arg2, target, out waiter);
        return error != Errno.None ? new(error) : WaitForOwnership(context, waiter!, deadline);
    }

    public static SyscallResult Requeue(SyscallContext context, in SyscallArguments args, bool isPrivate)
    {
        int move = (int)args.Arg3;
        if (move < 0 || (int)args.Arg2 < 0 || args.Arg0 == args.Arg4 || (int)args.Arg2 != 1)
        {
            return Errno.EINVAL;
        }

        Errno error = FutexTable.GetKey(context.Memory, args.Arg0, isPrivate, out FutexKey from);
        FutexKey to = default;
        error = error != Errno.None ? error : FutexTable.GetKey(context.Memory, args.Arg4, isPrivate, out to);
        int affected = 0;
        error = error != Errno.None ? error
            : from == to ? Errno.EINVAL
            : context.Machine.Futexes.RequeuePi(context.Memory, args.Arg0, from, args.Arg4, to, move, (uint)args.Arg5, out affected);
        return error != Errno.None ? error : affected;
    }

    private static async ValueTask<SyscallResult> WaitForOwnership(SyscallContext context, FutexWaiter waiter, long? deadline)
    {
        WaitOutcome outcome = await context.Thread.WaitAsync(waiter.Queue, () => waiter.IsWoken, deadline).ConfigureAwait(false);
        if (outcome == WaitOutcome.Ready || !context.Machine.Futexes.CancelPi(waiter, out bool wasRequeued))
        {
            return 0;
        }

        // A wait that was moved can't be made again: the condition it waited for has come.
        return outcome == WaitOutcome.TimedOut ? Errno.ETIMEDOUT
            : waiter.RequeueTarget is not null && wasRequeued ? Errno.EAGAIN
            : Errno.ERESTARTNOINTR;
    }
}
