using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>
/// A floating-point number with a 128-bit significand, for the inside of transcendental functions: value = significand / 2^127 * 2^exponent.
/// Operations truncate; their relative error is below 2^-125.
/// </summary>
internal readonly struct Wide
{
    public readonly UInt128 Significand;
    public readonly int Exponent;
    public readonly bool Negative;

    /// <summary>A positive number from a normalised significand.</summary>
    public Wide(ulong hi, ulong lo, int exponent)
        : this(new UInt128(hi, lo), exponent, negative: false)
    {
    }

    public Wide(UInt128 significand, int exponent, bool negative)
    {
        Significand = significand;
        Exponent = exponent;
        Negative = negative;
    }

    public static Wide One => new(1UL << 63, 0, 0);

    public bool IsZero => Significand == UInt128.Zero;

    /// <summary>Upper half of the significand.</summary>
    public ulong Hi => (ulong)(Significand >> 64);

    /// <summary>Lower half of the significand.</summary>
    public ulong Lo => (ulong)Significand;

    /// <summary>From an unnormalised significand.</summary>
    public static Wide Normalise(UInt128 significand, int exponent, bool negative)
    {
        if (significand == UInt128.Zero)
        {
            return default;
        }

        int shift = (int)UInt128.LeadingZeroCount(significand);
        return new Wide(significand << shift, exponent - shift, negative);
    }

    /// <summary>A finite extended number, exactly.</summary>
    public static Wide From(F80 value)
    {
        if (value.IsZero)
        {
            return default;
        }

        value.Unpack(out int exponent, out ulong mantissa);
        return new Wide(new UInt128(mantissa, 0), exponent - F80.Bias, value.IsNegative);
    }

    /// <summary>An integer, exactly.</summary>
    public static Wide From(int value) => Normalise((UInt128)(uint)Math.Abs(value), 127, value < 0);

    public static Wide operator -(Wide value) => new(value.Significand, value.Exponent, !value.Negative);

    public static Wide operator *(Wide a, Wide b)
    {
        if (a.IsZero || b.IsZero)
        {
            return default;
        }

        UInt128 product = MultiplyHigh(a.Significand, b.Significand);
        int exponent = a.Exponent + b.Exponent + 1;
        if ((long)(ulong)(product >> 64) >= 0)
        {
            product <<= 1;
            exponent--;
        }

        return new Wide(product, exponent, a.Negative != b.Negative);
    }

    public static Wide operator +(Wide a, Wide b)
    {
        if (a.IsZero)
        {
            return b;
        }

        if (b.IsZero)
        {
            return a;
        }

        if (a.Exponent < b.Exponent || (a.Exponent == b.Exponent && a.Significand < b.Significand))
        {
            (a, b) = (b, a);
        }

        int shift = a.Exponent - b.Exponent;
        UInt128 aligned = shift < 128 ? b.Significand >> shift : UInt128.Zero;
        if (a.Negative != b.Negative)
        {
            return Normalise(a.Significand - aligned, a.Exponent, a.Negative);
        }

        UInt128 sum = a.Significand + aligned;
        return sum < a.Significand
            ? new Wide((sum >> 1) | (UInt128.One << 127), a.Exponent + 1, a.Negative)
            : new Wide(sum, a.Exponent, a.Negative);
    }

    public static Wide operator -(Wide a, Wide b) => a + (-b);

    public static Wide operator /(Wide a, Wide b)
    {
        if (a.IsZero)
        {
            return default;
        }

        UInt128 rest = a.Significand;
        int exponent = a.Exponent - b.Exponent;
        if (rest >= b.Significand)
        {
            rest >>= 1;
        }
        else
        {
            exponent--;
        }

        ulong hi = QuotientDigit(ref rest, b.Significand);
        ulong lo = QuotientDigit(ref rest, b.Significand);
        return new Wide(new UInt128(hi, lo), exponent, a.Negative != b.Negative);
    }

    /// <summary>Upper half of a product, a few units in the last place too small at most.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt128 MultiplyHigh(UInt128 a, UInt128 b)
    {
        ulong aHi = (ulong)(a >> 64);
        ulong bHi = (ulong)(b >> 64);
        ulong hi = Math.BigMul(aHi, bHi, out ulong lo);
        ulong cross1 = Math.BigMul(aHi, (ulong)b, out _);
        ulong cross2 = Math.BigMul((ulong)a, bHi, out _);
        return new UInt128(hi, lo) + cross1 + cross2;
    }

    /// <summary>A fraction with 127 bits after the point (see <see cref="F80Transcendental"/>), rounded down.</summary>
    public UInt128 ToFixed()
    {
        int shift = -Exponent;
        return shift >= 128 ? UInt128.Zero : Significand >> shift;
    }

    /// <summary>One 64-bit digit of rest * 2^64 / divisor (Knuth's algorithm D); the divisor is normalised and above rest.</summary>
    private static ulong QuotientDigit(ref UInt128 rest, UInt128 divisor)
    {
        ulong divisorHi = (ulong)(divisor >> 64);
        ulong restHi = (ulong)(rest >> 64);
        ulong digit = restHi >= divisorHi ? ulong.MaxValue : F80Math.DivideWide(restHi, (ulong)rest, divisorHi, out _);

        // The product has three digits: top (two of them) and bottom.
        ulong carry = Math.BigMul(digit, (ulong)divisor, out ulong bottom);
        ulong topHi = Math.BigMul(digit, divisorHi, out ulong topLo);
        UInt128 top = new UInt128(topHi, topLo) + carry;
        while (top > rest || (top == rest && bottom != 0))
        {
            digit--;
            top -= divisorHi;
            ulong before = bottom;
            bottom -= (ulong)divisor;
            if (bottom > before)
            {
                top--;
            }
        }

        UInt128 difference = rest - top;
        if (bottom != 0)
        {
            difference--;
        }

        rest = (difference << 64) | (0 - bottom);
        return digit;
    }
}
