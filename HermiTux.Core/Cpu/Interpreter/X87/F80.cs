using System.Numerics;
using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>
/// An 80-bit extended-precision value as the x87 keeps it: a 64-bit significand with an explicit integer bit, a 15-bit
/// exponent biased by 16383, a sign (Intel SDM vol. 1, 4.2.2 and 8.2). Any bit pattern can occur, also the "unsupported" ones.
/// </summary>
internal readonly struct F80
{
    /// <summary>The bias of the exponent.</summary>
    public const int Bias = 16383;

    /// <summary>The exponent field of infinities and NaNs.</summary>
    public const int MaxExponent = 0x7FFF;

    /// <summary>The sign bit of <see cref="SignExponent"/>.</summary>
    public const uint SignBit = 0x8000;

    /// <summary>The explicit integer bit of the significand.</summary>
    public const ulong IntegerBit = 1UL << 63;

    /// <summary>The bit that makes a NaN quiet.</summary>
    public const ulong QuietBit = 1UL << 62;

    /// <summary>The significand.</summary>
    public readonly ulong Mantissa;

    /// <summary>Sign in bit 15, biased exponent in bits 14:0; the rest is zero.</summary>
    public readonly uint SignExponent;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F80(uint signExponent, ulong mantissa)
    {
        SignExponent = signExponent;
        Mantissa = mantissa;
    }

    /// <summary>Real indefinite: what a masked invalid operation gives.</summary>
    public static F80 Indefinite => new(0xFFFF, 0xC000_0000_0000_0000);

    /// <summary>Plus zero.</summary>
    public static F80 Zero => new(0, 0);

    /// <summary>Plus one.</summary>
    public static F80 One => new(Bias, IntegerBit);

    /// <summary>Sign as it is in <see cref="SignExponent"/>.</summary>
    public uint Sign => SignExponent & SignBit;

    /// <summary>True when the sign bit is set.</summary>
    public bool IsNegative => (SignExponent & SignBit) != 0;

    /// <summary>The biased exponent.</summary>
    public int Exponent => (int)(SignExponent & 0x7FFF);

    /// <summary>A finite number that is neither zero nor any kind of denormal: the case that must be fast.</summary>
    public bool IsNormal
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (long)Mantissa < 0 && (SignExponent & 0x7FFF) - 1 < 0x7FFE;
    }

    /// <summary>Plus or minus zero.</summary>
    public bool IsZero => Mantissa == 0 && (SignExponent & 0x7FFF) == 0;

    /// <summary>Plus or minus infinity.</summary>
    public bool IsInfinity => Mantissa == IntegerBit && (SignExponent & 0x7FFF) == 0x7FFF;

    /// <summary>A quiet or signalling NaN (not a pseudo-NaN, which is unsupported).</summary>
    public bool IsNaN => (SignExponent & 0x7FFF) == 0x7FFF && Mantissa > IntegerBit;

    /// <summary>A NaN that raises the invalid exception when used.</summary>
    public bool IsSignallingNaN => IsNaN && (Mantissa & QuietBit) == 0;

    /// <summary>An encoding that the 387 and its successors reject: a non-zero exponent without the integer bit.</summary>
    public bool IsUnsupported => (long)Mantissa >= 0 && (SignExponent & 0x7FFF) != 0;

    /// <summary>A denormal, also a pseudo-denormal (integer bit set, exponent zero).</summary>
    public bool IsDenormal => (SignExponent & 0x7FFF) == 0 && Mantissa != 0;

    /// <summary>Zero with a sign.</summary>
    public static F80 SignedZero(uint sign) => new(sign, 0);

    /// <summary>Infinity with a sign.</summary>
    public static F80 Infinity(uint sign) => new(sign | 0x7FFF, IntegerBit);

    /// <summary>The same number with the other sign.</summary>
    public F80 Negate() => new(SignExponent ^ SignBit, Mantissa);

    /// <summary>A NaN made quiet.</summary>
    public F80 Quieten() => new(SignExponent, Mantissa | QuietBit);

    /// <summary>
    /// Sign, biased exponent and a significand with its integer bit set, for a finite non-zero number; a denormal gets an exponent of zero or less.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Unpack(out int exponent, out ulong mantissa)
    {
        exponent = Exponent;
        mantissa = Mantissa;
        if (exponent == 0)
        {
            int shift = BitOperations.LeadingZeroCount(mantissa);
            mantissa <<= shift;
            exponent = 1 - shift;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{SignExponent:X4}:{Mantissa:X16}";
}
