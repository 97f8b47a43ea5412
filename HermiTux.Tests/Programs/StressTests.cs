using System.Globalization;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Programs;

/// <summary>
/// One primitive each under load, with threads interrupted at random moments, so that they change CPUs and order all the time. The program checks that nothing is
/// lost, doubled or out of order; how long it runs only says how much is tried. HERMITUX_STRESS_SECONDS makes it long (<c>.ci/stress</c>).
/// </summary>
public sealed class StressTests
{
    private static readonly int s_milliseconds =
        int.TryParse(Environment.GetEnvironmentVariable("HERMITUX_STRESS_SECONDS"), CultureInfo.InvariantCulture, out int seconds) ? seconds * 1000 : 300;

    public static TheoryData<string, string, int> Modes
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (string mode in new[] { "futex", "signals", "epoll", "pipes" })
                {
                    foreach (int cpus in new[] { 1, 2, 8 })
                    {
                        data.Add(engine, mode, cpus);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Invariants_hold_under_random_scheduling(string engine, string mode, int cpus)
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        var output = new OutputCapture();
        UnikernelBuilder builder = new UnikernelBuilder()
            .UseHostProgram(GuestCompiler.CompileSource("stress.c", Toolchain.GccStatic))
            .WithArguments(mode, s_milliseconds.ToString(CultureInfo.InvariantCulture))
            .WithCpuCount(cpus)
            .WithTimeLimit(TimeSpan.FromMilliseconds(s_milliseconds) + TimeSpan.FromMinutes(3))
            .UseStandardOutput(ConsoleOutput.ToCapture(output));
        GuestRunner.UseEngine(builder, engine);
        await using Unikernel machine = builder.Build();
        Task<UnikernelExit> run = machine.RunAsync(cancelled);
        var random = new Random(cpus);
        while (!run.IsCompleted)
        {
            machine.InterruptGuest();
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(random.NextDouble() * 2), cancelled));
        }

        UnikernelExit exit = await run;
        Assert.True(output.Text == "ok\n" && exit.IsSuccess, $"{exit}\n{output.Text}");
    }
}
