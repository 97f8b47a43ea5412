using System.Runtime.InteropServices;
using HermiTux.Cpu;

namespace HermiTux.Kvm.Internal;

/// <summary>/dev/kvm and what it says about itself. Opened once per process and kept.</summary>
internal sealed unsafe class KvmDevice
{
    private const string Path = "/dev/kvm";

    private readonly SafeDescriptor _descriptor;
    private readonly kvm_cpuid2* _supported;

    private KvmDevice(SafeDescriptor descriptor)
    {
        _descriptor = descriptor;
        SlotLimit = Extension(KvmNative.KVM_CAP_NR_MEMSLOTS);
        RunSize = KvmError.Check(KvmNative.ioctl(descriptor.Value, KvmNative.KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");

        // Never freed: the device lives as long as the process.
        _supported = (kvm_cpuid2*)NativeMemory.AllocZeroed((nuint)sizeof(kvm_cpuid2));
        _supported->nent = kvm_cpuid2.MaximumEntries;
        _ = KvmError.Check(KvmNative.ioctl(descriptor.Value, KvmNative.KVM_GET_SUPPORTED_CPUID, _supported), "KVM_GET_SUPPORTED_CPUID");
        int bits = (int)(Supported(0x8000_0008, 0).Eax & 0xFF);
        PhysicalBits = Math.Clamp(bits == 0 ? 36 : bits, 36, 48);
    }

    /// <summary>Most memory slots of a machine.</summary>
    public int SlotLimit { get; }

    /// <summary>Bytes of the shared page of a vCPU.</summary>
    public int RunSize { get; }

    /// <summary>Width of guest-physical addresses.</summary>
    public int PhysicalBits { get; }

    /// <summary>CPUID leaves that KVM can give a guest here.</summary>
    public ref readonly kvm_cpuid2 SupportedLeaves => ref *_supported;

    /// <summary>Opens the device. Null, with the reason, where it isn't there or lacks what the engine needs.</summary>
    public static KvmDevice? TryOpen(out string reason, out string? remedy)
    {
        remedy = null;
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            reason = "needs Linux on x86-64";
            return null;
        }

        int descriptor = KvmNative.open(Path, KvmNative.O_RDWR | KvmNative.O_CLOEXEC);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            (reason, remedy) = error switch
            {
                KvmNative.ENOENT => ($"has no {Path}", "Load the module kvm_intel or kvm_amd, and switch virtualisation on in the firmware; in a virtual machine, nested virtualisation; in a container, pass the device in."),
                KvmNative.EACCES => ($"may not open {Path}", $"Give the user access to {Path}, usually by membership of the group kvm."),
                _ => ($"can't open {Path} ({Marshal.GetPInvokeErrorMessage(error)})", null),
            };
            return null;
        }

        try
        {
            var device = new KvmDevice(new SafeDescriptor(descriptor));
            string? missing = device.FindMissing();
            reason = missing == null ? "" : $"lacks {missing} here";
            remedy = missing == null ? null : "A newer Linux kernel has it.";
            return missing == null ? device : null;
        }
        catch (IOException e)
        {
            reason = $"doesn't work here ({e.Message})";
            return null;
        }
    }

    /// <summary>What KVM supports of a CPUID leaf; zero if it isn't there.</summary>
    public CpuidResult Supported(uint leaf, uint subleaf)
    {
        for (int i = 0; i < _supported->nent && i < kvm_cpuid2.MaximumEntries; i++)
        {
            ref readonly kvm_cpuid_entry2 entry = ref _supported->entries[i];
            if (entry.function == leaf && ((entry.flags & kvm_cpuid_entry2.SIGNIFCANT_INDEX) == 0 || entry.index == subleaf))
            {
                return new CpuidResult(entry.eax, entry.ebx, entry.ecx, entry.edx);
            }
        }

        return default;
    }

    /// <summary>A new virtual machine's descriptor.</summary>
    /// <exception cref="IOException">KVM refuses.</exception>
    public int CreateVm()
    {
        while (true)
        {
            int vm = KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_CREATE_VM, 0);
            if (vm >= 0 || Marshal.GetLastPInvokeError() != KvmNative.EINTR)
            {
                return KvmError.Check(vm, "KVM_CREATE_VM");
            }
        }
    }

    private string? FindMissing()
    {
        if (KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_GET_API_VERSION, 0) != KvmNative.KVM_API_VERSION)
        {
            return $"API version {KvmNative.KVM_API_VERSION}";
        }

        const ulong NeededRegisters = KvmNative.KVM_SYNC_X86_REGS | KvmNative.KVM_SYNC_X86_SREGS;
        return Extension(KvmNative.KVM_CAP_USER_MEMORY) <= 0 ? "KVM_CAP_USER_MEMORY"
            : ((ulong)Extension(KvmNative.KVM_CAP_SYNC_REGS) & NeededRegisters) != NeededRegisters ? "KVM_CAP_SYNC_REGS"
            : Extension(KvmNative.KVM_CAP_XSAVE) <= 0 ? "KVM_CAP_XSAVE"
            : Extension(KvmNative.KVM_CAP_XCRS) <= 0 ? "KVM_CAP_XCRS"
            : SlotLimit < 32 ? "KVM_CAP_NR_MEMSLOTS"
            : (Supported(0x8000_0001, 0).Edx & (1 << 20)) == 0 ? "no-execute pages"
            : null;
    }

    private int Extension(int capability) => KvmNative.ioctl(_descriptor.Value, KvmNative.KVM_CHECK_EXTENSION, capability);
}
