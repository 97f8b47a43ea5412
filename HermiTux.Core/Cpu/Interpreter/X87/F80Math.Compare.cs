namespace HermiTux.Cpu.Interpreter.X87;

/// <content>Comparison and classification.</content>
internal static partial class F80Math
{
    /// <summary>
    /// Compares as FCOM (a quiet NaN is invalid) or FUCOM (it isn't) does.
    /// </summary>
    /// <returns>C3, C2 and C0: nothing for greater, C0 for less, C3 for equal, all three for unordered.</returns>
    public static uint Compare(F80 a, F80 b, bool quiet, ref uint sw)
    {
        if (!a.IsNormal || !b.IsNormal)
        {
            if (a.IsUnsupported || b.IsUnsupported || a.IsNaN || b.IsNaN)
            {
                if (!quiet || a.IsUnsupported || b.IsUnsupported || a.IsSignallingNaN || b.IsSignallingNaN)
                {
                    sw |= Fsw.InvalidOperation;
                }

                return Fsw.C3 | Fsw.C2 | Fsw.C0;
            }

            NoteDenormals(a, b, ref sw);
            if (a.IsZero && b.IsZero)
            {
                return Fsw.C3;
            }
        }

        if (a.Sign != b.Sign)
        {
            return a.IsNegative ? Fsw.C0 : 0;
        }

        // A pseudo-denormal has the exponent of the smallest normal number.
        int expA = a.Exponent + (a.IsDenormal && (long)a.Mantissa < 0 ? 1 : 0);
        int expB = b.Exponent + (b.IsDenormal && (long)b.Mantissa < 0 ? 1 : 0);
        if (expA == expB && a.Mantissa == b.Mantissa)
        {
            return Fsw.C3;
        }

        bool smaller = expA != expB ? expA < expB : a.Mantissa < b.Mantissa;
        return smaller != a.IsNegative ? Fsw.C0 : 0;
    }

    /// <summary>FXAM without the empty case: the class in C3, C2, C0 and the sign in C1.</summary>
    public static uint Examine(F80 a)
    {
        uint sign = a.IsNegative ? Fsw.C1 : 0;
        if (a.IsUnsupported)
        {
            return sign;
        }

        if (a.Exponent == F80.MaxExponent)
        {
            return sign | (a.IsInfinity ? Fsw.C2 | Fsw.C0 : Fsw.C0);
        }

        return sign | (a.IsZero ? Fsw.C3 : a.IsDenormal ? Fsw.C3 | Fsw.C2 : Fsw.C2);
    }
}
