using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;

namespace HermiTux.Kernel.Signals;

/// <summary>
/// Builds and takes back the frame that a signal handler runs on, byte for byte as Linux lays it out
/// (arch/x86/kernel/signal_64.c, x64_setup_rt_frame and restore_sigcontext).
/// </summary>
/// <remarks>
/// From high to low addresses: the red zone of the interrupted code (128 bytes, not on a fresh alternate stack); the XSAVE image,
/// 64-byte aligned; then, at 16n + 8 so that the handler starts as if called, the return address (sa_restorer), ucontext and siginfo.
/// </remarks>
internal static unsafe class SignalFrame
{
    private const ulong RedZone = 128;
    private const int UContextOffset = 8;
    private static readonly int s_frameSize = UContextOffset + sizeof(UContext) + sizeof(SigInfo);

    // What user code may set in RFLAGS through a frame (FIX_EFLAGS): AC RF OF DF TF SF ZF AF PF CF.
    private const ulong RestorableFlags = 0x50DD5;
    private const ulong FlagsClearedAtEntry = 0x10500; // RF DF TF

    /// <summary>Bytes that a frame needs at most, for AT_MINSIGSTKSZ (get_sigframe_size).</summary>
    public static ulong MaximumSize(CpuModel model) => Align(RedZone + (ulong)s_frameSize + 64 + (ulong)SignalXstate.Size(model) + 16, 16);

    /// <summary>Builds the frame and sets the registers to enter the handler. False when the stack can't be written.</summary>
    public static bool TryBuild(GuestThread thread, in SigInfo info, in KernelSigAction action)
    {
        thread.SyncFloatingPoint();
        CpuState* state = thread.State;
        SignalState signals = thread.Signals;
        AddressSpace memory = thread.Process.Memory;
        CpuModel model = thread.Process.Machine.Engine.Model;

        // Without SA_RESTORER there is nowhere to return to: x86-64 has no default.
        if ((action.Flags & SignalConstants.SA_RESTORER) == 0)
        {
            return false;
        }

        bool nested = signals.IsOnAlternateStack(state->Rsp);
        bool entering = false;
        ulong sp = state->Rsp - RedZone;
        if ((action.Flags & SignalConstants.SA_ONSTACK) != 0 && signals.AlternateStackFlags(sp) == 0)
        {
            sp = signals.AlternateStack.Sp + signals.AlternateStack.Size;
            entering = true;
        }

        ulong image = (sp - (ulong)SignalXstate.Size(model)) & ~63UL;
        ulong frame = ((image - (ulong)s_frameSize) & ~15UL) - 8;
        if ((nested || entering) && !signals.IsWithinAlternateStack(frame))
        {
            // An overflow of the alternate stack must not spill on what is below it.
            return false;
        }

        if (!SignalXstate.TrySave(memory, image, state, model))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[s_frameSize];
        MemoryMarshal.Write(bytes, action.Restorer);
        UContext context = Capture(thread, image);
        MemoryMarshal.Write(bytes[UContextOffset..], in context);
        MemoryMarshal.Write(bytes[(UContextOffset + sizeof(UContext))..], in info);
        if (!memory.TryWrite(frame, bytes))
        {
            return false;
        }

        if ((signals.AlternateStack.Flags & SignalConstants.SS_AUTODISARM) != 0)
        {
            signals.AlternateStack = new StackT { Flags = SignalConstants.SS_DISABLE };
        }

        state->Rdi = (ulong)info.Signo;
        state->Rsi = frame + UContextOffset + (ulong)sizeof(UContext);
        state->Rdx = frame + UContextOffset;
        state->Rax = 0;
        state->Rip = action.Handler;
        state->Rsp = frame;
        state->Cs = 0x33;
        state->Ss = 0x2B;
        state->Rflags &= ~FlagsClearedAtEntry;
        SignalXstate.Reset(state);
        return true;
    }

    /// <summary>Takes everything back from the frame at RSP (past the return address). False when the frame is bad.</summary>
    public static bool TryRestore(GuestThread thread)
    {
        thread.SyncFloatingPoint();
        CpuState* state = thread.State;
        AddressSpace memory = thread.Process.Memory;
        if (!memory.TryRead(state->Rsp, out UContext context))
        {
            return false;
        }

        thread.Signals.Mask = context.Mask;
        ref SigContext registers = ref context.Context;
        if ((registers.Cs | 3) != 0x33)
        {
            // Only the 64-bit code segment exists here.
            return false;
        }

        state->R8 = registers.R8;
        state->R9 = registers.R9;
        state->R10 = registers.R10;
        state->R11 = registers.R11;
        state->R12 = registers.R12;
        state->R13 = registers.R13;
        state->R14 = registers.R14;
        state->R15 = registers.R15;
        state->Rdi = registers.Rdi;
        state->Rsi = registers.Rsi;
        state->Rbp = registers.Rbp;
        state->Rbx = registers.Rbx;
        state->Rdx = registers.Rdx;
        state->Rax = registers.Rax;
        state->Rcx = registers.Rcx;
        state->Rsp = registers.Rsp;
        state->Rip = registers.Rip;
        state->Rflags = (state->Rflags & ~RestorableFlags) | (registers.Eflags & RestorableFlags);
        if (!SignalXstate.TryRestore(memory, registers.FpState, state, thread.Process.Machine.Engine.Model))
        {
            return false;
        }

        // restore_altstack(): errors of sigaltstack(2) are ignored, as the kernel ignores them.
        _ = thread.Signals.ChangeAlternateStack(context.Stack, state->Rsp, out _);
        return true;
    }

    private static UContext Capture(GuestThread thread, ulong image)
    {
        CpuState* state = thread.State;
        SignalState signals = thread.Signals;
        StackT stack = signals.AlternateStack;
        ulong flags = UContext.UC_SIGCONTEXT_SS | UContext.UC_STRICT_RESTORE_SS;
        if (thread.Process.Machine.Engine.Model.Xcr0 != 0)
        {
            flags |= UContext.UC_FP_XSTATE;
        }

        return new UContext
        {
            Flags = flags,
            Stack = new StackT { Sp = stack.Sp, Flags = stack.Flags, Size = stack.Size },
            Mask = signals.MaskForFrame,
            Context = new SigContext
            {
                R8 = state->R8,
                R9 = state->R9,
                R10 = state->R10,
                R11 = state->R11,
                R12 = state->R12,
                R13 = state->R13,
                R14 = state->R14,
                R15 = state->R15,
                Rdi = state->Rdi,
                Rsi = state->Rsi,
                Rbp = state->Rbp,
                Rbx = state->Rbx,
                Rdx = state->Rdx,
                Rax = state->Rax,
                Rcx = state->Rcx,
                Rsp = state->Rsp,
                Rip = state->Rip,
                Eflags = state->Rflags,
                Cs = state->Cs,
                Ss = state->Ss,
                Err = signals.LastFault.ErrorCode,
                Trapno = (ulong)signals.LastFault.Trap,
                OldMask = signals.MaskForFrame,
                Cr2 = signals.LastFault.Cr2,
                FpState = image,
            },
        };
    }

    private static ulong Align(ulong value, ulong alignment) => (value + alignment - 1) & ~(alignment - 1);
}
