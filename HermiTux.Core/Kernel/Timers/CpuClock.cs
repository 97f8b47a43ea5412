namespace HermiTux.Kernel.Timers;

/// <summary>
/// The clocks of clock_getcpuclockid(3) and pthread_getcpuclockid(3): negative ids that name a process or thread and which of its times is meant
/// (uapi/linux/posix-timers, CPUCLOCK_*).
/// </summary>
internal static class CpuClock
{
    private const int OfThread = 4;
    private const int WhichMask = 3;
    private const int UserTime = 1;
    private const int Invalid = 3;

    /// <summary>Reads such a clock in nanoseconds; null when it names nothing that the process may ask.</summary>
    public static Func<long>? Find(Process process, int clock)
    {
        int id = ~(clock >> 3);
        int which = clock & WhichMask;
        if (which == Invalid)
        {
            return null;
        }

        if ((clock & OfThread) != 0)
        {
            GuestThread? thread = id == 0 ? GuestThread.Current : process.Machine.FindThread(id);
            return thread is null || thread.Process != process ? null : which == UserTime ? () => thread.UserTime : () => thread.CpuTime;
        }

        Process? target = id == 0 ? process : process.Machine.FindProcess(id);
        return target is null ? null : which == UserTime ? () => target.UserTime : () => target.CpuTime;
    }
}
