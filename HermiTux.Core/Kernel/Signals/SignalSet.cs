using System.Numerics;
using System.Runtime.CompilerServices;
using HermiTux.Abi;

namespace HermiTux.Kernel.Signals;

/// <summary>Arithmetic on signal sets: bit n - 1 is signal n, as in the kernel's 64-bit <c>sigset_t</c>.</summary>
public static class SignalSet
{
    /// <summary>Signals that can't be blocked, caught or ignored.</summary>
    public const ulong Unblockable = 1UL << ((int)Signal.SIGKILL - 1) | 1UL << ((int)Signal.SIGSTOP - 1);

    /// <summary>Signals that faults raise; delivered before others (SYNCHRONOUS_MASK).</summary>
    internal static readonly ulong Synchronous =
        Of(Signal.SIGSEGV) | Of(Signal.SIGBUS) | Of(Signal.SIGILL) | Of(Signal.SIGTRAP) | Of(Signal.SIGFPE) | Of(Signal.SIGSYS);

    /// <summary>Signals whose default action stops the process.</summary>
    internal static readonly ulong Stopping = Of(Signal.SIGSTOP) | Of(Signal.SIGTSTP) | Of(Signal.SIGTTIN) | Of(Signal.SIGTTOU);

    /// <summary>Signals whose default action is to do nothing.</summary>
    internal static readonly ulong IgnoredByDefault = Of(Signal.SIGCONT) | Of(Signal.SIGCHLD) | Of(Signal.SIGWINCH) | Of(Signal.SIGURG);

    /// <summary>Signals whose default action dumps core.</summary>
    internal static readonly ulong Core =
        Of(Signal.SIGQUIT) | Of(Signal.SIGILL) | Of(Signal.SIGTRAP) | Of(Signal.SIGABRT) | Of(Signal.SIGFPE) | Of(Signal.SIGSEGV) |
        Of(Signal.SIGBUS) | Of(Signal.SIGSYS) | Of(Signal.SIGXCPU) | Of(Signal.SIGXFSZ);

    /// <summary>The set of one signal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(int signal) => 1UL << (signal - 1);

    /// <summary>The set of one signal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(Signal signal) => 1UL << ((int)signal - 1);

    /// <summary>Whether a number names a signal (1 to 64).</summary>
    public static bool IsValid(int signal) => signal is >= 1 and <= 64;

    /// <summary>Whether a set contains a signal.</summary>
    public static bool Contains(ulong set, int signal) => (set & Of(signal)) != 0;

    /// <summary>The lowest signal of a set that isn't empty.</summary>
    internal static int Lowest(ulong set) => BitOperations.TrailingZeroCount(set) + 1;

    /// <summary>Whether the default action dumps core rather than only ending the process.</summary>
    public static bool DumpsCore(int signal) => IsValid(signal) && Contains(Core, signal);
}
