using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Kernel;

/// <summary>A guest process: one address space, one descriptor table, and threads.</summary>
public sealed class Process
{
    // CONTRACT SKETCH: the kernel and hosting work owns this type; add members as needed.

    /// <summary>The machine.</summary>
    public required Machine Machine { get; init; }

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
    public string ExecutablePath { get; set; } = "";

    /// <summary>comm: at most 15 bytes (prctl(PR_SET_NAME)).</summary>
    public string CommandName { get; set; } = "";

    /// <summary>Where argv, envp and auxv are in guest memory, for /proc/self/{cmdline,environ,auxv,stat}.</summary>
    public ProcessLayout Layout { get; set; } = new();

    /// <summary>prlimit(2), index RLIMIT_*: soft and hard.</summary>
    public (ulong Soft, ulong Hard)[] ResourceLimits { get; } = new (ulong, ulong)[16];

    /// <summary>Live threads; the first is the main one.</summary>
    public IReadOnlyList<GuestThread> Threads => throw new NotImplementedException();

    /// <summary>When it started, in monotonic nanoseconds.</summary>
    public long StartTime { get; init; }

    /// <summary>
    /// exit_group(2): ends every thread with this wait status (code &lt;&lt; 8, or the signal number with 0x80 for a core dump).
    /// </summary>
    public void ExitGroup(int waitStatus) => throw new NotImplementedException();
}

/// <summary>Addresses of the initial stack's parts and of the image (prctl(PR_SET_MM) names).</summary>
public sealed class ProcessLayout
{
    /// <summary>Argument strings.</summary>
    public ulong ArgStart { get; set; }

    /// <summary>End of the argument strings.</summary>
    public ulong ArgEnd { get; set; }

    /// <summary>Environment strings.</summary>
    public ulong EnvStart { get; set; }

    /// <summary>End of the environment strings.</summary>
    public ulong EnvEnd { get; set; }

    /// <summary>Code of the program.</summary>
    public ulong CodeStart { get; set; }

    /// <summary>End of the code.</summary>
    public ulong CodeEnd { get; set; }

    /// <summary>Data of the program.</summary>
    public ulong DataStart { get; set; }

    /// <summary>End of the data.</summary>
    public ulong DataEnd { get; set; }

    /// <summary>Heap start.</summary>
    public ulong BrkStart { get; set; }

    /// <summary>RSP at entry.</summary>
    public ulong StackStart { get; set; }

    /// <summary>The auxiliary vector as bytes.</summary>
    public byte[] AuxiliaryVector { get; set; } = [];
}
