using System.CommandLine;

namespace HermiTux.Samples.Bench;

/// <summary><c>hermitux bench</c>: every workload natively, on each engine and on the peers that are installed, interleaved.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var workloads = new Argument<string[]>("workload")
        {
            Description = "Which workloads to run: " + string.Join(", ", Workload.All.Select(w => w.Name)) + ", footprint; all if none is named.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var rounds = new Option<int>("--rounds") { Description = "Interleaved rounds after a warm-up of each.", DefaultValueFactory = _ => 5 };
        var peers = new Option<bool>("--peers") { Description = "Also run qemu-x86_64 if it is installed.", DefaultValueFactory = _ => true };
        var command = new Command("bench", "Compares the engines with native runs: medians and ratios.") { workloads, rounds, peers };
        command.SetAction(async (result, _) =>
        {
            string[] names = result.GetValue(workloads) ?? [];
            string? unknown = names.FirstOrDefault(n => n != "footprint" && Workload.All.All(w => w.Name != n));
            if (unknown is not null)
            {
                await Console.Error.WriteLineAsync($"hermitux: no workload named '{unknown}'");
                return 125;
            }

            try
            {
                List<IBenchTarget> targets = [new ProcessTarget("native", null), .. EngineTarget.All];
                if (result.GetValue(peers))
                {
                    targets.AddRange(ProcessTarget.FindPeers());
                }

                foreach (Workload workload in Workload.All.Where(w => names.Length == 0 || names.Contains(w.Name)))
                {
                    BenchTable.Print(Console.Out, await BenchTable.MeasureAsync(workload, targets, result.GetValue(rounds)));
                }

                if (names.Length == 0 || names.Contains("footprint"))
                {
                    await MemoryBench.PrintAsync(Console.Out);
                }

                return 0;
            }
            catch (InvalidOperationException e)
            {
                await Console.Error.WriteLineAsync($"hermitux: {e.Message}");
                return 125;
            }
        });
        return command;
    }
}
