using System.Globalization;

namespace HermiTux.Samples.Bench;

/// <summary>Runs the targets in turn, round by round, and prints medians and ratios to native.</summary>
internal static class BenchTable
{
    /// <summary>Measures one workload: a warm-up of each target, then <paramref name="rounds"/> interleaved rounds.</summary>
    public static async Task<IReadOnlyList<BenchFigure>> MeasureAsync(Workload workload, IReadOnlyList<IBenchTarget> targets, int rounds)
    {
        string program = WorkloadCompiler.Compile(workload.Name);
        var samples = targets.ToDictionary(t => t.Name, _ => new List<double>());
        var instructions = targets.ToDictionary(t => t.Name, _ => new List<double>());
        string? expected = null;
        for (int round = -1; round < rounds; round++)
        {
            foreach (IBenchTarget target in targets)
            {
                BenchRun run = await target.RunAsync(program, workload.Arguments);
                expected ??= run.Output;
                if (run.Output != expected)
                {
                    throw new InvalidOperationException(
                        $"{workload.Name}: {target.Name} printed '{run.Output.Trim()}', {targets[0].Name} printed '{expected.Trim()}'");
                }

                if (round >= 0)
                {
                    samples[target.Name].Add(Figure(workload, run));
                    instructions[target.Name].Add(run.Instructions / run.Elapsed.TotalSeconds / 1e6);
                }
            }
        }

        double native = Median(samples[targets[0].Name]);
        return [.. targets.Select(t => new BenchFigure(workload, t.Name, Median(samples[t.Name]), samples[t.Name].Min(), samples[t.Name].Max(),
            Median(samples[t.Name]) / native, Median(instructions[t.Name])))];
    }

    /// <summary>Prints one row a figure.</summary>
    public static void Print(TextWriter output, IEnumerable<BenchFigure> figures)
    {
        foreach (BenchFigure f in figures)
        {
            string unit = f.Workload.Unit == WorkloadUnit.Milliseconds ? "ms" : "ns/call";
            string speed = f.MillionInstructionsPerSecond > 0 ? f.MillionInstructionsPerSecond.ToString("F0", CultureInfo.InvariantCulture) + " M instr/s" : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{f.Workload.Name,-10} {f.Target,-12} {f.Median,10:F2} {unit,-8} ({f.Minimum:F2} to {f.Maximum:F2}) {f.Ratio,8:F2} x native  {speed}"));
        }
    }

    private static double Figure(Workload workload, BenchRun run)
    {
        if (workload.Unit == WorkloadUnit.Milliseconds)
        {
            return run.Elapsed.TotalMilliseconds;
        }

        string[] words = run.Error.Split(' ', '\n');
        int at = Array.IndexOf(words, "ns_per_call");
        return at >= 0
            ? double.Parse(words[at + 1], CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{workload.Name} reported no figure: '{run.Error.Trim()}'");
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>A row of the table.</summary>
internal sealed record BenchFigure(Workload Workload, string Target, double Median, double Minimum, double Maximum, double Ratio, double MillionInstructionsPerSecond);
