using System.Globalization;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Programs;

/// <summary>Guests that do their worst: whatever happens, it happens to the guest.</summary>
public sealed class HostileGuestTests
{
    // Far more than it takes: what is tested is that the machine ends, not when.
    private static readonly TimeSpan s_generous = TimeSpan.FromMinutes(2);

    public static TheoryData<string, int> Seeds
    {
        get
        {
            var data = new TheoryData<string, int>();
            int seeds = int.TryParse(Environment.GetEnvironmentVariable("HERMITUX_FUZZ_SEEDS"), out int value) ? value : 12;
            foreach (string engine in GuestRunner.Engines)
            {
                for (int seed = 1; seed <= seeds; seed++)
                {
                    data.Add(engine, seed);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, string> Loops => WithEngines("readv", "getrandom", "mincore", "mlockall", "mprotect", "madvise", "smaps", "splice", "sendfile", "writev",
        "truncate", "futex", "locks", "names");

    public static TheoryData<string, string> Executions => WithEngines("early", "late");

    public static TheoryData<string, string> Hogs => WithEngines("touch", "read", "getrandom", "populate", "mlock", "memfd", "pipes", "xattr", "maps");

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Random_system_calls_harm_only_the_guest(string engine, int seed)
    {
        string program = GuestCompiler.CompileSource("syscallfuzz.c", Toolchain.GccStatic);
        var request = new ProgramRequest(program, seed.ToString(CultureInfo.InvariantCulture), "20000")
        {
            MountHostRoot = false,
            Limit = TimeSpan.FromSeconds(10),
        };

        // Any end of the guest will do (a fault of its own, a limit); an exception at the embedder fails the test, and so does no end.
        ProgramRun run = await GuestRunner.RunAsync(engine, request, b => b.WithMemoryLimit(256 << 20));

        Assert.InRange(run.Status, 0, 255);
    }

    [Theory]
    [MemberData(nameof(Executions))]
    public async Task An_execve_that_fails_when_the_caller_is_gone_is_a_fatal_SIGSEGV(string engine, string when)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hermitux-exec-");
        ProgramRun expected;
        ProgramRun actual;
        try
        {
            var request = new ProgramRequest(GuestCompiler.CompileSource("exec-lost.c", Toolchain.GccStatic), when == "late" ? ["late"] : [])
            {
                MountHostRoot = false,
                Directory = folder.FullName,
            };
            expected = await NativeRunner.RunAsync(request);
            actual = await GuestRunner.RunAsync(engine, request);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Assert.Equal(when == "late" ? 128 + 11 : 0, expected.Status);
        Assert.Equal(expected.Summary, actual.Summary);
    }

    [Theory]
    [MemberData(nameof(Loops))]
    public async Task A_call_that_goes_on_for_ever_ends_at_the_time_limit(string engine, string call)
    {
        var request = new ProgramRequest(GuestCompiler.CompileSource("hostile-loops.c", Toolchain.GccStatic), call)
        {
            MountHostRoot = false,
            Limit = TimeSpan.FromSeconds(2),
        };
        ProgramRun run = await GuestRunner.RunAsync(engine, request, b => b.WithMemoryLimit(256 << 20));
        Assert.Equal("status 124\n", run.Summary);
    }

    [Theory]
    [MemberData(nameof(Hogs))]
    public async Task The_memory_limit_stops_the_machine_whoever_meets_it(string engine, string hog)
    {
        var builder = new UnikernelBuilder()
            .UseHostProgram(GuestCompiler.CompileSource("memory-hogs.c", Toolchain.GccStatic))
            .WithArguments(hog)
            .WithMemoryLimit(64 << 20)
            .WithTimeLimit(s_generous);
        var output = new OutputCapture();
        builder.UseStandardOutput(ConsoleOutput.ToCapture(output)).MountTmpfs("/tmp");
        GuestRunner.UseEngine(builder, engine);
        await using Unikernel machine = builder.Build();
        UnikernelExit exit = await machine.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((UnikernelExitKind.LimitReached, UnikernelLimit.Memory, ""), (exit.Kind, exit.Limit, output.Text));
    }

    private static TheoryData<string, string> WithEngines(params string[] names)
    {
        var data = new TheoryData<string, string>();
        foreach (string engine in GuestRunner.Engines)
        {
            foreach (string name in names)
            {
                data.Add(engine, name);
            }
        }

        return data;
    }
}
