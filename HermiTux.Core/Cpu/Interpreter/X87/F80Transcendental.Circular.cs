namespace HermiTux.Cpu.Interpreter.X87;

/// <content>Sine, cosine and tangent.</content>
internal static partial class F80Transcendental
{
    /// <summary>
    /// Sine, cosine and their quotient's parts for a finite argument.
    /// </summary>
    /// <param name="x">The argument; neither NaN nor infinite.</param>
    /// <param name="sine">The sine.</param>
    /// <param name="cosine">The cosine.</param>
    /// <returns>False when |x| is 2^63 or more, which sets C2.</returns>
    private static bool TryCircular(F80 x, out Wide sine, out Wide cosine)
    {
        int exponent = x.Exponent - F80.Bias;
        if (exponent >= 63)
        {
            sine = default;
            cosine = default;
            return false;
        }

        Wide r;
        uint quadrant = 0;
        if (exponent < -1)
        {
            r = Wide.From(x);
        }
        else
        {
            // In units of 2^-65, pi/2 is the 66-bit integer that also stands for pi in units of 2^-64.
            UInt128 scaled = (UInt128)x.Mantissa << (exponent + 2);
            (UInt128 quotient, UInt128 rest) = UInt128.DivRem(scaled, s_pi66);
            bool negative = false;
            quadrant = (uint)quotient & 3;
            if (rest + rest > s_pi66)
            {
                rest = s_pi66 - rest;
                quadrant = (quadrant + 1) & 3;
                negative = true;
            }

            if (x.IsNegative)
            {
                negative = !negative;
                quadrant = (4 - quadrant) & 3;
            }

            r = Wide.Normalise(rest, 127 - 65, negative);
        }

        UInt128 square = (r * r).ToFixed();
        UInt128 sineSum = s_one;
        UInt128 cosineSum = s_one;
        for (int k = 32; k >= 2; k -= 2)
        {
            cosineSum = s_one - Multiply(Multiply(square, Multiply(s_reciprocals[k], s_reciprocals[k - 1])), cosineSum);
            sineSum = s_one - Multiply(Multiply(square, Multiply(s_reciprocals[k], s_reciprocals[k + 1])), sineSum);
        }

        Wide s = r * FromFixed(sineSum);
        Wide c = FromFixed(cosineSum);
        (sine, cosine) = quadrant switch
        {
            0 => (s, c),
            1 => (c, -s),
            2 => (-s, -c),
            _ => (-c, s),
        };
        return true;
    }

    /// <summary>Handles NaNs, infinities, zeros and denormals; true when <paramref name="result"/> is the (sine or tangent) result.</summary>
    private static bool TryCircularSpecial(F80 x, ref uint sw, out F80 result)
    {
        if (F80Math.TryInvalidOrNaN(x, ref sw, out result))
        {
            return true;
        }

        if (x.IsInfinity)
        {
            result = F80Math.Invalid(ref sw);
            return true;
        }

        if (x.IsZero)
        {
            result = x;
            return true;
        }

        sw |= x.IsDenormal ? Fsw.DenormalOperand : 0;
        return false;
    }

    /// <summary>FSIN; false when the argument is out of range.</summary>
    public static bool TrySine(F80 x, uint cw, ref uint sw, out F80 result)
    {
        if (TryCircularSpecial(x, ref sw, out result))
        {
            return true;
        }

        if (!TryCircular(x, out Wide sine, out _))
        {
            return false;
        }

        result = sine.IsZero ? F80.Zero : Round(sine, cw, ref sw);
        return true;
    }

    /// <summary>FCOS; false when the argument is out of range.</summary>
    public static bool TryCosine(F80 x, uint cw, ref uint sw, out F80 result)
    {
        if (TryCircularSpecial(x, ref sw, out result))
        {
            result = x.IsZero ? F80.One : result;
            return true;
        }

        if (!TryCircular(x, out _, out Wide cosine))
        {
            return false;
        }

        result = cosine.IsZero ? F80.Zero : Round(cosine, cw, ref sw);
        return true;
    }

    /// <summary>FSINCOS; false when the argument is out of range.</summary>
    public static bool TrySineCosine(F80 x, uint cw, ref uint sw, out F80 sine, out F80 cosine)
    {
        if (TryCircularSpecial(x, ref sw, out sine))
        {
            cosine = x.IsZero ? F80.One : sine;
            return true;
        }

        cosine = default;
        if (!TryCircular(x, out Wide s, out Wide c))
        {
            return false;
        }

        sine = s.IsZero ? F80.Zero : Round(s, cw, ref sw);
        uint cosineFlags = 0;
        cosine = c.IsZero ? F80.Zero : Round(c, cw, ref cosineFlags);
        sw |= cosineFlags & ~Fsw.C1;
        return true;
    }

    /// <summary>FPTAN; false when the argument is out of range.</summary>
    public static bool TryTangent(F80 x, uint cw, ref uint sw, out F80 result)
    {
        if (TryCircularSpecial(x, ref sw, out result))
        {
            return true;
        }

        if (!TryCircular(x, out Wide sine, out Wide cosine))
        {
            return false;
        }

        if (x.Exponent < F80.Bias - 60)
        {
            // Just above x, which the series, just below it, can't show.
            result = Round(Wide.From(x), cw, ref sw);
            return true;
        }

        result = sine.IsZero ? F80.Zero : cosine.IsZero ? F80.Infinity(sine.Negative ? F80.SignBit : 0) : Round(sine / cosine, cw, ref sw);
        return true;
    }
}
