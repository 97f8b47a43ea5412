using System.Globalization;
using HermiTux.Abi;

namespace HermiTux.Kernel;

/// <summary>pidfd_open(2): a process, or with PIDFD_THREAD a thread, by descriptor. Readable once it has ended.</summary>
internal sealed class PidFd(Process process, GuestThread? thread, int flags)
    : AnonymousFile(Fcntl.O_RDWR | (flags & (Fcntl.O_NONBLOCK | Fcntl.O_EXCL)))
{
    public Process Process { get; } = process;

    /// <summary>The thread; null for the whole process.</summary>
    public GuestThread? Thread { get; } = thread;

    public int Id => Thread?.Tid ?? Process.Pid;

    public override string Description => "anon_inode:[pidfd]";

    public override WaitQueue WaitQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    internal override string FdInfo => string.Create(CultureInfo.InvariantCulture, $"Pid:\t{Id}\nNSpid:\t{Id}\n");

    public override PollEvents Poll() =>
        (Thread?.HasExited ?? false) || Process.IsExiting ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;
}
