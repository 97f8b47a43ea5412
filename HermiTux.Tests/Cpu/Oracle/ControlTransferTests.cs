using System.Buffers.Binary;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Oracle;

public sealed class ControlTransferTests
{
    /// <summary>Every combination of the flags that conditions look at.</summary>
    private static readonly ulong[] s_flagCombinations = [.. Enumerable.Range(0, 32).Select(bits =>
        ((bits & 1) != 0 ? UndefinedResults.Cf : 0) | ((bits & 2) != 0 ? UndefinedResults.Pf : 0) | ((bits & 4) != 0 ? UndefinedResults.Zf : 0) |
        ((bits & 8) != 0 ? UndefinedResults.Sf : 0) | ((bits & 16) != 0 ? UndefinedResults.Of : 0))];

    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void Conditional_jumps_follow_every_combination_of_flags(string engine)
    {
        using DirectedCases cases = new(engine, 64);
        foreach (ulong flags in s_flagCombinations)
        {
            for (byte condition = 0; condition < 16; condition++)
            {
                cases.Add([(byte)(0x70 + condition), 5], (ref image) => image.Rflags = flags);
                cases.Add([(byte)(0x70 + condition), 0xF0], (ref image) => image.Rflags = flags);
                cases.Add([0x0F, (byte)(0x80 + condition), 6, 0, 0, 0], (ref image) => image.Rflags = flags);
                cases.Add([0x0F, (byte)(0x90 + condition), 0xC0], (ref image) => image.Rflags = flags);
                cases.Add([0x0F, (byte)(0x40 + condition), 0xC1], (ref image) => image.Rflags = flags);
                cases.Add([0x48, 0x0F, (byte)(0x40 + condition), 0xC1], (ref image) => image.Rflags = flags);
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Conditional_jumps_after_arithmetic_see_its_flags(string engine)
    {
        ulong[] values = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, ulong.MaxValue];
        byte[][] operations =
        [
            [0x38, 0xC8], [0x39, 0xC8], [0x48, 0x39, 0xC8], [0x66, 0x39, 0xC8], [0x84, 0xC8], [0x48, 0x85, 0xC8], [0x01, 0xC8], [0x48, 0x29, 0xC8], [0x48, 0xFF, 0xC8],
            [0xFE, 0xC0], [0x48, 0xF7, 0xD8], [0x48, 0xD1, 0xE0], [0xD1, 0xF8], [0x48, 0xD3, 0xE8], [0x48, 0x11, 0xC8], [0x48, 0x19, 0xC8],
        ];
        using DirectedCases cases = new(engine, 64);
        foreach (byte[] operation in operations)
        {
            foreach (ulong a in values)
            {
                foreach (ulong b in values)
                {
                    for (byte condition = 0; condition < 16; condition++)
                    {
                        cases.Add([.. operation, (byte)(0x70 + condition), 5], (ref image) =>
                        {
                            image.Rax = a;
                            image.Rcx = b;
                        }, UndefinedResults.Af | UndefinedResults.Of);
                    }
                }
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Counted_jumps_decrement_and_test_the_count(string engine)
    {
        using DirectedCases cases = new(engine, 64);
        foreach (ulong count in (ulong[])[0, 1, 2, 0x1_0000_0000, 0x1_0000_0001, 0xFFFF_FFFF, ulong.MaxValue, 0x1_0001_0000])
        {
            foreach (ulong flags in (ulong[])[0, UndefinedResults.Zf])
            {
                for (byte opcode = 0xE0; opcode <= 0xE3; opcode++)
                {
                    cases.Add([opcode, 7], Initial);
                    cases.Add([0x67, opcode, 7], Initial);
                }

                void Initial(ref CpuImage image)
                {
                    image.Rcx = count;
                    image.Rflags = flags;
                }
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Jumps_calls_and_returns_use_target_and_stack_as_the_cpu_does(string engine)
    {
        using DirectedCases cases = new(engine);
        ulong[] targets = [OracleMemory.CodeBase + 3, DirectedCases.Data, OracleMemory.DataEnd + 0x123, 0, 0x7FFF_FFFF_F000, 0x7FFF_FFFF_FFFF];
        ulong[] stacks = [DirectedCases.Stack, DirectedCases.Stack + 3, OracleMemory.DataBase + 4, OracleMemory.DataBase, OracleMemory.ReadOnlyBase + 4, OracleMemory.DataEnd - 4, OracleMemory.DataEnd];
        cases.Add([0xEB, 0x10]);
        cases.Add([0xE9, 0x10, 0, 0, 0]);
        cases.Add([0xE8, 0x10, 0, 0, 0]);
        foreach (ulong stack in stacks)
        {
            cases.Add([0xE8, 0x10, 0, 0, 0], (ref image) => image.Rsp = stack);
            foreach (ulong target in targets)
            {
                cases.Add([0xFF, 0xD0], Initial);                       // call rax
                cases.Add([0xFF, 0xE0], Initial);                       // jmp rax
                cases.Add([0x50, 0xC3], Initial);                       // push rax; ret
                cases.Add([0x50, 0xC2, 0x18, 0], Initial);              // push rax; ret 18h
                cases.Add([0x50, 0xFF, 0x24, 0x24], Initial);           // push rax; jmp [rsp]
                cases.Add([0x50, 0xFF, 0x14, 0x24], Initial);           // push rax; call [rsp]
                cases.Add([0x48, 0x94, 0xFF, 0xD4], Initial);           // xchg rax,rsp; call rsp

                void Initial(ref CpuImage image)
                {
                    image.Rax = target;
                    image.Rsp = stack;
                }
            }

            cases.Add([0xC3], (ref image) => image.Rsp = stack + 0x100);
        }

        cases.Add(a =>
        {
            // A call whose callee returns, twice through different forms.
            Label callee = a.CreateLabel();
            Label end = a.CreateLabel();
            a.call(callee);
            a.lea(rax, __[callee]);
            a.call(rax);
            a.jmp(end);
            a.Label(ref callee);
            a.inc(rbx);
            a.ret();
            a.Label(ref end);
            a.nop();
        });
        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_branch_to_an_address_that_is_not_canonical_is_a_general_protection_fault(string engine)
    {
        using DirectedCases cases = new(engine);
        foreach (ulong target in (ulong[])[0x8000_0000_0000, 0x1234_5678_9ABC_DEF0, 0xFFFF_7FFF_FFFF_FFFF])
        {
            cases.Add([0xFF, 0xE0], (ref image) => image.Rax = target);
            cases.Add([0xFF, 0xD0], (ref image) => image.Rax = target);
            cases.Add([0x50, 0xC3], (ref image) => image.Rax = target);
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Loops_end_where_the_cpu_ends_them(string engine)
    {
        using DirectedCases cases = new(engine);
        foreach (ulong count in (ulong[])[1, 2, 3, 100, 5000])
        {
            cases.Add(a =>
            {
                // The sum of squares by a loop with a carry chain, so that flags live across iterations.
                Label again = a.CreateLabel();
                a.xor(eax, eax);
                a.xor(edx, edx);
                a.Label(ref again);
                a.mov(rbx, rcx);
                a.imul(rbx, rcx);
                a.add(rax, rbx);
                a.adc(rdx, 0);
                a.dec(rcx);
                a.jne(again);
            }, (ref image) => image.Rcx = count, UndefinedResults.Arithmetic & ~(UndefinedResults.Zf | UndefinedResults.Sf));
            cases.Add(a =>
            {
                Label again = a.CreateLabel();
                a.Label(ref again);
                a.inc(rax);
                a.loop(again);
            }, (ref image) => image.Rcx = count);
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void An_instruction_that_runs_off_the_mapped_code_faults_at_the_missing_page(string engine)
    {
        using DirectedCases cases = new(engine);
        const ulong End = OracleMemory.CodeBase + OracleMemory.CodeSize;
        for (ulong distance = 1; distance <= 3; distance++)
        {
            // Memory beyond the cases' code is zero: add [rax],al.
            cases.Add([0x90], (ref image) =>
            {
                image.Rip = End - distance;
                image.Rax = DirectedCases.Data;
            });
        }

        foreach (int displacement in (int[])[0x20_0000, 0x0FFF_0000, 0x1000_0000])
        {
            byte[] jump = [0xE9, 0, 0, 0, 0];
            BinaryPrimitives.WriteInt32LittleEndian(jump.AsSpan(1), displacement);
            cases.Add(jump);
        }

        cases.Check();
    }
}
