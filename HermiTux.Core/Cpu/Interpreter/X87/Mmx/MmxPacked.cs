using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HermiTux.Cpu.Interpreter.Mmx;

/// <summary>The arithmetic of the packed instructions on 64-bit values, in portable vector operations.</summary>
internal static class MmxPacked
{
    /// <summary>A value in the lower half of a vector, zero above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> V(ulong value) => Vector128.CreateScalar(value);

    /// <summary>The lower half of a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Low<T>(Vector128<T> value) => value.AsUInt64().ToScalar();

    /// <summary>Two values side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Pair(ulong low, ulong high) => Vector128.Create(low, high);

    /// <summary>Word n, sign-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Word(ulong value, int n) => (short)(value >> (16 * n));

    /// <summary>Doubleword n, sign-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dword(ulong value, int n) => (int)(value >> (32 * n));

    /// <summary>Four words from integers, truncated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Words(int w0, int w1, int w2, int w3) =>
        (ushort)w0 | ((ulong)(ushort)w1 << 16) | ((ulong)(ushort)w2 << 32) | ((ulong)(ushort)w3 << 48);

    /// <summary>Two doublewords.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Dwords(int d0, int d1) => (uint)d0 | ((ulong)(uint)d1 << 32);

    /// <summary>An integer limited to 16 signed bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Saturate16(int value) => Math.Clamp(value, short.MinValue, short.MaxValue);

    /// <summary>Upper halves of the signed word products.</summary>
    public static ulong MultiplyHigh(ulong a, ulong b)
    {
        Vector128<int> product = Vector128.WidenLower(V(a).AsInt16()) * Vector128.WidenLower(V(b).AsInt16());
        return Low(Vector128.Narrow(product >> 16, product));
    }

    /// <summary>Upper halves of the unsigned word products.</summary>
    public static ulong MultiplyHighUnsigned(ulong a, ulong b)
    {
        Vector128<uint> product = Vector128.WidenLower(V(a).AsUInt16()) * Vector128.WidenLower(V(b).AsUInt16());
        return Low(Vector128.Narrow(product >> 16, product));
    }

    /// <summary>PMULHRSW.</summary>
    public static ulong MultiplyHighRounded(ulong a, ulong b)
    {
        Vector128<int> product = Vector128.WidenLower(V(a).AsInt16()) * Vector128.WidenLower(V(b).AsInt16());
        return Low(Vector128.Narrow(((product >> 14) + Vector128<int>.One) >> 1, product));
    }

    /// <summary>PMADDWD.</summary>
    public static ulong MultiplyAdd(ulong a, ulong b) => Dwords(
        (Word(a, 0) * Word(b, 0)) + (Word(a, 1) * Word(b, 1)),
        unchecked((Word(a, 2) * Word(b, 2)) + (Word(a, 3) * Word(b, 3))));

    /// <summary>PMADDUBSW: unsigned bytes of a by signed bytes of b.</summary>
    public static ulong MultiplyAddBytes(ulong a, ulong b)
    {
        ulong result = 0;
        for (int i = 0; i < 64; i += 16)
        {
            int sum = ((byte)(a >> i) * (sbyte)(b >> i)) + ((byte)(a >> (i + 8)) * (sbyte)(b >> (i + 8)));
            result |= (ulong)(ushort)Saturate16(sum) << i;
        }

        return result;
    }

    /// <summary>PAVGB.</summary>
    public static ulong AverageBytes(ulong a, ulong b)
    {
        Vector128<ushort> sum = Vector128.WidenLower(V(a).AsByte()) + Vector128.WidenLower(V(b).AsByte()) + Vector128<ushort>.One;
        return Low(Vector128.Narrow(sum >> 1, sum));
    }

    /// <summary>PAVGW.</summary>
    public static ulong AverageWords(ulong a, ulong b)
    {
        Vector128<uint> sum = Vector128.WidenLower(V(a).AsUInt16()) + Vector128.WidenLower(V(b).AsUInt16()) + Vector128<uint>.One;
        return Low(Vector128.Narrow(sum >> 1, sum));
    }

    /// <summary>PSADBW.</summary>
    public static ulong SumOfDifferences(ulong a, ulong b)
    {
        ulong sum = 0;
        for (int i = 0; i < 64; i += 8)
        {
            sum += (ulong)Math.Abs((byte)(a >> i) - (byte)(b >> i));
        }

        return sum;
    }

    /// <summary>PACKSSWB.</summary>
    public static ulong PackWordsSigned(ulong a, ulong b)
    {
        Vector128<short> words = Vector128.Min(Vector128.Max(Pair(a, b).AsInt16(), Vector128.Create((short)sbyte.MinValue)), Vector128.Create((short)sbyte.MaxValue));
        return Low(Vector128.Narrow(words, words));
    }

    /// <summary>PACKUSWB.</summary>
    public static ulong PackWordsUnsigned(ulong a, ulong b)
    {
        Vector128<short> words = Vector128.Min(Vector128.Max(Pair(a, b).AsInt16(), Vector128<short>.Zero), Vector128.Create((short)byte.MaxValue));
        return Low(Vector128.Narrow(words.AsUInt16(), words.AsUInt16()));
    }

    /// <summary>PACKSSDW.</summary>
    public static ulong PackDwords(ulong a, ulong b) =>
        Words(Saturate16(Dword(a, 0)), Saturate16(Dword(a, 1)), Saturate16(Dword(b, 0)), Saturate16(Dword(b, 1)));

    /// <summary>PSHUFB.</summary>
    public static ulong ShuffleBytes(ulong a, ulong b)
    {
        ulong result = 0;
        for (int i = 0; i < 64; i += 8)
        {
            byte selector = (byte)(b >> i);
            result |= (selector & 0x80) != 0 ? 0 : ((a >> ((selector & 7) * 8)) & 0xFF) << i;
        }

        return result;
    }

    /// <summary>PSHUFW.</summary>
    public static ulong ShuffleWords(ulong a, byte control) =>
        Words(Word(a, control & 3), Word(a, (control >> 2) & 3), Word(a, (control >> 4) & 3), Word(a, control >> 6));

    /// <summary>PALIGNR: bytes of a:b from <paramref name="count"/> on.</summary>
    public static ulong AlignRight(ulong a, ulong b, byte count) => count switch
    {
        0 => b,
        < 8 => (b >> (count * 8)) | (a << (64 - (count * 8))),
        8 => a,
        < 16 => a >> ((count - 8) * 8),
        _ => 0,
    };

    /// <summary>PSIGNB, PSIGNW, PSIGND.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ApplySign<T>(ulong a, ulong b)
    {
        Vector128<T> value = V(a).As<ulong, T>();
        Vector128<T> sign = V(b).As<ulong, T>();
        Vector128<T> signed = Vector128.ConditionalSelect(Vector128.LessThan(sign, Vector128<T>.Zero), -value, value);
        return Low(Vector128.AndNot(signed, Vector128.Equals(sign, Vector128<T>.Zero)));
    }

    /// <summary>PMOVMSKB.</summary>
    public static ulong ByteMask(ulong value) => V(value).AsByte().ExtractMostSignificantBits();
}
