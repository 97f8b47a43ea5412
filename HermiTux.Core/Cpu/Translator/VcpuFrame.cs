using System.Runtime.InteropServices;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// What generated code reaches from the host's RSP, which stays fixed at the frame's address as long as translated code runs. One for
/// each vCPU, in memory of its own: below it is stack for host signal frames, above it are the vCPU's jump tables.
/// </summary>
/// <remarks>
/// The address of the frame is the window's size in bits modulo 64, so that RSP itself serves as the shift count of the range
/// check (SHRX takes the low six bits of its count).
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal unsafe struct VcpuFrame
{
    public const int Size = 1024;

    /// <summary>Guest registers that have no host register, indexed as <see cref="CpuState.Gpr"/>; the others' slots are temporary homes.</summary>
    [FieldOffset(0)] public fixed ulong Slots[16];

    /// <summary>Why translated code was left: an <c>ExitReason</c> in the low byte and its argument above. In the place of RAX, which needs no slot.</summary>
    [FieldOffset(0)] public ulong Exit;

    /// <summary>The register file of the thread that runs.</summary>
    [FieldOffset(128)] public CpuState* State;

    /// <summary>The FS base of the thread that runs; always inside the window.</summary>
    [FieldOffset(136)] public ulong FsBase;

    /// <summary>The GS base of the thread that runs; always inside the window.</summary>
    [FieldOffset(144)] public ulong GsBase;

    /// <summary>Host address of guest address 0.</summary>
    [FieldOffset(152)] public ulong WindowBase;

    /// <summary>Minus <see cref="WindowBase"/>.</summary>
    [FieldOffset(160)] public ulong NegativeWindowBase;

    /// <summary>A temporary home of a host register inside one instruction.</summary>
    [FieldOffset(168)] public ulong Temporary;

    /// <summary>A second one.</summary>
    [FieldOffset(176)] public ulong Temporary2;

    /// <summary>Host RSP of the caller, restored on exit.</summary>
    [FieldOffset(184)] public ulong HostStack;

    /// <summary>Guest address where to go on, for exits that compute it.</summary>
    [FieldOffset(200)] public ulong Target;

    /// <summary>Host code to continue at, for the entry stub.</summary>
    [FieldOffset(208)] public ulong Entry;

    /// <summary>Non-zero when something is to be done before guest code goes on. Written by any thread.</summary>
    [FieldOffset(216)] public int Pending;

    /// <summary>Written by the signal handler: the host's signal number (SIGBUS for a page that the host can't provide).</summary>
    [FieldOffset(220)] public int FaultSignal;

    /// <summary>Written by the signal handler: host RIP that was interrupted.</summary>
    [FieldOffset(224)] public ulong FaultRip;

    /// <summary>Written by the signal handler: CR2, the host address of a page fault.</summary>
    [FieldOffset(232)] public ulong FaultAddress;

    /// <summary>Written by the signal handler: the trap number (REG_TRAPNO), or <see cref="KickTrap"/>.</summary>
    [FieldOffset(240)] public ulong FaultTrap;

    /// <summary>Written by the signal handler: the error code (REG_ERR).</summary>
    [FieldOffset(248)] public ulong FaultError;

    /// <summary>A temporary home of the scratch register on the way out.</summary>
    [FieldOffset(256)] public ulong ScratchHome;

    /// <summary>MXCSR of the host.</summary>
    [FieldOffset(264)] public uint HostMxcsr;

    /// <summary>MXCSR of the guest, while <see cref="HoldsVectors"/>.</summary>
    [FieldOffset(268)] public uint GuestMxcsr;

    /// <summary>The processor's x87 unit may be in another state than after FNINIT. Set by translated code before it uses the unit.</summary>
    [FieldOffset(272)] public byte UsesX87;

    /// <summary>The guest's vector registers are in <see cref="Vectors"/>, not yet in the register file.</summary>
    [FieldOffset(273)] public byte HoldsVectors;

    /// <summary>Whether any upper half of <see cref="Vectors"/> isn't zero.</summary>
    [FieldOffset(274)] public byte UpperInUse;

    /// <summary>YMM0 to YMM15, while <see cref="HoldsVectors"/>.</summary>
    [FieldOffset(512)] public fixed byte Vectors[512];

    /// <summary>The value of <see cref="FaultTrap"/> when it wasn't a fault but a request to stop.</summary>
    public const ulong KickTrap = 256;
}
