using HermiTux.Abi;
using HermiTux.Kernel.Signals;

namespace HermiTux;

/// <summary>How a guest program came to its end.</summary>
public enum UnikernelExitKind
{
    /// <summary>It exited with a code.</summary>
    Exited,

    /// <summary>A signal killed it.</summary>
    Signaled,

    /// <summary>The machine stopped it because it reached a limit.</summary>
    LimitReached,
}

/// <summary>Limits that stop a guest. (Limits on files and threads are errors to the guest, as on Linux.)</summary>
public enum UnikernelLimit
{
    /// <summary>None.</summary>
    None,

    /// <summary>More memory was touched than the machine may have.</summary>
    Memory,

    /// <summary>The wall-clock time is over.</summary>
    WallClock,
}

/// <summary>The end of a run: what the guest left behind.</summary>
public sealed class UnikernelExit
{
    private UnikernelExit(UnikernelStatistics statistics)
    {
        Statistics = statistics;
    }

    /// <summary>Which of the following says how it ended.</summary>
    public UnikernelExitKind Kind { get; private init; }

    /// <summary>The exit code, 0 to 255; 0 unless <see cref="Kind"/> is <see cref="UnikernelExitKind.Exited"/>.</summary>
    public int ExitCode { get; private init; }

    /// <summary>The signal that killed it; <see cref="Signal.None"/> unless one did.</summary>
    public Signal Signal { get; private init; }

    /// <summary>Whether the signal is one that dumps core by default (signal(7)). No core file is written.</summary>
    public bool IsCoreDump => Signal != Signal.None && SignalSet.DumpsCore((int)Signal);

    /// <summary>The address of the access or instruction, when a fault caused the signal.</summary>
    public ulong? FaultAddress { get; private init; }

    /// <summary>The limit that was reached.</summary>
    public UnikernelLimit Limit { get; private init; }

    /// <summary>What the threads were doing when the time was over; null otherwise.</summary>
    public GuestThreadReport? Threads { get; private init; }

    /// <summary>What the run took.</summary>
    public UnikernelStatistics Statistics { get; }

    /// <summary>Whether the program exited with code 0.</summary>
    public bool IsSuccess => Kind == UnikernelExitKind.Exited && ExitCode == 0;

    /// <summary>
    /// The status as a shell shows it: the code; 128 + N for signal N; 124 when the time was over (as timeout(1)); 137 at the memory limit (as the kernel's
    /// out-of-memory killer leaves it).
    /// </summary>
    public int ShellStatus => Kind switch
    {
        UnikernelExitKind.Exited => ExitCode,
        UnikernelExitKind.Signaled => 128 + (int)Signal,
        _ => Limit == UnikernelLimit.WallClock ? 124 : 128 + (int)Signal.SIGKILL,
    };

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        UnikernelExitKind.Exited => $"exited with code {ExitCode}",
        UnikernelExitKind.Signaled => $"killed by {Name(Signal)}" + (FaultAddress is { } address ? $" at address 0x{address:x}" : ""),
        _ => Limit == UnikernelLimit.Memory ? "stopped at the memory limit"
            : "stopped at the time limit" + (Threads is { IsDeadlocked: true } ? $": a deadlock, every thread waits for another\n{Threads}" : ""),
    };

    internal static UnikernelExit FromWaitStatus(int status, in SigInfo fatal, UnikernelStatistics statistics)
    {
        int signal = status & 0x7F;
        if (signal == 0)
        {
            return new UnikernelExit(statistics) { Kind = UnikernelExitKind.Exited, ExitCode = (status >> 8) & 0xFF };
        }

        bool fault = fatal.Code > 0 && fatal.Code != SignalConstants.SI_KERNEL &&
            (Signal)signal is Signal.SIGSEGV or Signal.SIGBUS or Signal.SIGFPE or Signal.SIGILL;
        return new UnikernelExit(statistics)
        {
            Kind = UnikernelExitKind.Signaled,
            Signal = (Signal)signal,
            FaultAddress = fault ? fatal.Address : null,
        };
    }

    internal static UnikernelExit FromLimit(UnikernelLimit limit, UnikernelStatistics statistics, GuestThreadReport? threads = null) =>
        new(statistics) { Kind = UnikernelExitKind.LimitReached, Limit = limit, Threads = threads };

    private static string Name(Signal signal) =>
        Enum.IsDefined(signal) && signal < Signal.SIGRTMIN ? signal.ToString() : $"SIGRTMIN+{(int)signal - (int)Signal.SIGRTMIN}";
}
