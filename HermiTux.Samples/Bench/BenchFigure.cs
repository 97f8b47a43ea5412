using System.Globalization;

namespace HermiTux.Samples.Bench;

/// <summary>What the rounds of one target on one workload gave.</summary>
/// <param name="Workload">What was run.</param>
/// <param name="Target">On what.</param>
/// <param name="Rounds">How many runs counted.</param>
/// <param name="Median">Median in the workload's unit.</param>
/// <param name="Minimum">Least.</param>
/// <param name="Maximum">Greatest.</param>
/// <param name="Ratio">Median of the ratios of each round to the native run of the same round: what slows the whole machine down slows both.</param>
/// <param name="CpuRatio">The same of processor time; 0 where the figure is the program's own.</param>
/// <param name="MillionInstructionsPerSecond">Speed, where the engine counts instructions.</param>
internal sealed record BenchFigure(
    Workload Workload, string Target, int Rounds, double Median, double Minimum, double Maximum, double Ratio, double CpuRatio, double MillionInstructionsPerSecond)
{
    /// <summary>Evaluates the runs of a target beside the native ones.</summary>
    public static BenchFigure Of(Workload workload, string target, IReadOnlyList<BenchRun> runs, IReadOnlyList<BenchRun> native)
    {
        double[] figures = [.. runs.Select(r => Figure(workload, r))];
        double[] nativeFigures = [.. native.Select(r => Figure(workload, r))];
        bool paired = runs.Count == native.Count;
        double ratio = paired ? MedianOf(figures.Zip(nativeFigures, (a, b) => a / b)) : MedianOf(figures) / MedianOf(nativeFigures);
        double nativeCpu = MedianOf(native.Select(r => r.Cpu.TotalMilliseconds));
        double cpuRatio = workload.Unit != WorkloadUnit.Milliseconds || nativeCpu == 0 ? 0 : MedianOf(runs.Select(r => r.Cpu.TotalMilliseconds)) / nativeCpu;
        return new BenchFigure(workload, target, runs.Count, MedianOf(figures), figures.Min(), figures.Max(), ratio, cpuRatio,
            MedianOf(runs.Select(r => r.Instructions / r.Elapsed.TotalSeconds / 1e6)));
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

    private static double MedianOf(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
