using System.Numerics;
using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter;

/// <summary>How the six status flags follow from what the last instruction left in <see cref="EngineState"/>.</summary>
internal enum FlagsKind : uint
{
    /// <summary>RFLAGS holds them.</summary>
    Exact = 0,

    /// <summary>ZF, SF, PF from the result; CF, OF, AF are 0.</summary>
    Logic = 1,

    /// <summary>The result is a sum, the operand its second addend.</summary>
    Add = 2,

    /// <summary>The result is a difference, the operand its subtrahend.</summary>
    Sub = 3,

    /// <summary>ZF, SF, PF from the result; the operand holds CF, OF and AF in their RFLAGS positions.</summary>
    Partial = 4,
}

/// <summary>
/// Lazy status flags. Most flags are overwritten unread, so instructions store what flags are made from (three stores) and readers work out
/// what they want. Values are sign-extended from the operand width, which makes zero and sign tests independent of it.
/// </summary>
internal static unsafe class LazyFlags
{
    public const ulong CF = 1;
    public const ulong PF = 1 << 2;
    public const ulong AF = 1 << 4;
    public const ulong ZF = 1 << 6;
    public const ulong SF = 1 << 7;
    public const ulong TF = 1 << 8;
    public const ulong DF = 1 << 10;
    public const ulong OF = 1 << 11;
    public const ulong AC = 1 << 18;

    /// <summary>CF, PF, AF, ZF, SF, OF.</summary>
    public const ulong Status = CF | PF | AF | ZF | SF | OF;

    /// <summary>The status flags as they are now, other bits 0.</summary>
    public static ulong GetStatus(CpuState* s)
    {
        EngineState* e = EngineState.Of(s);
        if (e->LazyKind == 0)
        {
            return s->Rflags & Status;
        }

        ulong result = e->LazyResult;
        ulong flags = (result == 0 ? ZF : 0) | ((result >> 56) & SF) | Parity(result);
        switch ((FlagsKind)(e->LazyKind >> 2))
        {
            case FlagsKind.Add:
                {
                    ulong right = e->LazyOperand;
                    ulong left = result - right;
                    int top = (8 << (int)(e->LazyKind & 3)) - 1;
                    ulong carries = (left & right) | ((left | right) & ~result);
                    ulong overflow = (left ^ result) & (right ^ result);
                    return flags | ((carries >> top) & 1) | (((overflow >> top) & 1) << 11) | ((left ^ right ^ result) & AF);
                }

            case FlagsKind.Sub:
                {
                    ulong right = e->LazyOperand;
                    ulong left = result + right;
                    int top = (8 << (int)(e->LazyKind & 3)) - 1;
                    ulong borrows = (~left & right) | ((~left | right) & result);
                    ulong overflow = (left ^ right) & (left ^ result);
                    return flags | ((borrows >> top) & 1) | (((overflow >> top) & 1) << 11) | ((left ^ right ^ result) & AF);
                }

            case FlagsKind.Partial:
                return flags | e->LazyOperand;

            default:
                return flags;
        }
    }

    /// <summary>CF as 0 or 1.</summary>
    public static ulong Carry(CpuState* s)
    {
        EngineState* e = EngineState.Of(s);
        switch ((FlagsKind)(e->LazyKind >> 2))
        {
            case FlagsKind.Exact:
                return s->Rflags & CF;

            case FlagsKind.Logic:
                return 0;

            case FlagsKind.Partial:
                return e->LazyOperand & CF;

            case FlagsKind.Add:
                // Sign extension keeps the unsigned order, so the comparison is right at every width.
                return e->LazyResult < e->LazyOperand ? 1u : 0;

            default:
                {
                    // result + right carries out exactly when left < right; on sign-extended values the carry reaches bit 63.
                    ulong result = e->LazyResult;
                    ulong right = e->LazyOperand;
                    return ((result & right) | ((result | right) & ~(result + right))) >> 63;
                }
        }
    }

    /// <summary>PF for a result, in its RFLAGS position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Parity(ulong result) => (ulong)(~BitOperations.PopCount((byte)result) & 1) << 2;

    /// <summary>ZF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsZero(CpuState* s)
    {
        EngineState* e = EngineState.Of(s);
        return e->LazyKind != 0 ? e->LazyResult == 0 : (s->Rflags & ZF) != 0;
    }

    /// <summary>SF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSign(CpuState* s)
    {
        EngineState* e = EngineState.Of(s);
        return e->LazyKind != 0 ? (long)e->LazyResult < 0 : (s->Rflags & SF) != 0;
    }

    /// <summary>PF.</summary>
    public static bool IsParity(CpuState* s)
    {
        EngineState* e = EngineState.Of(s);
        return e->LazyKind != 0 ? (BitOperations.PopCount((byte)e->LazyResult) & 1) == 0 : (s->Rflags & PF) != 0;
    }

    /// <summary>OF.</summary>
    public static bool IsOverflow(CpuState* s) => (GetStatus(s) & OF) != 0;

    /// <summary>SF differs from OF: signed less.</summary>
    public static bool IsLess(CpuState* s)
    {
        EngineState* e = EngineState.Of(s);
        if (e->LazyKind >> 2 == (uint)FlagsKind.Sub)
        {
            // Compare the operands; left is the sum cut to the operand's width.
            int shift = 64 - (8 << (int)(e->LazyKind & 3));
            long left = (long)((e->LazyResult + e->LazyOperand) << shift) >> shift;
            return left < (long)e->LazyOperand;
        }

        ulong flags = GetStatus(s);
        return (((flags >> 7) ^ (flags >> 11)) & 1) != 0;
    }

    /// <summary>Records a logical result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetLogic(CpuState* s, ulong result)
    {
        EngineState* e = EngineState.Of(s);
        e->LazyResult = result;
        e->LazyKind = (uint)FlagsKind.Logic << 2;
    }

    /// <summary>Records a result with finished CF, AF and OF bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetPartial(CpuState* s, ulong result, ulong carryAuxOverflow)
    {
        EngineState* e = EngineState.Of(s);
        e->LazyResult = result;
        e->LazyOperand = carryAuxOverflow;
        e->LazyKind = (uint)FlagsKind.Partial << 2;
    }

    /// <summary>Changes CF and OF to <paramref name="bits"/> and leaves the other flags alone (rotates).</summary>
    public static void SetCarryOverflow(CpuState* s, ulong bits) => Merge(s, bits, CF | OF);

    /// <summary>Changes CF to 0 or 1 and leaves the other flags alone (BT).</summary>
    public static void SetCarry(CpuState* s, ulong carry) => Merge(s, carry, CF);

    private static void Merge(CpuState* s, ulong bits, ulong mask)
    {
        EngineState* e = EngineState.Of(s);
        switch ((FlagsKind)(e->LazyKind >> 2))
        {
            case FlagsKind.Exact:
                s->Rflags = (s->Rflags & ~mask) | bits;
                break;

            case FlagsKind.Logic:
                SetPartial(s, e->LazyResult, bits);
                break;

            case FlagsKind.Partial:
                e->LazyOperand = (e->LazyOperand & ~mask) | bits;
                break;

            default:
                SetPartial(s, e->LazyResult, (GetStatus(s) & (CF | AF | OF) & ~mask) | bits);
                break;
        }
    }

    /// <summary>Makes the status flags exactly <paramref name="flags"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetStatus(CpuState* s, ulong flags)
    {
        s->Rflags = (s->Rflags & ~Status) | (flags & Status);
        EngineState.Of(s)->LazyKind = 0;
    }

    /// <summary>Moves the status flags into RFLAGS.</summary>
    public static void Materialize(CpuState* s)
    {
        if (EngineState.Of(s)->LazyKind != 0)
        {
            SetStatus(s, GetStatus(s));
        }
    }
}
