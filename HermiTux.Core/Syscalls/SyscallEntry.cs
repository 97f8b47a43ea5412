namespace HermiTux.Syscalls;

/// <summary>One row of the table: everything that is known about a system call.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Level">How much of it is there.</param>
/// <param name="Note">What is missing or different; empty when nothing is.</param>
/// <param name="Arguments">How its arguments are traced.</param>
public sealed record SyscallEntry(int Number, string Name, SupportLevel Level, string Note, ArgumentKind[] Arguments)
{
    /// <summary>The handler of a call that never waits; null when <see cref="AsyncHandler"/> is set or the call isn't there.</summary>
    public SyscallHandler? Handler { get; init; }

    /// <summary>The handler of a call that may wait.</summary>
    public AsyncSyscallHandler? AsyncHandler { get; init; }

    /// <summary>How the result is traced: <see cref="ArgumentKind.Int"/>, or <see cref="ArgumentKind.Pointer"/> for addresses.</summary>
    public ArgumentKind Result { get; init; } = ArgumentKind.Int;
}
