using HermiTux.Cpu;

namespace HermiTux.Kernel;

public sealed unsafe partial class GuestThread
{
    /// <summary>
    /// Another thread of the process with this one's registers, name and signal mask; no pending signals, no alternate stack, no
    /// robust list (clone(2) with CLONE_THREAD). Counted by the process at once, but <see cref="Start"/> makes it run. Only from a
    /// system call of this thread, so that the process can't end in between.
    /// </summary>
    internal GuestThread CreateSibling(int tid)
    {
        var sibling = new GuestThread { Process = Process, Tid = tid, State = CpuState.Allocate(), Name = Name };

        SyncFloatingPoint();

        // SAFETY: two whole register files; neither thread executes.
        *sibling.State = *State;
        sibling.Signals.InheritFrom(Signals, keepAlternateStack: false);
        CopySchedulingTo(sibling);
        lock (Process.SignalLock)
        {
            // What was sent to the process meanwhile, and a stop or an end of it, concern the new thread as well.
            sibling.UpdateSignalAttention();
        }

        return sibling;
    }
}
