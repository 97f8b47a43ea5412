using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Processes;

/// <summary>prlimit(2), getrlimit(2), setrlimit(2), getrusage(2).</summary>
internal static class Limits
{
    private const int KiB = 1024;

    // sysctl fs.nr_open: the ceiling of RLIMIT_NOFILE even for root.
    private const ulong MaximumDescriptors = 1 << 20;

    public static SyscallResult Change(SyscallContext context, SyscallArguments args)
    {
        if ((uint)args.Arg1 >= ResourceConstants.RLIM_NLIMITS)
        {
            return Errno.EINVAL;
        }

        Rlimit replacement = default;
        if (args.Arg2 != 0 && !context.Memory.TryRead(args.Arg2, out replacement))
        {
            return Errno.EFAULT;
        }

        int pid = (int)args.Arg0;
        if ((pid == 0 ? context.Process : context.Machine.FindProcess(pid) ?? context.Machine.FindThread(pid)?.Process) is not { } process)
        {
            return Errno.ESRCH;
        }

        (ulong soft, ulong hard) = process.ResourceLimits[(int)args.Arg1];
        if (args.Arg2 != 0 && Set(context, process, (int)args.Arg1, replacement) is not Errno.None and var error)
        {
            return error;
        }

        return args.Arg3 == 0 ? 0 : context.Write(args.Arg3, new Rlimit { rlim_cur = soft, rlim_max = hard });
    }

    public static SyscallResult Get(SyscallContext context, SyscallArguments args)
    {
        if ((uint)args.Arg0 >= ResourceConstants.RLIM_NLIMITS)
        {
            return Errno.EINVAL;
        }

        (ulong soft, ulong hard) = context.Process.ResourceLimits[(int)args.Arg0];
        return context.Write(args.Arg1, new Rlimit { rlim_cur = soft, rlim_max = hard });
    }

    public static SyscallResult Set(SyscallContext context, SyscallArguments args) =>
        !context.Memory.TryRead(args.Arg1, out Rlimit replacement) ? Errno.EFAULT
        : (uint)args.Arg0 >= ResourceConstants.RLIM_NLIMITS ? Errno.EINVAL
        : Set(context, context.Process, (int)args.Arg0, replacement);

    public static SyscallResult GetUsage(SyscallContext context, SyscallArguments args)
    {
        Rusage usage;
        switch ((int)args.Arg0)
        {
            case ResourceConstants.RUSAGE_SELF:
                usage = Usage(context, context.Process.UserTime, context.Process.SystemTime);
                break;
            case ResourceConstants.RUSAGE_THREAD:
                usage = Usage(context, context.Thread.UserTime, context.Thread.SystemTime);
                break;
            case ResourceConstants.RUSAGE_CHILDREN:
                usage = default;
                break;
            default:
                return Errno.EINVAL;
        }

        return context.Write(args.Arg1, usage);
    }

    private static Rusage Usage(SyscallContext context, long user, long system) => new()
    {
        ru_utime = Timeval.FromNanoseconds(user),
        ru_stime = Timeval.FromNanoseconds(system),
        ru_maxrss = context.Machine.Frames.PeakResidentBytes / KiB,
        ru_minflt = context.Machine.Frames.PeakResidentBytes / HermiTux.Memory.Page.Size,
    };

    private static Errno Set(SyscallContext context, Process process, int resource, in Rlimit limit)
    {
        if (limit.rlim_cur > limit.rlim_max)
        {
            return Errno.EINVAL;
        }

        ulong hard = process.ResourceLimits[resource].Hard;
        bool privileged = context.Process.Credentials.Euid == 0;
        if (limit.rlim_max > hard && !privileged)
        {
            return Errno.EPERM;
        }

        if (resource == ResourceConstants.RLIMIT_NOFILE)
        {
            // The embedder's limit is the machine's: not even the guest's root goes beyond it.
            if (limit.rlim_max > MaximumDescriptors || limit.rlim_max > hard)
            {
                return Errno.EPERM;
            }

            process.Descriptors.Limit = (int)limit.rlim_cur;
        }

        process.ResourceLimits[resource] = (limit.rlim_cur, limit.rlim_max);
        switch (resource)
        {
            case ResourceConstants.RLIMIT_AS:
                process.Memory.SizeLimit = limit.rlim_cur;
                break;
            case ResourceConstants.RLIMIT_DATA:
                process.Memory.DataLimit = limit.rlim_cur;
                break;
            case ResourceConstants.RLIMIT_STACK:
                process.Memory.StackLimit = limit.rlim_cur;
                break;
        }

        return Errno.None;
    }
}
