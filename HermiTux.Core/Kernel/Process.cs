using HermiTux.Kernel.FileSystems;
using HermiTux.Kernel.Timers;
using HermiTux.Memory;

namespace HermiTux.Kernel;

/// <summary>A guest process: one address space, one descriptor table, and threads.</summary>
/// <remarks>The parts: this file has what system calls read and set, <c>Process.Threads.cs</c> its threads and its end, <c>Process.Signals.cs</c> signals.</remarks>
public sealed partial class Process
{
    private readonly Machine _machine = null!;
    private ProcessTimers? _timers;

    /// <summary>The machine. Setting it adds the process to the machine.</summary>
    public required Machine Machine
    {
        get => _machine;
        init
        {
            _machine = value;
            value.AddProcess(this);
        }
    }

    /// <summary>Process id (tgid), from 1.</summary>
    public required int Pid { get; init; }

    /// <summary>Parent's pid, 0 for the first process.</summary>
    public int ParentPid { get; set; }

    /// <summary>Process group.</summary>
    public int ProcessGroup { get; set; }

    /// <summary>Session.</summary>
    public int Session { get; set; }

    /// <summary>Memory.</summary>
    public required AddressSpace Memory { get; set; }

    /// <summary>Descriptors.</summary>
    public required FdTable Descriptors { get; init; }

    /// <summary>Root, working directory, umask.</summary>
    public required FsContext Fs { get; init; }

    /// <summary>Ids.</summary>
    public required Credentials Credentials { get; init; }

    /// <summary>Absolute path of the running program (/proc/self/exe).</summary>
    public string ExecutablePath => Executable?.FullPath ?? "";

    /// <summary>The program's file, which may be nowhere in the tree (any more).</summary>
    public Dentry? Executable { get; set; }

    /// <summary>comm: at most 15 bytes (prctl(PR_SET_NAME)).</summary>
    public string CommandName { get; set; } = "";

    /// <summary>Where argv, envp and auxv are in guest memory, for /proc/self/{cmdline,environ,auxv,stat}.</summary>
    public ProcessLayout Layout { get; set; } = new();

    /// <summary>prlimit(2), index RLIMIT_*: soft and hard.</summary>
    public (ulong Soft, ulong Hard)[] ResourceLimits { get; } = new (ulong, ulong)[16];

    /// <summary>When it started, in monotonic nanoseconds.</summary>
    public long StartTime { get; init; }

    /// <summary>The controlling terminal; null for none.</summary>
    internal Terminals.PseudoTerminal? Terminal { get; set; }

    /// <summary>setitimer(2), timer_create(2).</summary>
    public ProcessTimers Timers => _timers ?? Interlocked.CompareExchange(ref _timers, new ProcessTimers(this), null) ?? _timers;
}
