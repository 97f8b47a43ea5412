using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>PUSH and POP with their relatives, ENTER and LEAVE.</summary>
internal static unsafe class Stack
{
    private const int RspOffset = 32;

    /// <summary>Bits that POPF changes at CPL 3 with IOPL 0: status, TF, DF, NT, AC, ID.</summary>
    private const ulong PopfMask = LazyFlags.Status | LazyFlags.TF | LazyFlags.DF | (1 << 14) | LazyFlags.AC | (1 << 21);

    [MethodImpl(HandlerMode.Threaded)]
    public static void PushRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp - 8;
        cpu.Store(op, rsp, InterpreterVcpu.Reg<ulong>(s, op->R0));
        s->Rsp = rsp;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PushImmediate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp - 8;
        cpu.Store(op, rsp, op->Immediate);
        s->Rsp = rsp;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PushMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong value = cpu.Load<ulong>(op, InterpreterVcpu.EffectiveAddress(s, op));
        ulong rsp = s->Rsp - 8;
        cpu.Store(op, rsp, value);
        s->Rsp = rsp;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PushRegister16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Push16(cpu, s, op, InterpreterVcpu.Reg<ushort>(s, op->R0));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PushImmediate16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Push16(cpu, s, op, (ushort)op->Immediate);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PushMemory16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Push16(cpu, s, op, cpu.Load<ushort>(op, InterpreterVcpu.EffectiveAddress(s, op)));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>PUSH FS, PUSH GS: the selector, zero-extended.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void PushSegment(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp - 8;
        cpu.Store(op, rsp, (ulong)InterpreterVcpu.Reg<ushort>(s, op->R0));
        s->Rsp = rsp;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PopRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp;
        ulong value = cpu.Load<ulong>(op, rsp);
        s->Rsp = rsp + 8;
        InterpreterVcpu.Reg<ulong>(s, op->R0) = value;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PopRegister16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp;
        ushort value = cpu.Load<ushort>(op, rsp);
        s->Rsp = rsp + 2;
        InterpreterVcpu.Reg<ushort>(s, op->R0) = value;
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>POP m: an address based on RSP uses its value after the pop.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void PopMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp;
        ulong value = cpu.Load<ulong>(op, rsp);
        ulong address = InterpreterVcpu.EffectiveAddress(s, op) + (op->Base == RspOffset ? 8u : 0);
        cpu.Store(op, address, value);
        s->Rsp = rsp + 8;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PopMemory16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp;
        ushort value = cpu.Load<ushort>(op, rsp);
        ulong address = InterpreterVcpu.EffectiveAddress(s, op) + (op->Base == RspOffset ? 2u : 0);
        cpu.Store(op, address, value);
        s->Rsp = rsp + 2;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PushFlags(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp - 8;
        cpu.Store(op, rsp, InterpreterVcpu.GetFlags(s));
        s->Rsp = rsp;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PushFlags16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Push16(cpu, s, op, (ushort)InterpreterVcpu.GetFlags(s));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>POPFQ. Ends its block: TF may be set now.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void PopFlags(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp;
        ulong value = cpu.Load<ulong>(op, rsp);
        s->Rsp = rsp + 8;
        SetAll(s, value, PopfMask);
        ControlFlow.LeaveAfter(s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void PopFlags16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp;
        ulong value = cpu.Load<ushort>(op, rsp);
        s->Rsp = rsp + 2;
        SetAll(s, value, PopfMask & 0xFFFF);
        ControlFlow.LeaveAfter(s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Leave(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rbp = s->Rbp;
        ulong value = cpu.Load<ulong>(op, rbp);
        s->Rsp = rbp + 8;
        s->Rbp = value;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Leave16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rbp = s->Rbp;
        ushort value = cpu.Load<ushort>(op, rbp);
        s->Rsp = rbp + 2;
        InterpreterVcpu.Reg<ushort>(s, 40) = value;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Enter(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        EnterFrame<W64>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Enter16(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        EnterFrame<W16>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void LoadAh(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        *((byte*)s + 1) = (byte)(LazyFlags.GetStatus(s) | 2);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void StoreAh(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        const ulong LowByte = LazyFlags.SF | LazyFlags.ZF | LazyFlags.AF | LazyFlags.PF | LazyFlags.CF;
        ulong flags = (LazyFlags.GetStatus(s) & LazyFlags.OF) | (*((byte*)s + 1) & LowByte);
        LazyFlags.SetStatus(s, flags);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>What IRET does to the flags: as POPF.</summary>
    public static void SetFlags(CpuState* s, ulong value, int bytes) => SetAll(s, value, bytes == 2 ? PopfMask & 0xFFFF : PopfMask);

    private static void SetAll(CpuState* s, ulong value, ulong mask)
    {
        LazyFlags.Materialize(s);
        s->Rflags = (s->Rflags & ~mask) | (value & mask);
    }

    private static void Push16(InterpreterVcpu cpu, CpuState* s, Op* op, ushort value)
    {
        ulong rsp = s->Rsp - 2;
        cpu.Store(op, rsp, value);
        s->Rsp = rsp;
    }

    /// <summary>ENTER (Intel SDM vol. 2): the copied frame pointers are read and written before any register changes.</summary>
    private static void EnterFrame<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        ulong size = (ulong)W.Bytes;
        ulong rsp = s->Rsp - size;
        W.Store(cpu, op, rsp, s->Rbp);
        ulong frame = rsp;
        uint level = op->Aux & 31;
        ulong rbp = s->Rbp;
        for (uint i = 1; i < level; i++)
        {
            rbp -= size;
            rsp -= size;
            W.Store(cpu, op, rsp, W.Load(cpu, op, rbp));
        }

        if (level > 0)
        {
            rsp -= size;
            W.Store(cpu, op, rsp, frame);
        }

        rsp -= (ushort)op->Immediate;

        // The last step of the instruction is a check that the new stack top can be written.
        cpu.CheckWrite(op, rsp, W.Bytes);
        s->Rsp = rsp;
        W.Write(s, 40, frame);
    }
}
