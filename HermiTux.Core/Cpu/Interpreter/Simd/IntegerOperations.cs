using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

// Element-wise integer arithmetic, comparison and logic that every host has as vector operations.

/// <summary>PADDB.</summary>
internal readonly struct Paddb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => a + b;
}

/// <summary>PSUBB.</summary>
internal readonly struct Psubb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => a - b;
}

/// <summary>PCMPEQB.</summary>
internal readonly struct Pcmpeqb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.Equals(a, b);
}

/// <summary>PCMPGTB.</summary>
internal readonly struct Pcmpgtb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.GreaterThan(a.AsSByte(), b.AsSByte())).AsByte();
}

/// <summary>PADDW.</summary>
internal readonly struct Paddw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (a.AsUInt16() + b.AsUInt16()).AsByte();
}

/// <summary>PSUBW.</summary>
internal readonly struct Psubw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (a.AsUInt16() - b.AsUInt16()).AsByte();
}

/// <summary>PCMPEQW.</summary>
internal readonly struct Pcmpeqw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Equals(a.AsUInt16(), b.AsUInt16())).AsByte();
}

/// <summary>PCMPGTW.</summary>
internal readonly struct Pcmpgtw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.GreaterThan(a.AsInt16(), b.AsInt16())).AsByte();
}

/// <summary>PADDD.</summary>
internal readonly struct Paddd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (a.AsUInt32() + b.AsUInt32()).AsByte();
}

/// <summary>PSUBD.</summary>
internal readonly struct Psubd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (a.AsUInt32() - b.AsUInt32()).AsByte();
}

/// <summary>PCMPEQD.</summary>
internal readonly struct Pcmpeqd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Equals(a.AsUInt32(), b.AsUInt32())).AsByte();
}

/// <summary>PCMPGTD.</summary>
internal readonly struct Pcmpgtd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.GreaterThan(a.AsInt32(), b.AsInt32())).AsByte();
}

/// <summary>PADDQ.</summary>
internal readonly struct Paddq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (a.AsUInt64() + b.AsUInt64()).AsByte();
}

/// <summary>PSUBQ.</summary>
internal readonly struct Psubq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (a.AsUInt64() - b.AsUInt64()).AsByte();
}

/// <summary>PCMPEQQ.</summary>
internal readonly struct Pcmpeqq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Equals(a.AsUInt64(), b.AsUInt64())).AsByte();
}

/// <summary>PCMPGTQ.</summary>
internal readonly struct Pcmpgtq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.GreaterThan(a.AsInt64(), b.AsInt64())).AsByte();
}

/// <summary>PADDSB.</summary>
internal readonly struct Paddsb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.AddSaturate(a.AsSByte(), b.AsSByte())).AsByte();
}

/// <summary>PSUBSB.</summary>
internal readonly struct Psubsb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.SubtractSaturate(a.AsSByte(), b.AsSByte())).AsByte();
}

/// <summary>PADDUSB.</summary>
internal readonly struct Paddusb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.AddSaturate(a, b);
}

/// <summary>PSUBUSB.</summary>
internal readonly struct Psubusb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.SubtractSaturate(a, b);
}

/// <summary>PADDSW.</summary>
internal readonly struct Paddsw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.AddSaturate(a.AsInt16(), b.AsInt16())).AsByte();
}

/// <summary>PSUBSW.</summary>
internal readonly struct Psubsw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.SubtractSaturate(a.AsInt16(), b.AsInt16())).AsByte();
}

/// <summary>PADDUSW.</summary>
internal readonly struct Paddusw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.AddSaturate(a.AsUInt16(), b.AsUInt16())).AsByte();
}

/// <summary>PSUBUSW.</summary>
internal readonly struct Psubusw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.SubtractSaturate(a.AsUInt16(), b.AsUInt16())).AsByte();
}

/// <summary>PMINSB.</summary>
internal readonly struct Pminsb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Min(a.AsSByte(), b.AsSByte())).AsByte();
}

/// <summary>PMAXSB.</summary>
internal readonly struct Pmaxsb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Max(a.AsSByte(), b.AsSByte())).AsByte();
}

/// <summary>PMINUB.</summary>
internal readonly struct Pminub : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.Min(a, b);
}

/// <summary>PMAXUB.</summary>
internal readonly struct Pmaxub : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.Max(a, b);
}

/// <summary>PMINSW.</summary>
internal readonly struct Pminsw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Min(a.AsInt16(), b.AsInt16())).AsByte();
}

/// <summary>PMAXSW.</summary>
internal readonly struct Pmaxsw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Max(a.AsInt16(), b.AsInt16())).AsByte();
}

/// <summary>PMINUW.</summary>
internal readonly struct Pminuw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Min(a.AsUInt16(), b.AsUInt16())).AsByte();
}

/// <summary>PMAXUW.</summary>
internal readonly struct Pmaxuw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Max(a.AsUInt16(), b.AsUInt16())).AsByte();
}

/// <summary>PMINSD.</summary>
internal readonly struct Pminsd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Min(a.AsInt32(), b.AsInt32())).AsByte();
}

/// <summary>PMAXSD.</summary>
internal readonly struct Pmaxsd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Max(a.AsInt32(), b.AsInt32())).AsByte();
}

/// <summary>PMINUD.</summary>
internal readonly struct Pminud : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Min(a.AsUInt32(), b.AsUInt32())).AsByte();
}

/// <summary>PMAXUD.</summary>
internal readonly struct Pmaxud : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (Vector128.Max(a.AsUInt32(), b.AsUInt32())).AsByte();
}

/// <summary>PMULLW.</summary>
internal readonly struct Pmullw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (a.AsUInt16() * b.AsUInt16()).AsByte();
}

/// <summary>PMULLD.</summary>
internal readonly struct Pmulld : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => (a.AsUInt32() * b.AsUInt32()).AsByte();
}

/// <summary>PAND, ANDPS, ANDPD.</summary>
internal readonly struct Pand : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => a & b;
}

/// <summary>PANDN, ANDNPS, ANDNPD.</summary>
internal readonly struct Pandn : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Vector128.AndNot(b, a);
}

/// <summary>POR, ORPS, ORPD.</summary>
internal readonly struct Por : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => a | b;
}

/// <summary>PXOR, XORPS, XORPD.</summary>
internal readonly struct Pxor : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => a ^ b;
}

/// <summary>PABSB. The most negative value stays what it is.</summary>
internal readonly struct Pabsb : IUnaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a)
    {
        V128 negative = Vector128.ShiftRightArithmetic(a.AsSByte(), 7).AsByte();
        return (a ^ negative) - negative;
    }
}

/// <summary>PSIGNB.</summary>
internal readonly struct Psignb : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        V128 negative = Vector128.ShiftRightArithmetic(b.AsSByte(), 7).AsByte();
        V128 signed = (a ^ negative) - negative;
        return Vector128.AndNot(signed, Vector128.Equals(b, default));
    }
}

/// <summary>PABSW. The most negative value stays what it is.</summary>
internal readonly struct Pabsw : IUnaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a)
    {
        V128 negative = Vector128.ShiftRightArithmetic(a.AsInt16(), 15).AsByte();
        return ((a ^ negative).AsUInt16() - negative.AsUInt16()).AsByte();
    }
}

/// <summary>PSIGNW.</summary>
internal readonly struct Psignw : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        V128 negative = Vector128.ShiftRightArithmetic(b.AsInt16(), 15).AsByte();
        V128 signed = ((a ^ negative).AsUInt16() - negative.AsUInt16()).AsByte();
        return Vector128.AndNot(signed, (Vector128.Equals(b.AsUInt16(), default)).AsByte());
    }
}

/// <summary>PABSD. The most negative value stays what it is.</summary>
internal readonly struct Pabsd : IUnaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a)
    {
        V128 negative = Vector128.ShiftRightArithmetic(a.AsInt32(), 31).AsByte();
        return ((a ^ negative).AsUInt32() - negative.AsUInt32()).AsByte();
    }
}

/// <summary>PSIGND.</summary>
internal readonly struct Psignd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        V128 negative = Vector128.ShiftRightArithmetic(b.AsInt32(), 31).AsByte();
        V128 signed = ((a ^ negative).AsUInt32() - negative.AsUInt32()).AsByte();
        return Vector128.AndNot(signed, (Vector128.Equals(b.AsUInt32(), default)).AsByte());
    }
}
