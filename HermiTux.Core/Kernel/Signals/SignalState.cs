using HermiTux.Abi;
using HermiTux.Cpu;

namespace HermiTux.Kernel.Signals;

/// <summary>
/// What a thread has of signals: mask, pending signals of its own, alternate stack, and the details of its last fault.
/// </summary>
/// <remarks>Mask and stack are changed by the thread itself only; signals may be posted from any thread.</remarks>
public sealed class SignalState
{
    private readonly GuestThread _thread;
    private ulong _mask;
    private ulong _savedMask;
    private bool _restoreMask;

    internal SignalState(GuestThread thread)
    {
        _thread = thread;
    }

    /// <summary>Signals sent to this thread in particular.</summary>
    internal PendingSignals Own { get; } = new();

    /// <summary>Signals that rt_sigtimedwait(2) waits for now, although they are blocked.</summary>
    internal ulong Awaited { get; private set; }

    /// <summary>The alternate stack (sigaltstack(2)); <c>Flags</c> is SS_DISABLE when there is none.</summary>
    internal StackT AlternateStack { get; set; } = new() { Flags = SignalConstants.SS_DISABLE };

    /// <summary>Trap number, hardware error code and CR2 of the last fault: they go into every later frame, as on Linux.</summary>
    internal (X86Exception Trap, uint ErrorCode, ulong Cr2) LastFault { get; set; }

    /// <summary>
    /// The blocked signals (rt_sigprocmask(2)). Setting it drops SIGKILL and SIGSTOP from the set; signals that become
    /// deliverable are delivered before the thread goes back to guest code.
    /// </summary>
    public ulong Mask
    {
        get => Volatile.Read(ref _mask);
        set
        {
            lock (_thread.Process.SignalLock)
            {
                ulong blocked = value & ~SignalSet.Unblockable;
                ulong added = blocked & ~_mask;
                Volatile.Write(ref _mask, blocked);
                _thread.UpdateSignalAttention();
                if (added != 0)
                {
                    _thread.Process.RetargetSignals(_thread, added);
                }
            }
        }
    }

    /// <summary>rt_sigpending(2): blocked signals that are pending for the thread or its process.</summary>
    public ulong Pending
    {
        get
        {
            lock (_thread.Process.SignalLock)
            {
                return (Own.Set | _thread.Process.SharedPending.Set) & _mask;
            }
        }
    }

    /// <summary>The mask to save in a frame: the one from before a call such as sigsuspend(2) changed it.</summary>
    internal ulong MaskForFrame => _restoreMask ? _savedMask : _mask;

    /// <summary>
    /// ppoll(2), pselect6(2), epoll_pwait(2): installs a mask for the length of the call. Follow with <see cref="EndTemporaryMask"/>.
    /// </summary>
    public void BeginTemporaryMask(ulong mask)
    {
        _savedMask = _mask;
        _restoreMask = true;
        Mask = mask;
    }

    /// <summary>
    /// Ends <see cref="BeginTemporaryMask"/>. When the call was interrupted by a signal, the old mask comes back only after the
    /// signal was delivered, because it may be one that only the temporary mask lets through.
    /// </summary>
    public void EndTemporaryMask(bool interrupted)
    {
        if (!interrupted)
        {
            RestoreMask();
        }
    }

    /// <summary>Puts the mask back that a call had replaced, if any.</summary>
    internal void RestoreMask()
    {
        if (_restoreMask)
        {
            _restoreMask = false;
            Mask = _savedMask;
        }
    }

    /// <summary>A frame was built with the saved mask: the frame restores it.</summary>
    internal void ForgetSavedMask() => _restoreMask = false;

    /// <summary>
    /// rt_sigsuspend(2): replaces the mask and waits for a signal. Always ERESTARTNOHAND, which the run loop turns into EINTR
    /// once a handler ran.
    /// </summary>
    public async ValueTask<Errno> SuspendAsync(ulong mask)
    {
        BeginTemporaryMask(mask);
        await _thread.SleepUntilAsync(null).ConfigureAwait(false);
        return Errno.ERESTARTNOHAND;
    }

    /// <summary>
    /// rt_sigtimedwait(2): takes a pending signal of <paramref name="set"/>, waiting for one until the deadline (monotonic
    /// nanoseconds; null waits for ever, a past one only looks).
    /// </summary>
    /// <returns>The signal's information; EAGAIN at the deadline, EINTR when another signal is to be delivered.</returns>
    public async ValueTask<Result<SigInfo>> WaitForAsync(ulong set, long? deadline)
    {
        set &= ~SignalSet.Unblockable;
        Process process = _thread.Process;
        while (true)
        {
            lock (process.SignalLock)
            {
                if (TakePending(set, out SigInfo info))
                {
                    Awaited = 0;
                    _thread.UpdateSignalAttention();
                    return info;
                }

                Awaited = set;
            }

            if (deadline <= process.Machine.MonotonicNanoseconds)
            {
                Awaited = 0;
                return Errno.EAGAIN;
            }

            WaitOutcome outcome = await _thread.SleepUntilAsync(deadline).ConfigureAwait(false);
            lock (process.SignalLock)
            {
                Awaited = 0;
                if (_thread.IsDetached)
                {
                    return Errno.EINTR;
                }

                if (TakePending(set, out SigInfo info))
                {
                    _thread.UpdateSignalAttention();
                    return info;
                }

                _thread.UpdateSignalAttention();
                if (outcome == WaitOutcome.TimedOut)
                {
                    return Errno.EAGAIN;
                }

                if (_thread.IsInterrupted)
                {
                    return Errno.EINTR;
                }
            }
        }
    }

    /// <summary>
    /// sigaltstack(2). <paramref name="current"/> gets the stack as it was, with SS_ONSTACK when the thread runs on it.
    /// </summary>
    /// <param name="replacement">The new stack, or null to only ask.</param>
    /// <param name="stackPointer">RSP at the call.</param>
    /// <param name="current">The old stack.</param>
    /// <returns>None; EPERM while running on the stack; EINVAL for unknown flags; ENOMEM when it is too small.</returns>
    public Errno ChangeAlternateStack(StackT? replacement, ulong stackPointer, out StackT current)
    {
        StackT old = AlternateStack;
        current = old with { Flags = AlternateStackFlags(stackPointer) | (old.Flags & SignalConstants.SS_AUTODISARM), Padding = 0 };
        if (replacement is not { } stack)
        {
            return Errno.None;
        }

        if (IsOnAlternateStack(stackPointer))
        {
            return Errno.EPERM;
        }

        uint mode = stack.Flags & ~SignalConstants.SS_AUTODISARM;
        if (mode is not (SignalConstants.SS_DISABLE or SignalConstants.SS_ONSTACK or 0))
        {
            return Errno.EINVAL;
        }

        if (mode == SignalConstants.SS_DISABLE)
        {
            stack.Size = 0;
            stack.Sp = 0;
        }
        else if (stack.Size < MinimumStackSize)
        {
            return Errno.ENOMEM;
        }

        AlternateStack = stack;
        return Errno.None;
    }

    /// <summary>MINSIGSTKSZ of x86-64.</summary>
    internal const ulong MinimumStackSize = 2048;

    /// <summary>on_sig_stack(): whether an address is within the alternate stack; never with SS_AUTODISARM.</summary>
    internal bool IsOnAlternateStack(ulong sp) =>
        (AlternateStack.Flags & SignalConstants.SS_AUTODISARM) == 0 && IsWithinAlternateStack(sp);

    /// <summary>__on_sig_stack(): the same without regard to SS_AUTODISARM.</summary>
    internal bool IsWithinAlternateStack(ulong sp) => sp > AlternateStack.Sp && sp - AlternateStack.Sp <= AlternateStack.Size;

    /// <summary>sas_ss_flags(): SS_DISABLE, SS_ONSTACK or 0.</summary>
    internal uint AlternateStackFlags(ulong sp) =>
        AlternateStack.Size == 0 ? SignalConstants.SS_DISABLE : IsOnAlternateStack(sp) ? (uint)SignalConstants.SS_ONSTACK : 0;

    /// <summary>Signals that may be delivered now. Call with the signal lock held.</summary>
    internal ulong Deliverable => (Own.Set | _thread.Process.SharedPending.Set) & ~(_mask & ~Awaited);

    /// <summary>Takes the next signal of <paramref name="set"/>: the thread's own before the process's. Call with the signal lock held.</summary>
    internal bool TakePending(ulong set, out SigInfo info) =>
        Own.TryTake(set, out info) || _thread.Process.SharedPending.TryTake(set, out info);

    /// <summary>clone(2): the child inherits the mask; the alternate stack only goes along with a copied address space.</summary>
    internal void InheritFrom(SignalState parent, bool keepAlternateStack)
    {
        _mask = parent._restoreMask ? parent._savedMask : parent._mask;
        if (keepAlternateStack)
        {
            AlternateStack = parent.AlternateStack;
        }
    }
}
