using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HermiTux.Kvm.Internal;

// The structures of linux/kvm.h and asm/kvm.h, in the kernel's spelling. A test compares sizes and offsets with the C compiler's.
#pragma warning disable IDE1006 // kernel spelling

/// <summary>struct kvm_regs.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct kvm_regs
{
    public ulong rax, rbx, rcx, rdx;
    public ulong rsi, rdi, rsp, rbp;
    public ulong r8, r9, r10, r11;
    public ulong r12, r13, r14, r15;
    public ulong rip, rflags;
}

/// <summary>struct kvm_segment.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct kvm_segment
{
    public ulong @base;
    public uint limit;
    public ushort selector;
    public byte type;
    public byte present, dpl, db, s, l, g, avl;
    public byte unusable;
    public byte padding;
}

/// <summary>struct kvm_dtable.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct kvm_dtable
{
    public ulong @base;
    public ushort limit;
    public fixed ushort padding[3];
}

/// <summary>struct kvm_sregs.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct kvm_sregs
{
    public kvm_segment cs, ds, es, fs, gs, ss;
    public kvm_segment tr, ldt;
    public kvm_dtable gdt, idt;
    public ulong cr0, cr2, cr3, cr4, cr8;
    public ulong efer;
    public ulong apic_base;
    public fixed ulong interrupt_bitmap[4];
}

/// <summary>struct kvm_run as far as it is used: the head, and the registers that KVM_CAP_SYNC_REGS keeps in it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 2352)]
internal struct kvm_run
{
    [FieldOffset(0)] public byte request_interrupt_window;
    [FieldOffset(1)] public byte immediate_exit;
    [FieldOffset(8)] public uint exit_reason;
    [FieldOffset(16)] public ulong cr8;
    [FieldOffset(24)] public ulong apic_base;

    /// <summary>hw.hardware_exit_reason, fail_entry.hardware_entry_failure_reason.</summary>
    [FieldOffset(32)] public ulong hardware_exit_reason;

    /// <summary>internal.suberror.</summary>
    [FieldOffset(32)] public uint suberror;
    [FieldOffset(288)] public ulong kvm_valid_regs;
    [FieldOffset(296)] public ulong kvm_dirty_regs;
    [FieldOffset(304)] public kvm_regs regs;
    [FieldOffset(448)] public kvm_sregs sregs;
}

/// <summary>struct kvm_userspace_memory_region.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct kvm_userspace_memory_region
{
    public uint slot;
    public uint flags;
    public ulong guest_phys_addr;
    public ulong memory_size;
    public ulong userspace_addr;
}

/// <summary>struct kvm_cpuid_entry2.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct kvm_cpuid_entry2
{
    /// <summary>KVM_CPUID_FLAG_SIGNIFCANT_INDEX.</summary>
    public const uint SIGNIFCANT_INDEX = 1;

    public uint function;
    public uint index;
    public uint flags;
    public uint eax;
    public uint ebx;
    public uint ecx;
    public uint edx;
    public fixed uint padding[3];
}

/// <summary>struct kvm_cpuid2 with room for entries.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct kvm_cpuid2
{
    public const int MaximumEntries = 256;

    public uint nent;
    public uint padding;
    public Entries entries;

    [InlineArray(MaximumEntries)]
    internal struct Entries
    {
        private kvm_cpuid_entry2 _element;
    }
}

/// <summary>struct kvm_msr_entry.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct kvm_msr_entry
{
    public uint index;
    public uint reserved;
    public ulong data;
}

/// <summary>struct kvm_msrs with its entries.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct kvm_msrs
{
    public uint nmsrs;
    public uint pad;
    public kvm_msr_entry star, lstar, fmask;
}

/// <summary>struct kvm_xcr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct kvm_xcr
{
    public uint xcr;
    public uint reserved;
    public ulong value;
}

/// <summary>struct kvm_xcrs.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct kvm_xcrs
{
    public uint nr_xcrs;
    public uint flags;
    public Xcrs xcrs;
    public fixed ulong padding[16];

    [InlineArray(16)]
    internal struct Xcrs
    {
        private kvm_xcr _element;
    }
}

/// <summary>struct kvm_signal_mask with a sigset_t of the kernel.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct kvm_signal_mask
{
    public uint len;
    public ulong sigset;
}
