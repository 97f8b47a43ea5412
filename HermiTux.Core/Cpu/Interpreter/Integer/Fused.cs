using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>CMP or TEST as one half of a fused pair.</summary>
internal unsafe interface ICompareOp
{
    /// <summary>Sets the flags and says whether the condition holds.</summary>
    static abstract bool Execute<W, TCondition>(CpuState* s, ulong left, ulong right)
        where W : IWidth
        where TCondition : struct, ICondition;
}

/// <summary>CMP of a fused pair.</summary>
internal readonly unsafe struct FusedCmp : ICompareOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Execute<W, TCondition>(CpuState* s, ulong left, ulong right)
        where W : IWidth
        where TCondition : struct, ICondition => TCondition.Compare(left, right, SubOp.Execute<W>(s, left, right));
}

/// <summary>TEST of a fused pair: the same conditions as a comparison of the result with 0.</summary>
internal readonly unsafe struct FusedTest : ICompareOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Execute<W, TCondition>(CpuState* s, ulong left, ulong right)
        where W : IWidth
        where TCondition : struct, ICondition
    {
        ulong result = AndOp.Execute<W>(s, left, right);
        return TCondition.Compare(result, 0, result);
    }
}

/// <summary>
/// Handlers that execute a CMP or TEST and the Jcc that follows it. The flags are recorded as ever, but the branch looks at the
/// operands, and one dispatch is saved.
/// </summary>
internal static unsafe class Fused<TOp, W, TCondition>
    where TOp : struct, ICompareOp
    where W : struct, IWidth
    where TCondition : struct, ICondition
{
    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (TOp.Execute<W, TCondition>(s, W.Read(s, op->R0), W.Read(s, op->R1)))
        {
            ControlFlow.Take(cpu, s, op + 1);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op + 1);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (TOp.Execute<W, TCondition>(s, W.Read(s, op->R0), (ulong)op->Immediate))
        {
            ControlFlow.Take(cpu, s, op + 1);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op + 1);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void RegisterMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong right = W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op));
        if (TOp.Execute<W, TCondition>(s, W.Read(s, op->R0), right))
        {
            ControlFlow.Take(cpu, s, op + 1);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op + 1);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void MemoryRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong left = W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op));
        if (TOp.Execute<W, TCondition>(s, left, W.Read(s, op->R1)))
        {
            ControlFlow.Take(cpu, s, op + 1);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op + 1);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void MemoryImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong left = W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op));
        if (TOp.Execute<W, TCondition>(s, left, (ulong)op->Immediate))
        {
            ControlFlow.Take(cpu, s, op + 1);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op + 1);
    }

    /// <summary>The handler for an operand form.</summary>
    public static nint Select(FusionForm form) => form switch
    {
        FusionForm.RegisterRegister => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&RegisterRegister,
        FusionForm.RegisterImmediate => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&RegisterImmediate,
        FusionForm.RegisterMemory => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&RegisterMemory,
        FusionForm.MemoryRegister => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MemoryRegister,
        _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MemoryImmediate,
    };
}

/// <summary>Operands of the first half of a fused pair.</summary>
internal enum FusionForm
{
    RegisterRegister,
    RegisterImmediate,
    RegisterMemory,
    MemoryRegister,
    MemoryImmediate,
}
