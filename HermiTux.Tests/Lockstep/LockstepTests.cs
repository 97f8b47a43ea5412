using HermiTux.Samples.Bench;
using HermiTux.Tests.Cpu.Oracle;
using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Lockstep;

/// <summary>Every engine beside the interpreter: the same registers and memory at every system call, every fault and at interruptions anywhere.</summary>
public sealed class LockstepTests
{
    private static readonly int s_interruptions = int.TryParse(Environment.GetEnvironmentVariable("HERMITUX_LOCKSTEP_INTERRUPTIONS"), out int n) ? n : 4;

    // Small enough to be stepped through in part.
    private static readonly (string Workload, string Arguments)[] s_programs =
    [
        ("integer", "2"), ("calls", "1"), ("crypto", "60"), ("extended", "3"), ("parsing", "1"), ("objects", "1"), ("strings", "4"), ("sorting", "3000"),
        ("mandelbrot", "100"), ("churning", "300"), ("faulting", "100"), ("mapping", "100"),
    ];

    public static TheoryData<string, string> Programs
    {
        get
        {
            var data = new TheoryData<string, string>();

            // The interpreter beside itself shows that the comparison can succeed, and that interruptions keep its own state.
            foreach (string engine in GuestRunner.Engines)
            {
                foreach ((string workload, string _) in s_programs)
                {
                    data.Add(engine, workload);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, string> EnginesAndSources
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (string source in (string[])["memory.c", "setjmp.c", "longdouble.c", "locale.c"])
                {
                    data.Add(engine, source);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task States_are_those_of_the_interpreter(string engine, string workload)
    {
        SkipWithoutModel(engine);
        string[] arguments = s_programs.Single(p => p.Workload == workload).Arguments.Split(' ');
        var request = new ProgramRequest(WorkloadCompiler.Compile(workload), arguments) { MountHostRoot = false };
        (int stops, int interruptions) = await LockstepRun.CompareAsync(engine, request, s_interruptions, memory: workload != "faulting");
        TestContext.Current.TestOutputHelper?.WriteLine($"{stops} stops, {interruptions} of them interruptions");
        Assert.True(stops > 3);
    }

    [Theory]
    [MemberData(nameof(EnginesAndSources))]
    public async Task Programs_that_call_a_lot_agree_at_every_call(string engine, string source)
    {
        SkipWithoutModel(engine);
        string program = GuestCompiler.CompileSource(source, Toolchain.GccStatic);
        (int stops, int _) = await LockstepRun.CompareAsync(engine, new ProgramRequest(program) { MountHostRoot = false }, 0, memory: source != "memory.c");
        Assert.True(stops > 3);
    }

    /// <summary>Where the guest sees another processor than the interpreter shows, the C library takes other ways.</summary>
    private static void SkipWithoutModel(string engine)
    {
        using HermiTux.Cpu.IVcpuEngine made = OracleEngines.Create(engine);
        OracleEngines.SkipWithoutModel(made);
    }
}
