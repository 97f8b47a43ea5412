using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using HermiTux.Tests.Cpu.Interpreter;
using HermiTux.Tests.Harness;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>What one vCPU must not show to another, and its end.</summary>
public sealed unsafe class TranslatorVcpuTests
{
    [Fact]
    public void X87_registers_of_one_guest_are_not_left_for_the_next_on_the_same_thread()
    {
        using var first = new Guest(a =>
        {
            a.fldpi();
            a.fldpi();
            a.syscall();
        });
        using var second = new Guest(a =>
        {
            a.syscall();
            a.movq(rax, mm7);
            a.movq(rbx, mm6);
            a.syscall();
        });

        second.RunToSyscall();
        first.RunToSyscall();
        second.RunToSyscall();

        Assert.Equal(0UL, second.State->Rax);
        Assert.Equal(0UL, second.State->Rbx);
    }

    [Fact]
    public void X87_state_of_a_guest_survives_exits_that_leave_the_unit_alone()
    {
        using var guest = new Guest(a =>
        {
            a.fld1();
            a.syscall();
            a.mov(eax, 1);
            a.syscall();
            a.fstp(__qword_ptr[rsp - 8]);
            a.mov(rax, __[rsp - 8]);
            a.syscall();
        });

        guest.RunToSyscall();
        guest.RunToSyscall();
        guest.RunToSyscall();

        Assert.Equal(BitConverter.DoubleToUInt64Bits(1), guest.State->Rax);
    }

    [Fact]
    public void A_vcpu_that_is_disposed_may_still_be_asked_to_leave()
    {
        // The cache asks a list that it took before the vCPU went.
        var guest = new Guest(a => a.syscall());
        guest.RunToSyscall();
        guest.Dispose();

        guest.Vcpu.LeaveTranslations();
        guest.Vcpu.RequestExit();
    }

    private sealed class Guest : IDisposable
    {
        private const ulong Code = 0x40_0000;
        private const ulong Stack = 0x50_0000;

        private readonly TranslatorEngine _engine;
        private readonly FrameTable _frames;
        private readonly AddressSpace _space;

        public Guest(Action<Assembler> write)
        {
            GuestRunner.SkipWithoutTranslator();
            _engine = new TranslatorEngine();
            _frames = new FrameTable(MemoryModel.ForHost.CreateStore(1L << 24), 1L << 24);
            _space = new AddressSpace(_frames);
            ulong at = Code;
            Assert.Equal(Errno.None, _space.Map(ref at, Page.Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute, MappingFlags.Fixed));
            at = Stack;
            Assert.Equal(Errno.None, _space.Map(ref at, Page.Size, MemoryProtection.Read | MemoryProtection.Write, MappingFlags.Fixed));
            Assert.True(_space.TryWrite(Code, GuestCode.Assemble(write, Code)));
            Vcpu = (TranslatorVcpu)_engine.CreateVcpu(_space);
            State = CpuState.Allocate();
            State->Rip = Code;
            State->Rsp = Stack + Page.Size;
        }

        public TranslatorVcpu Vcpu { get; }

        public CpuState* State { get; }

        public void RunToSyscall() => Assert.Equal(VcpuExitReason.Syscall, Vcpu.Run(State).Reason);

        public void Dispose()
        {
            Vcpu.Dispose();
            _space.Clear();
            _frames.Dispose();
            CpuState.Free(State);
        }
    }
}
