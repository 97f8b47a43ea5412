using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Seccomp;
using HermiTux.Syscalls.Identity;

namespace HermiTux.Syscalls.Processes;

/// <summary>seccomp(2), prctl(PR_SET_SECCOMP).</summary>
internal static class SeccompCalls
{
    private const int KnownFlags = SeccompConstants.SECCOMP_FILTER_FLAG_TSYNC | SeccompConstants.SECCOMP_FILTER_FLAG_LOG | SeccompConstants.SECCOMP_FILTER_FLAG_SPEC_ALLOW |
        SeccompConstants.SECCOMP_FILTER_FLAG_TSYNC_ESRCH;

    public static SyscallResult Control(SyscallContext context, SyscallArguments args)
    {
        switch ((uint)args.Arg0)
        {
            case SeccompConstants.SECCOMP_SET_MODE_STRICT:
                return (uint)args.Arg1 != 0 || args.Arg2 != 0 ? Errno.EINVAL : SetStrict(context);
            case SeccompConstants.SECCOMP_SET_MODE_FILTER:
                return SetFilter(context, (int)args.Arg1, args.Arg2);
            case SeccompConstants.SECCOMP_GET_ACTION_AVAIL:
                return (uint)args.Arg1 != 0 ? Errno.EINVAL
                    : !context.Memory.TryRead(args.Arg2, out uint action) ? Errno.EFAULT
                    : action is SeccompConstants.SECCOMP_RET_KILL_PROCESS or SeccompConstants.SECCOMP_RET_KILL_THREAD or SeccompConstants.SECCOMP_RET_TRAP or
                        SeccompConstants.SECCOMP_RET_ERRNO or SeccompConstants.SECCOMP_RET_TRACE or SeccompConstants.SECCOMP_RET_LOG or SeccompConstants.SECCOMP_RET_ALLOW ? 0
                    : Errno.EOPNOTSUPP;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>prctl(PR_SET_SECCOMP).</summary>
    public static SyscallResult SetMode(SyscallContext context, ulong mode, ulong filter) => mode switch
    {
        SeccompConstants.SECCOMP_MODE_STRICT => SetStrict(context),
        SeccompConstants.SECCOMP_MODE_FILTER => SetFilter(context, 0, filter),
        _ => Errno.EINVAL,
    };

    private static SyscallResult SetStrict(SyscallContext context)
    {
        if (context.Thread.SeccompMode is not (SeccompConstants.SECCOMP_MODE_DISABLED or SeccompConstants.SECCOMP_MODE_STRICT))
        {
            return Errno.EINVAL;
        }

        context.Thread.SeccompMode = SeccompConstants.SECCOMP_MODE_STRICT;
        return 0;
    }

    private static SyscallResult SetFilter(SyscallContext context, int flags, ulong address)
    {
        GuestThread thread = context.Thread;
        if ((flags & ~KnownFlags) != 0)
        {
            return Errno.EINVAL;
        }

        // struct sock_fprog: the length, padding, a pointer.
        if (!context.Memory.TryRead(address, out ushort length) || !context.Memory.TryRead(address + 8, out ulong code))
        {
            return Errno.EFAULT;
        }

        if (length is 0 or > BpfProgram.MaximumLength)
        {
            return Errno.EINVAL;
        }

        bool privileged = (IdentityCalls.CapabilitiesOf(context.Process).Effective & (1UL << CapabilityConstants.CAP_SYS_ADMIN)) != 0;
        if (!context.Process.NoNewPrivileges && !privileged)
        {
            return Errno.EACCES;
        }

        var instructions = new BpfProgram.SockFilter[length];
        if (!context.Memory.TryRead(code, MemoryMarshal.AsBytes(instructions.AsSpan())))
        {
            return Errno.EFAULT;
        }

        if (!BpfProgram.Create(instructions).TryGet(out BpfProgram? program, out Errno error))
        {
            return error;
        }

        if (thread.SeccompMode == SeccompConstants.SECCOMP_MODE_STRICT)
        {
            return Errno.EINVAL;
        }

        SeccompFilter? before = thread.SeccompFilters;
        if ((flags & SeccompConstants.SECCOMP_FILTER_FLAG_TSYNC) != 0)
        {
            // Every thread must be where this one was, or it would lose filters of its own.
            foreach (GuestThread other in context.Process.Threads)
            {
                if (other != thread && !other.HasExited && other.SeccompFilters is { } theirs && !IsAncestor(theirs, before))
                {
                    return (flags & SeccompConstants.SECCOMP_FILTER_FLAG_TSYNC_ESRCH) != 0 ? Errno.ESRCH : other.Tid;
                }
            }
        }

        var filter = new SeccompFilter(program, before);
        foreach (GuestThread target in (flags & SeccompConstants.SECCOMP_FILTER_FLAG_TSYNC) != 0 ? context.Process.Threads : [thread])
        {
            target.SeccompFilters = filter;
            target.SeccompMode = SeccompConstants.SECCOMP_MODE_FILTER;
        }

        return 0;
    }

    private static bool IsAncestor(SeccompFilter filter, SeccompFilter? of)
    {
        for (SeccompFilter? at = of; at is not null; at = at.Older)
        {
            if (ReferenceEquals(at, filter))
            {
                return true;
            }
        }

        return false;
    }
}
