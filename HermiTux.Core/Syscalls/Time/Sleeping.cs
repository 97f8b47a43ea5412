using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Time;

/// <summary>nanosleep(2), clock_nanosleep(2).</summary>
internal static class Sleeping
{
    public static ValueTask<SyscallResult> Sleep(SyscallContext context, SyscallArguments args) =>
        Sleep(context, ClockConstants.CLOCK_MONOTONIC, absolute: false, args.Arg0, args.Arg1);

    public static ValueTask<SyscallResult> ClockSleep(SyscallContext context, SyscallArguments args)
    {
        int clock = (int)args.Arg0;
        return clock switch
        {
            ClockConstants.CLOCK_THREAD_CPUTIME_ID or ClockConstants.CLOCK_MONOTONIC_RAW or ClockConstants.CLOCK_REALTIME_COARSE or ClockConstants.CLOCK_MONOTONIC_COARSE => new(Errno.EOPNOTSUPP),
            _ => Clocks.Now(context, clock) is { IsSuccess: false } unknown
                ? new(unknown.Error)
                : Sleep(context, clock, ((int)args.Arg1 & ClockConstants.TIMER_ABSTIME) != 0, args.Arg2, args.Arg3),
        };
    }

    private static ValueTask<SyscallResult> Sleep(SyscallContext context, int clock, bool absolute, ulong request, ulong remaining)
    {
        if (!context.Memory.TryRead(request, out Timespec time))
        {
            return new(Errno.EFAULT);
        }

        if (!time.IsValid)
        {
            return new(Errno.EINVAL);
        }

        if (clock is ClockConstants.CLOCK_PROCESS_CPUTIME_ID or < 0)
        {
            long target = absolute ? time.ToNanoseconds() : Clocks.Add(time.ToNanoseconds(), Clocks.Now(context, clock).Value);
            return UntilCpuTime(context, clock, target, absolute ? 0 : remaining, absolute);
        }

        long monotonic = context.Machine.MonotonicNanoseconds;
        long offset = absolute ? monotonic - Clocks.Now(context, clock).Value : monotonic;
        return Until(context, Clocks.Add(time.ToNanoseconds(), offset), absolute ? 0 : remaining, absolute);
    }

    private static async ValueTask<SyscallResult> Until(SyscallContext context, long deadline, ulong remaining, bool absolute)
    {
        if (await context.Thread.SleepUntilAsync(deadline).ConfigureAwait(false) != WaitOutcome.Interrupted)
        {
            return 0;
        }

        if (absolute)
        {
            return Errno.ERESTARTNOHAND;
        }

        long rest = deadline - context.Machine.MonotonicNanoseconds;
        if (rest <= 0)
        {
            return 0;
        }

        if (remaining != 0 && !context.Memory.TryWrite(remaining, Timespec.FromNanoseconds(rest)))
        {
            return Errno.EFAULT;
        }

        context.Thread.RestartBlock = async _ => (await Until(context, deadline, remaining, absolute).ConfigureAwait(false)).Raw;
        return Errno.ERESTART_RESTARTBLOCK;
    }

    // CPU time doesn't pass faster than one CPU's real time for each CPU: look again when it could be over at the earliest.
    private static async ValueTask<SyscallResult> UntilCpuTime(SyscallContext context, int clock, long target, ulong remaining, bool absolute)
    {
        while (true)
        {
            long rest = target - Clocks.Now(context, clock).Value;
            if (rest <= 0)
            {
                return 0;
            }

            long pause = Math.Max(1_000_000, rest / context.Machine.CpuCount);
            if (await context.Thread.SleepUntilAsync(Clocks.Add(context.Machine.MonotonicNanoseconds, pause)).ConfigureAwait(false) != WaitOutcome.Interrupted)
            {
                continue;
            }

            if (absolute)
            {
                return Errno.ERESTARTNOHAND;
            }

            if (remaining != 0 && !context.Memory.TryWrite(remaining, Timespec.FromNanoseconds(Math.Max(0, target - Clocks.Now(context, clock).Value))))
            {
                return Errno.EFAULT;
            }

            context.Thread.RestartBlock = async _ => (await UntilCpuTime(context, clock, target, remaining, absolute).ConfigureAwait(false)).Raw;
            return Errno.ERESTART_RESTARTBLOCK;
        }
    }
}
