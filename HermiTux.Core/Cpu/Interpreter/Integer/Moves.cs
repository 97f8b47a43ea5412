using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>How the address of a memory operand is formed, for instructions where it pays to know.</summary>
internal unsafe interface IAddressing
{
    static abstract ulong Get(CpuState* s, Op* op);
}

/// <summary>Base and displacement only.</summary>
internal readonly unsafe struct BaseDisplacement : IAddressing
{
    public static ulong Get(CpuState* s, Op* op) => *(ulong*)((byte*)s + op->Base) + (ulong)op->Displacement;
}

/// <summary>Anything.</summary>
internal readonly unsafe struct AnyAddress : IAddressing
{
    public static ulong Get(CpuState* s, Op* op) => InterpreterVcpu.EffectiveAddress(s, op);
}

/// <summary>MOV in its forms.</summary>
internal static unsafe class Move<W>
    where W : struct, IWidth
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, W.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, (ulong)op->Immediate);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Load<TAddress>(InterpreterVcpu cpu, CpuState* s, Op* op) where TAddress : struct, IAddressing
    {
        W.Write(s, op->R0, W.Load(cpu, op, TAddress.Get(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Store<TAddress>(InterpreterVcpu cpu, CpuState* s, Op* op) where TAddress : struct, IAddressing
    {
        W.Store(cpu, op, TAddress.Get(s, op), W.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void StoreImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Store(cpu, op, InterpreterVcpu.EffectiveAddress(s, op), (ulong)op->Immediate);
        InterpreterVcpu.Next(cpu, s, op);
    }
}

/// <summary>MOVSX, MOVSXD and MOVZX.</summary>
internal static unsafe class MoveExtend<WTo, WFrom>
    where WTo : struct, IWidth
    where WFrom : struct, IWidth
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void SignRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        WTo.Write(s, op->R0, WFrom.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void SignMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        WTo.Write(s, op->R0, WFrom.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void ZeroRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        WTo.Write(s, op->R0, WFrom.ZeroExtend(WFrom.Read(s, op->R1)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void ZeroMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        WTo.Write(s, op->R0, WFrom.ZeroExtend(WFrom.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op))));
        InterpreterVcpu.Next(cpu, s, op);
    }
}

/// <summary>LEA: the offset without the segment base.</summary>
internal static unsafe class LoadAddress
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void Simple64(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W64.Write(s, op->R0, BaseDisplacement.Get(s, op));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Any<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        W.Write(s, op->R0, Offset(s, op));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static ulong Offset(CpuState* s, Op* op)
    {
        byte* r = (byte*)s;
        ulong offset = *(ulong*)(r + op->Base) + (*(ulong*)(r + op->Index) << op->Scale) + (ulong)op->Displacement;
        return (op->Flags & OpFlags.Address32) != 0 ? (uint)offset : offset;
    }
}

/// <summary>XCHG, BSWAP, MOVBE, XLAT and the conversions of CBW and CWD.</summary>
internal static unsafe class MoveMisc<W>
    where W : struct, IWidth
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void ExchangeRegisters(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong left = W.Read(s, op->R0);
        W.Write(s, op->R0, W.Read(s, op->R1));
        W.Write(s, op->R1, left);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>XCHG m, r: locked with or without the prefix. The register is operand 1.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ExchangeMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong value = W.Read(s, op->R1);
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        byte* p = cpu.WritePointer(op, address, W.Bytes);
        ulong seen;
        if (Atomics.IsHostAtomic(p, W.Bytes))
        {
            ulong expected = W.ReadHost(p);
            while ((seen = W.CompareExchange(p, value, expected)) != expected)
            {
                expected = seen;
            }
        }
        else
        {
            using (cpu.HoldSplitLock())
            {
                cpu.CheckWrite(op, address, W.Bytes);
                seen = W.Load(cpu, op, address);
                W.Store(cpu, op, address, value);
            }
        }

        W.Write(s, op->R1, seen);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void ByteSwap(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, Swap(W.Read(s, op->R0)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>BSWAP of 16 bits is undefined by the manuals and gives 0 on all known CPUs.</summary>
    public static void ClearForByteSwap(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, 0);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void LoadSwapped(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, Swap(W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op))));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void StoreSwapped(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Store(cpu, op, InterpreterVcpu.EffectiveAddress(s, op), Swap(W.Read(s, op->R1)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>CBW, CWDE, CDQE.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ExtendAccumulator(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong half = (ulong)((long)(s->Rax << (64 - (W.Bytes * 4))) >> (64 - (W.Bytes * 4)));
        W.Write(s, 0, half);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>CWD, CDQ, CQO.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ExtendIntoRdx(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, 16, (ulong)((long)W.Read(s, 0) >> 63));
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static ulong Swap(ulong value) =>
        W.Extend(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value) >> (64 - (W.Bytes * 8)));
}
