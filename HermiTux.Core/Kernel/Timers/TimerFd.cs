using System.Buffers.Binary;
using HermiTux.Abi;

namespace HermiTux.Kernel.Timers;

/// <summary>timerfd_create(2): a timer whose expiries are counted and read.</summary>
internal sealed class TimerFd : AnonymousFile
{
    private readonly Lock _lock = new();
    private readonly IntervalTimer _timer;
    private long _ticks;
    private int _settingFlags;

    public TimerFd(Machine machine, int clock, int flags)
        : base(Fcntl.O_RDWR | (flags & Fcntl.O_NONBLOCK))
    {
        Clock = clock;
        bool realtime = clock is ClockConstants.CLOCK_REALTIME or ClockConstants.CLOCK_REALTIME_ALARM;
        _timer = new IntervalTimer(
            machine.Time, realtime ? () => machine.RealtimeNanoseconds : () => machine.MonotonicNanoseconds, isCpuClock: false, Expire);
    }

    public int Clock { get; }

    public override string Description => "anon_inode:[timerfd]";

    public override WaitQueue WaitQueue { get; } = new();

    /// <summary>What is left, and the interval; a single expiry that has come shows 0.</summary>
    public TimerSetting Setting
    {
        get
        {
            _timer.Check();
            return _timer.Setting;
        }
    }

    internal override string FdInfo
    {
        get
        {
            TimerSetting setting = Setting;
            (long seconds, long rest) = Math.DivRem(setting.Value, 1_000_000_000);
            (long every, long everyRest) = Math.DivRem(setting.Interval, 1_000_000_000);
            lock (_lock)
            {
                return string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"clockid: {Clock}\nticks: {_ticks}\nsettime flags: 0{Convert.ToString(_settingFlags, 8)}\nit_value: ({seconds}, {rest})\nit_interval: ({every}, {everyRest})\n");
            }
        }
    }

    /// <summary>timerfd_settime(2): the setting before. What had expired and wasn't read is forgotten.</summary>
    public TimerSetting Set(TimerSetting setting, int flags)
    {
        TimerSetting old = Setting;
        _timer.Set(default, absolute: false);
        lock (_lock)
        {
            _ticks = 0;
            _settingFlags = flags;
        }

        _timer.Set(setting, (flags & EventFdConstants.TFD_TIMER_ABSTIME) != 0);
        return old;
    }

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        if (buffer.Length < sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        _timer.Check();
        lock (_lock)
        {
            if (_ticks == 0)
            {
                return Errno.EAGAIN;
            }

            BinaryPrimitives.WriteInt64LittleEndian(buffer, _ticks);
            _ticks = 0;
            return sizeof(ulong);
        }
    }

    public override PollEvents Poll()
    {
        _timer.Check();
        lock (_lock)
        {
            return _ticks > 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;
        }
    }

    public override Result<long> Ioctl(Memory.AddressSpace memory, uint request, ulong argument)
    {
        if (request != EventFdConstants.TFD_IOC_SET_TICKS)
        {
            return Errno.ENOTTY;
        }

        if (!memory.TryRead(argument, out long ticks))
        {
            return Errno.EFAULT;
        }

        if (ticks == 0)
        {
            return Errno.EINVAL;
        }

        Expire(0, ticks);
        return 0L;
    }

    protected override void OnClose() => _timer.Dispose();

    private void Expire(long expiries) => Expire(expiries, null);

    private void Expire(long expiries, long? exactly)
    {
        lock (_lock)
        {
            _ticks = exactly ?? (_ticks + expiries);
        }

        WaitQueue.Wake(PollEvents.In);
    }
}
