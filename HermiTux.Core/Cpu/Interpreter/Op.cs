using System.Runtime.InteropServices;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter;

/// <summary>
/// One decoded instruction: 64 bytes of native memory, everything that its handler needs worked out at decode time.
/// Ops of a basic block are consecutive; the last one transfers control.
/// </summary>
/// <remarks>
/// Handlers are threaded: each does its work and ends by calling the next op's handler in tail position
/// (<see cref="InterpreterVcpu.Next"/>), which the JIT turns into a jump (measured at twice the speed of a loop over handlers). Registers are named by their byte offset in
/// <see cref="CpuState"/>, so that no handler decodes anything.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct Op
{
    /// <summary>The code that executes the instruction. Replaced by <see cref="ControlFlow.Stale"/> when the code bytes change.</summary>
    public delegate*<InterpreterVcpu, CpuState*, Op*, void> Handler;

    /// <summary>Address of the following instruction.</summary>
    public ulong NextRip;

    /// <summary>
    /// Displacement of the memory operand, already absolute for RIP-relative operands. In direct branches: the next op in the target's list
    /// of incoming links.
    /// </summary>
    public long Displacement;

    /// <summary>The immediate operand, sign- or zero-extended as the instruction defines; the target of direct branches.</summary>
    public long Immediate;

    /// <summary>
    /// Offsets in <see cref="CpuState"/> of the register operands 0 to 3, in Iced's (Intel's) operand order. A vector operand
    /// names its XMM slot, the upper half of a YMM register is <see cref="InterpreterVcpu.YmmHigh"/> further on; AH..BH name the
    /// second byte of their register. Memory operands leave 0 in their place.
    /// </summary>
    public ushort R0, R1, R2, R3;

    /// <summary>Offsets of base and index registers of the memory operand, or of the always-zero slot.</summary>
    public ushort Base, Index;

    /// <summary>Offset of the segment base (FS or GS), or of the always-zero slot.</summary>
    public ushort Segment;

    /// <summary>log2 of the index scale.</summary>
    public byte Scale;

    /// <summary>Length of the instruction in bytes.</summary>
    public byte Length;

    /// <summary>Iced's code, for diagnostics and for handlers that serve several instructions.</summary>
    public ushort Code;

    /// <summary>Properties that some handlers need.</summary>
    public OpFlags Flags;

    /// <summary>
    /// Free for the handler family (second immediate, masks, counts). With <see cref="OpFlags.Counted"/>: instructions from the start of the
    /// block up to and including this one.
    /// </summary>
    public uint Aux;

    /// <summary>Free for the handler family; the op that a direct branch leads to, once it has been found.</summary>
    public nint Link;

    /// <summary>Address of the instruction itself.</summary>
    public readonly ulong Rip => NextRip - Length;

    /// <summary>Iced's code of the instruction.</summary>
    public readonly Code IcedCode => (Code)Code;
}

/// <summary>Properties of a decoded instruction.</summary>
[Flags]
internal enum OpFlags : ushort
{
    None = 0,

    /// <summary>The effective address is truncated to 32 bits (67h prefix).</summary>
    Address32 = 1,

    /// <summary>LOCK prefix, or an implicitly locked XCHG.</summary>
    Lock = 2,

    /// <summary>REP/REPE prefix.</summary>
    Rep = 4,

    /// <summary>REPNE prefix.</summary>
    Repne = 8,

    /// <summary>An operand is memory.</summary>
    Memory = 16,

    /// <summary>May leave the block: <see cref="Op.Aux"/> is its instruction count.</summary>
    Counted = 32,

    /// <summary>Not an instruction of the guest: continues at another block.</summary>
    Synthetic = 64,
}
