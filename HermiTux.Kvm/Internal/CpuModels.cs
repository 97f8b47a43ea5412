using System.Runtime.Intrinsics.X86;
using HermiTux.Cpu;

namespace HermiTux.Kvm.Internal;

/// <summary>A model that KVM shows to the guest, with the physical address width and the time-stamp frequency that the guest really has.</summary>
internal sealed class FilteredCpuModel : CpuModel
{
    private readonly CpuModel _model;
    private readonly int _physicalBits;

    public FilteredCpuModel(CpuModel model, int physicalBits, long tscFrequency)
    {
        _model = model;
        _physicalBits = physicalBits;
        TscFrequency = tscFrequency;
    }

    /// <inheritdoc/>
    public override ulong Xcr0 => _model.Xcr0;

    /// <inheritdoc/>
    public override int XsaveSize => _model.XsaveSize;

    /// <inheritdoc/>
    public override long TscFrequency { get; }

    /// <inheritdoc/>
    public override CpuidResult Query(uint leaf, uint subleaf)
    {
        CpuidResult result = _model.Query(leaf, subleaf);
        uint megahertz = (uint)(TscFrequency / 1_000_000);
        return leaf switch
        {
            // Crystal 1 MHz, so that the ratio is the frequency.
            0x15 when result.Eax != 0 => new CpuidResult(1, megahertz, 1_000_000, 0),
            0x16 when result.Eax != 0 => result with { Eax = megahertz, Ebx = megahertz },
            0x8000_0008 => result with { Eax = (result.Eax & ~0xFFu) | (uint)_physicalBits },
            _ => result,
        };
    }
}

/// <summary>
/// The processor as it is: for hosts where CPUID in the guest can't be intercepted (software virtualisation of a nested guest), so that the kernel
/// layer knows what the guest sees.
/// </summary>
internal sealed class HostCpuModel : CpuModel
{
    public HostCpuModel(ulong xcr0, long tscFrequency)
    {
        Xcr0 = xcr0;
        TscFrequency = tscFrequency;
        XsaveSize = (int)Query(0xD, 0).Ebx;
    }

    /// <inheritdoc/>
    public override ulong Xcr0 { get; }

    /// <inheritdoc/>
    public override int XsaveSize { get; }

    /// <inheritdoc/>
    public override long TscFrequency { get; }

    /// <inheritdoc/>
    public override CpuidResult Query(uint leaf, uint subleaf)
    {
        (int eax, int ebx, int ecx, int edx) = X86Base.CpuId((int)leaf, (int)subleaf);
        return new CpuidResult((uint)eax, (uint)ebx, (uint)ecx, (uint)edx);
    }
}

/// <summary>Turns a model into the table that KVM_SET_CPUID2 takes.</summary>
internal static class CpuidTable
{
    private const uint Extended = 0x8000_0000;
    private const uint Hypervisor = 0x4000_0000;

    /// <summary>Fills the table; what the model doesn't have is left out and reads as zero.</summary>
    public static void Fill(CpuModel model, ref kvm_cpuid2 table)
    {
        table.nent = 0;
        AddRange(model, 0, model.Query(0, 0).Eax, ref table);
        AddRange(model, Hypervisor, Hypervisor, ref table);
        AddRange(model, Extended, Math.Max(model.Query(Extended, 0).Eax, Extended), ref table);
    }

    private static void AddRange(CpuModel model, uint first, uint last, ref kvm_cpuid2 table)
    {
        for (uint leaf = first; leaf <= last && leaf < first + 0x40; leaf++)
        {
            uint subleaves = leaf switch
            {
                4 or 0x8000_001D => 8,
                7 => model.Query(7, 0).Eax + 1,
                0xB => 2,
                0xD => 64,
                _ => 0,
            };
            for (uint subleaf = 0; subleaf < Math.Max(1, subleaves); subleaf++)
            {
                CpuidResult result = model.Query(leaf, subleaf);
                if (result != default && table.nent < kvm_cpuid2.MaximumEntries)
                {
                    table.entries[(int)table.nent++] = new kvm_cpuid_entry2
                    {
                        function = leaf,
                        index = subleaf,
                        flags = subleaves > 0 ? kvm_cpuid_entry2.SIGNIFCANT_INDEX : 0,
                        eax = result.Eax,
                        ebx = result.Ebx,
                        ecx = result.Ecx,
                        edx = result.Edx,
                    };
                }
            }
        }
    }
}
