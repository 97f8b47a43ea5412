using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter.SoftFloat;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>COMISS, COMISD, UCOMISS, UCOMISD; <typeparamref name="TQuiet"/> tells whether a quiet NaN is invalid.</summary>
internal static unsafe class FlagCompareForms<T, TQuiet>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TQuiet : struct, IQuietNaNRule
{
    private const ulong Carry = 1;
    private const ulong Parity = 4;
    private const ulong Zero = 0x40;

    public static void Register(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, &RegisterForm, &MemoryForm);
        SimdHandlers.Add(vex, &RegisterForm, &MemoryForm);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void RegisterForm(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T b = Reg<T>(s, op->R1);
        T a = Reg<T>(s, op->R0);
        if (FloatClass<T>.IsOrdinary(a) && FloatClass<T>.IsOrdinary(b))
        {
            SetFlags(s, a > b ? 0 : a < b ? Carry : Zero);
            Next(cpu, s, op);
        }
        else
        {
            RegisterFormSlow(cpu, s, op);
        }
    }

    [MethodImpl(HandlerMode.Threaded | MethodImplOptions.NoInlining)]
    private static void RegisterFormSlow(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        CompareSlow(cpu, s, op, Reg<T>(s, op->R0), Reg<T>(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void MemoryForm(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T b = Load<T>(cpu, s, op);
        T a = Reg<T>(s, op->R0);
        if (FloatClass<T>.IsOrdinary(a) && FloatClass<T>.IsOrdinary(b))
        {
            SetFlags(s, a > b ? 0 : a < b ? Carry : Zero);
            Next(cpu, s, op);
        }
        else
        {
            MemoryFormSlow(cpu, s, op);
        }
    }

    [MethodImpl(HandlerMode.Threaded | MethodImplOptions.NoInlining)]
    private static void MemoryFormSlow(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        CompareSlow(cpu, s, op, Reg<T>(s, op->R0), Load<T>(cpu, s, op));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static void CompareSlow(InterpreterVcpu cpu, CpuState* s, Op* op, T a, T b)
    {
        uint flags = 0;
        int order = SoftFloat<T>.Order(SoftFloat<T>.Bits(a), SoftFloat<T>.Bits(b), TQuiet.QuietIsInvalid, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        SetFlags(s, order switch
        {
            2 => Zero | Parity | Carry,
            > 0 => 0,
            < 0 => Carry,
            _ => Zero,
        });
    }
}

/// <summary>Whether a comparison takes quiet NaNs for invalid.</summary>
internal interface IQuietNaNRule
{
    static abstract bool QuietIsInvalid { get; }
}

/// <summary>COMISS: a quiet NaN is invalid.</summary>
internal readonly struct QuietNaNIsInvalid : IQuietNaNRule
{
    public static bool QuietIsInvalid => true;
}

/// <summary>UCOMISS: a quiet NaN is allowed.</summary>
internal readonly struct QuietNaNIsAllowed : IQuietNaNRule
{
    public static bool QuietIsInvalid => false;
}

/// <summary>Classes of operands.</summary>
internal static class FloatClass<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Neither NaN nor denormal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOrdinary(T a)
    {
        ulong magnitude = SoftFloat<T>.Bits(a) & ~SoftFloat<T>.SignBit;
        return magnitude - SoftFloat<T>.MinNormal <= SoftFloat<T>.Infinity - SoftFloat<T>.MinNormal || magnitude == 0;
    }
}

/// <summary>
/// CMPPS, CMPPD, CMPSS, CMPSD with a predicate in the immediate: 8 predicates in the legacy forms, 32 in the VEX forms (Intel SDM vol. 2, CMPPD).
/// </summary>
internal static unsafe class PredicateCompareForms<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// For predicates 0 to 15: which orders are true; bit 0 less, bit 1 equal, bit 2 greater, bit 3 unordered. Predicates 16 to 31 repeat
    /// them with the other rule for quiet NaNs.
    /// </summary>
    private static ReadOnlySpan<byte> TrueOrders => [2, 1, 3, 8, 13, 14, 12, 7, 10, 9, 11, 0, 5, 6, 4, 15];

    /// <summary>Predicates 0 to 15 that take a quiet NaN for invalid: LT, LE, NLT, NLE, NGE, NGT, GE, GT.</summary>
    private const uint Signaling = 0b0110_0110_0110_0110;

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
        Xmm(s, op->R0) = Packed(cpu, s, op, (int)op->Immediate & 7, Reg<Vector128<T>>(s, op->R0), Reg<Vector128<T>>(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void LegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector128<T> b = LoadAligned(cpu, s, op).As<byte, T>();
        Xmm(s, op->R0) = Packed(cpu, s, op, (int)op->Immediate & 7, Reg<Vector128<T>>(s, op->R0), b);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetXmm(s, op->R0, Packed(cpu, s, op, (int)op->Immediate & 31, Reg<Vector128<T>>(s, op->R1), Reg<Vector128<T>>(s, op->R2)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vex128Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Vector128<T> b = Load<Vector128<T>>(cpu, s, op);
        SetXmm(s, op->R0, Packed(cpu, s, op, (int)op->Immediate & 31, Reg<Vector128<T>>(s, op->R1), b));
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
        Vector256<byte> b = Load<Vector256<byte>>(cpu, s, op);
        Packed256(cpu, s, op, b.Low().As<byte, T>(), b.High().As<byte, T>());
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarLegacyRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetLowest(s, op->R0, Scalar(cpu, s, op, (int)op->Immediate & 7, Reg<T>(s, op->R0), Reg<T>(s, op->R1)));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarLegacyMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T b = Load<T>(cpu, s, op);
        SetLowest(s, op->R0, Scalar(cpu, s, op, (int)op->Immediate & 7, Reg<T>(s, op->R0), b));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarVexRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T r = Scalar(cpu, s, op, (int)op->Immediate & 31, Reg<T>(s, op->R1), Reg<T>(s, op->R2));
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void ScalarVexMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        T b = Load<T>(cpu, s, op);
        T r = Scalar(cpu, s, op, (int)op->Immediate & 31, Reg<T>(s, op->R1), b);
        SetMerged(s, op->R0, op->R1, r);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static T Scalar(InterpreterVcpu cpu, CpuState* s, Op* op, int predicate, T a, T b)
    {
        if (FloatClass<T>.IsOrdinary(a) && FloatClass<T>.IsOrdinary(b))
        {
            int order = a < b ? 0 : a == b ? 1 : 2;
            return Mask((TrueOrders[predicate & 15] >> order) & 1);
        }

        uint flags = 0;
        T r = Element(predicate, a, b, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return r;
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static V128 Packed(InterpreterVcpu cpu, CpuState* s, Op* op, int predicate, Vector128<T> a, Vector128<T> b)
    {
        if (AreOrdinary(a, b))
        {
            return Vertical(predicate, a, b);
        }

        uint flags = 0;
        Vector128<T> r = Elements(predicate, a, b, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return r.AsByte();
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static void Packed256(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> b0, Vector128<T> b1)
    {
        int predicate = (int)op->Immediate & 31;
        Vector128<T> a0 = Reg<Vector128<T>>(s, op->R1);
        Vector128<T> a1 = Reg<Vector128<T>>(s, op->R1 + YmmHigh);
        if (AreOrdinary(a0, b0) && AreOrdinary(a1, b1))
        {
            SetYmm(s, op->R0, Vertical(predicate, a0, b0), Vertical(predicate, a1, b1));
            return;
        }

        uint flags = 0;
        Vector128<T> r0 = Elements(predicate, a0, b0, s->Mxcsr, ref flags);
        Vector128<T> r1 = Elements(predicate, a1, b1, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        SetYmm(s, op->R0, r0.AsByte(), r1.AsByte());
    }

    /// <summary>Whether no element is a NaN or denormal.</summary>
    private static bool AreOrdinary(Vector128<T> a, Vector128<T> b)
    {
        Vector128<T> minNormal = Vector128.Create(SoftFloat<T>.FromBits(SoftFloat<T>.MinNormal));
        Vector128<T> ordinary =
            (Vector128.GreaterThanOrEqual(Vector128.Abs(a), minNormal) | Vector128.Equals(a, default)) &
            (Vector128.GreaterThanOrEqual(Vector128.Abs(b), minNormal) | Vector128.Equals(b, default));
        return ordinary.AsByte() == V128.AllBitsSet;
    }

    private static V128 Vertical(int predicate, Vector128<T> a, Vector128<T> b)
    {
        int orders = TrueOrders[predicate & 15];
        Vector128<T> r = default;
        if ((orders & 1) != 0)
        {
            r |= Vector128.LessThan(a, b);
        }

        if ((orders & 2) != 0)
        {
            r |= Vector128.Equals(a, b);
        }

        if ((orders & 4) != 0)
        {
            r |= Vector128.GreaterThan(a, b);
        }

        return r.AsByte();
    }

    private static Vector128<T> Elements(int predicate, Vector128<T> a, Vector128<T> b, uint mxcsr, ref uint flags)
    {
        Vector128<T> r = default;
        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            r = r.WithElement(i, Element(predicate, a.GetElement(i), b.GetElement(i), mxcsr, ref flags));
        }

        return r;
    }

    private static T Element(int predicate, T a, T b, uint mxcsr, ref uint flags)
    {
        bool signaling = ((Signaling >> (predicate & 15)) & 1) != 0;
        int order = SoftFloat<T>.Order(SoftFloat<T>.Bits(a), SoftFloat<T>.Bits(b), signaling != (predicate > 15), mxcsr, ref flags);
        int bit = order == 2 ? 3 : order + 1;
        return Mask((TrueOrders[predicate & 15] >> bit) & 1);
    }

    private static T Mask(int truth) => SoftFloat<T>.FromBits(truth == 0 ? 0 : ulong.MaxValue);
}
