using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter.SoftFloat;

namespace HermiTux.Cpu.Interpreter.Simd;

// How floating-point instructions get exact results and exact flags at nearly the speed of the host's arithmetic.
//
// Host arithmetic (IEEE 754, rounding to nearest, exceptions masked) gives the right result whenever MXCSR asks for the same and all operands and the
// result are ordinary. What it doesn't give is the sticky flags. But when the operands are normal numbers and the result is normal too, and above the smallest
// one, then of all flags only Precision can be raised; and once a program has rounded anything, that flag is set for good.
// So there are three paths:
// - fast: MXCSR is the default with Precision already set, operands and result are regular: host arithmetic and a few compares.
// - exactness test: the same without Precision set, or with zeros involved: the rounding error is worked out with a few host operations
//   (the error of a sum, and the residual of a product, quotient or root, are representable) to see whether the flag is to be set.
// - soft: all the rest (other rounding modes, unmasked exceptions, denormals, infinities, NaNs) in integers by SoftFloat<T>.

/// <summary>Flags and exceptions of floating-point instructions.</summary>
internal static unsafe class FloatStatus
{
    /// <summary>
    /// Adds the flags that an instruction raised to MXCSR and raises #XM for unmasked ones, before the destination is written. Exceptions found before
    /// computing (in any element) win over those found after: then the latter leave no trace (Intel SDM vol. 1, 11.5.3).
    /// </summary>
    [MethodImpl(HandlerMode.OutOfLine)]
    public static void Commit(InterpreterVcpu cpu, CpuState* s, Op* op, uint flags)
    {
        uint unmasked = flags & ~(s->Mxcsr >> SseControl.MaskShift);
        if ((unmasked & SseControl.PreComputation) != 0)
        {
            flags &= SseControl.PreComputation;
        }

        s->Mxcsr |= flags;
        if (unmasked != 0)
        {
            cpu.Raise(op, X86Exception.SimdFloatingPoint);
        }
    }
}

/// <summary>Runs an operation on scalars and vectors (see the top of the file).</summary>
internal static unsafe class FloatEngine<TOp, T>
    where TOp : struct, IFloatOperation
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Works out the scalar result by host arithmetic; false when it doesn't do (see the top of the file).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryScalar(CpuState* s, T a, T b, out T r)
    {
        r = TOp.Apply(a, b);
        return TOp.Rounds
            ? (s->Mxcsr & SseControl.FastMask) == SseControl.FastValue &&
                (!TOp.UsesFirst || !SoftFloat<T>.IsDenormal(SoftFloat<T>.Bits(a))) &&
                !SoftFloat<T>.IsDenormal(SoftFloat<T>.Bits(b)) &&
                (SoftFloat<T>.IsRegularResult(SoftFloat<T>.Bits(r)) || IsExactZero(a, b, r))
            : !IsSpecial(a) && !IsSpecial(b);
    }

    /// <summary>The packed result for 128 bits; raises #XM where due.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Packed(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> a, Vector128<T> b)
    {
        Vector128<T> r = TOp.Apply(a, b);
        return IsFast(s, a, b, r) ? r : PackedSlow(cpu, s, op, a, b);
    }

    /// <summary>The packed result for 256 bits; raises #XM where due.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Packed256(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> a0, Vector128<T> a1, Vector128<T> b0, Vector128<T> b1)
    {
        Vector128<T> r0 = TOp.Apply(a0, b0);
        Vector128<T> r1 = TOp.Apply(a1, b1);
        if (IsFast(s, a0, b0, r0) && IsFast(s, a1, b1, r1))
        {
            VectorOperand.SetYmm(s, op->R0, r0.AsByte(), r1.AsByte());
        }
        else
        {
            Packed256Slow(cpu, s, op, a0, a1, b0, b1);
        }
    }

    /// <summary>One element under any MXCSR, adding its flags.</summary>
    [MethodImpl(HandlerMode.OutOfLine)]
    public static T Element(int lane, T a, T b, uint mxcsr, ref uint flags)
    {
        if ((mxcsr & (SseControl.AllMasked | SseControl.RoundingMask)) == SseControl.AllMasked && typeof(TOp) != typeof(FloatAddSubtract))
        {
            T r = TOp.Apply(a, b);
            if (!TOp.Rounds)
            {
                if (!IsSpecial(a) && !IsSpecial(b))
                {
                    return r;
                }
            }
            else if ((!TOp.UsesFirst || IsNormalOrZero(a)) && IsNormalOrZero(b))
            {
                if (IsExactZero(a, b, r))
                {
                    return r;
                }

                // The residual of a rounded result must be neither tiny nor huge itself.
                if (IsModerate(r) && (!TOp.UsesFirst || IsModerate(a) || typeof(TOp) != typeof(FloatDivide)) &&
                    (IsModerate(b) || typeof(TOp) != typeof(FloatSquareRoot)))
                {
                    flags |= TOp.IsExact(a, b, r) ? 0 : SseControl.Precision;
                    return r;
                }
            }
        }

        return SoftFloat<T>.FromBits(TOp.Soft<T>(lane, SoftFloat<T>.Bits(a), SoftFloat<T>.Bits(b), mxcsr, ref flags));
    }

    /// <summary>NaN or denormal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSpecial(T a)
    {
        ulong magnitude = SoftFloat<T>.Bits(a) & ~SoftFloat<T>.SignBit;
        return magnitude > SoftFloat<T>.Infinity || magnitude - 1 < SoftFloat<T>.MinNormal - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsNormalOrZero(T a)
    {
        ulong magnitude = SoftFloat<T>.Bits(a) & ~SoftFloat<T>.SignBit;
        return magnitude == 0 || magnitude - SoftFloat<T>.MinNormal < SoftFloat<T>.Infinity - SoftFloat<T>.MinNormal;
    }

    /// <summary>Whether the exponent is far enough from both ends for error terms to be exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsModerate(T a)
    {
        ulong low = (ulong)(SoftFloat<T>.FractionBits + 4) << SoftFloat<T>.FractionBits;
        ulong high = SoftFloat<T>.Infinity - (2ul << SoftFloat<T>.FractionBits);
        ulong magnitude = SoftFloat<T>.Bits(a) & ~SoftFloat<T>.SignBit;
        return magnitude - low < high - low;
    }

    /// <summary>Whether a zero result is exact, no operand being denormal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsExactZero(T a, T b, T r) => r == T.Zero &&
        (typeof(TOp) == typeof(FloatAdd) || typeof(TOp) == typeof(FloatSubtract) ||
        (typeof(TOp) == typeof(FloatMultiply) && (a == T.Zero || b == T.Zero)) ||
        (typeof(TOp) == typeof(FloatDivide) && a == T.Zero) ||
        typeof(TOp) == typeof(FloatSquareRoot));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFast(CpuState* s, Vector128<T> a, Vector128<T> b, Vector128<T> r)
    {
        Vector128<T> minNormal = Vector128.Create(SoftFloat<T>.FromBits(SoftFloat<T>.MinNormal));
        if (TOp.Rounds)
        {
            Vector128<T> infinity = Vector128.Create(SoftFloat<T>.FromBits(SoftFloat<T>.Infinity));
            Vector128<T> magnitude = Vector128.Abs(r);
            Vector128<T> regular = Vector128.GreaterThan(magnitude, minNormal) & Vector128.LessThan(magnitude, infinity) &
                Vector128.GreaterThanOrEqual(Vector128.Abs(b), minNormal);
            if (TOp.UsesFirst)
            {
                regular &= Vector128.GreaterThanOrEqual(Vector128.Abs(a), minNormal);
            }

            return (s->Mxcsr & SseControl.FastMask) == SseControl.FastValue && regular.AsByte() == Vector128<byte>.AllBitsSet;
        }

        // MIN and MAX: neither NaN nor denormal.
        Vector128<T> ordinary =
            (Vector128.GreaterThanOrEqual(Vector128.Abs(a), minNormal) | Vector128.Equals(a, default)) &
            (Vector128.GreaterThanOrEqual(Vector128.Abs(b), minNormal) | Vector128.Equals(b, default));
        return ordinary.AsByte() == Vector128<byte>.AllBitsSet;
    }

    /// <summary>As <see cref="IsFast"/>, but zero operands and exact zero results will do too: common in padded vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFastWithZeros(CpuState* s, Vector128<T> a, Vector128<T> b, Vector128<T> r)
    {
        if (!TOp.Rounds || (s->Mxcsr & SseControl.FastMask) != SseControl.FastValue)
        {
            return false;
        }

        Vector128<T> minNormal = Vector128.Create(SoftFloat<T>.FromBits(SoftFloat<T>.MinNormal));
        Vector128<T> infinity = Vector128.Create(SoftFloat<T>.FromBits(SoftFloat<T>.Infinity));
        Vector128<T> zeroA = Vector128.Equals(a, default);
        Vector128<T> zeroB = Vector128.Equals(b, default);
        Vector128<T> operands = Vector128.GreaterThanOrEqual(Vector128.Abs(b), minNormal) | zeroB;
        if (TOp.UsesFirst)
        {
            operands &= Vector128.GreaterThanOrEqual(Vector128.Abs(a), minNormal) | zeroA;
        }

        // A product or quotient may also have become zero by rounding, which is inexact.
        Vector128<T> exactZero = Vector128.Equals(r, default);
        if (typeof(TOp) == typeof(FloatMultiply))
        {
            exactZero &= zeroA | zeroB;
        }
        else if (typeof(TOp) == typeof(FloatDivide))
        {
            exactZero &= zeroA;
        }

        Vector128<T> magnitude = Vector128.Abs(r);
        Vector128<T> results = (Vector128.GreaterThan(magnitude, minNormal) & Vector128.LessThan(magnitude, infinity)) | exactZero;
        return (operands & results).AsByte() == Vector128<byte>.AllBitsSet;
    }

    /// <summary>The scalar result in every case; raises #XM where due.</summary>
    [MethodImpl(HandlerMode.OutOfLine)]
    public static T ScalarSlow(InterpreterVcpu cpu, CpuState* s, Op* op, T a, T b)
    {
        uint flags = 0;
        T r = Element(0, a, b, s->Mxcsr, ref flags);
        if ((flags & ~s->Mxcsr) != 0 || (flags & ~(s->Mxcsr >> SseControl.MaskShift)) != 0)
        {
            FloatStatus.Commit(cpu, s, op, flags);
        }

        return r;
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static Vector128<T> PackedSlow(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> a, Vector128<T> b)
    {
        Vector128<T> host = TOp.Apply(a, b);
        if (IsFastWithZeros(s, a, b, host))
        {
            return host;
        }

        uint flags = 0;
        Vector128<T> r = Elements(a, b, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        return r;
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static void Packed256Slow(InterpreterVcpu cpu, CpuState* s, Op* op, Vector128<T> a0, Vector128<T> a1, Vector128<T> b0, Vector128<T> b1)
    {
        Vector128<T> host0 = TOp.Apply(a0, b0);
        Vector128<T> host1 = TOp.Apply(a1, b1);
        if (IsFastWithZeros(s, a0, b0, host0) && IsFastWithZeros(s, a1, b1, host1))
        {
            VectorOperand.SetYmm(s, op->R0, host0.AsByte(), host1.AsByte());
            return;
        }

        uint flags = 0;
        Vector128<T> r0 = Elements(a0, b0, s->Mxcsr, ref flags);
        Vector128<T> r1 = Elements(a1, b1, s->Mxcsr, ref flags);
        FloatStatus.Commit(cpu, s, op, flags);
        VectorOperand.SetYmm(s, op->R0, r0.AsByte(), r1.AsByte());
    }

    [MethodImpl(HandlerMode.OutOfLine)]
    private static Vector128<T> Elements(Vector128<T> a, Vector128<T> b, uint mxcsr, ref uint flags)
    {
        Vector128<T> r = default;
        for (int i = 0; i < Vector128<T>.Count; i++)
        {
            r = r.WithElement(i, Element(i, a.GetElement(i), b.GetElement(i), mxcsr, ref flags));
        }

        return r;
    }
}
