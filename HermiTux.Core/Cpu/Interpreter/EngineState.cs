using System.Runtime.InteropServices;

namespace HermiTux.Cpu.Interpreter;

/// <summary>
/// The interpreter's part of <see cref="CpuState"/>: what handlers need on every instruction, reachable from the same pointer as the registers.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = CpuState.EngineAreaSize)]
internal unsafe struct EngineState
{
    /// <summary>Offset in <see cref="CpuState"/> of a slot that is always 0: stands for a missing base, index or segment.</summary>
    public const int ZeroOffset = CpuState.EngineAreaOffset;

    /// <summary>Always 0.</summary>
    [FieldOffset(0)] public ulong Zero;

    /// <summary>Result of the last instruction that set flags lazily, sign-extended from its width.</summary>
    [FieldOffset(8)] public ulong LazyResult;

    /// <summary>Second operand of an addition or subtraction, sign-extended; or finished CF, AF and OF bits. See <see cref="LazyFlags"/>.</summary>
    [FieldOffset(16)] public ulong LazyOperand;

    /// <summary>A <see cref="FlagsKind"/> with the operand width's log2 in the low two bits; 0 when RFLAGS itself is right.</summary>
    [FieldOffset(24)] public uint LazyKind;

    /// <summary>Instructions that may still run before the chain of handlers returns to the run loop.</summary>
    [FieldOffset(32)] public long Budget;

    /// <summary>The engine's area of a register file.</summary>
    public static EngineState* Of(CpuState* s) => (EngineState*)((byte*)s + CpuState.EngineAreaOffset);
}
