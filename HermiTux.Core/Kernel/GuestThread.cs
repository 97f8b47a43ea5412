using HermiTux.Cpu;

namespace HermiTux.Kernel;

/// <summary>How a wait ended.</summary>
public enum WaitOutcome
{
    /// <summary>What was waited for may have happened: check again.</summary>
    Ready,

    /// <summary>The deadline passed.</summary>
    TimedOut,

    /// <summary>A signal is to be delivered, or the process ends: give EINTR or a restart code.</summary>
    Interrupted,
}

/// <summary>
/// A guest thread: registers, signal state, and the run loop that moves it between a vCPU and the syscall layer. A thread that
/// waits holds no OS thread.
/// </summary>
public sealed unsafe class GuestThread
{
    // CONTRACT SKETCH: the kernel and hosting work owns this type; add members as needed.

    /// <summary>The process.</summary>
    public required Process Process { get; init; }

    /// <summary>Thread id; the main thread's is the pid.</summary>
    public required int Tid { get; init; }

    /// <summary>Registers.</summary>
    public CpuState* State { get; init; }

    /// <summary>set_tid_address(2) / CLONE_CHILD_CLEARTID.</summary>
    public ulong ClearChildTid { get; set; }

    /// <summary>set_robust_list(2).</summary>
    public ulong RobustListHead { get; set; }

    /// <summary>comm of this thread.</summary>
    public string Name { get; set; } = "";

    /// <summary>Nanoseconds spent executing guest code.</summary>
    public long UserTime { get; internal set; }

    /// <summary>Nanoseconds spent in system calls.</summary>
    public long SystemTime { get; internal set; }

    /// <summary>Whether a signal is to be delivered or the process ends, so that a blocking call must give up.</summary>
    public bool IsInterrupted => throw new NotImplementedException();

    /// <summary>
    /// Waits until <paramref name="queue"/> is woken, the deadline passes or the thread is interrupted. To lose no wake-up, use the
    /// overload with a condition unless a spurious re-check follows anyway.
    /// </summary>
    /// <param name="queue">Who wakes.</param>
    /// <param name="ready">Checked after registering and after each wake; the wait ends with Ready when it is true.</param>
    /// <param name="deadline">Monotonic nanoseconds (<see cref="Machine.MonotonicNanoseconds"/>), null for none.</param>
    public ValueTask<WaitOutcome> WaitAsync(WaitQueue queue, Func<bool> ready, long? deadline = null) => throw new NotImplementedException();

    /// <summary>The same over several queues (poll(2), select(2)).</summary>
    public ValueTask<WaitOutcome> WaitAnyAsync(IReadOnlyList<WaitQueue> queues, Func<bool> ready, long? deadline = null) => throw new NotImplementedException();

    /// <summary>Waits for the deadline or an interruption: TimedOut or Interrupted (nanosleep(2), pause(2)).</summary>
    public ValueTask<WaitOutcome> SleepUntilAsync(long? deadline) => throw new NotImplementedException();
}
