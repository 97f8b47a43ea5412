using HermiTux.Memory;

namespace HermiTux.Cpu;

/// <summary>
/// A kind of virtual CPU. One instance belongs to one machine and makes its vCPUs. Engines know memory and registers, nothing of the kernel layer.
/// </summary>
public interface IVcpuEngine : IDisposable
{
    /// <summary>Short lower-case name: <c>interpreter</c>, <c>translator</c>, <c>kvm</c>.</summary>
    string Name { get; }

    /// <summary>What CPUID says to the guest: exactly what the engine implements.</summary>
    CpuModel Model { get; }

    /// <summary>Whether the processor itself keeps the guest in (a virtual machine), so that a fault in generated or emulating code can't let it out.</summary>
    bool IsHardwareIsolated => false;

    /// <summary>
    /// First address that programs can't use, page-aligned: <see cref="Page.UserEnd"/> where the engine gives them all that Linux
    /// does. Address spaces are made with it (<see cref="AddressSpace.MaximumAddress"/>).
    /// </summary>
    ulong AddressLimit => Page.UserEnd;

    /// <summary>
    /// End of the addresses, page-aligned, below which programs are laid out and mappings placed (<see cref="AddressSpace.DefaultMapWindow"/>).
    /// What a program insists on having above it works too, but the engine may then be slow.
    /// </summary>
    ulong DefaultMapWindow => AddressLimit;

    /// <summary>Creates a vCPU that runs threads of one address space. Thread-safe.</summary>
    Vcpu CreateVcpu(AddressSpace space);

    /// <summary>Bytes of memory used for translated or decoded code, 0 where that means nothing.</summary>
    long TranslatedBytes { get; }
}

/// <summary>
/// Something that executes guest instructions. Used by one host thread at a time, except for <see cref="RequestExit"/>.
/// </summary>
public abstract unsafe class Vcpu : IDisposable
{
    /// <summary>
    /// Runs the thread whose registers are in <paramref name="state"/> until something is for the kernel layer to do.
    /// On return every register is exact, but the floating-point and vector part (the XSAVE image) only once
    /// <see cref="SyncFloatingPoint"/> was called. After a syscall exit RIP is past the instruction, and RCX and R11 are as the
    /// instruction leaves them; after an exception RIP is at the faulting instruction (past it for the traps #BP and #DB).
    /// </summary>
    public abstract VcpuExit Run(CpuState* state);

    /// <summary>
    /// Makes the XSAVE image of the thread that ran last exact and lets go of it: an engine may keep that part in the processor from one
    /// <see cref="Run"/> to the next, since most system calls don't look at it. To be called, on the thread that runs the vCPU, before anything
    /// else reads or changes the image and before the guest thread runs elsewhere. Costs nothing where there is nothing to do.
    /// </summary>
    /// <param name="state">The state given to the last run; for any other nothing happens.</param>
    public virtual void SyncFloatingPoint(CpuState* state)
    {
    }

    /// <summary>
    /// Makes a current or the next <see cref="Run"/> return with <see cref="VcpuExitReason.Interrupted"/> soon (within 10 ms, at an
    /// instruction boundary). Callable from any thread at any time; repeated requests may merge into one. The scheduler repeats a request every 10 ms until
    /// its thread is back, since an engine that interrupts by host signals can't hear one that arrives while the host handles another signal on that thread.
    /// </summary>
    public abstract void RequestExit();

    /// <summary>Guest instructions executed so far where the engine counts them (it may be told to by an option); else 0.</summary>
    public virtual long InstructionCount => 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the vCPU holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>Why a vCPU stopped.</summary>
public enum VcpuExitReason : byte
{
    /// <summary>The guest executed <c>syscall</c>.</summary>
    Syscall,

    /// <summary>The guest raised a processor exception.</summary>
    Exception,

    /// <summary><see cref="Vcpu.RequestExit"/> was called.</summary>
    Interrupted,
}

/// <summary>Processor exceptions that user-mode code can raise (Intel SDM vol. 3, 6.15).</summary>
public enum X86Exception : byte
{
    /// <summary>#DE.</summary>
    DivideError = 0,

    /// <summary>#DB.</summary>
    Debug = 1,

    /// <summary>#BP (int3).</summary>
    Breakpoint = 3,

    /// <summary>#OF (into; not in 64-bit mode).</summary>
    Overflow = 4,

    /// <summary>#BR.</summary>
    BoundRange = 5,

    /// <summary>#UD.</summary>
    InvalidOpcode = 6,

    /// <summary>#NM.</summary>
    DeviceNotAvailable = 7,

    /// <summary>#NP.</summary>
    SegmentNotPresent = 11,

    /// <summary>#SS.</summary>
    StackSegment = 12,

    /// <summary>#GP.</summary>
    GeneralProtection = 13,

    /// <summary>#PF.</summary>
    PageFault = 14,

    /// <summary>#MF: unmasked x87 exception.</summary>
    X87FloatingPoint = 16,

    /// <summary>#AC.</summary>
    AlignmentCheck = 17,

    /// <summary>#XM: unmasked SSE exception.</summary>
    SimdFloatingPoint = 19,
}

/// <summary>Why a vCPU stopped, with the details of an exception.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Exception">The exception, when that is the reason.</param>
/// <param name="ErrorCode">The hardware error code, as pushed by the CPU (page fault: bit 0 present, 1 write, 2 user, 4 fetch).</param>
/// <param name="Fault">For a page fault, the access that failed.</param>
public readonly record struct VcpuExit(VcpuExitReason Reason, X86Exception Exception, uint ErrorCode, MemoryFault Fault)
{
    /// <summary>The guest made a system call.</summary>
    public static VcpuExit Syscall => new(VcpuExitReason.Syscall, default, 0, default);

    /// <summary>The vCPU was asked to stop.</summary>
    public static VcpuExit Interrupted => new(VcpuExitReason.Interrupted, default, 0, default);

    /// <summary>The guest raised an exception other than a page fault.</summary>
    public static VcpuExit Raise(X86Exception exception, uint errorCode = 0) => new(VcpuExitReason.Exception, exception, errorCode, default);

    /// <summary>
    /// The guest touched memory that it may not. Above user space the page always counts as present, as Linux reports it
    /// (sanitize_error_code in arch/x86/mm/fault.c), so that a guest can't probe what is there.
    /// </summary>
    public static VcpuExit PageFault(MemoryFault fault) =>
        new(VcpuExitReason.Exception, X86Exception.PageFault,
            (fault.Kind == MemoryFaultKind.Protection || fault.Address >= Page.UserEnd ? 1u : 0) | (fault.Access == MemoryAccess.Write ? 2u : 0) | 4u |
            (fault.Access == MemoryAccess.Execute ? 16u : 0), fault);
}
