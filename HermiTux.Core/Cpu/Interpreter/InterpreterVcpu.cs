using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Memory;

namespace HermiTux.Cpu.Interpreter;

/// <summary>A vCPU in managed code: decodes once, executes many times. See docs/adding-an-instruction.md.</summary>
/// <remarks>
/// CONTRACT SKETCH for the instruction families; the core work replaces the bodies (software TLB, decode cache, run loop) and keeps these names.
/// A handler must not change guest state before its last access that can fault. Faults are raised by throwing from the slow
/// path (<see cref="GuestFaultException"/>), so handlers need no error paths.
/// </remarks>
internal sealed unsafe partial class InterpreterVcpu : Vcpu
{
    /// <summary>Distance in <see cref="CpuState"/> from a register's XMM slot to its upper YMM half.</summary>
    public const int YmmHigh = CpuState.YmmHighOffset - CpuState.XmmOffset;

    private readonly AddressSpace _space;

    public InterpreterVcpu(AddressSpace space)
    {
        _space = space;
    }

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

    /// <summary>Loads from guest memory; any size up to 32 bytes, any alignment, also across pages.</summary>
    public T Load<T>(Op* op, ulong address) where T : unmanaged => throw new NotImplementedException();

    /// <summary>Stores to guest memory; all or nothing when it crosses pages.</summary>
    public void Store<T>(Op* op, ulong address, T value) where T : unmanaged => throw new NotImplementedException();

    /// <summary>
    /// Loads a block of any length (FXSAVE, XRSTOR). Faults before anything is stored.
    /// </summary>
    public void LoadBlock(Op* op, ulong address, Span<byte> destination) => throw new NotImplementedException();

    /// <summary>Stores a block of any length; checks the whole range before it stores anything.</summary>
    public void StoreBlock(Op* op, ulong address, ReadOnlySpan<byte> source) => throw new NotImplementedException();

    /// <summary>Loads a 16-byte operand that must be aligned (legacy SSE), raising #GP when it isn't.</summary>
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
    public void Raise(Op* op, X86Exception exception, uint errorCode = 0) => throw new NotImplementedException();

    /// <summary>Makes CF PF AF ZF SF OF what <paramref name="flags"/> says (bits as in RFLAGS), dropping any lazy state.</summary>
    public static void SetFlags(CpuState* s, ulong flags) => throw new NotImplementedException();

    /// <summary>RFLAGS as the guest would see them now, lazy flags worked out.</summary>
    public static ulong GetFlags(CpuState* s) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override VcpuExit Run(CpuState* state) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override void RequestExit() => throw new NotImplementedException();
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
