using HermiTux.Abi;
using HermiTux.Kernel.Signals;
using HermiTux.Kernel.Timers;
using HermiTux.Syscalls.Files;

namespace HermiTux.Syscalls.Events;

/// <summary>signalfd(2), timerfd_create(2) and its relatives.</summary>
internal static class EventFileCalls
{
    public static SyscallResult SignalFd(SyscallContext context, SyscallArguments args) => SignalFd(context, args, 0);

    public static SyscallResult SignalFd4(SyscallContext context, SyscallArguments args) => SignalFd(context, args, (int)args.Arg3);

    public static SyscallResult CreateTimer(SyscallContext context, SyscallArguments args)
    {
        int clock = (int)args.Arg0;
        int flags = (int)args.Arg1;
        bool known = clock is ClockConstants.CLOCK_REALTIME or ClockConstants.CLOCK_MONOTONIC or ClockConstants.CLOCK_BOOTTIME or
            ClockConstants.CLOCK_REALTIME_ALARM or ClockConstants.CLOCK_BOOTTIME_ALARM;
        if ((flags & ~(EventFdConstants.TFD_CLOEXEC | EventFdConstants.TFD_NONBLOCK)) != 0 || !known)
        {
            return Errno.EINVAL;
        }

        if (clock is ClockConstants.CLOCK_REALTIME_ALARM or ClockConstants.CLOCK_BOOTTIME_ALARM && context.Process.Credentials.Euid != 0)
        {
            return Errno.EPERM;
        }

        return OpenClose.Install(context, new TimerFd(context.Machine, clock, flags), (flags & EventFdConstants.TFD_CLOEXEC) != 0);
    }

    public static SyscallResult SetTimer(SyscallContext context, SyscallArguments args)
    {
        const int Known = EventFdConstants.TFD_TIMER_ABSTIME | EventFdConstants.TFD_TIMER_CANCEL_ON_SET;
        if (!context.Memory.TryRead(args.Arg2, out Itimerspec value))
        {
            return Errno.EFAULT;
        }

        if (((int)args.Arg1 & ~Known) != 0 || !value.it_value.IsValid || !value.it_interval.IsValid)
        {
            return Errno.EINVAL;
        }

        if (!context.TryGetFile(args.Arg0, Errno.EINVAL, out TimerFd? timer, out Errno error))
        {
            return error;
        }

        // The machine's clock is never set, so TFD_TIMER_CANCEL_ON_SET has nothing to cancel.
        TimerSetting old = timer.Set(new TimerSetting(value.it_value.ToNanoseconds(), value.it_interval.ToNanoseconds()), (int)args.Arg1);
        timer.Release();
        return args.Arg3 == 0 ? 0 : context.Write(args.Arg3, ToItimerspec(old));
    }

    public static SyscallResult GetTimer(SyscallContext context, SyscallArguments args)
    {
        if (!context.TryGetFile(args.Arg0, Errno.EINVAL, out TimerFd? timer, out Errno error))
        {
            return error;
        }

        TimerSetting setting = timer.Setting;
        timer.Release();
        return context.Write(args.Arg1, ToItimerspec(setting));
    }

    private static SyscallResult SignalFd(SyscallContext context, SyscallArguments args, int flags)
    {
        if (args.Arg2 != sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        if (!context.Memory.TryRead(args.Arg1, out ulong set))
        {
            return Errno.EFAULT;
        }

        if ((flags & ~(EventFdConstants.SFD_CLOEXEC | EventFdConstants.SFD_NONBLOCK)) != 0)
        {
            return Errno.EINVAL;
        }

        if ((int)args.Arg0 == -1)
        {
            return OpenClose.Install(context, new SignalFd(context.Process, set, flags), (flags & EventFdConstants.SFD_CLOEXEC) != 0);
        }

        if (!context.TryGetFile(args.Arg0, Errno.EINVAL, out SignalFd? existing, out Errno error))
        {
            return error;
        }

        existing.Set = set;
        existing.Release();
        return (int)args.Arg0;
    }

    private static Itimerspec ToItimerspec(in TimerSetting setting) => new()
    {
        it_interval = Timespec.FromNanoseconds(setting.Interval),
        it_value = Timespec.FromNanoseconds(setting.Value),
    };
}
