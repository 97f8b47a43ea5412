using HermiTux.Abi;

namespace HermiTux.Kernel;

/// <summary>Why a machine was stopped from outside its guest.</summary>
internal enum StopReason
{
    /// <summary>It wasn't: its first process ended by itself.</summary>
    None,

    /// <summary>The guest touched more memory than it may.</summary>
    MemoryLimit,

    /// <summary>The wall-clock limit passed.</summary>
    TimeLimit,

    /// <summary>The embedder cancelled the run.</summary>
    Cancelled,

    /// <summary>The embedder disposed the machine.</summary>
    Disposed,

    /// <summary>An exception in a handler, a device or the engine.</summary>
    Failure,
}

public sealed partial class Machine
{
    private readonly Lock _lock = new();
    private readonly List<Process> _processes = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private int _lastPid;
    private int _threadCount;
    private int _detachedCalls;
    private TaskCompletionSource? _detachedCallsEnded;

    /// <summary>Live processes in order of creation. A snapshot; any thread.</summary>
    public IReadOnlyCollection<Process> Processes
    {
        get
        {
            lock (_lock)
            {
                return [.. _processes];
            }
        }
    }

    /// <summary>Cancelled when the machine ends, for handlers and devices that wait for something of the host's.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Why it was stopped, if it was.</summary>
    internal StopReason StopReason { get; private set; }

    /// <summary>The first exception that reached the run loop.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>Completes when the last process has ended.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Calls whose thread ended while they waited for something of the host's.</summary>
    internal int DetachedCalls
    {
        get
        {
            lock (_lock)
            {
                return _detachedCalls;
            }
        }
    }

    /// <summary>Completes when <see cref="DetachedCalls"/> reaches 0.</summary>
    internal Task WhenDetachedCallsEnd()
    {
        lock (_lock)
        {
            _detachedCallsEnded ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_detachedCalls == 0)
            {
                _detachedCallsEnded.TrySetResult();
            }

            return _detachedCallsEnded.Task;
        }
    }

    /// <summary>The process with this pid; null if there is none. Any thread.</summary>
    public Process? FindProcess(int pid)
    {
        lock (_lock)
        {
            return _processes.Find(p => p.Pid == pid);
        }
    }

    /// <summary>The thread with this tid in any process; null if there is none. Any thread.</summary>
    public GuestThread? FindThread(int tid)
    {
        foreach (Process process in Processes)
        {
            foreach (GuestThread thread in process.Threads)
            {
                if (thread.Tid == tid)
                {
                    return thread;
                }
            }
        }

        return null;
    }

    /// <summary>A pid or tid that isn't in use: they share one space.</summary>
    internal int AllocateId()
    {
        while (true)
        {
            int id = Interlocked.Increment(ref _lastPid) & 0x3F_FFFF;
            if (id != 0 && FindProcess(id) is null && FindThread(id) is null)
            {
                return id;
            }
        }
    }

    /// <summary>
    /// kill(2), rt_sigqueueinfo(2): sends a signal to one process, a group or all, as far as the sender may. Signal 0 only checks.
    /// </summary>
    /// <param name="sender">Who sends.</param>
    /// <param name="pid">Positive a process, 0 the sender's group, -1 everyone else, below that a group.</param>
    /// <param name="info">The signal.</param>
    /// <returns>None, ESRCH, EPERM, or EAGAIN when a queue is full.</returns>
    public Errno Kill(Process sender, int pid, in SigInfo info)
    {
        if (pid > 0)
        {
            return FindProcess(pid) is { } process ? KillOne(sender, process, info)
                : FindThread(pid) is { } thread ? KillOne(sender, thread.Process, info) : Errno.ESRCH;
        }

        Errno outcome = Errno.ESRCH;
        foreach (Process process in Processes)
        {
            bool meant = pid switch
            {
                0 => process.ProcessGroup == sender.ProcessGroup,
                -1 => process.Pid > 1 && process != sender,
                _ => process.ProcessGroup == -pid,
            };
            if (meant && KillOne(sender, process, info) is var result && (outcome != Errno.None))
            {
                outcome = result;
            }
        }

        return outcome;
    }

    /// <summary>Whether one process may signal another (kill(2)): root, or a matching user; SIGCONT also within a session.</summary>
    public static bool MaySignal(Process sender, Process target, int signal)
    {
        Credentials from = sender.Credentials;
        Credentials to = target.Credentials;
        return sender == target || from.Euid == 0 || from.Euid == to.Suid || from.Euid == to.Uid || from.Uid == to.Suid ||
            from.Uid == to.Uid || (signal == (int)Signal.SIGCONT && sender.Session == target.Session);
    }

    /// <summary>Ends every process from outside; the first reason counts. Any thread.</summary>
    internal void Stop(StopReason reason)
    {
        lock (_lock)
        {
            if (StopReason == StopReason.None && !_ended.Task.IsCompleted)
            {
                StopReason = reason;
            }
        }

        foreach (Process process in Processes)
        {
            process.ExitGroup((int)Signal.SIGKILL);
        }
    }

    /// <summary>Something of ours threw: the guest stops, and the embedder gets the exception.</summary>
    internal void Fail(Exception exception)
    {
        lock (_lock)
        {
            Failure ??= exception;
        }

        KernelLog.InternalFailure(Logger, exception);
        Stop(StopReason.Failure);
    }

    internal void CountDetachedCall(int change)
    {
        lock (_lock)
        {
            _detachedCalls += change;
            if (_detachedCalls == 0)
            {
                _detachedCallsEnded?.TrySetResult();
            }
        }
    }

    /// <summary>Guest threads of all processes. Any thread.</summary>
    internal int ThreadCount => Volatile.Read(ref _threadCount);

    /// <summary>Held while a thread is made, so that <see cref="ThreadLimit"/> holds.</summary>
    internal Lock ThreadCreation { get; } = new();

    internal void CountThread(int change) => Interlocked.Add(ref _threadCount, change);

    internal void AddProcess(Process process)
    {
        lock (_lock)
        {
            _processes.Add(process);
        }
    }

    internal void OnProcessEnded(Process process)
    {
        bool last;
        lock (_lock)
        {
            _processes.Remove(process);
            last = _processes.Count == 0;
        }

        if (last)
        {
            try
            {
                _stopping.Cancel();
            }
            catch (AggregateException e)
            {
                // What an embedder registered for the end.
                Fail(e);
            }
            finally
            {
                _ended.TrySetResult();
            }
        }
    }

    private static Errno KillOne(Process sender, Process target, in SigInfo info)
    {
        if (!MaySignal(sender, target, info.Signo))
        {
            return Errno.EPERM;
        }

        return info.Signo == 0 ? Errno.None : target.Post(info);
    }
}
