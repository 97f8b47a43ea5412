using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Every instruction form of the advertised features has a handler in the interpreter, or a reason here why not.</summary>
public sealed unsafe class CoverageTests
{
    [Fact]
    public void Every_advertised_instruction_has_a_handler()
    {
        using IVcpuEngine engine = OracleEngines.Create("interpreter");
        CpuFeatures features = CpuFeatures.Of(engine.Model);
        List<string> missing = [];
        foreach (Code code in InstructionForms.Of(features))
        {
            OpCodeInfo info = code.ToOpCode();
            if (ReasonWithout(code) is not null)
            {
                continue;
            }

            (bool register, bool memory) = Shapes(info);
            if (register && HandlerTable.Find(code, false) == null)
            {
                missing.Add($"{code} with registers ({info.ToInstructionString()})");
            }

            if (memory && HandlerTable.Find(code, true) == null)
            {
                missing.Add($"{code} with memory ({info.ToInstructionString()})");
            }
        }

        Assert.True(missing.Count == 0, $"{missing.Count} without a handler:{Environment.NewLine}{string.Join(Environment.NewLine, missing)}");
    }

    /// <summary>Instructions that user mode has on paper only.</summary>
    private static string? ReasonWithout(Code code) => code.ToInstructionMnemonic() switch
    {
        Mnemonic.Ud0 or Mnemonic.Ud1 or Mnemonic.Ud2 => "undefined by definition",
        Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Sldt or Mnemonic.Str or Mnemonic.Smsw => "general protection under UMIP",
        Mnemonic.Sysenter => "not in 64-bit mode on AMD, and not an entry that a guest has",
        _ => null,
    };

    /// <summary>Whether a form exists without and with a memory operand.</summary>
    private static (bool Register, bool Memory) Shapes(OpCodeInfo info)
    {
        bool register = true;
        bool memory = false;
        for (int i = 0; i < info.OpCount; i++)
        {
            switch (info.GetOpKind(i))
            {
                case OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs or OpCodeOperandKind.mem_mpx or OpCodeOperandKind.mem_mib or OpCodeOperandKind.mem_vsib32x or
                    OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64x or OpCodeOperandKind.mem_vsib64y or OpCodeOperandKind.seg_rBX_al:
                    register = false;
                    memory = true;
                    break;
                case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r32_or_mem_mpx or
                    OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r64_or_mem_mpx or OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem or
                    OpCodeOperandKind.ymm_or_mem:
                    memory = true;
                    break;
                case OpCodeOperandKind.seg_rSI or OpCodeOperandKind.es_rDI or OpCodeOperandKind.seg_rDI:
                    // Implicit operands: the interpreter may file them under either.
                    return (false, false);
                default:
                    break;
            }
        }

        return (register, memory);
    }
}
