using System.Runtime.InteropServices;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Catches the host signals that translated code causes, and the signal that stops it. Installed once for a process, at first use.
/// </summary>
/// <remarks>
/// The handlers are machine code (<see cref="SignalHandlerCode"/>): managed code can't run in the middle of an instruction. What isn't
/// ours goes on to whoever was there before, first of all the .NET runtime, which makes NullReferenceException and
/// DivideByZeroException of it; flags and masks stay as they were for that reason.
/// </remarks>
internal static unsafe class HostSignals
{
    /// <summary>Real-time signals that neither glibc (32, 33) nor the runtime (34) uses; the first that nobody handles is taken.</summary>
    private const int FirstKickSignal = 59;
    private const int LastKickSignal = 40;

    private static readonly int[] s_faults =
        [LinuxThreads.SIGSEGV, LinuxThreads.SIGBUS, LinuxThreads.SIGFPE, LinuxThreads.SIGILL, LinuxThreads.SIGTRAP];

    private static readonly Lock s_lock = new();
    private static bool s_installed;

    /// <summary>The signal that <see cref="Kick"/> sends; 0 before <see cref="Install"/>.</summary>
    public static int KickSignal { get; private set; }

    /// <summary>
    /// Installs the handlers. Later calls do nothing, so there is one landing for a process.
    /// </summary>
    /// <param name="region">The code region.</param>
    /// <param name="faultLanding">
    /// Code in the stub zone where a thread goes on whose translated code was interrupted: all host registers and flags as they were but
    /// RIP (and TF, which is clear), and what happened in the Fault fields of the <see cref="VcpuFrame"/>.
    /// </param>
    /// <exception cref="IOException">The host refuses a handler.</exception>
    public static void Install(CodeRegion region, nint faultLanding)
    {
        ArgumentNullException.ThrowIfNull(region);
        lock (s_lock)
        {
            if (s_installed)
            {
                return;
            }

            var code = new SignalHandlerCode(region, faultLanding);
            KickSignal = FindKickSignal();
            InstallOne(KickSignal, code.AddKickHandler(), LinuxThreads.SA_ONSTACK | LinuxThreads.SA_RESTART);
            foreach (int signal in s_faults)
            {
                LinuxThreads.SignalAction previous = Query(signal);
                nint handler = signal == LinuxThreads.SIGTRAP
                    ? code.AddTrapHandler(previous.Handler)
                    : code.AddFaultHandler(signal, previous.Handler);
                InstallOne(signal, handler, previous.Handler is LinuxThreads.SIG_DFL or LinuxThreads.SIG_IGN ? LinuxThreads.SA_ONSTACK : null);
            }

            s_installed = true;
        }
    }

    /// <summary>
    /// Makes a thread leave translated code at the next guest instruction; does nothing to a thread that is elsewhere. Set
    /// <see cref="VcpuFrame.Pending"/> first.
    /// </summary>
    /// <param name="threadId">The thread's <see cref="HostThread.Id"/>.</param>
    public static void Kick(int threadId) => _ = HostThread.Signal(threadId, KickSignal);

    /// <summary>Replaces a handler; the previous one's mask and, unless others are given, flags stay.</summary>
    private static void InstallOne(int signal, nint handler, int? flags)
    {
        LinuxThreads.SignalAction action = Query(signal);
        action.Handler = handler;
        action.Flags = (flags ?? action.Flags) | LinuxThreads.SA_SIGINFO;
        if (LinuxThreads.sigaction(signal, &action, null) != 0)
        {
            throw new IOException($"The host refuses a handler of signal {signal}: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    private static LinuxThreads.SignalAction Query(int signal)
    {
        LinuxThreads.SignalAction action = default;
        if (LinuxThreads.sigaction(signal, null, &action) != 0)
        {
            throw new IOException($"The host refuses to tell the handler of signal {signal}: error {Marshal.GetLastPInvokeError()}.");
        }

        return action;
    }

    private static int FindKickSignal()
    {
        for (int signal = FirstKickSignal; signal >= LastKickSignal; signal--)
        {
            if (Query(signal).Handler == LinuxThreads.SIG_DFL)
            {
                return signal;
            }
        }

        throw new IOException("No real-time signal is free in this process.");
    }
}
