using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HermiTux.Cpu;

/// <summary>
/// The complete user-mode register file of one guest thread: 4096 bytes, 64-byte aligned, in native memory
/// (<see cref="Allocate"/>). Engines read and write it in place; between two runs it is the whole truth, so a thread can move
/// between engines.
/// </summary>
/// <remarks>
/// The floating-point and vector part is byte for byte a standard-format XSAVE image (Intel SDM vol. 1, 13.4), because signal
/// frames, snapshots and KVM want it so. x87 registers are therefore ST(0)..ST(7), relative to TOP.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public unsafe struct CpuState
{
    /// <summary>Size of the structure.</summary>
    public const int SizeInBytes = 4096;

    /// <summary>Offset of the XSAVE image.</summary>
    public const int XsaveOffset = 512;

    /// <summary>Offset of XMM0; register n is 16 * n further on.</summary>
    public const int XmmOffset = XsaveOffset + 160;

    /// <summary>Offset of bits 255:128 of YMM0; register n is 16 * n further on.</summary>
    public const int YmmHighOffset = XsaveOffset + 576;

    /// <summary>Offset of ST(0) (and MM0 when TOP is 0); register n is 16 * n further on.</summary>
    public const int StOffset = XsaveOffset + 32;

    /// <summary>Offset of the engine-private area.</summary>
    public const int EngineAreaOffset = 192;

    /// <summary>Size of the engine-private area.</summary>
    public const int EngineAreaSize = XsaveOffset - EngineAreaOffset;

    /// <summary>RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15, in encoding order.</summary>
    [FieldOffset(0)] public fixed ulong Gpr[16];

    /// <summary>RAX.</summary>
    [FieldOffset(0)] public ulong Rax;

    /// <summary>RCX.</summary>
    [FieldOffset(8)] public ulong Rcx;

    /// <summary>RDX.</summary>
    [FieldOffset(16)] public ulong Rdx;

    /// <summary>RBX.</summary>
    [FieldOffset(24)] public ulong Rbx;

    /// <summary>RSP.</summary>
    [FieldOffset(32)] public ulong Rsp;

    /// <summary>RBP.</summary>
    [FieldOffset(40)] public ulong Rbp;

    /// <summary>RSI.</summary>
    [FieldOffset(48)] public ulong Rsi;

    /// <summary>RDI.</summary>
    [FieldOffset(56)] public ulong Rdi;

    /// <summary>R8.</summary>
    [FieldOffset(64)] public ulong R8;

    /// <summary>R9.</summary>
    [FieldOffset(72)] public ulong R9;

    /// <summary>R10.</summary>
    [FieldOffset(80)] public ulong R10;

    /// <summary>R11.</summary>
    [FieldOffset(88)] public ulong R11;

    /// <summary>R12.</summary>
    [FieldOffset(96)] public ulong R12;

    /// <summary>R13.</summary>
    [FieldOffset(104)] public ulong R13;

    /// <summary>R14.</summary>
    [FieldOffset(112)] public ulong R14;

    /// <summary>R15.</summary>
    [FieldOffset(120)] public ulong R15;

    /// <summary>The instruction pointer.</summary>
    [FieldOffset(128)] public ulong Rip;

    /// <summary>RFLAGS; bit 1 and IF are always set, system flags are never the guest's to change.</summary>
    [FieldOffset(136)] public ulong Rflags;

    /// <summary>The FS segment base (thread pointer).</summary>
    [FieldOffset(144)] public ulong FsBase;

    /// <summary>The GS segment base.</summary>
    [FieldOffset(152)] public ulong GsBase;

    /// <summary>CS selector (0x33 on Linux).</summary>
    [FieldOffset(160)] public ushort Cs;

    /// <summary>SS selector (0x2B on Linux).</summary>
    [FieldOffset(162)] public ushort Ss;

    /// <summary>DS selector.</summary>
    [FieldOffset(164)] public ushort Ds;

    /// <summary>ES selector.</summary>
    [FieldOffset(166)] public ushort Es;

    /// <summary>FS selector.</summary>
    [FieldOffset(168)] public ushort Fs;

    /// <summary>GS selector.</summary>
    [FieldOffset(170)] public ushort Gs;

    /// <summary>Private to the engine that is running the thread; meaningless between runs.</summary>
    [FieldOffset(EngineAreaOffset)] public fixed byte EngineArea[EngineAreaSize];

    /// <summary>x87 control word.</summary>
    [FieldOffset(XsaveOffset)] public ushort Fcw;

    /// <summary>x87 status word, TOP in bits 13:11.</summary>
    [FieldOffset(XsaveOffset + 2)] public ushort Fsw;

    /// <summary>Abridged x87 tag word: bit n is set when physical register n is not empty.</summary>
    [FieldOffset(XsaveOffset + 4)] public byte Ftw;

    /// <summary>Last x87 opcode.</summary>
    [FieldOffset(XsaveOffset + 6)] public ushort Fop;

    /// <summary>Last x87 instruction pointer.</summary>
    [FieldOffset(XsaveOffset + 8)] public ulong Fip;

    /// <summary>Last x87 data pointer.</summary>
    [FieldOffset(XsaveOffset + 16)] public ulong Fdp;

    /// <summary>SSE control and status.</summary>
    [FieldOffset(XsaveOffset + 24)] public uint Mxcsr;

    /// <summary>Which MXCSR bits exist.</summary>
    [FieldOffset(XsaveOffset + 28)] public uint MxcsrMask;

    /// <summary>XSTATE_BV of the XSAVE header: which components are not in their initial state.</summary>
    [FieldOffset(XsaveOffset + 512)] public ulong XstateBv;

    /// <summary>Allocates a zeroed, 64-byte aligned register file in the state that a new Linux program sees (System V ABI 3.4.1).</summary>
    public static CpuState* Allocate()
    {
        // SAFETY: the block is exactly one CpuState, cleared before use, and freed only by Free.
        CpuState* state = (CpuState*)NativeMemory.AlignedAlloc(SizeInBytes, 64);
        Unsafe.InitBlockUnaligned(state, 0, SizeInBytes);
        state->Reset();
        return state;
    }

    /// <summary>Frees what <see cref="Allocate"/> returned.</summary>
    public static void Free(CpuState* state) => NativeMemory.AlignedFree(state);

    /// <summary>Sets every register to its value at program start: GPRs zero, MXCSR 0x1F80, FCW 0x37F, RFLAGS 0x202.</summary>
    public void Reset()
    {
        this = default;
        Rflags = 0x202;
        Cs = 0x33;
        Ss = 0x2B;
        Fcw = 0x37F;
        Mxcsr = 0x1F80;
        MxcsrMask = 0xFFFF;
        XstateBv = 7;
    }
}
