using System.Diagnostics;
using System.Runtime.InteropServices;
using HermiTux.Kernel.Scheduling;

namespace HermiTux.Kernel.Timers;

/// <summary>
/// Timers finer than .NET's, for Linux hosts: one thread of the process sleeps in ppoll(2), which takes nanoseconds, until the first of
/// them is due or an earlier one comes. The thread is there while timers are.
/// </summary>
internal static partial class PreciseTimerQueue
{
    private const int EFD_CLOEXEC = 0x80000;
    private const short POLLIN = 1;
    private const int PR_SET_TIMERSLACK = 29;
    private const int StackSize = 256 << 10;
    private static readonly long s_idleTicks = 5 * Stopwatch.Frequency;

    private static readonly Lock s_lock = new();
    private static readonly SortedSet<Entry> s_entries = new(Comparer<Entry>.Create(static (a, b) =>
        a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Number.CompareTo(b.Number)));

    private static long s_lastNumber;
    private static long s_waitsUntil;
    private static int s_wakeFd = -1;
    private static bool s_isRunning;

    /// <summary>Whether the host has what it takes.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Arms or, with a negative time, disarms.</summary>
    public static void Change(Entry entry, long nanoseconds)
    {
        bool wake = false;
        lock (s_lock)
        {
            if (entry.IsQueued)
            {
                s_entries.Remove(entry);
                entry.IsQueued = false;
            }

            if (nanoseconds < 0)
            {
                return;
            }

            entry.Due = Deadline(nanoseconds);
            entry.IsQueued = true;
            s_entries.Add(entry);
            if (!s_isRunning)
            {
                Start();
            }
            else if (entry.Due < s_waitsUntil)
            {
                // Once is enough until the thread has looked again.
                s_waitsUntil = 0;
                wake = true;
            }
        }

        if (wake)
        {
            _ = eventfd_write(s_wakeFd, 1);
        }
    }

    private static long Deadline(long nanoseconds)
    {
        long now = Stopwatch.GetTimestamp();
        long ticks = ClockTicks.FromNanoseconds(nanoseconds, Stopwatch.Frequency);
        return ticks > long.MaxValue - now ? long.MaxValue : now + ticks;
    }

    private static void Start()
    {
        if (s_wakeFd < 0)
        {
            s_wakeFd = eventfd(0, EFD_CLOEXEC);
            if (s_wakeFd < 0)
            {
                throw new IOException($"The host gives no eventfd: error {Marshal.GetLastPInvokeError()}.");
            }
        }

        s_isRunning = BackgroundThread.TryStart(Run, "hermitux timers", StackSize, ThreadPriority.AboveNormal) is not null;
        if (!s_isRunning)
        {
            throw new IOException("The host has no thread to give for timers.");
        }
    }

    private static void Run()
    {
        // The kernel may otherwise put a wake-up off by 50 microseconds; the guest's own slack isn't ours to add.
        _ = prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
        while (true)
        {
            Entry? due = null;
            long now = Stopwatch.GetTimestamp();
            long until;
            lock (s_lock)
            {
                Entry? first = s_entries.Min;
                if (first is not null && first.Due <= now)
                {
                    s_entries.Remove(first);
                    first.IsQueued = false;
                    due = first;
                }

                until = s_waitsUntil = first is null ? now + s_idleTicks : first.Due;
            }

            if (due is not null)
            {
                due.Fire();
                continue;
            }

            if (Wait(until - now))
            {
                continue;
            }

            lock (s_lock)
            {
                if (s_entries.Count == 0 && Stopwatch.GetTimestamp() >= until)
                {
                    s_isRunning = false;
                    return;
                }
            }
        }
    }

    /// <summary>Sleeps; true when woken early.</summary>
    private static unsafe bool Wait(long ticks)
    {
        long nanoseconds = ClockTicks.ToNanoseconds(ticks, Stopwatch.Frequency);
        var timeout = new HostTimespec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        var poll = new HostPollFd { Fd = s_wakeFd, Events = POLLIN };

        // SAFETY: both structures live on this stack for the time of the call.
        if (ppoll(&poll, 1, &timeout, null) <= 0)
        {
            return false;
        }

        ulong value;
        _ = eventfd_read(s_wakeFd, &value);
        return true;
    }

    [LibraryImport("libc")]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc")]
    private static partial int eventfd_write(int fd, ulong value);

    [LibraryImport("libc")]
    private static unsafe partial int eventfd_read(int fd, ulong* value);

    [LibraryImport("libc")]
    private static unsafe partial int ppoll(HostPollFd* fds, nuint count, HostTimespec* timeout, void* mask);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint arg2, nuint arg3, nuint arg4, nuint arg5);

    /// <summary>One timer. Its queue state is guarded by the queue's lock.</summary>
    internal sealed class Entry(Action<object?> callback, object? state)
    {
        public long Number { get; } = Interlocked.Increment(ref s_lastNumber);

        public long Due { get; set; }

        public bool IsQueued { get; set; }

        public void Fire() => callback(state);
    }

    /// <summary>struct timespec of the host.</summary>
    private struct HostTimespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>struct pollfd of the host.</summary>
    private struct HostPollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }
}
