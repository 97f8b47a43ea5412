using System.Diagnostics;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Kernel.Scheduling;

namespace HermiTux.Kernel;

public sealed unsafe partial class GuestThread
{
    // One call in 16 is timed for SystemTime; reading the clock twice at each call would cost more than many a call.
    private const int SystemTimeSampling = 16;

    // Non-zero when something is to be done before guest code runs again: a signal, the end, a stop.
    private int _signalAttention;
    private Vcpu? _vcpu;
    private ValueTask<long> _call;
    private bool _isCalling;
    private bool _yields;
    private Action? _callCompleted;
    private ulong _callNumber;
    private int _callCount;
    private bool _isOnWorker;

    [ThreadStatic]
    private static GuestThread? s_current;

    /// <summary>The guest thread whose system call this OS thread works on (the kernel's <c>current</c>); null elsewhere.</summary>
    internal static GuestThread? Current
    {
        get => s_current;
        set => s_current = value;
    }

    /// <summary>Whether a system call of the thread is waiting.</summary>
    internal bool IsCalling => _isCalling;

    /// <summary>Whether a worker has the thread in its hands. Set under <see cref="Process.SignalLock"/>. Any thread.</summary>
    internal bool IsOnWorker => Volatile.Read(ref _isOnWorker);

    /// <summary>sched_yield(2): after the current call the thread goes to the end of the queue, if there is one.</summary>
    internal void Yield() => _yields = true;

    /// <summary>
    /// Runs on a worker until the thread waits, ends, or has used its time slice. The only place where guest code is entered.
    /// </summary>
    internal void RunOn(Worker worker)
    {
        lock (Process.SignalLock)
        {
            IsDormant = false;
            if (IsDetached)
            {
                // The rest of a call that was waiting when the thread was ended.
                DropCall();
                return;
            }

            _isOnWorker = true;
        }

        BeginSlice();
        SliceEnd end = SliceEnd.Ended;
        try
        {
            end = RunSlice(worker);
        }
        finally
        {
            // It may go on elsewhere.
            SyncFloatingPoint();
            Volatile.Write(ref _vcpu, null);
            EndSlice();
            Volatile.Write(ref _isOnWorker, false);
        }

        // Handing the thread over comes last: another worker may have it before this returns.
        switch (end)
        {
            case SliceEnd.Waits:
                Park();
                break;
            case SliceEnd.Yields:
                Scheduler.Enqueue(new WorkItem(this));
                break;
            case SliceEnd.Stopped:
                Process.ParkStopped(this);
                break;
        }
    }

    /// <summary>
    /// Makes the floating-point part of <see cref="State"/> exact: to be called by the thread's own system call before it looks at or changes that part.
    /// </summary>
    internal void SyncFloatingPoint() => _vcpu?.SyncFloatingPoint(State);

    private SliceEnd RunSlice(Worker worker)
    {
        if (_isCalling)
        {
            FinishCall();
        }

        Vcpu vcpu = worker.GetVcpu(Process.Memory);
        Cpu = worker.Index;
        ResumeRseq();

        // Published before the flag is read: whoever raises the flag afterwards sees the vCPU and asks it to exit.
        Volatile.Write(ref _vcpu, vcpu);
        Interlocked.MemoryBarrier();
        if (!MayRunOn(Cpu))
        {
            // Since it was taken from the queue.
            return SliceEnd.Yields;
        }

        while (true)
        {
            if (Volatile.Read(ref _signalAttention) != 0 && !ReturnToUser(out SliceEnd end))
            {
                return end;
            }

            VcpuExit exit = vcpu.Run(State);
            switch (exit.Reason)
            {
                case VcpuExitReason.Syscall:
                    if (!Call())
                    {
                        return SliceEnd.Waits;
                    }

                    if (_yields)
                    {
                        _yields = false;
                        if (MustGiveWay)
                        {
                            return SliceEnd.Yields;
                        }
                    }

                    break;
                case VcpuExitReason.Exception:
                    RaiseFault(exit);
                    break;
                default:
                    if (HasSequenceRestart)
                    {
                        ResumeRseq();
                    }

                    // A signal doesn't save the thread's turn: nothing would ask it again to give way.
                    if (MustGiveWay)
                    {
                        return SliceEnd.Yields;
                    }

                    break;
            }
        }
    }

    /// <summary>Makes the system call in the registers. False when it waits.</summary>
    private bool Call()
    {
        _callNumber = State->Rax;
        bool timed = (++_callCount & (SystemTimeSampling - 1)) == 0;
        long start = timed ? Stopwatch.GetTimestamp() : 0;
        ValueTask<long> call = Process.Machine.Dispatcher.DispatchAsync(this);
        if (timed)
        {
            Volatile.Write(ref _systemTicks, _systemTicks + ((Stopwatch.GetTimestamp() - start) * SystemTimeSampling));
        }

        if (!call.IsCompleted)
        {
            _call = call;
            _isCalling = true;
            return false;
        }

        Complete(call.GetAwaiter().GetResult());
        return true;
    }

    /// <summary>
    /// Asks the waiting call to bring the thread back to a worker. The last thing done with the thread here: it may be running
    /// elsewhere before this returns.
    /// </summary>
    private void Park()
    {
        bool ends;
        lock (Process.SignalLock)
        {
            ends = Process.IsExiting || IsDetached;
            IsDormant = !ends;
        }

        if (ends)
        {
            // Nobody counts on this thread coming back; the rest of the call runs without it.
            Process.Machine.CountDetachedCall(1);
            Process.Finish(this);
        }

        _call.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_callCompleted ??= () => Scheduler.Enqueue(new WorkItem(this)));
    }

    /// <summary>The waiting call is done.</summary>
    private void FinishCall()
    {
        ValueTask<long> call = _call;
        _call = default;
        _isCalling = false;
        Complete(call.GetAwaiter().GetResult());
    }

    private void DropCall()
    {
        if (!_isCalling)
        {
            return;
        }

        ValueTask<long> call = _call;
        _call = default;
        _isCalling = false;
        try
        {
            call.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // Handlers that an embedder wrote are told of the end by a cancelled token.
        }
        finally
        {
            Process.Machine.CountDetachedCall(-1);
        }
    }

    private void Complete(long result)
    {
        if (_returnsFromSignal)
        {
            // rt_sigreturn(2) has set every register, RAX too.
            _returnsFromSignal = false;
            return;
        }

        State->Rax = (ulong)result;
        if (Process.Memory.Frames.LimitReached)
        {
            // What the call says of it is not for the guest to act upon.
            Process.Machine.Stop(StopReason.MemoryLimit);
        }

        if (result is <= -(long)Errno.ERESTARTSYS and >= -(long)Errno.ERESTART_RESTARTBLOCK)
        {
            _restart = (Errno)(-result);
            Volatile.Write(ref _signalAttention, 1);
        }
    }

    /// <summary>Asks the thread to come to its return-to-user check soon, wherever it is. Any thread.</summary>
    internal void Kick()
    {
        Volatile.Write(ref _signalAttention, 1);
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _waiter)?.Interrupt();
        RequestExit();
    }

    /// <summary>Brings the thread back from guest code, if it is there. What it is to find has been said, and a fence passed, before.</summary>
    private void RequestExit()
    {
        if (Volatile.Read(ref _vcpu) is { } vcpu)
        {
            vcpu.RequestExit();
            Scheduler.InterruptUntilHeard();
        }
    }

    /// <summary>Why a thread left its worker.</summary>
    private enum SliceEnd
    {
        /// <summary>It has ended.</summary>
        Ended,

        /// <summary>Its system call waits.</summary>
        Waits,

        /// <summary>Others are to run.</summary>
        Yields,

        /// <summary>The process is stopped.</summary>
        Stopped,
    }
}
