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
    private bool _isParking;
    private Action? _callCompleted;
    private ulong _callNumber;
    private int _callCount;

    /// <summary>Whether a system call of the thread is waiting.</summary>
    internal bool IsCalling => _isCalling;

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
                // The rest of a call that was waiting when the process ended.
                DropCall();
                return;
            }
        }

        BeginSlice();
        try
        {
            RunSlice(worker);
        }
        finally
        {
            Volatile.Write(ref _vcpu, null);
            EndSlice();
        }

        if (_isParking)
        {
            _isParking = false;
            Park();
        }
    }

    private void RunSlice(Worker worker)
    {
        if (_isCalling)
        {
            FinishCall();
        }

        Vcpu vcpu = worker.GetVcpu(Process.Memory);

        // Published before the flag is read: whoever raises the flag afterwards sees the vCPU and asks it to exit.
        Volatile.Write(ref _vcpu, vcpu);
        Interlocked.MemoryBarrier();
        while (true)
        {
            if (Volatile.Read(ref _signalAttention) != 0 && !ReturnToUser())
            {
                return;
            }

            VcpuExit exit = vcpu.Run(State);
            switch (exit.Reason)
            {
                case VcpuExitReason.Syscall:
                    if (!Call())
                    {
                        return;
                    }

                    break;
                case VcpuExitReason.Exception:
                    RaiseFault(exit);
                    break;
                default:
                    if (Volatile.Read(ref _signalAttention) == 0 && Scheduler.HasReady)
                    {
                        Scheduler.Enqueue(new WorkItem(this));
                        return;
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
            _isParking = true;
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
            ends = Process.IsExiting;
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
        Volatile.Read(ref _vcpu)?.RequestExit();
    }
}
