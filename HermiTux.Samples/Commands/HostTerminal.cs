using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HermiTux.Samples.Commands;

/// <summary>
/// The terminal that the command was started in, lent to the guest: every key goes there as it is typed, and what the guest writes is shown as it is. Gives it
/// back as it was, however the command ends.
/// </summary>
internal sealed class HostTerminal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly byte[] _original;
    private readonly PosixSignalRegistration _continued;
    private readonly PosixSignalRegistration _resized;
    private bool _isRestored;

    [UnsupportedOSPlatform("windows")]
    private HostTerminal(byte[] original)
    {
        _original = original;

        // Who stops and continues the command (kill -STOP, then fg) has set the terminal for itself meanwhile.
        _continued = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => BecomeRaw());
        _resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Resized?.Invoke(Size));
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        AppDomain.CurrentDomain.UnhandledException += OnExit;
        BecomeRaw();
    }

    /// <summary>The window has another size: columns and rows.</summary>
    public event Action<(int Columns, int Rows)>? Resized;

    /// <summary>Columns and rows of the window.</summary>
    public static (int Columns, int Rows) Size => HostLibc.WindowSize(1);

    /// <summary>Whether standard input and output are a terminal, and the command runs in its foreground.</summary>
    public static bool IsAvailable => OperatingSystem.IsLinux() && HostLibc.IsTerminal(0) && HostLibc.IsTerminal(1) && HostLibc.IsForeground(0);

    /// <summary>Whether standard error is a terminal.</summary>
    public static bool HasError => HostLibc.IsTerminal(2);

    /// <summary>Takes the terminal; null where it can't be set.</summary>
    public static HostTerminal? Take() => !OperatingSystem.IsWindows() && HostLibc.GetTerminal(0) is { } original ? new HostTerminal(original) : null;

    /// <summary>Gives the terminal back as it was.</summary>
    public void Dispose()
    {
        _continued.Dispose();
        _resized.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        AppDomain.CurrentDomain.UnhandledException -= OnExit;
        Restore();
    }

    private void OnExit(object? sender, EventArgs e) => Restore();

    private void BecomeRaw()
    {
        lock (_lock)
        {
            if (!_isRestored && HostLibc.IsForeground(0))
            {
                HostLibc.SetTerminalRaw(0, _original);
            }
        }
    }

    private void Restore()
    {
        lock (_lock)
        {
            if (!_isRestored)
            {
                _isRestored = true;
                HostLibc.SetTerminal(0, _original);
            }
        }
    }
}
