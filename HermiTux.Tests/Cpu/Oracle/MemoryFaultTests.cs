using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Faults in the middle: the address, the error code and what had been done by then are those of the real CPU.</summary>
public sealed class MemoryFaultTests
{
    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void Accesses_at_every_offset_around_a_border_fault_as_on_the_cpu(string engine)
    {
        byte[][] instructions =
        [
            [0x8A, 0x00], [0x66, 0x8B, 0x00], [0x8B, 0x00], [0x48, 0x8B, 0x00],                     // loads
            [0x88, 0x18], [0x66, 0x89, 0x18], [0x89, 0x18], [0x48, 0x89, 0x18],                     // stores
            [0x00, 0x18], [0x66, 0x01, 0x18], [0x01, 0x18], [0x48, 0x01, 0x18],                     // add to memory
            [0xF0, 0x00, 0x18], [0xF0, 0x01, 0x18], [0xF0, 0x48, 0x01, 0x18], [0x48, 0x87, 0x18],   // locked
            [0x48, 0x0F, 0xB1, 0x18], [0x48, 0x3B, 0x00], [0x48, 0xF7, 0x18], [0x48, 0xD1, 0x20],   // cmpxchg, cmp, neg, shl
            [0x0F, 0x10, 0x00], [0x0F, 0x11, 0x00], [0x0F, 0x28, 0x00], [0x0F, 0x29, 0x00], [0x0F, 0x58, 0x00],
            [0xC5, 0xFC, 0x10, 0x00], [0xC5, 0xFC, 0x11, 0x00], [0xC5, 0xFC, 0x28, 0x00], [0xC5, 0xFC, 0x58, 0x00],
            [0xF2, 0x0F, 0x10, 0x00], [0xF3, 0x0F, 0x11, 0x00], [0x0F, 0x16, 0x00], [0x0F, 0x17, 0x00],
            [0xDB, 0x28], [0xD9, 0xE8, 0xDB, 0x38], [0xDD, 0x00], [0xD9, 0xE8, 0xDD, 0x18], [0xDF, 0x20], [0xD9, 0xE8, 0xDF, 0x30],
            [0xFF, 0x30], [0x8F, 0x00], [0x0F, 0xAE, 0x18], [0x0F, 0xC7, 0x08], [0x0F, 0x95, 0x00], [0x48, 0x0F, 0x45, 0x18], [0x48, 0x0F, 0x44, 0x18],
            [0x48, 0x0F, 0xAB, 0x18], [0x48, 0x0F, 0xBA, 0x28, 0x05],
        ];
        using DirectedCases cases = new(engine);
        foreach (byte[] instruction in instructions)
        {
            foreach (ulong border in (ulong[])[OracleMemory.DataBase, OracleMemory.DataBase + 0x1000, OracleMemory.ReadOnlyBase, OracleMemory.DataEnd])
            {
                foreach (int offset in (int[])[-520, -33, -32, -31, -17, -16, -15, -12, -9, -8, -7, -5, -4, -3, -2, -1, 0, 1, 8, 16])
                {
                    cases.Add(instruction, (ref image) =>
                    {
                        image.Rax = border + (ulong)offset;
                        image.Rbx = 3;
                        image.Rflags = UndefinedResults.Zf;
                    }, UndefinedResults.Af);
                }
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Addresses_outside_the_user_half_fault_as_on_the_cpu(string engine)
    {
        ulong[] addresses =
        [
            0, 0x7FFF_FFFF_EFF8, 0x7FFF_FFFF_F000, 0x7FFF_FFFF_FFF8, 0x7FFF_FFFF_FFFC, 0x8000_0000_0000, 0x1234_0000_0000_0000, 0xFFFF_7FFF_FFFF_FFFC,
            0xFFFF_8000_0000_0000, 0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_FFFF_FFFC, 0xFFFF_FFFF_FFFF_FFF8,
        ];
        byte[][] instructions =
        [
            [0x48, 0x8B, 0x00], [0x48, 0x89, 0x18], [0x48, 0x01, 0x18], [0x0F, 0x10, 0x00], [0x0F, 0x29, 0x00], [0xDD, 0x00],
            [0x48, 0x94, 0x50], [0x48, 0x94, 0x58], [0x48, 0x95, 0x48, 0x8B, 0x45, 0x00], [0x48, 0x94, 0x48, 0x8B, 0x04, 0x24], [0x48, 0x94, 0xC3], [0x48, 0x95, 0xC9],
            [0x48, 0x97, 0xAA], [0x48, 0x96, 0xAC], [0xFF, 0x20], [0xFF, 0x10], [0xFF, 0x30],
        ];
        using DirectedCases cases = new(engine);
        foreach (byte[] instruction in instructions)
        {
            foreach (ulong address in addresses)
            {
                cases.Add(instruction, (ref image) => image.Rax = address);
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_string_instruction_that_faults_keeps_its_progress(string engine)
    {
        using DirectedCases cases = new(engine);
        foreach (byte opcode in (byte[])[0xA4, 0xA5, 0xAA, 0xAB, 0xAC, 0xAD, 0xA6, 0xA7, 0xAE, 0xAF])
        {
            foreach (byte[] prefix in (byte[][])[[0xF3], [0xF2], [0xF3, 0x48], [0xF3, 0x66], []])
            {
                foreach (bool down in (bool[])[false, true])
                {
                    foreach (int distance in (int[])[0, 1, 7, 8, 20, 64, 200])
                    {
                        cases.Add([.. prefix, opcode], (ref image) =>
                        {
                            image.Rflags = down ? UndefinedResults.Df : 0;
                            image.Rcx = 60;
                            image.Rsi = DirectedCases.Data;
                            image.Rdi = down ? OracleMemory.DataBase + (ulong)distance : OracleMemory.ReadOnlyBase - (ulong)distance;
                        });
                        cases.Add([.. prefix, opcode], (ref image) =>
                        {
                            image.Rflags = down ? UndefinedResults.Df : 0;
                            image.Rcx = 60;
                            image.Rdi = DirectedCases.Data;
                            image.Rsi = down ? OracleMemory.DataBase + (ulong)distance : OracleMemory.DataEnd - (ulong)distance;
                        });
                    }
                }
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Overlapping_string_moves_copy_element_by_element(string engine)
    {
        using DirectedCases cases = new(engine);
        foreach (byte[] instruction in (byte[][])[[0xF3, 0xA4], [0xF3, 0x66, 0xA5], [0xF3, 0xA5], [0xF3, 0x48, 0xA5]])
        {
            foreach (int distance in (int[])[-33, -32, -16, -9, -8, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100])
            {
                foreach (ulong flags in (ulong[])[0, UndefinedResults.Df])
                {
                    cases.Add(instruction, (ref image) =>
                    {
                        image.Rflags = flags;
                        image.Rcx = 50;
                        image.Rsi = DirectedCases.Data + 0x100;
                        image.Rdi = DirectedCases.Data + 0x100 + (ulong)distance;
                    });
                }
            }
        }

        cases.Check();
    }
}
