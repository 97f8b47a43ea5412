using HermiTux.Cpu.Translator;
using HermiTux.Tests.Cpu.Interpreter;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>The verifier accepts code that keeps to the rules, and refuses code that breaks any of them.</summary>
public sealed class CodeVerifierTests
{
    private const ulong Address = 0x7000_0000_0000;
    private const ulong ExitStub = Address - 0x1000;
    private const int Probe = 0x7000_0FF8;

    private static readonly Dictionary<string, Action<Assembler>> s_good = new()
    {
        ["stack"] = a => a.mov(rax, __.gs[r10 + 8]),
        ["push"] = a =>
        {
            a.mov(__.gs[r10 - 8], rax);
            a.lea(r10, __[r10 - 8]);
        },
        ["checked"] = a =>
        {
            Check(a, rbx);
            a.mov(rax, __.gs[rbx + 64]);
        },
        ["checked slot"] = a =>
        {
            a.shrx(r11, __qword_ptr[rsp + 112], rsp);
            ProbeLoad(a);
            a.mov(r11, __[rsp + 112]);
            a.mov(rax, __.gs[r11]);
        },
        ["32-bit"] = a =>
        {
            a.mov(eax, ebx);
            a.mov(rcx, __.gs[rax + 4]);
        },
        ["loop"] = a =>
        {
            Label again = a.CreateLabel();
            Check(a, rbx);
            a.Label(ref again);
            a.add(__dword_ptr.gs[rbx], 1);
            a.add(rbx, 4);
            a.cmp(rbx, rcx);
            a.jne(again);
        },
        ["constant outside"] = a =>
        {
            a.mov(rcx, 0x8000_0000_0000_0000UL);
            Check(a, rcx);
            a.mov(rax, __.gs[rcx]);
        },
        ["string"] = a =>
        {
            Check(a, rdi);
            Bias(a);
            a.rep.stosb();
            Unbias(a);
        },
        ["string to string"] = a =>
        {
            Check(a, rsi);
            Check(a, rdi);
            BiasBoth(a);
            a.rep.movsb();
            UnbiasBoth(a);
        },
        ["string to string once"] = a =>
        {
            Check(a, rsi);
            Check(a, rdi);
            Bias(a);
            a.db(0x65);
            a.movsb();
            Unbias(a);
        },
        ["jump table"] = a =>
        {
            a.mov(r11, __.gs[r10]);
            a.mov(__[rsp + FrameOffset.RcxHome], rcx);
            a.movzx(ecx, r11w);
            a.jmp(__qword_ptr[rsp + (rcx * 8) + JumpTable.First]);
        },
        ["x87"] = a =>
        {
            a.mov(__byte_ptr[rsp + FrameOffset.UsesX87], 1);
            a.fldz();
        },
    };

    private static readonly Dictionary<string, Action<Assembler>> s_bad = new()
    {
        ["unchecked"] = a => a.mov(rax, __.gs[rbx]),
        ["unchecked store"] = a => a.mov(__.gs[rbx + (rcx * 8)], rax),
        ["other register checked"] = a =>
        {
            Check(a, rcx);
            a.mov(rax, __.gs[rbx]);
        },
        ["no probe"] = a =>
        {
            a.shrx(r11, rbx, rsp);
            a.mov(rax, __.gs[rbx]);
        },
        ["wrong shift count"] = a =>
        {
            a.shrx(r11, rbx, rcx);
            ProbeLoad(a);
            a.mov(rax, __.gs[rbx]);
        },
        ["wrong probe"] = a =>
        {
            a.shrx(r11, rbx, rsp);
            a.mov(r11d, __[(r11 * 8) + (Probe - 8)]);
            a.mov(rax, __.gs[rbx]);
        },
        ["changed after the check"] = a =>
        {
            Check(a, rbx);
            a.xadd(rbx, rcx);
            a.mov(rax, __.gs[rbx]);
        },
        ["exchanged after the check"] = a =>
        {
            Check(a, rbx);
            a.xchg(rcx, rbx);
            a.mov(rax, __.gs[rbx]);
        },
        ["implicit result"] = a =>
        {
            Check(a, rdx);
            a.mul(rcx);
            a.mov(rax, __.gs[rdx]);
        },
        ["conditional 64-bit move"] = a =>
        {
            Check(a, rbx);
            a.cmove(rbx, rcx);
            a.mov(rax, __.gs[rbx]);
        },
        ["partial write"] = a =>
        {
            a.mov(bx, 1);
            a.mov(rax, __.gs[rbx]);
        },
        ["checked on one path only"] = a =>
        {
            Label join = a.CreateLabel();
            a.je(join);
            Check(a, rbx);
            a.Label(ref join);
            a.mov(rax, __.gs[rbx]);
        },
        ["drifts out of a loop's knowledge"] = a =>
        {
            Label again = a.CreateLabel();
            Check(a, rbx);
            a.Label(ref again);
            a.lea(rax, __[rbx + 64]);
            a.add(rbx, 0x1000_0000);
            a.vgatherdps(xmm1, __.gs[rbx + xmm2], xmm3);
            a.jne(again);
        },
        ["large scaled index"] = a =>
        {
            Check(a, rbx);
            a.mov(rax, __.gs[rbx + (rcx * 8)]);
        },
        ["flat"] = a => a.mov(rax, __[rbx]),
        ["flat after a check"] = a =>
        {
            Check(a, rbx);
            a.mov(rax, __[rbx]);
        },
        ["fs"] = a => a.mov(rax, __.fs[0x28]),
        ["writes rsp"] = a => a.mov(rsp, r10),
        ["adds to rsp"] = a => a.add(rsp, 8),
        ["leave"] = a => a.leave(),
        ["push"] = a => a.push(rax),
        ["pop"] = a => a.pop(rax),
        ["reads rsp"] = a => a.mov(rax, rsp),
        ["host stack pointer"] = a => a.mov(rax, __[rsp + FrameOffset.HostStack]),
        ["register file"] = a => a.mov(r11, __[rsp + FrameOffset.State]),
        ["beyond the frame"] = a => a.mov(__[rsp - 8], rax),
        ["slot half overwritten by the exit's number"] = a =>
        {
            Check(a, rbx);
            a.mov(__[rsp + FrameOffset.Exit], rbx);
            a.mov(__dword_ptr[rsp + FrameOffset.Exit], 17);
            a.mov(rbx, __[rsp + FrameOffset.Exit]);
            a.mov(rax, __.gs[rbx]);
        },
        ["half a slot"] = a => a.mov(__[rsp + 116], rax),
        ["entry"] = a => a.mov(__[rsp + FrameOffset.Entry], rax),
        ["fs base"] = a => a.mov(__[rsp + FrameOffset.FsBase], rax),
        ["jump table read"] = a =>
        {
            a.movzx(ecx, r11w);
            a.mov(r11, __[rsp + (rcx * 8) + JumpTable.First]);
        },
        ["jump table, any index"] = a =>
        {
            a.mov(__[rsp + FrameOffset.RcxHome], rcx);
            a.jmp(__qword_ptr[rsp + (rcx * 8) + JumpTable.First]);
        },
        ["jump table, other register's index"] = a =>
        {
            a.mov(__[rsp + FrameOffset.RcxHome], rcx);
            a.movzx(ecx, ax);
            a.jmp(__qword_ptr[rsp + (rcx * 8) + JumpTable.First]);
        },
        ["jump table with RCX lost"] = a =>
        {
            a.movzx(ecx, r11w);
            a.jmp(__qword_ptr[rsp + (rcx * 8) + JumpTable.First]);
        },
        ["jump table, address changed"] = a =>
        {
            a.mov(__[rsp + FrameOffset.RcxHome], rcx);
            a.movzx(ecx, r11w);
            a.lea(r11, __[r11 + 1]);
            a.jmp(__qword_ptr[rsp + (rcx * 8) + JumpTable.First]);
        },
        ["jump table, elsewhere in the frame"] = a =>
        {
            a.mov(__[rsp + FrameOffset.RcxHome], rcx);
            a.movzx(ecx, r11w);
            a.jmp(__qword_ptr[rsp + (rcx * 8) + JumpTable.First + 8]);
        },
        ["indirect jump"] = a => a.jmp(rax),
        ["call"] = a => a.call(ExitStub),
        ["ret"] = a => a.ret(),
        ["elsewhere"] = a => a.jmp(ExitStub + 1),
        ["window's base for the guest"] = a => a.mov(rax, __[rsp + FrameOffset.WindowBase]),
        ["string without bias"] = a =>
        {
            Check(a, rdi);
            a.rep.stosb();
        },
        ["string of an unchecked register"] = a =>
        {
            Bias(a);
            a.rep.stosb();
            Unbias(a);
        },
        ["string left biased"] = a =>
        {
            Check(a, rdi);
            Bias(a);
            a.rep.stosb();
        },
        ["string twice"] = a =>
        {
            Check(a, rdi);
            Bias(a);
            a.rep.stosb();
            a.rep.stosb();
            Unbias(a);
        },
        ["string's source without bias"] = a =>
        {
            Check(a, rsi);
            Check(a, rdi);
            Bias(a);
            a.rep.movsb();
            Unbias(a);
        },
        ["string's source unchecked"] = a =>
        {
            Check(a, rdi);
            BiasBoth(a);
            a.rep.movsb();
            UnbiasBoth(a);
        },
        ["string's source biased twice"] = a =>
        {
            Check(a, rsi);
            Check(a, rdi);
            BiasBoth(a);
            a.db(0x65);
            a.rep.movsb();
            UnbiasBoth(a);
        },
        ["string's source left biased"] = a =>
        {
            Check(a, rsi);
            Check(a, rdi);
            BiasBoth(a);
            a.rep.movsb();
            Unbias(a);
        },
        ["string's source unbiased only"] = a =>
        {
            Check(a, rsi);
            Check(a, rdi);
            Bias(a);
            a.db(0x65);
            a.rep.movsb();
            UnbiasBoth(a);
        },
        ["gather with 64-bit indices"] = a =>
        {
            Check(a, rbx);
            a.vgatherqpd(xmm1, __.gs[rbx + xmm2], xmm3);
        },
        ["bit string"] = a =>
        {
            Check(a, rbx);
            a.bts(__qword_ptr.gs[rbx], rcx);
        },
        ["borrowed and kept"] = a => a.mov(__[rsp + FrameOffset.Temporary], r8),
        ["x87 unsaid"] = a => a.fldz(),
        ["MMX unsaid"] = a => a.movq(rax, mm0),
        ["stack pointer lost"] = a => a.mov(r10, rax),
        ["stack pointer far away"] = a => a.add(r10, 0x200_0000),
        ["syscall"] = a => a.syscall(),
        ["int"] = a => a.@int(0x80),
        ["int3"] = a => a.int3(),
        ["cpuid"] = a => a.cpuid(),
        ["rdtsc"] = a => a.rdtsc(),
        ["rdtscp"] = a => a.rdtscp(),
        ["rdpid"] = a => a.rdpid(rax),
        ["xgetbv"] = a => a.xgetbv(),
        ["wrpkru"] = a => a.wrpkru(),
        ["rdfsbase"] = a => a.rdfsbase(rax),
        ["wrgsbase"] = a => a.wrgsbase(rax),
        ["segment"] = a => a.mov(gs, ax),
        ["read a segment"] = a => a.mov(eax, fs),
        ["pushfq"] = a => a.pushfq(),
        ["popfq"] = a => a.popfq(),
        ["xsave"] = a => a.xsave(__.gs[r10]),
        ["xrstor"] = a => a.xrstor(__.gs[r10]),
        ["fxsave"] = a => a.fxsave(__.gs[r10]),
        ["fnstenv"] = a =>
        {
            a.mov(__byte_ptr[rsp + FrameOffset.UsesX87], 1);
            a.fnstenv(__.gs[r10]);
        },
        ["sgdt"] = a => a.sgdt(__.gs[r10]),
        ["in"] = a => a.@in(al, dx),
        ["hlt"] = a => a.hlt(),
        ["rip-relative"] = a => a.db(0x48, 0x8D, 0x05, 0, 1, 0, 0),
        ["two segment prefixes"] = a =>
        {
            a.db(0x65, 0x2E, 0x49, 0x8B, 0x06);
        },
        ["fwait takes the prefix"] = a =>
        {
            a.mov(__byte_ptr[rsp + FrameOffset.UsesX87], 1);
            a.db(0x65, 0x9B, 0x41, 0xD9, 0x3E);
        },
    };

    public static TheoryData<string> Good => [.. s_good.Keys];

    public static TheoryData<string> Bad => [.. s_bad.Keys];

    [Theory]
    [MemberData(nameof(Good))]
    public void Code_that_keeps_to_the_rules_is_proven(string name) => Assert.Null(CodeVerifier.Verify(Write(s_good[name])));

    [Theory]
    [MemberData(nameof(Bad))]
    public void Code_that_breaks_a_rule_is_refused(string name) => Assert.NotNull(CodeVerifier.Verify(Write(s_bad[name])));

    [Fact]
    public void An_interruption_between_bias_and_string_is_refused()
    {
        GeneratedCode code = Write(s_good["string"]);
        int string_ = code.Bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xF3, 0xAA]);
        Assert.Null(CodeVerifier.Verify(code with { Boundaries = new HashSet<int> { 0, string_ } }));
        Assert.NotNull(CodeVerifier.Verify(code with { Boundaries = new HashSet<int> { string_ + 2 } }));
    }

    [Theory]
    [InlineData(0x40_1000UL)]
    [InlineData(0x7F_1234_5678UL)]
    public void The_jump_table_may_lead_to_a_block_that_checks_its_address(ulong rip)
    {
        Assert.Null(CodeVerifier.Verify(Arrive(rip, a => CheckAddress(a, rip))));
        Assert.NotNull(CodeVerifier.Verify(Arrive(rip, a => CheckAddress(a, rip + 1))));
        Assert.NotNull(CodeVerifier.Verify(Arrive(rip, a => { })));
        Assert.NotNull(CodeVerifier.Verify(Arrive(rip, a =>
        {
            // The wrong way round.
            Label matched = a.CreateLabel();
            a.mov(rcx, (ulong)(1 - (long)rip));
            a.lea(rcx, __[rcx + r11]);
            a.loop(matched);
            a.jmp(ExitStub + 64);
            a.Label(ref matched);
        })));
        Assert.NotNull(CodeVerifier.Verify(Arrive(rip, a => a.mov(rcx, __[rsp + FrameOffset.RcxHome]))));
        Assert.NotNull(CodeVerifier.Verify(Arrive(rip, a =>
        {
            CheckAddress(a, rip);
            a.mov(rdx, rcx);
        }, restore: false)));
    }

    [Fact]
    public void A_branch_that_may_be_changed_is_followed_both_ways()
    {
        GeneratedCode code = Write(a => a.nop());
        ulong displacement = code.Address + (ulong)code.Bytes.Length - 4;
        Assert.Null(CodeVerifier.Verify(code));
        Assert.NotNull(CodeVerifier.Verify(code with { OtherTargets = new Dictionary<ulong, ulong> { [displacement] = ExitStub + 8 } }));
    }

    private static GeneratedCode Write(Action<Assembler> body) => new()
    {
        Address = Address,
        Bytes = GuestCode.Assemble(a =>
        {
            body(a);
            a.jmp(ExitStub);
        }, Address),
        WindowBits = 40,
        Probe = Probe,
        Exit = ExitStub,
        IndirectMiss = ExitStub + 64,
    };

    /// <summary>A block that the jump table leads to, its check and then its entry.</summary>
    private static GeneratedCode Arrive(ulong rip, Action<Assembler> check, bool restore = true)
    {
        int entry = 0;
        void Body(Assembler a)
        {
            check(a);
            if (restore)
            {
                a.mov(rcx, __[rsp + FrameOffset.RcxHome]);
            }
        }

        entry = GuestCode.Assemble(Body, Address).Length;
        return Write(a =>
        {
            Body(a);
            a.mov(rax, __.gs[r10]);
        }) with
        { Rip = rip, Arrival = 0, Entry = entry };
    }

    private static void CheckAddress(Assembler a, ulong rip)
    {
        Label missed = a.CreateLabel();
        Label checking = a.CreateLabel();
        a.jmp(checking);
        a.Label(ref missed);
        a.jmp(ExitStub + 64);
        a.Label(ref checking);
        a.mov(rcx, (ulong)(1 - (long)rip));
        a.lea(rcx, __[rcx + r11]);
        a.loop(missed);
    }

    private static void Check(Assembler a, AssemblerRegister64 register)
    {
        a.shrx(r11, register, rsp);
        ProbeLoad(a);
    }

    private static void ProbeLoad(Assembler a) => a.mov(r11d, __[(r11 * 8) + Probe]);

    private static void Bias(Assembler a)
    {
        a.mov(r11, __[rsp + FrameOffset.WindowBase]);
        a.lea(rdi, __[rdi + r11]);
    }

    private static void Unbias(Assembler a)
    {
        a.mov(r11, __[rsp + FrameOffset.NegativeWindowBase]);
        a.lea(rdi, __[rdi + r11]);
    }

    private static void BiasBoth(Assembler a)
    {
        Bias(a);
        a.lea(rsi, __[rsi + r11]);
    }

    private static void UnbiasBoth(Assembler a)
    {
        Unbias(a);
        a.lea(rsi, __[rsi + r11]);
    }
}
