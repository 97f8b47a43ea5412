using System.Numerics;
using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.X87;

/// <content>Conversions between the extended format and single, double, integers and packed BCD.</content>
internal static partial class F80Math
{
    /// <summary>The value of a double, bit-exact; a NaN keeps its payload and stays signalling.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 FromDouble(ulong bits)
    {
        uint sign = (uint)(bits >> 48) & F80.SignBit;
        uint exponent = (uint)(bits >> 52) & 0x7FF;
        ulong fraction = bits << 12;
        return exponent - 1 < 0x7FE
            ? new F80(sign | (exponent + (F80.Bias - 1023)), F80.IntegerBit | (fraction >> 1))
            : FromSpecial(sign, exponent != 0, fraction, F80.Bias - 1023);
    }

    /// <summary>The value of a single, bit-exact; a NaN keeps its payload and stays signalling.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 FromSingle(uint bits)
    {
        uint sign = (bits >> 16) & F80.SignBit;
        uint exponent = (bits >> 23) & 0xFF;
        ulong fraction = (ulong)bits << 41;
        return exponent - 1 < 0xFE
            ? new F80(sign | (exponent + (F80.Bias - 127)), F80.IntegerBit | (fraction >> 1))
            : FromSpecial(sign, exponent != 0, fraction, F80.Bias - 127);
    }

    private static F80 FromSpecial(uint sign, bool infinityOrNaN, ulong fraction, int biasDifference)
    {
        if (infinityOrNaN)
        {
            return new F80(sign | 0x7FFF, F80.IntegerBit | (fraction >> 1));
        }

        if (fraction == 0)
        {
            return F80.SignedZero(sign);
        }

        int shift = BitOperations.LeadingZeroCount(fraction);
        return new F80(sign | (uint)(biasDifference - shift), fraction << shift);
    }

    /// <summary>True when the bits are a denormal double.</summary>
    public static bool IsDenormalDouble(ulong bits) => (bits & 0x7FF0_0000_0000_0000) == 0 && (bits << 1) != 0;

    /// <summary>True when the bits are a denormal single.</summary>
    public static bool IsDenormalSingle(uint bits) => (bits & 0x7F80_0000) == 0 && (bits << 1) != 0;

    /// <summary>The value of an integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 FromInteger(long value)
    {
        if (value == 0)
        {
            return F80.Zero;
        }

        uint sign = (uint)(value >> 63) & F80.SignBit;
        ulong magnitude = value < 0 ? 0 - (ulong)value : (ulong)value;
        int shift = BitOperations.LeadingZeroCount(magnitude);
        return new F80(sign | (uint)(F80.Bias + 63 - shift), magnitude << shift);
    }

    /// <summary>Rounds to a double in the direction of the control word.</summary>
    public static ulong ToDouble(F80 a, uint cw, ref uint sw) => ToNarrow(a, 53, 11, cw, ref sw);

    /// <summary>Rounds to a single in the direction of the control word.</summary>
    public static uint ToSingle(F80 a, uint cw, ref uint sw) => (uint)ToNarrow(a, 24, 8, cw, ref sw);

    /// <summary>Rounds to an interchange format of a given number of significand and exponent bits.</summary>
    private static ulong ToNarrow(F80 a, int precision, int exponentBits, uint cw, ref uint sw)
    {
        int fractionBits = precision - 1;
        int maxExponent = (1 << exponentBits) - 1;
        int bias = maxExponent >> 1;
        ulong signBit = (ulong)(a.SignExponent >> 15) << (fractionBits + exponentBits);
        int discard = 64 - precision;
        if (!a.IsNormal)
        {
            if (TryInvalidOrNaN(a, ref sw, out F80 result))
            {
                return ((ulong)(result.SignExponent >> 15) << (fractionBits + exponentBits)) | ((ulong)maxExponent << fractionBits) |
                    ((result.Mantissa << 1) >> (discard + 1));
            }

            if (a.IsInfinity)
            {
                return signBit | ((ulong)maxExponent << fractionBits);
            }

            if (a.IsZero)
            {
                return signBit;
            }
        }

        a.Unpack(out int exponent, out ulong mantissa);
        exponent += bias - F80.Bias;
        ulong rounded = RoundMantissa(mantissa, 0, discard, a.Sign, cw, out bool inexact, out bool up, out bool carry);
        int final = exponent + (carry ? 1 : 0);
        if (final >= maxExponent)
        {
            sw |= Fsw.Overflow;
            if ((cw & Fsw.Overflow) == 0)
            {
                sw |= inexact ? Fsw.Precision | (up ? Fsw.C1 : 0) : 0;
                return 0;
            }

            sw |= Fsw.Precision;
            if (OverflowsToInfinity(a.Sign, cw))
            {
                sw |= Fsw.C1;
                return signBit | ((ulong)maxExponent << fractionBits);
            }

            return signBit | (((ulong)maxExponent << fractionBits) - 1);
        }

        if (final <= 0 && (cw & Fsw.Underflow) == 0)
        {
            sw |= Fsw.Underflow | (inexact ? Fsw.Precision | (up ? Fsw.C1 : 0) : 0);
            return 0;
        }

        if (exponent <= 0)
        {
            ulong lo = 0;
            ShiftRightSticky(ref mantissa, ref lo, 1 - exponent);
            rounded = RoundMantissa(mantissa, lo, discard, a.Sign, cw, out inexact, out up, out _);
            sw |= inexact && final <= 0 ? Fsw.Underflow : 0;
            final = (int)(rounded >> 63);
        }

        sw |= inexact ? Fsw.Precision | (up ? Fsw.C1 : 0) : 0;
        return signBit | ((ulong)final << fractionBits) | ((rounded << 1) >> (discard + 1));
    }

    /// <summary>
    /// Converts to a two's complement integer of 16, 32 or 64 bits; a value that doesn't fit is invalid and gives integer indefinite.
    /// </summary>
    public static long ToInteger(F80 a, int bits, uint cw, ref uint sw)
    {
        long indefinite = long.MinValue >> (64 - bits);
        int exponent = a.Exponent - F80.Bias;
        if (a.IsUnsupported || exponent > 63)
        {
            sw |= Fsw.InvalidOperation;
            return indefinite;
        }

        ulong magnitude = RoundMagnitude(a, cw, out bool inexact, out bool up);
        ulong limit = 1UL << (bits - 1);
        if (magnitude > limit || (magnitude == limit && !a.IsNegative))
        {
            sw |= Fsw.InvalidOperation;
            return indefinite;
        }

        sw |= inexact ? Fsw.Precision | (up ? Fsw.C1 : 0) : 0;
        return a.IsNegative ? (long)(0 - magnitude) : (long)magnitude;
    }

    /// <summary>The magnitude of a number below 2^64, rounded to an integer. 2^64 itself can't result: there is no fraction above 2^63.</summary>
    private static ulong RoundMagnitude(F80 a, uint cw, out bool inexact, out bool up)
    {
        int exponent = a.Exponent - F80.Bias;
        ulong whole;
        ulong rest;
        if (exponent >= 0)
        {
            whole = a.Mantissa >> (63 - exponent);
            rest = exponent == 63 ? 0 : a.Mantissa << (exponent + 1);
        }
        else
        {
            whole = 0;
            rest = exponent == -1 ? a.Mantissa : a.Mantissa != 0 ? 1u : 0;
        }

        inexact = rest != 0;
        up = RoundsUp(whole, rest, a.Sign, cw);
        return up ? whole + 1 : whole;
    }

    /// <summary>FRNDINT.</summary>
    public static F80 RoundToInteger(F80 a, uint cw, ref uint sw)
    {
        if (TryInvalidOrNaN(a, ref sw, out F80 result))
        {
            return result;
        }

        if (a.IsZero || a.Exponent - F80.Bias >= 63)
        {
            return a;
        }

        sw |= a.IsDenormal ? Fsw.DenormalOperand : 0;
        ulong magnitude = RoundMagnitude(a, cw, out bool inexact, out bool up);
        sw |= inexact ? Fsw.Precision | (up ? Fsw.C1 : 0) : 0;
        if (magnitude == 0)
        {
            return F80.SignedZero(a.Sign);
        }

        int shift = BitOperations.LeadingZeroCount(magnitude);
        return new F80(a.Sign | (uint)(F80.Bias + 63 - shift), magnitude << shift);
    }

    /// <summary>FBLD: 18 packed decimal digits and a sign byte. Digits above 9 count as their value, as hardware has it.</summary>
    public static F80 FromBcd(ulong low, ushort high)
    {
        ulong magnitude = 0;
        magnitude += ((ulong)(high >> 4) & 15) * 10;
        magnitude += (ulong)high & 15;
        for (int shift = 60; shift >= 0; shift -= 4)
        {
            magnitude = (magnitude * 10) + ((low >> shift) & 15);
        }

        uint sign = high & F80.SignBit;
        F80 value = FromInteger((long)magnitude);
        return new F80(value.SignExponent | sign, value.Mantissa);
    }

    /// <summary>FBSTP: rounds to an integer and writes 18 packed decimal digits and a sign byte.</summary>
    public static ulong ToBcd(F80 a, uint cw, ref uint sw, out ushort high)
    {
        const ulong Limit = 1_000_000_000_000_000_000;
        bool inexact = false;
        bool up = false;
        ulong magnitude = ulong.MaxValue;
        if (!a.IsUnsupported && a.Exponent - F80.Bias <= 63)
        {
            magnitude = RoundMagnitude(a, cw, out inexact, out up);
        }

        if (magnitude >= Limit)
        {
            sw |= Fsw.InvalidOperation;
            high = 0xFFFF;
            return 0xC000_0000_0000_0000;
        }

        sw |= inexact ? Fsw.Precision | (up ? Fsw.C1 : 0) : 0;
        ulong low = 0;
        for (int shift = 0; shift < 64; shift += 4)
        {
            low |= (magnitude % 10) << shift;
            magnitude /= 10;
        }

        high = (ushort)(a.Sign | (magnitude % 10) | ((magnitude / 10) << 4));
        return low;
    }
}
