using System.Numerics;
using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>What BT, BTS, BTR and BTC do to the value that holds the bit.</summary>
internal interface IBitOp
{
    /// <summary>Whether there is anything to write back.</summary>
    static abstract bool Writes { get; }

    /// <summary>The new value.</summary>
    static abstract ulong Apply(ulong value, ulong mask);
}

internal readonly struct BitTest : IBitOp
{
    public static bool Writes => false;

    public static ulong Apply(ulong value, ulong mask) => value;
}

internal readonly struct BitSet : IBitOp
{
    public static bool Writes => true;

    public static ulong Apply(ulong value, ulong mask) => value | mask;
}

internal readonly struct BitReset : IBitOp
{
    public static bool Writes => true;

    public static ulong Apply(ulong value, ulong mask) => value & ~mask;
}

internal readonly struct BitComplement : IBitOp
{
    public static bool Writes => true;

    public static ulong Apply(ulong value, ulong mask) => value ^ mask;
}

/// <summary>BT, BTS, BTR, BTC: only CF changes.</summary>
internal static unsafe class BitTests<TOp, W>
    where TOp : struct, IBitOp
    where W : struct, IWidth
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        InRegister(s, op, (int)W.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        InRegister(s, op, (int)op->Immediate);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>The bit offset is signed and reaches beyond the operand.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void MemoryRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        long offset = (long)W.Read(s, op->R1);
        ulong displacement = (ulong)(offset >> (3 + (int)W.Log2)) * (ulong)W.Bytes;
        ulong address = InterpreterVcpu.EffectiveAddress(s, op) + displacement;
        if ((op->Flags & OpFlags.Address32) != 0)
        {
            ulong segment = InterpreterVcpu.Reg<ulong>(s, op->Segment);
            address = (uint)(address - segment) + segment;
        }

        InMemory(cpu, s, op, address, (int)offset);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void MemoryImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        InMemory(cpu, s, op, InterpreterVcpu.EffectiveAddress(s, op), (int)op->Immediate);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void InRegister(CpuState* s, Op* op, int bit)
    {
        bit &= (W.Bytes * 8) - 1;
        ulong value = W.Read(s, op->R0);
        if (TOp.Writes)
        {
            W.Write(s, op->R0, TOp.Apply(value, 1UL << bit));
        }

        LazyFlags.SetCarry(s, (value >> bit) & 1);
    }

    private static void InMemory(InterpreterVcpu cpu, CpuState* s, Op* op, ulong address, int bit)
    {
        bit &= (W.Bytes * 8) - 1;
        ulong value;
        if (!TOp.Writes)
        {
            value = W.Load(cpu, op, address);
        }
        else
        {
            byte* p = cpu.WritePointer(op, address, W.Bytes);
            if (Atomics.IsHostAtomic(p, W.Bytes))
            {
                // Atomic also without LOCK: harmless, and one path less.
                value = W.ReadHost(p);
                ulong seen;
                while ((seen = W.CompareExchange(p, TOp.Apply(value, 1UL << bit), value)) != value)
                {
                    value = seen;
                }
            }
            else
            {
                using (cpu.HoldSplitLock())
                {
                    cpu.CheckWrite(op, address, W.Bytes);
                    value = W.Load(cpu, op, address);
                    W.Store(cpu, op, address, TOp.Apply(value, 1UL << bit));
                }
            }
        }

        LazyFlags.SetCarry(s, (value >> bit) & 1);
    }
}

/// <summary>An operation of one source and one destination register that sets flags, or of two sources.</summary>
internal unsafe interface IScanOp
{
    /// <summary>Works out the result from the zero-extended source and sets the flags; false leaves the destination unchanged.</summary>
    static abstract bool Execute<W>(CpuState* s, ulong source, out ulong result) where W : IWidth;
}

/// <summary>BSF: for a zero source the destination keeps its value, as on all hardware.</summary>
internal readonly unsafe struct BsfOp : IScanOp
{
    public static bool Execute<W>(CpuState* s, ulong source, out ulong result) where W : IWidth
    {
        result = (ulong)BitOperations.TrailingZeroCount(source);
        LazyFlags.SetStatus(s, (LazyFlags.GetStatus(s) & ~LazyFlags.ZF) | (source == 0 ? LazyFlags.ZF : 0));
        return source != 0;
    }
}

/// <summary>BSR.</summary>
internal readonly unsafe struct BsrOp : IScanOp
{
    public static bool Execute<W>(CpuState* s, ulong source, out ulong result) where W : IWidth
    {
        result = 63 - (ulong)BitOperations.LeadingZeroCount(source);
        LazyFlags.SetStatus(s, (LazyFlags.GetStatus(s) & ~LazyFlags.ZF) | (source == 0 ? LazyFlags.ZF : 0));
        return source != 0;
    }
}

/// <summary>TZCNT.</summary>
internal readonly unsafe struct TzcntOp : IScanOp
{
    public static bool Execute<W>(CpuState* s, ulong source, out ulong result) where W : IWidth
    {
        result = source == 0 ? (ulong)W.Bytes * 8 : (ulong)BitOperations.TrailingZeroCount(source);
        LazyFlags.SetStatus(s, (LazyFlags.GetStatus(s) & ~(LazyFlags.ZF | LazyFlags.CF)) |
            (source == 0 ? LazyFlags.CF : 0) | (result == 0 ? LazyFlags.ZF : 0));
        return true;
    }
}

/// <summary>LZCNT.</summary>
internal readonly unsafe struct LzcntOp : IScanOp
{
    public static bool Execute<W>(CpuState* s, ulong source, out ulong result) where W : IWidth
    {
        result = (ulong)BitOperations.LeadingZeroCount(source) - (64 - ((ulong)W.Bytes * 8));
        LazyFlags.SetStatus(s, (LazyFlags.GetStatus(s) & ~(LazyFlags.ZF | LazyFlags.CF)) |
            (source == 0 ? LazyFlags.CF : 0) | (result == 0 ? LazyFlags.ZF : 0));
        return true;
    }
}

/// <summary>POPCNT: ZF, the others cleared.</summary>
internal readonly unsafe struct PopcntOp : IScanOp
{
    public static bool Execute<W>(CpuState* s, ulong source, out ulong result) where W : IWidth
    {
        result = (ulong)BitOperations.PopCount(source);
        LazyFlags.SetStatus(s, source == 0 ? LazyFlags.ZF : 0);
        return true;
    }
}

/// <summary>Handlers of the bit scans and counts.</summary>
internal static unsafe class Scan<TOp, W>
    where TOp : struct, IScanOp
    where W : struct, IWidth
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Execute(s, op, W.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Execute(s, op, W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Execute(CpuState* s, Op* op, ulong source)
    {
        if (TOp.Execute<W>(s, W.ZeroExtend(source), out ulong result))
        {
            W.Write(s, op->R0, result);
        }
    }
}
