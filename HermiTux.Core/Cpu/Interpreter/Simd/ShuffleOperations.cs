using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

// Shuffles, blends, duplications. Immediates are only known at run time, so the host's immediate forms are of no use;
// variable permutations with computed indices take their place.

/// <summary>Indices made from immediates.</summary>
internal static class ShuffleControl
{
    /// <summary>The four 2-bit fields of an immediate as elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Fields(byte immediate) =>
        Vector128.Create(immediate & 3, (immediate >> 2) & 3, (immediate >> 4) & 3, immediate >> 6);

    /// <summary>All-ones in each 32-bit element whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MaskDwords(byte bits)
    {
        Vector128<int> select = Vector128.Create(1, 2, 4, 8);
        return Vector128.Equals(Vector128.Create((int)bits) & select, select);
    }

    /// <summary>All-ones in each 64-bit element whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<long> MaskQwords(byte bits)
    {
        Vector128<long> select = Vector128.Create(1L, 2L);
        return Vector128.Equals(Vector128.Create((long)bits) & select, select);
    }

    /// <summary>All-ones in each 16-bit element whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> MaskWords(byte bits)
    {
        Vector128<short> select = Vector128.Create(1, 2, 4, 8, 16, 32, 64, 128);
        return Vector128.Equals(Vector128.Create((short)bits) & select, select);
    }
}

/// <summary>PSHUFB.</summary>
internal readonly struct Pshufb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Ssse3.IsSupported
        ? Ssse3.Shuffle(a, b)
        : Vector128.Shuffle(a, b & Vector128.Create((byte)0x8F)); // an index past the end gives zero
}

/// <summary>PSHUFD, and VPERMILPS with an immediate.</summary>
internal readonly struct Pshufd : IUnaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, byte immediate) => Vector128.Shuffle(a.AsInt32(), ShuffleControl.Fields(immediate)).AsByte();
}

/// <summary>PSHUFLW.</summary>
internal readonly struct Pshuflw : IUnaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, byte immediate)
    {
        ulong low = a.AsUInt64().ToScalar();
        return a.AsUInt64().WithElement(0, Permute(low, immediate)).AsByte();
    }

    /// <summary>Permutes the words of a quadword.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Permute(ulong words, byte immediate) =>
        (ushort)(words >> ((immediate & 3) << 4)) |
        ((ulong)(ushort)(words >> (((immediate >> 2) & 3) << 4)) << 16) |
        ((ulong)(ushort)(words >> (((immediate >> 4) & 3) << 4)) << 32) |
        ((ulong)(ushort)(words >> ((immediate >> 6) << 4)) << 48);
}

/// <summary>PSHUFHW.</summary>
internal readonly struct Pshufhw : IUnaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, byte immediate) =>
        a.AsUInt64().WithElement(1, Pshuflw.Permute(a.AsUInt64().GetElement(1), immediate)).AsByte();
}

/// <summary>SHUFPS.</summary>
internal readonly struct Shufps : IBinaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, byte immediate)
    {
        Vector128<int> control = ShuffleControl.Fields(immediate);
        Vector128<int> low = Vector128.Shuffle(a.AsInt32(), control);
        Vector128<int> high = Vector128.Shuffle(b.AsInt32(), control);
        return Vector128.Create(low.GetLower(), high.GetUpper()).AsByte();
    }
}

/// <summary>SHUFPD.</summary>
internal readonly struct Shufpd : IBinaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, byte immediate) => Vector128.Create(
        (immediate & 1) != 0 ? a.GetUpper() : a.GetLower(),
        (immediate & 2) != 0 ? b.GetUpper() : b.GetLower());
}

/// <summary>VPERMILPD with an immediate.</summary>
internal readonly struct PermilpdImmediate : IUnaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, byte immediate) => Shufpd.Apply(a, a, immediate);
}

/// <summary>VPERMILPS with a vector of indices.</summary>
internal readonly struct Permilps : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.Shuffle(a.AsInt32(), b.AsInt32() & Vector128.Create(3)).AsByte();
}

/// <summary>VPERMILPD with a vector of indices, which are in bit 1 of each element.</summary>
internal readonly struct Permilpd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.Shuffle(a.AsInt64(), (b.AsInt64() >>> 1) & Vector128.Create(1L)).AsByte();
}

/// <summary>MOVSHDUP.</summary>
internal readonly struct Movshdup : IUnaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.Shuffle(a.AsInt32(), Vector128.Create(1, 1, 3, 3)).AsByte();
}

/// <summary>MOVSLDUP.</summary>
internal readonly struct Movsldup : IUnaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.Shuffle(a.AsInt32(), Vector128.Create(0, 0, 2, 2)).AsByte();
}

/// <summary>BLENDPS, VPBLENDD.</summary>
internal readonly struct Blendps : IBinaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, byte immediate) =>
        Vector128.ConditionalSelect(ShuffleControl.MaskDwords(immediate).AsByte(), b, a);
}

/// <summary>BLENDPD.</summary>
internal readonly struct Blendpd : IBinaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, byte immediate) =>
        Vector128.ConditionalSelect(ShuffleControl.MaskQwords(immediate).AsByte(), b, a);
}

/// <summary>PBLENDW.</summary>
internal readonly struct Pblendw : IBinaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, byte immediate) =>
        Vector128.ConditionalSelect(ShuffleControl.MaskWords(immediate).AsByte(), b, a);
}

/// <summary>A blend under a mask of sign bits.</summary>
internal interface IVariableBlend
{
    /// <summary>b where the mask's sign bit is set, else a.</summary>
    static abstract V128 Apply(V128 a, V128 b, V128 mask);
}

/// <summary>PBLENDVB.</summary>
internal readonly struct Pblendvb : IVariableBlend
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, V128 mask) =>
        Vector128.ConditionalSelect(Vector128.ShiftRightArithmetic(mask.AsSByte(), 7).AsByte(), b, a);
}

/// <summary>BLENDVPS.</summary>
internal readonly struct Blendvps : IVariableBlend
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, V128 mask) =>
        Vector128.ConditionalSelect((mask.AsInt32() >> 31).AsByte(), b, a);
}

/// <summary>BLENDVPD.</summary>
internal readonly struct Blendvpd : IVariableBlend
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, V128 mask) =>
        Vector128.ConditionalSelect((mask.AsInt64() >> 63).AsByte(), b, a);
}

/// <summary>A widening of elements to 16 bytes.</summary>
internal interface IWidening
{
    /// <summary>How many source bytes give 16 bytes: 2, 4 or 8.</summary>
    static abstract int SourceBytes { get; }

    /// <summary>Widens the lowest elements.</summary>
    static abstract V128 Apply(V128 a);
}

/// <summary>PMOVSXBW.</summary>
internal readonly struct Pmovsxbw : IWidening
{
    public static int SourceBytes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(a.AsSByte()).AsByte();
}

/// <summary>PMOVSXBD.</summary>
internal readonly struct Pmovsxbd : IWidening
{
    public static int SourceBytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(Vector128.WidenLower(a.AsSByte())).AsByte();
}

/// <summary>PMOVSXBQ.</summary>
internal readonly struct Pmovsxbq : IWidening
{
    public static int SourceBytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(Vector128.WidenLower(Vector128.WidenLower(a.AsSByte()))).AsByte();
}

/// <summary>PMOVSXWD.</summary>
internal readonly struct Pmovsxwd : IWidening
{
    public static int SourceBytes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(a.AsInt16()).AsByte();
}

/// <summary>PMOVSXWQ.</summary>
internal readonly struct Pmovsxwq : IWidening
{
    public static int SourceBytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(Vector128.WidenLower(a.AsInt16())).AsByte();
}

/// <summary>PMOVSXDQ.</summary>
internal readonly struct Pmovsxdq : IWidening
{
    public static int SourceBytes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(a.AsInt32()).AsByte();
}

/// <summary>PMOVZXBW.</summary>
internal readonly struct Pmovzxbw : IWidening
{
    public static int SourceBytes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(a).AsByte();
}

/// <summary>PMOVZXBD.</summary>
internal readonly struct Pmovzxbd : IWidening
{
    public static int SourceBytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(Vector128.WidenLower(a)).AsByte();
}

/// <summary>PMOVZXBQ.</summary>
internal readonly struct Pmovzxbq : IWidening
{
    public static int SourceBytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(Vector128.WidenLower(Vector128.WidenLower(a))).AsByte();
}

/// <summary>PMOVZXWD.</summary>
internal readonly struct Pmovzxwd : IWidening
{
    public static int SourceBytes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(a.AsUInt16()).AsByte();
}

/// <summary>PMOVZXWQ.</summary>
internal readonly struct Pmovzxwq : IWidening
{
    public static int SourceBytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(Vector128.WidenLower(a.AsUInt16())).AsByte();
}

/// <summary>PMOVZXDQ.</summary>
internal readonly struct Pmovzxdq : IWidening
{
    public static int SourceBytes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Vector128.WidenLower(a.AsUInt32()).AsByte();
}
