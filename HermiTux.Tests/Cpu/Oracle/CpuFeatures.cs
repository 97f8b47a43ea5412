using System.Runtime.Intrinsics.X86;
using HermiTux.Cpu;
using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Which of Iced's CPUID features a CPUID says are there, for a model as for the host.</summary>
internal sealed class CpuFeatures
{
    /// <summary>Features with a CPUID bit: leaf, subleaf, register (0 = EAX ... 3 = EDX), bit.</summary>
    private static readonly (CpuidFeature Feature, uint Leaf, uint Subleaf, int Register, int Bit)[] s_bits =
    [
        (CpuidFeature.FPU, 1, 0, 3, 0), (CpuidFeature.TSC, 1, 0, 3, 4), (CpuidFeature.CX8, 1, 0, 3, 8),
        (CpuidFeature.CMOV, 1, 0, 3, 15), (CpuidFeature.CLFSH, 1, 0, 3, 19), (CpuidFeature.MMX, 1, 0, 3, 23), (CpuidFeature.FXSR, 1, 0, 3, 24),
        (CpuidFeature.SSE, 1, 0, 3, 25), (CpuidFeature.SSE2, 1, 0, 3, 26),
        (CpuidFeature.SSE3, 1, 0, 2, 0), (CpuidFeature.PCLMULQDQ, 1, 0, 2, 1), (CpuidFeature.MONITOR, 1, 0, 2, 3), (CpuidFeature.SSSE3, 1, 0, 2, 9),
        (CpuidFeature.FMA, 1, 0, 2, 12), (CpuidFeature.CMPXCHG16B, 1, 0, 2, 13), (CpuidFeature.SSE4_1, 1, 0, 2, 19), (CpuidFeature.SSE4_2, 1, 0, 2, 20),
        (CpuidFeature.MOVBE, 1, 0, 2, 22), (CpuidFeature.POPCNT, 1, 0, 2, 23), (CpuidFeature.AES, 1, 0, 2, 25), (CpuidFeature.XSAVE, 1, 0, 2, 26),
        (CpuidFeature.AVX, 1, 0, 2, 28), (CpuidFeature.F16C, 1, 0, 2, 29), (CpuidFeature.RDRAND, 1, 0, 2, 30),
        (CpuidFeature.FSGSBASE, 7, 0, 1, 0), (CpuidFeature.BMI1, 7, 0, 1, 3), (CpuidFeature.AVX2, 7, 0, 1, 5), (CpuidFeature.BMI2, 7, 0, 1, 8),
        (CpuidFeature.RTM, 7, 0, 1, 11), (CpuidFeature.AVX512F, 7, 0, 1, 16), (CpuidFeature.RDSEED, 7, 0, 1, 18), (CpuidFeature.ADX, 7, 0, 1, 19),
        (CpuidFeature.CLFLUSHOPT, 7, 0, 1, 23), (CpuidFeature.CLWB, 7, 0, 1, 24), (CpuidFeature.SHA, 7, 0, 1, 29), (CpuidFeature.PKU, 7, 0, 2, 4),
        (CpuidFeature.WAITPKG, 7, 0, 2, 5), (CpuidFeature.GFNI, 7, 0, 2, 8), (CpuidFeature.VAES, 7, 0, 2, 9), (CpuidFeature.VPCLMULQDQ, 7, 0, 2, 10),
        (CpuidFeature.RDPID, 7, 0, 2, 22), (CpuidFeature.MOVDIRI, 7, 0, 2, 27), (CpuidFeature.MOVDIR64B, 7, 0, 2, 28), (CpuidFeature.SERIALIZE, 7, 0, 3, 14),
        (CpuidFeature.AVX_VNNI, 7, 1, 0, 4), (CpuidFeature.AVX_IFMA, 7, 1, 0, 23), (CpuidFeature.AVX_VNNI_INT8, 7, 1, 3, 4),
        (CpuidFeature.XSAVEOPT, 13, 1, 0, 0), (CpuidFeature.XSAVEC, 13, 1, 0, 1),
        (CpuidFeature.LZCNT, 0x8000_0001, 0, 2, 5), (CpuidFeature.SSE4A, 0x8000_0001, 0, 2, 6), (CpuidFeature.PREFETCHW, 0x8000_0001, 0, 2, 8),
        (CpuidFeature.XOP, 0x8000_0001, 0, 2, 11), (CpuidFeature.FMA4, 0x8000_0001, 0, 2, 16), (CpuidFeature.TBM, 0x8000_0001, 0, 2, 21),
        (CpuidFeature.MONITORX, 0x8000_0001, 0, 2, 29), (CpuidFeature.SYSCALL, 0x8000_0001, 0, 3, 11), (CpuidFeature.RDTSCP, 0x8000_0001, 0, 3, 27),
        (CpuidFeature.D3NOWEXT, 0x8000_0001, 0, 3, 30), (CpuidFeature.D3NOW, 0x8000_0001, 0, 3, 31),
        (CpuidFeature.CLZERO, 0x8000_0008, 0, 1, 0), (CpuidFeature.RDPRU, 0x8000_0008, 0, 1, 4),
    ];

    private readonly HashSet<CpuidFeature> _features =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486, CpuidFeature.X64,
        CpuidFeature.CPUID, CpuidFeature.CET_IBT, CpuidFeature.FPU287, CpuidFeature.FPU387, CpuidFeature.MULTIBYTENOP, CpuidFeature.PAUSE,
    ];

    private CpuFeatures(Func<uint, uint, CpuidResult> query)
    {
        uint highest = query(0, 0).Eax;
        uint highestExtended = query(0x8000_0000, 0).Eax;
        foreach ((CpuidFeature feature, uint leaf, uint subleaf, int register, int bit) in s_bits)
        {
            if (leaf > (leaf >= 0x8000_0000 ? highestExtended : highest))
            {
                continue;
            }

            CpuidResult result = query(leaf, subleaf);
            uint value = register switch { 0 => result.Eax, 1 => result.Ebx, 2 => result.Ecx, _ => result.Edx };
            if ((value >> bit & 1) != 0)
            {
                _features.Add(feature);
            }
        }
    }

    /// <summary>The CPU that the tests run on.</summary>
    public static CpuFeatures Host { get; } = new((leaf, subleaf) =>
    {
        (int eax, int ebx, int ecx, int edx) = X86Base.CpuId((int)leaf, (int)subleaf);
        return new CpuidResult((uint)eax, (uint)ebx, (uint)ecx, (uint)edx);
    });

    /// <summary>The features that CPUID can report.</summary>
    public static IEnumerable<CpuidFeature> Reportable => s_bits.Select(bit => bit.Feature);

    /// <summary>What a guest is told.</summary>
    public static CpuFeatures Of(CpuModel model) => new(model.Query);

    public bool Has(CpuidFeature feature) => _features.Contains(feature);

    /// <summary>Whether a CPU with these features executes the instruction.</summary>
    public bool Has(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (!_features.Contains(feature))
            {
                return false;
            }
        }

        return true;
    }
}
