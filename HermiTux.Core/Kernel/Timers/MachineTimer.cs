namespace HermiTux.Kernel.Timers;

/// <summary>
/// A one-shot timer of the kernel layer: <c>ITimer</c> with nanoseconds. Fires no earlier than asked, and as soon after that as the host
/// can: within some ten microseconds with the system's time on Linux, within the provider's resolution (a millisecond) otherwise.
/// </summary>
internal abstract class MachineTimer : IDisposable
{
    /// <summary>For <see cref="Change"/>: don't fire.</summary>
    public const long Never = -1;

    /// <summary>Makes a timer that isn't armed.</summary>
    /// <param name="time">The machine's time.</param>
    /// <param name="callback">Called on any thread, a shared one among them: it must be short and not wait for anything of a guest or an embedder.</param>
    /// <param name="state">Its argument.</param>
    public static MachineTimer Create(TimeProvider time, Action<object?> callback, object? state) =>
        ReferenceEquals(time, TimeProvider.System) && PreciseTimerQueue.IsSupported ? new PreciseTimer(callback, state) : new ProviderTimer(time, callback, state);

    /// <summary>Fires once in so many nanoseconds, instead of what was asked before; <see cref="Never"/> disarms.</summary>
    public abstract void Change(long nanoseconds);

    /// <inheritdoc/>
    public abstract void Dispose();

    private sealed class ProviderTimer(TimeProvider time, Action<object?> callback, object? state) : MachineTimer
    {
        private readonly ITimer _timer = time.CreateTimer(callback.Invoke, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public override void Change(long nanoseconds)
        {
            // Timers count in milliseconds and cut fractions off: round up, the wait must never end early.
            long milliseconds = Math.Min((nanoseconds / 1_000_000) + (nanoseconds % 1_000_000 > 0 ? 1 : 0), int.MaxValue);
            _timer.Change(nanoseconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
        }

        public override void Dispose() => _timer.Dispose();
    }

    private sealed class PreciseTimer(Action<object?> callback, object? state) : MachineTimer
    {
        private readonly PreciseTimerQueue.Entry _entry = new(callback, state);

        public override void Change(long nanoseconds) => PreciseTimerQueue.Change(_entry, nanoseconds);

        public override void Dispose() => PreciseTimerQueue.Change(_entry, Never);
    }
}
