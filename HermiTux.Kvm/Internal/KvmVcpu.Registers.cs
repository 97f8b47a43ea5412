using HermiTux.Cpu;

namespace HermiTux.Kvm.Internal;

/// <content>Registers between <see cref="CpuState"/> and the page shared with KVM.</content>
internal sealed unsafe partial class KvmVcpu
{
    private const ulong Dirty = KvmNative.KVM_SYNC_X86_REGS | KvmNative.KVM_SYNC_X86_SREGS;

    /// <summary>CF PF AF ZF SF TF DF OF NT RF AC ID: what user code may have in RFLAGS. The rest is fixed: IF set, IOPL 0.</summary>
    private const ulong UserFlags = 0x254DD5;
    private const ulong FixedFlags = 0x202;

    /// <summary>Whether the guest is in supervisor code, or on its way there, and has to go on to the end of the stub.</summary>
    private bool IsInStub => _run->regs.rip - PhysicalLayout.SupervisorVirtual < (ulong)PhysicalLayout.SupervisorPages << 12;

    private void LoadRegisters(CpuState* state)
    {
        kvm_regs* regs = &_run->regs;
        kvm_sregs* sregs = &_run->sregs;
        regs->rax = state->Rax;
        regs->rbx = state->Rbx;
        regs->rcx = state->Rcx;
        regs->rdx = state->Rdx;
        regs->rsi = state->Rsi;
        regs->rdi = state->Rdi;
        regs->rsp = state->Rsp;
        regs->rbp = state->Rbp;
        regs->r8 = state->R8;
        regs->r9 = state->R9;
        regs->r10 = state->R10;
        regs->r11 = state->R11;
        regs->r12 = state->R12;
        regs->r13 = state->R13;
        regs->r14 = state->R14;
        regs->r15 = state->R15;
        regs->rip = state->Rip;
        regs->rflags = (state->Rflags & UserFlags) | FixedFlags;
        LoadUserSegments();
        LoadSegment(ref sregs->ds, state->Ds);
        LoadSegment(ref sregs->es, state->Es);
        LoadSegment(ref sregs->fs, state->Fs);
        LoadSegment(ref sregs->gs, state->Gs);
        sregs->fs.@base = state->FsBase;
        sregs->gs.@base = state->GsBase;
        _run->kvm_dirty_regs = Dirty;
    }

    /// <summary>Goes on where an exception came from.</summary>
    private void ResumeAt(in ExceptionFrame frame)
    {
        _run->regs.rip = frame.Rip;
        _run->regs.rsp = frame.Rsp;
        _run->regs.rflags = (frame.Rflags & UserFlags) | FixedFlags;
        LoadUserSegments();
        _run->kvm_dirty_regs = Dirty;
    }

    private void LoadUserSegments()
    {
        Segments.Load(ref _run->sregs.cs, PhysicalLayout.UserCode);
        Segments.Load(ref _run->sregs.ss, PhysicalLayout.UserData);
    }

    private static void LoadSegment(ref kvm_segment segment, ushort selector)
    {
        // Most often nothing has changed since the exit.
        if (segment.selector != selector || segment.unusable == 0 != selector > 3)
        {
            Segments.Load(ref segment, selector);
        }
    }

    private void StoreSyscall(CpuState* state, ulong rsp)
    {
        // RCX and R11 are the return address and the flags. The processor clears RF in R11.
        Store(state, _run->regs.rcx, rsp, _run->regs.r11);
    }

    private void StoreException(CpuState* state, in ExceptionFrame frame) => Store(state, frame.Rip, frame.Rsp, frame.Rflags);

    private void StoreInterrupted(CpuState* state) => Store(state, _run->regs.rip, _run->regs.rsp, _run->regs.rflags);

    private void Store(CpuState* state, ulong rip, ulong rsp, ulong rflags)
    {
        kvm_regs* regs = &_run->regs;
        kvm_sregs* sregs = &_run->sregs;
        state->Rax = regs->rax;
        state->Rbx = regs->rbx;
        state->Rcx = regs->rcx;
        state->Rdx = regs->rdx;
        state->Rsi = regs->rsi;
        state->Rdi = regs->rdi;
        state->Rsp = rsp;
        state->Rbp = regs->rbp;
        state->R8 = regs->r8;
        state->R9 = regs->r9;
        state->R10 = regs->r10;
        state->R11 = regs->r11;
        state->R12 = regs->r12;
        state->R13 = regs->r13;
        state->R14 = regs->r14;
        state->R15 = regs->r15;
        state->Rip = rip;
        state->Rflags = (rflags & UserFlags) | FixedFlags;
        state->Cs = PhysicalLayout.UserCode;
        state->Ss = PhysicalLayout.UserData;
        state->Ds = sregs->ds.selector;
        state->Es = sregs->es.selector;
        state->Fs = sregs->fs.selector;
        state->Gs = sregs->gs.selector;
        state->FsBase = sregs->fs.@base;
        state->GsBase = sregs->gs.@base;
    }
}
