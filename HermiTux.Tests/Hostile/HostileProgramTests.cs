using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Hostile;

/// <summary>
/// Programs that look at what signals show of the processor's state, and that change their code: what they print is what it is on Linux, on every engine.
/// </summary>
public sealed class HostileProgramTests
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Hostile", "guests");

    public static TheoryData<string, string> Programs
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (string source in (string[])["precise.c", "alignment.c", "alignment-forms.c", "stepping.c", "interrupts.c", "selfmod.c", "distant.c"])
                {
                    data.Add(engine, source);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, int> EnginesAndCpus
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string engine in GuestRunner.Engines)
            {
                data.Add(engine, 1);
                data.Add(engine, 2);
                data.Add(engine, 4);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public Task Prints_as_natively(string engine, string source) => CompareAsync(engine, source, 1);

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public Task Code_that_others_change_runs_old_or_new(string engine, int cpus)
    {
        Assert.SkipWhen(engine == "interpreter" && cpus > 1, "the interpreter may run code once more that its own thread has just changed (docs/quirks.md)");
        return CompareAsync(engine, "racing.c", cpus);
    }

    private static async Task CompareAsync(string engine, string source, int cpus)
    {
        string text = await File.ReadAllTextAsync(Path.Combine(s_folder, source));
        text = text.Replace("#include \"trap.h\"", await File.ReadAllTextAsync(Path.Combine(s_folder, "trap.h")), StringComparison.Ordinal);
        var request = new ProgramRequest(GuestCompiler.Compile(text, Toolchain.GccStatic)) { MountHostRoot = false };
        ProgramRun expected = await NativeRunner.RunAsync(request);
        ProgramRun actual = await GuestRunner.RunAsync(engine, request, b => b.WithCpuCount(cpus));
        Assert.Equal(0, expected.Status);
        Assert.Equal(expected.Summary, actual.Summary);
    }
}
