using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using HermiTux.Tests.Cpu.Interpreter;
using HermiTux.Tests.Harness;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>The state is exact wherever a loop is left, though the translator moves registers to other places and strings to host addresses for it.</summary>
public sealed unsafe class LoopStateTests
{
    private const ulong Code = BareGuest.Code;
    private const ulong Data = BareGuest.Stack;
    private const ulong Arithmetic = 0x8C5;

    private static readonly AssemblerRegister64[] s_registers = [rax, rdx, rbx, rbp, r8, r9, r10, r11, r12, r13, r14, r15];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Loops_that_fault_anywhere_leave_the_state_that_the_interpreter_leaves(int seed)
    {
        GuestRunner.SkipWithoutTranslator();
        using var translator = new TranslatorEngine();
        using var interpreter = new InterpreterEngine(translator.Model);
        int faults = 0;
        for (int i = 0; i < 200; i++)
        {
            byte[] code = GuestCode.Assemble(a => WriteLoop(a, new Random((seed * 1000) + i)), Code);
            using var expected = new BareGuest(interpreter, code);
            using var actual = new BareGuest(translator, code);
            foreach (BareGuest guest in (ReadOnlySpan<BareGuest>)[expected, actual])
            {
                for (int r = 0; r < 16; r++)
                {
                    guest.State->Gpr[r] = 0x1111_1111_1111_1111UL * (ulong)r;
                }

                guest.State->Rsp = Data + (Page.Size / 2);
                guest.State->Rsi = Data + (ulong)(i * 8);
                guest.State->Rdi = Data + Page.Size - 1000 - (ulong)(i * 8);
            }

            VcpuExit wanted = expected.Vcpu.Run(expected.State);
            VcpuExit got = actual.Vcpu.Run(actual.State);

            string what = $"loop {i}, at {actual.State->Rip:x}";
            Assert.True(wanted == got, $"{what}: {got} instead of {wanted}");
            Assert.True(expected.State->Rip == actual.State->Rip, $"{what}: instead of {expected.State->Rip:x}");
            for (int r = 0; r < 16; r++)
            {
                Assert.True(expected.State->Gpr[r] == actual.State->Gpr[r], $"{what}: register {r} is {actual.State->Gpr[r]:x} instead of {expected.State->Gpr[r]:x}");
            }

            Assert.True((expected.State->Rflags & Arithmetic) == (actual.State->Rflags & Arithmetic), $"{what}: flags {actual.State->Rflags:x} instead of {expected.State->Rflags:x}");
            Assert.Equal(expected.StackBytes(), actual.StackBytes());
            faults += wanted.Reason == VcpuExitReason.Exception ? 1 : 0;
        }

        Assert.InRange(faults, 15, 190);
    }

    /// <summary>A loop that uses some registers often and others never, so that different ones live in the frame.</summary>
    private static void WriteLoop(Assembler a, Random random)
    {
        // In a crowd nothing is left for RSP, which only the way out uses.
        bool isCrowd = random.Next(3) == 0;
        AssemblerRegister64[] favourites = isCrowd
            ? [r8, r9, r10, r11, r12, r13, r14, r15, rbp]
            : [.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => s_registers[random.Next(s_registers.Length)])];
        Label again = a.CreateLabel();
        Label skip = a.CreateLabel();
        int skipped = random.Next(12);
        int length = random.Next(4, 16);
        a.mov(__dword_ptr[Data], random.Next(2, 60));
        a.Label(ref again);
        for (int i = 0; isCrowd && i < favourites.Length; i++)
        {
            a.add(favourites[i], favourites[(i + 1) % favourites.Length]);
        }

        for (int i = 0; i < length; i++)
        {
            AssemblerRegister64 to = favourites[random.Next(favourites.Length)];
            AssemblerRegister64 from = favourites[random.Next(favourites.Length)];
            if (i == skipped)
            {
                a.test(to, from);
                a.js(skip);
            }

            switch (random.Next(isCrowd ? 8 : 14))
            {
                case 0 or 1 or 2:
                    a.add(to, from);
                    break;
                case 3:
                    a.xor(to, from);
                    break;
                case 4:
                    a.lea(to, __[from + (to * 2) + 5]);
                    break;
                case 5:
                    a.mov(to, from);
                    break;
                case 6:
                    a.xor(to, __[rsi + (random.Next(-4, 4) * 8)]);
                    break;
                case 7:
                    a.mov(__[rdi + (random.Next(-4, 4) * 8)], from);
                    break;
                case 8:
                    a.push(from);
                    break;
                case 9:
                    a.pop(to);
                    break;
                case 10:
                    a.add(rsi, random.Next(-2, 8) * 8);
                    break;
                case 11:
                    a.add(rdi, random.Next(-2, 8) * 8);
                    break;
                case 12:
                    a.movzx(ecx, dl);
                    a.rep.movsb();
                    break;
                default:
                    a.add(to, __[rsp + (random.Next(4) * 8)]);
                    break;
            }
        }

        if (skipped < length)
        {
            a.Label(ref skip);
            a.nop();
        }

        a.dec(__dword_ptr[Data]);
        a.jne(again);
        WriteWayOut(a, random);
        a.syscall();
    }

    private static void WriteWayOut(Assembler a, Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                a.push(rax);
                break;
            case 1:
                a.pop(rbx);
                break;
            case 2:
                a.mov(rbp, rsp);
                a.push(rdx);
                a.leave();
                break;
            case 3:
                a.lea(rax, __[rsp - 16]);
                a.mov(rsp, rax);
                a.push(rbx);
                break;
            case 4:
                a.add(rsp, 8);
                break;
            case 5:
                a.mov(__[rsp + 8], rbx);
                break;
            case 6:
                a.add(rbx, __[rsp]);
                a.sub(rsp, 24);
                break;
            default:
                break;
        }
    }
}
