namespace HermiTux.Kernel;

/// <summary>How the loader lays programs out in memory: a setting of the machine, for its first program and for execve(2).</summary>
public sealed class LoaderOptions
{
    /// <summary>Random base addresses (ASLR) from the machine's entropy, or always the same ones.</summary>
    public bool RandomizeLayout { get; set; } = true;

    /// <summary>AT_HWCAP: CPUID leaf 1 EDX.</summary>
    public ulong HardwareCapabilities { get; set; }

    /// <summary>AT_HWCAP2: bit 1 when RDFSBASE and friends work.</summary>
    public ulong HardwareCapabilities2 { get; set; }

    /// <summary>AT_MINSIGSTKSZ: bytes that a signal frame needs.</summary>
    public ulong MinimumSignalStackSize { get; set; } = 2048;

    /// <summary>AT_RSEQ_FEATURE_SIZE (rseq(2), Linux 6.3); 0 leaves the rseq entries out.</summary>
    public ulong RseqFeatureSize { get; set; }

    /// <summary>Stack size limit in bytes (RLIMIT_STACK).</summary>
    public ulong StackLimit { get; set; } = 8 << 20;
}
