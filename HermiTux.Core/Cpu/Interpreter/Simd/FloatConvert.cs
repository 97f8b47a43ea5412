using System.Numerics;
using System.Runtime.CompilerServices;
using HermiTux.Cpu.Interpreter.SoftFloat;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>How a conversion to an integer rounds.</summary>
internal interface IIntegerRounding
{
    /// <summary>CVTTxx: toward zero, whatever MXCSR says.</summary>
    static abstract bool Truncates { get; }
}

/// <summary>CVTxx2SI: by MXCSR.</summary>
internal readonly struct RoundByControl : IIntegerRounding
{
    public static bool Truncates => false;
}

/// <summary>CVTTxx2SI: toward zero.</summary>
internal readonly struct RoundTowardZero : IIntegerRounding
{
    public static bool Truncates => true;
}

/// <summary>Scalar conversions to integers: CVTSS2SI, CVTTSD2SI and the like. <typeparamref name="TInteger"/> is int or long.</summary>
internal static unsafe class FloatToIntegerForms<T, TInteger, TRounding>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TInteger : unmanaged
    where TRounding : struct, IIntegerRounding
{
    private static int BitCount => typeof(TInteger) == typeof(int) ? 32 : 64;

    public static void Register(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &RegisterForm, &MemoryForm);
        SimdHandlers.Add(vex, &RegisterForm, &MemoryForm);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void RegisterForm(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Reg<ulong>(s, op->R0) = Convert(cpu, s, op, Reg<T>(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void MemoryForm(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Reg<ulong>(s, op->R0) = Convert(cpu, s, op, Load<T>(cpu, s, op));
        Next(cpu, s, op);
    }

    /// <summary>The integer, zero-extended to 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Convert(InterpreterVcpu cpu, CpuState* s, Op* op, T a)
    {
        // In range for the host's own conversion, and not so small that DAZ would matter.
        T limit = T.CreateTruncating(1L << (BitCount - 2));
        if (T.Abs(a) < limit && (TRounding.Truncates || (s->Mxcsr & SseControl.RoundingMask) == 0))
        {
            long value = typeof(T) == typeof(double)
                ? (long)(TRounding.Truncates ? (double)(object)a : Math.Round((double)(object)a))
                : (long)(TRounding.Truncates ? (float)(object)a : MathF.Round((float)(object)a));
            T back = typeof(T) == typeof(double) ? (T)(object)(double)value : (T)(object)(float)value;
            if (back == a || ((s->Mxcsr & SseControl.Precision) != 0 && (s->Mxcsr & SseControl.AllMasked) == SseControl.AllMasked))
            {
                return typeof(TInteger) == typeof(int) ? (uint)value : (ulong)value;
            }
        }

        return ConvertSlow(cpu, s, op, a);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static ulong ConvertSlow(InterpreterVcpu cpu, CpuState* s, Op* op, T a)
    {
        uint flags = 0;
        Rounding mode = TRounding.Truncates ? Rounding.TowardZero : SoftFloat<T>.RoundingOf(s->Mxcsr);
        long value = SoftFloat<T>.ToInteger(SoftFloat<T>.Bits(a), BitCount, mode, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return BitCount == 32 ? (uint)value : (ulong)value;
    }
}

/// <summary>Scalar conversions from integers: CVTSI2SS and CVTSI2SD.</summary>
internal static unsafe class IntegerToFloatForms<T, TInteger>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TInteger : unmanaged
{
    public static void Register(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex, &VexRegister, &VexMemory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Convert(cpu, s, op, Reg<TInteger>(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Convert(cpu, s, op, Load<TInteger>(cpu, s, op)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T r = Convert(cpu, s, op, Reg<TInteger>(s, op->R2));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T r = Convert(cpu, s, op, Load<TInteger>(cpu, s, op));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Convert(InterpreterVcpu cpu, CpuState* s, Op* op, TInteger integer)
    {
        if (typeof(TInteger) == typeof(int))
        {
            int value = (int)(object)integer;
            if (typeof(T) == typeof(double))
            {
                return (T)(object)(double)value;
            }

            if (Math.Abs((long)value) <= 1 << 24 || (s->Mxcsr & SseControl.FastMask) == SseControl.FastValue)
            {
                return (T)(object)(float)value;
            }

            return ConvertSlow(cpu, s, op, value);
        }

        long wide = (long)(object)integer;
        long bound = typeof(T) == typeof(double) ? 1L << 53 : 1L << 24;
        if ((wide <= bound && wide >= -bound) || (s->Mxcsr & SseControl.FastMask) == SseControl.FastValue)
        {
            return typeof(T) == typeof(double) ? (T)(object)(double)wide : (T)(object)(float)wide;
        }

        return ConvertSlow(cpu, s, op, wide);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static T ConvertSlow(InterpreterVcpu cpu, CpuState* s, Op* op, long value)
    {
        uint flags = 0;
        ulong r = SoftFloat<T>.FromInteger(value, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return SoftFloat<T>.FromBits(r);
    }
}

/// <summary>CVTSS2SD and CVTSD2SS.</summary>
internal static unsafe class FloatToFloatForms<TFrom, TTo>
    where TFrom : unmanaged, IBinaryFloatingPointIeee754<TFrom>
    where TTo : unmanaged, IBinaryFloatingPointIeee754<TTo>
{
    public static void Register(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex, &VexRegister, &VexMemory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Convert(cpu, s, op, Reg<TFrom>(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Convert(cpu, s, op, Load<TFrom>(cpu, s, op)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        TTo r = Convert(cpu, s, op, Reg<TFrom>(s, op->R2));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void VexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        TTo r = Convert(cpu, s, op, Load<TFrom>(cpu, s, op));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TTo Convert(InterpreterVcpu cpu, CpuState* s, Op* op, TFrom a)
    {
        if (typeof(TFrom) == typeof(float))
        {
            if (FloatClass<TFrom>.IsOrdinary(a))
            {
                return (TTo)(object)(double)(float)(object)a;
            }
        }
        else if (SoftFloat<TFrom>.HasExponent(SoftFloat<TFrom>.Bits(a)))
        {
            float r = (float)(double)(object)a;
            if (SoftFloat<float>.IsRegularResult(SoftFloat<float>.Bits(r)) &&
                ((s->Mxcsr & SseControl.FastMask) == SseControl.FastValue || (double)(object)a == r))
            {
                return (TTo)(object)r;
            }
        }
        else if (SoftFloat<TFrom>.IsZero(SoftFloat<TFrom>.Bits(a)))
        {
            return (TTo)(object)(float)(double)(object)a;
        }

        return ConvertSlow(cpu, s, op, a);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static TTo ConvertSlow(InterpreterVcpu cpu, CpuState* s, Op* op, TFrom a)
    {
        uint flags = 0;
        ulong r = SoftFloat<TFrom>.ConvertTo<TTo>(SoftFloat<TFrom>.Bits(a), s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return SoftFloat<TTo>.FromBits(r);
    }
}
