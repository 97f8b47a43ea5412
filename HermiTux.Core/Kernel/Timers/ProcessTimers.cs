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

/// <summary>The timers of a process: setitimer(2), alarm(2), timer_create(2). Thread-safe.</summary>
public sealed class ProcessTimers : IDisposable
{
    internal ProcessTimers(Process process)
    {
        _ = process;
    }

    /// <summary>setitimer(2): the setting before; null only asks (getitimer(2)).</summary>
    public TimerSetting Set(IntervalTimerKind kind, TimerSetting? setting) => throw new NotImplementedException();

    /// <summary>timer_create(2): a new timer's id. A null <paramref name="notification"/> is SIGALRM with the id as value.</summary>
    public Result<int> Create(int clock, SignalEvent? notification) => throw new NotImplementedException();

    /// <summary>timer_settime(2): the setting before. <paramref name="absolute"/> is TIMER_ABSTIME.</summary>
    public Result<TimerSetting> SetTime(int id, TimerSetting setting, bool absolute) => throw new NotImplementedException();

    /// <summary>timer_gettime(2).</summary>
    public Result<TimerSetting> GetTime(int id) => throw new NotImplementedException();

    /// <summary>timer_getoverrun(2).</summary>
    public Result<int> GetOverrun(int id) => throw new NotImplementedException();

    /// <summary>timer_delete(2).</summary>
    public Errno Delete(int id) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

/// <summary>struct sigevent (sigevent(7)): how a timer notifies.</summary>
/// <param name="Notify">SIGEV_*.</param>
/// <param name="Signo">The signal.</param>
/// <param name="Value">sigev_value.</param>
/// <param name="ThreadId">For SIGEV_THREAD_ID.</param>
public readonly record struct SignalEvent(int Notify, int Signo, ulong Value, int ThreadId);
