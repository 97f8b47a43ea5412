namespace HermiTux.Kernel;

/// <remarks>Small settings of a process that single system calls read and write.</remarks>
public sealed partial class Process
{
    /// <summary>personality(2).</summary>
    internal uint Personality { get; set; }

    /// <summary>prctl(PR_SET_DUMPABLE).</summary>
    internal int Dumpable { get; set; } = 1;

    /// <summary>prctl(PR_SET_PDEATHSIG).</summary>
    internal int ParentDeathSignal { get; set; }

    /// <summary>prctl(PR_SET_CHILD_SUBREAPER).</summary>
    internal bool IsSubreaper { get; set; }

    /// <summary>prctl(PR_SET_NO_NEW_PRIVS).</summary>
    internal bool NoNewPrivileges { get; set; }

    /// <summary>prctl(PR_SET_KEEPCAPS).</summary>
    internal bool KeepCapabilities { get; set; }

    /// <summary>prctl(PR_SET_TIMERSLACK), in nanoseconds.</summary>
    internal ulong TimerSlack { get; set; } = 50_000;

    /// <summary>prctl(PR_SET_THP_DISABLE).</summary>
    internal bool HugePagesDisabled { get; set; }

    /// <summary>MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED.</summary>
    internal bool UsesPrivateBarriers { get; set; }

    /// <summary>getpriority(2): -20 to 19.</summary>
    internal int Nice { get; set; }

    /// <summary>sched_setscheduler(2).</summary>
    internal int SchedulingPolicy { get; set; }

    /// <summary>sched_setparam(2).</summary>
    internal int SchedulingPriority { get; set; }

    /// <summary>ioprio_set(2).</summary>
    internal int IoPriority { get; set; }

    /// <summary>sched_setaffinity(2); null for every CPU.</summary>
    internal ulong? Affinity { get; set; }

    /// <summary>capset(2): effective, permitted and inheritable; null while they follow the user id (all for root, none for others).</summary>
    internal (ulong Effective, ulong Permitted, ulong Inheritable)? Capabilities { get; set; }

    /// <summary>prctl(PR_CAPBSET_DROP): the capabilities that may still be had.</summary>
    internal ulong CapabilityBound { get; set; } = ulong.MaxValue;
}
