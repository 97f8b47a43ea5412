using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

// Multiplications, averages, sums of differences and horizontal operations: one host instruction on x86, written out with
// portable vector operations elsewhere.

/// <summary>PMULHW.</summary>
internal readonly struct Pmulhw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.MultiplyHigh(a.AsInt16(), b.AsInt16()).AsByte();
        }

        (Vector128<int> a0, Vector128<int> a1) = Vector128.Widen(a.AsInt16());
        (Vector128<int> b0, Vector128<int> b1) = Vector128.Widen(b.AsInt16());
        return Vector128.Narrow((a0 * b0) >> 16, (a1 * b1) >> 16).AsByte();
    }
}

/// <summary>PMULHUW.</summary>
internal readonly struct Pmulhuw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.MultiplyHigh(a.AsUInt16(), b.AsUInt16()).AsByte();
        }

        (Vector128<uint> a0, Vector128<uint> a1) = Vector128.Widen(a.AsUInt16());
        (Vector128<uint> b0, Vector128<uint> b1) = Vector128.Widen(b.AsUInt16());
        return Vector128.Narrow((a0 * b0) >>> 16, (a1 * b1) >>> 16).AsByte();
    }
}

/// <summary>PMULHRSW.</summary>
internal readonly struct Pmulhrsw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Ssse3.IsSupported)
        {
            return Ssse3.MultiplyHighRoundScale(a.AsInt16(), b.AsInt16()).AsByte();
        }

        (Vector128<int> a0, Vector128<int> a1) = Vector128.Widen(a.AsInt16());
        (Vector128<int> b0, Vector128<int> b1) = Vector128.Widen(b.AsInt16());
        Vector128<int> one = Vector128<int>.One;
        return Vector128.Narrow((((a0 * b0) >> 14) + one) >> 1, (((a1 * b1) >> 14) + one) >> 1).AsByte();
    }
}

/// <summary>PMULUDQ.</summary>
internal readonly struct Pmuludq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.Multiply(a.AsUInt32(), b.AsUInt32()).AsByte();
        }

        Vector128<ulong> mask = Vector128.Create(0xFFFF_FFFFul);
        return ((a.AsUInt64() & mask) * (b.AsUInt64() & mask)).AsByte();
    }
}

/// <summary>PMULDQ.</summary>
internal readonly struct Pmuldq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse41.IsSupported)
        {
            return Sse41.Multiply(a.AsInt32(), b.AsInt32()).AsByte();
        }

        return Vector128.Create((long)a.AsInt32().GetElement(0) * b.AsInt32().GetElement(0),
            (long)a.AsInt32().GetElement(2) * b.AsInt32().GetElement(2)).AsByte();
    }
}

/// <summary>PMADDWD.</summary>
internal readonly struct Pmaddwd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16()).AsByte();
        }

        Vector128<int> a32 = a.AsInt32();
        Vector128<int> b32 = b.AsInt32();
        Vector128<int> even = ((a32 << 16) >> 16) * ((b32 << 16) >> 16);
        return (even + ((a32 >> 16) * (b32 >> 16))).AsByte();
    }
}

/// <summary>PMADDUBSW: unsigned bytes of the first source times signed bytes of the second.</summary>
internal readonly struct Pmaddubsw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Ssse3.IsSupported)
        {
            return Ssse3.MultiplyAddAdjacent(a, b.AsSByte()).AsByte();
        }

        // Each product fits 16 bits with its sign (at most 255 * 128), so only the sum has to saturate.
        Vector128<short> even = (a.AsUInt16() & Vector128.Create((ushort)0xFF)).AsInt16() * ((b.AsInt16() << 8) >> 8);
        Vector128<short> odd = (a.AsUInt16() >>> 8).AsInt16() * (b.AsInt16() >> 8);
        return Vector128.AddSaturate(even, odd).AsByte();
    }
}

/// <summary>PAVGB.</summary>
internal readonly struct Pavgb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.Average(a, b);
        }

        // (a + b + 1) >> 1 without the ninth bit.
        return (a | b) - ((a ^ b) >>> 1);
    }
}

/// <summary>PAVGW.</summary>
internal readonly struct Pavgw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.Average(a.AsUInt16(), b.AsUInt16()).AsByte();
        }

        return ((a | b).AsUInt16() - ((a ^ b).AsUInt16() >>> 1)).AsByte();
    }
}

/// <summary>PSADBW.</summary>
internal readonly struct Psadbw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.SumAbsoluteDifferences(a, b).AsByte();
        }

        V128 difference = Vector128.Max(a, b) - Vector128.Min(a, b);
        return Vector128.Create(
            (ulong)Vector128.Sum(Vector128.WidenLower(difference)),
            Vector128.Sum(Vector128.WidenUpper(difference))).AsByte();
    }
}

/// <summary>MPSADBW.</summary>
internal readonly unsafe struct Mpsadbw : IBinaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V128 Apply(V128 a, V128 b, byte immediate)
    {
        byte* first = (byte*)&a + (immediate & 4);
        byte* second = (byte*)&b + (4 * (immediate & 3));
        Vector128<ushort> result = default;
        for (int i = 0; i < 8; i++)
        {
            int sum = 0;
            for (int j = 0; j < 4; j++)
            {
                sum += Math.Abs(first[i + j] - second[j]);
            }

            result = result.WithElement(i, (ushort)sum);
        }

        return result.AsByte();
    }
}

/// <summary>PHMINPOSUW.</summary>
internal readonly struct Phminposuw : IUnaryOperation
{
    public static V128 Apply(V128 a)
    {
        Vector128<ushort> words = a.AsUInt16();
        uint minimum = words.ToScalar();
        uint position = 0;
        for (int i = 1; i < 8; i++)
        {
            if (words.GetElement(i) < minimum)
            {
                minimum = words.GetElement(i);
                position = (uint)i;
            }
        }

        return Vector128.CreateScalar(minimum | (position << 16)).AsByte();
    }
}

/// <summary>The even and odd elements of two vectors, for horizontal operations.</summary>
internal static class Deinterleave
{
    /// <summary>Even words of a, then of b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> EvenWords(V128 a, V128 b) => Vector128.Narrow(a.AsInt32(), b.AsInt32());

    /// <summary>Odd words of a, then of b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> OddWords(V128 a, V128 b) => Vector128.Narrow(a.AsInt32() >>> 16, b.AsInt32() >>> 16);

    /// <summary>Even doublewords of a, then of b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> EvenDwords(V128 a, V128 b) => Vector128.Narrow(a.AsInt64(), b.AsInt64());

    /// <summary>Odd doublewords of a, then of b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> OddDwords(V128 a, V128 b) => Vector128.Narrow(a.AsInt64() >>> 32, b.AsInt64() >>> 32);
}

/// <summary>PHADDW.</summary>
internal readonly struct Phaddw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Ssse3.IsSupported
        ? Ssse3.HorizontalAdd(a.AsInt16(), b.AsInt16()).AsByte()
        : (Deinterleave.EvenWords(a, b) + Deinterleave.OddWords(a, b)).AsByte();
}

/// <summary>PHADDD.</summary>
internal readonly struct Phaddd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Ssse3.IsSupported
        ? Ssse3.HorizontalAdd(a.AsInt32(), b.AsInt32()).AsByte()
        : (Deinterleave.EvenDwords(a, b) + Deinterleave.OddDwords(a, b)).AsByte();
}

/// <summary>PHADDSW.</summary>
internal readonly struct Phaddsw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Ssse3.IsSupported
        ? Ssse3.HorizontalAddSaturate(a.AsInt16(), b.AsInt16()).AsByte()
        : Vector128.AddSaturate(Deinterleave.EvenWords(a, b), Deinterleave.OddWords(a, b)).AsByte();
}

/// <summary>PHSUBW.</summary>
internal readonly struct Phsubw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Ssse3.IsSupported
        ? Ssse3.HorizontalSubtract(a.AsInt16(), b.AsInt16()).AsByte()
        : (Deinterleave.EvenWords(a, b) - Deinterleave.OddWords(a, b)).AsByte();
}

/// <summary>PHSUBD.</summary>
internal readonly struct Phsubd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Ssse3.IsSupported
        ? Ssse3.HorizontalSubtract(a.AsInt32(), b.AsInt32()).AsByte()
        : (Deinterleave.EvenDwords(a, b) - Deinterleave.OddDwords(a, b)).AsByte();
}

/// <summary>PHSUBSW.</summary>
internal readonly struct Phsubsw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Ssse3.IsSupported
        ? Ssse3.HorizontalSubtractSaturate(a.AsInt16(), b.AsInt16()).AsByte()
        : Vector128.SubtractSaturate(Deinterleave.EvenWords(a, b), Deinterleave.OddWords(a, b)).AsByte();
}
