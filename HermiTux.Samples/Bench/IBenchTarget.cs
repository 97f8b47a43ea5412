namespace HermiTux.Samples.Bench;

/// <summary>Something that can run a workload: the host itself, an engine, or a peer.</summary>
internal interface IBenchTarget
{
    /// <summary>Column name.</summary>
    string Name { get; }

    /// <summary>Runs the program to its end.</summary>
    Task<BenchRun> RunAsync(BenchProgram program);
}

/// <summary>One run.</summary>
/// <param name="Elapsed">From the start to the exit.</param>
/// <param name="Cpu">Processor time, user and system, of everything that the run needed: steadier than the elapsed time where others share the machine.</param>
/// <param name="Output">Standard output, which must be the same everywhere.</param>
/// <param name="Error">Standard error, where a program reports its own figure.</param>
/// <param name="Instructions">Guest instructions executed, 0 where not counted.</param>
internal sealed record BenchRun(TimeSpan Elapsed, TimeSpan Cpu, string Output, string Error, long Instructions)
{
    /// <summary>What this run took more than another.</summary>
    public BenchRun Less(BenchRun shorter) =>
        this with { Elapsed = Elapsed - shorter.Elapsed, Cpu = Cpu - shorter.Cpu, Instructions = Instructions - shorter.Instructions };
}
