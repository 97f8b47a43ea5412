using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Identity;

/// <summary>Process ids, user and group ids (credentials(7)), process groups and sessions, capabilities.</summary>
/// <remarks>A privileged caller is one with effective user 0: the machine has one user namespace and no file capabilities.</remarks>
internal static class IdentityCalls
{
    private const ulong AllCapabilities = (1UL << (CapabilityConstants.CAP_LAST_CAP + 1)) - 1;

    public static SyscallResult GetPid(SyscallContext context, SyscallArguments args) => context.Process.Pid;

    public static SyscallResult GetParentPid(SyscallContext context, SyscallArguments args) => context.Process.ParentPid;

    public static SyscallResult GetTid(SyscallContext context, SyscallArguments args) => context.Thread.Tid;

    public static SyscallResult GetUid(SyscallContext context, SyscallArguments args) => (long)context.Process.Credentials.Uid;

    public static SyscallResult GetEffectiveUid(SyscallContext context, SyscallArguments args) => (long)context.Process.Credentials.Euid;

    public static SyscallResult GetGid(SyscallContext context, SyscallArguments args) => (long)context.Process.Credentials.Gid;

    public static SyscallResult GetEffectiveGid(SyscallContext context, SyscallArguments args) => (long)context.Process.Credentials.Egid;

    public static SyscallResult SetUid(SyscallContext context, SyscallArguments args) =>
        ChangeUser(context, (ref IdSet ids, bool privileged) => ids.Set(privileged, (uint)args.Arg0));

    public static SyscallResult SetGid(SyscallContext context, SyscallArguments args) =>
        ChangeGroup(context, (ref IdSet ids, bool privileged) => ids.Set(privileged, (uint)args.Arg0));

    public static SyscallResult SetRealEffectiveUid(SyscallContext context, SyscallArguments args) =>
        ChangeUser(context, (ref IdSet ids, bool privileged) => ids.SetRealAndEffective(privileged, (uint)args.Arg0, (uint)args.Arg1));

    public static SyscallResult SetRealEffectiveGid(SyscallContext context, SyscallArguments args) =>
        ChangeGroup(context, (ref IdSet ids, bool privileged) => ids.SetRealAndEffective(privileged, (uint)args.Arg0, (uint)args.Arg1));

    public static SyscallResult SetAllUids(SyscallContext context, SyscallArguments args) =>
        ChangeUser(context, (ref IdSet ids, bool privileged) => ids.SetThree(privileged, (uint)args.Arg0, (uint)args.Arg1, (uint)args.Arg2));

    public static SyscallResult SetAllGids(SyscallContext context, SyscallArguments args) =>
        ChangeGroup(context, (ref IdSet ids, bool privileged) => ids.SetThree(privileged, (uint)args.Arg0, (uint)args.Arg1, (uint)args.Arg2));

    public static SyscallResult GetAllUids(SyscallContext context, SyscallArguments args)
    {
        Credentials c = context.Process.Credentials;
        return Write3(context, args, c.Uid, c.Euid, c.Suid);
    }

    public static SyscallResult GetAllGids(SyscallContext context, SyscallArguments args)
    {
        Credentials c = context.Process.Credentials;
        return Write3(context, args, c.Gid, c.Egid, c.Sgid);
    }

    public static SyscallResult SetFileSystemUid(SyscallContext context, SyscallArguments args)
    {
        Credentials c = context.Process.Credentials;
        IdSet ids = IdSet.OfUser(c);
        uint old = ids.FileSystem;
        ids.SetFileSystem(c.Euid == 0, (uint)args.Arg0);
        ids.StoreUser(c);
        return (long)old;
    }

    public static SyscallResult SetFileSystemGid(SyscallContext context, SyscallArguments args)
    {
        Credentials c = context.Process.Credentials;
        IdSet ids = IdSet.OfGroup(c);
        uint old = ids.FileSystem;
        ids.SetFileSystem(c.Euid == 0, (uint)args.Arg0);
        ids.StoreGroup(c);
        return (long)old;
    }

    public static SyscallResult GetGroups(SyscallContext context, SyscallArguments args)
    {
        uint[] groups = context.Process.Credentials.Groups;
        int size = (int)args.Arg0;
        if (size < 0 || (size != 0 && size < groups.Length))
        {
            return Errno.EINVAL;
        }

        return size == 0 || context.Memory.TryWrite(args.Arg1, System.Runtime.InteropServices.MemoryMarshal.AsBytes(groups.AsSpan()))
            ? groups.Length
            : Errno.EFAULT;
    }

    public static SyscallResult SetGroups(SyscallContext context, SyscallArguments args)
    {
        if (context.Process.Credentials.Euid != 0)
        {
            return Errno.EPERM;
        }

        if ((uint)args.Arg0 > Fcntl.NGROUPS_MAX)
        {
            return Errno.EINVAL;
        }

        uint[] groups = new uint[(uint)args.Arg0];
        if (!context.Memory.TryRead(args.Arg1, System.Runtime.InteropServices.MemoryMarshal.AsBytes(groups.AsSpan())))
        {
            return Errno.EFAULT;
        }

        Array.Sort(groups);
        context.Process.Credentials.Groups = groups;
        return 0;
    }

    public static SyscallResult GetProcessGroup(SyscallContext context, SyscallArguments args) =>
        Find(context, (int)args.Arg0) is { } process ? process.ProcessGroup : Errno.ESRCH;

    public static SyscallResult GetOwnProcessGroup(SyscallContext context, SyscallArguments args) => context.Process.ProcessGroup;

    public static SyscallResult GetSession(SyscallContext context, SyscallArguments args) =>
        Find(context, (int)args.Arg0) is { } process ? process.Session : Errno.ESRCH;

    public static SyscallResult SetProcessGroup(SyscallContext context, SyscallArguments args)
    {
        int pid = (int)args.Arg0;
        int group = (int)args.Arg1;
        if (group < 0)
        {
            return Errno.EINVAL;
        }

        if (Find(context, pid) is not { } process || (process != context.Process && process.ParentPid != context.Process.Pid))
        {
            return Errno.ESRCH;
        }

        group = group == 0 ? process.Pid : group;
        if (process.Session == process.Pid || process.Session != context.Process.Session)
        {
            return Errno.EPERM;
        }

        if (group != process.Pid && !context.Machine.Processes.Any(p => p.ProcessGroup == group && p.Session == context.Process.Session))
        {
            return Errno.EPERM;
        }

        process.ProcessGroup = group;
        return 0;
    }

    public static SyscallResult CreateSession(SyscallContext context, SyscallArguments args)
    {
        Process process = context.Process;
        if (context.Machine.Processes.Any(p => p.ProcessGroup == process.Pid))
        {
            return Errno.EPERM;
        }

        process.Session = process.Pid;
        process.ProcessGroup = process.Pid;
        return process.Pid;
    }

    public static SyscallResult GetCapabilities(SyscallContext context, SyscallArguments args)
    {
        Errno error = ReadHeader(context, args.Arg0, out int words, out int pid);
        if (error != Errno.None)
        {
            return args.Arg1 == 0 && error == Errno.EINVAL ? 0 : error;
        }

        if (Find(context, pid) is not { } process)
        {
            return pid < 0 ? Errno.EINVAL : Errno.ESRCH;
        }

        if (args.Arg1 == 0)
        {
            return 0;
        }

        (ulong effective, ulong permitted, ulong inheritable) = CapabilitiesOf(process);
        for (int i = 0; i < words; i++)
        {
            var data = new CapUserData
            {
                effective = (uint)(effective >> (32 * i)),
                permitted = (uint)(permitted >> (32 * i)),
                inheritable = (uint)(inheritable >> (32 * i)),
            };
            if (context.Write(args.Arg1 + (ulong)(12 * i), data) != Errno.None)
            {
                return Errno.EFAULT;
            }
        }

        return 0;
    }

    public static SyscallResult SetCapabilities(SyscallContext context, SyscallArguments args)
    {
        Errno error = ReadHeader(context, args.Arg0, out int words, out int pid);
        if (error != Errno.None)
        {
            return error;
        }

        if (pid != 0 && pid != context.Process.Pid)
        {
            return Errno.EPERM;
        }

        (ulong effective, ulong permitted, ulong inheritable) = (0, 0, 0);
        for (int i = 0; i < words; i++)
        {
            if (!context.Memory.TryRead(args.Arg1 + (ulong)(12 * i), out CapUserData data))
            {
                return Errno.EFAULT;
            }

            effective |= (ulong)data.effective << (32 * i);
            permitted |= (ulong)data.permitted << (32 * i);
            inheritable |= (ulong)data.inheritable << (32 * i);
        }

        (effective, permitted, inheritable) = (effective & AllCapabilities, permitted & AllCapabilities, inheritable & AllCapabilities);
        (_, ulong oldPermitted, ulong oldInheritable) = CapabilitiesOf(context.Process);
        if ((permitted & ~oldPermitted) != 0 || (effective & ~permitted) != 0 || (inheritable & ~(oldInheritable | oldPermitted)) != 0)
        {
            return Errno.EPERM;
        }

        context.Process.Capabilities = (effective, permitted, inheritable);
        return 0;
    }

    /// <summary>The sets of a process: what capset(2) left, or all for root and none for others.</summary>
    public static (ulong Effective, ulong Permitted, ulong Inheritable) CapabilitiesOf(Process process)
    {
        ulong all = process.Credentials.Euid == 0 ? AllCapabilities & process.CapabilityBound : 0;
        return process.Capabilities ?? (all, all, 0);
    }

    private static SyscallResult ChangeUser(SyscallContext context, IdChange change)
    {
        Credentials c = context.Process.Credentials;
        IdSet ids = IdSet.OfUser(c);
        Errno error = change(ref ids, c.Euid == 0);
        if (error == Errno.None)
        {
            bool hadRoot = c.Uid == 0 || c.Euid == 0 || c.Suid == 0;
            ids.StoreUser(c);
            if (hadRoot)
            {
                DropCapabilities(context, c);
            }
        }

        return error;
    }

    private static SyscallResult ChangeGroup(SyscallContext context, IdChange change)
    {
        Credentials c = context.Process.Credentials;
        IdSet ids = IdSet.OfGroup(c);
        Errno error = change(ref ids, c.Euid == 0);
        if (error == Errno.None)
        {
            ids.StoreGroup(c);
        }

        return error;
    }

    private static Errno ReadHeader(SyscallContext context, ulong address, out int words, out int pid)
    {
        (words, pid) = (0, 0);
        if (!context.Memory.TryRead(address, out CapUserHeader header))
        {
            return Errno.EFAULT;
        }

        pid = header.pid;
        switch ((int)header.version)
        {
            case CapabilityConstants._LINUX_CAPABILITY_VERSION_1:
                words = 1;
                return Errno.None;
            case CapabilityConstants._LINUX_CAPABILITY_VERSION_2:
            case CapabilityConstants._LINUX_CAPABILITY_VERSION_3:
                words = 2;
                return Errno.None;
            default:
                header.version = CapabilityConstants._LINUX_CAPABILITY_VERSION_3;
                return context.Write(address, header) != Errno.None ? Errno.EFAULT : Errno.EINVAL;
        }
    }

    // Leaving user 0 drops the capabilities that capset(2) had set apart (capabilities(7)).
    private static void DropCapabilities(SyscallContext context, Credentials credentials)
    {
        if (credentials.Uid != 0 && credentials.Euid != 0 && credentials.Suid != 0)
        {
            context.Process.Capabilities = context.Process is { KeepCapabilities: true, Capabilities: { } kept } ? (0, kept.Permitted, kept.Inheritable) : null;
        }
    }

    private static Process? Find(SyscallContext context, int pid) => pid == 0 ? context.Process : context.Machine.FindProcess(pid);

    private static SyscallResult Write3(SyscallContext context, in SyscallArguments args, uint a, uint b, uint c) =>
        context.Write(args.Arg0, a) == Errno.None && context.Write(args.Arg1, b) == Errno.None && context.Write(args.Arg2, c) == Errno.None
            ? 0
            : Errno.EFAULT;

    private delegate Errno IdChange(ref IdSet ids, bool privileged);
}
