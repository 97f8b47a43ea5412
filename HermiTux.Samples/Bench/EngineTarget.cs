using System.Diagnostics;
using HermiTux.Samples.Commands;

namespace HermiTux.Samples.Bench;

/// <summary>Runs a workload as a guest in this process: from <see cref="UnikernelBuilder.Build"/> to the exit.</summary>
internal sealed class EngineTarget : IBenchTarget
{
    private readonly Action<UnikernelBuilder> _useEngine;

    public EngineTarget(string name, Action<UnikernelBuilder> useEngine)
    {
        Name = name;
        _useEngine = useEngine;
    }

    public string Name { get; }

    /// <summary>The engines that this host has. A new engine is a line here.</summary>
    public static IReadOnlyList<EngineTarget> All { get; } =
    [
        new("translator", b => b.UseTranslator()),
        new("interpreter", b => b.UseInterpreter()),
        .. FindKvm(),
    ];

    /// <summary>Selects the engine in a builder.</summary>
    public void UseEngine(UnikernelBuilder builder) => _useEngine(builder);

    public async Task<BenchRun> RunAsync(BenchProgram program)
    {
        var output = new OutputCapture();
        var error = new OutputCapture();
        UnikernelBuilder builder = new UnikernelBuilder()
            .WithArguments(program.Arguments)
            .WithMemoryLimit(2L << 30)
            .WithCpuCount(program.Cpus)
            .UseStandardOutput(ConsoleOutput.ToCapture(output))
            .UseStandardError(ConsoleOutput.ToCapture(error));
        _ = program.NeedsHostFiles ? builder.MountHost("/", "/").UseProgram(program.Path) : builder.UseHostProgram(program.Path);
        _useEngine(builder);
        TimeSpan cpuBefore = HostLibc.ProcessorTime(children: false);
        long began = Stopwatch.GetTimestamp();
        await using Unikernel machine = builder.Build();
        UnikernelExit exit = await machine.RunAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        TimeSpan cpu = HostLibc.ProcessorTime(children: false) - cpuBefore;
        return exit.IsSuccess
            ? new BenchRun(elapsed, cpu, output.Text, error.Text, exit.Statistics.Instructions)
            : throw new InvalidOperationException($"{program.Path} on {Name}: {exit}. {error.Text}");
    }

    private static IEnumerable<EngineTarget> FindKvm()
    {
        if (KvmUnikernelBuilderExtensions.ProbeKvm().Suitability != EngineSuitability.Unavailable)
        {
            yield return new EngineTarget("kvm", b => b.UseKvm());
        }
    }
}
