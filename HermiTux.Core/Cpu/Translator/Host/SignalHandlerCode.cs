using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Writes the signal handlers. Each is entered as the kernel enters one: signal in RDI, siginfo in RSI, ucontext in RDX, return address on
/// the stack. They use no stack of their own and only registers that a called function may change, so that "not ours" is a jump.
/// </summary>
internal sealed unsafe class SignalHandlerCode
{
    // siginfo_t and ucontext_t of Linux on x86-64 (asm/sigcontext.h).
    private const int SiCode = 8;
    private const int UcRsp = 160;
    private const int UcRip = 168;
    private const int UcFlags = 176;
    private const int UcError = 192;
    private const int UcTrap = 200;
    private const int UcAddress = 216;
    private const int TrapFlag = 0x100;

    // Offsets in VcpuFrame.
    private readonly int _faultRip;
    private readonly int _faultAddress;
    private readonly int _faultTrap;
    private readonly int _faultError;
    private readonly int _faultSignal;
    private readonly CodeRegion _region;
    private readonly nint _landing;

    public SignalHandlerCode(CodeRegion region, nint landing)
    {
        _region = region;
        _landing = landing;
        VcpuFrame frame;
        var start = (byte*)&frame;
        _faultRip = (int)((byte*)&frame.FaultRip - start);
        _faultAddress = (int)((byte*)&frame.FaultAddress - start);
        _faultTrap = (int)((byte*)&frame.FaultTrap - start);
        _faultError = (int)((byte*)&frame.FaultError - start);
        _faultSignal = (int)((byte*)&frame.FaultSignal - start);
    }

    /// <summary>SIGSEGV, SIGBUS, SIGFPE, SIGILL.</summary>
    public nint AddFaultHandler(int signal, nint previous) => _region.AddStub(a =>
    {
        Label notOurs = a.CreateLabel();
        JumpUnlessInBlockZone(a, notOurs);
        JumpIfSentByAProcess(a, notOurs);
        Land(a, isKick: false);
        a.Label(ref notOurs);
        Chain(a, signal, previous);
    });

    /// <summary>SIGTRAP: the steps that <see cref="AddKickHandler"/> asks for.</summary>
    public nint AddTrapHandler(nint previous) => _region.AddStub(a =>
    {
        Label notInBlock = a.CreateLabel();
        Label notOurs = a.CreateLabel();
        Label fault = a.CreateLabel();
        Label keepStepping = a.CreateLabel();
        JumpUnlessInBlockZone(a, notInBlock);
        JumpIfSentByAProcess(a, notOurs);
        a.test(__dword_ptr[rdx + UcFlags], TrapFlag);
        a.je(fault);
        JumpUnlessBoundary(a, keepStepping);
        Land(a, isKick: true);
        a.Label(ref keepStepping);
        a.ret();
        a.Label(ref fault);
        Land(a, isKick: false);

        // In the stub zone: the exit path looks at what is pending.
        a.Label(ref notInBlock);
        a.mov(rax, __[rdx + UcRip]);
        a.mov(rcx, (ulong)_region.ExecBase);
        a.sub(rax, rcx);
        a.cmp(rax, CodeRegion.StubZoneSize);
        a.jae(notOurs);
        a.test(__dword_ptr[rdx + UcFlags], TrapFlag);
        a.je(notOurs);
        ClearTrapFlag(a);
        a.ret();
        a.Label(ref notOurs);
        Chain(a, LinuxThreads.SIGTRAP, previous);
    });

    /// <summary>The signal that stops translated code at the next boundary.</summary>
    public nint AddKickHandler() => _region.AddStub(a =>
    {
        Label elsewhere = a.CreateLabel();
        Label step = a.CreateLabel();
        JumpUnlessInBlockZone(a, elsewhere);
        JumpUnlessBoundary(a, step);
        Land(a, isKick: true);
        a.Label(ref step);
        a.or(__dword_ptr[rdx + UcFlags], TrapFlag);
        a.Label(ref elsewhere);
        a.ret();
    });

    private static void JumpIfSentByAProcess(Assembler a, Label target)
    {
        // si_code: positive when the kernel raised it for an instruction.
        a.cmp(__dword_ptr[rsi + SiCode], 0);
        a.jle(target);
    }

    private static void ClearTrapFlag(Assembler a) => a.and(__dword_ptr[rdx + UcFlags], ~TrapFlag);

    /// <summary>To the previous handler, or what the kernel would have done without one.</summary>
    private static void Chain(Assembler a, int signal, nint previous)
    {
        if (previous is not (LinuxThreads.SIG_DFL or LinuxThreads.SIG_IGN))
        {
            a.mov(rax, (ulong)previous);
            a.jmp(rax);
            return;
        }

        if (previous == LinuxThreads.SIG_IGN)
        {
            // A signal that somebody sent is ignored; one that an instruction raised can't be.
            Label die = a.CreateLabel();
            a.cmp(__dword_ptr[rsi + SiCode], 0);
            a.jg(die);
            a.ret();
            a.Label(ref die);
        }

        // rt_sigaction(signal, { SIG_DFL }, NULL, 8), then the signal once more: it is blocked until this handler returns. The
        // kernel's struct is 32 bytes, built in the red zone.
        a.lea(rsi, __[rsp - 40]);
        a.xor(eax, eax);
        a.mov(__[rsi], rax);
        a.mov(__[rsi + 8], rax);
        a.mov(__[rsi + 16], rax);
        a.mov(__[rsi + 24], rax);
        a.mov(edi, signal);
        a.xor(edx, edx);
        a.mov(r10d, 8);
        a.mov(eax, (int)LinuxThreads.SYS_rt_sigaction);
        a.syscall();
        a.mov(eax, (int)LinuxThreads.SYS_getpid);
        a.syscall();
        a.mov(edi, eax);
        a.mov(eax, (int)LinuxThreads.SYS_gettid);
        a.syscall();
        a.mov(esi, eax);
        a.mov(edx, signal);
        a.mov(eax, (int)LinuxThreads.SYS_tgkill);
        a.syscall();
        a.ret();
    }

    /// <summary>Leaves the offset of the interrupted RIP in the region in RAX.</summary>
    private void JumpUnlessInBlockZone(Assembler a, Label target)
    {
        a.mov(rax, __[rdx + UcRip]);
        a.mov(rcx, (ulong)_region.BlockStart);
        a.sub(rax, rcx);
        a.cmp(rax, (int)(_region.BlockEnd - _region.BlockStart));
        a.jae(target);
    }

    private void JumpUnlessBoundary(Assembler a, Label target)
    {
        // A bit string of any length: the processor adds the offset's upper bits to the address.
        a.mov(rcx, (ulong)(_region.Boundaries + ((_region.BlockStart - _region.ExecBase) / 8)));
        a.bt(__qword_ptr[rcx], rax);
        a.jae(target);
    }

    /// <summary>Says in the frame what happened, and has the interrupted thread go on at the landing.</summary>
    private void Land(Assembler a, bool isKick)
    {
        a.mov(rcx, __[rdx + UcRsp]);
        a.mov(rax, __[rdx + UcRip]);
        a.mov(__[rcx + _faultRip], rax);
        a.mov(__dword_ptr[rcx + _faultSignal], edi);
        if (isKick)
        {
            a.mov(__qword_ptr[rcx + _faultTrap], (int)VcpuFrame.KickTrap);
        }
        else
        {
            a.mov(rax, __[rdx + UcAddress]);
            a.mov(__[rcx + _faultAddress], rax);
            a.mov(rax, __[rdx + UcTrap]);
            a.mov(__[rcx + _faultTrap], rax);
            a.mov(rax, __[rdx + UcError]);
            a.mov(__[rcx + _faultError], rax);
        }

        ClearTrapFlag(a);
        a.mov(rax, (ulong)_landing);
        a.mov(__[rdx + UcRip], rax);
        a.ret();
    }
}
