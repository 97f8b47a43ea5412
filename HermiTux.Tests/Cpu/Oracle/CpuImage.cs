using System.Runtime.InteropServices;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>
/// One complete machine state: what a test case starts from, and what it leads to. Byte for byte <c>struct image</c> of native-cpu.c.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
internal unsafe struct CpuImage
{
    public const int SizeInBytes = 1024 + WindowSize;

    /// <summary>Bytes of guest memory that a case brings along and whose content afterwards is compared byte by byte.</summary>
    public const int WindowSize = 2048;

    /// <summary>x87, SSE and AVX state in the standard format.</summary>
    public const int XsaveSize = 832;

    /// <summary>RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15, then RIP, RFLAGS, FS base and GS base as in CpuState.</summary>
    [FieldOffset(0)] public fixed ulong Gpr[16];
    [FieldOffset(0)] public ulong Rax;
    [FieldOffset(8)] public ulong Rcx;
    [FieldOffset(16)] public ulong Rdx;
    [FieldOffset(24)] public ulong Rbx;
    [FieldOffset(32)] public ulong Rsp;
    [FieldOffset(40)] public ulong Rbp;
    [FieldOffset(48)] public ulong Rsi;
    [FieldOffset(56)] public ulong Rdi;
    [FieldOffset(128)] public ulong Rip;
    [FieldOffset(136)] public ulong Rflags;
    [FieldOffset(144)] public ulong FsBase;
    [FieldOffset(152)] public ulong GsBase;

    /// <summary>Guest address of <see cref="Memory"/>; all of it lies in the writable data pages.</summary>
    [FieldOffset(160)] public ulong Window;

    /// <summary>The faulting address, 0 unless the case ended in a page fault.</summary>
    [FieldOffset(168)] public ulong Cr2;

    /// <summary>The exception that ended the case; a case that runs to its end stops at an int3.</summary>
    [FieldOffset(176)] public uint Vector;
    [FieldOffset(180)] public uint ErrorCode;

    /// <summary>The signal that Linux made of it (real CPU only).</summary>
    [FieldOffset(184)] public uint Signal;

    /// <summary>1 when writable memory outside the window was changed.</summary>
    [FieldOffset(188)] public uint Dirty;

    [FieldOffset(192)] public fixed byte Xsave[XsaveSize];
    [FieldOffset(192)] public ushort Fcw;
    [FieldOffset(194)] public ushort Fsw;
    [FieldOffset(196)] public byte Ftw;
    [FieldOffset(216)] public uint Mxcsr;

    /// <summary>DS, ES, FS, GS, CS and SS after the case, in bytes of the image that the format leaves to software. They start as Linux has them.</summary>
    [FieldOffset(192 + 416)] public fixed ushort Selectors[6];
    [FieldOffset(192 + 512)] public ulong XstateBv;

    [FieldOffset(1024)] public fixed byte Memory[WindowSize];

    /// <summary>Offset in <see cref="Xsave"/> of ST(n) or, with TOP 0, MMn.</summary>
    public static int StOffset(int n) => 32 + 16 * n;

    /// <summary>Offset in <see cref="Xsave"/> of XMMn.</summary>
    public static int XmmOffset(int n) => 160 + 16 * n;

    /// <summary>Offset in <see cref="Xsave"/> of bits 255:128 of YMMn.</summary>
    public static int YmmHighOffset(int n) => 576 + 16 * n;
}
