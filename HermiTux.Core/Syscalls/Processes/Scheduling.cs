using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Processes;

/// <summary>sched_*(2), getpriority(2), ioprio_set(2), getcpu(2).</summary>
/// <remarks>Policies and priorities are kept and given back, but don't change who runs: the machine's scheduler is round robin on the CPUs that a thread's affinity allows.</remarks>
internal static class Scheduling
{
    private const int NiceWidth = 20;
    private const int MaximumPriority = 99;
    private const long RoundRobinInterval = 100_000_000;
    private const long NormalInterval = 4_000_000;
    private const int SchedAttrSize0 = 48;

    public static SyscallResult Yield(SyscallContext context, SyscallArguments args)
    {
        context.Thread.Yield();
        return 0;
    }

    public static SyscallResult GetAffinity(SyscallContext context, SyscallArguments args)
    {
        if (Find(context, (int)args.Arg0) is not { } thread)
        {
            return Errno.ESRCH;
        }

        uint length = (uint)args.Arg1;
        if (length * 8UL < (ulong)context.Machine.CpuCount || (length & 7) != 0)
        {
            return Errno.EINVAL;
        }

        // Linux writes and returns the size of its own mask: here one word for up to 64 CPUs.
        return context.Memory.TryWrite(args.Arg2, thread.Affinity & AllCpus(context)) ? 8 : Errno.EFAULT;
    }

    public static SyscallResult SetAffinity(SyscallContext context, SyscallArguments args)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (!context.Memory.TryRead(args.Arg2, bytes[..(int)Math.Min((uint)args.Arg1, 8)]))
        {
            return Errno.EFAULT;
        }

        if (Find(context, (int)args.Arg0) is not { } thread)
        {
            return Errno.ESRCH;
        }

        ulong mask = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes) & AllCpus(context);
        if (mask == 0)
        {
            return Errno.EINVAL;
        }

        // Threads that may run anywhere, as most do, are easier to find a CPU for.
        thread.Affinity = mask == AllCpus(context) ? ulong.MaxValue : mask;

        // A thread on a CPU that it may not use any more leaves it before the call returns; others do at the end of their time slice.
        thread.Process.Machine.Scheduler.OnAffinityChanged(thread);
        if (thread == context.Thread)
        {
            thread.Yield();
        }

        return 0;
    }

    public static SyscallResult GetScheduler(SyscallContext context, SyscallArguments args) =>
        (int)args.Arg0 < 0 ? Errno.EINVAL : Find(context, (int)args.Arg0) is { } thread ? thread.SchedulingPolicy | (thread.ResetsOnFork ? (int)SchedConstants.SCHED_RESET_ON_FORK : 0) : Errno.ESRCH;

    public static SyscallResult SetScheduler(SyscallContext context, SyscallArguments args)
    {
        if ((int)args.Arg1 < 0 || args.Arg2 == 0 || (int)args.Arg0 < 0)
        {
            return Errno.EINVAL;
        }

        return context.Memory.TryRead(args.Arg2, out SchedParam param)
            ? Set(context, (int)args.Arg0, (int)args.Arg1 & ~(int)SchedConstants.SCHED_RESET_ON_FORK, param.sched_priority, ((int)args.Arg1 & (int)SchedConstants.SCHED_RESET_ON_FORK) != 0)
            : Errno.EFAULT;
    }

    public static SyscallResult GetParameters(SyscallContext context, SyscallArguments args) =>
        args.Arg1 == 0 || (int)args.Arg0 < 0 ? Errno.EINVAL
        : Find(context, (int)args.Arg0) is { } thread ? context.Write(args.Arg1, new SchedParam { sched_priority = thread.SchedulingPriority })
        : Errno.ESRCH;

    public static SyscallResult SetParameters(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg1 == 0 || (int)args.Arg0 < 0)
        {
            return Errno.EINVAL;
        }

        return !context.Memory.TryRead(args.Arg1, out SchedParam param) ? Errno.EFAULT
            : Find(context, (int)args.Arg0) is { } thread ? Set(context, (int)args.Arg0, thread.SchedulingPolicy, param.sched_priority)
            : Errno.ESRCH;
    }

    public static SyscallResult GetAttributes(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg1 == 0 || (uint)args.Arg2 < SchedAttrSize0 || (uint)args.Arg2 > HermiTux.Memory.Page.Size || args.Arg3 != 0 || (int)args.Arg0 < 0)
        {
            return Errno.EINVAL;
        }

        if (Find(context, (int)args.Arg0) is not { } thread)
        {
            return Errno.ESRCH;
        }

        int size = (int)Math.Min((uint)args.Arg2, 56);
        var attributes = new SchedAttr
        {
            size = (uint)size,
            sched_policy = (uint)thread.SchedulingPolicy,
            sched_nice = thread.Nice,
            sched_priority = (uint)thread.SchedulingPriority,
            sched_util_max = 1024,
        };
        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<SchedAttr>(in attributes));
        return context.Memory.TryWrite(args.Arg1, bytes[..size]) ? 0 : Errno.EFAULT;
    }

    public static SyscallResult SetAttributes(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg1 == 0 || args.Arg2 != 0 || (int)args.Arg0 < 0)
        {
            return Errno.EINVAL;
        }

        Span<byte> bytes = stackalloc byte[56];
        bytes.Clear();
        if (!context.Memory.TryRead(args.Arg1, bytes[..SchedAttrSize0]))
        {
            return Errno.EFAULT;
        }

        SchedAttr attributes = System.Runtime.InteropServices.MemoryMarshal.Read<SchedAttr>(bytes);
        if (attributes.size is not 0 and (< SchedAttrSize0 or > HermiTux.Memory.Page.Size))
        {
            return Errno.E2BIG;
        }

        SyscallResult result = Set(context, (int)args.Arg0, (int)attributes.sched_policy, (int)attributes.sched_priority);
        if (!result.IsError && Find(context, (int)args.Arg0) is { } thread)
        {
            thread.Nice = Math.Clamp(attributes.sched_nice, -NiceWidth, NiceWidth - 1);
        }

        return result;
    }

    public static SyscallResult MaximumOf(SyscallContext context, SyscallArguments args) => (int)args.Arg0 switch
    {
        (int)SchedConstants.SCHED_FIFO or (int)SchedConstants.SCHED_RR => MaximumPriority,
        (int)SchedConstants.SCHED_NORMAL or (int)SchedConstants.SCHED_BATCH or (int)SchedConstants.SCHED_IDLE or (int)SchedConstants.SCHED_DEADLINE => 0,
        _ => Errno.EINVAL,
    };

    public static SyscallResult MinimumOf(SyscallContext context, SyscallArguments args) => (int)args.Arg0 switch
    {
        (int)SchedConstants.SCHED_FIFO or (int)SchedConstants.SCHED_RR => 1,
        (int)SchedConstants.SCHED_NORMAL or (int)SchedConstants.SCHED_BATCH or (int)SchedConstants.SCHED_IDLE or (int)SchedConstants.SCHED_DEADLINE => 0,
        _ => Errno.EINVAL,
    };

    public static SyscallResult GetInterval(SyscallContext context, SyscallArguments args)
    {
        if ((int)args.Arg0 < 0)
        {
            return Errno.EINVAL;
        }

        if (Find(context, (int)args.Arg0) is not { } thread)
        {
            return Errno.ESRCH;
        }

        long interval = thread.SchedulingPolicy switch
        {
            (int)SchedConstants.SCHED_RR => RoundRobinInterval,
            (int)SchedConstants.SCHED_FIFO => 0,
            _ => NormalInterval,
        };
        return context.Write(args.Arg1, Timespec.FromNanoseconds(interval));
    }

    public static SyscallResult GetPriority(SyscallContext context, SyscallArguments args) =>
        Priority(context, (int)args.Arg0, (int)args.Arg1, out GuestThread? thread) is not Errno.None and var error ? error : NiceWidth - thread!.Nice;

    public static SyscallResult SetPriority(SyscallContext context, SyscallArguments args)
    {
        Errno error = Priority(context, (int)args.Arg0, (int)args.Arg1, out GuestThread? thread);
        if (error != Errno.None)
        {
            return error;
        }

        int nice = Math.Clamp((int)args.Arg2, -NiceWidth, NiceWidth - 1);
        if (nice < thread!.Nice && context.Process.Credentials.Euid != 0 &&
            (ulong)(NiceWidth - nice) > thread.Process.ResourceLimits[ResourceConstants.RLIMIT_NICE].Soft)
        {
            return Errno.EACCES;
        }

        thread.Nice = nice;
        return 0;
    }

    public static SyscallResult GetIoPriority(SyscallContext context, SyscallArguments args) =>
        IoTarget(context, (int)args.Arg0, (int)args.Arg1, out GuestThread? thread) is not Errno.None and var error ? error : thread!.IoPriority;

    public static SyscallResult SetIoPriority(SyscallContext context, SyscallArguments args)
    {
        int priority = (int)args.Arg2;
        int level = priority & ((1 << IoprioConstants.IOPRIO_CLASS_SHIFT) - 1);
        switch (priority >> IoprioConstants.IOPRIO_CLASS_SHIFT)
        {
            case IoprioConstants.IOPRIO_CLASS_RT when context.Process.Credentials.Euid != 0:
                return Errno.EPERM;
            case IoprioConstants.IOPRIO_CLASS_RT or IoprioConstants.IOPRIO_CLASS_BE when level >= 8:
            case IoprioConstants.IOPRIO_CLASS_NONE when level != 0:
            case < 0 or > IoprioConstants.IOPRIO_CLASS_IDLE:
                return Errno.EINVAL;
        }

        Errno error = IoTarget(context, (int)args.Arg0, (int)args.Arg1, out GuestThread? thread);
        if (error == Errno.None)
        {
            thread!.IoPriority = priority;
        }

        return error;
    }

    public static SyscallResult GetCpu(SyscallContext context, SyscallArguments args) =>
        (args.Arg0 != 0 && !context.Memory.TryWrite(args.Arg0, (uint)context.Thread.Cpu)) || (args.Arg1 != 0 && !context.Memory.TryWrite(args.Arg1, 0u)) ? Errno.EFAULT : 0;

    private static ulong AllCpus(SyscallContext context) => context.Machine.CpuCount >= 64 ? ulong.MaxValue : (1UL << context.Machine.CpuCount) - 1;

    private static GuestThread? Find(SyscallContext context, int pid) => pid == 0 ? context.Thread : context.Machine.FindThread(pid);

    private static SyscallResult Set(SyscallContext context, int pid, int policy, int priority, bool resetsOnFork = false)
    {
        if (Find(context, pid) is not { } thread)
        {
            return Errno.ESRCH;
        }

        bool realtime = policy is (int)SchedConstants.SCHED_FIFO or (int)SchedConstants.SCHED_RR;
        if (policy is < 0 or 4 or > (int)SchedConstants.SCHED_IDLE || (realtime ? priority is < 1 or > MaximumPriority : priority != 0))
        {
            return Errno.EINVAL;
        }

        if (realtime && context.Process.Credentials.Euid != 0 && (ulong)priority > thread.Process.ResourceLimits[ResourceConstants.RLIMIT_RTPRIO].Soft)
        {
            return Errno.EPERM;
        }

        thread.SchedulingPolicy = policy;
        thread.SchedulingPriority = priority;
        thread.ResetsOnFork = resetsOnFork;
        return 0;
    }

    private static GuestThread? First(SyscallContext context, Func<Process, bool> isMeant) =>
        context.Machine.Processes.FirstOrDefault(isMeant)?.Threads.OrderBy(t => t.Nice).FirstOrDefault();

    private static Errno Priority(SyscallContext context, int which, int who, out GuestThread? thread)
    {
        thread = which switch
        {
            ResourceConstants.PRIO_PROCESS => Find(context, who),
            ResourceConstants.PRIO_PGRP => First(context, p => p.ProcessGroup == (who == 0 ? context.Process.ProcessGroup : who)),
            ResourceConstants.PRIO_USER => First(context, p => p.Credentials.Uid == (who == 0 ? context.Process.Credentials.Uid : (uint)who)),
            _ => null,
        };
        return which is < ResourceConstants.PRIO_PROCESS or > ResourceConstants.PRIO_USER ? Errno.EINVAL : thread is null ? Errno.ESRCH : Errno.None;
    }

    private static Errno IoTarget(SyscallContext context, int which, int who, out GuestThread? thread)
    {
        thread = null;
        return which is < IoprioConstants.IOPRIO_WHO_PROCESS or > IoprioConstants.IOPRIO_WHO_USER ? Errno.EINVAL : Priority(context, which - 1, who, out thread);
    }
}
