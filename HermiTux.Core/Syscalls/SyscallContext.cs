using HermiTux.Kernel;
using HermiTux.Memory;

namespace HermiTux.Syscalls;

/// <summary>Who makes a system call. One instance belongs to one guest thread and is passed to each of its calls.</summary>
public sealed partial class SyscallContext
{
    /// <summary>Creates the context of a thread.</summary>
    public SyscallContext(GuestThread thread)
    {
        Thread = thread;
    }

    /// <summary>The calling thread.</summary>
    public GuestThread Thread { get; }

    /// <summary>Its process.</summary>
    public Process Process => Thread.Process;

    /// <summary>The machine.</summary>
    public Machine Machine => Thread.Process.Machine;

    /// <summary>
    /// Guest memory, for checked copies in and out. Once the thread has been ended while its call waited, memory in which nothing is mapped: what was at the
    /// addresses of the call may be another program's by then (execve(2)). So ask again after each wait; a handler that goes on anywhere but on the guest's own
    /// threads (after awaiting something of the host's) can still come between.
    /// </summary>
    public AddressSpace Memory => Thread.IsDetached ? Machine.NoMemory : Thread.Process.Memory;

    /// <summary>The number of the call being made.</summary>
    public int Number { get; internal set; }
}

/// <summary>A system call that never waits. Must not throw for anything that a guest passes.</summary>
public delegate SyscallResult SyscallHandler(SyscallContext context, SyscallArguments args);

/// <summary>A system call that may wait; while its task is incomplete, the guest thread holds no OS thread.</summary>
public delegate ValueTask<SyscallResult> AsyncSyscallHandler(SyscallContext context, SyscallArguments args);

/// <summary>How faithfully a call is implemented.</summary>
public enum SupportLevel
{
    /// <summary>Not implemented: ENOSYS, or the errno in the note.</summary>
    None,

    /// <summary>Accepted without effect, because the effect doesn't exist here.</summary>
    Stub,

    /// <summary>Implemented but for what the note says.</summary>
    Partial,

    /// <summary>As on Linux.</summary>
    Full,
}
