namespace HermiTux.Abi;

/// <summary>Clocks (uapi/linux/time.h).</summary>
public static class ClockConstants
{
    /// <summary>Wall-clock time.</summary>
    public const int CLOCK_REALTIME = 0;

    /// <summary>Time since some point that never jumps.</summary>
    public const int CLOCK_MONOTONIC = 1;

    /// <summary>CPU time of the process.</summary>
    public const int CLOCK_PROCESS_CPUTIME_ID = 2;

    /// <summary>CPU time of the thread.</summary>
    public const int CLOCK_THREAD_CPUTIME_ID = 3;

    /// <summary>CLOCK_MONOTONIC without adjustments.</summary>
    public const int CLOCK_MONOTONIC_RAW = 4;

    /// <summary>CLOCK_REALTIME, faster.</summary>
    public const int CLOCK_REALTIME_COARSE = 5;

    /// <summary>CLOCK_MONOTONIC, faster.</summary>
    public const int CLOCK_MONOTONIC_COARSE = 6;

    /// <summary>CLOCK_MONOTONIC with time asleep.</summary>
    public const int CLOCK_BOOTTIME = 7;

    /// <summary>CLOCK_REALTIME that wakes the system.</summary>
    public const int CLOCK_REALTIME_ALARM = 8;

    /// <summary>CLOCK_BOOTTIME that wakes the system.</summary>
    public const int CLOCK_BOOTTIME_ALARM = 9;

    /// <summary>International atomic time.</summary>
    public const int CLOCK_TAI = 11;

    /// <summary>clock_nanosleep(2): absolute time.</summary>
    public const int TIMER_ABSTIME = 1;

    /// <summary>setitimer(2): real time.</summary>
    public const int ITIMER_REAL = 0;

    /// <summary>setitimer(2): user CPU time.</summary>
    public const int ITIMER_VIRTUAL = 1;

    /// <summary>setitimer(2): CPU time.</summary>
    public const int ITIMER_PROF = 2;

    /// <summary>utimensat(2): the current time.</summary>
    public const int UTIME_NOW = 0x3FFFFFFF;

    /// <summary>utimensat(2): unchanged.</summary>
    public const int UTIME_OMIT = 0x3FFFFFFE;
}
