using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>
/// The register stack and the bookkeeping that every x87 instruction shares.
/// </summary>
/// <remarks>
/// <see cref="CpuState"/> holds the registers as FXSAVE does: slot i is ST(i), and the abridged tag word has a bit for each
/// physical register. Moving TOP therefore rotates the eight slots. Registers are named by slot offset, as in <see cref="Op.R0"/>.
/// The instruction, data and opcode pointers are written by instructions that raise an unmasked exception, and FXSAVE and XSAVE show them
/// while the error summary is set, as on AMD (APM vol. 2, 11.4.4); Intel's FDP_EXCPTN_ONLY says the same of two of
/// them. FNSTENV therefore shows the last such instruction. The segment selectors are zero (FCS_FDS_DEPRECATED).
/// </remarks>
internal static unsafe class X87Stack
{
    /// <summary>Slot of ST(0).</summary>
    public const int St0 = CpuState.StOffset;

    /// <summary>Slot of ST(1).</summary>
    public const int St1 = CpuState.StOffset + 16;

    /// <summary>Raises #MF when an unmasked exception is pending; every waiting instruction starts with it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if ((s->Fsw & Fsw.ErrorSummary) != 0)
        {
            cpu.Raise(op, X86Exception.X87FloatingPoint);
        }
    }

    /// <summary>TOP.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Top(CpuState* s) => (s->Fsw >> Fsw.TopShift) & 7;

    /// <summary>The value in a slot, whatever its tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F80 Read(CpuState* s, int slot) => new(*(ushort*)((byte*)s + slot + 8), *(ulong*)((byte*)s + slot));

    /// <summary>Puts a value into a slot. One 16-byte store, so that the rotation's 16-byte loads forward from it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(CpuState* s, int slot, F80 value) =>
        *(Vector128<ulong>*)((byte*)s + slot) = Vector128.Create(value.Mantissa, value.SignExponent);

    /// <summary>The tag bit of a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TagBit(CpuState* s, int slot) => 1 << ((((slot - St0) >> 4) + (s->Fsw >> Fsw.TopShift)) & 7);

    /// <summary>True when the slot's register is tagged empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsEmpty(CpuState* s, int slot) => (s->Ftw & TagBit(s, slot)) == 0;

    /// <summary>Puts a value into a slot and tags it valid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteValid(CpuState* s, int slot, F80 value)
    {
        Write(s, slot, value);
        s->Ftw |= (byte)TagBit(s, slot);
    }

    /// <summary>Decrements TOP and puts a value into the new ST(0).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Push(CpuState* s, F80 value)
    {
        int top = (Top(s) - 1) & 7;
        s->Fsw = (ushort)((s->Fsw & ~Fsw.TopMask) | ((uint)top << Fsw.TopShift));
        s->Ftw |= (byte)(1 << top);
        Vector128<byte>* r = (Vector128<byte>*)((byte*)s + St0);
        Vector128<byte> v0 = r[0], v1 = r[1], v2 = r[2], v3 = r[3], v4 = r[4], v5 = r[5], v6 = r[6];
        r[0] = Vector128.Create(value.Mantissa, value.SignExponent).AsByte();
        r[1] = v0;
        r[2] = v1;
        r[3] = v2;
        r[4] = v3;
        r[5] = v4;
        r[6] = v5;
        r[7] = v6;
    }

    /// <summary>Tags ST(0) empty and increments TOP.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pop(CpuState* s)
    {
        int top = Top(s);
        s->Ftw &= (byte)~(1 << top);
        IncrementTop(s, top);
    }

    /// <summary>Increments TOP without touching tags.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void IncrementTop(CpuState* s, int top)
    {
        s->Fsw = (ushort)((s->Fsw & ~Fsw.TopMask) | ((uint)((top + 1) & 7) << Fsw.TopShift));
        Vector128<byte>* r = (Vector128<byte>*)((byte*)s + St0);
        Vector128<byte> v0 = r[0], v1 = r[1], v2 = r[2], v3 = r[3], v4 = r[4], v5 = r[5], v6 = r[6], v7 = r[7];
        r[0] = v1;
        r[1] = v2;
        r[2] = v3;
        r[3] = v4;
        r[4] = v5;
        r[5] = v6;
        r[6] = v7;
        r[7] = v0;
    }

    /// <summary>Sets TOP, keeping every physical register's content: the slots rotate.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void SetTop(CpuState* s, int top)
    {
        int distance = (top - Top(s)) & 7;
        if (distance != 0)
        {
            Vector128<byte>* r = (Vector128<byte>*)((byte*)s + St0);
            Vector128<byte>* copy = stackalloc Vector128<byte>[8];
            for (int i = 0; i < 8; i++)
            {
                copy[i] = r[(i + distance) & 7];
            }

            for (int i = 0; i < 8; i++)
            {
                r[i] = copy[i];
            }
        }

        s->Fsw = (ushort)((s->Fsw & ~Fsw.TopMask) | ((uint)top << Fsw.TopShift));
    }

    /// <summary>
    /// Ends a non-control instruction: clears C1, adds the flags, and raises the error summary for unmasked ones.
    /// </summary>
    /// <returns>False when an unmasked exception forbids writing the result and moving the stack.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Commit(InterpreterVcpu cpu, CpuState* s, Op* op, uint sw)
    {
        if ((sw & ~(uint)s->Fcw & Fsw.Exceptions) != 0)
        {
            return CommitUnmasked(cpu, s, op, sw);
        }

        s->Fsw = (ushort)((s->Fsw & ~Fsw.C1) | sw);
        return true;
    }

    /// <summary><see cref="Commit"/> for FCMOVcc and FCOMI, which leave C1 alone unless something is wrong with the stack.</summary>
    public static bool CommitKeepingC1(InterpreterVcpu cpu, CpuState* s, Op* op, uint sw)
    {
        uint c1 = (sw & Fsw.StackFault) == 0 ? s->Fsw & Fsw.C1 : 0;
        bool allowed = Commit(cpu, s, op, sw);
        s->Fsw |= (ushort)c1;
        return allowed;
    }

    /// <summary><see cref="Commit"/> for an instruction with a memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool CommitMemory(InterpreterVcpu cpu, CpuState* s, Op* op, ulong address, uint sw)
    {
        if ((sw & ~(uint)s->Fcw & Fsw.Exceptions) != 0)
        {
            s->Fdp = address;
            return CommitUnmasked(cpu, s, op, sw);
        }

        s->Fsw = (ushort)((s->Fsw & ~Fsw.C1) | sw);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool CommitUnmasked(InterpreterVcpu cpu, CpuState* s, Op* op, uint sw)
    {
        s->Fip = op->Rip;
        s->Fop = cpu.X87Opcode(op);
        bool blocked = (sw & ~(uint)s->Fcw & Fsw.PreComputation) != 0;
        if (blocked)
        {
            sw &= Fsw.PreComputation | Fsw.StackFault | ((sw & Fsw.StackFault) != 0 ? Fsw.C1 : 0);
        }

        s->Fsw = (ushort)((s->Fsw & ~Fsw.C1) | sw | Fsw.ErrorSummary | Fsw.Busy);
        return !blocked;
    }

    /// <summary>True when storing to memory is forbidden: an unmasked exception that a register result would survive counts too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool BlocksStore(CpuState* s, uint sw) =>
        (sw & ~(uint)s->Fcw & (Fsw.PreComputation | Fsw.Overflow | Fsw.Underflow)) != 0;

    /// <summary>Brings ES and B in line with flags and masks, after either was loaded.</summary>
    public static void UpdateErrorSummary(CpuState* s)
    {
        uint fsw = s->Fsw & ~(Fsw.ErrorSummary | Fsw.Busy);
        s->Fsw = (ushort)((fsw & ~(uint)s->Fcw & Fsw.Exceptions) != 0 ? fsw | Fsw.ErrorSummary | Fsw.Busy : fsw);
    }

    /// <summary>The value a control word register takes: reserved bits read as zero, bit 6 as one.</summary>
    public static ushort LegalControlWord(ushort value) => (ushort)((value & 0x1F3F) | 0x40);

    /// <summary>FNINIT.</summary>
    public static void Initialize(CpuState* s)
    {
        SetTop(s, 0);
        s->Fcw = (ushort)Fcw.Initial;
        s->Fsw = 0;
        s->Ftw = 0;
        s->Fop = 0;
        s->Fip = 0;
        s->Fdp = 0;
    }
}
