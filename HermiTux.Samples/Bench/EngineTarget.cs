using System.Diagnostics;

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

    /// <summary>The engines that this host has.</summary>
    public static IReadOnlyList<EngineTarget> All { get; } = [new("interpreter", b => b.UseInterpreter())];

    /// <summary>Selects the engine in a builder.</summary>
    public void UseEngine(UnikernelBuilder builder) => _useEngine(builder);

    public async Task<BenchRun> RunAsync(string program, string[] arguments)
    {
        var output = new OutputCapture();
        var error = new OutputCapture();
        UnikernelBuilder builder = new UnikernelBuilder()
            .UseHostProgram(program)
            .WithArguments(arguments)
            .UseStandardOutput(ConsoleOutput.ToCapture(output))
            .UseStandardError(ConsoleOutput.ToCapture(error));
        _useEngine(builder);
        long began = Stopwatch.GetTimestamp();
        await using Unikernel machine = builder.Build();
        UnikernelExit exit = await machine.RunAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        return exit.IsSuccess
            ? new BenchRun(elapsed, output.Text, error.Text, exit.Statistics.Instructions)
            : throw new InvalidOperationException($"{program} on {Name}: {exit}. {error.Text}");
    }
}
