using System.Runtime.InteropServices;

namespace HermiTux.Abi;

#pragma warning disable CS1591 // The fields are those of the C structures and are described in the man pages.

/// <summary><c>struct timespec</c> with 64-bit seconds (uapi/linux/time_types.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Timespec
{
    public long tv_sec;
    public long tv_nsec;

    /// <summary>Whether seconds are not negative and nanoseconds are below one second.</summary>
    public readonly bool IsValid => tv_sec >= 0 && (ulong)tv_nsec < 1_000_000_000;

    /// <summary>Nanoseconds, saturated at <see cref="long.MaxValue"/> as the kernel's ktime_t is.</summary>
    public readonly long ToNanoseconds() => tv_sec >= long.MaxValue / 1_000_000_000 ? long.MaxValue : (tv_sec * 1_000_000_000) + tv_nsec;

    /// <summary>From nanoseconds, negative ones rounded so that tv_nsec is not negative.</summary>
    public static Timespec FromNanoseconds(long nanoseconds)
    {
        (long seconds, long rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        return rest < 0 ? new Timespec { tv_sec = seconds - 1, tv_nsec = rest + 1_000_000_000 } : new Timespec { tv_sec = seconds, tv_nsec = rest };
    }
}

/// <summary><c>struct timeval</c> (uapi/linux/time.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Timeval
{
    public long tv_sec;
    public long tv_usec;

    /// <summary>Whether seconds are not negative and microseconds are below one second.</summary>
    public readonly bool IsValid => tv_sec >= 0 && (ulong)tv_usec < 1_000_000;

    /// <summary>Nanoseconds, saturated at <see cref="long.MaxValue"/>.</summary>
    public readonly long ToNanoseconds() => tv_sec >= long.MaxValue / 1_000_000_000 ? long.MaxValue : (tv_sec * 1_000_000_000) + (tv_usec * 1000);

    /// <summary>From nanoseconds, rounded down.</summary>
    public static Timeval FromNanoseconds(long nanoseconds)
    {
        Timespec time = Timespec.FromNanoseconds(nanoseconds);
        return new Timeval { tv_sec = time.tv_sec, tv_usec = time.tv_nsec / 1000 };
    }
}

/// <summary><c>struct timezone</c>, gettimeofday(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Timezone
{
    public int tz_minuteswest;
    public int tz_dsttime;
}

/// <summary><c>struct itimerval</c>, setitimer(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Itimerval
{
    public Timeval it_interval;
    public Timeval it_value;
}

/// <summary><c>struct itimerspec</c>, timer_settime(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Itimerspec
{
    public Timespec it_interval;
    public Timespec it_value;
}

/// <summary><c>struct tms</c>, times(2): in clock ticks of 1/100 s.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Tms
{
    public long tms_utime;
    public long tms_stime;
    public long tms_cutime;
    public long tms_cstime;
}

/// <summary><c>struct utimbuf</c>, utime(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Utimbuf
{
    public long actime;
    public long modtime;
}

/// <summary><c>struct rlimit</c> and <c>struct rlimit64</c>, getrlimit(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Rlimit
{
    /// <summary>RLIM_INFINITY: no limit.</summary>
    public const ulong RLIM_INFINITY = ulong.MaxValue;

    public ulong rlim_cur;
    public ulong rlim_max;
}

/// <summary><c>struct rusage</c>, getrusage(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Rusage
{
    public Timeval ru_utime;
    public Timeval ru_stime;
    public long ru_maxrss;
    public long ru_ixrss;
    public long ru_idrss;
    public long ru_isrss;
    public long ru_minflt;
    public long ru_majflt;
    public long ru_nswap;
    public long ru_inblock;
    public long ru_oublock;
    public long ru_msgsnd;
    public long ru_msgrcv;
    public long ru_nsignals;
    public long ru_nvcsw;
    public long ru_nivcsw;
}
