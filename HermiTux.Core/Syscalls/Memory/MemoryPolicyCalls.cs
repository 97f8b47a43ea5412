using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Memory;

namespace HermiTux.Syscalls.Memory;

/// <summary>get_mempolicy(2), set_mempolicy(2), mbind(2), migrate_pages(2), move_pages(2) of a machine with one node.</summary>
internal static class MemoryPolicyCalls
{
    private const int MPOL_DEFAULT = 0;
    private const int MPOL_PREFERRED = 1;
    private const int MPOL_BIND = 2;
    private const int MPOL_LOCAL = 4;
    private const int MPOL_WEIGHTED_INTERLEAVE = 6;
    private const int MPOL_F_STATIC_NODES = 1 << 15;
    private const int MPOL_F_RELATIVE_NODES = 1 << 14;
    private const int MPOL_F_NUMA_BALANCING = 1 << 13;
    private const int ModeFlags = MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES | MPOL_F_NUMA_BALANCING;
    private const uint MPOL_F_NODE = 1;
    private const uint MPOL_F_ADDR = 2;
    private const uint MPOL_F_MEMS_ALLOWED = 4;
    private const uint MPOL_MF_STRICT = 1;
    private const uint MPOL_MF_MOVE = 2;
    private const uint MPOL_MF_MOVE_ALL = 4;

    // MAX_NUMNODES of the common configurations.
    private const ulong MaximumNodes = 1024;

    public static SyscallResult Get(SyscallContext context, SyscallArguments args)
    {
        uint flags = (uint)args.Arg4;
        if (args.Arg1 != 0 && args.Arg2 < 1)
        {
            return Errno.EINVAL;
        }

        if ((flags & ~(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED)) != 0)
        {
            return Errno.EINVAL;
        }

        if ((flags & MPOL_F_MEMS_ALLOWED) != 0)
        {
            return (flags & (MPOL_F_NODE | MPOL_F_ADDR)) != 0 ? Errno.EINVAL
                : args.Arg0 != 0 && context.Write(args.Arg0, 0) != Errno.None ? Errno.EFAULT
                : WriteMask(context, args.Arg1, args.Arg2, 1);
        }

        (int mode, ulong nodes) = context.Thread.MemoryPolicy;
        int policy = mode;
        if ((flags & MPOL_F_ADDR) != 0)
        {
            if (!context.Memory.Mappings.Any(m => args.Arg3 >= m.Start && args.Arg3 < m.End))
            {
                return Errno.EFAULT;
            }

            (policy, nodes) = (flags & MPOL_F_NODE) != 0 ? (0, nodes) : (MPOL_DEFAULT, 0);
        }
        else if (args.Arg3 != 0)
        {
            return Errno.EINVAL;
        }
        else if ((flags & MPOL_F_NODE) != 0)
        {
            if ((mode & ~ModeFlags) is not (3 or MPOL_WEIGHTED_INTERLEAVE))
            {
                return Errno.EINVAL;
            }

            policy = 0;
        }

        return args.Arg0 != 0 && context.Write(args.Arg0, policy) != Errno.None ? Errno.EFAULT : args.Arg1 == 0 ? 0 : WriteMask(context, args.Arg1, args.Arg2, nodes);
    }

    public static SyscallResult Set(SyscallContext context, SyscallArguments args)
    {
        Errno error = ReadPolicy(context, (int)args.Arg0, args.Arg1, args.Arg2, out ulong nodes);
        if (error == Errno.None)
        {
            context.Thread.MemoryPolicy = ((int)args.Arg0, nodes);
        }

        return error;
    }

    public static SyscallResult Bind(SyscallContext context, SyscallArguments args)
    {
        ulong start = args.Arg0;
        ulong end = start + Page.Ceiling(args.Arg1);
        uint flags = (uint)args.Arg5;
        Errno error = ReadPolicy(context, (int)args.Arg2, args.Arg3, args.Arg4, out _);
        if (error != Errno.None)
        {
            return error;
        }

        if ((flags & ~(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) != 0 || !Page.IsAligned(start) || end < start)
        {
            return Errno.EINVAL;
        }

        // Every page must be mapped; where it lies is the same node anyway.
        ulong at = start;
        foreach (VmaInfo vma in context.Memory.Mappings)
        {
            if (vma.Start <= at && at < vma.End)
            {
                at = vma.End;
            }
        }

        return at >= end ? 0 : Errno.EFAULT;
    }

    public static SyscallResult Migrate(SyscallContext context, SyscallArguments args)
    {
        Errno error = ReadNodes(context, args.Arg2, args.Arg1, out _);
        error = error != Errno.None ? error : ReadNodes(context, args.Arg3, args.Arg1, out _);
        int pid = (int)args.Arg0;
        return error != Errno.None ? error
            : pid != 0 && context.Machine.FindProcess(pid) is null ? Errno.ESRCH
            : !ReadNodes(context, args.Arg3, args.Arg1, out ulong target).Equals(Errno.None) || (target & 1) == 0 ? Errno.EINVAL
            : 0;
    }

    public static SyscallResult Move(SyscallContext context, SyscallArguments args)
    {
        uint flags = (uint)args.Arg5;
        ulong count = args.Arg1;
        if ((flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) != 0)
        {
            return Errno.EINVAL;
        }

        if ((flags & MPOL_MF_MOVE_ALL) != 0 && context.Process.Credentials.Euid != 0)
        {
            return Errno.EPERM;
        }

        int pid = (int)args.Arg0;
        Process? process = pid == 0 ? context.Process : context.Machine.FindProcess(pid);
        if (process is null)
        {
            return Errno.ESRCH;
        }

        for (ulong i = 0; i < count; i++)
        {
            if (context.Thread.IsInterrupted)
            {
                return Errno.ERESTARTNOINTR;
            }

            if (!context.Memory.TryRead(args.Arg2 + (i * 8), out ulong page))
            {
                return Errno.EFAULT;
            }

            if (args.Arg3 != 0)
            {
                if (!context.Memory.TryRead(args.Arg3 + (i * 4), out int node))
                {
                    return Errno.EFAULT;
                }

                if (node != 0)
                {
                    return Errno.ENODEV;
                }
            }

            VmaInfo vma = process.Memory.Mappings.FirstOrDefault(m => page >= m.Start && page < m.End);
            int status = vma.End == 0 ? -(int)Errno.EFAULT : vma.ResidentPages == 0 ? -(int)Errno.ENOENT : 0;
            if (context.Write(args.Arg4 + (i * 4), status) != Errno.None)
            {
                return Errno.EFAULT;
            }
        }

        return 0;
    }

    private static Errno ReadPolicy(SyscallContext context, int mode, ulong mask, ulong maximum, out ulong nodes)
    {
        nodes = 0;
        int plain = mode & ~ModeFlags;
        if (plain is < MPOL_DEFAULT or > MPOL_WEIGHTED_INTERLEAVE || (mode & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)) == (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES) ||
            ((mode & MPOL_F_NUMA_BALANCING) != 0 && plain != MPOL_BIND))
        {
            return Errno.EINVAL;
        }

        Errno error = ReadNodes(context, mask, maximum, out nodes);
        return error != Errno.None ? error : plain switch
        {
            MPOL_DEFAULT or MPOL_LOCAL => nodes != 0 || (mode & ModeFlags) != 0 ? Errno.EINVAL : Errno.None,
            MPOL_PREFERRED => nodes == 0 && (mode & ModeFlags) != 0 ? Errno.EINVAL : nodes > 1 ? Errno.EINVAL : Errno.None,
            _ => (nodes & 1) == 0 ? Errno.EINVAL : Errno.None,
        };
    }

    // get_nodes(): the count is one too high, and what lies beyond the nodes that exist must be 0.
    private static Errno ReadNodes(SyscallContext context, ulong address, ulong maximum, out ulong nodes)
    {
        nodes = 0;
        ulong bits = maximum - 1;
        if (maximum <= 1 || address == 0)
        {
            return Errno.None;
        }

        if (bits > Page.Size * 8)
        {
            return Errno.EINVAL;
        }

        for (ulong word = 0; word * 64 < bits; word++)
        {
            if (!context.Memory.TryRead(address + (word * 8), out ulong value))
            {
                return Errno.EFAULT;
            }

            ulong valid = Math.Min(64, bits - (word * 64));
            value &= valid == 64 ? ulong.MaxValue : (1UL << (int)valid) - 1;
            if (word == 0)
            {
                nodes = value;
            }
            else if (value != 0 && word * 64 >= MaximumNodes)
            {
                return Errno.EINVAL;
            }
        }

        return Errno.None;
    }

    private static Errno WriteMask(SyscallContext context, ulong address, ulong maximum, ulong nodes)
    {
        if (address == 0)
        {
            return Errno.None;
        }

        ulong bytes = (maximum + 63) / 64 * 8;
        for (ulong at = 0; at < Math.Min(bytes, MaximumNodes / 8); at += 8)
        {
            if (!context.Memory.TryWrite(address + at, at == 0 ? nodes : 0UL))
            {
                return Errno.EFAULT;
            }
        }

        return Errno.None;
    }
}
