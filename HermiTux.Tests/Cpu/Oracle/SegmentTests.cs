using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Segment registers and far transfers with the descriptors that Linux gives a 64-bit program.</summary>
public sealed class SegmentTests
{
    /// <summary>Null (1 to 3 are null too, but the kernel turns them into 0), the user segments of Linux, kernel segments, system segments, beyond the table, in an LDT that isn't there.</summary>
    private static readonly ushort[] s_selectors = [0, 0x2B, 0x28, 0x29, 0x33, 0x30, 0x08, 0x0B, 0x10, 0x13, 0x18, 0x1B, 0x40, 0x43, 0x63, 0x6B, 0x73, 0x04, 0x07, 0x2F, 0xFFF8, 0xFFFB];

    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void Loading_a_segment_register_checks_the_selector(string engine)
    {
        using DirectedCases cases = new(engine);
        foreach (ushort selector in s_selectors)
        {
            for (byte register = 0; register < 6; register++)
            {
                // Null selectors for FS and GS keep the base on some CPUs and clear it on others.
                bool baseVaries = register >= 4 && selector < 4;
                cases.Add([0x8E, (byte)(0xC0 | register << 3)], (ref image) =>
                {
                    image.Rax = 0xFFFF_FFFF_FFFF_0000UL | selector;
                    image.FsBase = image.GsBase = baseVaries ? 0UL : 0x1234_5678;
                });
            }

            cases.Add(a =>
            {
                a.mov(__dword_ptr[rsp], selector);
                a.mov(ds, __word_ptr[rsp]);
                a.mov(ecx, ds);
            });
            cases.Add([0x68, (byte)selector, (byte)(selector >> 8), 0, 0, 0x0F, 0xA1]);
            cases.Add([0x68, (byte)selector, (byte)(selector >> 8), 0, 0, 0x0F, 0xA9]);
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Far_returns_and_interrupt_returns_go_where_the_stack_says(string engine)
    {
        using DirectedCases cases = new(engine);
        foreach (ushort selector in (ushort[])[0x33, 0x30, 0, 0x2B, 0x10, 0x13, 0x08, 0x43, 0x07, 0xFFFB])
        {
            foreach (ulong target in (ulong[])[OracleMemory.CodeBase + 1, DirectedCases.Data, 0x8000_0000_0000])
            {
                cases.Add([0x53, 0x50, 0x48, 0xCB], Initial);                           // push rbx; push rax; retfq
                cases.Add([0x53, 0x50, 0x48, 0xCA, 0x20, 0], Initial);                  // retfq 20h
                cases.Add([0x6A, 0x2B, 0x56, 0x57, 0x53, 0x50, 0x48, 0xCF], Initial);   // push 2Bh; push rsi; push rdi; push rbx; push rax; iretq

                void Initial(ref CpuImage image)
                {
                    image.Rax = target;
                    image.Rbx = selector;
                    image.Rsi = DirectedCases.Stack - 0x100;
                    image.Rdi = 0x4D7 - 0x100UL;
                }
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Access_rights_and_verification_of_selectors_agree(string engine)
    {
        using DirectedCases cases = new(engine);
        foreach (ushort selector in s_selectors)
        {
            foreach (ulong flags in (ulong[])[0, UndefinedResults.Zf])
            {
                foreach (byte[] instruction in (byte[][])[[0x0F, 0x00, 0xE0], [0x0F, 0x00, 0xE8], [0x0F, 0x02, 0xC8], [0x48, 0x0F, 0x02, 0xC8], [0x66, 0x0F, 0x02, 0xC8], [0x0F, 0x03, 0xC8], [0x48, 0x0F, 0x03, 0xC8]])
                {
                    cases.Add(instruction, (ref image) =>
                    {
                        image.Rax = selector;
                        image.Rflags = flags;
                    });
                }
            }
        }

        cases.Check();
    }
}
