using HermiTux.Abi;

namespace HermiTux;

/// <summary>
/// Something on the embedder's side went wrong: a configuration, a program that can't be loaded, a bug. What a guest does is never an exception but an
/// <see cref="UnikernelExit"/>.
/// </summary>
public class UnikernelException : Exception
{
    /// <summary>Creates the exception.</summary>
    public UnikernelException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public UnikernelException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The builder's settings don't make a machine. <see cref="Problems"/> has everything that is wrong, not only the first.</summary>
public sealed class UnikernelConfigurationException : UnikernelException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problems">One sentence each: what is wrong and with what.</param>
    public UnikernelConfigurationException(IReadOnlyList<string> problems)
        : base(Describe(problems))
    {
        Problems = problems;
    }

    /// <summary>One sentence for each problem.</summary>
    public IReadOnlyList<string> Problems { get; }

    private static string Describe(IReadOnlyList<string> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return problems.Count == 1
            ? problems[0]
            : $"The machine can't be built, {problems.Count} problems:{Environment.NewLine}- {string.Join($"{Environment.NewLine}- ", problems)}";
    }
}

/// <summary>The program can't be run: the file is missing or isn't a program, or its interpreter is missing.</summary>
public sealed class ProgramLoadException : UnikernelException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="program">The program as it was given.</param>
    /// <param name="error">What execve(2) would say.</param>
    /// <param name="message">What is wrong, and what helps.</param>
    public ProgramLoadException(string program, Errno error, string message)
        : base(message)
    {
        Program = program;
        Error = error;
    }

    /// <summary>The program as it was given.</summary>
    public string Program { get; }

    /// <summary>The error as execve(2) would give it.</summary>
    public Errno Error { get; }

    /// <summary>The interpreter that the program needs and that can't be used, such as <c>/lib64/ld-linux-x86-64.so.2</c>; null when that isn't the problem.</summary>
    public string? Interpreter { get; init; }
}
