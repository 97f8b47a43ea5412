using HermiTux.Abi;
using HermiTux.Kernel.Scheduling;
using HermiTux.Kernel.Signals;

namespace HermiTux.Kernel;

public sealed partial class Process
{
    private const int PendingLimitIndex = 11;

    // UAPI_SA_FLAGS: others are dropped, by which programs find out what is supported.
    private const ulong KnownActionFlags = SignalConstants.SA_NOCLDSTOP | SignalConstants.SA_NOCLDWAIT | SignalConstants.SA_SIGINFO | SignalConstants.SA_ONSTACK |
        SignalConstants.SA_RESTART | SignalConstants.SA_NODEFER | SignalConstants.SA_RESETHAND | SignalConstants.SA_RESTORER | ExposeTagBits;

    private const ulong ExposeTagBits = 0x800;
    private readonly List<GuestThread> _stopped = [];

    /// <summary>Guards signals and the thread list (the kernel's siglock).</summary>
    internal Lock SignalLock { get; } = new();

    /// <summary>Dispositions.</summary>
    internal SignalActions SignalActions { get; } = new();

    /// <summary>Signals sent to the process as a whole.</summary>
    internal PendingSignals SharedPending { get; } = new();

    /// <summary>Who waits on signalfd(2) files.</summary>
    internal WaitQueue SignalArrived { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    /// <summary>Whether a stop signal holds the process.</summary>
    internal bool IsStopped { get; private set; }

    /// <summary>
    /// rt_sigaction(2): the disposition of a signal, and its replacement if there is one.
    /// </summary>
    /// <returns>None, or EINVAL: no such signal, or SIGKILL and SIGSTOP, which can't be changed.</returns>
    public Errno ChangeSignalAction(int signal, KernelSigAction? replacement, out KernelSigAction old)
    {
        old = default;
        if (!SignalSet.IsValid(signal) || (replacement is not null && SignalSet.Contains(SignalSet.Unblockable, signal)))
        {
            return Errno.EINVAL;
        }

        lock (SignalLock)
        {
            old = SignalActions[signal];
            if (replacement is { } action)
            {
                action.Mask &= ~SignalSet.Unblockable;
                action.Flags &= KnownActionFlags;
                SignalActions[signal] = action;
                if (SignalActions.IsIgnored(signal))
                {
                    // POSIX: ignoring a signal discards it where it is pending.
                    RemovePending(SignalSet.Of(signal));
                }
            }
        }

        return Errno.None;
    }

    /// <summary>Sends a signal to the process (kill(2), sigqueue(3), timers). Any thread.</summary>
    /// <returns>None, or EAGAIN when too many real-time signals are queued (RLIMIT_SIGPENDING).</returns>
    public Errno Post(in SigInfo info) => Post(info, null);

    /// <summary>Sends a signal to the process, or to one of its threads.</summary>
    internal Errno Post(in SigInfo info, GuestThread? target)
    {
        int signal = info.Signo;
        if (signal == (int)Signal.SIGKILL)
        {
            ExitGroup(signal, info);
            return Errno.None;
        }

        lock (SignalLock)
        {
            if (IsExiting || _threads.Count == 0)
            {
                return Errno.None;
            }

            if (SignalSet.Contains(SignalSet.Stopping, signal))
            {
                RemovePending(SignalSet.Of(Signal.SIGCONT));
            }
            else if (signal == (int)Signal.SIGCONT)
            {
                RemovePending(SignalSet.Stopping);
                Continue();
            }

            GuestThread addressee = target ?? _threads[0];
            if (SignalActions.IsIgnored(signal) && !SignalSet.Contains(addressee.Signals.Mask, signal))
            {
                return Errno.None;
            }

            PendingSignals pending = target is null ? SharedPending : target.Signals.Own;
            bool realtime = signal >= (int)Signal.SIGRTMIN;
            bool hasRoom = (!realtime && info.Code >= 0) || info.Code == SignalConstants.SI_TIMER || (ulong)QueuedSignals < ResourceLimits[PendingLimitIndex].Soft;
            if (!hasRoom && realtime && info.Code != SignalConstants.SI_USER)
            {
                return Errno.EAGAIN;
            }

            if (!pending.Add(info, hasRoom))
            {
                return Errno.None;
            }

            SignalArrived.Wake(PollEvents.In);
            ulong bit = SignalSet.Of(signal);
            if (target is not null)
            {
                if ((target.Signals.Deliverable & bit) != 0)
                {
                    target.Kick();
                }
            }
            else
            {
                _threads.Find(t => !t.HasExited && (t.Signals.Deliverable & bit) != 0)?.Kick();
            }
        }

        return Errno.None;
    }

    /// <summary>A stop signal took its default action. Call with the signal lock held.</summary>
    internal void Stop(int signal)
    {
        // The terminal's stop signals don't stop an orphaned process group, which the machine's first process leads.
        if (signal != (int)Signal.SIGSTOP && ParentPid == 0)
        {
            return;
        }

        IsStopped = true;
        foreach (GuestThread thread in _threads)
        {
            thread.Kick();
        }
    }

    /// <summary>Keeps a thread off its worker until the process continues or ends.</summary>
    internal void ParkStopped(GuestThread thread)
    {
        lock (SignalLock)
        {
            if (IsStopped && !IsExiting)
            {
                thread.IsDormant = true;
                _stopped.Add(thread);
                return;
            }
        }

        Machine.Scheduler.Enqueue(new WorkItem(thread));
    }

    /// <summary>
    /// retarget_shared_pending(): a thread that may have been chosen for signals sent to the process can't take them any more;
    /// another one must look. Call with the signal lock held.
    /// </summary>
    internal void RetargetSignals(GuestThread from, ulong signals)
    {
        ulong pending = SharedPending.Set & signals;
        foreach (GuestThread thread in _threads)
        {
            if (pending == 0)
            {
                return;
            }

            if (thread != from && !thread.HasExited && (thread.Signals.Deliverable & pending) is not 0 and var taken)
            {
                thread.Kick();
                pending &= ~taken;
            }
        }
    }

    /// <summary>What RLIMIT_SIGPENDING counts. Call with the signal lock held.</summary>
    internal int QueuedSignals => SharedPending.Count + _threads.Sum(t => t.Signals.Own.Count);

    private void Continue()
    {
        IsStopped = false;
        foreach (GuestThread thread in _stopped)
        {
            Machine.Scheduler.Enqueue(new WorkItem(thread));
        }

        _stopped.Clear();
    }

    private void RemovePending(ulong set)
    {
        SharedPending.Remove(set);
        foreach (GuestThread thread in _threads)
        {
            thread.Signals.Own.Remove(set);
        }
    }
}
