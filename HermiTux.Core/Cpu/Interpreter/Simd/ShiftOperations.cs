using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

// Shifts. The host's portable vector shifts take the count modulo the element size, x86 doesn't: hence the checks.

/// <summary>PSLLW.</summary>
internal readonly struct Psllw : IShiftOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, ulong count) => count > 15 ? default : (a.AsUInt16() << (int)count).AsByte();
}

/// <summary>PSLLD.</summary>
internal readonly struct Pslld : IShiftOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, ulong count) => count > 31 ? default : (a.AsUInt32() << (int)count).AsByte();
}

/// <summary>PSLLQ.</summary>
internal readonly struct Psllq : IShiftOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, ulong count) => count > 63 ? default : (a.AsUInt64() << (int)count).AsByte();
}

/// <summary>PSRLW.</summary>
internal readonly struct Psrlw : IShiftOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, ulong count) => count > 15 ? default : (a.AsUInt16() >>> (int)count).AsByte();
}

/// <summary>PSRLD.</summary>
internal readonly struct Psrld : IShiftOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, ulong count) => count > 31 ? default : (a.AsUInt32() >>> (int)count).AsByte();
}

/// <summary>PSRLQ.</summary>
internal readonly struct Psrlq : IShiftOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, ulong count) => count > 63 ? default : (a.AsUInt64() >>> (int)count).AsByte();
}

/// <summary>PSRAW.</summary>
internal readonly struct Psraw : IShiftOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, ulong count) => (a.AsInt16() >> (int)Math.Min(count, 15)).AsByte();
}

/// <summary>PSRAD.</summary>
internal readonly struct Psrad : IShiftOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, ulong count) => (a.AsInt32() >> (int)Math.Min(count, 31)).AsByte();
}

/// <summary>VPSLLVD.</summary>
internal readonly struct Psllvd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ShiftLeftLogicalVariable(a.AsUInt32(), b.AsUInt32()).AsByte();
        }

        Vector128<uint> result = default;
        for (int i = 0; i < 4; i++)
        {
            uint count = b.AsUInt32().GetElement(i);
            result = result.WithElement(i, count > 31 ? 0 : a.AsUInt32().GetElement(i) << (int)count);
        }

        return result.AsByte();
    }
}

/// <summary>VPSLLVQ.</summary>
internal readonly struct Psllvq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ShiftLeftLogicalVariable(a.AsUInt64(), b.AsUInt64()).AsByte();
        }

        Vector128<ulong> result = default;
        for (int i = 0; i < 2; i++)
        {
            ulong count = b.AsUInt64().GetElement(i);
            result = result.WithElement(i, count > 63 ? 0 : a.AsUInt64().GetElement(i) << (int)count);
        }

        return result.AsByte();
    }
}

/// <summary>VPSRLVD.</summary>
internal readonly struct Psrlvd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ShiftRightLogicalVariable(a.AsUInt32(), b.AsUInt32()).AsByte();
        }

        Vector128<uint> result = default;
        for (int i = 0; i < 4; i++)
        {
            uint count = b.AsUInt32().GetElement(i);
            result = result.WithElement(i, count > 31 ? 0 : a.AsUInt32().GetElement(i) >> (int)count);
        }

        return result.AsByte();
    }
}

/// <summary>VPSRLVQ.</summary>
internal readonly struct Psrlvq : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ShiftRightLogicalVariable(a.AsUInt64(), b.AsUInt64()).AsByte();
        }

        Vector128<ulong> result = default;
        for (int i = 0; i < 2; i++)
        {
            ulong count = b.AsUInt64().GetElement(i);
            result = result.WithElement(i, count > 63 ? 0 : a.AsUInt64().GetElement(i) >> (int)count);
        }

        return result.AsByte();
    }
}

/// <summary>VPSRAVD.</summary>
internal readonly struct Psravd : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ShiftRightArithmeticVariable(a.AsInt32(), b.AsUInt32()).AsByte();
        }

        Vector128<int> result = default;
        for (int i = 0; i < 4; i++)
        {
            result = result.WithElement(i, a.AsInt32().GetElement(i) >> (int)Math.Min(b.AsUInt32().GetElement(i), 31));
        }

        return result.AsByte();
    }
}

/// <summary>Shifts of a whole lane by 0 to 16 bytes, as byte shuffles: an index with its top bit set gives zero.</summary>
internal static class ByteShift
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Right(V128 a, int count) =>
        Pshufb.Apply(a, Vector128<byte>.Indices + Vector128.Create((byte)(0x70 + count)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Left(V128 a, int count) => Pshufb.Apply(a, Vector128<byte>.Indices - Vector128.Create((byte)count));
}

/// <summary>PSRLDQ.</summary>
internal readonly struct Psrldq : IUnaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, byte immediate) => ByteShift.Right(a, Math.Min((int)immediate, 16));
}

/// <summary>PSLLDQ.</summary>
internal readonly struct Pslldq : IUnaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, byte immediate) => ByteShift.Left(a, Math.Min((int)immediate, 16));
}

/// <summary>PALIGNR.</summary>
internal readonly struct Palignr : IBinaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, byte immediate) => immediate < 16
        ? ByteShift.Right(b, immediate) | ByteShift.Left(a, 16 - immediate)
        : ByteShift.Right(a, Math.Min(immediate - 16, 16));
}
