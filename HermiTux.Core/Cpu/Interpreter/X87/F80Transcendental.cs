namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>
/// F2XM1, FYL2X, FYL2XP1, FPATAN, FSIN, FCOS, FPTAN.
/// </summary>
/// <remarks>
/// Results are computed to about 120 bits and rounded once, so they are correctly rounded but for one case in 2^50 or so. Hardware is
/// within one unit in the last place of that and differs in the last bit now and then, AMD's and Intel's not in the
/// same cases. Arguments of the trigonometric functions are reduced with the 66-bit pi that both use (Intel SDM vol. 1, 8.3.8), so near
/// multiples of pi results equal theirs and not the mathematical value. Precision control has no effect.
/// Fractions in series are fixed-point numbers with 127 bits after the point.
/// </remarks>
internal static partial class F80Transcendental
{
    /// <summary>pi * 2^64 as the hardware has it: 66 bits.</summary>
    private static readonly UInt128 s_pi66 = new(3, 0x243F_6A88_85A3_08D3);

    private static readonly UInt128 s_one = UInt128.One << 127;

    /// <summary>1 / n, for n from 0 (unused) to 79.</summary>
    private static readonly UInt128[] s_reciprocals = Reciprocals();

    private static UInt128[] Reciprocals()
    {
        var table = new UInt128[80];
        for (uint n = 1; n < 80; n++)
        {
            table[n] = s_one / n;
        }

        return table;
    }

    private static UInt128 Multiply(UInt128 a, UInt128 b) => Wide.MultiplyHigh(a, b) << 1;

    /// <summary>Rounds an inexact value.</summary>
    private static F80 Round(Wide value, uint cw, ref uint sw) =>
        F80Math.Round(value.Negative ? F80.SignBit : 0, value.Exponent + F80.Bias, value.Hi, value.Lo | 1, cw | Fcw.Precision64, ref sw);

    /// <summary>A series' value in [0, 2) as a number; a value of exactly one becomes just less, since it never is one.</summary>
    private static Wide FromFixed(UInt128 value) => Wide.Normalise(value == s_one ? value - 1 : value, 0, negative: false);

    /// <summary>F2XM1: 2^x - 1 for x from -1 to 1. Beyond that hardware leaves the operand, and so does this.</summary>
    public static F80 PowerOfTwoMinusOne(F80 x, uint cw, ref uint sw)
    {
        if (F80Math.TryInvalidOrNaN(x, ref sw, out F80 result))
        {
            return result;
        }

        if (x.IsZero)
        {
            return x;
        }

        if (x.IsInfinity)
        {
            return x.IsNegative ? new F80(F80.SignBit | F80.Bias, F80.IntegerBit) : x;
        }

        if (x.IsDenormal)
        {
            sw |= Fsw.DenormalOperand;
        }

        if (x.Exponent >= F80.Bias)
        {
            if (x.Exponent > F80.Bias || x.Mantissa != F80.IntegerBit)
            {
                sw |= Fsw.Precision;
                return x;
            }

            // Hardware doesn't know that these results are exact.
            sw |= Fsw.Precision;
            return x.IsNegative
                ? new F80(F80.SignBit | (F80.Bias - 1), F80.IntegerBit)
                : F80Math.Round(0, F80.Bias - 1, ulong.MaxValue, ulong.MaxValue, cw | Fcw.Precision64, ref sw);
        }

        // (e^t - 1) / t with t = x ln 2, times x ln 2.
        Wide argument = Wide.From(x);
        UInt128 t = (argument * s_ln2).ToFixed();
        UInt128 sum = s_one;
        for (int k = 31; k >= 2; k--)
        {
            UInt128 term = Multiply(Multiply(t, s_reciprocals[k]), sum);
            sum = x.IsNegative ? s_one - term : s_one + term;
        }

        return Round(argument * s_ln2 * FromFixed(sum), cw, ref sw);
    }

    /// <summary>FYL2X: y * log2(x).</summary>
    public static F80 YLog2X(F80 x, F80 y, uint cw, ref uint sw)
    {
        if (F80Math.TryInvalidOrNaN(x, y, ref sw, out F80 result))
        {
            return result;
        }

        if (x.IsZero)
        {
            if (y.IsZero)
            {
                return F80Math.Invalid(ref sw);
            }

            sw |= y.IsInfinity ? 0 : Fsw.ZeroDivide;
            return F80.Infinity(y.Sign ^ F80.SignBit);
        }

        bool one = x.Mantissa == F80.IntegerBit && x.SignExponent == F80.Bias;
        if (x.IsNegative || (x.IsInfinity && y.IsZero) || (y.IsInfinity && one))
        {
            return F80Math.Invalid(ref sw);
        }

        F80Math.NoteDenormals(x, y, ref sw);
        uint sign = y.Sign ^ (x.Exponent < F80.Bias ? F80.SignBit : 0);
        if (x.IsInfinity || y.IsInfinity)
        {
            return F80.Infinity(sign);
        }

        if (one || y.IsZero)
        {
            return F80.SignedZero(sign);
        }

        Wide product = Log2(Wide.From(x)) * Wide.From(y);
        if (x.Mantissa << 1 != 0 || x.IsDenormal)
        {
            return Round(product, cw, ref sw);
        }

        // The logarithm of a power of two is an integer. Hardware reports the result as inexact all the same.
        sw |= Fsw.Precision;
        return F80Math.Round(product.Negative ? F80.SignBit : 0, product.Exponent + F80.Bias, product.Hi, product.Lo, cw | Fcw.Precision64, ref sw);
    }

    /// <summary>The binary logarithm of a positive number other than one.</summary>
    private static Wide Log2(Wide x)
    {
        // m in [sqrt(1/2), sqrt(2)), so that the logarithm of m never cancels the exponent.
        int exponent = x.Exponent;
        UInt128 m = x.Significand >> 1;
        if (x.Hi > 0xB504_F333_F9DE_6484)
        {
            m >>= 1;
            exponent++;
        }

        UInt128 unit = UInt128.One << 126;
        if (m == unit)
        {
            return Wide.From(exponent);
        }

        Wide numerator = m >= unit ? Wide.Normalise(m - unit, 1, false) : Wide.Normalise(unit - m, 1, true);
        return Wide.From(exponent) + Log2OnePlus(numerator, Wide.Normalise(m + unit, 1, false));
    }

    /// <summary>FYL2XP1: y * log2(x + 1), for x between -(1 - sqrt(1/2)) and sqrt(2) - 1.</summary>
    public static F80 YLog2XPlusOne(F80 x, F80 y, uint cw, ref uint sw)
    {
        if (F80Math.TryInvalidOrNaN(x, y, ref sw, out F80 result))
        {
            return result;
        }

        if ((x.IsZero && y.IsInfinity) || (x.IsInfinity && (y.IsZero || x.IsNegative)))
        {
            return F80Math.Invalid(ref sw);
        }

        F80Math.NoteDenormals(x, y, ref sw);
        uint sign = x.Sign ^ y.Sign;
        if (x.IsInfinity || y.IsInfinity)
        {
            return F80.Infinity(sign);
        }

        if (x.IsZero || y.IsZero)
        {
            return F80.SignedZero(sign);
        }

        Wide value = Wide.From(x);
        if (x.Exponent >= F80.Bias - 2)
        {
            // Out of range or near it. The result is undefined; this is what AMD's hardware gives.
            if (x.IsNegative && x.Exponent >= F80.Bias)
            {
                sw |= Fsw.Precision;
                return x;
            }

            return Round(Log2(value + Wide.One) * Wide.From(y), cw, ref sw);
        }

        return Round(Log2OnePlus(value, value + new Wide(1UL << 63, 0, 1)) * Wide.From(y), cw, ref sw);
    }

    /// <summary>log2((1 + s) / (1 - s)) with s = numerator / denominator, |s| below 0.35.</summary>
    private static Wide Log2OnePlus(Wide numerator, Wide denominator)
    {
        Wide s = numerator / denominator;
        UInt128 square = (s * s).ToFixed();
        UInt128 sum = s_reciprocals[79];
        for (int k = 77; k >= 3; k -= 2)
        {
            sum = s_reciprocals[k] + Multiply(square, sum);
        }

        sum = s_one + Multiply(square, sum);
        return s * s_twoOverLn2 * Wide.Normalise(sum, 0, negative: false);
    }

    /// <summary>FPATAN: the angle of the point (x, y), x = ST(0).</summary>
    public static F80 ArcTangent(F80 x, F80 y, uint cw, ref uint sw)
    {
        if (F80Math.TryInvalidOrNaN(x, y, ref sw, out F80 result))
        {
            return result;
        }

        F80Math.NoteDenormals(x, y, ref sw);
        Wide angle;
        if (y.IsZero && !x.IsNegative)
        {
            return y;
        }

        if (x.IsInfinity && !y.IsInfinity && !x.IsNegative)
        {
            return F80.SignedZero(y.Sign);
        }

        if (x.IsInfinity && y.IsInfinity)
        {
            angle = x.IsNegative ? s_threeQuarterPi : s_quarterPi;
        }
        else if (y.IsZero || x.IsInfinity)
        {
            angle = s_pi;
        }
        else if (x.IsZero || y.IsInfinity)
        {
            angle = s_halfPi;
        }
        else
        {
            angle = Angle(Absolute(Wide.From(x)), Absolute(Wide.From(y)));
            if (x.IsNegative)
            {
                angle = s_pi - angle;
            }
        }

        return Round(y.IsNegative ? -angle : angle, cw, ref sw);
    }

    private static Wide Absolute(Wide value) => new(value.Significand, value.Exponent, negative: false);

    /// <summary>The angle of a point in the first quadrant, axes excluded.</summary>
    private static Wide Angle(Wide x, Wide y)
    {
        bool steep = y.Exponent > x.Exponent || (y.Exponent == x.Exponent && y.Significand > x.Significand);
        Wide t = steep ? x / y : y / x;

        // atan(t) = atan(c) + atan((t - c) / (1 + t c)) with c the nearest sixteenth.
        Wide offset = default;
        int sixteenths = t.Exponent < -6 ? 0 : (int)((t.ToFixed() + (UInt128.One << 122)) >> 123);
        if (sixteenths != 0)
        {
            Wide c = Wide.Normalise((UInt128)sixteenths << 123, 0, negative: false);
            offset = s_arcTangents[sixteenths - 1];
            t = (t - c) / (Wide.One + (t * c));
        }

        Wide angle = t.IsZero ? offset : offset + ArcTangentSeries(t);
        return steep ? s_halfPi - angle : angle;
    }

    private static Wide ArcTangentSeries(Wide t)
    {
        UInt128 square = (t * t).ToFixed();
        UInt128 sum = s_reciprocals[27];
        for (int k = 25; k >= 3; k -= 2)
        {
            sum = s_reciprocals[k] - Multiply(square, sum);
        }

        return t * FromFixed(s_one - Multiply(square, sum));
    }
}
