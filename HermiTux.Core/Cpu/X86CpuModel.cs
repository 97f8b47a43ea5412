using System.Text;
using Iced.Intel;

namespace HermiTux.Cpu;

/// <summary>
/// A CPU model made from a set of features: consistent CPUID leaves in the manner of an AMD processor (AMD APM vol. 3, appendix E; Intel SDM
/// vol. 2, CPUID).
/// </summary>
public sealed class X86CpuModel : CpuModel
{
    private const uint LineSize = 64;
    private const string Vendor = "AuthenticAMD";
    private const string Hypervisor = "HermiTuxHTux";

    private readonly byte[] _brand;

    /// <summary>Creates a model.</summary>
    /// <param name="name">The brand string, at most 47 ASCII characters.</param>
    /// <param name="features">What it has beyond the x86-64 baseline. AVX needs XSAVE; AVX2, FMA and F16C need AVX.</param>
    /// <exception cref="ArgumentException">The features contradict each other, or the name is too long.</exception>
    public X86CpuModel(string name, X86Features features)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length > 47 || !Ascii.IsValid(name))
        {
            throw new ArgumentException("The brand string is limited to 47 ASCII characters.", nameof(name));
        }

        Require(features, X86Features.Avx, X86Features.Xsave);
        Require(features, X86Features.Avx2 | X86Features.Fma | X86Features.F16c, X86Features.Avx);
        Require(features, X86Features.Xsaveopt | X86Features.Xsavec, X86Features.Xsave);
        Name = name;
        Features = features;
        _brand = new byte[48];
        Encoding.ASCII.GetBytes(name, _brand);
    }

    /// <summary>x86-64-v2 with AES and PCLMULQDQ; no AVX and no XSAVE.</summary>
    public static X86CpuModel V2 { get; } = new("HermiTux virtual CPU (x86-64-v2)", X86Features.V2 | Common);

    /// <summary>x86-64-v3 with AES, PCLMULQDQ and SHA.</summary>
    public static X86CpuModel V3 { get; } = new("HermiTux virtual CPU (x86-64-v3)",
        X86Features.V3 | Common | X86Features.Xsaveopt | X86Features.Xsavec | X86Features.Sha | X86Features.Adx);

    /// <summary>The brand string.</summary>
    public string Name { get; }

    /// <summary>What the model has beyond the baseline.</summary>
    public X86Features Features { get; }

    /// <inheritdoc/>
    public override ulong Xcr0 => !Has(X86Features.Xsave) ? 0 : Has(X86Features.Avx) ? 7u : 3u;

    /// <inheritdoc/>
    public override int XsaveSize => Has(X86Features.Avx) ? 832 : 576;

    /// <inheritdoc/>
    public override long TscFrequency => 1_000_000_000;

    private static X86Features Common => X86Features.Aes | X86Features.Pclmulqdq | X86Features.Rdrand | X86Features.Rdseed |
        X86Features.Fsgsbase | X86Features.Clflushopt | X86Features.Rdtscp | X86Features.Prefetchw;

    /// <inheritdoc/>
    public override CpuidResult Query(uint leaf, uint subleaf) => leaf switch
    {
        0 => Named(0x16, Vendor),
        1 => new CpuidResult(Signature, 0x0001_0800, Leaf1Ecx(), Leaf1Edx),
        7 when subleaf == 0 => new CpuidResult(0, Leaf7Ebx(), 0, 0),
        0xD => XsaveLeaf(subleaf),
        0x15 => new CpuidResult(1, (uint)(TscFrequency / CrystalFrequency), CrystalFrequency, 0),
        0x16 => new CpuidResult((uint)(TscFrequency / 1_000_000), (uint)(TscFrequency / 1_000_000), 100, 0),
        0x4000_0000 => Named(0x4000_0000, Hypervisor),
        0x8000_0000 => Named(0x8000_001E, Vendor),
        0x8000_0001 => new CpuidResult(Signature, 0, ExtendedEcx(), ExtendedEdx()),
        >= 0x8000_0002 and <= 0x8000_0004 => BrandLeaf(leaf - 0x8000_0002),
        0x8000_0005 => new CpuidResult(0xFF40_FF40, 0xFF40_FF40, (32 << 24) | (8 << 16) | (1 << 8) | LineSize, (32 << 24) | (8 << 16) | (1 << 8) | LineSize),
        0x8000_0006 => new CpuidResult(0x4200_4200, 0x4200_4200, (512 << 16) | (6 << 12) | (1 << 8) | LineSize, (16 << 18) | (9 << 12) | (1 << 8) | LineSize),
        0x8000_0007 => new CpuidResult(0, 0, 0, 1 << 8),
        0x8000_0008 => new CpuidResult(0x3030, 0, 0, 0),
        0x8000_001D => CacheLeaf(subleaf),
        _ => default,
    };

    /// <summary>Whether instructions that Iced files under a feature exist on this model.</summary>
    internal bool HasInstructions(CpuidFeature feature) => feature switch
    {
        CpuidFeature.SSE3 or CpuidFeature.MONITOR => Has(X86Features.Sse3),
        CpuidFeature.SSSE3 => Has(X86Features.Ssse3),
        CpuidFeature.SSE4_1 => Has(X86Features.Sse41),
        CpuidFeature.SSE4_2 => Has(X86Features.Sse42),
        CpuidFeature.POPCNT => Has(X86Features.Popcnt),
        CpuidFeature.CMPXCHG16B or CpuidFeature.CX8 => feature == CpuidFeature.CX8 || Has(X86Features.Cx16),
        CpuidFeature.MOVBE => Has(X86Features.Movbe),
        CpuidFeature.LZCNT => Has(X86Features.Lzcnt),
        CpuidFeature.BMI1 => Has(X86Features.Bmi1),
        CpuidFeature.BMI2 => Has(X86Features.Bmi2),
        CpuidFeature.XSAVE => Has(X86Features.Xsave),
        CpuidFeature.XSAVEOPT => Has(X86Features.Xsaveopt),
        CpuidFeature.XSAVEC => Has(X86Features.Xsavec),
        CpuidFeature.AVX => Has(X86Features.Avx),
        CpuidFeature.AVX2 => Has(X86Features.Avx2),
        CpuidFeature.FMA => Has(X86Features.Fma),
        CpuidFeature.F16C => Has(X86Features.F16c),
        CpuidFeature.AES => Has(X86Features.Aes),
        CpuidFeature.PCLMULQDQ => Has(X86Features.Pclmulqdq),
        CpuidFeature.SHA => Has(X86Features.Sha),
        CpuidFeature.RDRAND => Has(X86Features.Rdrand),
        CpuidFeature.RDSEED => Has(X86Features.Rdseed),
        CpuidFeature.ADX => Has(X86Features.Adx),
        CpuidFeature.FSGSBASE => Has(X86Features.Fsgsbase),
        CpuidFeature.CLFLUSHOPT => Has(X86Features.Clflushopt),
        CpuidFeature.RDTSCP => Has(X86Features.Rdtscp),
        CpuidFeature.INTEL8086 or CpuidFeature.INTEL8086_ONLY or CpuidFeature.INTEL186 or CpuidFeature.INTEL286 or CpuidFeature.INTEL386 or
            CpuidFeature.INTEL486 or CpuidFeature.X64 or CpuidFeature.CMOV or CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or
            CpuidFeature.FXSR or CpuidFeature.MMX or CpuidFeature.SSE or CpuidFeature.SSE2 or CpuidFeature.CLFSH or CpuidFeature.CPUID or
            CpuidFeature.MULTIBYTENOP or CpuidFeature.PAUSE or CpuidFeature.PREFETCHW or CpuidFeature.SYSCALL or CpuidFeature.TSC or
            CpuidFeature.CET_IBT or CpuidFeature.CET_SS or CpuidFeature.CLDEMOTE or CpuidFeature.PREFETCHITI or CpuidFeature.PREFETCHWT1 or CpuidFeature.MSR or CpuidFeature.SEP or CpuidFeature.SMAP => true,
        _ => false,
    };

    private const uint CrystalFrequency = 25_000_000;

    /// <summary>Family 17h, model 31h, stepping 0.</summary>
    private const uint Signature = 0x0083_0F10;

    /// <summary>FPU TSC MSR PAE CX8 SEP PGE CMOV PAT CLFSH MMX FXSR SSE SSE2, and what every x86-64 has.</summary>
    private const uint Leaf1Edx = 0x0789_FBFF & ~(1u << 1) & ~(1u << 18);

    private bool Has(X86Features feature) => (Features & feature) == feature;

    private uint Bit(X86Features feature, int bit) => Has(feature) ? 1u << bit : 0;

    private uint Leaf1Ecx() => Bit(X86Features.Sse3, 0) | Bit(X86Features.Pclmulqdq, 1) | Bit(X86Features.Ssse3, 9) | Bit(X86Features.Fma, 12) |
        Bit(X86Features.Cx16, 13) | Bit(X86Features.Sse41, 19) | Bit(X86Features.Sse42, 20) | Bit(X86Features.Movbe, 22) |
        Bit(X86Features.Popcnt, 23) | Bit(X86Features.Aes, 25) | Bit(X86Features.Xsave, 26) | Bit(X86Features.Xsave, 27) |
        Bit(X86Features.Avx, 28) | Bit(X86Features.F16c, 29) | Bit(X86Features.Rdrand, 30) | (1u << 31);

    private uint Leaf7Ebx() => Bit(X86Features.Fsgsbase, 0) | Bit(X86Features.Bmi1, 3) | Bit(X86Features.Avx2, 5) | Bit(X86Features.Bmi2, 8) |
        Bit(X86Features.Erms, 9) | Bit(X86Features.Rdseed, 18) | Bit(X86Features.Adx, 19) | Bit(X86Features.Clflushopt, 23) |
        Bit(X86Features.Sha, 29);

    private uint ExtendedEcx() => Bit(X86Features.Lahf, 0) | Bit(X86Features.Lzcnt, 5) | Bit(X86Features.Prefetchw, 8);

    /// <summary>SYSCALL, NX, RDTSCP, LM, and AMD's copy of leaf 1.</summary>
    private uint ExtendedEdx() => (Leaf1Edx & 0x0183_F3FF) | (1u << 11) | (1u << 20) | Bit(X86Features.Rdtscp, 27) | (1u << 29);

    private CpuidResult XsaveLeaf(uint subleaf)
    {
        if (Xcr0 == 0)
        {
            return default;
        }

        return subleaf switch
        {
            0 => new CpuidResult((uint)Xcr0, (uint)XsaveSize, (uint)XsaveSize, 0),
            1 => new CpuidResult(Bit(X86Features.Xsaveopt, 0) | Bit(X86Features.Xsavec, 1), (uint)XsaveSize, 0, 0),
            2 when Has(X86Features.Avx) => new CpuidResult(256, 576, 0, 0),
            _ => default,
        };
    }

    /// <summary>32 KiB of L1 data and instructions, 512 KiB of L2, 8 MiB of L3 (AMD APM vol. 3, Fn8000_001D).</summary>
    private static CpuidResult CacheLeaf(uint subleaf)
    {
        (uint Type, uint Level, uint Ways, uint Sets) = subleaf switch
        {
            0 => (1u, 1u, 8u, 64u),
            1 => (2u, 1u, 8u, 64u),
            2 => (3u, 2u, 8u, 1024u),
            3 => (3u, 3u, 16u, 8192u),
            _ => (0u, 0u, 1u, 1u),
        };
        return Type == 0
            ? default
            : new CpuidResult(Type | (Level << 5) | (1 << 8), (LineSize - 1) | ((Ways - 1) << 22), Sets - 1, subleaf == 3 ? 0 : 2u);
    }

    private CpuidResult BrandLeaf(uint index)
    {
        ReadOnlySpan<byte> part = _brand.AsSpan((int)index * 16, 16);
        return new CpuidResult(BitConverter.ToUInt32(part), BitConverter.ToUInt32(part[4..]), BitConverter.ToUInt32(part[8..]), BitConverter.ToUInt32(part[12..]));
    }

    /// <summary>A leaf whose registers EBX, EDX, ECX (vendor) or EBX, ECX, EDX (hypervisor) spell a name.</summary>
    private static CpuidResult Named(uint eax, string name)
    {
        Span<byte> bytes = stackalloc byte[12];
        Encoding.ASCII.GetBytes(name, bytes);
        uint first = BitConverter.ToUInt32(bytes);
        uint second = BitConverter.ToUInt32(bytes[4..]);
        uint third = BitConverter.ToUInt32(bytes[8..]);
        return eax == 0x4000_0000 ? new CpuidResult(eax, first, second, third) : new CpuidResult(eax, first, third, second);
    }

    private static void Require(X86Features features, X86Features any, X86Features needed)
    {
        if ((features & any) != 0 && (features & needed) != needed)
        {
            throw new ArgumentException($"{features & any} needs {needed}.", nameof(features));
        }
    }
}
