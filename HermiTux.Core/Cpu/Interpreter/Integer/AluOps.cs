using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>ADD.</summary>
internal readonly unsafe struct AddOp : IAluOp
{
    public static bool WritesResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth
    {
        ulong result = W.Extend(left + right);
        EngineState* e = EngineState.Of(s);
        e->LazyResult = result;
        e->LazyOperand = right;
        e->LazyKind = ((uint)FlagsKind.Add << 2) | W.Log2;
        return result;
    }
}

/// <summary>SUB.</summary>
internal readonly unsafe struct SubOp : IAluOp
{
    public static bool WritesResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth
    {
        ulong result = W.Extend(left - right);
        EngineState* e = EngineState.Of(s);
        e->LazyResult = result;
        e->LazyOperand = right;
        e->LazyKind = ((uint)FlagsKind.Sub << 2) | W.Log2;
        return result;
    }
}

/// <summary>CMP.</summary>
internal readonly unsafe struct CmpOp : IAluOp
{
    public static bool WritesResult => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth => SubOp.Execute<W>(s, left, right);
}

/// <summary>AND.</summary>
internal readonly unsafe struct AndOp : IAluOp
{
    public static bool WritesResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth
    {
        ulong result = left & right;
        LazyFlags.SetLogic(s, result);
        return result;
    }
}

/// <summary>TEST.</summary>
internal readonly unsafe struct TestOp : IAluOp
{
    public static bool WritesResult => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth => AndOp.Execute<W>(s, left, right);
}

/// <summary>OR.</summary>
internal readonly unsafe struct OrOp : IAluOp
{
    public static bool WritesResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth
    {
        ulong result = left | right;
        LazyFlags.SetLogic(s, result);
        return result;
    }
}

/// <summary>XOR.</summary>
internal readonly unsafe struct XorOp : IAluOp
{
    public static bool WritesResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth
    {
        ulong result = left ^ right;
        LazyFlags.SetLogic(s, result);
        return result;
    }
}

/// <summary>ADC.</summary>
internal readonly unsafe struct AdcOp : IAluOp
{
    public static bool WritesResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth
    {
        ulong result = W.Extend(left + right + LazyFlags.Carry(s));
        ulong carries = (left & right) | ((left | right) & ~result);
        ulong overflow = (left ^ result) & (right ^ result);
        LazyFlags.SetPartial(s, result, (carries >> 63) | ((overflow >> 63) << 11) | ((left ^ right ^ result) & LazyFlags.AF));
        return result;
    }
}

/// <summary>SBB.</summary>
internal readonly unsafe struct SbbOp : IAluOp
{
    public static bool WritesResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth
    {
        ulong result = W.Extend(left - right - LazyFlags.Carry(s));
        ulong borrows = (~left & right) | ((~left | right) & result);
        ulong overflow = (left ^ right) & (left ^ result);
        LazyFlags.SetPartial(s, result, (borrows >> 63) | ((overflow >> 63) << 11) | ((left ^ right ^ result) & LazyFlags.AF));
        return result;
    }
}
