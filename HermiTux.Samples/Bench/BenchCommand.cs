using System.CommandLine;

namespace HermiTux.Samples.Bench;

/// <summary><c>hermitux bench</c>: every workload natively, on each engine and on the peers that are installed, interleaved.</summary>
internal static class BenchCommand
{
    private const string Footprint = "footprint";

    public static Command Create()
    {
        var workloads = new Argument<string[]>("workload")
        {
            Description = $"Which workloads to run: {string.Join(", ", Workload.All.Select(w => w.Name))}, {Footprint}; all if none is named.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var rounds = new Option<int>("--rounds") { Description = "Interleaved rounds after a warm-up of each.", DefaultValueFactory = _ => 5 };
        var peers = new Option<bool>("--peers") { Description = "Also run qemu-x86_64 if it is installed.", DefaultValueFactory = _ => true };
        var engines = new Option<string[]>("--engine") { Description = $"Only this engine ({string.Join(", ", EngineTarget.All.Select(e => e.Name))}); may be repeated." };
        var size = new Option<string>("--size") { Description = "large (0.2 to 1.5 s natively), small (10 to 100 ms), or steady: a large run less a shorter one, so that neither start-up nor first touches count.", DefaultValueFactory = _ => "large" };
        size.AcceptOnlyFromAmong("large", "small", "steady");
        var mode = new Option<string>("--mode")
        {
            Description = "in-process (from Build() to the exit, in this process), process (a 'hermitux run' each), or both.",
            DefaultValueFactory = _ => "in-process",
        };
        mode.AcceptOnlyFromAmong("in-process", "process", "both");
        var path = new Option<string?>("--command") { Description = "The hermitux command that --mode process starts; this one by default." };
        var command = new Command("bench", "Compares the engines with native runs: medians, ratios and their geometric mean.")
        {
            workloads, rounds, peers, engines, size, mode, path,
        };
        command.SetAction(async (result, _) =>
        {
            string[] names = result.GetValue(workloads) ?? [];
            string[] engineNames = result.GetValue(engines) ?? [];
            string? unknown = names.FirstOrDefault(n => n != Footprint && Workload.All.All(w => w.Name != n));
            string? unknownEngine = engineNames.FirstOrDefault(n => EngineTarget.All.All(e => e.Name != n));
            if (unknown is not null || unknownEngine is not null)
            {
                await Console.Error.WriteLineAsync(unknown is not null ? $"hermitux: no workload named '{unknown}'" : $"hermitux: no engine named '{unknownEngine}'");
                return 125;
            }

            EngineTarget[] selected = [.. EngineTarget.All.Where(e => engineNames.Length == 0 || engineNames.Contains(e.Name))];
            List<IBenchTarget> targets = [ProcessTarget.Native];
            if (result.GetValue(mode) is "in-process" or "both")
            {
                targets.AddRange(selected);
            }

            if (result.GetValue(mode) is "process" or "both")
            {
                targets.AddRange(selected.Select(e => ProcessTarget.ForCommand(e.Name, result.GetValue(path))));
            }

            if (result.GetValue(peers))
            {
                targets.AddRange(ProcessTarget.FindPeers());
            }

            Workload[] chosen = [.. Workload.All.Where(w => names.Length == 0 || names.Contains(w.Name))];
            int failures = await RunAsync(chosen, targets, result.GetValue(size)!, result.GetValue(rounds));
            if (names.Length == 0 || names.Contains(Footprint))
            {
                await MemoryBench.PrintAsync(Console.Out, selected);
            }

            return failures == 0 ? 0 : 125;
        });
        return command;
    }

    private static async Task<int> RunAsync(IEnumerable<Workload> workloads, IReadOnlyList<IBenchTarget> targets, string size, int rounds)
    {
        var table = new BenchTable();
        int failures = 0;
        foreach (Workload workload in workloads)
        {
            try
            {
                BenchProgram? shorter = null;
                if (size == "steady" && (shorter = workload.PrepareShorter()) is null)
                {
                    Console.Out.WriteLine($"{workload.Name}: skipped, it has no shorter run that touches the same memory");
                }
                else if (workload.Prepare(size != "small") is { } program)
                {
                    BenchTable.Print(Console.Out, await table.MeasureAsync(workload, program, shorter, targets, rounds));
                }
                else
                {
                    Console.Out.WriteLine($"{workload.Name}: skipped, there is no {workload.HostProgram}");
                }
            }
            catch (InvalidOperationException e)
            {
                // One engine that can't run one workload must not hide the other figures.
                failures++;
                await Console.Error.WriteLineAsync($"hermitux: {e.Message}");
            }
        }

        table.PrintSummary(Console.Out);
        return failures;
    }
}
