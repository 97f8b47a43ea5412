using HermiTux.Cpu;
using HermiTux.Devices;
using HermiTux.Kernel.FileSystems;
using HermiTux.Kernel.Scheduling;
using HermiTux.Kernel.Timers;
using HermiTux.Memory;
using Microsoft.Extensions.Logging;

namespace HermiTux.Kernel;

/// <summary>
/// The kernel layer's view of one machine: everything that its processes share. Created by the builder; nothing here is
/// shared between machines.
/// </summary>
/// <remarks>This file has what the machine is made of, <c>Machine.Lifetime.cs</c> its processes, its end and its failures.</remarks>
public sealed partial class Machine
{
    private Scheduler? _scheduler;
    private IVcpuEngine? _engine;
    private ISyscallDispatcher? _dispatcher;

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

    /// <summary>What executes guest code. Not needed by system calls; a machine without one runs no thread.</summary>
    public IVcpuEngine Engine
    {
        get => _engine ?? throw new InvalidOperationException("The machine has no vCPU engine.");
        init => _engine = value;
    }

    /// <summary>What answers system calls.</summary>
    public ISyscallDispatcher Dispatcher
    {
        get => _dispatcher ?? throw new InvalidOperationException("The machine has no system calls.");
        init => _dispatcher = value;
    }

    /// <summary>uname(2) nodename.</summary>
    public string HostName { get; set; } = "hermitux";

    /// <summary>uname(2) domainname.</summary>
    public string DomainName { get; set; } = "(none)";

    /// <summary>How many CPUs the guest sees (sched_getaffinity(2), /proc/cpuinfo), and how many of its threads run at once.</summary>
    public int CpuCount { get; init; } = 1;

    /// <summary><see cref="TimeProvider.GetTimestamp"/> when the machine was created: CLOCK_BOOTTIME's zero.</summary>
    public long BootTimestamp { get; init; }

    /// <summary>Most guest threads at once; clone(2) gives EAGAIN beyond.</summary>
    public int ThreadLimit { get; init; } = 4096;

    /// <summary>CLOCK_REALTIME in nanoseconds since 1970-01-01 UTC.</summary>
    public long RealtimeNanoseconds => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>CLOCK_MONOTONIC in nanoseconds since boot.</summary>
    public long MonotonicNanoseconds => ClockTicks.ToNanoseconds(Time.GetTimestamp() - BootTimestamp, Time.TimestampFrequency);

    /// <summary>Runs the guest threads.</summary>
    internal Scheduler Scheduler => _scheduler ?? Interlocked.CompareExchange(ref _scheduler, new Scheduler(this, CpuCount), null) ?? _scheduler;
}
