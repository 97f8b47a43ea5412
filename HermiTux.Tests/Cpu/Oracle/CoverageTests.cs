using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using HermiTux.Cpu.Interpreter.Decoding;
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
        CodeSupport support = new(engine.Model);
        CaseGenerator generator = new();
        List<string> missing = [];
        int found = 0;
        foreach (Code code in InstructionForms.Of(features))
        {
            OpCodeInfo info = code.ToOpCode();
            if (ReasonWithout(code) is not null || IsBranch(info))
            {
                continue;
            }

            // Enough random operands to see the form with registers and with memory.
            bool[] seen = new bool[2];
            for (ulong seed = 0; seed < 12; seed++)
            {
                generator.Reset(seed);
                Instruction created = generator.Create(code);
                byte[] bytes = generator.Encode(created, OracleMemory.CodeBase).ToArray();
                if (bytes.Length == 0)
                {
                    continue;
                }

                Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(bytes), OracleMemory.CodeBase);
                Instruction instruction = decoder.Decode();
                if (instruction.Code != code)
                {
                    // MOV to CS, which doesn't exist.
                    continue;
                }

                Op op;
                OpTranslator.Translate(instruction, support, &op);
                int memory = (op.Flags & OpFlags.Memory) != 0 ? 1 : 0;
                if ((nint)op.Handler == ControlFlow.UndefinedPointer && !seen[memory])
                {
                    missing.Add($"{code} with {(memory != 0 ? "memory" : "registers")} ({info.ToInstructionString()}) {Convert.ToHexString(bytes)}");
                }

                found += seen[memory] ? 0 : 1;
                seen[memory] = true;
            }
        }

        Assert.True(missing.Count == 0, $"{missing.Count} of {found} without a handler:{Environment.NewLine}{string.Join(Environment.NewLine, missing)}");
    }

    /// <summary>Direct branches, whose operand isn't generated; ControlTransferTests runs all of them.</summary>
    private static bool IsBranch(OpCodeInfo info) => info.Op0Kind is OpCodeOperandKind.br16_1 or OpCodeOperandKind.br32_1 or OpCodeOperandKind.br64_1 or
        OpCodeOperandKind.br16_2 or OpCodeOperandKind.br32_4 or OpCodeOperandKind.br64_4;

    /// <summary>Instructions that user mode has on paper only.</summary>
    private static string? ReasonWithout(Code code) => code.ToInstructionMnemonic() switch
    {
        Mnemonic.Ud0 or Mnemonic.Ud1 or Mnemonic.Ud2 => "undefined by definition",
        Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Sldt or Mnemonic.Str or Mnemonic.Smsw => "general protection under UMIP",
        Mnemonic.Sysenter => "not in 64-bit mode on AMD, and not an entry that a guest has",
        Mnemonic.Monitor or Mnemonic.Mwait => "privileged: undefined in user mode",
        _ => null,
    };
}
