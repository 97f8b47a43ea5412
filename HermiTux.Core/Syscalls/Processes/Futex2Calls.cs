using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Futexes;

namespace HermiTux.Syscalls.Processes;

/// <summary>futex_waitv(2), futex_wait(2), futex_wake(2), futex_requeue(2): the futex operations as calls of their own (kernel/futex/syscalls.c).</summary>
internal static class Futex2Calls
{
    private const uint ValidFlags = FutexConstants.FUTEX2_SIZE_MASK | FutexConstants.FUTEX2_NUMA | FutexConstants.FUTEX2_MPOL | FutexConstants.FUTEX2_PRIVATE;

    public static ValueTask<SyscallResult> WaitMultiple(SyscallContext context, SyscallArguments args)
    {
        uint count = (uint)args.Arg1;
        if ((uint)args.Arg2 != 0 || count is 0 or > FutexConstants.FUTEX_WAITV_MAX || args.Arg0 == 0)
        {
            return new(Errno.EINVAL);
        }

        Errno error = ReadTimeout(context, args.Arg3, (int)args.Arg4, out long? deadline);
        if (error != Errno.None)
        {
            return new(error);
        }

        var words = new (ulong Address, FutexKey Key, uint Expected)[count];
        for (int i = 0; i < words.Length; i++)
        {
            if (!context.Memory.TryRead(args.Arg0 + (ulong)(i * FutexWaitv.Size), out FutexWaitv entry))
            {
                return new(Errno.EFAULT);
            }

            if (entry.__reserved != 0 || !IsValid(entry.flags) || entry.val > uint.MaxValue)
            {
                return new(Errno.EINVAL);
            }

            words[i] = (entry.uaddr, default, (uint)entry.val);
            error = FutexTable.GetKey(context.Memory, entry.uaddr, (entry.flags & FutexConstants.FUTEX2_PRIVATE) != 0, out words[i].Key);
            if (error != Errno.None)
            {
                return new(error);
            }
        }

        return WaitMultiple(context, words, deadline);
    }

    public static ValueTask<SyscallResult> Wait(SyscallContext context, SyscallArguments args)
    {
        uint flags = (uint)args.Arg3;
        if (!IsValid(flags) || args.Arg1 > uint.MaxValue || args.Arg2 > uint.MaxValue)
        {
            return new(Errno.EINVAL);
        }

        Errno error = ReadTimeout(context, args.Arg4, (int)args.Arg5, out long? deadline);
        error = error == Errno.None && (uint)args.Arg2 == 0 ? Errno.EINVAL : error;
        FutexKey key = default;
        error = error != Errno.None ? error : FutexTable.GetKey(context.Memory, args.Arg0, (flags & FutexConstants.FUTEX2_PRIVATE) != 0, out key);
        return error != Errno.None ? new(error) : FutexCalls.WaitUntil(context, args.Arg0, key, (uint)args.Arg1, (uint)args.Arg2, deadline);
    }

    public static SyscallResult Wake(SyscallContext context, SyscallArguments args)
    {
        uint flags = (uint)args.Arg3;
        if (!IsValid(flags) || args.Arg1 > uint.MaxValue)
        {
            return Errno.EINVAL;
        }

        if ((uint)args.Arg1 == 0)
        {
            return Errno.EINVAL;
        }

        // FLAGS_STRICT: unlike futex(2), a count of 0 wakes nobody.
        Errno error = FutexTable.GetKey(context.Memory, args.Arg0, (flags & FutexConstants.FUTEX2_PRIVATE) != 0, out FutexKey key);
        int count = (int)args.Arg2;
        return error != Errno.None ? error
            : count == 0 ? 0
            : context.Machine.Futexes.Wake(key, Math.Max(count, 1), (uint)args.Arg1) is { IsSuccess: true } woken ? woken.Value : Errno.EINVAL;
    }

    public static SyscallResult Requeue(SyscallContext context, SyscallArguments args)
    {
        if ((uint)args.Arg1 != 0 || args.Arg0 == 0)
        {
            return Errno.EINVAL;
        }

        if (!context.Memory.TryRead(args.Arg0, out FutexWaitv from) || !context.Memory.TryRead(args.Arg0 + FutexWaitv.Size, out FutexWaitv to))
        {
            return Errno.EFAULT;
        }

        if (from.__reserved != 0 || to.__reserved != 0 || !IsValid(from.flags) || !IsValid(to.flags) || from.val > uint.MaxValue || to.val > uint.MaxValue ||
            (int)args.Arg2 < 0 || (int)args.Arg3 < 0)
        {
            return Errno.EINVAL;
        }

        Errno error = FutexTable.GetKey(context.Memory, from.uaddr, (from.flags & FutexConstants.FUTEX2_PRIVATE) != 0, out FutexKey fromKey);
        FutexKey toKey = default;
        error = error != Errno.None ? error : FutexTable.GetKey(context.Memory, to.uaddr, (to.flags & FutexConstants.FUTEX2_PRIVATE) != 0, out toKey);
        int affected = 0;
        error = error != Errno.None ? error
            : context.Machine.Futexes.Requeue(context.Memory, from.uaddr, fromKey, toKey, (int)args.Arg2, (int)args.Arg3, (uint)from.val, out affected);
        return error != Errno.None ? error : affected;
    }

    private static async ValueTask<SyscallResult> WaitMultiple(SyscallContext context, (ulong Address, FutexKey Key, uint Expected)[] words, long? deadline)
    {
        var queue = new WaitQueue { GuestOnly = WaitQueue.ByGuestsOnly };
        var waiters = new FutexWaiter[words.Length];
        Errno error = context.Machine.Futexes.EnqueueAll(context.Memory, words, queue, waiters);
        if (error != Errno.None)
        {
            return error;
        }

        WaitOutcome outcome = await context.Thread.WaitAsync(queue, () => Array.Exists(waiters, w => w.IsWoken), deadline).ConfigureAwait(false);
        int woken = context.Machine.Futexes.CancelAll(waiters);
        return woken >= 0 ? woken : outcome == WaitOutcome.TimedOut ? Errno.ETIMEDOUT : Errno.ERESTARTSYS;
    }

    // Only words of 32 bits exist so far, and no nodes to tell apart.
    private static bool IsValid(uint flags) =>
        (flags & ~ValidFlags) == 0 && (flags & FutexConstants.FUTEX2_SIZE_MASK) == FutexConstants.FUTEX2_SIZE_U32 &&
        (flags & (FutexConstants.FUTEX2_NUMA | FutexConstants.FUTEX2_MPOL)) == 0;

    private static Errno ReadTimeout(SyscallContext context, ulong address, int clock, out long? deadline)
    {
        deadline = null;
        return address != 0 && clock is not (ClockConstants.CLOCK_MONOTONIC or ClockConstants.CLOCK_REALTIME)
            ? Errno.EINVAL
            : FutexCalls.ReadDeadline(context, address, absolute: true, clock == ClockConstants.CLOCK_REALTIME, out deadline);
    }
}
