using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace HermiTux.Tests.Harness;

/// <summary>
/// Tells a guest that doesn't end from a test process that didn't get on: how long the process as a whole stood still, and how long work waited for
/// the thread pool. Without it a time-out of a test looks the same for both.
/// </summary>
internal static class HostHealth
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(4);
    private static readonly Lock s_lock = new();
    private static readonly Queue<(long At, TimeSpan Pause, TimeSpan PoolDelay)> s_samples = new();
    private static long s_poolAskedAt;

    [ModuleInitializer]
    internal static void Start() =>
        new Thread(Watch) { IsBackground = true, Name = "host health", Priority = ThreadPriority.AboveNormal }.Start();

    /// <summary>The worst pauses of the last minutes, and the state of the pool.</summary>
    public static string Describe()
    {
        lock (s_lock)
        {
            (long At, TimeSpan Pause, TimeSpan PoolDelay) pause = s_samples.MaxBy(s => s.Pause);
            (long At, TimeSpan Pause, TimeSpan PoolDelay) delay = s_samples.MaxBy(s => s.PoolDelay);
            return string.Create(CultureInfo.InvariantCulture,
                $"In {s_samples.Count} looks the process stood still for {pause.Pause.TotalSeconds:0.0} s at most ({Stopwatch.GetElapsedTime(pause.At).TotalSeconds:0} s ago), " +
                $"the pool let work wait for {delay.PoolDelay.TotalSeconds:0.0} s at most ({Stopwatch.GetElapsedTime(delay.At).TotalSeconds:0} s ago); " +
                $"{ThreadPool.ThreadCount} pool threads, {ThreadPool.PendingWorkItemCount} items wait for one, {GC.CollectionCount(2)} full collections, {GC.GetTotalPauseDuration().TotalSeconds:0.0} s of pauses.");
        }
    }

    private static void Watch()
    {
        while (true)
        {
            long before = Stopwatch.GetTimestamp();
            Thread.Sleep(s_period);
            TimeSpan pause = Stopwatch.GetElapsedTime(before) - s_period;

            // One question at a time: a pool that doesn't answer isn't to be flooded.
            long asked = Volatile.Read(ref s_poolAskedAt);
            TimeSpan delay = asked == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(asked) - s_period;
            if (asked == 0)
            {
                Volatile.Write(ref s_poolAskedAt, Stopwatch.GetTimestamp());
                ThreadPool.UnsafeQueueUserWorkItem(static _ => Volatile.Write(ref s_poolAskedAt, 0), null);
            }

            lock (s_lock)
            {
                s_samples.Enqueue((Stopwatch.GetTimestamp(), pause, delay));
                while (Stopwatch.GetElapsedTime(s_samples.Peek().At) > s_memory)
                {
                    s_samples.Dequeue();
                }
            }
        }
    }
}
