namespace HermiTux.Cpu.Interpreter.SoftFloat;

/// <content>Addition, multiplication, division, square root and fused multiply-add.</content>
internal static partial class SoftFloat<T>
{
    /// <summary>a + b.</summary>
    public static ulong Add(ulong a, ulong b, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        b = Operand(b, mxcsr);
        return IsNaN(a) || IsNaN(b) ? PropagateNaN(a, b, ref flags) : AddNumbers(a, b, mxcsr, ref flags);
    }

    /// <summary>a - b.</summary>
    public static ulong Subtract(ulong a, ulong b, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        b = Operand(b, mxcsr);
        return IsNaN(a) || IsNaN(b) ? PropagateNaN(a, b, ref flags) : AddNumbers(a, b ^ SignBit, mxcsr, ref flags);
    }

    /// <summary>a * b.</summary>
    public static ulong Multiply(ulong a, ulong b, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        b = Operand(b, mxcsr);
        if (IsNaN(a) || IsNaN(b))
        {
            return PropagateNaN(a, b, ref flags);
        }

        ulong sign = (a ^ b) & SignBit;
        if (IsInfinity(a) || IsInfinity(b))
        {
            if (IsZero(a) || IsZero(b))
            {
                return InvalidOperation(ref flags);
            }

            NoteDenormals(a, b, ref flags);
            return sign | Infinity;
        }

        NoteDenormals(a, b, ref flags);
        if (IsZero(a) || IsZero(b))
        {
            return sign;
        }

        int exponent = Unpack(a, out ulong x) + Unpack(b, out ulong y) + 1;
        return Round128(sign != 0, exponent, (UInt128)x * y, mxcsr, ref flags);
    }

    /// <summary>a / b.</summary>
    public static ulong Divide(ulong a, ulong b, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        b = Operand(b, mxcsr);
        if (IsNaN(a) || IsNaN(b))
        {
            return PropagateNaN(a, b, ref flags);
        }

        ulong sign = (a ^ b) & SignBit;
        if (IsInfinity(a))
        {
            if (IsInfinity(b))
            {
                return InvalidOperation(ref flags);
            }

            NoteDenormals(a, b, ref flags);
            return sign | Infinity;
        }

        if (IsZero(b))
        {
            if (IsZero(a))
            {
                return InvalidOperation(ref flags);
            }

            flags |= SseControl.ZeroDivide;
            return sign | Infinity;
        }

        NoteDenormals(a, b, ref flags);
        if (IsZero(a) || IsInfinity(b))
        {
            return sign;
        }

        int exponent = Unpack(a, out ulong x) - Unpack(b, out ulong y);
        UInt128 dividend = (UInt128)x << 63;
        if (x < y)
        {
            dividend <<= 1;
            exponent--;
        }

        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(dividend, y);
        return Round(sign != 0, exponent, (ulong)quotient | (remainder != 0 ? 1ul : 0), mxcsr, ref flags);
    }

    /// <summary>The square root of a.</summary>
    public static ulong SquareRoot(ulong a, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        if (IsNaN(a))
        {
            return PropagateNaN(a, a, ref flags);
        }

        if (IsZero(a))
        {
            return a;
        }

        if (IsNegative(a))
        {
            return InvalidOperation(ref flags);
        }

        if (IsInfinity(a))
        {
            return a;
        }

        NoteDenormals(a, a, ref flags);
        int exponent = Unpack(a, out ulong x);

        // An even exponent halves exactly; the root of a 127- or 128-bit integer then has its leading one in bit 63.
        UInt128 square = (UInt128)x << ((exponent & 1) == 0 ? 63 : 64);
        UInt128 root = 0;
        for (int bit = 63; bit >= 0; bit--)
        {
            UInt128 candidate = root | (UInt128.One << bit);
            if (candidate * candidate <= square)
            {
                root = candidate;
            }
        }

        bool exact = root * root == square;
        return Round(false, exponent >> 1, (ulong)root | (exact ? 0 : 1ul), mxcsr, ref flags);
    }

    /// <summary>
    /// a * b + c with one rounding. The product and the addend are negated first as told, without touching NaNs; of several NaNs the
    /// result is the first in the order a, b, c.
    /// </summary>
    public static ulong FusedMultiplyAdd(ulong a, ulong b, ulong c, bool negateProduct, bool negateAddend, uint mxcsr, ref uint flags)
    {
        a = Operand(a, mxcsr);
        b = Operand(b, mxcsr);
        c = Operand(c, mxcsr);
        if (IsNaN(a) || IsNaN(b) || IsNaN(c))
        {
            if (IsSignalingNaN(a) || IsSignalingNaN(b) || IsSignalingNaN(c))
            {
                flags |= SseControl.Invalid;
            }

            return (IsNaN(a) ? a : IsNaN(b) ? b : c) | QuietBit;
        }

        bool productNegative = (((a ^ b) & SignBit) != 0) != negateProduct;
        ulong addend = negateAddend ? c ^ SignBit : c;
        if (IsInfinity(a) || IsInfinity(b))
        {
            if (IsZero(a) || IsZero(b) || (IsInfinity(c) && IsNegative(addend) != productNegative))
            {
                return InvalidOperation(ref flags);
            }

            NoteDenormals(a, b, ref flags);
            NoteDenormals(c, c, ref flags);
            return (productNegative ? SignBit : 0) | Infinity;
        }

        NoteDenormals(a, b, ref flags);
        NoteDenormals(c, c, ref flags);
        if (IsInfinity(c))
        {
            return addend;
        }

        if (IsZero(a) || IsZero(b))
        {
            ulong zero = productNegative ? SignBit : 0;
            return IsZero(c)
                ? (zero == addend ? zero : CancellationZero(mxcsr))
                : RoundNumber(addend, mxcsr, ref flags);
        }

        // Leading ones in bit 126, so that a carry has room. The product has at least 20 zero bits at its end.
        int exponent = Unpack(a, out ulong x) + Unpack(b, out ulong y);
        UInt128 product = (UInt128)x * y;
        if (product >> 127 != 0)
        {
            product >>= 1;
            exponent++;
        }

        if (IsZero(c))
        {
            return Round128(productNegative, exponent + 1, product, mxcsr, ref flags);
        }

        int addendExponent = Unpack(c, out ulong z);
        UInt128 term = (UInt128)z << 63;
        if (exponent >= addendExponent)
        {
            term = ShiftRightJam(term, exponent - addendExponent);
        }
        else
        {
            product = ShiftRightJam(product, addendExponent - exponent);
            exponent = addendExponent;
        }

        bool negative = productNegative;
        UInt128 sum;
        if (productNegative == IsNegative(addend))
        {
            sum = product + term;
        }
        else if (product >= term)
        {
            sum = product - term;
        }
        else
        {
            sum = term - product;
            negative = !negative;
        }

        return sum == 0 ? CancellationZero(mxcsr) : Round128(negative, exponent + 1, sum, mxcsr, ref flags);
    }

    private static ulong AddNumbers(ulong a, ulong b, uint mxcsr, ref uint flags)
    {
        if (IsInfinity(a) || IsInfinity(b))
        {
            if (IsInfinity(a) && IsInfinity(b) && a != b)
            {
                return InvalidOperation(ref flags);
            }

            NoteDenormals(a, b, ref flags);
            return IsInfinity(a) ? a : b;
        }

        NoteDenormals(a, b, ref flags);
        if (IsZero(a) || IsZero(b))
        {
            return !IsZero(a) ? RoundNumber(a, mxcsr, ref flags)
                : !IsZero(b) ? RoundNumber(b, mxcsr, ref flags)
                : a == b ? a : CancellationZero(mxcsr);
        }

        int exponent = Unpack(a, out ulong x);
        int other = Unpack(b, out ulong y);
        bool negative = IsNegative(a);
        bool same = negative == IsNegative(b);
        if (exponent < other || (exponent == other && x < y))
        {
            (exponent, other) = (other, exponent);
            (x, y) = (y, x);
            negative = IsNegative(b);
        }

        // Room for a carry; at least ten bits remain below the significand, enough to round rightly.
        x >>= 1;
        y = ShiftRightJam(y >> 1, exponent - other);
        ulong sum = same ? x + y : x - y;
        if (sum == 0)
        {
            return CancellationZero(mxcsr);
        }

        int shift = System.Numerics.BitOperations.LeadingZeroCount(sum);
        return Round(negative, exponent + 1 - shift, sum << shift, mxcsr, ref flags);
    }

    /// <summary>Rounds a finite nonzero number of the format itself: only a denormal one can change, or raise underflow.</summary>
    private static ulong RoundNumber(ulong a, uint mxcsr, ref uint flags)
    {
        int exponent = Unpack(a, out ulong significand);
        return Round(IsNegative(a), exponent, significand, mxcsr, ref flags);
    }

    private static void NoteDenormals(ulong a, ulong b, ref uint flags)
    {
        if (IsDenormal(a) || IsDenormal(b))
        {
            flags |= SseControl.Denormal;
        }
    }
}
