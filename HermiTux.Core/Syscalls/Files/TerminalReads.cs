using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.Terminals;

namespace HermiTux.Syscalls.Files;

/// <summary>Reads of a terminal that has VTIME set (termios(3), "Canonical and noncanonical mode"): they wait for a time.</summary>
internal static class TerminalReads
{
    /// <summary>Waits until there is enough or the time is over, which then ends the read with what there is; ERESTARTSYS when interrupted. Releases the file.</summary>
    public static async ValueTask<SyscallResult> UntilDone(SyscallContext context, OpenFile file, PseudoTerminal terminal, Func<SyscallResult> attempt)
    {
        try
        {
            while (true)
            {
                int seen = terminal.Available;
                SyscallResult result = Errno.EAGAIN;
                WaitOutcome outcome = await context.Thread.WaitAsync(
                    file.WaitQueue!,
                    () =>
                    {
                        result = attempt();
                        return result != Errno.EAGAIN || terminal.Available != seen;
                    },
                    Blocking.Deadline(context, terminal.ReadTime)).ConfigureAwait(false);
                if (outcome == WaitOutcome.TimedOut)
                {
                    terminal.ExpireRead();
                    result = attempt();
                }
                else if (outcome != WaitOutcome.Ready)
                {
                    return Errno.ERESTARTSYS;
                }

                // One byte more, and not enough: the time between bytes begins again.
                if (result != Errno.EAGAIN)
                {
                    return result;
                }
            }
        }
        finally
        {
            file.Release();
        }
    }
}
