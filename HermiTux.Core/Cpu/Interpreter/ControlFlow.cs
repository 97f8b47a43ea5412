using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter;

/// <summary>How handlers leave a block: direct and indirect transfers, stale code, and exits to the kernel layer.</summary>
internal static unsafe class ControlFlow
{
    /// <summary>The handler that <see cref="Stale"/> is. Always this value, since two addresses of one method need not be equal.</summary>
    public static nint StalePointer { get; } = (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stale;

    /// <summary>The handler that <see cref="Undefined"/> is.</summary>
    public static nint UndefinedPointer { get; } = (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Undefined;

    /// <summary>Continues at the op's direct target (<see cref="Op.Immediate"/>). In tail position only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        EngineState* e = EngineState.Of(s);
        long budget = e->Budget - op->Aux;
        e->Budget = budget;
        Op* target = (Op*)op->Link;
        if (budget < 0 || target == null)
        {
            cpu.LeaveDirect(s, op);
            return;
        }

        target->Handler(cpu, s, target);
    }

    /// <summary>Continues at an address known only now, which must be canonical. In tail position only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TakeIndirect(InterpreterVcpu cpu, CpuState* s, Op* op, ulong target)
    {
        EngineState* e = EngineState.Of(s);
        long budget = e->Budget - op->Aux;
        e->Budget = budget;
        Op* found = cpu.FindFast(target);
        if (budget < 0 || found == null)
        {
            s->Rip = target;
            return;
        }

        found->Handler(cpu, s, found);
    }

    /// <summary>JMP rel, and the end of a block that isn't a branch.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Jump(InterpreterVcpu cpu, CpuState* s, Op* op) => Take(cpu, s, op);

    /// <summary>Stands in for every op whose code bytes have changed: looks the code up again.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Stale(InterpreterVcpu cpu, CpuState* s, Op* op) => cpu.LeaveAt(s, op);

    /// <summary>#UD.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Undefined(InterpreterVcpu cpu, CpuState* s, Op* op) => cpu.Raise(op, X86Exception.InvalidOpcode);

    /// <summary>#GP(0): privileged instructions.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Privileged(InterpreterVcpu cpu, CpuState* s, Op* op) => cpu.Raise(op, X86Exception.GeneralProtection);

    /// <summary>#GP(0): an instruction longer than 15 bytes.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void TooLong(InterpreterVcpu cpu, CpuState* s, Op* op) => cpu.Raise(op, X86Exception.GeneralProtection);

    /// <summary>INT n: no gate has DPL 3 except 3 and 4, so #GP with the vector's selector code.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Interrupt(InterpreterVcpu cpu, CpuState* s, Op* op) =>
        cpu.Raise(op, X86Exception.GeneralProtection, ((uint)(byte)op->Immediate << 3) | 2);

    /// <summary>INT3.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Breakpoint(InterpreterVcpu cpu, CpuState* s, Op* op) => cpu.RaiseTrap(op, VcpuExit.Raise(X86Exception.Breakpoint));

    /// <summary>INT 4: the overflow gate has DPL 3.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void OverflowTrap(InterpreterVcpu cpu, CpuState* s, Op* op) => cpu.RaiseTrap(op, VcpuExit.Raise(X86Exception.Overflow));

    /// <summary>INT1.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void DebugTrap(InterpreterVcpu cpu, CpuState* s, Op* op) => cpu.RaiseTrap(op, VcpuExit.Raise(X86Exception.Debug));

    /// <summary>SYSCALL: RCX and R11 take RIP and RFLAGS (AMD APM vol. 3).</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Syscall(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        EngineState.Of(s)->Budget -= op->Aux;
        LazyFlags.Materialize(s);
        s->Rip = op->NextRip;
        s->Rcx = op->NextRip;
        s->R11 = s->Rflags;
        cpu.Exit(VcpuExit.Syscall);
    }

    /// <summary>JMP r64.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void JumpRegister(InterpreterVcpu cpu, CpuState* s, Op* op) =>
        TakeChecked(cpu, s, op, InterpreterVcpu.Reg<ulong>(s, op->R0));

    /// <summary>JMP m64.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void JumpMemory(InterpreterVcpu cpu, CpuState* s, Op* op) =>
        TakeChecked(cpu, s, op, cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op)));

    /// <summary>CALL rel32.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Call(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp - 8;
        cpu.Store(op, rsp, op->NextRip);
        s->Rsp = rsp;
        Take(cpu, s, op);
    }

    /// <summary>CALL r64.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void CallRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong target = InterpreterVcpu.Reg<ulong>(s, op->R0);
        CallIndirect(cpu, s, op, target);
    }

    /// <summary>CALL m64.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void CallMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong target = cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op));
        CallIndirect(cpu, s, op, target);
    }

    /// <summary>RET.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Return(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp;
        ulong target = cpu.Load<ulong>(op, rsp);
        if (!InterpreterVcpu.IsCanonical(target))
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        s->Rsp = rsp + 8;
        TakeIndirect(cpu, s, op, target);
    }

    /// <summary>RET imm16.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ReturnImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp;
        ulong target = cpu.Load<ulong>(op, rsp);
        if (!InterpreterVcpu.IsCanonical(target))
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        s->Rsp = rsp + 8 + (ushort)op->Immediate;
        TakeIndirect(cpu, s, op, target);
    }

    /// <summary>JRCXZ, JECXZ.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void JumpIfCounterZero(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (Counter(s, op) == 0)
        {
            Take(cpu, s, op);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>LOOP.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Loop(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (DecrementCounter(s, op) != 0)
        {
            Take(cpu, s, op);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>LOOPE.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void LoopIfZero(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (DecrementCounter(s, op) != 0 && LazyFlags.IsZero(s))
        {
            Take(cpu, s, op);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>LOOPNE.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void LoopIfNotZero(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (DecrementCounter(s, op) != 0 && !LazyFlags.IsZero(s))
        {
            Take(cpu, s, op);
            return;
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>Returns to the run loop after the op, for what must be seen before the next instruction.</summary>
    public static void LeaveAfter(CpuState* s, Op* op)
    {
        EngineState.Of(s)->Budget -= op->Aux;
        s->Rip = op->NextRip;
    }

    private static ulong Counter(CpuState* s, Op* op) => (op->Flags & OpFlags.Address32) != 0 ? (uint)s->Rcx : s->Rcx;

    private static ulong DecrementCounter(CpuState* s, Op* op) =>
        s->Rcx = (op->Flags & OpFlags.Address32) != 0 ? (uint)(s->Rcx - 1) : s->Rcx - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CallIndirect(InterpreterVcpu cpu, CpuState* s, Op* op, ulong target)
    {
        if (!InterpreterVcpu.IsCanonical(target))
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        ulong rsp = s->Rsp - 8;
        cpu.Store(op, rsp, op->NextRip);
        s->Rsp = rsp;
        TakeIndirect(cpu, s, op, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TakeChecked(InterpreterVcpu cpu, CpuState* s, Op* op, ulong target)
    {
        if (!InterpreterVcpu.IsCanonical(target))
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        TakeIndirect(cpu, s, op, target);
    }
}
