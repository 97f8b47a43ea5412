using System.Globalization;
using HermiTux.Cpu;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>
/// Every instruction form with random and corner-case operands, on the real CPU and on each engine: the whole defined state must agree.
/// </summary>
/// <remarks>
/// HERMITUX_ORACLE_CASES sets the number of cases of each form, HERMITUX_ORACLE_SEED the seed, HERMITUX_ORACLE_FORM restricts the run to
/// the forms whose name contains it. The same seed gives the same cases.
/// </remarks>
public sealed class InstructionTests
{
    private const int DefaultCases = 250;
    private const ulong DefaultSeed = 0x4E52_4D49_5455_5801;

    /// <summary>How many cases of each form.</summary>
    public static int CasesPerForm { get; } = int.TryParse(Environment.GetEnvironmentVariable("HERMITUX_ORACLE_CASES"), out int cases) ? cases : DefaultCases;

    /// <summary>What every case's own seed is derived from.</summary>
    public static ulong Seed { get; } =
        ulong.TryParse(Environment.GetEnvironmentVariable("HERMITUX_ORACLE_SEED"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong seed) ? seed : DefaultSeed;

    public static TheoryData<string, string> EnginesAndFamilies()
    {
        TheoryData<string, string> data = [];
        foreach (string engine in OracleEngines.Names)
        {
            foreach (string family in InstructionForms.Families)
            {
                data.Add(engine, family);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(EnginesAndFamilies))]
    public void Instruction_leaves_the_state_that_the_real_cpu_leaves(string engineName, string family)
    {
        using IVcpuEngine engine = OracleEngines.Create(engineName);
        using InstructionOracle oracle = new(engine);
        using CaseBatch batch = new(2048);
        CpuFeatures features = CpuFeatures.Of(oracle.Model);
        CaseGenerator generator = new();
        string? only = Environment.GetEnvironmentVariable("HERMITUX_ORACLE_FORM");
        foreach (Code code in InstructionForms.InFamily(features, family))
        {
            if (!CpuFeatures.Host.Has(code) || only is not null && !code.ToString().Contains(only, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            for (int i = 0; i < CasesPerForm; i++)
            {
                generator.TryAdd(batch, code, OracleRandom.Mix(Seed, (ulong)code, (ulong)i));
                if (batch.IsFull)
                {
                    oracle.Check(batch);
                }
            }
        }

        oracle.Check(batch);
        oracle.AssertNoDifferences();
        TestContext.Current.TestOutputHelper?.WriteLine($"{engineName} {family}: {oracle.Cases} cases, outcomes {string.Join(' ', oracle.Outcomes)}");
    }
}
