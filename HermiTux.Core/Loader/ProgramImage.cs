using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Loader;

/// <summary>What execve(2) is asked to run.</summary>
/// <param name="Path">Path of the program in the guest's tree.</param>
/// <param name="Arguments">argv, as bytes without NUL.</param>
/// <param name="Environment">envp, as bytes without NUL.</param>
public sealed record ProgramImageRequest(string Path, IReadOnlyList<byte[]> Arguments, IReadOnlyList<byte[]> Environment)
{
    /// <summary>The program itself, where the caller has it open (execveat(2) with AT_EMPTY_PATH); the path only names it then.</summary>
    public Dentry? File { get; init; }

    /// <summary>Nobody will find the program by its path once it runs, so it can't be a script: the descriptor closes on execution.</summary>
    public bool IsPathLost { get; init; }
}

/// <summary>Why a program could not be loaded, for people: what the file is and what is wrong with it.</summary>
public sealed record LoadFailure(Errno Error, string Message)
{
    /// <summary>The failure came after the old program was gone, so the process can only be killed (SIGSEGV).</summary>
    public bool ProcessLost { get; init; }

    /// <summary>The program interpreter (ELF's PT_INTERP or of a script's #! line) that the failure is about; null for the program itself.</summary>
    public string? Interpreter { get; init; }
}
