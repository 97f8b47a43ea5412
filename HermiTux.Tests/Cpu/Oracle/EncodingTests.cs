using HermiTux.Cpu;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Random bytes: what is an instruction, how long it is, and which prefix wins, must be the same for an engine as for the CPU.</summary>
public sealed unsafe class EncodingTests
{
    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void Random_bytes_decode_as_on_the_real_cpu(string engineName)
    {
        using IVcpuEngine engine = OracleEngines.Create(engineName);
        using InstructionOracle oracle = new(engine);
        using CaseBatch batch = new(4096);
        CpuFeatures features = CpuFeatures.Of(oracle.Model);
        CaseGenerator generator = new();
        byte[] bytes = new byte[15];
        for (int i = 0; i < 400 * InstructionTests.CasesPerForm; i++)
        {
            ulong seed = OracleRandom.Mix(InstructionTests.Seed, 0xFFFE, (ulong)i);
            OracleRandom random = generator.Reset(seed);
            FillBytes(random, bytes);
            Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(bytes), batch.NextAddress);
            Instruction instruction = decoder.Decode();
            // What both know to be invalid, or both implement; host extensions that the guest has not are no business of ours.
            bool invalid = instruction.IsInvalid;
            if (invalid ? !IsKnownInvalid(bytes) : !features.Has(instruction.Code) || !CpuFeatures.Host.Has(instruction.Code) || !IsComparable(instruction))
            {
                continue;
            }

            CpuImage image = generator.CreateState();
            image.Rflags &= ~UndefinedResults.Df;
            for (int register = 0; register < 16; register++)
            {
                image.Gpr[register] = image.Window + 700UL + (ulong)(register * 40);
            }

            image.FsBase = image.GsBase = 0;
            image.Rcx = 5;
            batch.Add(bytes.AsSpan(0, invalid ? bytes.Length : instruction.Length), image,
                new CaseInfo(invalid ? default : instruction, seed, UndefinedResults.Arithmetic));
            if (batch.IsFull)
            {
                oracle.Check(batch);
            }
        }

        oracle.Check(batch);
        oracle.AssertNoDifferences();
    }

    private static void FillBytes(OracleRandom random, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)random.NextUInt64();
        }

        int at = 0;
        while (random.Percent(45) && at < 5)
        {
            bytes[at++] = random.Pick<byte>([0x66, 0xF2, 0xF3, 0x2E, 0x3E, 0x64, 0x65, 0x67, 0xF0, 0x40, 0x48, 0x4F, 0x45]);
        }

        if (random.Percent(60))
        {
            bytes[at++] = 0x0F;
            if (random.Percent(30))
            {
                bytes[at] = (byte)(random.Percent(50) ? 0x38 : 0x3A);
            }
        }
        else if (random.Percent(30))
        {
            bytes[at++] = 0xC4;
            bytes[at] = (byte)(bytes[at] & 0xE3 | 1);
        }
    }

    /// <summary>Leaves out whatever newer extensions may give a meaning to on the host, and what AMD CPUs accept with LOCK: group 6, MOV CR0 as CR8.</summary>
    private static bool IsKnownInvalid(byte[] bytes)
    {
        int at = 0;
        while (bytes[at] is 0x66 or 0xF2 or 0xF3 or 0x2E or 0x3E or 0x26 or 0x36 or 0x64 or 0x65 or 0x67 or 0xF0 or >= 0x40 and <= 0x4F)
        {
            at++;
        }

        // With more prefixes the CPU may find an invalid instruction too long before it finds it invalid.
        return at <= 3 && bytes[at] is not (0x62 or 0xC4 or 0xC5 or 0x8F or 0xD5) && !(bytes[at] == 0x0F && bytes[at + 1] is 0x00 or 0x01 or 0x20 or 0x22 or 0x0D or 0x0F or 0x78 or 0x79 or 0x38 or 0x3A or 0xC7 or 0xAE or 0x05 or 0x34);
    }

    private static bool IsComparable(in Instruction instruction) =>
        // F3 REX.B 90 is XCHG to the CPU and PAUSE to Iced; no compiler emits it.
        instruction.Code != Code.Pause && InstructionForms.ReasonNotGenerated(instruction.Code) is null && !instruction.IsPrivileged && instruction.Code.ToOpCode() is { IsInputOutput: false, Cpl3: true } &&
        !instruction.IsSaveRestoreInstruction && !StateComparer.IsX87(instruction.Code) && !instruction.IsVsib &&
        instruction.Mnemonic is not (Mnemonic.Popf or Mnemonic.Popfq or Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss);
}
