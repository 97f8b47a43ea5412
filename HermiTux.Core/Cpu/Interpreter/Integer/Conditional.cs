using System.Runtime.CompilerServices;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>Jcc, SETcc and CMOVcc.</summary>
internal static unsafe class Conditional<TCondition>
    where TCondition : struct, ICondition
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void Jump(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (TCondition.Test(s))
        {
            ControlFlow.Take(cpu, s, op);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void SetRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        *((byte*)s + op->R0) = TCondition.Test(s) ? (byte)1 : (byte)0;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void SetMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        cpu.Store(op, InterpreterVcpu.EffectiveAddress(s, op), TCondition.Test(s) ? (byte)1 : (byte)0);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void MoveRegister16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (TCondition.Test(s))
        {
            W16.Write(s, op->R0, W16.Read(s, op->R1));
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>The upper half of the destination is cleared whether or not the move is done.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void MoveRegister32(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        W32.Write(s, op->R0, W32.Read(s, TCondition.Test(s) ? op->R1 : op->R0));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void MoveRegister64(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (TCondition.Test(s))
        {
            W64.Write(s, op->R0, W64.Read(s, op->R1));
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>CMOVcc r, m: the load is done, and faults, whatever the condition.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void MoveMemory16(InterpreterVcpu cpu, CpuState* s, Op* op) => MoveMemory<W16>(cpu, s, op);

    [MethodImpl(HandlerMode.Threaded)]
    public static void MoveMemory32(InterpreterVcpu cpu, CpuState* s, Op* op) => MoveMemory<W32>(cpu, s, op);

    [MethodImpl(HandlerMode.Threaded)]
    public static void MoveMemory64(InterpreterVcpu cpu, CpuState* s, Op* op) => MoveMemory<W64>(cpu, s, op);

    private static void MoveMemory<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        ulong value = W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op));
        W.Write(s, op->R0, TCondition.Test(s) ? value : W.Read(s, op->R0));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>The handler for an instruction with this condition.</summary>
    public static nint Select(ConditionalKind kind, bool memory, int size)
    {
        switch (kind)
        {
            case ConditionalKind.Jump:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Jump;

            case ConditionalKind.Set:
                return memory
                    ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SetMemory
                    : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SetRegister;

            default:
                return (size, memory) switch
                {
                    (2, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveRegister16,
                    (4, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveRegister32,
                    (8, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveRegister64,
                    (2, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMemory16,
                    (4, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMemory32,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMemory64,
                };
        }
    }
}

/// <summary>Which instruction uses a condition.</summary>
internal enum ConditionalKind
{
    Jump,
    Set,
    Move,
}

/// <summary>Chooses handlers by condition.</summary>
internal static class Conditionals
{
    public static nint Select(ConditionCode condition, ConditionalKind kind, bool memory, int size) => condition switch
    {
        ConditionCode.o => Conditional<Overflow>.Select(kind, memory, size),
        ConditionCode.no => Conditional<Not<Overflow>>.Select(kind, memory, size),
        ConditionCode.b => Conditional<Below>.Select(kind, memory, size),
        ConditionCode.ae => Conditional<Not<Below>>.Select(kind, memory, size),
        ConditionCode.e => Conditional<Equal>.Select(kind, memory, size),
        ConditionCode.ne => Conditional<Not<Equal>>.Select(kind, memory, size),
        ConditionCode.be => Conditional<BelowOrEqual>.Select(kind, memory, size),
        ConditionCode.a => Conditional<Not<BelowOrEqual>>.Select(kind, memory, size),
        ConditionCode.s => Conditional<Sign>.Select(kind, memory, size),
        ConditionCode.ns => Conditional<Not<Sign>>.Select(kind, memory, size),
        ConditionCode.p => Conditional<Parity>.Select(kind, memory, size),
        ConditionCode.np => Conditional<Not<Parity>>.Select(kind, memory, size),
        ConditionCode.l => Conditional<Less>.Select(kind, memory, size),
        ConditionCode.ge => Conditional<Not<Less>>.Select(kind, memory, size),
        ConditionCode.le => Conditional<LessOrEqual>.Select(kind, memory, size),
        ConditionCode.g => Conditional<Not<LessOrEqual>>.Select(kind, memory, size),
        _ => 0,
    };
}
