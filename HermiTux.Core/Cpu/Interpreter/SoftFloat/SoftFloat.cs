using System.Numerics;
using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.SoftFloat;

/// <summary>
/// IEEE 754 arithmetic as SSE does it, in integers: every rounding mode, denormals-are-zero, flush-to-zero, x86's choice of NaN, and all
/// exception flags. <typeparamref name="T"/> is <see cref="double"/>, <see cref="float"/> or <see cref="Half"/>; values are passed as
/// their bit patterns in the low bits of a ulong.
/// </summary>
/// <remarks>
/// Exceptions are collected in a flags argument (<see cref="SseControl"/>); the caller decides what they mean. Where the result of an unmasked
/// overflow or underflow would be asked for, it is meaningless: SSE writes no result then. Tininess is detected
/// after rounding, as on x86 (Intel SDM vol. 1, 4.9.1.5 and 10.2.3).
/// Inside, a finite number is sign, exponent and a 64-bit significand with its leading one in bit 63: value = significand * 2^(exponent - 63).
/// </remarks>
internal static partial class SoftFloat<T>
    where T : unmanaged
{
    /// <summary>Bits of the fraction field.</summary>
    public static int FractionBits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(double) ? 52 : typeof(T) == typeof(float) ? 23 : 10;
    }

    /// <summary>Exponent bias, which is also the largest exponent.</summary>
    public static int Bias
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(double) ? 1023 : typeof(T) == typeof(float) ? 127 : 15;
    }

    /// <summary>The sign bit.</summary>
    public static ulong SignBit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(double) ? 1ul << 63 : typeof(T) == typeof(float) ? 1ul << 31 : 1ul << 15;
    }

    /// <summary>The pattern of positive infinity, which is also the mask of the exponent field.</summary>
    public static ulong Infinity
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (ulong)((2 * Bias) + 1) << FractionBits;
    }

    /// <summary>The smallest positive normal number.</summary>
    public static ulong MinNormal
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1ul << FractionBits;
    }

    /// <summary>The bit that tells a quiet NaN.</summary>
    public static ulong QuietBit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1ul << (FractionBits - 1);
    }

    /// <summary>The NaN that invalid operations give ("real indefinite": negative).</summary>
    public static ulong DefaultNaN
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SignBit | Infinity | QuietBit;
    }

    private static int MinExponent => 1 - Bias;

    /// <summary>The bit pattern of a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Bits(T value) => typeof(T) == typeof(double)
        ? Unsafe.BitCast<T, ulong>(value)
        : typeof(T) == typeof(float) ? Unsafe.BitCast<T, uint>(value) : Unsafe.BitCast<T, ushort>(value);

    /// <summary>The value of a bit pattern.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T FromBits(ulong bits) => typeof(T) == typeof(double)
        ? Unsafe.BitCast<ulong, T>(bits)
        : typeof(T) == typeof(float) ? Unsafe.BitCast<uint, T>((uint)bits) : Unsafe.BitCast<ushort, T>((ushort)bits);

    /// <summary>Whether the pattern is a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNaN(ulong a) => (a & ~SignBit) > Infinity;

    /// <summary>Whether the pattern is a signaling NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSignalingNaN(ulong a) => IsNaN(a) && (a & QuietBit) == 0;

    /// <summary>Whether the pattern is an infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsInfinity(ulong a) => (a & ~SignBit) == Infinity;

    /// <summary>Whether the pattern is a zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsZero(ulong a) => (a & ~SignBit) == 0;

    /// <summary>Whether the pattern is a denormal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsDenormal(ulong a) => (a & ~SignBit) - 1 < MinNormal - 1;

    /// <summary>Whether the pattern has a nonzero exponent: not zero and not denormal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasExponent(ulong a) => (a & Infinity) != 0;

    /// <summary>
    /// Whether a rounded result rules out every exception but Precision: finite, and above the smallest normal number
    /// (which itself may have been tiny before it was rounded).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsRegularResult(ulong a) => (a & ~SignBit) - (MinNormal + 1) < Infinity - (MinNormal + 1);

    /// <summary>The rounding mode in MXCSR.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Rounding RoundingOf(uint mxcsr) => (Rounding)((mxcsr & SseControl.RoundingMask) >> SseControl.RoundingShift);

    /// <summary>The operand as an instruction sees it: zero in place of a denormal number when MXCSR.DAZ is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Operand(ulong a, uint mxcsr) =>
        (mxcsr & SseControl.DenormalsAreZero) != 0 && IsDenormal(a) ? a & SignBit : a;

    /// <summary>The NaN result of an operation with a NaN operand: the first NaN, made quiet.</summary>
    public static ulong PropagateNaN(ulong a, ulong b, ref uint flags)
    {
        if (IsSignalingNaN(a) || IsSignalingNaN(b))
        {
            flags |= SseControl.Invalid;
        }

        return (IsNaN(a) ? a : b) | QuietBit;
    }

    /// <summary>The result of an invalid operation.</summary>
    private static ulong InvalidOperation(ref uint flags)
    {
        flags |= SseControl.Invalid;
        return DefaultNaN;
    }

    private static bool IsNegative(ulong a) => (a & SignBit) != 0;

    /// <summary>Exponent and significand of a finite nonzero number.</summary>
    private static int Unpack(ulong a, out ulong significand)
    {
        ulong fraction = a & (MinNormal - 1);
        int biased = (int)((a & Infinity) >> FractionBits);
        if (biased == 0)
        {
            int shift = BitOperations.LeadingZeroCount(fraction);
            significand = fraction << shift;
            return MinExponent - (shift - (63 - FractionBits));
        }

        significand = (fraction | MinNormal) << (63 - FractionBits);
        return biased - Bias;
    }

    /// <summary>
    /// Rounds to the format. The significand's leading one is in bit 63; bits that were shifted out below it are summed up in bit 0.
    /// </summary>
    private static ulong Round(bool negative, int exponent, ulong significand, uint mxcsr, ref uint flags)
    {
        Rounding mode = RoundingOf(mxcsr);
        int dropped = 63 - FractionBits;
        ulong sign = negative ? SignBit : 0;

        // First as if the exponent had no bounds.
        ulong kept = RoundBits(significand, dropped, negative, mode, out bool inexact);
        int rounded = exponent;
        if (kept >> (FractionBits + 1) != 0)
        {
            kept >>= 1;
            rounded++;
        }

        if (rounded > Bias)
        {
            flags |= SseControl.Overflow;
            if ((mxcsr & SseControl.OverflowMask) == 0)
            {
                flags |= inexact ? SseControl.Precision : 0;
                return sign;
            }

            flags |= SseControl.Precision;
            bool toInfinity = mode == Rounding.Nearest || mode == (negative ? Rounding.Down : Rounding.Up);
            return sign | (toInfinity ? Infinity : Infinity - 1);
        }

        if (rounded >= MinExponent)
        {
            flags |= inexact ? SseControl.Precision : 0;
            return sign | ((ulong)(rounded + Bias) << FractionBits) | (kept & (MinNormal - 1));
        }

        if ((mxcsr & SseControl.UnderflowMask) == 0)
        {
            flags |= SseControl.Underflow | (inexact ? SseControl.Precision : 0);
            return sign;
        }

        if ((mxcsr & SseControl.FlushToZero) != 0)
        {
            flags |= SseControl.Underflow | SseControl.Precision;
            return sign;
        }

        kept = RoundBits(ShiftRightJam(significand, MinExponent - exponent), dropped, negative, mode, out inexact);
        flags |= inexact ? SseControl.Underflow | SseControl.Precision : 0;
        return sign | kept; // a carry into the exponent field gives the smallest normal number
    }

    /// <summary>Drops low bits, rounding by the mode.</summary>
    private static ulong RoundBits(ulong significand, int dropped, bool negative, Rounding mode, out bool inexact)
    {
        ulong kept = significand >> dropped;
        ulong rest = significand & ((1ul << dropped) - 1);
        ulong half = 1ul << (dropped - 1);
        inexact = rest != 0;
        bool up = mode switch
        {
            Rounding.Nearest => rest > half || (rest == half && (kept & 1) != 0),
            Rounding.Down => inexact && negative,
            Rounding.Up => inexact && !negative,
            _ => false,
        };
        return up ? kept + 1 : kept;
    }

    /// <summary>Shifts right; bit 0 of the result is also set when a bit that was shifted out was.</summary>
    private static ulong ShiftRightJam(ulong value, int count) =>
        count == 0 ? value : count > 63 ? (value != 0 ? 1ul : 0) : (value >> count) | (value << (64 - count) != 0 ? 1ul : 0);

    private static UInt128 ShiftRightJam(UInt128 value, int count) =>
        count == 0 ? value : count > 127 ? (value != 0 ? UInt128.One : 0) : (value >> count) | (value << (128 - count) != 0 ? UInt128.One : 0);

    /// <summary>Rounds a nonzero 128-bit significand whose bit 127 has the given exponent.</summary>
    private static ulong Round128(bool negative, int exponent, UInt128 significand, uint mxcsr, ref uint flags)
    {
        int shift = (int)UInt128.LeadingZeroCount(significand);
        significand <<= shift;
        ulong high = (ulong)(significand >> 64);
        return Round(negative, exponent - shift, (ulong)significand != 0 ? high | 1 : high, mxcsr, ref flags);
    }

    /// <summary>The zero that an exact cancellation gives.</summary>
    private static ulong CancellationZero(uint mxcsr) => RoundingOf(mxcsr) == Rounding.Down ? SignBit : 0;
}
