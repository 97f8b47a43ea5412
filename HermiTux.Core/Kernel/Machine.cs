using HermiTux.Devices;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;
using Microsoft.Extensions.Logging;

namespace HermiTux.Kernel;

/// <summary>
/// The kernel layer's view of one machine: everything that its processes share. Created by the builder; nothing here is
/// shared between machines.
/// </summary>
public sealed class Machine
{
    // CONTRACT SKETCH: the kernel and hosting work owns this type; add members as needed.

    /// <summary>Page frames and the memory limit.</summary>
    public required FrameTable Frames { get; init; }

    /// <summary>The file tree.</summary>
    public required VirtualFileSystem Files { get; init; }

    /// <summary>Where the guest's clocks come from: wall-clock time, monotonic ticks and timers.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Where random bytes come from (getrandom(2), AT_RANDOM, address layout).</summary>
    public required IEntropySource Entropy { get; init; }

    /// <summary>The kernel layer's log.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>uname(2) nodename.</summary>
    public string HostName { get; set; } = "hermitux";

    /// <summary>uname(2) domainname.</summary>
    public string DomainName { get; set; } = "(none)";

    /// <summary>How many CPUs the guest sees (sched_getaffinity(2), /proc/cpuinfo).</summary>
    public int CpuCount { get; init; } = 1;

    /// <summary><see cref="TimeProvider.GetTimestamp"/> when the machine was created: CLOCK_BOOTTIME's zero.</summary>
    public long BootTimestamp { get; init; }

    /// <summary>Most guest threads at once; clone(2) gives EAGAIN beyond.</summary>
    public int ThreadLimit { get; init; } = 4096;

    /// <summary>CLOCK_REALTIME in nanoseconds since 1970-01-01 UTC.</summary>
    public long RealtimeNanoseconds => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>CLOCK_MONOTONIC in nanoseconds since boot.</summary>
    public long MonotonicNanoseconds => (long)((Int128)(Time.GetTimestamp() - BootTimestamp) * 1_000_000_000 / Time.TimestampFrequency);

    /// <summary>Live processes by pid.</summary>
    public IReadOnlyCollection<Process> Processes => throw new NotImplementedException();
}
