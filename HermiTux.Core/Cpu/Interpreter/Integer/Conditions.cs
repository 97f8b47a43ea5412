using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>A condition of Jcc, SETcc and CMOVcc as a type argument.</summary>
internal unsafe interface ICondition
{
    /// <summary>Whether it holds now.</summary>
    static abstract bool Test(CpuState* s);

    /// <summary>Whether it holds after comparing two operands that are sign-extended from the same width; used where CMP and Jcc are fused.</summary>
    static abstract bool Compare(ulong left, ulong right, ulong difference);
}

internal readonly unsafe struct Overflow : ICondition
{
    public static bool Test(CpuState* s) => LazyFlags.IsOverflow(s);

    public static bool Compare(ulong left, ulong right, ulong difference) => (long)((left ^ right) & (left ^ difference)) < 0;
}

internal readonly unsafe struct Below : ICondition
{
    public static bool Test(CpuState* s) => LazyFlags.Carry(s) != 0;

    public static bool Compare(ulong left, ulong right, ulong difference) => left < right;
}

internal readonly unsafe struct Equal : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Test(CpuState* s) => LazyFlags.IsZero(s);

    public static bool Compare(ulong left, ulong right, ulong difference) => left == right;
}

internal readonly unsafe struct BelowOrEqual : ICondition
{
    public static bool Test(CpuState* s) => LazyFlags.IsZero(s) || LazyFlags.Carry(s) != 0;

    public static bool Compare(ulong left, ulong right, ulong difference) => left <= right;
}

internal readonly unsafe struct Sign : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Test(CpuState* s) => LazyFlags.IsSign(s);

    public static bool Compare(ulong left, ulong right, ulong difference) => (long)difference < 0;
}

internal readonly unsafe struct Parity : ICondition
{
    public static bool Test(CpuState* s) => LazyFlags.IsParity(s);

    public static bool Compare(ulong left, ulong right, ulong difference) => LazyFlags.Parity(difference) != 0;
}

internal readonly unsafe struct Less : ICondition
{
    public static bool Test(CpuState* s) => LazyFlags.IsLess(s);

    public static bool Compare(ulong left, ulong right, ulong difference) => (long)left < (long)right;
}

internal readonly unsafe struct LessOrEqual : ICondition
{
    public static bool Test(CpuState* s) => LazyFlags.IsZero(s) || LazyFlags.IsLess(s);

    public static bool Compare(ulong left, ulong right, ulong difference) => (long)left <= (long)right;
}

/// <summary>The opposite of a condition.</summary>
internal readonly unsafe struct Not<T> : ICondition
    where T : struct, ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Test(CpuState* s) => !T.Test(s);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Compare(ulong left, ulong right, ulong difference) => !T.Compare(left, right, difference);
}
