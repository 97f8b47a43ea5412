using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Time;

/// <summary>clock_gettime(2), clock_getres(2), gettimeofday(2), time(2), times(2), and setting the clock, which no guest may.</summary>
internal static class Clocks
{
    /// <summary>USER_HZ: ticks a second of times(2).</summary>
    public const long TicksPerSecond = 100;

    private const long NanosecondsPerTick = 1_000_000_000 / TicksPerSecond;

    // The coarse clocks advance with the timer interrupt; 4 ms is Debian's (CONFIG_HZ=250).
    private const long CoarseResolution = 4_000_000;

    public static SyscallResult GetTime(SyscallContext context, SyscallArguments args)
    {
        Result<long> now = Now(context, (int)args.Arg0);
        return now.IsSuccess ? context.Write(args.Arg1, Timespec.FromNanoseconds(now.Value)) : now.Error;
    }

    public static SyscallResult GetResolution(SyscallContext context, SyscallArguments args)
    {
        int clock = (int)args.Arg0;
        Result<long> known = Now(context, clock);
        if (!known.IsSuccess)
        {
            return known.Error;
        }

        long resolution = clock is ClockConstants.CLOCK_REALTIME_COARSE or ClockConstants.CLOCK_MONOTONIC_COARSE ? CoarseResolution : 1;
        return args.Arg1 == 0 ? 0 : context.Write(args.Arg1, new Timespec { tv_nsec = resolution });
    }

    public static SyscallResult SetTime(SyscallContext context, SyscallArguments args)
    {
        int clock = (int)args.Arg0;
        return !context.Memory.TryRead(args.Arg1, out Timespec time) ? Errno.EFAULT
            : clock != ClockConstants.CLOCK_REALTIME || !time.IsValid ? Errno.EINVAL
            : Errno.EPERM;
    }

    public static SyscallResult GetTimeOfDay(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg0 != 0 && context.Write(args.Arg0, Timeval.FromNanoseconds(context.Machine.RealtimeNanoseconds)) != Errno.None)
        {
            return Errno.EFAULT;
        }

        return args.Arg1 == 0 ? 0 : context.Write(args.Arg1, default(Timezone));
    }

    public static SyscallResult SetTimeOfDay(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg0 != 0)
        {
            if (!context.Memory.TryRead(args.Arg0, out Timeval time))
            {
                return Errno.EFAULT;
            }

            if (!time.IsValid)
            {
                return Errno.EINVAL;
            }
        }

        return Errno.EPERM;
    }

    public static SyscallResult GetSeconds(SyscallContext context, SyscallArguments args)
    {
        long seconds = context.Machine.RealtimeNanoseconds / 1_000_000_000;
        return args.Arg0 != 0 && context.Write(args.Arg0, seconds) != Errno.None ? Errno.EFAULT : seconds;
    }

    public static SyscallResult GetProcessTimes(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg0 != 0)
        {
            var times = new Tms
            {
                tms_utime = context.Process.UserTime / NanosecondsPerTick,
                tms_stime = context.Process.SystemTime / NanosecondsPerTick,
            };
            if (context.Write(args.Arg0, times) != Errno.None)
            {
                return Errno.EFAULT;
            }
        }

        return context.Machine.MonotonicNanoseconds / NanosecondsPerTick;
    }

    /// <summary>The time of a clock in nanoseconds; EINVAL for unknown ones. Negative ids are CPU clocks of processes and threads.</summary>
    public static Result<long> Now(SyscallContext context, int clock)
    {
        Machine machine = context.Machine;
        switch (clock)
        {
            case ClockConstants.CLOCK_REALTIME or ClockConstants.CLOCK_REALTIME_ALARM or ClockConstants.CLOCK_TAI:
                return machine.RealtimeNanoseconds;
            case ClockConstants.CLOCK_REALTIME_COARSE:
                return machine.RealtimeNanoseconds / CoarseResolution * CoarseResolution;
            case ClockConstants.CLOCK_MONOTONIC or ClockConstants.CLOCK_MONOTONIC_RAW or ClockConstants.CLOCK_BOOTTIME or ClockConstants.CLOCK_BOOTTIME_ALARM:
                return machine.MonotonicNanoseconds;
            case ClockConstants.CLOCK_MONOTONIC_COARSE:
                return machine.MonotonicNanoseconds / CoarseResolution * CoarseResolution;
            case ClockConstants.CLOCK_PROCESS_CPUTIME_ID:
                return context.Process.CpuTime;
            case ClockConstants.CLOCK_THREAD_CPUTIME_ID:
                return context.Thread.CpuTime;
            case >= 0:
                return Errno.EINVAL;
        }

        return Kernel.Timers.CpuClock.Find(context.Process, clock) is { } read ? read() : Errno.EINVAL;
    }

    /// <summary>Adds without wrapping: far futures stay far.</summary>
    public static long Add(long a, long b)
    {
        long sum = unchecked(a + b);
        return ((a ^ sum) & (b ^ sum)) < 0 ? a < 0 ? long.MinValue : long.MaxValue : sum;
    }
}
