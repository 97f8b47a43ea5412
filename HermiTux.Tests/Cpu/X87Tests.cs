using HermiTux.Cpu;
using HermiTux.Tests.Cpu.Interpreter;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu;

/// <summary>x87 behaviour that needs no reference CPU: values known from mathematics, exceptions, the stack.</summary>
public sealed unsafe class X87Tests
{
    [Fact]
    public void Arithmetic_has_64_bits_of_precision()
    {
        using GuestCode guest = new(a =>
        {
            a.fld1();
            a.fild(__dword_ptr[GuestCode.DataAddress]);
            a.fdivp(st1, st0);
            a.fstp(__tbyte_ptr[GuestCode.DataAddress + 16]);
            a.syscall();
        });
        guest.Write(GuestCode.DataAddress, BitConverter.GetBytes(3));
        guest.RunToSyscall();
        Assert.Equal(0xAAAA_AAAA_AAAA_AAABUL, guest.Read<ulong>(GuestCode.DataAddress + 16));
        Assert.Equal(0x3FFD, guest.Read<ushort>(GuestCode.DataAddress + 24));
        Assert.Equal(0x20, guest.State->Fsw & 0x3F);
    }

    [Fact]
    public void Unmasked_exception_is_raised_at_the_next_waiting_instruction()
    {
        using GuestCode guest = new(a =>
        {
            a.fldcw(__word_ptr[GuestCode.DataAddress]);
            a.fld1();
            a.fldz();
            a.fdivp(st1, st0);
            a.fnstsw(ax);
            a.fld1();
            a.syscall();
        });
        guest.Write(GuestCode.DataAddress, BitConverter.GetBytes((ushort)0x37B));
        VcpuExit exit = guest.Run();
        Assert.Equal(VcpuExitReason.Exception, exit.Reason);
        Assert.Equal(X86Exception.X87FloatingPoint, exit.Exception);
        Assert.Equal(0xB084UL, guest.State->Rax & 0xFFFF);
        Assert.Equal(guest.State->Rip - 4, guest.State->Fip);
        Assert.Equal(0x6F9, guest.State->Fop);
    }

    [Fact]
    public void Stack_overflow_pushes_the_indefinite_value()
    {
        using GuestCode guest = new(a =>
        {
            for (int i = 0; i < 9; i++)
            {
                a.fld1();
            }

            a.fnstsw(ax);
            a.syscall();
        });
        guest.RunToSyscall();
        Assert.Equal(0x241UL, guest.State->Rax & 0x247);
        Assert.Equal(0xC000_0000_0000_0000UL, *(ulong*)((byte*)guest.State + CpuState.StOffset));
    }

    [Fact]
    public void Sine_of_one_is_correctly_rounded()
    {
        using GuestCode guest = new(a =>
        {
            a.fld1();
            a.fsin();
            a.syscall();
        });
        guest.RunToSyscall();

        // sin 1 = 0.84147098480789650665...
        Assert.Equal(0xD76A_A478_4867_7021UL, *(ulong*)((byte*)guest.State + CpuState.StOffset));
    }

    [Fact]
    public void Trigonometric_functions_refuse_large_arguments()
    {
        using GuestCode guest = new(a =>
        {
            a.fld(__dword_ptr[GuestCode.DataAddress]);
            a.fsin();
            a.fnstsw(ax);
            a.syscall();
        });
        guest.Write(GuestCode.DataAddress, BitConverter.GetBytes(9.3e18f));
        guest.RunToSyscall();
        Assert.Equal(0x400UL, guest.State->Rax & 0x400);
        Assert.Equal(0x403E, *(ushort*)((byte*)guest.State + CpuState.StOffset + 8));
    }

    [Fact]
    public void Faulting_store_leaves_the_stack_alone()
    {
        using GuestCode guest = new(a =>
        {
            a.fld1();
            a.fstp(__tbyte_ptr[0x1000]);
        });
        VcpuExit exit = guest.Run();
        Assert.Equal(X86Exception.PageFault, exit.Exception);
        Assert.Equal(7 << 11, guest.State->Fsw & 0x3800);
        Assert.Equal(0x80, guest.State->Ftw);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(1)]
    public void Xsave_to_a_misaligned_address_is_a_general_protection_fault(int offset)
    {
        using GuestCode guest = new(a => a.xsave(__[GuestCode.DataAddress + (ulong)offset]));
        guest.State->Rax = 7;
        guest.AssertException(X86Exception.GeneralProtection, GuestCode.CodeAddress);
    }

    [Fact]
    public void Mmx_write_shows_in_the_x87_register_with_an_exponent_of_ones()
    {
        using GuestCode guest = new(a =>
        {
            a.fld1();
            a.movq(mm3, rax);
            a.syscall();
        });
        guest.State->Rax = 0x0123_4567_89AB_CDEF;
        guest.RunToSyscall();
        Assert.Equal(0, guest.State->Fsw & 0x3800);
        Assert.Equal(0xFF, guest.State->Ftw);
        Assert.Equal(0x0123_4567_89AB_CDEFUL, *(ulong*)((byte*)guest.State + CpuState.StOffset + 48));
        Assert.Equal(0xFFFF, *(ushort*)((byte*)guest.State + CpuState.StOffset + 56));
    }
}
