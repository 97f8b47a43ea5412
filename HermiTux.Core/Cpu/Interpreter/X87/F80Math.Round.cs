using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>
/// Software 80-bit arithmetic, bit-exact with the x87.
/// </summary>
/// <remarks>
/// Every operation takes the control word and adds to <c>sw</c> the exception flags it found, plus C1 when the result was
/// rounded up in magnitude. Results are the masked responses, except for overflow and underflow, where the mask decides
/// between them and the exponent-adjusted result. The caller drops the result if an unmasked invalid, denormal or
/// zero-divide exception is among the flags (see <see cref="X87Stack.Commit"/>).
/// </remarks>
internal static partial class F80Math
{
    /// <summary>How much the exponent of an unmasked overflow or underflow result is adjusted.</summary>
    private const int ExponentAdjustment = 24576;

    /// <summary>
    /// Rounds <c>hi.lo</c> (integer bit of <paramref name="hi"/> set, <paramref name="lo"/> the 64 bits below with the lowest sticky) to the precision and in the direction of the control word.
    /// </summary>
    /// <param name="sign">0 or <see cref="F80.SignBit"/>.</param>
    /// <param name="exponent">Biased exponent, of any size.</param>
    /// <param name="hi">Upper half of the significand.</param>
    /// <param name="lo">Lower half of the significand.</param>
    /// <param name="cw">Control word.</param>
    /// <param name="sw">Exception flags are added here.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 Round(uint sign, int exponent, ulong hi, ulong lo, uint cw, ref uint sw)
    {
        if ((cw & (Fcw.PrecisionMask | Fcw.RoundingMask)) == Fcw.Precision64 && (uint)(exponent - 1) < 0x7FFD)
        {
            if (lo != 0)
            {
                sw |= Fsw.Precision;
                if (lo > F80.IntegerBit || (lo == F80.IntegerBit && (hi & 1) != 0))
                {
                    sw |= Fsw.C1;
                    hi++;
                    if (hi == 0)
                    {
                        hi = F80.IntegerBit;
                        exponent++;
                    }
                }
            }

            return new F80(sign | (uint)exponent, hi);
        }

        return RoundSlow(sign, exponent, hi, lo, cw, ref sw);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static F80 RoundSlow(uint sign, int exponent, ulong hi, ulong lo, uint cw, ref uint sw)
    {
        int discard = (cw & Fcw.PrecisionMask) switch
        {
            0 => 40,
            0x200 => 11,
            _ => 0,
        };

        if (exponent <= 0)
        {
            return RoundTiny(sign, exponent, hi, lo, discard, cw, ref sw);
        }

        ulong rounded = RoundMantissa(hi, lo, discard, sign, cw, out bool inexact, out bool up, out bool carry);
        if (carry)
        {
            exponent++;
        }

        if (exponent >= F80.MaxExponent)
        {
            return Overflow(sign, exponent, rounded, discard, inexact, up, cw, ref sw);
        }

        if (inexact)
        {
            sw |= Fsw.Precision | (up ? Fsw.C1 : 0);
        }

        return new F80(sign | (uint)exponent, rounded);
    }

    private static F80 Overflow(uint sign, int exponent, ulong mantissa, int discard, bool inexact, bool up, uint cw, ref uint sw)
    {
        sw |= Fsw.Overflow;
        if ((cw & Fsw.Overflow) == 0)
        {
            if (inexact)
            {
                sw |= Fsw.Precision | (up ? Fsw.C1 : 0);
            }

            // FSCALE can exceed what the adjustment brings back; such results are infinite.
            int adjusted = exponent - ExponentAdjustment;
            if (adjusted >= F80.MaxExponent)
            {
                sw |= Fsw.Precision | Fsw.C1;
                return F80.Infinity(sign);
            }

            return new F80(sign | (uint)adjusted, mantissa);
        }

        sw |= Fsw.Precision;
        if (OverflowsToInfinity(sign, cw))
        {
            sw |= Fsw.C1;
            return F80.Infinity(sign);
        }

        return new F80(sign | 0x7FFE, ulong.MaxValue << discard);
    }

    private static bool OverflowsToInfinity(uint sign, uint cw) => (cw & Fcw.RoundingMask) switch
    {
        Fcw.RoundNearest => true,
        Fcw.RoundDown => sign != 0,
        Fcw.RoundUp => sign == 0,
        _ => false,
    };

    /// <summary>A result below the smallest normal number, or just below it before rounding.</summary>
    private static F80 RoundTiny(uint sign, int exponent, ulong hi, ulong lo, int discard, uint cw, ref uint sw)
    {
        // Tininess is detected after rounding with an unbounded exponent.
        ulong rounded = RoundMantissa(hi, lo, discard, sign, cw, out bool inexact, out bool up, out bool carry);
        bool tiny = exponent + (carry ? 1 : 0) <= 0;
        if (tiny && (cw & Fsw.Underflow) == 0)
        {
            sw |= Fsw.Underflow | (inexact ? Fsw.Precision : 0) | (up ? Fsw.C1 : 0);
            int adjusted = exponent + (carry ? 1 : 0) + ExponentAdjustment;
            if (adjusted <= 0)
            {
                sw |= Fsw.Precision;
                return F80.SignedZero(sign);
            }

            return new F80(sign | (uint)adjusted, rounded);
        }

        ShiftRightSticky(ref hi, ref lo, 1 - exponent);
        rounded = RoundMantissa(hi, lo, discard, sign, cw, out inexact, out up, out _);
        if (inexact)
        {
            sw |= Fsw.Precision | (up ? Fsw.C1 : 0) | (tiny ? Fsw.Underflow : 0);
        }

        return new F80(sign | (uint)(rounded >> 63), rounded);
    }

    /// <summary>Rounds a significand to 64 - <paramref name="discard"/> bits; on a carry out it is renormalised.</summary>
    private static ulong RoundMantissa(ulong hi, ulong lo, int discard, uint sign, uint cw, out bool inexact, out bool up, out bool carry)
    {
        ulong kept = hi;
        ulong rest = lo;
        if (discard != 0)
        {
            kept = hi >> discard;
            rest = (hi << (64 - discard)) | (lo != 0 ? 1u : 0);
        }

        inexact = rest != 0;
        up = RoundsUp(kept, rest, sign, cw);
        carry = false;
        if (up)
        {
            kept++;
            if (kept == (discard == 0 ? 0 : 1UL << (64 - discard)))
            {
                kept = 1UL << (63 - discard);
                carry = true;
            }
        }

        return kept << discard;
    }

    /// <summary>True when a magnitude with this fraction below its last bit is rounded up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool RoundsUp(ulong kept, ulong rest, uint sign, uint cw) => (cw & Fcw.RoundingMask) switch
    {
        Fcw.RoundNearest => rest > F80.IntegerBit || (rest == F80.IntegerBit && (kept & 1) != 0),
        Fcw.RoundDown => rest != 0 && sign != 0,
        Fcw.RoundUp => rest != 0 && sign == 0,
        _ => false,
    };

    /// <summary>Shifts a 128-bit significand right; whatever is lost stays visible in the lowest bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ShiftRightSticky(ref ulong hi, ref ulong lo, int count)
    {
        if (count == 0)
        {
            return;
        }

        if (count < 64)
        {
            ulong lost = lo << (64 - count);
            lo = (hi << (64 - count)) | (lo >> count) | (lost != 0 ? 1u : 0);
            hi >>= count;
        }
        else if (count < 128)
        {
            int n = count - 64;
            ulong lost = n == 0 ? lo : (hi << (64 - n)) | lo;
            lo = (hi >> n) | (lost != 0 ? 1u : 0);
            hi = 0;
        }
        else
        {
            lo = (hi | lo) != 0 ? 1u : 0;
            hi = 0;
        }
    }
}
