using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.X87;

/// <content>NaNs, unsupported operands and denormals (Intel SDM vol. 1, 4.8.3 and 8.5).</content>
internal static partial class F80Math
{
    /// <summary>An invalid operation: real indefinite.</summary>
    public static F80 Invalid(ref uint sw)
    {
        sw |= Fsw.InvalidOperation;
        return F80.Indefinite;
    }

    /// <summary>The cases of one operand that end an operation at once: unsupported encodings and NaNs.</summary>
    public static bool TryInvalidOrNaN(F80 a, ref uint sw, out F80 result)
    {
        if (a.IsUnsupported)
        {
            result = Invalid(ref sw);
            return true;
        }

        if (a.IsNaN)
        {
            if (a.IsSignallingNaN)
            {
                sw |= Fsw.InvalidOperation;
            }

            result = a.Quieten();
            return true;
        }

        result = default;
        return false;
    }

    /// <summary>The same for two operands.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryInvalidOrNaN(F80 a, F80 b, ref uint sw, out F80 result)
    {
        if (a.IsUnsupported || b.IsUnsupported)
        {
            result = Invalid(ref sw);
            return true;
        }

        bool nanA = a.IsNaN;
        bool nanB = b.IsNaN;
        if (!nanA && !nanB)
        {
            result = default;
            return false;
        }

        bool signallingA = a.IsSignallingNaN;
        bool signallingB = b.IsSignallingNaN;
        if (signallingA || signallingB)
        {
            sw |= Fsw.InvalidOperation;
        }

        F80 quietA = a.Quieten();
        F80 quietB = b.Quieten();
        if (!nanB)
        {
            result = quietA;
        }
        else if (!nanA)
        {
            result = quietB;
        }
        else if (signallingA != signallingB)
        {
            // A quiet NaN wins over a signalling one.
            result = signallingA ? quietB : quietA;
        }
        else if (quietA.Mantissa != quietB.Mantissa)
        {
            result = quietA.Mantissa > quietB.Mantissa ? quietA : quietB;
        }
        else
        {
            result = quietA.IsNegative ? quietB : quietA;
        }

        return true;
    }

    /// <summary>Sets the denormal flag if an operand is a denormal.</summary>
    public static void NoteDenormals(F80 a, F80 b, ref uint sw)
    {
        if (a.IsDenormal || b.IsDenormal)
        {
            sw |= Fsw.DenormalOperand;
        }
    }
}
