using HermiTux.Cpu;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;
using HermiTux.Syscalls;

namespace HermiTux;

/// <summary>
/// The settings of a machine that aren't services. <see cref="UnikernelBuilder"/>'s methods set them; a host may also configure them through
/// <c>builder.Services.Configure&lt;UnikernelOptions&gt;(...)</c>.
/// </summary>
public sealed class UnikernelOptions
{
    /// <summary>What to run. Required.</summary>
    public ProgramSource? Program { get; set; }

    /// <summary>argv[0]; null is the program's path as given.</summary>
    public string? ArgumentZero { get; set; }

    /// <summary>argv from 1 on.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>The environment, in order. Nothing of the host's is in it.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The working directory in the guest's tree.</summary>
    public string WorkingDirectory { get; set; } = "/";

    /// <summary>User id of the program.</summary>
    public uint UserId { get; set; }

    /// <summary>Group id of the program.</summary>
    public uint GroupId { get; set; }

    /// <summary>Supplementary groups.</summary>
    public IList<uint> SupplementaryGroups { get; } = [];

    /// <summary>uname(2) nodename.</summary>
    public string HostName { get; set; } = "hermitux";

    /// <summary>Most bytes of memory the guest may touch, its memory files included.</summary>
    public long MemoryLimit { get; set; } = 1L << 30;

    /// <summary>Longest wall-clock time of a run; null is no limit.</summary>
    public TimeSpan? TimeLimit { get; set; }

    /// <summary>RLIMIT_NOFILE: most open files of a process.</summary>
    public int OpenFileLimit { get; set; } = 1024;

    /// <summary>Most guest threads at once.</summary>
    public int ThreadLimit { get; set; } = 4096;

    /// <summary>CPUs that the guest sees, and OS threads that run it.</summary>
    public int CpuCount { get; set; } = 1;

    /// <summary>Random addresses of stack, heap, libraries and position-independent programs (ASLR).</summary>
    public bool RandomizeLayout { get; set; } = true;

    /// <summary>What CPUID says; null is the engine's default.</summary>
    public CpuModel? CpuModel { get; set; }

    /// <summary>Whether only engines may run the guest whose isolation is the processor's (<see cref="IVcpuEngine.IsHardwareIsolated"/>).</summary>
    public bool RequireHardwareIsolation { get; set; }

    /// <summary>Whether the machine has /proc, /dev, /sys, /tmp and a minimal /etc where nothing else is mounted there.</summary>
    public bool HasDefaultTree { get; set; } = true;

    /// <summary>What is mounted, in order.</summary>
    public IList<MountDefinition> Mounts { get; } = [];

    /// <summary>Changes to the table of system calls, applied in order to the default one.</summary>
    public IList<Action<SyscallTable>> SyscallConfiguration { get; } = [];

    /// <summary>Services of the embedder's on ports of the machine.</summary>
    internal IList<Hosting.Network.HostService> HostServices { get; } = [];

    /// <summary>What the guest may reach beyond its machine; null is nothing.</summary>
    internal OutboundOptions? Outbound { get; set; }

    /// <summary>Standard input, output and error.</summary>
    public ConsoleOptions Console { get; } = new();
}

/// <summary>One mount.</summary>
/// <param name="GuestPath">Where, an absolute path; directories on the way are made.</param>
/// <param name="Kind">For messages: what is mounted.</param>
/// <param name="Create">Makes the file system of one machine; throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when it can't be. The machine disposes it.</param>
/// <param name="IsReadOnly">Whether the guest may change nothing.</param>
public sealed record MountDefinition(string GuestPath, string Kind, Func<MountContext, IFileSystem> Create, bool IsReadOnly)
{
    /// <summary>The host path that is shown, for validation; null when there is none.</summary>
    public string? HostPath { get; init; }
}

/// <summary>What a file system of a machine may be made from.</summary>
/// <param name="Services">The machine's services.</param>
/// <param name="Frames">Its memory.</param>
/// <param name="Time">Its clock.</param>
public sealed record MountContext(IServiceProvider Services, FrameTable Frames, TimeProvider Time);
