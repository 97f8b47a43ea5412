using HermiTux.Abi;
using HermiTux.Kernel;

namespace HermiTux.Syscalls.Files;

/// <summary>Repeats an operation that answered EAGAIN until it can be done, as a file without O_NONBLOCK wants it.</summary>
internal static class Blocking
{
    /// <summary>Whether a call on the file waits rather than giving EAGAIN.</summary>
    public static bool MayWait(OpenFile file) => (file.StatusFlags & Fcntl.O_NONBLOCK) == 0 && file.WaitQueue is not null;

    /// <summary>
    /// Waits until <paramref name="attempt"/> gives something other than EAGAIN; ERESTARTSYS when interrupted. Releases the file.
    /// </summary>
    public static async ValueTask<SyscallResult> UntilDone(SyscallContext context, OpenFile file, Func<SyscallResult> attempt, long? deadline = null)
    {
        try
        {
            SyscallResult result = Errno.EAGAIN;
            WaitOutcome outcome = await context.Thread.WaitAsync(
                file.WaitQueue!,
                () =>
                {
                    result = attempt();
                    return result != Errno.EAGAIN;
                },
                deadline).ConfigureAwait(false);
            return outcome switch
            {
                WaitOutcome.Ready => result,
                WaitOutcome.TimedOut => Errno.EAGAIN,
                _ => Errno.ERESTARTSYS,
            };
        }
        finally
        {
            file.Release();
        }
    }

    /// <summary>EPIPE raises SIGPIPE on the thread that wrote (write(2)).</summary>
    public static SyscallResult RaiseBrokenPipe(SyscallContext context, SyscallResult result)
    {
        if (result == Errno.EPIPE)
        {
            Post(context, Signal.SIGPIPE);
        }

        return result;
    }

    /// <summary>send_sig(): a signal of the kernel's to the calling thread, shown as sent by itself.</summary>
    public static void Post(SyscallContext context, Signal signal) => context.Thread.Post(new SigInfo
    {
        Signo = (int)signal,
        Code = SignalConstants.SI_USER,
        Pid = context.Process.Pid,
        Uid = context.Process.Credentials.Uid,
    });
}
