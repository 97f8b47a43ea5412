using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Loader;

/// <summary>What execve(2) is asked to run.</summary>
/// <param name="Path">Path of the program in the guest's tree.</param>
/// <param name="Arguments">argv, as bytes without NUL.</param>
/// <param name="Environment">envp, as bytes without NUL.</param>
public sealed record ProgramImageRequest(string Path, IReadOnlyList<byte[]> Arguments, IReadOnlyList<byte[]> Environment);

/// <summary>Why a program could not be loaded, for people: what the file is and what is wrong with it.</summary>
public sealed record LoadFailure(Errno Error, string Message);

/// <summary>
/// Puts a program into a process: ELF64 static, static-PIE or dynamic through PT_INTERP, and #! scripts; builds the initial stack
/// with argv, envp and the auxiliary vector, and sets the entry registers (execve(2), System V ABI 3.4).
/// </summary>
public static class ProgramLoader
{
    // CONTRACT SKETCH: the loader work owns this type.

    /// <summary>
    /// Loads into <paramref name="process"/>'s address space (cleared first, once the file is known to be good), sets Layout,
    /// ExecutablePath and CommandName, and the registers of <paramref name="thread"/>. Null on success.
    /// </summary>
    public static LoadFailure? Load(Process process, GuestThread thread, ProgramImageRequest request, LoaderOptions options) => throw new NotImplementedException();
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

    /// <summary>Stack size limit in bytes (RLIMIT_STACK).</summary>
    public ulong StackLimit { get; set; } = 8 << 20;
}
