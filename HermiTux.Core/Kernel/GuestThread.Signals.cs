using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Kernel.Signals;
using HermiTux.Memory;

namespace HermiTux.Kernel;

public sealed unsafe partial class GuestThread
{
    // Why the call that just ended is to be made again, if no handler objects.
    private Errno _restart;
    private bool _returnsFromSignal;

    /// <summary>Sends a signal to this thread (tgkill(2), faults). Any thread.</summary>
    /// <returns>None, or EAGAIN when too many real-time signals are queued (RLIMIT_SIGPENDING).</returns>
    public Errno Post(in SigInfo info) => Process.Post(info, this);

    /// <summary>
    /// rt_sigreturn(2): takes the registers, mask and alternate stack from the frame at RSP. A bad frame raises SIGSEGV.
    /// </summary>
    /// <returns>RAX as it is now.</returns>
    public long ReturnFromSignal()
    {
        _returnsFromSignal = true;
        Signals.ForgetSavedMask();
        if (!SignalFrame.TryRestore(this))
        {
            ForceSignal(new SigInfo { Signo = (int)Signal.SIGSEGV, Code = SignalConstants.SI_KERNEL });
        }

        return (long)State->Rax;
    }

    /// <summary>exit(2): ends this thread only; the last one ends the process with this code.</summary>
    public void Exit(int code) => Process.ExitThread(this, code);

    /// <summary>
    /// force_sig(): a signal that a fault of the thread raises. Blocked or ignored, it kills (signal(7)).
    /// </summary>
    internal void ForceSignal(in SigInfo info)
    {
        lock (Process.SignalLock)
        {
            ref KernelSigAction action = ref Process.SignalActions[info.Signo];
            bool blocked = SignalSet.Contains(Signals.Mask, info.Signo);
            if (blocked || action.Handler == SignalConstants.SIG_IGN)
            {
                action.Handler = SignalConstants.SIG_DFL;
                if (blocked)
                {
                    Signals.Mask &= ~SignalSet.Of(info.Signo);
                }
            }

            Signals.Own.Add(info);
            Volatile.Write(ref _signalAttention, 1);
        }
    }

    /// <summary>Recomputes whether the thread is interrupted. Call with the signal lock held.</summary>
    internal void UpdateSignalAttention()
    {
        bool attention = Signals.Deliverable != 0 || Process.IsExiting || Process.IsStopped || HasExited || _restart != Errno.None;
        Volatile.Write(ref _signalAttention, attention ? 1 : 0);
    }

    /// <summary>
    /// exit_to_user_mode: ends or stops the thread if that is due, delivers signals, restarts the interrupted call. False when
    /// the thread doesn't go on.
    /// </summary>
    private bool ReturnToUser(out SliceEnd end)
    {
        end = SliceEnd.Ended;
        while (true)
        {
            SigInfo info;
            KernelSigAction action;
            lock (Process.SignalLock)
            {
                if (Process.IsExiting || HasExited)
                {
                    break;
                }

                if (Process.IsStopped)
                {
                    end = SliceEnd.Stopped;
                    return false;
                }

                if (!Signals.TakePending(~Signals.Mask, out info))
                {
                    RestartCall(null);
                    Signals.RestoreMask();
                    UpdateSignalAttention();
                    if (_signalAttention != 0)
                    {
                        continue;
                    }

                    return true;
                }

                action = Process.SignalActions[info.Signo];
                if (action.Handler == SignalConstants.SIG_IGN)
                {
                    continue;
                }

                if (action.Handler != SignalConstants.SIG_DFL)
                {
                    if ((action.Flags & SignalConstants.SA_RESETHAND) != 0)
                    {
                        Process.SignalActions[info.Signo].Handler = SignalConstants.SIG_DFL;
                    }
                }
                else if (SignalSet.Contains(SignalSet.IgnoredByDefault, info.Signo))
                {
                    continue;
                }
                else if (SignalSet.Contains(SignalSet.Stopping, info.Signo))
                {
                    Process.Stop(info.Signo);
                    continue;
                }
            }

            if (action.Handler == SignalConstants.SIG_DFL)
            {
                Process.ExitGroup(info.Signo, info);
                continue;
            }

            Deliver(info, action);
        }

        Process.Finish(this);
        return false;
    }

    /// <summary>handle_signal(): builds the frame and points the registers at the handler.</summary>
    private void Deliver(in SigInfo info, in KernelSigAction action)
    {
        RestartCall(action);
        ResumeRseq();
        if (!SignalFrame.TryBuild(this, info, action))
        {
            // force_sigsegv(): a fault while delivering SIGSEGV itself can't be handled.
            if (info.Signo == (int)Signal.SIGSEGV)
            {
                lock (Process.SignalLock)
                {
                    Process.SignalActions[info.Signo].Handler = SignalConstants.SIG_DFL;
                }
            }

            ForceSignal(new SigInfo { Signo = (int)Signal.SIGSEGV, Code = SignalConstants.SI_KERNEL });
            return;
        }

        Signals.ForgetSavedMask();
        ulong blocked = Signals.Mask | action.Mask;
        if ((action.Flags & SignalConstants.SA_NODEFER) == 0)
        {
            blocked |= SignalSet.Of(info.Signo);
        }

        Signals.Mask = blocked;
    }

    /// <summary>
    /// Deals with a call that a signal interrupted (signal(7), "Interruption of system calls and library functions by signal
    /// handlers"): with a handler it fails with EINTR or, when both call and handler allow, is made again after the handler;
    /// without one it is made again at once.
    /// </summary>
    private void RestartCall(KernelSigAction? handler)
    {
        Errno restart = _restart;
        if (restart == Errno.None)
        {
            return;
        }

        _restart = Errno.None;
        bool again = handler is null || restart == Errno.ERESTARTNOINTR ||
            (restart == Errno.ERESTARTSYS && (handler.Value.Flags & SignalConstants.SA_RESTART) != 0);
        if (!again)
        {
            State->Rax = unchecked((ulong)-(long)Errno.EINTR);
            return;
        }

        State->Rax = restart == Errno.ERESTART_RESTARTBLOCK ? (ulong)SyscallNumber.restart_syscall : _callNumber;
        State->Rip -= 2;
    }

    /// <summary>Turns a processor exception into the signal that Linux raises for it.</summary>
    private void RaiseFault(in VcpuExit exit)
    {
        if (exit.Exception == X86Exception.PageFault && exit.Fault.Kind == MemoryFaultKind.LimitReached)
        {
            Process.Machine.Stop(StopReason.MemoryLimit);
            return;
        }

        SigInfo info = FaultSignals.Translate(exit, State, out ulong cr2, out X86Exception trap, out uint errorCode);
        if (info.Signo == 0)
        {
            return;
        }

        Signals.LastFault = (trap, errorCode, cr2);
        ForceSignal(info);
    }
}
