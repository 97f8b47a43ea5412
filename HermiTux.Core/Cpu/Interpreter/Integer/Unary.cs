using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>An operation on one operand that is read, changed and written back.</summary>
internal unsafe interface IUnaryOp
{
    /// <summary>Works out the result and sets the flags.</summary>
    static abstract ulong Execute<W>(CpuState* s, ulong value) where W : IWidth;
}

/// <summary>INC: CF stays.</summary>
internal readonly unsafe struct IncOp : IUnaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong value) where W : IWidth
    {
        ulong result = W.Extend(value + 1);
        ulong flags = LazyFlags.Carry(s) | (((~value & result) >> 63) << 11) | ((value ^ result) & LazyFlags.AF);
        LazyFlags.SetPartial(s, result, flags);
        return result;
    }
}

/// <summary>DEC: CF stays.</summary>
internal readonly unsafe struct DecOp : IUnaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong value) where W : IWidth
    {
        ulong result = W.Extend(value - 1);
        ulong flags = LazyFlags.Carry(s) | (((value & ~result) >> 63) << 11) | ((value ^ result) & LazyFlags.AF);
        LazyFlags.SetPartial(s, result, flags);
        return result;
    }
}

/// <summary>NEG.</summary>
internal readonly unsafe struct NegOp : IUnaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong value) where W : IWidth => SubOp.Execute<W>(s, 0, value);
}

/// <summary>NOT: no flags.</summary>
internal readonly unsafe struct NotOp : IUnaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Execute<W>(CpuState* s, ulong value) where W : IWidth => ~value;
}

/// <summary>Handlers of the one-operand instructions.</summary>
internal static unsafe class Unary<TOp, W>
    where TOp : struct, IUnaryOp
    where W : struct, IWidth
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void Register(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W.Write(s, op->R0, TOp.Execute<W>(s, W.Read(s, op->R0)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Memory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        byte* p = cpu.WritePointer(op, address, W.Bytes);
        if (p != null)
        {
            W.WriteHost(p, TOp.Execute<W>(s, W.ReadHost(p)));
        }
        else
        {
            Split(cpu, s, op, address);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Locked(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        byte* p = cpu.WritePointer(op, address, W.Bytes);
        if (Atomics.IsHostAtomic(p, W.Bytes))
        {
            ulong rflags = s->Rflags;
            EngineState before = *EngineState.Of(s);
            ulong value = W.ReadHost(p);
            while (true)
            {
                ulong seen = W.CompareExchange(p, TOp.Execute<W>(s, value), value);
                if (seen == value)
                {
                    break;
                }

                value = seen;
                s->Rflags = rflags;
                *EngineState.Of(s) = before;
            }
        }
        else
        {
            using (cpu.HoldSplitLock())
            {
                Split(cpu, s, op, address);
            }
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Split(InterpreterVcpu cpu, CpuState* s, Op* op, ulong address)
    {
        cpu.CheckWrite(op, address, W.Bytes);
        W.Store(cpu, op, address, TOp.Execute<W>(s, W.Load(cpu, op, address)));
    }
}
