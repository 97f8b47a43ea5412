using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>A two-operand arithmetic or logical operation.</summary>
internal unsafe interface IAluOp
{
    /// <summary>Whether the result goes to the first operand (not for CMP and TEST).</summary>
    static abstract bool WritesResult { get; }

    /// <summary>Works out the result and sets the flags. Operands and result are sign-extended from the width.</summary>
    static abstract ulong Execute<W>(CpuState* s, ulong left, ulong right) where W : IWidth;
}

/// <summary>Handlers of the two-operand instructions, for every operand form.</summary>
internal static unsafe class Alu<TOp, W>
    where TOp : struct, IAluOp
    where W : struct, IWidth
{
    /// <summary>op r, r.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong result = TOp.Execute<W>(s, W.Read(s, op->R0), W.Read(s, op->R1));
        if (TOp.WritesResult)
        {
            W.Write(s, op->R0, result);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>op r, imm.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong result = TOp.Execute<W>(s, W.Read(s, op->R0), (ulong)op->Immediate);
        if (TOp.WritesResult)
        {
            W.Write(s, op->R0, result);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>op r, m.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong right = W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op));
        ulong result = TOp.Execute<W>(s, W.Read(s, op->R0), right);
        if (TOp.WritesResult)
        {
            W.Write(s, op->R0, result);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>op m, r.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void MemoryRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Modify(cpu, s, op, W.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>op m, imm.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void MemoryImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Modify(cpu, s, op, (ulong)op->Immediate);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>lock op m, r.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void LockedMemoryRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ModifyLocked(cpu, s, op, W.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>lock op m, imm.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void LockedMemoryImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ModifyLocked(cpu, s, op, (ulong)op->Immediate);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Modify(InterpreterVcpu cpu, CpuState* s, Op* op, ulong right)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        if (!TOp.WritesResult)
        {
            TOp.Execute<W>(s, W.Load(cpu, op, address), right);
            return;
        }

        byte* p = cpu.WritePointer(op, address, W.Bytes);
        if (p != null)
        {
            W.WriteHost(p, TOp.Execute<W>(s, W.ReadHost(p), right));
        }
        else
        {
            ModifySplit(cpu, s, op, address, right);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ModifySplit(InterpreterVcpu cpu, CpuState* s, Op* op, ulong address, ulong right)
    {
        cpu.CheckWrite(op, address, W.Bytes);
        W.Store(cpu, op, address, TOp.Execute<W>(s, W.Load(cpu, op, address), right));
    }

    private static void ModifyLocked(InterpreterVcpu cpu, CpuState* s, Op* op, ulong right)
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        byte* p = cpu.WritePointer(op, address, W.Bytes);
        if (!Atomics.IsHostAtomic(p, W.Bytes))
        {
            using (cpu.HoldSplitLock())
            {
                ModifySplit(cpu, s, op, address, right);
            }

            return;
        }

        // The flags of the attempt that succeeds are the right ones, ADC and SBB included: they must see the carry from before.
        ulong rflags = s->Rflags;
        EngineState before = *EngineState.Of(s);
        ulong left = W.ReadHost(p);
        while (true)
        {
            ulong result = TOp.Execute<W>(s, left, right);
            ulong seen = W.CompareExchange(p, result, left);
            if (seen == left)
            {
                return;
            }

            left = seen;
            s->Rflags = rflags;
            *EngineState.Of(s) = before;
        }
    }
}
