namespace HermiTux.Syscalls;

/// <summary>Hears of every system call of a machine. Called on the threads that make the calls; several may call at once.</summary>
public interface ISyscallTracer
{
    /// <summary>A call begins.</summary>
    /// <param name="context">Who calls.</param>
    /// <param name="entry">The row of the table; null when the number is unknown.</param>
    /// <param name="number">The number.</param>
    /// <param name="args">The arguments.</param>
    /// <returns>Anything; it is handed to <see cref="Exit"/>.</returns>
    object? Enter(SyscallContext context, SyscallEntry? entry, int number, in SyscallArguments args);

    /// <summary>A call ends. Not called for those that a thread doesn't come back from, such as exit_group(2).</summary>
    /// <param name="context">Who calls.</param>
    /// <param name="entry">The row of the table; null when the number is unknown.</param>
    /// <param name="number">The number.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="result">The result; ERESTART* codes (above 511) mean that a signal interrupted the call.</param>
    /// <param name="state">What <see cref="Enter"/> returned.</param>
    void Exit(SyscallContext context, SyscallEntry? entry, int number, in SyscallArguments args, SyscallResult result, object? state);
}
