using HermiTux.Kernel.Scheduling;

namespace HermiTux.Kernel;

public sealed unsafe partial class GuestThread
{
    private ThreadWaiter? _waiter;

    /// <summary>
    /// Whether a signal is to be delivered or the process ends, so that a blocking call must give up. Any thread.
    /// </summary>
    public bool IsInterrupted => Volatile.Read(ref _signalAttention) != 0;

    /// <summary>What the thread waits for now; null when it doesn't, or waits in a handler of the embedder's. A snapshot; any thread.</summary>
    internal ThreadWaiter.Wait? CurrentWait => Volatile.Read(ref _waiter)?.Current;

    private ThreadWaiter Waiter => _waiter ??= new ThreadWaiter(this);

    /// <summary>
    /// Waits until <paramref name="queue"/> is woken and <paramref name="ready"/> holds, the deadline passes or the thread is interrupted.
    /// </summary>
    /// <param name="queue">Who wakes.</param>
    /// <param name="ready">Checked after registering and after each wake; the wait ends with Ready when it is true.</param>
    /// <param name="deadline">Monotonic nanoseconds (<see cref="Machine.MonotonicNanoseconds"/>), null for none.</param>
    public ValueTask<WaitOutcome> WaitAsync(WaitQueue queue, Func<bool> ready, long? deadline = null) =>
        Waiter.WaitAsync(queue, null, ready, deadline);

    /// <summary>The same over several queues (poll(2), select(2)).</summary>
    public ValueTask<WaitOutcome> WaitAnyAsync(IReadOnlyList<WaitQueue> queues, Func<bool> ready, long? deadline = null) =>
        Waiter.WaitAsync(null, queues, ready, deadline);

    /// <summary>Waits for the deadline or an interruption: TimedOut or Interrupted (nanosleep(2), pause(2)).</summary>
    public ValueTask<WaitOutcome> SleepUntilAsync(long? deadline) => Waiter.WaitAsync(null, null, null, deadline);
}
