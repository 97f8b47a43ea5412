using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Timers;

namespace HermiTux.Syscalls.Time;

/// <summary>alarm(2), setitimer(2), getitimer(2), timer_create(2) and its relatives.</summary>
internal static class TimerCalls
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static SyscallResult Alarm(SyscallContext context, SyscallArguments args)
    {
        long seconds = (uint)args.Arg0;
        TimerSetting old = context.Process.Timers.Set(IntervalTimerKind.Real, new TimerSetting(seconds * NanosecondsPerSecond, 0));

        // alarm_setitimer(): rounded to the nearest second, but never to 0 while something is left.
        long rounded = (old.Value + (NanosecondsPerSecond / 2)) / NanosecondsPerSecond;
        return old.Value > 0 && rounded == 0 ? 1 : rounded;
    }

    public static SyscallResult SetInterval(SyscallContext context, SyscallArguments args)
    {
        if ((uint)args.Arg0 > ClockConstants.ITIMER_PROF)
        {
            return Errno.EINVAL;
        }

        Itimerval value = default;
        if (args.Arg1 != 0)
        {
            if (!context.Memory.TryRead(args.Arg1, out value))
            {
                return Errno.EFAULT;
            }

            if (!value.it_value.IsValid || !value.it_interval.IsValid)
            {
                return Errno.EINVAL;
            }
        }

        TimerSetting old = context.Process.Timers.Set(
            (IntervalTimerKind)args.Arg0,
            new TimerSetting(value.it_value.ToNanoseconds(), value.it_interval.ToNanoseconds()));
        return args.Arg2 == 0 ? 0 : context.Write(args.Arg2, ToItimerval(old));
    }

    public static SyscallResult GetInterval(SyscallContext context, SyscallArguments args) =>
        (uint)args.Arg0 > ClockConstants.ITIMER_PROF
            ? Errno.EINVAL
            : context.Write(args.Arg1, ToItimerval(context.Process.Timers.Set((IntervalTimerKind)args.Arg0, null)));

    public static SyscallResult Create(SyscallContext context, SyscallArguments args)
    {
        SignalEvent? notification = null;
        if (args.Arg1 != 0)
        {
            if (!context.Memory.TryRead(args.Arg1, out Sigevent sigevent))
            {
                return Errno.EFAULT;
            }

            notification = new SignalEvent(sigevent.sigev_notify, sigevent.sigev_signo, sigevent.sigev_value, sigevent.sigev_notify_thread_id);
        }

        Result<int> id = context.Process.Timers.Create((int)args.Arg0, notification);
        if (!id.IsSuccess)
        {
            return id.Error;
        }

        if (context.Write(args.Arg2, id.Value) != Errno.None)
        {
            context.Process.Timers.Delete(id.Value);
            return Errno.EFAULT;
        }

        return 0;
    }

    public static SyscallResult SetTime(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg2 == 0)
        {
            return Errno.EINVAL;
        }

        if (!context.Memory.TryRead(args.Arg2, out Itimerspec value))
        {
            return Errno.EFAULT;
        }

        if (!value.it_value.IsValid || !value.it_interval.IsValid)
        {
            return Errno.EINVAL;
        }

        Result<TimerSetting> old = context.Process.Timers.SetTime(
            (int)args.Arg0,
            new TimerSetting(value.it_value.ToNanoseconds(), value.it_interval.ToNanoseconds()),
            ((int)args.Arg1 & ClockConstants.TIMER_ABSTIME) != 0);
        return !old.IsSuccess ? old.Error : args.Arg3 == 0 ? 0 : context.Write(args.Arg3, ToItimerspec(old.Value));
    }

    public static SyscallResult GetTime(SyscallContext context, SyscallArguments args)
    {
        Result<TimerSetting> setting = context.Process.Timers.GetTime((int)args.Arg0);
        return setting.IsSuccess ? context.Write(args.Arg1, ToItimerspec(setting.Value)) : setting.Error;
    }

    public static SyscallResult GetOverrun(SyscallContext context, SyscallArguments args)
    {
        Result<int> overrun = context.Process.Timers.GetOverrun((int)args.Arg0);
        return overrun.IsSuccess ? overrun.Value : overrun.Error;
    }

    public static SyscallResult Delete(SyscallContext context, SyscallArguments args) => context.Process.Timers.Delete((int)args.Arg0);

    private static Itimerval ToItimerval(in TimerSetting setting) => new()
    {
        it_interval = Timeval.FromNanoseconds(setting.Interval),

        // A timer that still runs never shows 0.
        it_value = setting.Value is > 0 and < 1000 ? new Timeval { tv_usec = 1 } : Timeval.FromNanoseconds(setting.Value),
    };

    private static Itimerspec ToItimerspec(in TimerSetting setting) => new()
    {
        it_interval = Timespec.FromNanoseconds(setting.Interval),
        it_value = Timespec.FromNanoseconds(setting.Value),
    };
}
