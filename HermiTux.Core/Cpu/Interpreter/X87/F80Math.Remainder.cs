using System.Numerics;

namespace HermiTux.Cpu.Interpreter.X87;

/// <content>Partial remainders, scaling and extraction.</content>
internal static partial class F80Math
{
    /// <summary>
    /// FPREM (truncating) and FPREM1 (<paramref name="nearest"/>, IEEE remainder).
    /// </summary>
    /// <param name="a">ST(0).</param>
    /// <param name="b">ST(1).</param>
    /// <param name="nearest">The quotient is rounded to nearest even.</param>
    /// <param name="cw">Control word; precision control has no effect.</param>
    /// <param name="sw">Exception flags are added here.</param>
    /// <param name="conditions">C2 when the reduction is partial, else the three low quotient bits in C0, C3, C1.</param>
    public static F80 Remainder(F80 a, F80 b, bool nearest, uint cw, ref uint sw, out uint conditions)
    {
        conditions = 0;
        if (TryInvalidOrNaN(a, b, ref sw, out F80 result))
        {
            return result;
        }

        if (a.IsInfinity || b.IsZero)
        {
            return Invalid(ref sw);
        }

        NoteDenormals(a, b, ref sw);
        if (a.IsZero)
        {
            return a;
        }

        a.Unpack(out int expA, out ulong mantissaA);
        if (b.IsInfinity)
        {
            return Round(a.Sign, expA, mantissaA, 0, cw | Fcw.Precision64, ref sw);
        }

        b.Unpack(out int expB, out ulong mantissaB);
        int difference = expA - expB;
        ulong quotient;
        ulong rest;
        if (difference >= 64)
        {
            // Reduce by 32 to 63 binary places; the hardware's choice of how many is its own.
            int places = 32 + (difference & 31);
            ReduceMantissa(mantissaA, mantissaB, places, out rest);
            conditions = Fsw.C2;
            return rest == 0 ? F80.SignedZero(a.Sign) : RoundRemainder(a.Sign, expA - places, rest, cw, ref sw);
        }

        uint sign = a.Sign;
        if (difference < 0)
        {
            quotient = 0;
            rest = mantissaA;
            if (nearest && difference == -1 && mantissaA > mantissaB)
            {
                // More than half of b: the quotient is one and the remainder a - b; b counts double at the scale of a.
                quotient = 1;
                sign ^= F80.SignBit;
                conditions = QuotientConditions(quotient);
                return RoundRemainder(sign, expA, mantissaB + (mantissaB - mantissaA), cw, ref sw);
            }

            return Round(sign, expA, rest, 0, cw | Fcw.Precision64, ref sw);
        }

        quotient = ReduceMantissa(mantissaA, mantissaB, difference, out rest);
        if (nearest)
        {
            ulong other = mantissaB - rest;
            if (rest > other || (rest == other && (quotient & 1) != 0))
            {
                rest = other;
                quotient++;
                sign ^= F80.SignBit;
            }
        }

        conditions = QuotientConditions(quotient);
        return rest == 0 ? F80.SignedZero(a.Sign) : RoundRemainder(sign, expB, rest, cw, ref sw);
    }

    /// <summary>Divides a * 2^places by b; the quotient's low 64 bits are returned.</summary>
    private static ulong ReduceMantissa(ulong a, ulong b, int places, out ulong rest)
    {
        ulong quotient = 0;
        rest = a;
        if (rest >= b)
        {
            rest -= b;
            quotient = 1;
        }

        return places == 0
            ? quotient
            : (quotient << places) + DivideWide(rest >> (64 - places), rest << places, b, out rest);
    }

    private static F80 RoundRemainder(uint sign, int exponent, ulong rest, uint cw, ref uint sw)
    {
        int shift = BitOperations.LeadingZeroCount(rest);
        return Round(sign, exponent - shift, rest << shift, 0, cw | Fcw.Precision64, ref sw);
    }

    private static uint QuotientConditions(ulong quotient) =>
        ((quotient & 4) != 0 ? Fsw.C0 : 0) | ((quotient & 2) != 0 ? Fsw.C3 : 0) | ((quotient & 1) != 0 ? Fsw.C1 : 0);

    /// <summary>FSCALE: a * 2^trunc(b).</summary>
    public static F80 Scale(F80 a, F80 b, uint cw, ref uint sw)
    {
        if (TryInvalidOrNaN(a, b, ref sw, out F80 result))
        {
            return result;
        }

        if (b.IsInfinity && (b.IsNegative ? a.IsInfinity : a.IsZero))
        {
            return Invalid(ref sw);
        }

        NoteDenormals(a, b, ref sw);
        if (b.IsInfinity)
        {
            return b.IsNegative ? F80.SignedZero(a.Sign) : F80.Infinity(a.Sign);
        }

        if (a.IsZero || a.IsInfinity)
        {
            return a;
        }

        a.Unpack(out int exponent, out ulong mantissa);
        int places = b.Exponent - F80.Bias;
        int scale = places < 0 ? 0 : places > 16 ? 0x1_8000 : (int)(b.Mantissa >> (63 - places));
        return Round(a.Sign, exponent + (b.IsNegative ? -scale : scale), mantissa, 0, cw | Fcw.Precision64, ref sw);
    }

    /// <summary>FXTRACT: the unbiased exponent of a as a number, and its significand.</summary>
    public static F80 Extract(F80 a, ref uint sw, out F80 significand)
    {
        if (TryInvalidOrNaN(a, ref sw, out F80 result))
        {
            significand = result;
            return result;
        }

        if (a.IsZero)
        {
            sw |= Fsw.ZeroDivide;
            significand = a;
            return F80.Infinity(F80.SignBit);
        }

        if (a.IsInfinity)
        {
            significand = a;
            return F80.Infinity(0);
        }

        sw |= a.IsDenormal ? Fsw.DenormalOperand : 0;
        a.Unpack(out int exponent, out ulong mantissa);
        significand = new F80(a.Sign | F80.Bias, mantissa);
        return FromInteger(exponent - F80.Bias);
    }
}
