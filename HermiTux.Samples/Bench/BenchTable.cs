using System.Globalization;

namespace HermiTux.Samples.Bench;

/// <summary>Runs the targets in turn, round by round, and prints medians and ratios to the first of them.</summary>
internal sealed class BenchTable
{
    // A target whose first run takes longer isn't asked again: its ratio doesn't need the precision.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly List<BenchFigure> _figures = [];

    /// <summary>Measures one workload: a warm-up of each target, then <paramref name="rounds"/> interleaved rounds.</summary>
    /// <param name="workload">What.</param>
    /// <param name="program">Its program.</param>
    /// <param name="shorter">A shorter run, whose time is to be taken off; null if none is.</param>
    /// <param name="targets">Where, the native run first.</param>
    /// <param name="rounds">How often.</param>
    /// <exception cref="InvalidOperationException">A target printed something else, or failed.</exception>
    public async Task<IReadOnlyList<BenchFigure>> MeasureAsync(
        Workload workload, BenchProgram program, BenchProgram? shorter, IReadOnlyList<IBenchTarget> targets, int rounds)
    {
        var samples = targets.ToDictionary(t => t.Name, _ => new List<BenchRun>());
        var slow = new HashSet<IBenchTarget>();
        string? expected = null;
        for (int round = -1; round < rounds; round++)
        {
            foreach (IBenchTarget target in targets.Where(t => !slow.Contains(t)))
            {
                BenchRun run = await target.RunAsync(program);
                expected ??= run.Output;
                if (run.Output != expected)
                {
                    throw new InvalidOperationException(
                        $"{workload.Name}: {target.Name} printed '{run.Output.Trim()}', {targets[0].Name} printed '{expected.Trim()}'");
                }

                if (round < 0 && run.Elapsed > s_patience && target != targets[0])
                {
                    slow.Add(target);
                }

                if (round >= 0 || slow.Contains(target))
                {
                    samples[target.Name].Add(shorter is null ? run : run.Less(await target.RunAsync(shorter)));
                }
            }
        }

        BenchFigure[] figures = [.. targets.Select(t => BenchFigure.Of(workload, t.Name, samples[t.Name], samples[targets[0].Name]))];
        _figures.AddRange(figures);
        return figures;
    }

    /// <summary>Prints one row a figure.</summary>
    public static void Print(TextWriter output, IEnumerable<BenchFigure> figures)
    {
        foreach (BenchFigure f in figures)
        {
            string unit = f.Workload.Unit == WorkloadUnit.Milliseconds ? "ms" : "ns/call";
            string cpu = f.CpuRatio > 0 ? f.CpuRatio.ToString("F2", CultureInfo.InvariantCulture) + " x CPU" : "";
            string speed = f.MillionInstructionsPerSecond > 0 ? f.MillionInstructionsPerSecond.ToString("F0", CultureInfo.InvariantCulture) + " M instr/s" : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{f.Workload.Name,-12} {f.Target,-20} {f.Median,10:F2} {unit,-8} ({f.Minimum:F2} to {f.Maximum:F2}, {f.Rounds}) {f.Ratio,8:F2} x native {cpu,12} {speed}").TrimEnd());
        }
    }

    /// <summary>Prints the geometric mean of the computing workloads' ratios, and the worst, for each target.</summary>
    public void PrintSummary(TextWriter output)
    {
        foreach (IGrouping<string, BenchFigure> group in _figures.Where(f => Workload.Computing.Contains(f.Workload)).GroupBy(f => f.Target).Skip(1))
        {
            BenchFigure worst = group.MaxBy(f => f.Ratio)!;
            BenchFigure worstCpu = group.MaxBy(f => f.CpuRatio)!;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{group.Key}: geometric mean of {group.Count()} workloads {Mean(group.Select(f => f.Ratio)):F2} x native, worst {worst.Ratio:F2} ({worst.Workload.Name}); by CPU time {Mean(group.Select(f => f.CpuRatio)):F2}, worst {worstCpu.CpuRatio:F2} ({worstCpu.Workload.Name})"));
        }
    }

    private static double Mean(IEnumerable<double> ratios) => Math.Exp(ratios.Average(Math.Log));
}
