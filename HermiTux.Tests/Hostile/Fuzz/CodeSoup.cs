using HermiTux.Tests.Cpu.Oracle;
using Iced.Intel;

namespace HermiTux.Tests.Hostile.Fuzz;

/// <summary>Makes code that nobody would write: random bytes, random instructions, real code with some bits turned over, and mixtures.</summary>
internal sealed class CodeSoup
{
    private static readonly byte[] s_real = ReadRealCode();
    private static readonly Code[] s_codes = [.. Enum.GetValues<Code>().Where(CanCreate)];
    private static readonly byte[] s_prefixes = [0x66, 0xF2, 0xF3, 0xF0, 0x2E, 0x64, 0x65, 0x67, 0x40, 0x48, 0x4F];
    private static readonly byte[] s_odd = [0xC4, 0xC5, 0x62, 0x8F, 0x0F, 0xCD, 0xCC, 0xF1, 0xF4, 0xCF, 0xCB, 0x9D, 0xE2, 0xEB, 0xE8, 0xE9, 0xFF, 0xC3, 0x8E, 0xCA];

    private readonly CaseGenerator _generator = new();

    /// <summary>Fills a buffer with code for an address.</summary>
    public void Fill(OracleRandom random, Span<byte> buffer, ulong address)
    {
        switch (random.Next(5))
        {
            case 0:
                FillBytes(random, buffer);
                break;
            case 1:
                FillReal(random, buffer, random.Next(4));
                break;
            case 2:
                FillReal(random, buffer, 40);
                break;
            default:
                FillInstructions(random, buffer, address);
                break;
        }
    }

    private static void FillBytes(OracleRandom random, Span<byte> buffer)
    {
        for (int i = 0; i < buffer.Length; i++)
        {
            int kind = random.Next(10);
            buffer[i] = kind == 0 ? random.Pick<byte>(s_prefixes) : kind == 1 ? random.Pick<byte>(s_odd) : (byte)random.Next(256);
        }
    }

    private static void FillReal(OracleRandom random, Span<byte> buffer, int flips)
    {
        int start = random.Next(Math.Max(1, s_real.Length - buffer.Length));
        s_real.AsSpan(start, Math.Min(buffer.Length, s_real.Length - start)).CopyTo(buffer);
        for (int i = 0; i < flips; i++)
        {
            buffer[random.Next(buffer.Length)] ^= (byte)(1 << random.Next(8));
        }
    }

    private void FillInstructions(OracleRandom random, Span<byte> buffer, ulong address)
    {
        FillBytes(random, buffer);
        OracleRandom own = _generator.Reset(random.NextUInt64());
        int at = 0;
        while (at < buffer.Length - 20)
        {
            if (random.Percent(4))
            {
                at += random.Next(3);
                continue;
            }

            Instruction instruction = random.Percent(12) ? Branch(random, buffer.Length, address) : _generator.Create(own.Pick<Code>(s_codes));
            byte[] bytes = _generator.Encode(instruction, address + (ulong)at).ToArray();
            bytes.CopyTo(buffer[at..]);
            at += bytes.Length;
        }
    }

    private static Instruction Branch(OracleRandom random, int length, ulong address)
    {
        Code code = random.Percent(30) ? Code.Call_rel32_64 : random.Percent(40) ? Code.Jmp_rel32_64 : Code.Jo_rel32_64 + 3 * random.Next(16);
        return Instruction.CreateBranch(code, address + (ulong)random.Next(length));
    }

    /// <summary>Whether the generator knows what to do with an instruction: AVX-512 and the like come as random bytes only.</summary>
    private static bool CanCreate(Code code)
    {
        if (code.ToOpCode() is not { IsInstruction: true, Mode64: true })
        {
            return false;
        }

        try
        {
            CaseGenerator generator = new();
            generator.Reset(1);
            generator.Create(code);
            return true;
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static byte[] ReadRealCode()
    {
        foreach (string path in (string[])["/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib64/libc.so.6", "/lib/ld-musl-x86_64.so.1"])
        {
            if (File.Exists(path))
            {
                return File.ReadAllBytes(path);
            }
        }

        return File.ReadAllBytes(Environment.ProcessPath!);
    }
}
