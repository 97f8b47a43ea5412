using System.Numerics;
using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.X87;

/// <content>Add, subtract, multiply, divide, square root.</content>
internal static partial class F80Math
{
    /// <summary>FADD.</summary>
    public static F80 Add(F80 a, F80 b, uint cw, ref uint sw) => AddSigned(a, b, 0, cw, ref sw);

    /// <summary>FSUB: a - b.</summary>
    public static F80 Subtract(F80 a, F80 b, uint cw, ref uint sw) => AddSigned(a, b, F80.SignBit, cw, ref sw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F80 AddSigned(F80 a, F80 b, uint flip, uint cw, ref uint sw) =>
        a.IsNormal && b.IsNormal
            ? AddMagnitudes(a.Sign, a.Exponent, a.Mantissa, b.Sign ^ flip, b.Exponent, b.Mantissa, cw, ref sw)
            : AddSpecial(a, b, flip, cw, ref sw);

    private static F80 AddMagnitudes(uint signA, int expA, ulong a, uint signB, int expB, ulong b, uint cw, ref uint sw)
    {
        if (expA < expB || (expA == expB && a < b))
        {
            (signA, signB) = (signB, signA);
            (expA, expB) = (expB, expA);
            (a, b) = (b, a);
        }

        ulong lo = 0;
        ShiftRightSticky(ref b, ref lo, expA - expB);
        if (signA == signB)
        {
            ulong sum = a + b;
            if (sum < a)
            {
                lo = (sum << 63) | (lo >> 1) | (lo & 1);
                sum = (sum >> 1) | F80.IntegerBit;
                expA++;
            }

            return Round(signA, expA, sum, lo, cw, ref sw);
        }

        ulong difference = a - b - (lo != 0 ? 1u : 0);
        lo = 0 - lo;
        if (difference == 0)
        {
            if (lo == 0)
            {
                return F80.SignedZero((cw & Fcw.RoundingMask) == Fcw.RoundDown ? F80.SignBit : 0);
            }

            difference = lo;
            lo = 0;
            expA -= 64;
        }

        int shift = BitOperations.LeadingZeroCount(difference);
        if (shift != 0)
        {
            difference = (difference << shift) | (lo >> (64 - shift));
            lo <<= shift;
        }

        return Round(signA, expA - shift, difference, lo, cw, ref sw);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static F80 AddSpecial(F80 a, F80 b, uint flip, uint cw, ref uint sw)
    {
        if (TryInvalidOrNaN(a, b, ref sw, out F80 result))
        {
            return result;
        }

        uint signB = b.Sign ^ flip;
        if (a.IsInfinity && b.IsInfinity && a.Sign != signB)
        {
            return Invalid(ref sw);
        }

        NoteDenormals(a, b, ref sw);
        if (a.IsInfinity)
        {
            return a;
        }

        if (b.IsInfinity)
        {
            return F80.Infinity(signB);
        }

        if (a.IsZero && b.IsZero)
        {
            return F80.SignedZero(a.Sign == signB ? signB : (cw & Fcw.RoundingMask) == Fcw.RoundDown ? F80.SignBit : 0);
        }

        if (b.IsZero)
        {
            a.Unpack(out int exponent, out ulong mantissa);
            return Round(a.Sign, exponent, mantissa, 0, cw, ref sw);
        }

        b.Unpack(out int expB, out ulong mantissaB);
        if (a.IsZero)
        {
            return Round(signB, expB, mantissaB, 0, cw, ref sw);
        }

        a.Unpack(out int expA, out ulong mantissaA);
        return AddMagnitudes(a.Sign, expA, mantissaA, signB, expB, mantissaB, cw, ref sw);
    }

    /// <summary>FMUL.</summary>
    public static F80 Multiply(F80 a, F80 b, uint cw, ref uint sw)
    {
        uint sign = (a.SignExponent ^ b.SignExponent) & F80.SignBit;
        if (a.IsNormal && b.IsNormal)
        {
            return MultiplyMagnitudes(sign, a.Exponent, a.Mantissa, b.Exponent, b.Mantissa, cw, ref sw);
        }

        return MultiplySpecial(a, b, sign, cw, ref sw);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F80 MultiplyMagnitudes(uint sign, int expA, ulong a, int expB, ulong b, uint cw, ref uint sw)
    {
        ulong hi = Math.BigMul(a, b, out ulong lo);
        int exponent = expA + expB - (F80.Bias - 1);
        if ((long)hi >= 0)
        {
            hi = (hi << 1) | (lo >> 63);
            lo <<= 1;
            exponent--;
        }

        return Round(sign, exponent, hi, lo, cw, ref sw);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static F80 MultiplySpecial(F80 a, F80 b, uint sign, uint cw, ref uint sw)
    {
        if (TryInvalidOrNaN(a, b, ref sw, out F80 result))
        {
            return result;
        }

        if ((a.IsInfinity && b.IsZero) || (a.IsZero && b.IsInfinity))
        {
            return Invalid(ref sw);
        }

        NoteDenormals(a, b, ref sw);
        if (a.IsInfinity || b.IsInfinity)
        {
            return F80.Infinity(sign);
        }

        if (a.IsZero || b.IsZero)
        {
            return F80.SignedZero(sign);
        }

        a.Unpack(out int expA, out ulong mantissaA);
        b.Unpack(out int expB, out ulong mantissaB);
        return MultiplyMagnitudes(sign, expA, mantissaA, expB, mantissaB, cw, ref sw);
    }

    /// <summary>FDIV: a / b.</summary>
    public static F80 Divide(F80 a, F80 b, uint cw, ref uint sw)
    {
        uint sign = (a.SignExponent ^ b.SignExponent) & F80.SignBit;
        if (a.IsNormal && b.IsNormal)
        {
            return DivideMagnitudes(sign, a.Exponent, a.Mantissa, b.Exponent, b.Mantissa, cw, ref sw);
        }

        return DivideSpecial(a, b, sign, cw, ref sw);
    }

    private static F80 DivideMagnitudes(uint sign, int expA, ulong a, int expB, ulong b, uint cw, ref uint sw)
    {
        int exponent = expA - expB + F80.Bias;
        ulong quotient;
        ulong remainder;
        if (a < b)
        {
            exponent--;
            quotient = DivideWide(a, 0, b, out remainder);
        }
        else
        {
            quotient = DivideWide(a >> 1, a << 63, b, out remainder);
        }

        // What follows the last bit, as far as rounding cares: nothing, below, at or above one half.
        ulong rest = 0;
        if (remainder != 0)
        {
            ulong other = b - remainder;
            rest = remainder > other ? F80.IntegerBit | 1 : remainder == other ? F80.IntegerBit : 1;
        }

        return Round(sign, exponent, quotient, rest, cw, ref sw);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static F80 DivideSpecial(F80 a, F80 b, uint sign, uint cw, ref uint sw)
    {
        if (TryInvalidOrNaN(a, b, ref sw, out F80 result))
        {
            return result;
        }

        if ((a.IsInfinity && b.IsInfinity) || (a.IsZero && b.IsZero))
        {
            return Invalid(ref sw);
        }

        if (b.IsZero && !a.IsInfinity)
        {
            sw |= Fsw.ZeroDivide;
            return F80.Infinity(sign);
        }

        NoteDenormals(a, b, ref sw);
        if (a.IsInfinity)
        {
            return F80.Infinity(sign);
        }

        if (a.IsZero || b.IsInfinity)
        {
            return F80.SignedZero(sign);
        }

        a.Unpack(out int expA, out ulong mantissaA);
        b.Unpack(out int expB, out ulong mantissaB);
        return DivideMagnitudes(sign, expA, mantissaA, expB, mantissaB, cw, ref sw);
    }

    /// <summary>FSQRT.</summary>
    public static F80 SquareRoot(F80 a, uint cw, ref uint sw)
    {
        if (!a.IsNormal || a.IsNegative)
        {
            if (TryInvalidOrNaN(a, ref sw, out F80 result))
            {
                return result;
            }

            if (a.IsZero)
            {
                return a;
            }

            if (a.IsNegative)
            {
                return Invalid(ref sw);
            }

            if (a.IsInfinity)
            {
                return a;
            }

            sw |= Fsw.DenormalOperand;
        }

        a.Unpack(out int exponent, out ulong mantissa);
        exponent -= F80.Bias;

        // The radicand is 128 bits with one of its two top bits set, so that the root has exactly 64.
        ulong hi = (exponent & 1) == 0 ? mantissa >> 1 : mantissa;
        ulong lo = (exponent & 1) == 0 ? mantissa << 63 : 0;
        ulong root = SquareRootWide(hi, lo, out bool exact, out bool aboveHalf);
        ulong rest = exact ? 0 : aboveHalf ? F80.IntegerBit | 1 : 1;
        return Round(0, (exponent >> 1) + F80.Bias, root, rest, cw, ref sw);
    }

    /// <summary>The integer square root of a 128-bit number that is at least 2^126.</summary>
    private static ulong SquareRootWide(ulong hi, ulong lo, out bool exact, out bool aboveHalf)
    {
        UInt128 radicand = new(hi, lo);

        // A double gives 52 bits, one Newton step the rest; the last unit is settled by comparison.
        double estimate = Math.Sqrt(hi) * 4294967296.0;
        ulong root = estimate >= 18446744073709551615.0 ? ulong.MaxValue : (ulong)estimate;
        Int128 error = (Int128)(radicand - Square(root));
        root += (ulong)((long)(error >> 16) / (long)(root >> 15));
        if ((long)root >= 0)
        {
            root = hi >= 0xFFFF_FFFF_0000_0000 ? ulong.MaxValue : F80.IntegerBit;
        }

        while (Square(root) > radicand)
        {
            root--;
        }

        UInt128 rest = radicand - Square(root);
        while (rest > (UInt128)root * 2)
        {
            rest -= ((UInt128)root * 2) + 1;
            root++;
        }

        exact = rest == UInt128.Zero;
        aboveHalf = rest > root;
        return root;
    }

    private static UInt128 Square(ulong value)
    {
        ulong hi = Math.BigMul(value, value, out ulong lo);
        return new UInt128(hi, lo);
    }

    /// <summary>Divides a 128-bit number by a divisor whose top bit is set and that is greater than <paramref name="hi"/>.</summary>
    internal static ulong DivideWide(ulong hi, ulong lo, ulong divisor, out ulong remainder)
    {
        // Knuth's algorithm D with two 32-bit digits.
        ulong upper = divisor >> 32;
        ulong lower = (uint)divisor;
        ulong q1 = DivideDigit(hi, (uint)(lo >> 32), upper, lower);
        ulong rest = ((hi << 32) | (lo >> 32)) - (q1 * divisor);
        ulong q0 = DivideDigit(rest, (uint)lo, upper, lower);
        remainder = ((rest << 32) | (uint)lo) - (q0 * divisor);
        return (q1 << 32) + q0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong DivideDigit(ulong hi, uint next, ulong upper, ulong lower)
    {
        ulong quotient = hi / upper;
        ulong rest = hi - (quotient * upper);
        while (quotient > uint.MaxValue || quotient * lower > ((rest << 32) | next))
        {
            quotient--;
            rest += upper;
            if (rest > uint.MaxValue)
            {
                break;
            }
        }

        return quotient;
    }
}
