using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter.SoftFloat;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>
/// A floating-point operation with two sources, for float and double, scalar and packed (<see cref="FloatEngine{TOp, T}"/>).
/// </summary>
internal interface IFloatOperation
{
    /// <summary>Whether the first source takes part; SQRT has only one, the second.</summary>
    static abstract bool UsesFirst { get; }

    /// <summary>Whether results are rounded; MIN and MAX only choose.</summary>
    static abstract bool Rounds { get; }

    /// <summary>The result by host arithmetic, right for regular operands when MXCSR asks for rounding to nearest.</summary>
    static abstract T Apply<T>(T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>The packed result by host arithmetic.</summary>
    static abstract Vector128<T> Apply<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>
    /// Whether the rounded result <paramref name="r"/> equals the exact one. Operands and result are regular, and neither tiny nor huge
    /// (<see cref="FloatEngine{TOp, T}"/> sees to that), so that the residual is representable.
    /// </summary>
    static abstract bool IsExact<T>(T a, T b, T r)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>The result and flags under any MXCSR; <paramref name="lane"/> is the element's index.</summary>
    static abstract ulong Soft<T>(int lane, ulong a, ulong b, uint mxcsr, ref uint flags)
        where T : unmanaged;
}

/// <summary>ADDPS and its kin.</summary>
internal readonly struct FloatAdd : IFloatOperation
{
    public static bool UsesFirst => true;

    public static bool Rounds => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Apply<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a + b;

    /// <summary>The rounding error of a sum is itself a number of the format (Knuth's TwoSum).</summary>
    public static bool IsExact<T>(T a, T b, T r)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T part = r - a;
        return (a - (r - part)) + (b - part) == T.Zero;
    }

    public static ulong Soft<T>(int lane, ulong a, ulong b, uint mxcsr, ref uint flags)
        where T : unmanaged => SoftFloat<T>.Add(a, b, mxcsr, ref flags);
}

/// <summary>SUBPS and its kin.</summary>
internal readonly struct FloatSubtract : IFloatOperation
{
    public static bool UsesFirst => true;

    public static bool Rounds => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Apply<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a - b;

    public static bool IsExact<T>(T a, T b, T r)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => FloatAdd.IsExact(a, -b, r);

    public static ulong Soft<T>(int lane, ulong a, ulong b, uint mxcsr, ref uint flags)
        where T : unmanaged => SoftFloat<T>.Subtract(a, b, mxcsr, ref flags);
}

/// <summary>ADDSUBPS and ADDSUBPD: even elements are subtracted, odd ones added.</summary>
internal readonly struct FloatAddSubtract : IFloatOperation
{
    public static bool UsesFirst => true;

    public static bool Rounds => true;

    public static T Apply<T>(T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => throw new NotSupportedException();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Apply<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Only taken as it is for numbers, so negating is as good as subtracting.
        Vector128<T> evenSigns = typeof(T) == typeof(double)
            ? Vector128.Create(1ul << 63, 0).As<ulong, T>()
            : Vector128.Create(1u << 31, 0, 1u << 31, 0).As<uint, T>();
        return a + (b ^ evenSigns);
    }

    public static bool IsExact<T>(T a, T b, T r)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => false;

    public static ulong Soft<T>(int lane, ulong a, ulong b, uint mxcsr, ref uint flags)
        where T : unmanaged => (lane & 1) == 0
            ? SoftFloat<T>.Subtract(a, b, mxcsr, ref flags)
            : SoftFloat<T>.Add(a, b, mxcsr, ref flags);
}

/// <summary>MULPS and its kin.</summary>
internal readonly struct FloatMultiply : IFloatOperation
{
    public static bool UsesFirst => true;

    public static bool Rounds => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Apply<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a * b;

    public static bool IsExact<T>(T a, T b, T r)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => T.FusedMultiplyAdd(a, b, -r) == T.Zero;

    public static ulong Soft<T>(int lane, ulong a, ulong b, uint mxcsr, ref uint flags)
        where T : unmanaged => SoftFloat<T>.Multiply(a, b, mxcsr, ref flags);
}

/// <summary>DIVPS and its kin.</summary>
internal readonly struct FloatDivide : IFloatOperation
{
    public static bool UsesFirst => true;

    public static bool Rounds => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Apply<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a / b;

    public static bool IsExact<T>(T a, T b, T r)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => T.FusedMultiplyAdd(r, b, -a) == T.Zero;

    public static ulong Soft<T>(int lane, ulong a, ulong b, uint mxcsr, ref uint flags)
        where T : unmanaged => SoftFloat<T>.Divide(a, b, mxcsr, ref flags);
}

/// <summary>SQRTPS and its kin; the operand is the second source.</summary>
internal readonly struct FloatSquareRoot : IFloatOperation
{
    public static bool UsesFirst => false;

    public static bool Rounds => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => T.Sqrt(b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Apply<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Vector128.Sqrt(b);

    public static bool IsExact<T>(T a, T b, T r)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => T.FusedMultiplyAdd(r, r, -b) == T.Zero;

    public static ulong Soft<T>(int lane, ulong a, ulong b, uint mxcsr, ref uint flags)
        where T : unmanaged => SoftFloat<T>.SquareRoot(b, mxcsr, ref flags);
}

/// <summary>MINPS and its kin.</summary>
internal readonly struct FloatMinimum : IFloatOperation
{
    public static bool UsesFirst => true;

    public static bool Rounds => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a < b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Apply<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Vector128.ConditionalSelect(Vector128.LessThan(a, b), a, b);

    public static bool IsExact<T>(T a, T b, T r)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => true;

    public static ulong Soft<T>(int lane, ulong a, ulong b, uint mxcsr, ref uint flags)
        where T : unmanaged => SoftFloat<T>.Extremum(a, b, maximum: false, mxcsr, ref flags);
}

/// <summary>MAXPS and its kin.</summary>
internal readonly struct FloatMaximum : IFloatOperation
{
    public static bool UsesFirst => true;

    public static bool Rounds => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Apply<T>(Vector128<T> a, Vector128<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), a, b);

    public static bool IsExact<T>(T a, T b, T r)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => true;

    public static ulong Soft<T>(int lane, ulong a, ulong b, uint mxcsr, ref uint flags)
        where T : unmanaged => SoftFloat<T>.Extremum(a, b, maximum: true, mxcsr, ref flags);
}
