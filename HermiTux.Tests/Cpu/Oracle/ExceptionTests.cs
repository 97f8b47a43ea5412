using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>What is not an instruction for user mode, not an instruction at all, or an interrupt.</summary>
public sealed class ExceptionTests
{
    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void Privileged_instructions_fault_as_on_the_cpu(string engine)
    {
        byte[][] instructions =
        [
            [0xF4],                                             // hlt
            [0xFA], [0xFB],                                     // cli, sti
            [0xE4, 0x80], [0xE5, 0x80], [0xE6, 0x80], [0xE7, 0x80], [0xEC], [0xED], [0xEE], [0xEF], // in, out
            [0x6C], [0x6D], [0x6E], [0x6F], [0xF3, 0x6C], [0xF3, 0x6F],                             // ins, outs
            [0x0F, 0x20, 0xC0], [0x0F, 0x22, 0xC0], [0x0F, 0x20, 0xE0], [0x44, 0x0F, 0x20, 0xC0],   // mov cr
            [0x0F, 0x21, 0xC0], [0x0F, 0x23, 0xF8],                                                 // mov dr
            [0x0F, 0x01, 0x10], [0x0F, 0x01, 0x18],                                                 // lgdt, lidt
            [0x0F, 0x00, 0xD0], [0x0F, 0x00, 0xD8],                                                 // lldt, ltr
            [0x0F, 0x01, 0xF0],                                                                     // lmsw
            [0x0F, 0x06],                                                                           // clts
            [0x0F, 0x01, 0x38],                                                                     // invlpg
            [0x0F, 0x08], [0x0F, 0x09],                                                             // invd, wbinvd
            [0x0F, 0x30], [0x0F, 0x32],                                                             // wrmsr, rdmsr
            [0x0F, 0x01, 0xF8],                                                                     // swapgs
            [0x0F, 0x07], [0x48, 0x0F, 0x07],                                                       // sysret
            [0x0F, 0x35],                                                                           // sysexit
            [0x0F, 0x01, 0xD1],                                                                     // xsetbv
            [0x0F, 0x01, 0xCA], [0x0F, 0x01, 0xCB],                                                 // clac, stac
            [0x0F, 0xAA],                                                                           // rsm
        ];
        using DirectedCases cases = new(engine);
        foreach (byte[] instruction in instructions)
        {
            cases.Add(instruction, (ref image) =>
            {
                image.Rax = DirectedCases.Data;
                image.Rcx = 0;
                image.Rdx = 0x80;
                image.Rsi = image.Rdi = DirectedCases.Data;
            });
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Interrupt_instructions_raise_what_the_cpu_raises(string engine)
    {
        using DirectedCases cases = new(engine);
        cases.Add([0xCC]);
        for (int vector = 0; vector < 256; vector++)
        {
            // F1 (int1) isn't here: what RIP it leaves depends on the hypervisor.
            // Linux has gates for user mode at 3, 4 and 80h; the last would be a system call.
            if (vector != 0x80)
            {
                cases.Add([0xCD, (byte)vector]);
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Opcodes_that_64_bit_mode_does_not_have_are_undefined(string engine)
    {
        using DirectedCases cases = new(engine);
        foreach (byte opcode in (byte[])[0x06, 0x07, 0x0E, 0x16, 0x17, 0x1E, 0x1F, 0x27, 0x2F, 0x37, 0x3F, 0x60, 0x61, 0x82, 0x9A, 0xCE, 0xD4, 0xD5, 0xD6, 0xEA])
        {
            cases.Add([opcode, 0x05, 0x05, 0x05, 0x05, 0x05, 0x05]);
        }

        byte[][] others =
        [
            [0x0F, 0x0B], [0x0F, 0xB9, 0xC0], [0x0F, 0xFF, 0xC0], [0x0F, 0x04], [0x0F, 0x0A], [0x0F, 0x0C], [0x0F, 0x24, 0xC0], [0x0F, 0x26, 0xC0], [0x0F, 0x36], [0x0F, 0x39],
            [0xFF, 0xF8], [0xFE, 0xD0], [0x8F, 0xC8], [0xC6, 0xC8, 0], [0xC7, 0xC8, 0, 0, 0, 0], [0x0F, 0xBA, 0xC0, 1], [0x0F, 0xC7, 0xC8], [0x0F, 0xAE, 0xC0],
            [0x8C, 0xF0], [0x8E, 0xC8], [0x8E, 0xF0], [0x62, 0xC0], [0xC4, 0xE2, 0x78, 0x60], [0xC5, 0xF8, 0x04], [0x66, 0xC5, 0xF8, 0x58, 0xC0], [0xF3, 0xC5, 0xF8, 0x58, 0xC0],
            [0x48, 0xC5, 0xF8, 0x58, 0xC0], [0xF0, 0xC5, 0xF8, 0x58, 0xC0], [0x8D, 0xC0], [0x0F, 0xC3, 0xC0], [0x0F, 0x2B, 0xC0], [0x66, 0x0F, 0xE7, 0xC0], [0xF2, 0x0F, 0xF0, 0xC0],
            [0xD9, 0xD1], [0xD9, 0xE2], [0xD9, 0xE6], [0xD9, 0xEF], [0xDA, 0xE0], [0xDA, 0xE8], [0xDB, 0xE5], [0xDB, 0xF8], [0xDD, 0xF0], [0xDE, 0xD8], [0xDF, 0xE8 - 7], [0xDF, 0xFF],
        ];
        foreach (byte[] bytes in others)
        {
            cases.Add(bytes, (ref image) => image.Rax = DirectedCases.Data);
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Lock_is_undefined_except_on_read_modify_write_of_memory(string engine)
    {
        using DirectedCases cases = new(engine);
        for (int opcode = 0; opcode < 256; opcode++)
        {
            // With a memory operand and with a register operand; prefixes, branches and interrupts have their own tests.
            if (IsPlainOpcode((byte)opcode))
            {
                cases.Add([0xF0, (byte)opcode, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01], AtData);
                cases.Add([0xF0, (byte)opcode, 0xC0, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01], AtData);
            }
        }

        for (int group = 0; group < 8; group++)
        {
            byte memory = (byte)(group << 3);
            byte register = (byte)(0xC0 | group << 3);
            foreach (byte opcode in (byte[])[0x80, 0x83, 0xC0, 0xD0, 0xD3, 0xF6, 0xFE])
            {
                cases.Add([0xF0, opcode, memory, 0x01], AtData, UndefinedResults.Arithmetic);
                cases.Add([0xF0, opcode, register, 0x01], AtData, UndefinedResults.Arithmetic);
            }

            cases.Add([0xF0, 0x0F, 0xBA, memory, 0x01], AtData, UndefinedResults.Arithmetic);
            cases.Add([0xF0, 0x0F, 0xBA, register, 0x01], AtData, UndefinedResults.Arithmetic);
            cases.Add([0xF0, 0x0F, 0xC7, memory], AtData);
        }

        foreach (byte opcode in (byte[])[0xA3, 0xAB, 0xB3, 0xBB, 0xB0, 0xB1, 0xC0, 0xC1, 0xAF, 0xB6, 0xBC, 0xA4, 0x40, 0x90, 0x58, 0x10, 0xC8])
        {
            cases.Add([0xF0, 0x0F, opcode, 0x00, 0x01], AtData, UndefinedResults.Arithmetic);
            cases.Add([0xF0, 0x0F, opcode, 0xC0, 0x01], AtData, UndefinedResults.Arithmetic);
        }

        cases.Check();

        static void AtData(ref CpuImage image)
        {
            image.Rax = DirectedCases.Data;
            image.Rsi = image.Rdi = DirectedCases.Data + 64;
            image.Rcx = 1;
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Instructions_longer_than_15_bytes_are_general_protection_faults(string engine)
    {
        using DirectedCases cases = new(engine);
        byte[][] instructions = [[0x90], [0x01, 0xC8], [0x81, 0xC0, 1, 2, 3, 4], [0x48, 0x81, 0x80, 0, 0, 0, 0, 1, 2, 3, 4], [0x0F, 0x58, 0xC1], [0xC5, 0xF8, 0x58, 0xC1]];
        foreach (byte[] instruction in instructions)
        {
            for (int length = instruction.Length; length <= 18; length++)
            {
                byte[] code = new byte[length];
                code.AsSpan().Fill(0x2E);
                instruction.CopyTo(code, length - instruction.Length);
                cases.Add(code, (ref image) => image.Rax = DirectedCases.Data);
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Redundant_prefixes_do_not_change_an_instruction(string engine)
    {
        using DirectedCases cases = new(engine);
        byte[][] prefixes = [[0x66], [0xF2], [0xF3], [0x2E], [0x3E], [0x26], [0x36], [0x67], [0x40], [0x4F], [0x66, 0x66], [0xF2, 0xF3], [0xF3, 0xF2], [0x48, 0x66], [0x4F, 0x40], [0x64, 0x65]];
        byte[][] instructions =
        [
            [0x01, 0xC8], [0x88, 0xE0], [0x90], [0x0F, 0xAF, 0xC1], [0x0F, 0xB6, 0xC4], [0x89, 0x08], [0x50], [0x58], [0xC9], [0x0F, 0xC8], [0x98], [0x99], [0x0F, 0x1F, 0x00], [0x0F, 0x9F, 0x00],
            [0x0F, 0x10, 0xC1], [0x0F, 0xB8, 0xC1], [0x0F, 0xBC, 0xC1], [0x0F, 0xBD, 0xC1], [0xA4], [0xAB], [0xD9, 0xC0], [0x0F, 0x6F, 0xC1], [0x0F, 0x18, 0x08], [0x87, 0xC1], [0x63, 0xC1],
            [0xF3, 0x0F, 0x1E, 0xFA], [0x0F, 0x1E, 0xC0], [0xF3, 0x0F, 0x1E, 0xC8], [0x0F, 0x1A, 0xC0], [0x0F, 0x1B, 0xC0], [0x0F, 0x1C, 0x00], [0x0F, 0x0D, 0x08],
        ];
        foreach (byte[] prefix in prefixes)
        {
            foreach (byte[] instruction in instructions)
            {
                cases.Add([.. prefix, .. instruction], (ref image) =>
                {
                    image.Rax = DirectedCases.Data;
                    image.Rcx = 3;
                    image.Rbp = DirectedCases.Stack - 64;
                    image.Rsi = image.Rdi = DirectedCases.Data + 64;
                    image.FsBase = image.GsBase = 0x10;
                }, UndefinedResults.Arithmetic & ~UndefinedResults.Zf);
            }
        }

        cases.Check();
    }

    private static bool IsPlainOpcode(byte opcode) => opcode switch
    {
        0x0F or 0x26 or 0x2E or 0x36 or 0x3E or 0x62 or 0x64 or 0x65 or 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3 => false,
        >= 0x40 and <= 0x4F => false,
        >= 0x6C and <= 0x7F => false,
        0x8F or 0xC4 or 0xC5 or 0xC8 or 0xC9 => false,
        0xC2 or 0xC3 or >= 0xCA and <= 0xCF => false,
        >= 0xD8 and <= 0xEF => false,
        0xF1 or 0xF4 or 0xFA or 0xFB => false,
        0xA0 or 0xA1 or 0xA2 or 0xA3 => false,
        0x9B or 0x9D => false,
        _ => true,
    };
}
