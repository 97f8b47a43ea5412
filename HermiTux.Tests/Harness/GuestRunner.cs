using HermiTux.Cpu;
using Xunit;

namespace HermiTux.Tests.Harness;

/// <summary>Runs a program as a guest of an engine.</summary>
internal static class GuestRunner
{
    // How late a stop may be on a busy machine before it counts as none.
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(1.5);

    /// <summary>The engines. Engine-neutral tests run on each; those of an engine that this host can't run are skipped with the reason.</summary>
    /// <remarks>HERMITUX_ENGINES limits them to some, separated by commas.</remarks>
    public static IReadOnlyList<string> Engines { get; } = [.. new[] { "interpreter", "translator", "kvm" }.Where(IsWanted)];

    public static async Task<ProgramRun> RunAsync(string engine, ProgramRequest request, Action<UnikernelBuilder>? configure = null)
    {
        var output = new OutputCapture();
        var error = new OutputCapture();
        Unikernel machine = CreateBuilder(engine, request, output, error, configure).Build();
        Task<UnikernelExit> run = machine.RunAsync();

        // Not disposed if it doesn't: that would wait for the same.
        await EndAsync(run, request.Limit + s_grace, "The machine outlives its time limit", machine);
        try
        {
            UnikernelExit exit = await run;
            if (exit.Limit == UnikernelLimit.WallClock)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"At the time limit:\n{exit.Threads}");
            }

            await DisposeAsync(machine);
            return new ProgramRun(exit.ShellStatus, output.ToArray(), error.ToArray());
        }
        catch (Exception e) when (e is not TimeoutException)
        {
            // What the run threw says more than how it was cleaned up.
            await Task.WhenAny(machine.DisposeAsync().AsTask(), Task.Delay(s_grace));
            throw;
        }
    }

    /// <summary>The builder of a guest that gets what the request says.</summary>
    public static UnikernelBuilder CreateBuilder(string engine, ProgramRequest request, OutputCapture output, OutputCapture error, Action<UnikernelBuilder>? configure)
    {
        UnikernelBuilder builder = new UnikernelBuilder()
            .WithArguments(request.Arguments)
            .WithEnvironment(request.Environment)
            .WithTimeLimit(request.Limit)
            .WithMemoryLimit(2L << 30)
            .UseStandardInput(ConsoleInput.FromBytes(request.Input))
            .UseStandardOutput(ConsoleOutput.ToCapture(output))
            .UseStandardError(ConsoleOutput.ToCapture(error));
        UseEngine(builder, engine);
        if (request.MountHostRoot)
        {
            builder.MountHost("/", "/");
            // Programs in /tmp are hidden by the guest's own /tmp and placed there.
            builder.UseProgram(ProgramSource.GuestOrHost(request.Program));
        }
        else
        {
            builder.UseHostProgram(request.Program);
        }

        if (request.Directory is { } directory)
        {
            string guestDirectory = request.GuestDirectory ?? directory;
            builder.MountHost(directory, guestDirectory, readOnly: false).WithWorkingDirectory(guestDirectory);
        }

        configure?.Invoke(builder);
        return builder;
    }

    /// <summary>Whether an engine takes part in this run.</summary>
    public static bool IsWanted(string engine) =>
        Environment.GetEnvironmentVariable("HERMITUX_ENGINES") is not { Length: > 0 } wanted || wanted.Split(',').Contains(engine);

    /// <summary>Selects an engine by its name.</summary>
    public static void UseEngine(UnikernelBuilder builder, string engine)
    {
        switch (engine)
        {
            case "interpreter":
                builder.UseInterpreter();
                break;
            case "translator":
                SkipWithoutTranslator();
                builder.UseTranslator();
                break;
            case "kvm":
                SkipWithoutKvm();
                builder.UseKvm();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(engine), engine, "no such engine");
        }
    }

    /// <summary>Skips the test, with the reason, where the translator isn't available.</summary>
    public static void SkipWithoutTranslator()
    {
        bool works = HermiTux.Cpu.Translator.TranslatorHost.IsSupported(X86CpuModel.V3, out string? reason);
        Assert.SkipUnless(works, $"needs the translator, which doesn't work here: {reason}");
    }

    /// <summary>Skips the test, with the reason, where KVM isn't usable.</summary>
    public static void SkipWithoutKvm()
    {
        EngineProbe probe = KvmUnikernelBuilderExtensions.ProbeKvm();
        Assert.SkipWhen(probe.Suitability == EngineSuitability.Unavailable, $"needs KVM, which {probe.Reason}");
    }

    private static async Task DisposeAsync(Unikernel machine)
    {
        Task disposal = machine.DisposeAsync().AsTask();
        await EndAsync(disposal, s_grace, "Disposing the machine doesn't end", machine);
        await disposal;
    }

    /// <summary>Waits for a task to end, however; if it doesn't, the test says what it can of the machine and of its own process.</summary>
    private static async Task EndAsync(Task task, TimeSpan patience, string complaint, Unikernel machine)
    {
        if (await Task.WhenAny(task, Task.Delay(patience)) != task)
        {
            throw new TimeoutException($"{complaint}. {HostHealth.Describe()}\n{machine.DescribeThreads()}");
        }
    }
}
