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

/// <summary>RSP is exact wherever a guest is stopped, though translated code changes its host register once for several pushes and pops.</summary>
public sealed unsafe class StackStateTests
{
    private const ulong Code = BareGuest.Code;
    private const ulong Stack = BareGuest.Stack;
    private const int Instructions = 24;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Stack_instructions_that_fault_anywhere_leave_the_state_that_the_interpreter_leaves(int seed)
    {
        GuestRunner.SkipWithoutTranslator();
        using var translator = new TranslatorEngine();
        using var interpreter = new InterpreterEngine(translator.Model);
        var random = new Random(seed);
        int faults = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] code = GuestCode.Assemble(a => WriteRandom(a, new Random((seed * 1000) + i)), Code);
            ulong rsp = Stack + (random.Next(2) == 0 ? 0u : Page.Size) + (ulong)(long)random.Next(-40, 40) * 8;
            ulong rbp = Stack + (ulong)random.Next(0, (int)Page.Size);
            using var expected = new BareGuest(interpreter, code);
            using var actual = new BareGuest(translator, code);
            foreach (BareGuest guest in (ReadOnlySpan<BareGuest>)[expected, actual])
            {
                for (int r = 0; r < 16; r++)
                {
                    guest.State->Gpr[r] = 0x1111_1111_1111_1111UL * (ulong)r;
                }

                guest.State->Rsp = rsp;
                guest.State->Rbp = rbp;
            }

            VcpuExit wanted = expected.Vcpu.Run(expected.State);
            VcpuExit got = actual.Vcpu.Run(actual.State);

            string what = $"program {i}, rsp {rsp:x}, at {actual.State->Rip:x}";
            Assert.True(wanted == got, $"{what}: {got} instead of {wanted}");
            faults += wanted.Reason == VcpuExitReason.Exception ? 1 : 0;
            Assert.True(expected.State->Rip == actual.State->Rip, $"{what}: instead of {expected.State->Rip:x}");
            for (int r = 0; r < 16; r++)
            {
                Assert.True(expected.State->Gpr[r] == actual.State->Gpr[r], $"{what}: register {r} is {actual.State->Gpr[r]:x} instead of {expected.State->Gpr[r]:x}");
            }

            Assert.Equal(expected.StackBytes(), actual.StackBytes());
        }

        Assert.InRange(faults, 30, 299);
    }

    [Fact]
    public void An_interruption_between_pushes_and_pops_finds_the_stack_pointer_exact()
    {
        GuestRunner.SkipWithoutTranslator();
        using var engine = new TranslatorEngine();
        byte[] code = GuestCode.Assemble(a =>
        {
            Label again = a.CreateLabel();
            Label function = a.CreateLabel();
            a.Label(ref again);
            a.push(rax);
            a.push(r10);
            a.push(12);
            a.inc(rdx);
            a.push(rbx);
            a.pop(rcx);
            a.pop(r11);
            a.call(function);
            a.pop(rsi);
            a.pop(rdi);
            a.jmp(again);
            a.Label(ref function);
            a.push(r11);
            a.push(rbp);
            a.mov(rbp, rsp);
            a.push(rbx);
            a.push(rbx);
            a.leave();
            a.pop(r11);
            a.ret();
        }, Code);
        using var guest = new BareGuest(engine, code);
        guest.State->Rsp = Stack + 2048;
        Dictionary<ulong, int> depth = DepthByAddress(code);
        using var stop = new CancellationTokenSource();
        var kicker = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                guest.Vcpu.RequestExit();
                Thread.Yield();
            }
        });
        kicker.Start();
        var met = new HashSet<ulong>();
        try
        {
            for (int i = 0; i < 300 || met.Count < 8; i++)
            {
                Assert.Equal(VcpuExit.Interrupted, guest.Vcpu.Run(guest.State));
                met.Add(guest.State->Rip);
                Assert.True(depth.TryGetValue(guest.State->Rip, out int bytes), $"stopped at {guest.State->Rip:x}, where no instruction starts");
                Assert.Equal(Stack + 2048 - (ulong)bytes, guest.State->Rsp);
            }
        }
        finally
        {
            stop.Cancel();
            kicker.Join();
        }
    }

    private static void WriteRandom(Assembler a, Random random)
    {
        AssemblerRegister64[] registers = [rax, rcx, rdx, rbx, rsi, rdi, r8, r9, r10, r11, r14, r15];
        for (int i = 0; i < Instructions; i++)
        {
            AssemblerRegister64 register = registers[random.Next(registers.Length)];
            switch (random.Next(16))
            {
                case 0 or 1 or 2 or 3:
                    a.push(register);
                    break;
                case 4 or 5 or 6 or 7:
                    a.pop(register);
                    break;
                case 8:
                    a.push(random.Next());
                    break;
                case 9:
                    a.push(rsp);
                    break;
                case 10:
                    a.push(__qword_ptr[rsp + random.Next(-4, 8) * 8]);
                    break;
                case 11:
                    a.add(register, random.Next(1000));
                    break;
                case 12:
                    a.mov(register, __[rsp + random.Next(-4, 8) * 8]);
                    break;
                case 13:
                    a.sub(rsp, random.Next(-8, 8) * 8);
                    break;
                case 14 when random.Next(3) == 0:
                    a.leave();
                    break;
                case 15 when random.Next(3) == 0:
                    Label next = a.CreateLabel();
                    a.call(next);
                    a.Label(ref next);
                    a.pop(register);
                    break;
                default:
                    a.mov(rbp, rsp);
                    break;
            }
        }

        a.syscall();
    }

    /// <summary>How deep the stack is at each instruction, which is the same however it is reached.</summary>
    private static Dictionary<ulong, int> DepthByAddress(byte[] code)
    {
        var result = new Dictionary<ulong, int>();
        var decoder = Decoder.Create(64, code, Code);
        int depth = 0;
        int saved = 0;
        while (decoder.IP < Code + (ulong)code.Length)
        {
            result.Add(decoder.IP, depth);
            decoder.Decode(out Instruction instruction);
            switch (instruction.Mnemonic)
            {
                case Mnemonic.Push:
                    depth += 8;
                    break;
                case Mnemonic.Pop:
                    depth -= 8;
                    break;
                case Mnemonic.Mov:
                    saved = depth;
                    break;
                case Mnemonic.Leave:
                    depth = saved - 8;
                    break;
                case Mnemonic.Jmp:
                    // The function that follows is called with two words pushed, and the return address.
                    depth = 24;
                    break;
            }
        }

        return result;
    }
}
