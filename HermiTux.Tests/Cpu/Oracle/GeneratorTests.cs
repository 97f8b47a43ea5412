using System.Runtime.InteropServices;
using System.Text;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>The oracle must itself be sound: it can make every form, its cases mean something, and the real CPU answers alike each time.</summary>
public sealed unsafe class GeneratorTests
{
    private const int CasesPerForm = 40;

    [Fact]
    public void Generated_cases_are_deterministic_and_mostly_run_to_their_end()
    {
        using NativeCpu native = NativeCpu.StartOrSkip();
        CaseGenerator generator = new();
        using CaseBatch batch = new(CaseBatch.MaxCases);
        CpuImage* first = (CpuImage*)NativeMemory.AllocZeroed((nuint)CasesPerForm, CpuImage.SizeInBytes);
        CpuImage* second = (CpuImage*)NativeMemory.AllocZeroed((nuint)CasesPerForm, CpuImage.SizeInBytes);
        StringBuilder problems = new();
        try
        {
            foreach (Code code in InstructionForms.Of(CpuFeatures.Host).Where(code => InstructionForms.ReasonNotGenerated(code) is null))
            {
                for (uint i = 0; i < CasesPerForm; i++)
                {
                    generator.TryAdd(batch, code, OracleRandom.Mix(1, (ulong)code, i));
                }

                if (batch.Count < CasesPerForm * 3 / 4)
                {
                    problems.AppendLine($"{code}: only {batch.Count} of {CasesPerForm} could be encoded");
                }

                native.Run(batch, first);
                native.Run(batch, second);
                int completed = 0;
                for (int i = 0; i < batch.Count; i++)
                {
                    completed += first[i].Vector == 3 ? 1 : 0;
                    ReadOnlySpan<byte> a = new(first + i, CpuImage.SizeInBytes);
                    if (!a.SequenceEqual(new ReadOnlySpan<byte>(second + i, CpuImage.SizeInBytes)))
                    {
                        problems.AppendLine($"{code} is not deterministic: {batch.Describe(i)}: {StateComparer.Compare(batch.Info(i), batch.Images + i, first + i, second + i)}");
                        break;
                    }
                }

                if (completed < batch.Count / 4 && code.ToInstructionMnemonic() is not (Mnemonic.Ud0 or Mnemonic.Ud1 or Mnemonic.Ud2))
                {
                    problems.AppendLine($"{code}: only {completed} of {batch.Count} ran to their end: {batch.Describe(0)} vector {first[0].Vector} error {first[0].ErrorCode:x} cr2 {first[0].Cr2:x}");
                }

                batch.Clear();
            }
        }
        finally
        {
            NativeMemory.Free(first);
            NativeMemory.Free(second);
        }

        Assert.True(problems.Length == 0, problems.ToString());
    }
}
