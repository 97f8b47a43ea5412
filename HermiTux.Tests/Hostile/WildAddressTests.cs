using HermiTux.Tests.Cpu.Oracle;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Hostile;

/// <summary>Every way to name an address, with every kind of access, at the addresses where the way out would be. The real CPU says what must come of it.</summary>
public sealed unsafe class WildAddressTests
{
    private delegate (MemoryOperand Operand, Registers Registers)? Form(ulong target, ulong rip);

    private sealed record Registers(ulong Rax = 0, ulong Rcx = 0, ulong Rdx = 0, ulong? Rsp = null, ulong Rbp = 0, ulong R13 = 0, ulong FsBase = 0, ulong GsBase = 0);

    private static readonly (string Name, Form Make)[] s_forms =
    [
        ("base", (t, _) => (new MemoryOperand(Register.RAX), new(Rax: t))),
        ("base+disp8", (t, _) => (new MemoryOperand(Register.R13, -0x55), new(R13: t + 0x55))),
        ("base+disp32", (t, _) => (new MemoryOperand(Register.RAX, 0x7FFF_FFF0, 8), new(Rax: t - 0x7FFF_FFF0))),
        ("base-disp32", (t, _) => (new MemoryOperand(Register.RAX, -0x7FFF_FFF0, 8), new(Rax: t + 0x7FFF_FFF0))),
        ("base+index*8+disp8", (t, _) => (new MemoryOperand(Register.RAX, Register.RCX, 8, 0x10, 1), new(Rax: t - 0x0000_0000_0000_0018, Rcx: 0x2000_0000_0000_0001))),
        ("base+negative index", (t, _) => (new MemoryOperand(Register.RAX, Register.RCX, 4), new(Rax: t + 0x4000, Rcx: unchecked((ulong)-0x1000L)))),
        ("index*4+disp32", (t, _) => (new MemoryOperand(Register.None, Register.RDX, 4, (long)(t & 3) + 0x1000, 8), new(Rdx: (t - (t & 3) - 0x1000) / 4))),
        ("index*8 that wraps", (t, _) => (t & 7) != 0 ? null : (new MemoryOperand(Register.None, Register.RDX, 8, 0, 8), new(Rdx: t / 8 | 0xE000_0000_0000_0000))),
        ("stack pointer", (t, _) => (new MemoryOperand(Register.RSP), new(Rsp: t))),
        ("stack pointer+disp", (t, _) => (new MemoryOperand(Register.RSP, Register.RCX, 2, -8, 1), new(Rsp: t - 0x1FF8, Rcx: 0x1000))),
        ("frame pointer", (t, _) => (new MemoryOperand(Register.RBP, 8), new(Rbp: t - 8))),
        ("absolute", (t, _) => (ulong)(int)t != t ? null : (new MemoryOperand(Register.None, (long)t, 8), new())),
        ("rip", (t, rip) => t - rip + 0x7FFF_0000 > 0xFFFE_0000 ? null : (new MemoryOperand(Register.RIP, (long)t, 8), new())),
        ("32-bit base", (t, _) => t > uint.MaxValue ? null : (new MemoryOperand(Register.EAX), new(Rax: t | 0xDEAD_BEEF_0000_0000))),
        ("32-bit base+index that wraps", (t, _) => t > uint.MaxValue ? null : (new MemoryOperand(Register.EAX, Register.ECX, 2, 0x10, 1), new(Rax: (uint)t - 0x10 + 0x9000_0000, Rcx: 0x7777_7777_3800_0000))),
        ("32-bit rip", (t, _) => t > uint.MaxValue ? null : (new MemoryOperand(Register.EIP, (long)t, 4), new())),
        // Whether an offset that isn't canonical by itself may become an address by adding a segment's base differs between makers.
        ("fs", (t, _) => !HostileAddresses.IsCanonical(t - 0x7FFF_0000_1000, 32) ? null : (new MemoryOperand(Register.RAX, Register.None, 1, 0, 0, false, Register.FS), new(Rax: t - 0x7FFF_0000_1000, FsBase: 0x7FFF_0000_1000))),
        ("fs of the kernel's half", (t, _) => !HostileAddresses.IsCanonical(t + 0x0000_8000_0000_0000, 32) ? null
            : (new MemoryOperand(Register.RAX, Register.RCX, 1, 0, 0, false, Register.FS), new(Rax: t + 0x123, Rcx: 0x0000_8000_0000_0000 - 0x123, FsBase: 0xFFFF_8000_0000_0000))),
        ("gs, absolute", (t, _) => HostileAddresses.IsCanonical(t - 0x40) ? (new MemoryOperand(Register.None, Register.None, 1, 0x40, 8, false, Register.GS), new(GsBase: t - 0x40)) : null),
        ("gs+32-bit base", (t, _) => HostileAddresses.IsCanonical(t - 0xFFFF_0000) ? (new MemoryOperand(Register.EAX, Register.None, 1, 0x10, 1, false, Register.GS), new(Rax: 0x1234_5678_FFFE_FFF0, GsBase: t - 0xFFFF_0000)) : null),
    ];

    private static readonly (string Name, Func<MemoryOperand, Instruction> Make)[] s_accesses =
    [
        ("load 64", m => Instruction.Create(Code.Mov_r64_rm64, Register.RBX, m)),
        ("load 8 sign", m => Instruction.Create(Code.Movsx_r32_rm8, Register.EBX, m)),
        ("compare", m => Instruction.Create(Code.Cmp_rm32_imm8, m, 5)),
        ("arithmetic", m => Instruction.Create(Code.Adc_r64_rm64, Register.RBX, m)),
        ("conditional move", m => Instruction.Create(Code.Cmovo_r64_rm64, Register.RBX, m)),
        ("store 8", m => Instruction.Create(Code.Mov_rm8_r8, m, Register.BL)),
        ("store 64", m => Instruction.Create(Code.Mov_rm64_r64, m, Register.RBX)),
        ("store constant", m => Instruction.Create(Code.Mov_rm64_imm32, m, -5)),
        ("store condition", m => Instruction.Create(Code.Sete_rm8, m)),
        ("store non-temporal", m => Instruction.Create(Code.Movnti_m64_r64, m, Register.RBX)),
        ("read-modify-write", m => Instruction.Create(Code.Add_rm32_r32, m, Register.EBX)),
        ("shift", m => Instruction.Create(Code.Shl_rm64_1, m, 1)),
        ("locked", m => WithLock(Instruction.Create(Code.Xadd_rm64_r64, m, Register.RBX))),
        ("exchange", m => Instruction.Create(Code.Xchg_rm64_r64, m, Register.RBX)),
        ("compare and exchange", m => WithLock(Instruction.Create(Code.Cmpxchg_rm64_r64, m, Register.RBX))),
        ("compare and exchange 16", m => WithLock(Instruction.Create(Code.Cmpxchg16b_m128, m))),
        ("bit test", m => Instruction.Create(Code.Bts_rm64_imm8, m, 5)),
        ("push", m => Instruction.Create(Code.Push_rm64, m)),
        ("pop", m => Instruction.Create(Code.Pop_rm64, m)),
        ("call", m => Instruction.Create(Code.Call_rm64, m)),
        ("jump", m => Instruction.Create(Code.Jmp_rm64, m)),
        ("divide", m => Instruction.Create(Code.Div_rm64, m)),
        ("load 16", m => Instruction.Create(Code.Movups_xmm_xmmm128, Register.XMM1, m)),
        ("load 16 aligned", m => Instruction.Create(Code.Movaps_xmm_xmmm128, Register.XMM1, m)),
        ("store 16", m => Instruction.Create(Code.Movdqu_xmmm128_xmm, m, Register.XMM1)),
        ("store half", m => Instruction.Create(Code.Movhps_m64_xmm, m, Register.XMM1)),
        ("load 32", m => Instruction.Create(Code.VEX_Vmovups_ymm_ymmm256, Register.YMM1, m)),
        ("store 32", m => Instruction.Create(Code.VEX_Vmovdqu_ymmm256_ymm, m, Register.YMM1)),
        ("masked store", m => Instruction.Create(Code.VEX_Vmaskmovps_m256_ymm_ymm, m, Register.YMM1, Register.YMM2)),
        ("broadcast", m => Instruction.Create(Code.VEX_Vbroadcastsd_ymm_m64, Register.YMM1, m)),
        ("x87 load", m => Instruction.Create(Code.Fld_m80fp, m)),
        ("x87 store", m => Instruction.Create(Code.Fnstcw_m2byte, m)),
        ("x87 integer", m => Instruction.Create(Code.Fiadd_m32int, m)),
        ("mxcsr", m => Instruction.Create(Code.Stmxcsr_m32, m)),
        ("address alone", m => Instruction.Create(Code.Lea_r64_m, Register.RBX, WithoutSegment(m))),
        ("prefetch", m => Instruction.Create(Code.Prefetcht0_m8, m)),
        ("no operation", m => Instruction.Create(Code.Nop_rm32, m)),
    ];

    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void No_operand_reaches_what_the_cpu_would_not_let_it_reach(string engine)
    {
        using DirectedCases cases = new(engine, 64);
        foreach ((string name, Func<MemoryOperand, Instruction> access) in s_accesses)
        {
            foreach ((string formName, Form form) in s_forms)
            {
                if (name == "call" && formName.StartsWith("stack", StringComparison.Ordinal))
                {
                    // A target that isn't canonical and a stack that can't be written: which is noticed first isn't said.
                    continue;
                }

                foreach (ulong target in HostileAddresses.All)
                {
                    if (name == "masked store" && target is > 0xFFFF_FF00 and <= uint.MaxValue)
                    {
                        // With a 32-bit address some CPUs wrap each element and some the first.
                        continue;
                    }

                    if (form(target, cases.NextAddress) is var (operand, registers))
                    {
                        Add(cases, access(operand), registers);
                    }
                }
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Absolute_64_bit_addresses_reach_nothing_else(string engine)
    {
        using DirectedCases cases = new(engine, 64);
        foreach (byte opcode in (byte[])[0xA0, 0xA1, 0xA2, 0xA3])
        {
            foreach (byte[] prefix in (byte[][])[[], [0x48], [0x66], [0x64], [0x65, 0x48]])
            {
                foreach (ulong target in HostileAddresses.All)
                {
                    // The base brings a segment's operand to the same targets by another way.
                    ulong segmentBase = prefix is [0x64 or 0x65, ..] ? 0x7FFF_0000_0000UL : 0;
                    if (!HostileAddresses.IsCanonical(target - segmentBase) && HostileAddresses.IsCanonical(target))
                    {
                        continue;
                    }

                    cases.Add([.. prefix, opcode, .. BitConverter.GetBytes(target - segmentBase)], (ref image) => image.FsBase = image.GsBase = segmentBase);
                }
            }

            foreach (ulong target in HostileAddresses.All.Where(t => t <= uint.MaxValue))
            {
                cases.Add([0x67, opcode, .. BitConverter.GetBytes((uint)target)]);
                cases.Add([0x67, 0x48, opcode, .. BitConverter.GetBytes((uint)target)]);
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Operands_that_registers_imply_reach_nothing_else(string engine)
    {
        byte[][] instructions =
        [
            [0xA4], [0x48, 0xA5], [0xAA], [0x48, 0xAB], [0xAC], [0x48, 0xAD], [0xA6], [0x48, 0xA7], [0xAE], [0x48, 0xAF], [0xD7], [0x64, 0xA4], [0x65, 0x48, 0xAD], [0x64, 0xD7],
            [0x67, 0xA4], [0x67, 0x48, 0xAB], [0x67, 0xAC], [0x67, 0xD7], [0xF3, 0xA4], [0xF3, 0x48, 0xAB], [0xF2, 0xAE], [0xF3, 0x48, 0xA7], [0x67, 0xF3, 0xA4], [0x67, 0xF3, 0xAA],
        ];
        using DirectedCases cases = new(engine, 64);
        foreach (byte[] instruction in instructions)
        {
            foreach (ulong target in HostileAddresses.All)
            {
                foreach (int which in (int[])[0, 1, 2])
                {
                    foreach (ulong count in (ulong[])[0, 3, 0x9_0000_0002])
                    {
                        ulong segmentBase = which == 2 && HostileAddresses.IsCanonical(target) == HostileAddresses.IsCanonical(target + 0x7FFF_0000_0000) ? 0x7FFF_0000_0000UL : 0;
                        cases.Add(instruction, (ref image) =>
                        {
                            image.Rsi = which == 1 ? HostileAddresses.Mapped : target;
                            image.Rdi = which == 0 ? HostileAddresses.Mapped + 0x100 : target;
                            image.Rbx = target - 7;
                            image.Rax = 0xFFFF_FF07;
                            image.Rcx = count;
                            image.FsBase = image.GsBase = segmentBase;
                        });
                    }
                }
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Bit_offsets_from_registers_reach_nothing_else(string engine)
    {
        byte[][] instructions = [[0x48, 0x0F, 0xA3, 0x08], [0x48, 0x0F, 0xAB, 0x08], [0xF0, 0x48, 0x0F, 0xB3, 0x08], [0x48, 0x0F, 0xBB, 0x08], [0x0F, 0xAB, 0x08], [0x66, 0x0F, 0xBB, 0x08], [0x67, 0x48, 0x0F, 0xAB, 0x08]];
        using DirectedCases cases = new(engine, 64);
        foreach (byte[] instruction in instructions)
        {
            foreach (ulong target in HostileAddresses.All)
            {
                // All of the distance in the bit offset, as far as the operand's size lets it go, and the rest in the base.
                foreach (long offset in (long[])[long.MinValue, long.MaxValue, -1, 0x7FFF_FFFF, -0x8000_0000, 0x4_0000_0000_0005])
                {
                    long bits = instruction.Contains((byte)0x48) ? offset : instruction[0] == 0x66 ? (short)offset : (int)offset;
                    cases.Add(instruction, (ref image) =>
                    {
                        image.Rcx = (ulong)bits;
                        image.Rax = target - (ulong)(bits >> 6 << 3);
                    }, UndefinedResults.Arithmetic & ~UndefinedResults.Cf);
                }
            }
        }

        cases.Check();
    }

    private static void Add(DirectedCases cases, Instruction instruction, Registers registers) => cases.Add(instruction, (ref image) =>
    {
        image.Rax = registers.Rax;
        image.Rcx = registers.Rcx;
        image.Rdx = registers.Rdx;
        image.Rsp = registers.Rsp ?? DirectedCases.Stack;
        image.Rbp = registers.Rbp;
        image.Gpr[13] = registers.R13;
        image.FsBase = registers.FsBase;
        image.GsBase = registers.GsBase;
        image.Rflags = UndefinedResults.Zf | UndefinedResults.Of | UndefinedResults.Cf;
    });

    private static Instruction WithLock(Instruction instruction)
    {
        instruction.HasLockPrefix = true;
        return instruction;
    }

    private static MemoryOperand WithoutSegment(in MemoryOperand m) => new(m.Base, m.Index, m.Scale, m.Displacement, m.DisplSize, false, Register.None);
}
