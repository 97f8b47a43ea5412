using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Processes;

/// <summary>clone(2), clone3(2), fork(2), vfork(2), exit(2), exit_group(2), wait4(2), waitid(2).</summary>
/// <remarks>
/// Threads are there; a second process is not: what would make one gives ENOSYS. So no process has children, and waiting gives ECHILD.
/// </remarks>
internal static class ThreadCalls
{
    private const ulong ThreadFlags = (ulong)(SchedConstants.CLONE_VM | SchedConstants.CLONE_SIGHAND | SchedConstants.CLONE_THREAD);
    private const ulong NamespaceFlags = (ulong)(SchedConstants.CLONE_NEWNS | SchedConstants.CLONE_NEWCGROUP | SchedConstants.CLONE_NEWUTS |
        SchedConstants.CLONE_NEWIPC | SchedConstants.CLONE_NEWUSER | SchedConstants.CLONE_NEWPID | SchedConstants.CLONE_NEWNET | SchedConstants.CLONE_NEWTIME);

    private const int CloneArgsVersion0 = 64;
    private const int CloneArgsSize = 88;

    public static SyscallResult Exit(SyscallContext context, SyscallArguments args)
    {
        context.Thread.Exit((int)args.Arg0);
        return 0;
    }

    public static SyscallResult ExitGroup(SyscallContext context, SyscallArguments args)
    {
        context.Process.ExitGroup(((int)args.Arg0 & 0xFF) << 8);
        return 0;
    }

    public static SyscallResult Clone(SyscallContext context, SyscallArguments args) => Create(context, new CloneArgs
    {
        flags = (uint)args.Arg0 & ~(ulong)SchedConstants.CSIGNAL,
        exit_signal = args.Arg0 & (ulong)SchedConstants.CSIGNAL,
        stack = args.Arg1,
        parent_tid = args.Arg2,
        child_tid = args.Arg3,
        tls = args.Arg4,
    });

    public static SyscallResult Clone3(SyscallContext context, SyscallArguments args)
    {
        if (args.Arg1 > HermiTux.Memory.Page.Size)
        {
            return Errno.E2BIG;
        }

        if (args.Arg1 < CloneArgsVersion0)
        {
            return Errno.EINVAL;
        }

        Span<byte> buffer = stackalloc byte[HermiTux.Memory.Page.Size];
        buffer = buffer[..Math.Max((int)args.Arg1, CloneArgsSize)];
        buffer.Clear();
        if (!context.Memory.TryRead(args.Arg0, buffer[..(int)args.Arg1]))
        {
            return Errno.EFAULT;
        }

        if (buffer[CloneArgsSize..].ContainsAnyExcept((byte)0))
        {
            return Errno.E2BIG;
        }

        CloneArgs clone = System.Runtime.InteropServices.MemoryMarshal.Read<CloneArgs>(buffer);
        if ((clone.flags & (ulong)(SchedConstants.CLONE_DETACHED | SchedConstants.CSIGNAL)) != 0 || clone.exit_signal > 64 ||
            (clone.stack == 0) != (clone.stack_size == 0) || (clone.set_tid == 0) != (clone.set_tid_size == 0) ||
            ((clone.flags & (ulong)SchedConstants.CLONE_THREAD) != 0 && clone.exit_signal != 0))
        {
            return Errno.EINVAL;
        }

        clone.stack += clone.stack_size;
        return clone.set_tid != 0 ? Errno.EPERM : Create(context, clone);
    }

    public static SyscallResult Fork(SyscallContext context, SyscallArguments args) => UnknownSyscalls.Report(context, null, context.Number);

    public static SyscallResult Wait4(SyscallContext context, SyscallArguments args)
    {
        const int Known = WaitConstants.WNOHANG | WaitConstants.WUNTRACED | WaitConstants.WCONTINUED | WaitConstants.__WNOTHREAD |
            WaitConstants.__WCLONE | WaitConstants.__WALL;
        return ((int)args.Arg2 & ~Known) != 0 ? Errno.EINVAL : (int)args.Arg0 == int.MinValue ? Errno.ESRCH : Errno.ECHILD;
    }

    public static SyscallResult WaitId(SyscallContext context, SyscallArguments args)
    {
        const int Known = WaitConstants.WNOHANG | WaitConstants.WNOWAIT | WaitConstants.WEXITED | WaitConstants.WSTOPPED |
            WaitConstants.WCONTINUED | WaitConstants.__WNOTHREAD | WaitConstants.__WCLONE | WaitConstants.__WALL;
        int options = (int)args.Arg3;
        int type = (int)args.Arg0;
        return (options & ~Known) != 0 || (options & (WaitConstants.WEXITED | WaitConstants.WSTOPPED | WaitConstants.WCONTINUED)) == 0 ||
            type is < WaitConstants.P_ALL or > WaitConstants.P_PIDFD || (type == WaitConstants.P_PID && (int)args.Arg1 <= 0)
            ? Errno.EINVAL
            : type == WaitConstants.P_PIDFD ? Errno.EBADF : Errno.ECHILD;
    }

    private static unsafe SyscallResult Create(SyscallContext context, in CloneArgs args)
    {
        ulong flags = args.flags;
        if (((flags & (ulong)SchedConstants.CLONE_THREAD) != 0 && (flags & (ulong)SchedConstants.CLONE_SIGHAND) == 0) ||
            ((flags & (ulong)SchedConstants.CLONE_SIGHAND) != 0 && (flags & (ulong)SchedConstants.CLONE_VM) == 0) ||
            ((flags & (ulong)SchedConstants.CLONE_NEWNS) != 0 && (flags & (ulong)SchedConstants.CLONE_FS) != 0))
        {
            return Errno.EINVAL;
        }

        if ((flags & NamespaceFlags) != 0)
        {
            return Errno.EPERM;
        }

        if ((flags & ThreadFlags) != ThreadFlags)
        {
            return UnknownSyscalls.Report(context, null, context.Number);
        }

        const ulong SharedByThreads = (ulong)(SchedConstants.CLONE_FS | SchedConstants.CLONE_FILES);
        if ((flags & SharedByThreads) != SharedByThreads || (flags & (ulong)(SchedConstants.CLONE_PIDFD | SchedConstants.CLONE_VFORK)) != 0)
        {
            // Threads with descriptors or a working directory of their own: the tables belong to the process here.
            return Errno.EINVAL;
        }

        if ((flags & (ulong)SchedConstants.CLONE_SETTLS) != 0 && args.tls >= HermiTux.Memory.Page.UserEnd)
        {
            return Errno.EPERM;
        }

        Machine machine = context.Machine;
        if (machine.Processes.Sum(p => p.Threads.Count) >= machine.ThreadLimit)
        {
            return Errno.EAGAIN;
        }

        GuestThread parent = context.Thread;
        var child = new GuestThread { Process = context.Process, Tid = machine.AllocateId(), State = CpuState.Allocate() };

        // SAFETY: both point to a whole CpuState, and the child doesn't run yet.
        *child.State = *parent.State;
        child.State->Rax = 0;
        if (args.stack != 0)
        {
            child.State->Rsp = args.stack;
        }

        if ((flags & (ulong)SchedConstants.CLONE_SETTLS) != 0)
        {
            child.State->FsBase = args.tls;
        }

        child.Name = parent.Name;
        child.Signals.InheritFrom(parent.Signals, keepAlternateStack: false);
        child.ClearChildTid = (flags & (ulong)SchedConstants.CLONE_CHILD_CLEARTID) != 0 ? args.child_tid : 0;
        int tid = child.Tid;
        if ((flags & (ulong)SchedConstants.CLONE_PARENT_SETTID) != 0)
        {
            context.Memory.TryWrite(args.parent_tid, tid);
        }

        if ((flags & (ulong)SchedConstants.CLONE_CHILD_SETTID) != 0)
        {
            context.Memory.TryWrite(args.child_tid, tid);
        }

        lock (context.Process.SignalLock)
        {
            child.UpdateSignalAttention();
        }

        child.Start();
        return tid;
    }
}
