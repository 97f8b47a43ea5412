using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using HermiTux.Cpu;

namespace HermiTux.Kvm.Internal;

/// <summary>
/// A vCPU of KVM: its descriptor, the page shared with KVM that registers go through, and its page in the supervisor area. Lives as long as the
/// machine and is used by one address space after the other.
/// </summary>
internal sealed unsafe class Processor : IDisposable
{
    private const int XsaveSize = 4096;

    // CR0: PG AM WP NE ET MP PE. CR4: PAE OSFXSR OSXMMEXCPT. EFER: NXE LMA LME SCE.
    private const ulong Cr0 = 0x8005_0033;
    private const ulong Cr4Base = (1 << 5) | (1 << 9) | (1 << 10);
    private const ulong Cr4Umip = 1 << 11;
    private const ulong Cr4Fsgsbase = 1 << 16;
    private const ulong Cr4Osxsave = 1 << 18;
    private const ulong Efer = (1 << 11) | (1 << 10) | (1 << 8) | 1;

    /// <summary>What <c>syscall</c> clears in RFLAGS, as Linux has it: all but the reserved bits that are always set.</summary>
    private const ulong SyscallMask = 0x257FD5;

    private const ulong SseComponent = 2;
    private const uint InitialMxcsr = 0x1F80;

    private static readonly bool s_hasXsaves = X86Base.CpuId(0, 0).Eax >= 0xD && (X86Base.CpuId(0xD, 1).Eax & 8) != 0;

    private readonly SafeDescriptor _descriptor;
    private readonly int _runSize;
    private readonly ulong _xcr0;
    private byte* _xsave;
    private ulong _signalMask;
    private bool _hasSignalMask;

    /// <summary>Creates a vCPU in 64-bit mode.</summary>
    /// <exception cref="IOException">KVM refuses.</exception>
    public Processor(KvmDevice device, VirtualMachine machine, CpuModel model, bool hasHostCpuid)
    {
        _xcr0 = model.Xcr0;
        _runSize = device.RunSize;
        _descriptor = machine.CreateVcpu(out VcpuPage page);
        Page = page;
        try
        {
            SetCpuid(device, model, hasHostCpuid);

            // SAFETY: the descriptor's own page, unmapped in Dispose.
            void* run = KvmNative.mmap(null, (nuint)_runSize, KvmNative.PROT_READ | KvmNative.PROT_WRITE, KvmNative.MAP_SHARED, _descriptor.Value, 0);
            Run = run != KvmNative.MAP_FAILED ? (kvm_run*)run : throw KvmError.Create("the vCPU's page (mmap)");
            _xsave = (byte*)NativeMemory.AlignedAlloc(XsaveSize, 64);
            SetSystemRegisters(model);
            SetMsrs();
            if (_xcr0 != 0)
            {
                var xcrs = new kvm_xcrs { nr_xcrs = 1 };
                xcrs.xcrs[0] = new kvm_xcr { value = _xcr0 };
                Check(KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_SET_XCRS, &xcrs), "KVM_SET_XCRS");
            }

            Run->kvm_valid_regs = KvmNative.KVM_SYNC_X86_REGS | KvmNative.KVM_SYNC_X86_SREGS;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The vCPU's page in the supervisor area.</summary>
    public VcpuPage Page { get; }

    /// <summary>The page shared with KVM. After an exit it has the registers; what is changed goes in when <c>kvm_dirty_regs</c> says so.</summary>
    public kvm_run* Run { get; private set; }

    /// <summary>Ticks of RDTSC a second.</summary>
    public long TscFrequency => KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_GET_TSC_KHZ, 0) * 1000L;

    /// <summary>Which signals are blocked while the guest runs.</summary>
    public void SetSignalMask(ulong mask)
    {
        if (_hasSignalMask && _signalMask == mask)
        {
            return;
        }

        var argument = new kvm_signal_mask { len = sizeof(ulong), sigset = mask };
        Check(KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_SET_SIGNAL_MASK, &argument), "KVM_SET_SIGNAL_MASK");
        (_signalMask, _hasSignalMask) = (mask, true);
    }

    /// <summary>KVM_RUN. 0, or the errno.</summary>
    public int Enter() => KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_RUN, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Loads the x87, SSE and further vector registers.</summary>
    public void LoadFloatingPoint(CpuState* state)
    {
        // SAFETY: both are XSAVE images in the standard format; the state's ends with the structure.
        const int Length = CpuState.SizeInBytes - CpuState.XsaveOffset;
        Buffer.MemoryCopy((byte*)state + CpuState.XsaveOffset, _xsave, XsaveSize, Length);
        new Span<byte>(_xsave + Length, XsaveSize - Length).Clear();
        new Span<byte>(_xsave + 464, 48).Clear();
        ulong* header = (ulong*)(_xsave + 512);
        new Span<ulong>(header + 1, 7).Clear();
        header[0] &= _xcr0 | 3;
        Check(KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_SET_XSAVE, _xsave), "KVM_SET_XSAVE");
    }

    /// <summary>Stores the x87, SSE and further vector registers.</summary>
    public void StoreFloatingPoint(CpuState* state)
    {
        Check(KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_GET_XSAVE, _xsave), "KVM_GET_XSAVE");

        // SAFETY: as above. Components in their initial state have it in the image, so the first three always count as present.
        uint mask = state->MxcsrMask;
        const int Length = CpuState.SizeInBytes - CpuState.XsaveOffset;
        Buffer.MemoryCopy(_xsave, (byte*)state + CpuState.XsaveOffset, Length, Length);
        state->MxcsrMask = mask;
        if (s_hasXsaves && (state->XstateBv & SseComponent) == 0)
        {
            // A kernel that saves in the compacted format leaves an old MXCSR behind when SSE state is initial, and so MXCSR is too.
            state->Mxcsr = InitialMxcsr;
        }

        state->XstateBv |= 7;
    }

    /// <summary>Frees the vCPU's descriptor and memory. KVM frees the vCPU itself with the machine.</summary>
    public void Dispose()
    {
        if (Run != null)
        {
            // SAFETY: exactly what the constructor mapped.
            _ = KvmNative.munmap(Run, (nuint)_runSize);
            Run = null;
        }

        NativeMemory.AlignedFree(_xsave);
        _xsave = null;
        _descriptor.Dispose();
    }

    private static void Check(int result, string call) => _ = KvmError.Check(result, call);

    private void SetCpuid(KvmDevice device, CpuModel model, bool hasHostCpuid)
    {
        kvm_cpuid2 table = device.SupportedLeaves;
        if (!hasHostCpuid)
        {
            CpuidTable.Fill(model, ref table);
        }

        Check(KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_SET_CPUID2, &table), "KVM_SET_CPUID2");
    }

    private void SetSystemRegisters(CpuModel model)
    {
        kvm_sregs* sregs = &Run->sregs;
        Check(KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_GET_SREGS, sregs), "KVM_GET_SREGS");
        bool hasLeaf7 = model.Query(0, 0).Eax >= 7;
        sregs->cr0 = Cr0;
        sregs->cr4 = Cr4Base | (model.Xcr0 != 0 ? Cr4Osxsave : 0) | (hasLeaf7 && (model.Query(7, 0).Ebx & 1) != 0 ? Cr4Fsgsbase : 0) |
            (hasLeaf7 && (model.Query(7, 0).Ecx & 4) != 0 ? Cr4Umip : 0);
        sregs->efer = Efer;
        sregs->gdt = new kvm_dtable { @base = Page.Gdt, limit = PhysicalLayout.GdtSize - 1 };
        sregs->idt = new kvm_dtable
        {
            @base = PhysicalLayout.SupervisorVirtual + PhysicalLayout.IdtPage,
            limit = 0xFFF,
        };
        sregs->tr = new kvm_segment { @base = Page.Tss, limit = VcpuPage.TssLimit, selector = PhysicalLayout.TaskState, type = 11, present = 1 };
        sregs->ldt = new kvm_segment { unusable = 1 };
        Segments.Load(ref sregs->cs, PhysicalLayout.UserCode);
        Segments.Load(ref sregs->ss, PhysicalLayout.UserData);
    }

    private void SetMsrs()
    {
        var msrs = new kvm_msrs
        {
            nmsrs = 3,
            star = new kvm_msr_entry { index = KvmNative.MSR_STAR, data = ((ulong)PhysicalLayout.KernelCode << 32) | (0x23UL << 48) },
            lstar = new kvm_msr_entry { index = KvmNative.MSR_LSTAR, data = SupervisorImage.SyscallEntry },
            fmask = new kvm_msr_entry { index = KvmNative.MSR_SYSCALL_MASK, data = SyscallMask },
        };
        if (KvmError.Check(KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_SET_MSRS, &msrs), "KVM_SET_MSRS") != 3)
        {
            throw new IOException("The host's KVM refuses the registers of the syscall instruction.");
        }
    }
}

/// <summary>Segment registers as they are after loading a selector of <see cref="VcpuPage"/>'s table.</summary>
internal static class Segments
{
    /// <summary>Loads a selector; one of no descriptor is the null segment. The base stays.</summary>
    public static void Load(ref kvm_segment segment, ushort selector)
    {
        bool isCode = (selector & ~3) == (PhysicalLayout.UserCode & ~3);
        bool isData = (selector & ~3) == (PhysicalLayout.UserData & ~3);
        segment = new kvm_segment
        {
            @base = segment.@base,
            selector = isCode || isData ? selector : (ushort)(selector & 3),
            unusable = isCode || isData ? (byte)0 : (byte)1,
        };
        if (segment.unusable == 0)
        {
            segment.limit = 0xFFFF_FFFF;
            segment.type = isCode ? (byte)11 : (byte)3;
            segment.present = 1;
            segment.dpl = 3;
            segment.s = 1;
            segment.g = 1;
            segment.l = isCode ? (byte)1 : (byte)0;
            segment.db = isCode ? (byte)0 : (byte)1;
        }
    }
}
