using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter.SoftFloat;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>ROUNDPS, ROUNDPD, ROUNDSS, ROUNDSD: to integral values as the immediate says.</summary>
internal static unsafe class RoundForms<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static void RegisterPacked(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    public static void RegisterScalar(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &ScalarLegacyRegister, &ScalarLegacyMemory);
        SimdHandlers.Add(vex, &ScalarVexRegister, &ScalarVexMemory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Packed(cpu, s, op, Xmm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Packed(cpu, s, op, LoadAligned(cpu, s, op));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Packed(cpu, s, op, Xmm(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Packed(cpu, s, op, Load<V128>(cpu, s, op)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Packed256(cpu, s, op, Xmm(s, op->R1), High(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> a = Load<Vector256<byte>>(cpu, s, op);
        Packed256(cpu, s, op, a.Low(), a.High());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarLegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Scalar(cpu, s, op, Reg<T>(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarLegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Scalar(cpu, s, op, Load<T>(cpu, s, op)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarVexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T r = Scalar(cpu, s, op, Reg<T>(s, op->R2));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarVexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T r = Scalar(cpu, s, op, Load<T>(cpu, s, op));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static T Scalar(InterpreterVcpu cpu, CpuState* s, Op* op, T a)
    {
        int immediate = (int)op->Immediate;
        if (FloatClass<T>.IsOrdinary(a))
        {
            T r = Rounded(ModeOf(immediate, s->Mxcsr), a);
            if (r == a || (immediate & 8) != 0 ||
                (s->Mxcsr & (SseControl.AllMasked | SseControl.Precision)) == (SseControl.AllMasked | SseControl.Precision))
            {
                return r;
            }
        }

        uint flags = 0;
        T result = Element(immediate, a, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return result;
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static V128 Packed(InterpreterVcpu cpu, CpuState* s, Op* op, V128 a)
    {
        uint flags = 0;
        V128 r = Elements((int)op->Immediate, a.As<byte, T>(), s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return r;
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static void Packed256(InterpreterVcpu cpu, CpuState* s, Op* op, V128 low, V128 high)
    {
        uint flags = 0;
        V128 r0 = Elements((int)op->Immediate, low.As<byte, T>(), s->Mxcsr, ref flags);
        V128 r1 = Elements((int)op->Immediate, high.As<byte, T>(), s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        SetYmm(s, op->R0, r0, r1);
    }

    private static V128 Elements(int immediate, Vector128<T> a, uint mxcsr, ref uint flags)
    {
        Vector128<T> r = default;
        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            r = r.WithElement(i, Element(immediate, a.GetElement(i), mxcsr, ref flags));
        }

        return r.AsByte();
    }

    private static T Element(int immediate, T a, uint mxcsr, ref uint flags)
    {
        Rounding mode = ModeOf(immediate, mxcsr);
        bool suppressed = (immediate & 8) != 0;
        if (FloatClass<T>.IsOrdinary(a))
        {
            T r = Rounded(mode, a);
            flags |= r == a || suppressed ? 0 : SseControl.Precision;
            return r;
        }

        return SoftFloat<T>.FromBits(SoftFloat<T>.RoundToIntegral(SoftFloat<T>.Bits(a), mode, suppressed, mxcsr, ref flags));
    }

    private static Rounding ModeOf(int immediate, uint mxcsr) =>
        (immediate & 4) != 0 ? SoftFloat<T>.RoundingOf(mxcsr) : (Rounding)(immediate & 3);

    private static T Rounded(Rounding mode, T a) => mode switch
    {
        Rounding.Nearest => T.Round(a),
        Rounding.Down => T.Floor(a),
        Rounding.Up => T.Ceiling(a),
        _ => T.Truncate(a),
    };
}

/// <summary>DPPS and DPPD: products of chosen elements summed pairwise, each step with its own rounding and exceptions.</summary>
internal static unsafe class DotProductForms<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static void Register(Code legacy, Code vex128, Code vex256)
    {
        SimdHandlers.Add(legacy, &LegacyRegister, &LegacyMemory);
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Xmm(s, op->R0) = Compute(cpu, s, op, Xmm(s, op->R0), Xmm(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = LoadAligned(cpu, s, op);
        Xmm(s, op->R0) = Compute(cpu, s, op, Xmm(s, op->R0), b);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Compute(cpu, s, op, Xmm(s, op->R1), Xmm(s, op->R2)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        V128 b = Load<V128>(cpu, s, op);
        SetXmm(s, op->R0, Compute(cpu, s, op, Xmm(s, op->R1), b));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Compute256(cpu, s, op, Xmm(s, op->R2), High(s, op->R2));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> b = Load<Vector256<byte>>(cpu, s, op);
        Compute256(cpu, s, op, b.Low(), b.High());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static V128 Compute(InterpreterVcpu cpu, CpuState* s, Op* op, V128 a, V128 b)
    {
        Span<T> products = stackalloc T[4];
        uint flags = 0;
        Multiply((int)op->Immediate, a.As<byte, T>(), b.As<byte, T>(), products, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        Sum(products, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return Spread((int)op->Immediate, products[0]);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static void Compute256(InterpreterVcpu cpu, CpuState* s, Op* op, V128 b0, V128 b1)
    {
        Span<T> low = stackalloc T[4];
        Span<T> high = stackalloc T[4];
        uint flags = 0;
        Multiply((int)op->Immediate, Reg<Vector128<T>>(s, op->R1), b0.As<byte, T>(), low, s->Mxcsr, ref flags);
        Multiply((int)op->Immediate, Reg<Vector128<T>>(s, op->R1 + YmmHigh), b1.As<byte, T>(), high, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        Sum(low, s->Mxcsr, ref flags);
        Sum(high, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        SetYmm(s, op->R0, Spread((int)op->Immediate, low[0]), Spread((int)op->Immediate, high[0]));
    }

    private static void Multiply(int immediate, Vector128<T> a, Vector128<T> b, Span<T> products, uint mxcsr, ref uint flags)
    {
        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            products[i] = (immediate & (0x10 << i)) != 0
                ? FloatEngine<FloatMultiply, T>.Element(i, a.GetElement(i), b.GetElement(i), mxcsr, ref flags)
                : T.Zero;
        }
    }

    private static void Sum(Span<T> products, uint mxcsr, ref uint flags)
    {
        T sum = FloatEngine<FloatAdd, T>.Element(0, products[0], products[1], mxcsr, ref flags);
        if (Vector128<T>.Count == 4)
        {
            T upper = FloatEngine<FloatAdd, T>.Element(0, products[2], products[3], mxcsr, ref flags);
            sum = FloatEngine<FloatAdd, T>.Element(0, sum, upper, mxcsr, ref flags);
        }

        products[0] = sum;
    }

    private static V128 Spread(int immediate, T sum)
    {
        Vector128<T> r = default;
        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            r = r.WithElement(i, (immediate & (1 << i)) != 0 ? sum : T.Zero);
        }

        return r.AsByte();
    }
}
