namespace HermiTux.Kernel;

/// <remarks>What sched(7), set_mempolicy(2) and ioprio_set(2) keep for each thread. clone(2) hands it on.</remarks>
public sealed unsafe partial class GuestThread
{
    private ulong _affinity = ulong.MaxValue;

    /// <summary>getpriority(2): -20 to 19.</summary>
    internal int Nice { get; set; }

    /// <summary>sched_setscheduler(2).</summary>
    internal int SchedulingPolicy { get; set; }

    /// <summary>sched_setparam(2).</summary>
    internal int SchedulingPriority { get; set; }

    /// <summary>SCHED_RESET_ON_FORK.</summary>
    internal bool ResetsOnFork { get; set; }

    /// <summary>ioprio_set(2).</summary>
    internal int IoPriority { get; set; }

    /// <summary>set_mempolicy(2): mode with flags, nodes.</summary>
    internal (int Mode, ulong Nodes) MemoryPolicy { get; set; }

    /// <summary>sched_setaffinity(2): a bit for each CPU that the thread may run on; at least one that exists. Any thread.</summary>
    internal ulong Affinity
    {
        get => Volatile.Read(ref _affinity);
        set => Volatile.Write(ref _affinity, value);
    }

    /// <summary>Whether the thread may run on a CPU.</summary>
    internal bool MayRunOn(int cpu) => (Affinity & CpuBit(cpu)) != 0;

    /// <summary>Whether the thread is to leave the CPU that it is on: others wait for one, or it may not be there any more.</summary>
    private bool MustGiveWay => Scheduler.HasReady || !MayRunOn(Cpu);

    /// <summary>What stands for a CPU in an <see cref="Affinity"/>; those from the 64th on share a bit.</summary>
    internal static ulong CpuBit(int cpu) => 1UL << Math.Min(cpu, 63);

    private void CopySchedulingTo(GuestThread child)
    {
        child.Affinity = Affinity;
        child.MemoryPolicy = MemoryPolicy;
        child.IoPriority = IoPriority;
        child.SeccompMode = SeccompMode;
        child.SeccompFilters = SeccompFilters;
        if (!ResetsOnFork)
        {
            (child.Nice, child.SchedulingPolicy, child.SchedulingPriority) = (Nice, SchedulingPolicy, SchedulingPriority);
        }
        else
        {
            child.Nice = Math.Max(Nice, 0);
        }
    }
}
