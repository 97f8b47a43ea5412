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

    /// <summary>The MEMBARRIER_CMD_REGISTER_* commands that were given.</summary>
    internal int BarrierRegistrations { get; set; }

    /// <summary>capset(2): effective, permitted and inheritable; null while they follow the user id (all for root, none for others).</summary>
    internal (ulong Effective, ulong Permitted, ulong Inheritable)? Capabilities { get; set; }

    /// <summary>prctl(PR_CAPBSET_DROP): the capabilities that may still be had.</summary>
    internal ulong CapabilityBound { get; set; } = ulong.MaxValue;
}
