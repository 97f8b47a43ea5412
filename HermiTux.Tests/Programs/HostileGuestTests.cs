using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Programs;

/// <summary>Guests that do their worst: whatever happens, it happens to the guest.</summary>
public sealed class HostileGuestTests
{
    public static TheoryData<string, int> Seeds
    {
        get
        {
            var data = new TheoryData<string, int>();
            int seeds = int.TryParse(Environment.GetEnvironmentVariable("HERMITUX_FUZZ_SEEDS"), out int value) ? value : 4;
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

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Random_system_calls_harm_only_the_guest(string engine, int seed)
    {
        string program = GuestCompiler.CompileSource("syscallfuzz.c", Toolchain.GccStatic);
        var request = new ProgramRequest(program, seed.ToString(System.Globalization.CultureInfo.InvariantCulture), "20000")
        {
            MountHostRoot = false,
            Limit = TimeSpan.FromSeconds(20),
        };

        // Any end of the guest will do (a fault of its own, a limit); an exception at the embedder fails the test.
        ProgramRun run = await GuestRunner.RunAsync(engine, request, b => b.WithMemoryLimit(256 << 20).WithLayoutRandomization(false));

        Assert.InRange(run.Status, 0, 255);
    }
}
