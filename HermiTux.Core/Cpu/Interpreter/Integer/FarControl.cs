using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>
/// Far transfers and the instructions that look at segment descriptors, over the descriptors that Linux gives a 64-bit user program
/// (arch/x86/include/asm/segment.h). There is no compatibility mode: its code segment can be inspected but not loaded.
/// </summary>
internal static unsafe class FarControl
{
    private const ushort UserCode32 = 0x20;
    private const ushort UserData = 0x28;
    private const ushort UserCode = 0x30;
    private const ushort CpuNumber = 0x78;
    private const ulong NestedTask = 1 << 14;

    /// <summary>RETF and RETF imm16.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Return<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        ulong rsp = s->Rsp;
        // The selector first: it is at its address that a stack which isn't there faults.
        ushort selector = (ushort)W.Load(cpu, op, rsp + (ulong)W.Bytes);
        ulong target = W.ZeroExtend(W.Load(cpu, op, rsp));
        CheckCode(cpu, op, selector, target);
        s->Rsp = rsp + (2 * (ulong)W.Bytes) + (ushort)op->Immediate;
        ControlFlow.TakeIndirect(cpu, s, op, target);
    }

    /// <summary>IRET: in 64-bit mode it always pops RSP and SS as well.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void InterruptReturn<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        if ((s->Rflags & NestedTask) != 0)
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        ulong rsp = s->Rsp;
        ulong size = (ulong)W.Bytes;
        // From the flags down, as the CPU does: where a stack ends in the middle, the first one that is read faults.
        ulong flags = W.ZeroExtend(W.Load(cpu, op, rsp + (2 * size)));
        ushort code = (ushort)W.Load(cpu, op, rsp + size);
        ulong target = W.ZeroExtend(W.Load(cpu, op, rsp));
        ulong newRsp = W.ZeroExtend(W.Load(cpu, op, rsp + (3 * size)));
        ushort stack = (ushort)W.Load(cpu, op, rsp + (4 * size));
        CheckCode(cpu, op, code, target);
        if (stack != (UserData | 3))
        {
            cpu.Raise(op, X86Exception.GeneralProtection, stack & 0xFFFCu);
        }

        Stack.SetFlags(s, flags, W.Bytes);
        s->Rsp = newRsp;
        EngineState.Of(s)->Budget -= op->Aux;
        s->Rip = target;
    }

    /// <summary>JMP m16:16 and m16:32. AMD processors have no m16:64.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Jump<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        ulong target = W.ZeroExtend(W.Load(cpu, op, address));
        ushort selector = cpu.Load<ushort>(op, address + (ulong)W.Bytes);
        CheckCode(cpu, op, selector, target);
        ControlFlow.TakeIndirect(cpu, s, op, target);
    }

    /// <summary>CALL m16:16 and m16:32.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Call<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        ulong target = W.ZeroExtend(W.Load(cpu, op, address));
        ushort selector = cpu.Load<ushort>(op, address + (ulong)W.Bytes);
        CheckCode(cpu, op, selector, target);
        ulong size = (ulong)W.Bytes;
        ulong rsp = s->Rsp - (2 * size);
        cpu.CheckWrite(op, rsp, 2 * W.Bytes);
        W.Store(cpu, op, rsp + size, s->Cs);
        W.Store(cpu, op, rsp, op->NextRip);
        s->Rsp = rsp;
        ControlFlow.TakeIndirect(cpu, s, op, target);
    }

    /// <summary>VERR.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void VerifyRead(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetZero(s, Access(Selector(cpu, s, op, op->R0)) != 0);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>VERW.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void VerifyWrite(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        SetZero(s, (Selector(cpu, s, op, op->R0) & ~3) == UserData);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>LAR.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void LoadAccess<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        uint access = Access(Selector(cpu, s, op, op->R1));
        if (access != 0)
        {
            W.Write(s, op->R0, access);
        }

        SetZero(s, access != 0);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>LSL. The limit of one segment is the CPU number, 0, which the vDSO's getcpu reads.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void LoadLimit<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        int selector = Selector(cpu, s, op, op->R1);
        bool valid = Access(selector) != 0;
        if (valid)
        {
            W.Write(s, op->R0, (selector & ~3) == CpuNumber ? 0 : uint.MaxValue);
        }

        SetZero(s, valid);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>Whether a selector names a segment that a user program may read.</summary>
    public static bool IsUserSegment(int selector) => Access(selector) != 0;

    /// <summary>Only the 64-bit user code segment can be entered.</summary>
    private static void CheckCode(InterpreterVcpu cpu, Op* op, ushort selector, ulong target)
    {
        if (selector != (UserCode | 3))
        {
            cpu.Raise(op, X86Exception.GeneralProtection, selector & 0xFFFCu);
        }

        if (!InterpreterVcpu.IsCanonical(target))
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }
    }

    /// <summary>Type, DPL and flags of a descriptor as LAR shows them, 0 for what a user program can't see.</summary>
    private static uint Access(int selector) => (selector & ~3) switch
    {
        UserCode32 => 0x00CF_FB00,
        UserData => 0x00CF_F300,
        UserCode => 0x00AF_FB00,
        CpuNumber => 0x0040_F500,
        _ => 0,
    };

    private static int Selector(InterpreterVcpu cpu, CpuState* s, Op* op, int register) => (op->Flags & OpFlags.Memory) != 0
        ? cpu.Load<ushort>(op, InterpreterVcpu.EffectiveAddress(s, op))
        : InterpreterVcpu.Reg<ushort>(s, register);

    private static void SetZero(CpuState* s, bool zero) =>
        LazyFlags.SetStatus(s, (LazyFlags.GetStatus(s) & ~LazyFlags.ZF) | (zero ? LazyFlags.ZF : 0));
}
