namespace HermiTux.Samples.Bench;

/// <summary>A benchmark: a program with arguments for a long and for a short run.</summary>
/// <param name="Name">Name of the workload and, without <see cref="HostProgram"/>, of the source that is compiled at first use.</param>
/// <param name="Large">Arguments, separated by spaces, for a native run of some 0.2 to 1.5 s: start-up costs don't matter.</param>
/// <param name="Small">The same for some 10 to 100 ms: for engines that interpret, and for showing what warming up costs.</param>
/// <param name="Unit">What one figure means.</param>
internal sealed record Workload(string Name, string Large, string Small, WorkloadUnit Unit = WorkloadUnit.Milliseconds)
{
    /// <summary>The programs that compute: the geometric mean is over these.</summary>
    public static IReadOnlyList<Workload> Computing { get; } =
    [
        // Kernels of the NAS Parallel Benchmarks, by their size classes.
        new("npb-is", "A", "W") { Shorter = null },
        new("npb-cg", "A", "W") { Shorter = "A 2" },
        new("npb-ep", "W", "T"),
        new("npb-mg", "A", "W") { Shorter = null },
        new("npb-ft", "W 6", "S") { Shorter = "W 1" },
        new("integer", "1000", "60"),
        new("memory", "20", "2"),
        new("float", "1500", "50"),
        new("calls", "400", "15"),
        new("nbody", "10000000", "500000"),
        new("spectral", "3000", "600"),
        new("fannkuch", "10", "9"),
        new("trees", "18", "14") { Shorter = "18 8" },
        new("mandelbrot", "2500", "600"),
        new("records", "30000000", "2000000"),
        new("bytecode", "5000000", "300000"),
        new("recursion", "100", "6"),
        new("sorting", "500000", "40000") { Shorter = "500000 1" },
        new("hashing", "600000", "60000") { Shorter = null },
        new("strings", "4000", "200"),
        new("crypto", "30000", "1500"),
        new("matching", "250", "15"),
        new("extended", "1000", "50"),
        new("parsing", "80", "5"),
        new("objects", "500", "25"),
    ];

    /// <summary>What comes before and between computing: start-up, system calls, memory management, faults, code made at run time, threads.</summary>
    public static IReadOnlyList<Workload> Overheads { get; } =
    [
        new("hello", "", ""),
        new("python-start", "-I -S -c pass", "-I -S -c pass") { HostProgram = "/usr/bin/python3" },
        new("perl-start", "-e 1", "-e 1") { HostProgram = "/usr/bin/perl" },
        new("syscalls", "1000000", "100000", WorkloadUnit.NanosecondsPerCall),
        new("touching", "40", "4", WorkloadUnit.NanosecondsPerCall),
        new("faulting", "100000", "5000", WorkloadUnit.NanosecondsPerCall),
        new("mapping", "50000", "5000", WorkloadUnit.NanosecondsPerCall),
        new("churning", "200000", "10000", WorkloadUnit.NanosecondsPerCall),
        new("waking", "50000", "3000", WorkloadUnit.NanosecondsPerCall) { Cpus = 2 },
        new("piping", "50000", "3000", WorkloadUnit.NanosecondsPerCall) { Cpus = 2 },
        new("threading", "10000", "500", WorkloadUnit.NanosecondsPerCall) { Cpus = 2 },
        new("parallel", "100000000", "3000000", WorkloadUnit.NanosecondsPerCall) { Cpus = 2 },
    ];

    /// <summary>The set that <c>hermitux bench</c> runs.</summary>
    public static IEnumerable<Workload> All => Computing.Concat(Overheads);

    /// <summary>A program of the host, used as it is, with the host's files; null for a source of ours.</summary>
    public string? HostProgram { get; init; }

    /// <summary>How many CPUs a guest gets.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>Arguments for a run that touches the memory that the long one touches, but computes less; null if there are none.</summary>
    public string? Shorter { get; init; } = Unit == WorkloadUnit.Milliseconds && Large != Small ? Small : null;

    /// <summary>The program and its arguments, compiled if need be; null when it is a program of the host that isn't installed.</summary>
    public BenchProgram? Prepare(bool large) => Prepare(large ? Large : Small);

    /// <summary>The same for a <see cref="Shorter"/> run.</summary>
    public BenchProgram? PrepareShorter() => Shorter is null ? null : Prepare(Shorter);

    private BenchProgram? Prepare(string line)
    {
        string[] arguments = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return HostProgram is null ? new BenchProgram(WorkloadCompiler.Compile(Name), arguments, false) { Cpus = Cpus }
            : File.Exists(HostProgram) ? new BenchProgram(HostProgram, arguments, true)
            : null;
    }
}

/// <summary>What is run.</summary>
/// <param name="Path">The program's path on the host.</param>
/// <param name="Arguments">Its arguments, without its name.</param>
/// <param name="NeedsHostFiles">Whether it needs libraries and other files of the host.</param>
internal sealed record BenchProgram(string Path, string[] Arguments, bool NeedsHostFiles)
{
    /// <summary>How many CPUs a guest gets.</summary>
    public int Cpus { get; init; } = 1;
}

/// <summary>What a workload's figure is.</summary>
internal enum WorkloadUnit
{
    /// <summary>Milliseconds from start to exit.</summary>
    Milliseconds,

    /// <summary>Nanoseconds a call, fault, page or the like, measured by the program and printed on standard error.</summary>
    NanosecondsPerCall,
}
