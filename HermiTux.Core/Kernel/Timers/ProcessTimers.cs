using HermiTux.Abi;

namespace HermiTux.Kernel.Timers;

/// <summary>A timer's setting in nanoseconds: time to the next expiry (0: disarmed) and the interval after it (0: once).</summary>
public readonly record struct TimerSetting(long Value, long Interval);

/// <summary>Which interval timer (setitimer(2)).</summary>
public enum IntervalTimerKind
{
    /// <summary>ITIMER_REAL: real time, SIGALRM.</summary>
    Real = 0,

    /// <summary>ITIMER_VIRTUAL: time in guest code, SIGVTALRM.</summary>
    Virtual = 1,

    /// <summary>ITIMER_PROF: CPU time, SIGPROF.</summary>
    Profiling = 2,
}

/// <summary>struct sigevent (sigevent(7)): how a timer notifies.</summary>
/// <param name="Notify">SIGEV_*.</param>
/// <param name="Signo">The signal.</param>
/// <param name="Value">sigev_value.</param>
/// <param name="ThreadId">For SIGEV_THREAD_ID.</param>
public readonly record struct SignalEvent(int Notify, int Signo, ulong Value, int ThreadId);

/// <summary>The timers of a process: setitimer(2), alarm(2), timer_create(2). Thread-safe.</summary>
public sealed class ProcessTimers : IDisposable
{
    private const int MaximumTimers = 4096;
    private const int CLOCK_REALTIME = 0;
    private const int CLOCK_MONOTONIC = 1;
    private const int CLOCK_PROCESS_CPUTIME_ID = 2;
    private const int CLOCK_THREAD_CPUTIME_ID = 3;
    private const int CLOCK_BOOTTIME = 7;
    private const int CLOCK_REALTIME_ALARM = 8;
    private const int CLOCK_BOOTTIME_ALARM = 9;
    private const int CLOCK_TAI = 11;

    private readonly Lock _lock = new();
    private readonly Process _process;
    private readonly IntervalTimer?[] _intervals = new IntervalTimer?[3];
    private readonly Dictionary<int, PosixTimer> _timers = [];
    private int _nextId;

    internal ProcessTimers(Process process)
    {
        _process = process;
    }

    /// <summary>Whether any timer is armed, so that a signal will come.</summary>
    internal bool HasArmed
    {
        get
        {
            lock (_lock)
            {
                return _intervals.Any(t => t?.Setting.Value > 0) || _timers.Values.Any(t => t.Timer.Setting.Value > 0);
            }
        }
    }

    /// <summary>setitimer(2): the setting before; null only asks (getitimer(2)).</summary>
    public TimerSetting Set(IntervalTimerKind kind, TimerSetting? setting)
    {
        lock (_lock)
        {
            ref IntervalTimer? timer = ref _intervals[(int)kind];
            if (setting is not { } value)
            {
                return timer?.Setting ?? default;
            }

            timer ??= Create(kind);
            return timer.Set(value, absolute: false);
        }
    }

    /// <summary>timer_create(2): a new timer's id. A null <paramref name="notification"/> is SIGALRM with the id as value.</summary>
    /// <returns>The id; EINVAL for an unknown clock or event, EAGAIN when there are too many.</returns>
    public Result<int> Create(int clock, SignalEvent? notification)
    {
        if (Clock(clock) is not { } now)
        {
            return Errno.EINVAL;
        }

        if (notification is { } given)
        {
            bool known = given.Notify is SignalConstants.SIGEV_NONE or SignalConstants.SIGEV_SIGNAL or SignalConstants.SIGEV_THREAD or SignalConstants.SIGEV_THREAD_ID;
            if (!known || (given.Notify != SignalConstants.SIGEV_NONE && !Signals.SignalSet.IsValid(given.Signo)) ||
                (given.Notify == SignalConstants.SIGEV_THREAD_ID && !_process.Threads.Any(t => t.Tid == given.ThreadId)))
            {
                return Errno.EINVAL;
            }
        }

        lock (_lock)
        {
            if (_timers.Count >= MaximumTimers)
            {
                return Errno.EAGAIN;
            }

            int id = _nextId++;
            SignalEvent value = notification ?? new SignalEvent(SignalConstants.SIGEV_SIGNAL, (int)Signal.SIGALRM, (uint)id, 0);
            _timers.Add(id, new PosixTimer(_process, id, value, now, clock is CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID or < 0));
            return id;
        }
    }

    /// <summary>timer_settime(2): the setting before. <paramref name="absolute"/> is TIMER_ABSTIME. EINVAL for an unknown id.</summary>
    public Result<TimerSetting> SetTime(int id, TimerSetting setting, bool absolute) =>
        Find(id) is { } timer ? timer.Timer.Set(setting, absolute) : Errno.EINVAL;

    /// <summary>timer_gettime(2). EINVAL for an unknown id.</summary>
    public Result<TimerSetting> GetTime(int id) => Find(id) is { } timer ? timer.Timer.Setting : Errno.EINVAL;

    /// <summary>timer_getoverrun(2). EINVAL for an unknown id.</summary>
    public Result<int> GetOverrun(int id) => Find(id) is { } timer ? timer.Overrun : Errno.EINVAL;

    /// <summary>timer_delete(2). EINVAL for an unknown id.</summary>
    public Errno Delete(int id)
    {
        PosixTimer? timer;
        lock (_lock)
        {
            if (!_timers.Remove(id, out timer))
            {
                return Errno.EINVAL;
            }
        }

        timer.Dispose();
        return Errno.None;
    }

    /// <summary>execve(2): POSIX timers go, interval timers stay.</summary>
    internal void DeleteAll()
    {
        lock (_lock)
        {
            foreach (PosixTimer timer in _timers.Values)
            {
                timer.Dispose();
            }

            _timers.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DeleteAll();
        lock (_lock)
        {
            foreach (IntervalTimer? timer in _intervals)
            {
                timer?.Dispose();
            }
        }
    }

    private IntervalTimer Create(IntervalTimerKind kind)
    {
        (Func<long> now, Signal signal) = kind switch
        {
            IntervalTimerKind.Real => ((Func<long>)(() => _process.Machine.MonotonicNanoseconds), Signal.SIGALRM),
            IntervalTimerKind.Virtual => (() => _process.UserTime, Signal.SIGVTALRM),
            _ => (() => _process.CpuTime, Signal.SIGPROF),
        };
        return new IntervalTimer(_process.Machine.Time, now, kind != IntervalTimerKind.Real,
            _ => _process.Post(new SigInfo { Signo = (int)signal, Code = SignalConstants.SI_KERNEL }));
    }

    private PosixTimer? Find(int id)
    {
        lock (_lock)
        {
            return _timers.GetValueOrDefault(id);
        }
    }

    private Func<long>? Clock(int clock)
    {
        switch (clock)
        {
            case CLOCK_REALTIME or CLOCK_REALTIME_ALARM or CLOCK_TAI:
                return () => _process.Machine.RealtimeNanoseconds;
            case CLOCK_MONOTONIC or CLOCK_BOOTTIME or CLOCK_BOOTTIME_ALARM:
                return () => _process.Machine.MonotonicNanoseconds;
            case CLOCK_PROCESS_CPUTIME_ID:
                return () => _process.CpuTime;
            case CLOCK_THREAD_CPUTIME_ID:
                return GuestThread.Current is { } caller ? () => caller.CpuTime : null;
            default:
                return clock < 0 ? CpuClock.Find(_process, clock) : null;
        }
    }
}
