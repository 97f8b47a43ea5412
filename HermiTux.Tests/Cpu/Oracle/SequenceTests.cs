using HermiTux.Cpu;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>
/// Random sequences of integer instructions. They show what single instructions can't: flags that are computed late or never, partial register
/// updates, and how instructions of a block act on each other.
/// </summary>
public sealed unsafe class SequenceTests
{
    private const int SlotSize = 256;

    /// <summary>RBX points at the data; the sequence leaves it and RSP alone.</summary>
    private const Register DataPointer = Register.RBX;

    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void Sequences_of_integer_instructions_leave_the_state_that_the_real_cpu_leaves(string engineName)
    {
        using IVcpuEngine engine = OracleEngines.Create(engineName);
        using InstructionOracle oracle = new(engine);
        using CaseBatch batch = new(2048, SlotSize);
        CpuFeatures features = CpuFeatures.Of(oracle.Model);
        Code[] codes = [.. InstructionForms.InFamily(features, "integer").Concat(InstructionForms.InFamily(features, "bit-manipulation"))
            .Where(code => CpuFeatures.Host.Has(code) && IsSuitable(code))];
        CaseGenerator generator = new();
        int count = 40 * InstructionTests.CasesPerForm;
        for (int i = 0; i < count; i++)
        {
            Add(batch, generator, codes, OracleRandom.Mix(InstructionTests.Seed, 0xFFFF, (ulong)i));
            if (batch.IsFull)
            {
                oracle.Check(batch);
            }
        }

        oracle.Check(batch);
        oracle.AssertNoDifferences();
    }

    private static void Add(CaseBatch batch, CaseGenerator generator, Code[] codes, ulong seed)
    {
        OracleRandom random = generator.Reset(seed);
        CpuImage image = generator.CreateState();
        image.Rflags &= ~UndefinedResults.Df;
        image.Rbx = image.Window + 1000;
        byte[] code = new byte[SlotSize];
        int length = 0;
        RflagsBits undefined = RflagsBits.None;
        int instructions = random.Between(3, 14);
        for (int i = 0; i < instructions; i++)
        {
            Instruction instruction = PickInstruction(generator, random, codes, undefined);
            ReadOnlySpan<byte> bytes = generator.Encode(instruction, batch.NextAddress + (ulong)length);
            if (bytes.Length == 0 || length + bytes.Length + 2 > SlotSize - CaseBatch.EntryOffset - 1)
            {
                continue;
            }

            RflagsBits before = undefined;
            if (random.Percent(10))
            {
                // A conditional jump over the instruction, if its condition is defined.
                byte[] body = bytes.ToArray();
                Instruction jump = Instruction.CreateBranch(Code.Jo_rel8_64 + 3 * random.Next(16), batch.NextAddress + (ulong)(length + 2 + body.Length));
                if ((jump.RflagsRead & undefined) == 0)
                {
                    generator.Encode(jump, batch.NextAddress + (ulong)length).CopyTo(code.AsSpan(length));
                    length += 2;
                    body.CopyTo(code.AsSpan(length));
                    length += body.Length;
                    undefined = before | After(before, instruction);
                    continue;
                }

                bytes = body;
            }

            bytes.CopyTo(code.AsSpan(length));
            length += bytes.Length;
            undefined = After(undefined, instruction);
        }

        batch.Add(code.AsSpan(0, length), image, new CaseInfo(default, seed, ToRflags(undefined)));
    }

    private static Instruction PickInstruction(CaseGenerator generator, OracleRandom random, Code[] codes, RflagsBits undefined)
    {
        while (true)
        {
            Instruction instruction = generator.Create(random.Pick<Code>(codes));
            instruction.HasRepPrefix = instruction.HasRepnePrefix = false;
            instruction.HasLockPrefix &= instruction.Op0Kind == OpKind.Memory;
            for (int i = 0; i < instruction.OpCount; i++)
            {
                if (instruction.GetOpKind(i) == OpKind.Memory)
                {
                    instruction.SegmentPrefix = Register.None;
                    instruction.MemoryBase = DataPointer;
                    instruction.MemoryIndex = Register.None;
                    instruction.MemoryDisplSize = 1;
                    instruction.MemoryDisplacement64 = (ulong)random.Between(-64, 63);
                }
            }

            if ((instruction.RflagsRead & undefined) == 0 && !ChangesPointers(instruction))
            {
                return instruction;
            }
        }
    }

    private static RflagsBits After(RflagsBits undefined, in Instruction instruction)
    {
        bool conditional = instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror or
            Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Shld or Mnemonic.Shrd;
        RflagsBits defined = conditional ? RflagsBits.None : instruction.RflagsWritten | instruction.RflagsCleared | instruction.RflagsSet;
        RflagsBits left = instruction.RflagsUndefined;
        if (conditional)
        {
            // Depends on the count: whatever the manual leaves undefined for some count.
            left |= RflagsBits.AF | RflagsBits.OF | RflagsBits.CF;
        }

        return (undefined & ~defined) | left;
    }

    private static bool ChangesPointers(in Instruction instruction)
    {
        InstructionInfoFactory factory = new();
        foreach (UsedRegister used in factory.GetInfo(instruction).GetUsedRegisters())
        {
            if (used.Access is not (OpAccess.Read or OpAccess.CondRead or OpAccess.None) && used.Register.GetFullRegister() is DataPointer or Register.RSP)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSuitable(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        bool moffs = info.OpCount == 2 && (info.Op0Kind == OpCodeOperandKind.mem_offs || info.Op1Kind == OpCodeOperandKind.mem_offs);
        bool bitString = info.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && info.OpCount == 2 && info.Op1Kind is
            OpCodeOperandKind.r16_reg or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r64_reg;
        return !moffs && !bitString && code.FlowControl() == FlowControl.Next && !code.IsStackInstruction() && !code.IsStringInstruction() && info.Mnemonic is not
            (Mnemonic.Div or Mnemonic.Idiv or Mnemonic.Shld or Mnemonic.Shrd or Mnemonic.Xlatb or Mnemonic.Cmpxchg16b or Mnemonic.Clzero or Mnemonic.Std or Mnemonic.Bsf or Mnemonic.Bsr);
    }

    private static ulong ToRflags(RflagsBits bits) =>
        ((bits & RflagsBits.OF) != 0 ? UndefinedResults.Of : 0) | ((bits & RflagsBits.SF) != 0 ? UndefinedResults.Sf : 0) |
        ((bits & RflagsBits.ZF) != 0 ? UndefinedResults.Zf : 0) | ((bits & RflagsBits.AF) != 0 ? UndefinedResults.Af : 0) |
        ((bits & RflagsBits.CF) != 0 ? UndefinedResults.Cf : 0) | ((bits & RflagsBits.PF) != 0 ? UndefinedResults.Pf : 0);
}
