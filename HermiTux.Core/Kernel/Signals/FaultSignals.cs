using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;

namespace HermiTux.Kernel.Signals;

/// <summary>Which signal, code and address Linux gives for each processor exception (arch/x86/kernel/traps.c, arch/x86/mm/fault.c).</summary>
internal static unsafe class FaultSignals
{
    /// <summary>The signal of an exception; <c>Signo</c> is 0 for a spurious one.</summary>
    public static SigInfo Translate(in VcpuExit exit, CpuState* state, out ulong cr2, out X86Exception trap, out uint errorCode)
    {
        cr2 = 0;
        trap = exit.Exception;
        errorCode = exit.ErrorCode;
        return exit.Exception switch
        {
            X86Exception.PageFault => PageFault(exit.Fault, ref cr2, ref trap, ref errorCode),
            X86Exception.DivideError => Make(Signal.SIGFPE, SignalConstants.FPE_INTDIV, state->Rip),
            X86Exception.Debug => Make(Signal.SIGTRAP, SignalConstants.TRAP_TRACE, state->Rip),
            X86Exception.Breakpoint => Make(Signal.SIGTRAP, SignalConstants.SI_KERNEL, 0),
            X86Exception.InvalidOpcode => Make(Signal.SIGILL, SignalConstants.ILL_ILLOPN, state->Rip),
            X86Exception.SegmentNotPresent or X86Exception.StackSegment => Make(Signal.SIGBUS, SignalConstants.SI_KERNEL, 0),
            X86Exception.AlignmentCheck => Make(Signal.SIGBUS, SignalConstants.BUS_ADRALN, 0),
            X86Exception.X87FloatingPoint => FloatingPoint((uint)(state->Fsw & ~state->Fcw), state->Rip),
            X86Exception.SimdFloatingPoint => FloatingPoint(~(state->Mxcsr >> 7) & state->Mxcsr, state->Rip),
            _ => Make(Signal.SIGSEGV, SignalConstants.SI_KERNEL, 0),
        };
    }

    private static SigInfo PageFault(in MemoryFault fault, ref ulong cr2, ref X86Exception trap, ref uint errorCode)
    {
        bool canonical = (long)(fault.Address << 16) >> 16 == (long)fault.Address;
        if (fault.Kind == MemoryFaultKind.NonCanonical && !canonical)
        {
            trap = X86Exception.GeneralProtection;
            errorCode = 0;
            return Make(Signal.SIGSEGV, SignalConstants.SI_KERNEL, 0);
        }

        cr2 = fault.Address;
        if (fault.Kind == MemoryFaultKind.NonCanonical)
        {
            // An address of the kernel's half: reported as present, so that a guest learns nothing of what is there.
            errorCode |= 1;
        }

        return fault.Kind switch
        {
            MemoryFaultKind.BeyondEndOfFile => Make(Signal.SIGBUS, SignalConstants.BUS_ADRERR, fault.Address),
            MemoryFaultKind.Protection => Make(Signal.SIGSEGV, SignalConstants.SEGV_ACCERR, fault.Address),
            _ => Make(Signal.SIGSEGV, SignalConstants.SEGV_MAPERR, fault.Address),
        };
    }

    private static SigInfo FloatingPoint(uint exceptions, ulong rip)
    {
        int code = exceptions switch
        {
            _ when (exceptions & 0x01) != 0 => SignalConstants.FPE_FLTINV,
            _ when (exceptions & 0x04) != 0 => SignalConstants.FPE_FLTDIV,
            _ when (exceptions & 0x08) != 0 => SignalConstants.FPE_FLTOVF,
            _ when (exceptions & 0x12) != 0 => SignalConstants.FPE_FLTUND,
            _ when (exceptions & 0x20) != 0 => SignalConstants.FPE_FLTRES,
            _ => 0,
        };
        return code == 0 ? default : Make(Signal.SIGFPE, code, rip);
    }

    private static SigInfo Make(Signal signal, int code, ulong address) => new() { Signo = (int)signal, Code = code, Address = address };
}
