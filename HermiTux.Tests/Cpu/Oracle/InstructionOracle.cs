using System.Runtime.InteropServices;
using System.Text;
using HermiTux.Cpu;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Runs batches on the real CPU and on an engine, and collects what differs.</summary>
internal sealed unsafe class InstructionOracle : IDisposable
{
    /// <summary>How many differences of one form are printed.</summary>
    private const int ShownPerForm = 3;

    private readonly bool _isNested;
    private readonly NativeCpu _native = NativeCpu.StartOrSkip();
    private readonly EngineCpu _engine;
    private readonly CpuImage* _expected;
    private readonly CpuImage* _actual;
    private readonly SortedDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _notExecuted = new(StringComparer.Ordinal);
    private readonly StringBuilder _report = new();

    public InstructionOracle(IVcpuEngine engine)
    {
        _engine = new EngineCpu(engine);
        _isNested = NestedKvmDifferences.Concern(engine);
        // SAFETY: freed by Dispose; batches hold at most MaxCases images.
        _expected = (CpuImage*)NativeMemory.AlignedAlloc((nuint)CaseBatch.MaxCases * CpuImage.SizeInBytes, 64);
        _actual = (CpuImage*)NativeMemory.AlignedAlloc((nuint)CaseBatch.MaxCases * CpuImage.SizeInBytes, 64);
    }

    public CpuModel Model => _engine.Model;

    /// <summary>Cases compared so far.</summary>
    public long Cases { get; private set; }

    /// <summary>How the cases ended on the real CPU, by vector.</summary>
    public SortedDictionary<uint, int> Outcomes { get; } = [];

    /// <summary>Runs and compares a batch, and empties it.</summary>
    public void Check(CaseBatch batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        _native.Run(batch, _expected);
        _engine.Run(batch, _actual);
        for (int i = 0; i < batch.Count; i++)
        {
            StateComparer.Normalize(_expected + i);
            StateComparer.Normalize(_actual + i);
            Outcomes[_expected[i].Vector] = Outcomes.GetValueOrDefault(_expected[i].Vector) + 1;
            string? difference = StateComparer.Compare(batch.Info(i), batch.Images + i, _expected + i, _actual + i);
            if (difference is not null && _isNested && NestedKvmDifferences.Excuse(batch.CodeOf(i), batch.Images + i, _expected + i, _actual + i))
            {
                continue;
            }

            if (difference is not null && _actual[i].Vector == 6 && _expected[i].Vector != 6)
            {
                string form = FormOf(batch, i);
                _notExecuted[form] = _notExecuted.GetValueOrDefault(form) + 1;
                if (_notExecuted[form] == 1)
                {
                    _report.AppendLine($"{form} is not executed: {batch.Describe(i)} | {difference}");
                }
            }
            else if (difference is not null)
            {
                Add(batch, i, difference);
            }
        }

        Cases += batch.Count;
        batch.Clear();
    }

    /// <summary>Fails the test when anything differed, with a line for each of the first differences of each form.</summary>
    public void AssertNoDifferences()
    {
        if (_failures.Count + _notExecuted.Count == 0)
        {
            return;
        }

        string forms = string.Join(", ", _failures.Select(failure => $"{failure.Key} ({failure.Value})"));
        string missing = _notExecuted.Count == 0 ? "" : $"{Environment.NewLine}Undefined for the engine only: {string.Join(", ", _notExecuted.Select(form => $"{form.Key} ({form.Value})"))}";
        string crash = _engine.Crash is null ? "" : $"{Environment.NewLine}The engine threw: {_engine.Crash}";
        Assert.Fail($"{_failures.Values.Sum()} of {Cases} cases in {_failures.Count} forms differ between the CPU (left of !=) and the engine (right): {forms}" +
            $"{missing}{Environment.NewLine}{_report}{crash}");
    }

    public void Dispose()
    {
        _native.Dispose();
        _engine.Dispose();
        NativeMemory.AlignedFree(_expected);
        NativeMemory.AlignedFree(_actual);
    }

    private static string FormOf(CaseBatch batch, int i) =>
        batch.Info(i).Instruction.Code == Code.INVALID ? "sequence" : batch.Info(i).Instruction.Code.ToString();

    private void Add(CaseBatch batch, int i, string difference)
    {
        ref readonly CaseInfo info = ref batch.Info(i);
        string form = FormOf(batch, i);
        int number = _failures.GetValueOrDefault(form) + 1;
        _failures[form] = number;
        if (number <= ShownPerForm)
        {
            _report.AppendLine($"{form} seed {info.Seed:x}: {batch.Describe(i)} | {StateComparer.DescribeInput(info.Instruction, batch.Images + i)} | {difference}");
        }
    }
}
