using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using HermiTux.Cpu.Interpreter.Simd;
using HermiTux.Cpu.Interpreter.SoftFloat;
using HermiTux.Tests.Cpu.Interpreter;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu;

/// <summary>SSE and AVX rules that random operands rarely meet: exceptions, flags, rounding, alignment, masked elements.</summary>
public sealed unsafe class SimdFloatTests
{
    private const uint Default = 0x1F80;

    private static ref double Low(CpuState* state, int register) => ref *(double*)((byte*)state + CpuState.XmmOffset + (16 * register));

    private static uint FlagsOf(Action<Assembler> instruction, double a, double b, uint mxcsr, out double result)
    {
        using GuestCode guest = new(c =>
        {
            instruction(c);
            c.syscall();
        });
        guest.State->Mxcsr = mxcsr;
        Low(guest.State, 0) = a;
        Low(guest.State, 1) = b;
        guest.RunToSyscall();
        result = Low(guest.State, 0);
        return guest.State->Mxcsr & 0x3F;
    }

    [Theory]
    [InlineData(1.5, 2.5, 0u)]
    [InlineData(0.1, 0.2, SseControl.Precision)]
    [InlineData(0.0, 0.0, 0u)]
    [InlineData(1.0, double.Epsilon, SseControl.Denormal | SseControl.Precision)]
    [InlineData(double.MaxValue, double.MaxValue, SseControl.Overflow | SseControl.Precision)]
    [InlineData(double.PositiveInfinity, double.NegativeInfinity, SseControl.Invalid)]
    public void Addsd_raises_exactly_the_flags_of_the_operation(double a, double b, uint flags) =>
        Assert.Equal(flags, FlagsOf(c => c.addsd(xmm0, xmm1), a, b, Default, out _));

    [Fact]
    public void Divsd_by_zero_raises_only_zero_divide_even_for_a_denormal() =>
        Assert.Equal(SseControl.ZeroDivide, FlagsOf(c => c.divsd(xmm0, xmm1), double.Epsilon, 0, Default, out _));

    [Fact]
    public void Mulsd_flushes_an_exact_tiny_result_when_told()
    {
        uint flags = FlagsOf(c => c.mulsd(xmm0, xmm1), 2.2250738585072014E-308, 0.5, Default | SseControl.FlushToZero, out double result);
        Assert.Equal(SseControl.Underflow | SseControl.Precision, flags);
        Assert.Equal(0, result);
    }

    [Theory]
    [InlineData(0u, 0.1 + 0.2)]
    [InlineData(1u, 0.30000000000000000)]
    [InlineData(2u, 0.30000000000000004)]
    [InlineData(3u, 0.30000000000000000)]
    public void Addsd_rounds_as_mxcsr_says(uint mode, double sum)
    {
        FlagsOf(c => c.addsd(xmm0, xmm1), 0.1, 0.2, Default | (mode << SseControl.RoundingShift), out double result);
        Assert.Equal(BitConverter.DoubleToUInt64Bits(sum), BitConverter.DoubleToUInt64Bits(result));
    }

    [Fact]
    public void Unmasked_exception_raises_xm_with_the_destination_unchanged()
    {
        using GuestCode guest = new(c => c.divsd(xmm0, xmm1));
        guest.State->Mxcsr = Default & ~(SseControl.ZeroDivide << SseControl.MaskShift);
        Low(guest.State, 0) = 1;
        Low(guest.State, 1) = 0;
        guest.AssertException(X86Exception.SimdFloatingPoint, GuestCode.CodeAddress);
        Assert.Equal(1, Low(guest.State, 0));
        Assert.Equal(SseControl.ZeroDivide, guest.State->Mxcsr & 0x3F);
    }

    [Fact]
    public void Legacy_operand_must_be_aligned_and_vex_operand_need_not()
    {
        using GuestCode legacy = new(c => c.addps(xmm0, __[rbx + 4]));
        legacy.State->Rbx = GuestCode.DataAddress;
        legacy.AssertException(X86Exception.GeneralProtection, GuestCode.CodeAddress);

        using GuestCode vex = new(c =>
        {
            c.vaddps(xmm0, xmm1, __[rbx + 4]);
            c.syscall();
        });
        vex.State->Rbx = GuestCode.DataAddress;
        vex.RunToSyscall();
    }

    [Fact]
    public void Masked_store_touches_no_page_in_which_nothing_is_selected()
    {
        using GuestCode guest = new(c =>
        {
            c.vmaskmovps(__[rbx], xmm1, xmm2);
            c.syscall();
        });
        guest.State->Rbx = GuestCode.DataAddress - 8; // two elements before the page, two in it
        ulong* mask = (ulong*)((byte*)guest.State + CpuState.XmmOffset + 16);
        mask[0] = 0;
        mask[1] = ulong.MaxValue;
        ulong* value = (ulong*)((byte*)guest.State + CpuState.XmmOffset + 32);
        value[1] = 0x1122_3344_5566_7788;
        guest.RunToSyscall();
        Assert.Equal(0x1122_3344_5566_7788ul, guest.Read<ulong>(GuestCode.DataAddress));
    }

    [Fact]
    public void Faulting_gather_keeps_what_it_has_done_and_goes_on_after_it()
    {
        using GuestCode guest = new(c =>
        {
            c.vpgatherdd(xmm0, __[rbx + xmm1 * 4], xmm2);
            c.syscall();
        });
        guest.State->Rbx = GuestCode.DataAddress;
        guest.Write(GuestCode.DataAddress, BitConverter.GetBytes(0x1234));
        int* index = (int*)((byte*)guest.State + CpuState.XmmOffset + 16);
        (index[0], index[1], index[2], index[3]) = (0, -1, 0, 0);
        uint* mask = (uint*)((byte*)guest.State + CpuState.XmmOffset + 32);
        new Span<uint>(mask, 4).Fill(uint.MaxValue);
        VcpuExit exit = guest.Run();
        Assert.Equal(X86Exception.PageFault, exit.Exception);
        Assert.Equal(GuestCode.DataAddress - 4, exit.Fault.Address);
        Assert.Equal(0u, mask[0]);
        Assert.Equal(uint.MaxValue, mask[1]);
        Assert.Equal(0x1234, *(int*)((byte*)guest.State + CpuState.XmmOffset));

        index[1] = 0;
        guest.RunToSyscall();
        Assert.Equal(0u, mask[3]);
    }

    [Fact]
    public void Ldmxcsr_rejects_reserved_bits()
    {
        using GuestCode guest = new(c => c.ldmxcsr(__dword_ptr[rbx]));
        guest.State->Rbx = GuestCode.DataAddress;
        guest.Write(GuestCode.DataAddress, BitConverter.GetBytes(0x1_1F80));
        guest.AssertException(X86Exception.GeneralProtection, GuestCode.CodeAddress);
        Assert.Equal(Default, guest.State->Mxcsr);
    }

    [Fact]
    public void Soft_arithmetic_agrees_with_the_host_on_random_doubles()
    {
        Random random = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            double a = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            double b = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsNaN(a) || double.IsNaN(b))
            {
                continue;
            }

            uint flags = 0;
            ulong x = BitConverter.DoubleToUInt64Bits(a);
            ulong y = BitConverter.DoubleToUInt64Bits(b);
            AssertSame(a + b, SoftFloat<double>.Add(x, y, Default, ref flags));
            AssertSame(a * b, SoftFloat<double>.Multiply(x, y, Default, ref flags));
            AssertSame(a / b, SoftFloat<double>.Divide(x, y, Default, ref flags));
            AssertSame(Math.Sqrt(a), SoftFloat<double>.SquareRoot(x, Default, ref flags));
            AssertSame(Math.FusedMultiplyAdd(a, b, a), SoftFloat<double>.FusedMultiplyAdd(x, y, x, false, false, Default, ref flags));
        }

        static void AssertSame(double expected, ulong actual)
        {
            if (!double.IsNaN(expected))
            {
                Assert.Equal(BitConverter.DoubleToUInt64Bits(expected), actual);
            }
        }
    }

    [Fact]
    public void Every_listed_code_has_a_handler()
    {
        foreach (Code code in SimdHandlers.AllCodes.ToArray())
        {
            Assert.True(HandlerTable.Find(code, hasMemoryOperand: false) != null || HandlerTable.Find(code, hasMemoryOperand: true) != null, code.ToString());
        }
    }
}
