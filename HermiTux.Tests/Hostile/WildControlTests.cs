using HermiTux.Tests.Cpu.Oracle;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Hostile;

/// <summary>Jumps, calls and returns to where no code is, stack pointers that point anywhere, and code at the edge of its mapping.</summary>
public sealed unsafe class WildControlTests
{
    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void No_jump_runs_what_is_not_code(string engine)
    {
        byte[][] ways =
        [
            [0xFF, 0xE0], [0xFF, 0xD0], [0x50, 0xC3], [0x50, 0xC2, 0x08, 0x00], [0x50, 0x48, 0xFF, 0x24, 0x24], [0x50, 0xFF, 0x14, 0x24],
            [0xF2, 0xFF, 0xE0], [0x3E, 0xFF, 0xD0], [0x6A, 0x33, 0x50, 0x48, 0xCB], [0x51, 0x51, 0x50, 0xF3, 0xC3],
        ];
        using DirectedCases cases = new(engine, 64);
        foreach (byte[] code in ways)
        {
            foreach (ulong target in HostileAddresses.All)
            {
                cases.Add(code, (ref image) => image.Rax = target);
            }

            // The middle of instructions of this very case: its own slot is at the next address.
            for (int offset = -4; offset < 16; offset++)
            {
                ulong at = cases.NextAddress + 20 + (ulong)offset;
                cases.Add([.. code, .. Enumerable.Repeat((byte)0xCC, 20 - code.Length), 0x48, 0xB8, 0x40, 0x90, 0xB0, 0x05, 0xF9, 0x91, 0x48, 0xFF, 0xC3], (ref image) => image.Rax = at);
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Execution_that_starts_anywhere_faults_there(string engine)
    {
        using DirectedCases cases = new(engine, 64);
        foreach (ulong target in HostileAddresses.All.Where(t => HostileAddresses.IsCanonical(t) && t != 0))
        {
            cases.Add([0x90], (ref image) => image.Rip = target);
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Branches_with_displacements_that_leave_the_code_fault_at_their_target(string engine)
    {
        using DirectedCases cases = new(engine, 64);
        foreach (int distance in (int[])[int.MaxValue, int.MinValue, 0x0FF0_0000, -0x0F00_0000, -0x1000_0000, -0x1008_0000, 0x1000_0000, 0x2000_0000])
        {
            byte[] bytes = BitConverter.GetBytes(distance);
            cases.Add([0xE9, .. bytes]);
            cases.Add([0xE8, .. bytes]);
            cases.Add([0x0F, 0x84, .. bytes], (ref image) => image.Rflags = UndefinedResults.Zf);
            cases.Add([0x0F, 0x84, .. bytes], (ref image) => image.Rflags = 0);
            cases.Add([0x0F, 0x8F, .. bytes], (ref image) => image.Rflags = 0);
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Code_that_ends_with_its_mapping_faults_behind_it(string engine)
    {
        byte[][] tails =
        [
            [0x90], [0x48], [0x0F], [0x66, 0x0F], [0xB8], [0xB8, 1, 2, 3], [0x48, 0x8B], [0x48, 0x8B, 0x04], [0xE9, 1, 2], [0x0F, 0x84, 0], [0xC5], [0xC4, 0xE2], [0xF3, 0xA4], [0x48, 0xFF, 0xC0],
            [0xEB], [0x75], [0xFF], [0xF0], [0xC2, 0], [0xC8, 0, 0], [0x62, 0xF1], [0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E, 0x2E],
        ];
        const ulong End = OracleMemory.CodeBase + OracleMemory.CodeSize;
        using DirectedCases cases = new(engine);
        foreach (byte[] tail in tails)
        {
            foreach (bool called in (bool[])[false, true])
            {
                cases.Add(a =>
                {
                    // The case writes its own last instruction to the end of the mapping, and goes there.
                    for (int i = 0; i < tail.Length; i++)
                    {
                        a.mov(__byte_ptr[rbx - tail.Length + i], tail[i]);
                    }

                    a.lea(rax, __[rbx - tail.Length]);
                    if (called)
                    {
                        a.call(rax);
                    }
                    else
                    {
                        a.jmp(rax);
                    }
                }, (ref image) =>
                {
                    image.Rbx = End;
                    image.Rcx = 3;
                    image.Rsi = image.Rdi = HostileAddresses.Mapped;
                });
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void The_stack_pointer_may_point_anywhere(string engine)
    {
        byte[][] instructions =
        [
            [0x50], [0x66, 0x50], [0x6A, 0x05], [0x68, 1, 2, 3, 4], [0x54], [0xFF, 0xF0], [0x58], [0x66, 0x58], [0x5C], [0x8F, 0xC0], [0x9C], [0x9D], [0xC3], [0xC2, 0x10, 0], [0xC9], [0x66, 0xC9],
            [0xE8, 0, 0, 0, 0], [0xFF, 0xD0], [0x48, 0xCB], [0x48, 0xCA, 8, 0], [0x48, 0xCF], [0xC8, 0x10, 0, 0], [0xC8, 0x10, 0, 1], [0xC8, 0x20, 0, 3], [0xC8, 0xFF, 0xFF, 31], [0x0F, 0xA0], [0x0F, 0xA8],
            [0x48, 0x83, 0xEC, 0x20, 0x50], [0x48, 0x83, 0xC4, 0x20, 0x58], [0x48, 0x87, 0x04, 0x24], [0x8F, 0x44, 0x24, 0x08], [0xFF, 0x74, 0x24, 0x08], [0xFF, 0x34, 0x24], [0x8F, 0x04, 0x24], [0x60], [0x61],
        ];
        using DirectedCases cases = new(engine, 64);
        foreach (byte[] instruction in instructions)
        {
            foreach (ulong target in HostileAddresses.All)
            {
                foreach (int offset in (int[])[0, 8, -8, 1, 4])
                {
                    cases.Add(instruction, (ref image) =>
                    {
                        image.Rsp = target + (ulong)offset;
                        image.Rbp = instruction[0] is 0xC9 or 0x66 ? target + (ulong)offset : DirectedCases.Stack - 64;
                        image.Rax = OracleMemory.CodeBase;
                    });
                    cases.Add(instruction, (ref image) =>
                    {
                        image.Rsp = DirectedCases.Stack;
                        image.Rbp = target + (ulong)offset;
                        image.Rax = OracleMemory.CodeBase + 1;
                    });
                }
            }
        }

        cases.Check();
    }
}
