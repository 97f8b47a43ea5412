using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

// Packing with saturation and interleaving.

/// <summary>PACKSSWB.</summary>
internal readonly struct Packsswb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.NarrowWithSaturation(a.AsInt16(), b.AsInt16()).AsByte();
}

/// <summary>PACKSSDW.</summary>
internal readonly struct Packssdw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.NarrowWithSaturation(a.AsInt32(), b.AsInt32()).AsByte();
}

/// <summary>PACKUSWB.</summary>
internal readonly struct Packuswb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.PackUnsignedSaturate(a.AsInt16(), b.AsInt16());
        }

        Vector128<ushort> low = Vector128.Max(a.AsInt16(), default).AsUInt16();
        Vector128<ushort> high = Vector128.Max(b.AsInt16(), default).AsUInt16();
        return Vector128.NarrowWithSaturation(low, high);
    }
}

/// <summary>PACKUSDW.</summary>
internal readonly struct Packusdw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Sse41.IsSupported)
        {
            return Sse41.PackUnsignedSaturate(a.AsInt32(), b.AsInt32()).AsByte();
        }

        Vector128<uint> low = Vector128.Max(a.AsInt32(), default).AsUInt32();
        Vector128<uint> high = Vector128.Max(b.AsInt32(), default).AsUInt32();
        return Vector128.NarrowWithSaturation(low, high).AsByte();
    }
}

/// <summary>PUNPCKLBW.</summary>
internal readonly struct Punpcklbw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Sse2.IsSupported
        ? Sse2.UnpackLow(a, b)
        : (Vector128.WidenLower(a) | (Vector128.WidenLower(b) << 8)).AsByte();
}

/// <summary>PUNPCKHBW.</summary>
internal readonly struct Punpckhbw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Sse2.IsSupported
        ? Sse2.UnpackHigh(a, b)
        : (Vector128.WidenUpper(a) | (Vector128.WidenUpper(b) << 8)).AsByte();
}

/// <summary>PUNPCKLWD.</summary>
internal readonly struct Punpcklwd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Sse2.IsSupported
        ? Sse2.UnpackLow(a.AsUInt16(), b.AsUInt16()).AsByte()
        : (Vector128.WidenLower(a.AsUInt16()) | (Vector128.WidenLower(b.AsUInt16()) << 16)).AsByte();
}

/// <summary>PUNPCKHWD.</summary>
internal readonly struct Punpckhwd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Sse2.IsSupported
        ? Sse2.UnpackHigh(a.AsUInt16(), b.AsUInt16()).AsByte()
        : (Vector128.WidenUpper(a.AsUInt16()) | (Vector128.WidenUpper(b.AsUInt16()) << 16)).AsByte();
}

/// <summary>PUNPCKLDQ, UNPCKLPS.</summary>
internal readonly struct Punpckldq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Sse2.IsSupported
        ? Sse2.UnpackLow(a.AsUInt32(), b.AsUInt32()).AsByte()
        : (Vector128.WidenLower(a.AsUInt32()) | (Vector128.WidenLower(b.AsUInt32()) << 32)).AsByte();
}

/// <summary>PUNPCKHDQ, UNPCKHPS.</summary>
internal readonly struct Punpckhdq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Sse2.IsSupported
        ? Sse2.UnpackHigh(a.AsUInt32(), b.AsUInt32()).AsByte()
        : (Vector128.WidenUpper(a.AsUInt32()) | (Vector128.WidenUpper(b.AsUInt32()) << 32)).AsByte();
}

/// <summary>PUNPCKLQDQ, UNPCKLPD.</summary>
internal readonly struct Punpcklqdq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Sse2.IsSupported
        ? Sse2.UnpackLow(a.AsUInt64(), b.AsUInt64()).AsByte()
        : Vector128.Create(a.GetLower(), b.GetLower());
}

/// <summary>PUNPCKHQDQ, UNPCKHPD.</summary>
internal readonly struct Punpckhqdq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Sse2.IsSupported
        ? Sse2.UnpackHigh(a.AsUInt64(), b.AsUInt64()).AsByte()
        : Vector128.Create(a.GetUpper(), b.GetUpper());
}
