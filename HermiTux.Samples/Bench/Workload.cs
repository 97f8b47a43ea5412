namespace HermiTux.Samples.Bench;

/// <summary>A benchmark program: a C source beside this file, compiled with gcc at first use, and how much of it to run.</summary>
/// <param name="Name">Name of the workload and of its source.</param>
/// <param name="Rounds">The program's argument. Chosen so that a native run takes 20 to 100 ms: long enough to time, short enough for a software CPU.</param>
/// <param name="Unit">What one figure means: seconds of the whole run, or nanoseconds a call as the program itself reports on standard error.</param>
internal sealed record Workload(string Name, int Rounds, WorkloadUnit Unit)
{
    /// <summary>The set that <c>hermitux bench</c> runs.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("integer", 60, WorkloadUnit.Milliseconds),
        new("memory", 2, WorkloadUnit.Milliseconds),
        new("float", 50, WorkloadUnit.Milliseconds),
        new("calls", 15, WorkloadUnit.Milliseconds),
        new("syscalls", 100_000, WorkloadUnit.NanosecondsPerCall),
        new("hello", 0, WorkloadUnit.Milliseconds),
    ];

    /// <summary>Arguments of the program, without its name.</summary>
    public string[] Arguments => Rounds == 0 ? [] : [Rounds.ToString(System.Globalization.CultureInfo.InvariantCulture)];
}

/// <summary>What a workload's figure is.</summary>
internal enum WorkloadUnit
{
    /// <summary>Milliseconds from start to exit.</summary>
    Milliseconds,

    /// <summary>Nanoseconds a system call, measured by the program.</summary>
    NanosecondsPerCall,
}
