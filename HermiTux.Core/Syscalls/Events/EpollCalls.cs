using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Epoll;
using HermiTux.Syscalls.Files;
using HermiTux.Syscalls.Time;

namespace HermiTux.Syscalls.Events;

/// <summary>epoll_create(2), epoll_ctl(2), epoll_wait(2) and their relatives.</summary>
internal static class EpollCalls
{
    private const int EventSize = 12;
    private const int MaximumEvents = int.MaxValue / EventSize;
    private const int CollectedAtOnce = 4096;

    // EPOLLEXCLUSIVE_OK_BITS: what an exclusive watch may ask for.
    private const uint ExclusiveBits = EventPollConstants.EPOLLIN | EventPollConstants.EPOLLOUT | EventPollConstants.EPOLLERR | EventPollConstants.EPOLLHUP |
        EventPollConstants.EPOLLWAKEUP | EventPollConstants.EPOLLET | EventPollConstants.EPOLLEXCLUSIVE;

    public static SyscallResult Create(SyscallContext context, SyscallArguments args) => (int)args.Arg0 <= 0 ? Errno.EINVAL : Create(context, 0);

    public static SyscallResult Create1(SyscallContext context, SyscallArguments args) => Create(context, (int)args.Arg0);

    public static SyscallResult Control(SyscallContext context, SyscallArguments args)
    {
        int operation = (int)args.Arg1;
        EpollEvent settings = default;
        if (operation != (int)EventPollConstants.EPOLL_CTL_DEL && !context.Memory.TryRead(args.Arg3, out settings))
        {
            return Errno.EFAULT;
        }

        if (!context.TryGetFile(args.Arg0, out OpenFile? instance, out Errno error))
        {
            return error;
        }

        if (!context.TryGetFile(args.Arg2, out OpenFile? target, out error))
        {
            instance.Release();
            return error;
        }

        int fd = (int)args.Arg2;
        error = target.WaitQueue is null ? Errno.EPERM
            : instance is not EpollFile epoll || ReferenceEquals(instance, target) ? Errno.EINVAL
            : IsExclusive(settings, operation) && (operation == (int)EventPollConstants.EPOLL_CTL_MOD || target is EpollFile || (settings.events & ~ExclusiveBits) != 0) ? Errno.EINVAL
            : operation switch
            {
                (int)EventPollConstants.EPOLL_CTL_ADD => epoll.Add(fd, target, settings),
                (int)EventPollConstants.EPOLL_CTL_MOD => epoll.Modify(fd, target, settings),
                (int)EventPollConstants.EPOLL_CTL_DEL => epoll.Remove(fd, target),
                _ => Errno.EINVAL,
            };
        instance.Release();
        target.Release();
        return error;
    }

    public static ValueTask<SyscallResult> Wait(SyscallContext context, SyscallArguments args) =>
        Wait(context, args, Deadline(context, (int)args.Arg3));

    public static ValueTask<SyscallResult> WaitWithMask(SyscallContext context, SyscallArguments args) =>
        WaitWithMask(context, args, Deadline(context, (int)args.Arg3));

    public static ValueTask<SyscallResult> WaitWithTimespec(SyscallContext context, SyscallArguments args)
    {
        long? deadline = null;
        if (args.Arg3 != 0)
        {
            if (!context.Memory.TryRead(args.Arg3, out Timespec timeout))
            {
                return new(Errno.EFAULT);
            }

            if (!timeout.IsValid)
            {
                return new(Errno.EINVAL);
            }

            deadline = Clocks.Add(timeout.ToNanoseconds(), context.Machine.MonotonicNanoseconds);
        }

        return WaitWithMask(context, args, deadline);
    }

    private static bool IsExclusive(in EpollEvent settings, int operation) =>
        operation != (int)EventPollConstants.EPOLL_CTL_DEL && (settings.events & EventPollConstants.EPOLLEXCLUSIVE) != 0;

    private static SyscallResult Create(SyscallContext context, int flags) =>
        (flags & ~(int)EventPollConstants.EPOLL_CLOEXEC) != 0
            ? Errno.EINVAL
            : OpenClose.Install(context, new EpollFile(), flags != 0);

    private static long? Deadline(SyscallContext context, int milliseconds) =>
        milliseconds < 0 ? null : Clocks.Add(milliseconds * 1_000_000L, context.Machine.MonotonicNanoseconds);

    private static async ValueTask<SyscallResult> WaitWithMask(SyscallContext context, SyscallArguments args, long? deadline)
    {
        ulong mask = 0;
        if (args.Arg4 != 0)
        {
            if (args.Arg5 != sizeof(ulong))
            {
                return Errno.EINVAL;
            }

            if (!context.Memory.TryRead(args.Arg4, out mask))
            {
                return Errno.EFAULT;
            }

            context.Thread.Signals.BeginTemporaryMask(mask);
        }

        SyscallResult result = await Wait(context, args, deadline).ConfigureAwait(false);
        if (args.Arg4 != 0)
        {
            context.Thread.Signals.EndTemporaryMask(result == Errno.EINTR);
        }

        return result;
    }

    private static async ValueTask<SyscallResult> Wait(SyscallContext context, SyscallArguments args, long? deadline)
    {
        int maximum = (int)args.Arg2;
        if (maximum is <= 0 or > MaximumEvents)
        {
            return Errno.EINVAL;
        }

        if (!context.TryGetFile(args.Arg0, out OpenFile? file, out Errno error))
        {
            return error;
        }

        try
        {
            if (file is not EpollFile epoll)
            {
                return Errno.EINVAL;
            }

            List<EpollEvent> events = [];
            WaitOutcome outcome = await context.Thread.WaitAsync(
                epoll.WaitQueue,
                () => (events = epoll.Collect(Math.Min(maximum, CollectedAtOnce))).Count > 0,
                deadline).ConfigureAwait(false);
            if (outcome == WaitOutcome.Interrupted)
            {
                return Errno.EINTR;
            }

            for (int i = 0; i < events.Count; i++)
            {
                if (!context.Memory.TryWrite(args.Arg1 + (ulong)(EventSize * i), events[i]))
                {
                    return i > 0 ? i : Errno.EFAULT;
                }
            }

            return events.Count;
        }
        finally
        {
            file.Release();
        }
    }
}
