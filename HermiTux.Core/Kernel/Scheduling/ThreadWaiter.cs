using System.Threading.Tasks.Sources;
using HermiTux.Kernel.Timers;

namespace HermiTux.Kernel.Scheduling;

/// <summary>
/// The one thing that a guest thread waits with, reused for each of its waits: armed, then completed once by a wake-up, its timer
/// or an interruption, whichever is first.
/// </summary>
/// <remarks>
/// A wake-up never runs foreign code: it only queues the rest of the system call for a worker of the machine. So whoever
/// wakes may hold locks, and what resumes runs where guest code would.
/// </remarks>
internal sealed class ThreadWaiter : IWaiter, IValueTaskSource, IDisposable
{
    // States of _state.
    private const int Idle = 0;
    private const int Armed = 1;
    private const int Completed = 2;

    private readonly GuestThread _thread;
    private readonly Lock _lock = new();
    private MachineTimer? _timer;
    private int _state;
    private short _version;
    private Action<object?>? _continuation;
    private object? _continuationState;

    public ThreadWaiter(GuestThread thread)
    {
        _thread = thread;
    }

    /// <summary>See <see cref="GuestThread.WaitAsync"/>; without queues only the deadline and interruptions end the wait.</summary>
    public async ValueTask<WaitOutcome> WaitAsync(WaitQueue? queue, IReadOnlyList<WaitQueue>? queues, Func<bool>? ready, long? deadline)
    {
        Register(queue, queues);
        Current = new Wait(queue, queues, deadline);
        try
        {
            while (true)
            {
                // Armed before looking: what happens after the look completes the wait below.
                Arm();
                if (_thread.IsDetached)
                {
                    // What it would take is the process's, which the thread isn't of any more: after execve(2) another program's.
                    return WaitOutcome.Interrupted;
                }

                if (ready is not null && ready())
                {
                    return WaitOutcome.Ready;
                }

                if (_thread.IsInterrupted)
                {
                    return WaitOutcome.Interrupted;
                }

                if (deadline is { } end)
                {
                    long remaining = end - _thread.Process.Machine.MonotonicNanoseconds;
                    if (remaining <= 0)
                    {
                        return WaitOutcome.TimedOut;
                    }

                    StartTimer(remaining);
                }

                await new ValueTask(this, _version).ConfigureAwait(false);
            }
        }
        finally
        {
            Current = null;
            Disarm(deadline is not null);
            Unregister(queue, queues);
        }
    }

    /// <summary>What is waited for now, for reports; null while nothing is.</summary>
    public Wait? Current { get; private set; }

    /// <summary>What a thread waits for: one queue, several, or none, and until when.</summary>
    public sealed record Wait(WaitQueue? Queue, IReadOnlyList<WaitQueue>? Queues, long? Deadline)
    {
        /// <summary>Whether nothing but another guest thread or a signal can end it.</summary>
        public bool IsGuestOnly => Deadline is null && (Queue?.IsGuestOnly ?? true) && (Queues?.All(q => q.IsGuestOnly) ?? true);
    }

    /// <inheritdoc/>
    public void Wake(PollEvents events) => Complete();

    /// <summary>Ends the wait because the thread is interrupted. Any thread.</summary>
    public void Interrupt() => Complete();

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token)
    {
        lock (_lock)
        {
            return _state == Completed ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
    }

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        lock (_lock)
        {
            if (_state != Completed)
            {
                _continuation = continuation;
                _continuationState = state;
                return;
            }
        }

        _thread.Resume(continuation, state);
    }

    private void Arm()
    {
        lock (_lock)
        {
            _version++;
            _state = Armed;
            _continuation = null;
            _continuationState = null;
        }
    }

    private void Disarm(bool stopTimer)
    {
        lock (_lock)
        {
            _state = Idle;
        }

        if (stopTimer)
        {
            _timer?.Change(MachineTimer.Never);
        }
    }

    private void Complete()
    {
        Action<object?>? continuation;
        object? state;
        lock (_lock)
        {
            if (_state != Armed)
            {
                return;
            }

            _state = Completed;
            continuation = _continuation;
            state = _continuationState;
        }

        if (continuation is not null)
        {
            _thread.Resume(continuation, state);
        }
    }

    private void StartTimer(long nanoseconds)
    {
        _timer ??= MachineTimer.Create(_thread.Process.Machine.Time, static w => ((ThreadWaiter)w!).Complete(), this);
        _timer.Change(nanoseconds);
    }

    private void Register(WaitQueue? queue, IReadOnlyList<WaitQueue>? queues)
    {
        queue?.Register(this);
        for (int i = 0; i < (queues?.Count ?? 0); i++)
        {
            queues![i].Register(this);
        }
    }

    private void Unregister(WaitQueue? queue, IReadOnlyList<WaitQueue>? queues)
    {
        queue?.Unregister(this);
        for (int i = 0; i < (queues?.Count ?? 0); i++)
        {
            queues![i].Unregister(this);
        }
    }
}
