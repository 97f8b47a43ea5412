using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HermiTux.Cpu.Interpreter;

/// <summary>A vCPU in managed code: decodes once, executes many times. See docs/adding-an-instruction.md.</summary>
/// <remarks>
/// This part is what instruction handlers use. A handler must not change guest state before its last access that can fault. Faults are raised
/// by throwing from the slow path (<see cref="GuestFaultException"/>), so handlers need no error paths.
/// </remarks>
internal sealed unsafe partial class InterpreterVcpu : Vcpu
{
    /// <summary>Distance in <see cref="CpuState"/> from a register's XMM slot to its upper YMM half.</summary>
    public const int YmmHigh = CpuState.YmmHighOffset - CpuState.XmmOffset;

    /// <summary>What CPUID, XGETBV and RDTSC tell the guest.</summary>
    public CpuModel Model => _engine.Model;

    /// <summary>Random bytes for RDRAND and the clock of RDTSC.</summary>
    public InterpreterEngine Engine => _engine;

    /// <summary>Continues with the following instruction. Must be the handler's last statement.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Next(InterpreterVcpu cpu, CpuState* s, Op* op) => op[1].Handler(cpu, s, op + 1);

    /// <summary>The linear address of the op's memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong EffectiveAddress(CpuState* s, Op* op)
    {
        byte* r = (byte*)s;
        ulong offset = *(ulong*)(r + op->Base) + (*(ulong*)(r + op->Index) << op->Scale) + (ulong)op->Displacement;
        if ((op->Flags & OpFlags.Address32) != 0)
        {
            offset = (uint)offset;
        }

        return offset + *(ulong*)(r + op->Segment);
    }

    /// <summary>A register operand as a reference: <c>Reg&lt;ulong&gt;(s, op-&gt;R0)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref T Reg<T>(CpuState* s, int offset) where T : unmanaged => ref *(T*)((byte*)s + offset);

    /// <summary>Loads a 16-byte operand that must be aligned (legacy SSE), raising #GP when it isn't.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<byte> LoadAligned128(Op* op, ulong address)
    {
        if ((address & 15) != 0)
        {
            Raise(op, X86Exception.GeneralProtection);
        }

        return Load<Vector128<byte>>(op, address);
    }

    /// <summary>Raises an exception at the op; never returns.</summary>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Raise(Op* op, X86Exception exception, uint errorCode = 0) => RaiseExit(op, VcpuExit.Raise(exception, errorCode));

    /// <summary>Leaves the run loop with <paramref name="exit"/>, RIP at the op; never returns.</summary>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void RaiseExit(Op* op, VcpuExit exit)
    {
        _current->Rip = op->Rip;
        _instructions += InstructionsBefore(op);
        throw new GuestFaultException(exit);
    }

    /// <summary>Makes CF PF AF ZF SF OF what <paramref name="flags"/> says (bits as in RFLAGS), dropping any lazy state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetFlags(CpuState* s, ulong flags) => LazyFlags.SetStatus(s, flags);

    /// <summary>RFLAGS as the guest would see them now, lazy flags worked out.</summary>
    public static ulong GetFlags(CpuState* s) => (s->Rflags & ~LazyFlags.Status) | LazyFlags.GetStatus(s);

    /// <summary>How many instructions of the op's block come before it.</summary>
    private static uint InstructionsBefore(Op* op)
    {
        uint distance = 0;
        while ((op->Flags & OpFlags.Counted) == 0)
        {
            op++;
            distance++;
        }

        bool synthetic = (op->Flags & OpFlags.Synthetic) != 0;
        return op->Aux - distance - (synthetic ? 0u : 1u);
    }
}

/// <summary>Unwinds from an instruction handler to the run loop when the guest faults.</summary>
internal sealed class GuestFaultException : Exception
{
    public GuestFaultException(VcpuExit exit)
    {
        Exit = exit;
    }

    /// <summary>What the run loop returns.</summary>
    public VcpuExit Exit { get; }
}
