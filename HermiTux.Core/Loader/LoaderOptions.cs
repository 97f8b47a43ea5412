using HermiTux.Abi;

namespace HermiTux.Loader;

/// <summary>What execve(2) is asked to run.</summary>
/// <param name="Path">Path of the program in the guest's tree.</param>
/// <param name="Arguments">argv, as bytes without NUL.</param>
/// <param name="Environment">envp, as bytes without NUL.</param>
public sealed record ProgramImageRequest(string Path, IReadOnlyList<byte[]> Arguments, IReadOnlyList<byte[]> Environment);

/// <summary>Why a program could not be loaded, for people: what the file is and what is wrong with it.</summary>
public sealed record LoadFailure(Errno Error, string Message)
{
    /// <summary>The failure came after the old program was gone, so the process can only be killed (SIGSEGV).</summary>
    public bool ProcessLost { get; init; }

    /// <summary>The program interpreter (ELF's PT_INTERP or of a script's #! line) that the failure is about; null for the program itself.</summary>
    public string? Interpreter { get; init; }
}

/// <summary>How programs are laid out in memory.</summary>
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
