using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>BMI1 and BMI2. Operands are zero-extended; W is 32 or 64 bits.</summary>
internal unsafe interface IBmiOp
{
    /// <summary>The result; sets flags where the instruction has any.</summary>
    static abstract ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth;
}

internal readonly unsafe struct AndnOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth
    {
        ulong result = ~first & second;
        LazyFlags.SetLogic(s, W.Extend(result));
        return result;
    }
}

internal readonly unsafe struct BextrOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth
    {
        int start = (byte)second;
        int length = (byte)(second >> 8);
        ulong result = start < 64 ? first >> start : 0;
        if (length < 64)
        {
            result &= (1UL << length) - 1;
        }

        LazyFlags.SetStatus(s, result == 0 ? LazyFlags.ZF : 0);
        return result;
    }
}

internal readonly unsafe struct BlsiOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth
    {
        ulong result = first & (0 - first);
        LazyFlags.SetPartial(s, W.Extend(result), first != 0 ? LazyFlags.CF : 0);
        return result;
    }
}

internal readonly unsafe struct BlsmskOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth
    {
        ulong result = first ^ (first - 1);
        LazyFlags.SetPartial(s, W.Extend(result), first == 0 ? LazyFlags.CF : 0);
        return result;
    }
}

internal readonly unsafe struct BlsrOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth
    {
        ulong result = first & (first - 1);
        LazyFlags.SetPartial(s, W.Extend(result), first == 0 ? LazyFlags.CF : 0);
        return result;
    }
}

internal readonly unsafe struct BzhiOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth
    {
        int index = (byte)second;
        bool whole = index >= W.Bytes * 8;
        ulong result = whole ? first : first & ((1UL << index) - 1);
        LazyFlags.SetPartial(s, W.Extend(result), whole ? LazyFlags.CF : 0);
        return result;
    }
}

internal readonly unsafe struct PdepOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth
    {
        if (Bmi2.X64.IsSupported)
        {
            return Bmi2.X64.ParallelBitDeposit(first, second);
        }

        ulong result = 0;
        for (ulong bit = 1; second != 0; bit <<= 1)
        {
            ulong lowest = second & (0 - second);
            result |= (first & bit) != 0 ? lowest : 0;
            second ^= lowest;
        }

        return result;
    }
}

internal readonly unsafe struct PextOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth
    {
        if (Bmi2.X64.IsSupported)
        {
            return Bmi2.X64.ParallelBitExtract(first, second);
        }

        ulong result = 0;
        for (ulong bit = 1; second != 0; bit <<= 1)
        {
            ulong lowest = second & (0 - second);
            result |= (first & lowest) != 0 ? bit : 0;
            second ^= lowest;
        }

        return result;
    }
}

internal readonly unsafe struct SarxOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth =>
        (ulong)((long)W.Extend(first) >> ((int)second & ((W.Bytes * 8) - 1)));
}

internal readonly unsafe struct ShlxOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth =>
        first << ((int)second & ((W.Bytes * 8) - 1));
}

internal readonly unsafe struct ShrxOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth =>
        first >> ((int)second & ((W.Bytes * 8) - 1));
}

internal readonly unsafe struct RorxOp : IBmiOp
{
    public static ulong Execute<W>(CpuState* s, ulong first, ulong second) where W : struct, IWidth => W.Bytes == 8
        ? System.Numerics.BitOperations.RotateRight(first, (int)second)
        : System.Numerics.BitOperations.RotateRight((uint)first, (int)second);
}

/// <summary>Handlers of BMI1 and BMI2 in their operand orders.</summary>
internal static unsafe class BitManipulation<TOp, W>
    where TOp : struct, IBmiOp
    where W : struct, IWidth
{
    /// <summary>op r0, r1, r2 with r1 first (ANDN, PDEP, PEXT).</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ThreeRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, TOp.Execute<W>(s, Read(s, op->R1), Read(s, op->R2)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>op r0, r1, m.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ThreeMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong second = LoadZero(cpu, s, op);
        W.Write(s, op->R0, TOp.Execute<W>(s, Read(s, op->R1), second));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>op r0, m, r2 (BEXTR, BZHI and the shifts).</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void MiddleMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong first = LoadZero(cpu, s, op);
        W.Write(s, op->R0, TOp.Execute<W>(s, first, Read(s, op->R2)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>op r0, r1 (BLSI, BLSMSK, BLSR; RORX with an immediate).</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void TwoRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, TOp.Execute<W>(s, Read(s, op->R1), (ulong)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>op r0, m.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void TwoMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, TOp.Execute<W>(s, LoadZero(cpu, s, op), (ulong)op->Immediate));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static ulong Read(CpuState* s, int offset) => W.ZeroExtend(W.Read(s, offset));

    private static ulong LoadZero(InterpreterVcpu cpu, CpuState* s, Op* op) =>
        W.ZeroExtend(W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op)));
}

/// <summary>MULX, ADCX and ADOX.</summary>
internal static unsafe class WideArithmetic<W>
    where W : struct, IWidth
{
    /// <summary>MULX hi, lo, src: when both destinations are the same register it gets the high half.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void MulxRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Mulx(s, op, W.ZeroExtend(W.Read(s, op->R2)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void MulxMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Mulx(s, op, W.ZeroExtend(W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op))));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void AdcxRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        AddWith(s, op, W.Read(s, op->R1), LazyFlags.CF);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void AdcxMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        AddWith(s, op, W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op)), LazyFlags.CF);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void AdoxRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        AddWith(s, op, W.Read(s, op->R1), LazyFlags.OF);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void AdoxMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        AddWith(s, op, W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op)), LazyFlags.OF);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Mulx(CpuState* s, Op* op, ulong right)
    {
        ulong left = W.ZeroExtend(s->Rdx);
        ulong high;
        ulong low;
        if (W.Bytes == 8)
        {
            high = Math.BigMul(left, right, out low);
        }
        else
        {
            low = left * right;
            high = low >> 32;
        }

        W.Write(s, op->R1, low);
        W.Write(s, op->R0, high);
    }

    /// <summary>Adds with the given flag as carry in and out, leaving the others alone.</summary>
    private static void AddWith(CpuState* s, Op* op, ulong source, ulong flag)
    {
        ulong flags = LazyFlags.GetStatus(s);
        ulong left = W.ZeroExtend(W.Read(s, op->R0));
        UInt128 sum = (UInt128)left + W.ZeroExtend(source) + ((flags & flag) != 0 ? 1u : 0);
        W.Write(s, op->R0, (ulong)sum);
        bool carry = (sum >> (W.Bytes * 8)) != 0;
        LazyFlags.SetStatus(s, carry ? flags | flag : flags & ~flag);
    }
}
