namespace HermiTux.Kernel.Timers;

/// <summary>
/// One timer that sends a signal: armed with a first expiry and an interval, counting the expiries that come while its signal is
/// still pending. Guarded by its own lock; never calls out with it held.
/// </summary>
/// <remarks>
/// Expiries are computed from the clock and not from when the host's timer fires, so a late host timer loses no beat: what was missed
/// counts as overruns, as on Linux (timer_getoverrun(2)).
/// </remarks>
internal sealed class IntervalTimer : IDisposable
{
    // CPU clocks have no host timer: they are looked at this often while armed.
    private const long CpuClockCheck = 4_000_000;

    // A shorter interval shows in the overruns: a guest must not keep the host's timer thread busy.
    private const long ShortestInterval = 100_000;

    private readonly Lock _lock = new();
    private readonly Func<long> _now;
    private readonly bool _isCpuClock;
    private readonly Action<long> _expired;
    private readonly TimeProvider _time;
    private MachineTimer? _timer;
    private long _expiry;
    private long _interval;
    private bool _isDisposed;

    /// <summary>Creates a disarmed timer.</summary>
    /// <param name="time">The machine's time.</param>
    /// <param name="now">Nanoseconds of the timer's clock.</param>
    /// <param name="isCpuClock">Whether the clock counts CPU time.</param>
    /// <param name="expired">Called with the number of expiries since the last call, on any thread.</param>
    public IntervalTimer(TimeProvider time, Func<long> now, bool isCpuClock, Action<long> expired)
    {
        _time = time;
        _now = now;
        _isCpuClock = isCpuClock;
        _expired = expired;
    }

    /// <summary>What is left, and the interval.</summary>
    public TimerSetting Setting
    {
        get
        {
            lock (_lock)
            {
                return Current;
            }
        }
    }

    // An armed timer whose expiry is due but not yet handled shows the least time, not 0, which would say disarmed.
    private TimerSetting Current => new(_expiry == 0 ? 0 : Math.Max(1, _expiry - _now()), _interval);

    /// <summary>Arms or (value 0) disarms. Returns the setting before.</summary>
    public TimerSetting Set(TimerSetting setting, bool absolute)
    {
        lock (_lock)
        {
            TimerSetting old = Current;
            _interval = setting.Interval;
            long now = _now();
            _expiry = setting.Value == 0 ? 0 : absolute ? Math.Max(1, setting.Value) : setting.Value > long.MaxValue - now ? long.MaxValue : now + setting.Value;
            Schedule(now);
            return old;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _expiry = 0;
            _timer?.Dispose();
        }
    }

    private void Schedule(long now, bool isRepeat = false)
    {
        if (_isDisposed)
        {
            return;
        }

        if (_expiry == 0)
        {
            _timer?.Change(MachineTimer.Never);
            return;
        }

        _timer ??= MachineTimer.Create(_time, static t => ((IntervalTimer)t!).Check(), this);
        _timer.Change(_isCpuClock ? CpuClockCheck : Math.Max(_expiry - now, isRepeat ? ShortestInterval : 0));
    }

    /// <summary>Counts the expiries that are due, whether the host's timer has fired or not.</summary>
    internal void Check()
    {
        long expiries = 0;
        lock (_lock)
        {
            if (_isDisposed || _expiry == 0)
            {
                return;
            }

            long now = _now();
            if (now >= _expiry)
            {
                expiries = _interval > 0 ? 1 + ((now - _expiry) / _interval) : 1;
                _expiry = _interval > 0 ? _expiry + (expiries * _interval) : 0;
            }

            Schedule(now, isRepeat: true);
        }

        if (expiries > 0)
        {
            _expired(expiries);
        }
    }
}
