using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Memory;
using HermiTux.Syscalls.Identity;

namespace HermiTux.Syscalls.Processes;

/// <summary>prctl(2), arch_prctl(2).</summary>
internal static class Prctl
{
    private const int NameSize = 16;
    private const int MaximumVmaName = 80;

    public static unsafe SyscallResult Architecture(SyscallContext context, SyscallArguments args)
    {
        ulong value = args.Arg1;
        switch ((int)args.Arg0)
        {
            case PrctlConstants.ARCH_SET_FS:
                if (value >= Page.UserEnd)
                {
                    return Errno.EPERM;
                }

                context.Thread.State->FsBase = value;
                return 0;
            case PrctlConstants.ARCH_SET_GS:
                if (value >= Page.UserEnd)
                {
                    return Errno.EPERM;
                }

                context.Thread.State->GsBase = value;
                return 0;
            case PrctlConstants.ARCH_GET_FS:
                return context.Write(value, context.Thread.State->FsBase);
            case PrctlConstants.ARCH_GET_GS:
                return context.Write(value, context.Thread.State->GsBase);
            case PrctlConstants.ARCH_GET_CPUID:
                return 1;
            case PrctlConstants.ARCH_SET_CPUID:
                return value != 0 ? 0 : Errno.ENODEV;
            case PrctlConstants.ARCH_GET_XCOMP_SUPP:
            case PrctlConstants.ARCH_GET_XCOMP_PERM:
                return context.Write(value, context.Machine.Engine.Model.Xcr0);
            default:
                return Errno.EINVAL;
        }
    }

    public static SyscallResult Control(SyscallContext context, SyscallArguments args)
    {
        Process process = context.Process;
        (ulong a, ulong b, ulong c, ulong d) = (args.Arg1, args.Arg2, args.Arg3, args.Arg4);
        bool noMore = b == 0 && c == 0 && d == 0;
        switch ((int)args.Arg0)
        {
            case PrctlConstants.PR_SET_NAME:
                return SetName(context, a);
            case PrctlConstants.PR_GET_NAME:
                return GetName(context, a);
            case PrctlConstants.PR_SET_PDEATHSIG:
                if (a > 64)
                {
                    return Errno.EINVAL;
                }

                process.ParentDeathSignal = (int)a;
                return 0;
            case PrctlConstants.PR_GET_PDEATHSIG:
                return context.Write(a, process.ParentDeathSignal);
            case PrctlConstants.PR_GET_DUMPABLE:
                return process.Dumpable;
            case PrctlConstants.PR_SET_DUMPABLE:
                if (a > 1)
                {
                    return Errno.EINVAL;
                }

                process.Dumpable = (int)a;
                return 0;
            case PrctlConstants.PR_GET_KEEPCAPS:
                return process.KeepCapabilities ? 1 : 0;
            case PrctlConstants.PR_SET_KEEPCAPS:
                if (a > 1)
                {
                    return Errno.EINVAL;
                }

                process.KeepCapabilities = a == 1;
                return 0;
            case PrctlConstants.PR_GET_TIMING:
                return PrctlConstants.PR_TIMING_STATISTICAL;
            case PrctlConstants.PR_SET_TIMING:
                return a == PrctlConstants.PR_TIMING_STATISTICAL ? 0 : Errno.EINVAL;
            case PrctlConstants.PR_GET_SECCOMP:
                return context.Thread.SeccompMode;
            case PrctlConstants.PR_SET_SECCOMP:
                return SeccompCalls.SetMode(context, a, b);
            case PrctlConstants.PR_CAPBSET_READ:
                return a > CapabilityConstants.CAP_LAST_CAP ? Errno.EINVAL : (long)((process.CapabilityBound >> (int)a) & 1);
            case PrctlConstants.PR_CAPBSET_DROP:
                if ((IdentityCalls.CapabilitiesOf(process).Effective & (1UL << CapabilityConstants.CAP_SETPCAP)) == 0)
                {
                    return Errno.EPERM;
                }

                if (a > CapabilityConstants.CAP_LAST_CAP)
                {
                    return Errno.EINVAL;
                }

                process.CapabilityBound &= ~(1UL << (int)a);
                return 0;
            case PrctlConstants.PR_GET_TSC:
                return context.Write(a, PrctlConstants.PR_TSC_ENABLE);
            case PrctlConstants.PR_SET_TSC:
                return a == PrctlConstants.PR_TSC_ENABLE ? 0 : Errno.EINVAL;
            case PrctlConstants.PR_GET_SECUREBITS:
                return 0;
            case PrctlConstants.PR_SET_SECUREBITS:
                return process.Credentials.Euid != 0 ? Errno.EPERM : a == 0 ? 0 : Errno.EINVAL;
            case PrctlConstants.PR_SET_TIMERSLACK:
                process.TimerSlack = (long)a <= 0 ? 50_000 : a;
                return 0;
            case PrctlConstants.PR_GET_TIMERSLACK:
                return process.TimerSlack;
            case PrctlConstants.PR_SET_CHILD_SUBREAPER:
                process.IsSubreaper = a != 0;
                return 0;
            case PrctlConstants.PR_GET_CHILD_SUBREAPER:
                return context.Write(a, process.IsSubreaper ? 1 : 0);
            case PrctlConstants.PR_SET_NO_NEW_PRIVS:
                if (a != 1 || !noMore)
                {
                    return Errno.EINVAL;
                }

                process.NoNewPrivileges = true;
                return 0;
            case PrctlConstants.PR_GET_NO_NEW_PRIVS:
                return a != 0 || !noMore ? Errno.EINVAL : process.NoNewPrivileges ? 1 : 0;
            case PrctlConstants.PR_GET_TID_ADDRESS:
                return context.Write(a, context.Thread.ClearChildTid);
            case PrctlConstants.PR_SET_THP_DISABLE:
                if (!noMore)
                {
                    return Errno.EINVAL;
                }

                process.HugePagesDisabled = a != 0;
                return 0;
            case PrctlConstants.PR_GET_THP_DISABLE:
                return a != 0 || !noMore ? Errno.EINVAL : process.HugePagesDisabled ? 1 : 0;
            case PrctlConstants.PR_SET_VMA:
                return SetVma(context, args);
            case PrctlConstants.PR_CAP_AMBIENT:
                return Ambient(a, b, c, d);
            case PrctlConstants.PR_SET_PTRACER:
            case PrctlConstants.PR_TASK_PERF_EVENTS_DISABLE:
            case PrctlConstants.PR_TASK_PERF_EVENTS_ENABLE:
                return 0;
            case PrctlConstants.PR_MCE_KILL_GET:
                return a != 0 || !noMore ? Errno.EINVAL : 2;
            default:
                return Errno.EINVAL;
        }
    }

    private static SyscallResult SetName(SyscallContext context, ulong address)
    {
        // strncpy_from_user(): at most 15 bytes count, longer names are cut silently.
        Span<byte> bytes = stackalloc byte[NameSize];
        int length = 0;
        while (length < NameSize - 1)
        {
            if (!context.Memory.TryRead(address + (ulong)length, out byte value))
            {
                return Errno.EFAULT;
            }

            if (value == 0)
            {
                break;
            }

            bytes[length++] = value;
        }

        string name = Kernel.FileSystems.FileName.Decode(bytes[..length]);
        context.Thread.Name = name;
        if (context.Thread.Tid == context.Process.Pid)
        {
            context.Process.CommandName = name;
        }

        return 0;
    }

    private static SyscallResult GetName(SyscallContext context, ulong address)
    {
        string name = context.Thread.Tid == context.Process.Pid ? context.Process.CommandName : context.Thread.Name;
        Span<byte> bytes = stackalloc byte[NameSize];
        bytes.Clear();
        byte[] encoded = Kernel.FileSystems.FileName.Encode(name);
        encoded.AsSpan(0, Math.Min(encoded.Length, NameSize - 1)).CopyTo(bytes);
        return context.Memory.TryWrite(address, bytes) ? 0 : Errno.EFAULT;
    }

    private static SyscallResult SetVma(SyscallContext context, in SyscallArguments args)
    {
        if (args.Arg1 != PrctlConstants.PR_SET_VMA_ANON_NAME)
        {
            return Errno.EINVAL;
        }

        string? name = null;
        if (args.Arg4 != 0)
        {
            Errno error = context.Memory.TryReadCString(args.Arg4, MaximumVmaName, out byte[] bytes);
            if (error != Errno.None)
            {
                return error == Errno.ENAMETOOLONG ? Errno.EINVAL : error;
            }

            foreach (byte value in bytes)
            {
                if (value is < 0x20 or > 0x7E || "\\`$[]".Contains((char)value, StringComparison.Ordinal))
                {
                    return Errno.EINVAL;
                }
            }

            name = $"[anon:{Encoding.ASCII.GetString(bytes)}]";
        }

        return context.Memory.SetName(args.Arg2, args.Arg3, name);
    }

    // No capability is ever inheritable across a change of user here, so the ambient set is always empty.
    private static SyscallResult Ambient(ulong command, ulong capability, ulong c, ulong d) => (int)command switch
    {
        PrctlConstants.PR_CAP_AMBIENT_CLEAR_ALL => capability != 0 || c != 0 || d != 0 ? Errno.EINVAL : 0,
        PrctlConstants.PR_CAP_AMBIENT_IS_SET or PrctlConstants.PR_CAP_AMBIENT_LOWER => capability > CapabilityConstants.CAP_LAST_CAP || c != 0 || d != 0 ? Errno.EINVAL : 0,
        PrctlConstants.PR_CAP_AMBIENT_RAISE => capability > CapabilityConstants.CAP_LAST_CAP || c != 0 || d != 0 ? Errno.EINVAL : Errno.EPERM,
        _ => Errno.EINVAL,
    };
}
