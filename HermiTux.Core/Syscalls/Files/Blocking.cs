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
    /// <param name="context">Who waits.</param>
    /// <param name="file">On what; released.</param>
    /// <param name="attempt">Tries once.</param>
    /// <param name="timeout">Longest wait in nanoseconds (SO_RCVTIMEO, SO_SNDTIMEO), after which the result is EAGAIN; null is for ever.</param>
    public static async ValueTask<SyscallResult> UntilDone(SyscallContext context, OpenFile file, Func<SyscallResult> attempt, long? timeout = null)
    {
        try
        {
            long? deadline = Deadline(context, timeout);
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
                _ => timeout is null ? Errno.ERESTARTSYS : Errno.EINTR,
            };
        }
        finally
        {
            file.Release();
        }
    }

    /// <summary>When a wait of <paramref name="timeout"/> nanoseconds ends, in monotonic nanoseconds; null is never.</summary>
    public static long? Deadline(SyscallContext context, long? timeout) =>
        timeout is { } nanoseconds ? Time.Clocks.Add(nanoseconds, context.Machine.MonotonicNanoseconds) : null;

    /// <summary>EPIPE raises SIGPIPE on the thread that wrote (write(2)); sockets of messages don't.</summary>
    public static SyscallResult RaiseBrokenPipe(SyscallContext context, OpenFile file, SyscallResult result)
    {
        if (result == Errno.EPIPE && (file.IsStream || file is not Kernel.Sockets.Socket))
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
