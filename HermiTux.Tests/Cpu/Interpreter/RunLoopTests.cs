using HermiTux.Cpu;
using HermiTux.Memory;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Interpreter;

public sealed unsafe class RunLoopTests
{
    [Fact]
    public void Run_stops_after_a_syscall_with_rcx_and_r11_set()
    {
        using GuestCode guest = new(a =>
        {
            a.mov(eax, 39);
            a.cmp(eax, 39);
            a.syscall();
            a.nop();
        });
        guest.RunToSyscall();
        Assert.Equal(39u, guest.State->Rax);
        Assert.Equal(guest.State->Rip, guest.State->Rcx);
        Assert.Equal(guest.State->Rflags, guest.State->R11);
        Assert.Equal(0x246u, guest.State->Rflags);
    }

    [Fact]
    public void Run_executes_a_counted_loop()
    {
        using GuestCode guest = new(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(ecx, 100_000);
            a.xor(eax, eax);
            a.Label(ref loop);
            a.add(rax, rcx);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
        });
        guest.RunToSyscall();
        Assert.Equal(100_000ul * 100_001 / 2, guest.State->Rax);
        Assert.Equal(2 + (3 * 100_000) + 1, guest.Vcpu.InstructionCount);
    }

    [Fact]
    public void Call_and_ret_keep_the_stack_balanced()
    {
        using GuestCode guest = new(a =>
        {
            Label fib = a.CreateLabel();
            Label done = a.CreateLabel();
            a.mov(edi, 15);
            a.call(fib);
            a.syscall();
            a.Label(ref fib);
            a.mov(eax, edi);
            a.cmp(edi, 2);
            a.jb(done);
            a.push(rbx);
            a.push(rdi);
            a.dec(edi);
            a.call(fib);
            a.mov(ebx, eax);
            a.pop(rdi);
            a.sub(edi, 2);
            a.call(fib);
            a.add(eax, ebx);
            a.pop(rbx);
            a.Label(ref done);
            a.ret();
        });
        guest.RunToSyscall();
        Assert.Equal(610u, guest.State->Rax);
        Assert.Equal(GuestCode.StackTop, guest.State->Rsp);
    }

    [Fact]
    public void Load_from_an_unmapped_page_faults_with_the_address()
    {
        using GuestCode guest = new(a =>
        {
            a.mov(eax, 1);
            a.mov(rbx, 0x1234_5000ul);
            a.mov(rax, __qword_ptr[rbx + 8]);
        });
        VcpuExit exit = guest.Run();
        Assert.Equal(X86Exception.PageFault, exit.Exception);
        Assert.Equal(4u, exit.ErrorCode);
        Assert.Equal(new MemoryFault(0x1234_5008, MemoryAccess.Read, MemoryFaultKind.NotMapped), exit.Fault);
        Assert.Equal(GuestCode.CodeAddress + 5 + 10, guest.State->Rip);
        Assert.Equal(1u, guest.State->Rax);
        Assert.Equal(2, guest.Vcpu.InstructionCount);
    }

    [Fact]
    public void Store_to_a_read_only_page_faults_as_a_protection_violation()
    {
        using GuestCode guest = new(a =>
        {
            a.mov(rbx, GuestCode.CodeAddress);
            a.inc(__byte_ptr[rbx]);
        });
        VcpuExit exit = guest.Run();
        Assert.Equal(7u, exit.ErrorCode);
        Assert.Equal(new MemoryFault(GuestCode.CodeAddress, MemoryAccess.Write, MemoryFaultKind.Protection), exit.Fault);
    }

    [Fact]
    public void Page_crossing_store_faults_without_a_partial_write()
    {
        ulong end = GuestCode.DataAddress + (GuestCode.DataPages * Page.Size);
        using GuestCode guest = new(a =>
        {
            a.mov(rbx, end - 4);
            a.mov(rax, -1L);
            a.mov(__qword_ptr[rbx], rax);
        });
        VcpuExit exit = guest.Run();
        Assert.Equal(end, exit.Fault.Address);
        Assert.Equal(0u, guest.Read<uint>(end - 4));
    }

    [Fact]
    public void Instruction_that_reaches_into_an_unmapped_page_faults_at_that_page_when_executed()
    {
        using GuestCode guest = new(a => a.nop(), codePages: 1);
        guest.Space.Protect(GuestCode.CodeAddress, Page.Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
        ulong end = GuestCode.CodeAddress + Page.Size;
        guest.Write(end - 5, [0xFF, 0xC0, 0x48, 0xB8, 0x01]);
        guest.State->Rip = end - 5;
        VcpuExit exit = guest.Run();
        Assert.Equal(X86Exception.PageFault, exit.Exception);
        Assert.Equal(new MemoryFault(end, MemoryAccess.Execute, MemoryFaultKind.NotMapped), exit.Fault);
        Assert.Equal(0x14u, exit.ErrorCode);
        Assert.Equal(end - 3, guest.State->Rip);
        Assert.Equal(1u, guest.State->Rax);
    }

    [Theory]
    [InlineData(new byte[] { 0x0F, 0x0B }, X86Exception.InvalidOpcode, 0u)]
    [InlineData(new byte[] { 0xF4 }, X86Exception.GeneralProtection, 0u)]
    [InlineData(new byte[] { 0xCD, 0x80 }, X86Exception.GeneralProtection, 0x402u)]
    [InlineData(new byte[] { 0xE4, 0x10 }, X86Exception.GeneralProtection, 0u)]
    [InlineData(new byte[] { 0xF0, 0x90 }, X86Exception.InvalidOpcode, 0u)]
    [InlineData(new byte[] { 0x06 }, X86Exception.InvalidOpcode, 0u)]
    [InlineData(new byte[] { 0x62, 0xF1, 0x7C, 0x48, 0x10, 0xC1 }, X86Exception.InvalidOpcode, 0u)]
    [InlineData(new byte[] { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90 }, X86Exception.GeneralProtection, 0u)]
    public void Bad_instruction_raises_what_the_processor_raises(byte[] code, X86Exception exception, uint errorCode)
    {
        using GuestCode guest = new(a => a.db(code));
        guest.AssertException(exception, GuestCode.CodeAddress, errorCode);
    }

    [Fact]
    public void Int3_is_a_trap()
    {
        using GuestCode guest = new(a => a.int3());
        guest.AssertException(X86Exception.Breakpoint, GuestCode.CodeAddress + 1);
    }

    [Fact]
    public void Division_by_zero_raises_de_at_the_instruction()
    {
        using GuestCode guest = new(a =>
        {
            a.xor(ecx, ecx);
            a.div(rcx);
        });
        guest.AssertException(X86Exception.DivideError, GuestCode.CodeAddress + 2);
    }

    [Fact]
    public void Non_canonical_address_is_gp_and_ss_on_the_stack()
    {
        using GuestCode guest = new(a =>
        {
            a.mov(rax, 0x8000_0000_0000ul);
            a.mov(rcx, __qword_ptr[rax]);
        });
        guest.AssertException(X86Exception.GeneralProtection, GuestCode.CodeAddress + 10);
        using GuestCode other = new(a =>
        {
            a.mov(rsp, 0x8000_0000_0000ul);
            a.pop(rax);
        });
        other.AssertException(X86Exception.StackSegment, GuestCode.CodeAddress + 10);
    }

    [Fact]
    public void Trap_flag_raises_db_after_the_next_instruction()
    {
        using GuestCode guest = new(a =>
        {
            a.pushfq();
            a.or(__qword_ptr[rsp], 0x100);
            a.popfq();
            a.mov(eax, 1);
            a.mov(eax, 2);
        });
        VcpuExit exit = guest.Run();
        Assert.Equal(X86Exception.Debug, exit.Exception);
        Assert.Equal(1u, guest.State->Rax);
        exit = guest.Run();
        Assert.Equal(X86Exception.Debug, exit.Exception);
        Assert.Equal(2u, guest.State->Rax);
    }

    [Fact]
    public void RequestExit_before_a_run_stops_it_at_once()
    {
        using GuestCode guest = new(a => a.syscall());
        guest.Vcpu.RequestExit();
        Assert.Equal(VcpuExit.Interrupted, guest.Run());
        Assert.Equal(GuestCode.CodeAddress, guest.State->Rip);
        guest.RunToSyscall();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RequestExit_stops_an_endless_loop(bool inString)
    {
        using GuestCode guest = new(a =>
        {
            if (inString)
            {
                a.mov(rcx, -1L);
                a.mov(rsi, GuestCode.DataAddress);
                a.std();
                a.cld();
                a.xor(edi, edi);
                Label again = a.CreateLabel();
                a.Label(ref again);
                a.mov(rcx, 0x10_0000ul);
                a.mov(rdi, GuestCode.DataAddress);
                a.mov(ecx, 0x8000);
                a.rep.stosb();
                a.jmp(again);
            }
            else
            {
                Label self = a.CreateLabel();
                a.Label(ref self);
                a.jmp(self);
            }
        });
        using Timer timer = new(_ => guest.Vcpu.RequestExit(), null, 50, Timeout.Infinite);
        Assert.Equal(VcpuExit.Interrupted, guest.Run());
    }

    [Fact]
    public void Tzcnt_and_lzcnt_are_bsf_and_bsr_on_a_model_without_them()
    {
        using GuestCode guest = new(a =>
        {
            a.mov(ecx, 0x40);
            a.tzcnt(eax, ecx);
            a.lzcnt(edx, ecx);
            a.syscall();
        }, model: X86CpuModel.V2);
        guest.RunToSyscall();
        Assert.Equal(6u, guest.State->Rax);
        Assert.Equal(6u, guest.State->Rdx);
    }

    [Fact]
    public void Avx_is_undefined_on_a_model_without_it()
    {
        using GuestCode guest = new(a => a.vzeroupper(), model: X86CpuModel.V2);
        guest.AssertException(X86Exception.InvalidOpcode, GuestCode.CodeAddress);
    }
}
