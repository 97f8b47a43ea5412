namespace HermiTux.Cpu;

/// <summary>The four registers that CPUID returns.</summary>
public readonly record struct CpuidResult(uint Eax, uint Ebx, uint Ecx, uint Edx);

/// <summary>
/// What CPUID tells a guest, as a model per machine and never the host's raw leaves, so that a program behaves alike on every engine.
/// </summary>
public abstract class CpuModel
{
    /// <summary>The answer to CPUID with EAX = <paramref name="leaf"/> and ECX = <paramref name="subleaf"/>.</summary>
    public abstract CpuidResult Query(uint leaf, uint subleaf);

    /// <summary>XCR0: which XSAVE components exist (3 = x87 and SSE, 7 = also AVX); 0 when OSXSAVE is not advertised.</summary>
    public abstract ulong Xcr0 { get; }

    /// <summary>Bytes of a standard-format XSAVE image of those components.</summary>
    public abstract int XsaveSize { get; }

    /// <summary>Ticks of RDTSC a second.</summary>
    public abstract long TscFrequency { get; }
}
