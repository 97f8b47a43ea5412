using HermiTux.Abi;

namespace HermiTux.Kernel.Timers;

/// <summary>A timer of timer_create(2): an interval timer whose signal carries the timer's id and overruns.</summary>
internal sealed class PosixTimer : IDisposable
{
    private readonly Process _process;
    private readonly SignalEvent _event;
    private readonly int _id;
    private long _missed;
    private int _overrun;

    public PosixTimer(Process process, int id, SignalEvent notification, Func<long> now, bool isCpuClock)
    {
        _process = process;
        _id = id;
        _event = notification;
        Timer = new IntervalTimer(process.Machine.Time, now, isCpuClock, Expire);
    }

    public IntervalTimer Timer { get; }

    /// <summary>Expiries that came between the last signal's sending and its delivery (timer_getoverrun(2)).</summary>
    public int Overrun => Volatile.Read(ref _overrun);

    public void Dispose() => Timer.Dispose();

    private void Expire(long expiries)
    {
        if (_event.Notify == SignalConstants.SIGEV_NONE)
        {
            return;
        }

        lock (_process.SignalLock)
        {
            GuestThread? target = _event.Notify == SignalConstants.SIGEV_THREAD_ID
                ? _process.Threads.FirstOrDefault(t => t.Tid == _event.ThreadId)
                : null;
            if ((target?.Signals.Own ?? _process.SharedPending).HasTimer(_event.Signo, _id))
            {
                _missed += expiries;
                return;
            }

            int overrun = (int)Math.Min(_missed + expiries - 1, int.MaxValue);
            _missed = 0;
            Volatile.Write(ref _overrun, overrun);
            _ = _process.Post(new SigInfo
            {
                Signo = _event.Signo,
                Code = SignalConstants.SI_TIMER,
                TimerId = _id,
                Overrun = overrun,
                Value = _event.Value,
            }, target);
        }
    }
}
