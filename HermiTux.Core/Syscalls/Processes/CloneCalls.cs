using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Kernel;
using HermiTux.Memory;
using S = HermiTux.Abi.SchedConstants;

namespace HermiTux.Syscalls.Processes;

/// <summary>clone(2), clone3(2), fork(2), vfork(2).</summary>
/// <remarks>
/// Threads are there; a second process is not yet: what would make one gives ENOSYS, which is what programs know from old kernels.
/// The order of the checks is Linux's (copy_clone_args_from_user, clone3_args_valid, copy_process in kernel/fork.c), so that a wrong
/// combination of flags gives the same error as there.
/// </remarks>
internal static class CloneCalls
{
    private const ulong Shared = (ulong)(S.CLONE_VM | S.CLONE_FS | S.CLONE_FILES | S.CLONE_SIGHAND | S.CLONE_THREAD);
    private const ulong Namespaces = (ulong)(S.CLONE_NEWNS | S.CLONE_NEWCGROUP | S.CLONE_NEWUTS | S.CLONE_NEWIPC | S.CLONE_NEWUSER |
        S.CLONE_NEWPID | S.CLONE_NEWNET | S.CLONE_NEWTIME);

    /// <summary>CLONE_ARGS_SIZE_VER0, and the newest version that is known.</summary>
    private const int FirstArgsSize = 64;
    private const int ArgsSize = 88;
    private const ulong MaximumSetTid = 32;

    public static SyscallResult Clone(SyscallContext context, SyscallArguments args)
    {
        ulong flags = (uint)args.Arg0 & ~(ulong)S.CSIGNAL;
        return (flags & (ulong)S.CLONE_PIDFD) != 0 && (flags & (ulong)(S.CLONE_PARENT_SETTID | S.CLONE_DETACHED)) != 0
            ? Errno.EINVAL
            : Create(context, new CloneArgs
            {
                flags = flags,
                exit_signal = args.Arg0 & (ulong)S.CSIGNAL,
                stack = args.Arg1,
                parent_tid = args.Arg2,
                child_tid = args.Arg3,
                tls = args.Arg4,
            });
    }

    public static SyscallResult Clone3(SyscallContext context, SyscallArguments args)
    {
        Errno error = ReadArguments(context, args.Arg0, args.Arg1, out CloneArgs clone);
        if (error != Errno.None)
        {
            return error;
        }

        const ulong Known = uint.MaxValue | (ulong)(S.CLONE_CLEAR_SIGHAND | S.CLONE_INTO_CGROUP);
        const ulong Unusable = (ulong)(S.CLONE_DETACHED | (S.CSIGNAL & ~S.CLONE_NEWTIME));
        const ulong BothHandlers = (ulong)(S.CLONE_SIGHAND | S.CLONE_CLEAR_SIGHAND);
        ulong flags = clone.flags;
        if ((flags & ~Known) != 0 || (flags & Unusable) != 0 || (flags & BothHandlers) == BothHandlers ||
            ((flags & (ulong)(S.CLONE_THREAD | S.CLONE_PARENT)) != 0 && clone.exit_signal != 0) ||
            (clone.stack == 0) != (clone.stack_size == 0) ||
            clone.stack > Page.UserEnd || clone.stack_size > Page.UserEnd - clone.stack)
        {
            return Errno.EINVAL;
        }

        // Choosing the ids would need CAP_CHECKPOINT_RESTORE over every pid namespace.
        clone.stack += clone.stack_size;
        return clone.set_tid != 0 ? Errno.EPERM : Create(context, clone);
    }

    public static SyscallResult Fork(SyscallContext context, SyscallArguments args) => UnknownSyscalls.Report(context, null, context.Number);

    private static Errno ReadArguments(SyscallContext context, ulong address, ulong size, out CloneArgs args)
    {
        args = default;
        if (size > Page.Size)
        {
            return Errno.E2BIG;
        }

        if (size < FirstArgsSize)
        {
            return Errno.EINVAL;
        }

        // A newer program's longer structure is fine as long as what isn't known here is zero.
        Span<byte> buffer = stackalloc byte[Page.Size];
        buffer.Clear();
        if (!context.Memory.TryRead(address, buffer[..(int)size]))
        {
            return Errno.EFAULT;
        }

        if (buffer[ArgsSize..].ContainsAnyExcept((byte)0))
        {
            return Errno.E2BIG;
        }

        args = MemoryMarshal.Read<CloneArgs>(buffer);
        return args.set_tid_size > MaximumSetTid || (args.set_tid == 0) != (args.set_tid_size == 0) || args.exit_signal > 64 ||
            ((args.flags & (ulong)S.CLONE_INTO_CGROUP) != 0 && (args.cgroup > int.MaxValue || size < ArgsSize))
            ? Errno.EINVAL
            : Errno.None;
    }

    /// <summary>copy_process(), for a thread.</summary>
    private static SyscallResult Create(SyscallContext context, in CloneArgs args)
    {
        ulong flags = args.flags;
        if (!IsPossible(flags))
        {
            return Errno.EINVAL;
        }

        if ((flags & Namespaces) != 0)
        {
            return Errno.EPERM;
        }

        if ((flags & Shared) != Shared || (flags & (ulong)(S.CLONE_VFORK | S.CLONE_INTO_CGROUP)) != 0)
        {
            return UnknownSyscalls.Report(context, null, context.Number);
        }

        if ((flags & (ulong)S.CLONE_SETTLS) != 0 && args.tls >= Page.UserEnd)
        {
            return Errno.EPERM;
        }

        GuestThread child;
        Machine machine = context.Machine;
        lock (machine.ThreadCreation)
        {
            if (machine.ThreadCount >= machine.ThreadLimit)
            {
                return Errno.EAGAIN;
            }

            child = context.Thread.CreateSibling(machine.AllocateId());
        }

        Prepare(child, args);
        int tid = child.Tid;

        // As on Linux, a bad address for these makes no difference to the call.
        if ((flags & (ulong)S.CLONE_PARENT_SETTID) != 0)
        {
            context.Memory.TryWrite(args.parent_tid, tid);
        }

        if ((flags & (ulong)S.CLONE_CHILD_SETTID) != 0)
        {
            context.Memory.TryWrite(args.child_tid, tid);
        }

        child.Start();
        return tid;
    }

    /// <summary>The combinations that copy_process() refuses.</summary>
    private static bool IsPossible(ulong flags)
    {
        bool Has(long flag) => (flags & (ulong)flag) != 0;
        return !(Has(S.CLONE_FS) && (Has(S.CLONE_NEWNS) || Has(S.CLONE_NEWUSER))) &&
            !(Has(S.CLONE_THREAD) && !Has(S.CLONE_SIGHAND)) &&
            !(Has(S.CLONE_SIGHAND) && !Has(S.CLONE_VM)) &&
            !(Has(S.CLONE_THREAD) && (Has(S.CLONE_NEWUSER) || Has(S.CLONE_NEWPID) || Has(S.CLONE_PIDFD)));
    }

    private static unsafe void Prepare(GuestThread child, in CloneArgs args)
    {
        // SAFETY: the child's own registers, and it doesn't run yet.
        CpuState* state = child.State;
        state->Rax = 0;
        if (args.stack != 0)
        {
            state->Rsp = args.stack;
        }

        if ((args.flags & (ulong)S.CLONE_SETTLS) != 0)
        {
            state->FsBase = args.tls;
        }

        child.ClearChildTid = (args.flags & (ulong)S.CLONE_CHILD_CLEARTID) != 0 ? args.child_tid : 0;
    }
}
