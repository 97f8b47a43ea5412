using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter.SoftFloat;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Which signs a fused multiply-add changes.</summary>
internal interface IFusedSigns
{
    /// <summary>Whether the product is negated.</summary>
    static abstract bool NegatesProduct { get; }

    /// <summary>Whether the addend is negated in even elements.</summary>
    static abstract bool NegatesEven { get; }

    /// <summary>Whether the addend is negated in odd elements.</summary>
    static abstract bool NegatesOdd { get; }
}

/// <summary>VFMADD: a * b + c.</summary>
internal readonly struct FusedMadd : IFusedSigns
{
    public static bool NegatesProduct => false;

    public static bool NegatesEven => false;

    public static bool NegatesOdd => false;
}

/// <summary>VFMSUB: a * b - c.</summary>
internal readonly struct FusedMsub : IFusedSigns
{
    public static bool NegatesProduct => false;

    public static bool NegatesEven => true;

    public static bool NegatesOdd => true;
}

/// <summary>VFNMADD: -(a * b) + c.</summary>
internal readonly struct FusedNmadd : IFusedSigns
{
    public static bool NegatesProduct => true;

    public static bool NegatesEven => false;

    public static bool NegatesOdd => false;
}

/// <summary>VFNMSUB: -(a * b) - c.</summary>
internal readonly struct FusedNmsub : IFusedSigns
{
    public static bool NegatesProduct => true;

    public static bool NegatesEven => true;

    public static bool NegatesOdd => true;
}

/// <summary>VFMADDSUB: adds in odd elements, subtracts in even ones.</summary>
internal readonly struct FusedMaddsub : IFusedSigns
{
    public static bool NegatesProduct => false;

    public static bool NegatesEven => true;

    public static bool NegatesOdd => false;
}

/// <summary>VFMSUBADD: subtracts in odd elements, adds in even ones.</summary>
internal readonly struct FusedMsubadd : IFusedSigns
{
    public static bool NegatesProduct => false;

    public static bool NegatesEven => false;

    public static bool NegatesOdd => true;
}

/// <summary>
/// Which operands are a, b and c. The digits of the name are the operands multiplied and added, in that order; NaNs are chosen in the order a, b, c.
/// </summary>
internal interface IFusedOrder
{
    /// <summary>132, 213 or 231.</summary>
    static abstract int Digits { get; }
}

/// <summary>a = operand 1, b = operand 3, c = operand 2.</summary>
internal readonly struct Order132 : IFusedOrder
{
    public static int Digits => 132;
}

/// <summary>a = operand 2, b = operand 1, c = operand 3.</summary>
internal readonly struct Order213 : IFusedOrder
{
    public static int Digits => 213;
}

/// <summary>a = operand 2, b = operand 3, c = operand 1.</summary>
internal readonly struct Order231 : IFusedOrder
{
    public static int Digits => 231;
}

/// <summary>The FMA3 instructions.</summary>
internal static unsafe class FusedForms<TSigns, TOrder, T>
    where TSigns : struct, IFusedSigns
    where TOrder : struct, IFusedOrder
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static void RegisterPacked(Code unused, Code vex128, Code vex256)
    {
        SimdHandlers.Add(vex128, &Vex128Register, &Vex128Memory);
        SimdHandlers.Add(vex256, &Vex256Register, &Vex256Memory);
    }

    public static void RegisterScalar(Code unused, Code vex, Code unused2) => SimdHandlers.Add(vex, &ScalarRegister, &ScalarMemory);

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T r = Scalar(cpu, s, op, Reg<T>(s, op->R2));
        SetLowest(s, op->R0, r);
        High(s, op->R0) = default;
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T r = Scalar(cpu, s, op, Load<T>(cpu, s, op));
        SetLowest(s, op->R0, r);
        High(s, op->R0) = default;
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Packed(cpu, s, op, Reg<Vector128<T>>(s, op->R2)).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Packed(cpu, s, op, Load<Vector128<T>>(cpu, s, op)).AsByte());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Packed256(cpu, s, op, Reg<Vector128<T>>(s, op->R2), Reg<Vector128<T>>(s, op->R2 + YmmHigh));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex256Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector256<byte> third = Load<Vector256<byte>>(cpu, s, op);
        Packed256(cpu, s, op, third.Low().As<byte, T>(), third.High().As<byte, T>());
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TValue A<TValue>(TValue first, TValue second) => TOrder.Digits == 132 ? first : second;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TValue B<TValue>(TValue first, TValue third) => TOrder.Digits == 213 ? first : third;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TValue C<TValue>(TValue first, TValue second, TValue third) =>
        TOrder.Digits switch { 132 => second, 213 => third, _ => first };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Scalar(InterpreterVcpu cpu, CpuState* s, Op* op, T third)
    {
        T first = Reg<T>(s, op->R0);
        T second = Reg<T>(s, op->R1);
        T a = A(first, second);
        T b = B(first, third);
        T c = C(first, second, third);
        T r = T.FusedMultiplyAdd(TSigns.NegatesProduct ? -a : a, b, TSigns.NegatesEven ? -c : c);
        if ((s->Mxcsr & SseControl.FastMask) == SseControl.FastValue &&
            !SoftFloat<T>.IsDenormal(SoftFloat<T>.Bits(a)) && !SoftFloat<T>.IsDenormal(SoftFloat<T>.Bits(b)) &&
            !SoftFloat<T>.IsDenormal(SoftFloat<T>.Bits(c)) &&
            (SoftFloat<T>.IsRegularResult(SoftFloat<T>.Bits(r)) || (r == T.Zero && (a == T.Zero || b == T.Zero))))
        {
            return r;
        }

        return ScalarSlow(cpu, s, op, a, b, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Host(Vector128<T> a, Vector128<T> b, Vector128<T> c)
    {
        // Negating is as good as subtracting, since the result is only taken for numbers.
        a = TSigns.NegatesProduct ? -a : a;
        Vector128<T> sign = Vector128.Create(SoftFloat<T>.FromBits(SoftFloat<T>.SignBit));
        if (TSigns.NegatesEven && TSigns.NegatesOdd)
        {
            c ^= sign;
        }
        else if (TSigns.NegatesEven || TSigns.NegatesOdd)
        {
            Vector128<T> even = typeof(T) == typeof(double)
                ? Vector128.Create(ulong.MaxValue, 0).As<ulong, T>()
                : Vector128.Create(0x0000_0000_FFFF_FFFFul).As<ulong, T>();
            c ^= sign & (TSigns.NegatesEven ? even : ~even);
        }

        return typeof(T) == typeof(double)
            ? Vector128.FusedMultiplyAdd(a.As<T, double>(), b.As<T, double>(), c.As<T, double>()).As<double, T>()
            : Vector128.FusedMultiplyAdd(a.As<T, float>(), b.As<T, float>(), c.As<T, float>()).As<float, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFast(CpuState* s, Vector128<T> a, Vector128<T> b, Vector128<T> c, Vector128<T> r)
    {
        Vector128<T> minNormal = Vector128.Create(SoftFloat<T>.FromBits(SoftFloat<T>.MinNormal));
        Vector128<T> infinity = Vector128.Create(SoftFloat<T>.FromBits(SoftFloat<T>.Infinity));
        Vector128<T> magnitude = Vector128.Abs(r);
        Vector128<T> regular = Vector128.GreaterThan(magnitude, minNormal) & Vector128.LessThan(magnitude, infinity) &
            Vector128.GreaterThanOrEqual(Vector128.Abs(a), minNormal) & Vector128.GreaterThanOrEqual(Vector128.Abs(b), minNormal) &
            Vector128.GreaterThanOrEqual(Vector128.Abs(c), minNormal);
        return (s->Mxcsr & SseControl.FastMask) == SseControl.FastValue && regular.AsByte() == V128.AllBitsSet;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Packed(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> third)
    {
        Vector128<T> first = Reg<Vector128<T>>(s, op->R0);
        Vector128<T> second = Reg<Vector128<T>>(s, op->R1);
        Vector128<T> a = A(first, second);
        Vector128<T> b = B(first, third);
        Vector128<T> c = C(first, second, third);
        Vector128<T> r = Host(a, b, c);
        return IsFast(s, a, b, c, r) ? r : PackedSlow(cpu, s, op, third);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Packed256(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> third0, Vector128<T> third1)
    {
        Vector128<T> first = Reg<Vector128<T>>(s, op->R0);
        Vector128<T> second = Reg<Vector128<T>>(s, op->R1);
        Vector128<T> a = A(first, second);
        Vector128<T> b = B(first, third0);
        Vector128<T> c = C(first, second, third0);
        Vector128<T> r0 = Host(a, b, c);
        if (IsFast(s, a, b, c, r0))
        {
            first = Reg<Vector128<T>>(s, op->R0 + YmmHigh);
            second = Reg<Vector128<T>>(s, op->R1 + YmmHigh);
            a = A(first, second);
            b = B(first, third1);
            c = C(first, second, third1);
            Vector128<T> r1 = Host(a, b, c);
            if (IsFast(s, a, b, c, r1))
            {
                SetYmm(s, op->R0, r0.AsByte(), r1.AsByte());
                return;
            }
        }

        Packed256Slow(cpu, s, op, third0, third1);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static T ScalarSlow(InterpreterVcpu cpu, CpuState* s, Op* op, T a, T b, T c)
    {
        uint flags = 0;
        T r = Element(0, a, b, c, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return r;
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static Vector128<T> PackedSlow(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> third)
    {
        uint flags = 0;
        Vector128<T> r = Elements(Reg<Vector128<T>>(s, op->R0), Reg<Vector128<T>>(s, op->R1), third, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return r;
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static void Packed256Slow(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> third0, Vector128<T> third1)
    {
        uint flags = 0;
        Vector128<T> r0 = Elements(Reg<Vector128<T>>(s, op->R0), Reg<Vector128<T>>(s, op->R1), third0, s->Mxcsr, ref flags);
        Vector128<T> r1 = Elements(Reg<Vector128<T>>(s, op->R0 + YmmHigh), Reg<Vector128<T>>(s, op->R1 + YmmHigh), third1, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        SetYmm(s, op->R0, r0.AsByte(), r1.AsByte());
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static Vector128<T> Elements(Vector128<T> first, Vector128<T> second, Vector128<T> third, uint mxcsr, ref uint flags)
    {
        Vector128<T> r = default;
        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            T x = first.GetElement(i);
            T y = second.GetElement(i);
            T z = third.GetElement(i);
            r = r.WithElement(i, Element(i, A(x, y), B(x, z), C(x, y, z), mxcsr, ref flags));
        }

        return r;
    }

    private static T Element(int lane, T a, T b, T c, uint mxcsr, ref uint flags)
    {
        bool negatesAddend = (lane & 1) == 0 ? TSigns.NegatesEven : TSigns.NegatesOdd;
        ulong r = SoftFloat<T>.FusedMultiplyAdd(SoftFloat<T>.Bits(a), SoftFloat<T>.Bits(b), SoftFloat<T>.Bits(c),
            TSigns.NegatesProduct, negatesAddend, mxcsr, ref flags);
        return SoftFloat<T>.FromBits(r);
    }
}
