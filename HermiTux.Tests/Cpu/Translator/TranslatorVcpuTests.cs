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

    /// <summary>Whether an address is one of ours must not show: a guest could find where the host keeps translations, and other guests' code.</summary>
    [Fact]
    public void An_x87_instruction_pointer_that_a_guest_loads_stays_what_it_is()
    {
        Assert.True(TranslatorStubs.TryGet(out TranslatorStubs? stubs, out _));
        foreach (ulong pointer in new[] { (ulong)stubs.Region.ExecBase, (ulong)stubs.Region.BlockStart + 40, 0x1234_5678UL })
        {
            using var guest = new Guest(a =>
            {
                a.fxrstor64(__[rbx]);
                a.mov(eax, 1);
                a.syscall();
                a.fxsave64(__[rbx + 512]);
                a.syscall();
            });
            const ulong Area = Guest.Stack + 1024;
            guest.State->Rbx = Area;
            var image = new byte[512];
            BitConverter.TryWriteBytes(image, (ushort)0x037E);
            BitConverter.TryWriteBytes(image.AsSpan(2), (ushort)0x8081);
            BitConverter.TryWriteBytes(image.AsSpan(8), pointer);
            BitConverter.TryWriteBytes(image.AsSpan(24), 0x1F80);
            Assert.True(guest.Space.TryWrite(Area, image));

            guest.RunToSyscall();
            guest.RunToSyscall();

            Assert.True(guest.Space.TryRead(Area + 512 + 8, out ulong seen));
            Assert.Equal(pointer, seen);
        }
    }

    /// <summary>AMD's processors have a bit 17, which would make misaligned operands right.</summary>
    [Fact]
    public void Bits_of_MXCSR_that_the_model_lacks_cant_be_set()
    {
        using var guest = new Guest(a =>
        {
            a.mov(__dword_ptr[rsp - 8], 0x2_1F80);
            a.ldmxcsr(__dword_ptr[rsp - 8]);
            a.syscall();
        });

        Assert.Equal(X86Exception.GeneralProtection, guest.Vcpu.Run(guest.State).Exception);
        Assert.Equal(0x1F80U, guest.State->Mxcsr);
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
        public const ulong Stack = 0x50_0000;

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

        public AddressSpace Space => _space;

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
