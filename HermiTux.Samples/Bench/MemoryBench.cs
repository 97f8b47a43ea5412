using System.Diagnostics;
using System.Globalization;

namespace HermiTux.Samples.Bench;

/// <summary>What one machine costs: resident memory of the process with a number of live hello-world machines, less without them.</summary>
internal static class MemoryBench
{
    private const int Machines = 20;

    public static async Task PrintAsync(TextWriter output, IEnumerable<EngineTarget> engines)
    {
        string program = WorkloadCompiler.Compile("hello");
        foreach (EngineTarget target in engines)
        {
            for (int i = 0; i < 5; i++)
            {
                await target.RunAsync(new BenchProgram(program, [], false));
            }

            long before = Resident();
            var machines = new List<Unikernel>();
            try
            {
                for (int i = 0; i < Machines; i++)
                {
                    UnikernelBuilder builder = new UnikernelBuilder().UseHostProgram(program);
                    target.UseEngine(builder);
                    Unikernel machine = builder.Build();
                    machines.Add(machine);
                    await machine.RunAsync();
                }

                double each = (Resident() - before) / (double)Machines / (1 << 20);
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"hello",-10} {target.Name,-12} {each,10:F2} MB of memory for each of {Machines} machines after their run"));
            }
            finally
            {
                foreach (Unikernel machine in machines)
                {
                    await machine.DisposeAsync();
                }
            }
        }
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
