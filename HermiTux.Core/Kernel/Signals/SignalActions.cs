using HermiTux.Abi;

namespace HermiTux.Kernel.Signals;

/// <summary>The signal dispositions of a process (struct sighand_struct, shared by CLONE_SIGHAND). Guarded by <see cref="Process.SignalLock"/>.</summary>
internal sealed class SignalActions
{
    private readonly KernelSigAction[] _actions = new KernelSigAction[64];

    /// <summary>The disposition of signal 1 to 64.</summary>
    public ref KernelSigAction this[int signal] => ref _actions[signal - 1];

    /// <summary>Whether the disposition, explicit or default, is to do nothing.</summary>
    public bool IsIgnored(int signal)
    {
        ulong handler = this[signal].Handler;
        return handler == SignalConstants.SIG_IGN ||
            (handler == SignalConstants.SIG_DFL && SignalSet.Contains(SignalSet.IgnoredByDefault, signal));
    }

    /// <summary>execve(2): caught signals go back to the default, ignored ones stay ignored (flush_signal_handlers).</summary>
    public void ResetForExec()
    {
        foreach (ref KernelSigAction action in _actions.AsSpan())
        {
            ulong handler = action.Handler == SignalConstants.SIG_IGN ? SignalConstants.SIG_IGN : SignalConstants.SIG_DFL;
            action = new KernelSigAction { Handler = handler };
        }
    }
}
