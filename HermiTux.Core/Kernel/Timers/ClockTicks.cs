namespace HermiTux.Kernel.Timers;

/// <summary>Between a clock's ticks and nanoseconds, without overflow on the way.</summary>
/// <remarks>In 64 bits: methods that use Int128 can't be compiled ahead, and each run of the command would compile them anew.</remarks>
internal static class ClockTicks
{
    private const long Second = 1_000_000_000;

    /// <summary>Nanoseconds, rounded towards zero.</summary>
    /// <param name="ticks">A time.</param>
    /// <param name="frequency">Ticks of the clock a second, up to 9.2e9.</param>
    public static long ToNanoseconds(long ticks, long frequency)
    {
        if (frequency == Second)
        {
            return ticks;
        }

        (long seconds, long rest) = Math.DivRem(ticks, frequency);
        return (seconds * Second) + (rest * Second / frequency);
    }

    /// <summary>Ticks, rounded up; the largest number for what doesn't fit.</summary>
    /// <param name="nanoseconds">A time, not negative.</param>
    /// <param name="frequency">Ticks of the clock a second, up to 9.2e9.</param>
    public static long FromNanoseconds(long nanoseconds, long frequency)
    {
        if (frequency == Second)
        {
            return nanoseconds;
        }

        (long seconds, long rest) = Math.DivRem(nanoseconds, Second);
        return seconds >= long.MaxValue / frequency ? long.MaxValue : (seconds * frequency) + (((rest * frequency) + Second - 1) / Second);
    }
}
