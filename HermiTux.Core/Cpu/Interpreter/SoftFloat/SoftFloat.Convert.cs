using System.Numerics;

namespace HermiTux.Cpu.Interpreter.SoftFloat;

/// <content>Comparison, minimum and maximum, and conversions.</content>
internal static partial class SoftFloat<T>
{
    /// <summary>Compares two numbers; a NaN operand is the caller's matter. Negative, zero or positive.</summary>
    public static int Compare(ulong a, ulong b)
    {
        long x = IsNegative(a) ? -(long)(a & ~SignBit) : (long)a;
        long y = IsNegative(b) ? -(long)(b & ~SignBit) : (long)b;
        return x.CompareTo(y);
    }

    /// <summary>MIN and MAX: the second operand unless the first is strictly smaller (greater); a NaN is invalid.</summary>
    public static ulong Extremum(ulong a, ulong b, bool maximum, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        b = Operand(b, mxcsr);
        if (IsNaN(a) || IsNaN(b))
        {
            flags |= SseControl.Invalid;
            return b;
        }

        NoteDenormals(a, b, ref flags);
        int order = Compare(a, b);
        return (maximum ? order > 0 : order < 0) ? a : b;
    }

    /// <summary>
    /// Compares for CMPxx and COMISx: -1, 0, 1, or 2 when unordered. A quiet NaN is invalid only when told.
    /// </summary>
    public static int Order(ulong a, ulong b, bool quietIsInvalid, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        b = Operand(b, mxcsr);
        if (IsNaN(a) || IsNaN(b))
        {
            if (quietIsInvalid || IsSignalingNaN(a) || IsSignalingNaN(b))
            {
                flags |= SseControl.Invalid;
            }

            return 2;
        }

        NoteDenormals(a, b, ref flags);
        return Compare(a, b);
    }

    /// <summary>
    /// To a signed integer of 32 or 64 bits; what doesn't fit is invalid and gives the most negative integer.
    /// </summary>
    public static long ToInteger(ulong a, int bits, Rounding mode, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        long indefinite = long.MinValue >> (64 - bits);
        if (IsNaN(a) || IsInfinity(a))
        {
            flags |= SseControl.Invalid;
            return indefinite;
        }

        if (IsZero(a))
        {
            return 0;
        }

        bool negative = IsNegative(a);
        int exponent = Unpack(a, out ulong significand);
        if (exponent > 63)
        {
            flags |= SseControl.Invalid;
            return indefinite;
        }

        bool inexact = false;
        ulong magnitude = exponent switch
        {
            63 => significand,
            62 => RoundBits(significand, 1, negative, mode, out inexact),
            _ => RoundBits(ShiftRightJam(significand, 61 - exponent), 2, negative, mode, out inexact),
        };
        ulong limit = 1ul << (bits - 1);
        if (negative ? magnitude > limit : magnitude >= limit)
        {
            flags |= SseControl.Invalid;
            return indefinite;
        }

        flags |= inexact ? SseControl.Precision : 0;
        return negative ? -(long)magnitude : (long)magnitude;
    }

    /// <summary>From a signed integer.</summary>
    public static ulong FromInteger(long value, uint mxcsr, ref uint flags)
    {
        if (value == 0)
        {
            return 0;
        }

        bool negative = value < 0;
        ulong magnitude = negative ? (ulong)-value : (ulong)value;
        int shift = BitOperations.LeadingZeroCount(magnitude);
        return Round(negative, 63 - shift, magnitude << shift, mxcsr, ref flags);
    }

    /// <summary>To another floating-point format.</summary>
    /// <param name="a">The value.</param>
    /// <param name="mxcsr">The control bits.</param>
    /// <param name="flags">Collects exceptions.</param>
    /// <param name="denormalException">Whether a denormal operand is noted (not by VCVTPH2PS).</param>
    public static ulong ConvertTo<TTo>(ulong a, uint mxcsr, ref uint flags, bool denormalException = true)
        where TTo : unmanaged
    {
        a = Operand(a, mxcsr);
        ulong sign = IsNegative(a) ? SoftFloat<TTo>.SignBit : 0;
        if (IsNaN(a))
        {
            if (IsSignalingNaN(a))
            {
                flags |= SseControl.Invalid;
            }

            ulong payload = (a & (MinNormal - 1)) << (63 - FractionBits);
            return sign | SoftFloat<TTo>.Infinity | SoftFloat<TTo>.QuietBit | (payload >> (63 - SoftFloat<TTo>.FractionBits));
        }

        if (IsInfinity(a))
        {
            return sign | SoftFloat<TTo>.Infinity;
        }

        if (IsZero(a))
        {
            return sign;
        }

        if (denormalException)
        {
            NoteDenormals(a, a, ref flags);
        }

        int exponent = Unpack(a, out ulong significand);
        return SoftFloat<TTo>.Round(IsNegative(a), exponent, significand, mxcsr, ref flags);
    }

    /// <summary>ROUNDPS and its kin: to an integral number in the same format. A denormal operand is not noted.</summary>
    public static ulong RoundToIntegral(ulong a, Rounding mode, bool suppressPrecision, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        if (IsNaN(a))
        {
            return PropagateNaN(a, a, ref flags);
        }

        if (IsZero(a) || IsInfinity(a))
        {
            return a;
        }

        int exponent = Unpack(a, out ulong significand);
        if (exponent >= FractionBits)
        {
            return a;
        }

        bool negative = IsNegative(a);
        ulong sign = a & SignBit;
        ulong integer = RoundBits(ShiftRightJam(significand, 61 - exponent), 2, negative, mode, out bool inexact);
        if (inexact && !suppressPrecision)
        {
            flags |= SseControl.Precision;
        }

        if (integer == 0)
        {
            return sign;
        }

        int shift = BitOperations.LeadingZeroCount(integer);
        uint exact = 0;
        return Round(negative, 63 - shift, integer << shift, SseControl.AllMasked, ref exact);
    }
}
