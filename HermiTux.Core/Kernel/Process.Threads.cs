using HermiTux.Abi;

namespace HermiTux.Kernel;

public sealed partial class Process
{
    private readonly List<GuestThread> _threads = [];
    private long _deadCpuTime;
    private long _deadSystemTime;
    private bool _isFinished;

    /// <summary>Live threads; the first is the main one. A snapshot; any thread.</summary>
    public IReadOnlyList<GuestThread> Threads
    {
        get
        {
            lock (SignalLock)
            {
                return [.. _threads];
            }
        }
    }

    /// <summary>Whether the process has begun to end.</summary>
    public bool IsExiting { get; private set; }

    /// <summary>
    /// How it ended, as wait4(2) tells it: the code &lt;&lt; 8, or a signal number. Meaningful once <see cref="IsExiting"/>.
    /// </summary>
    public int WaitStatus { get; private set; }

    /// <summary>The signal that ended it, with its details; <c>Signo</c> is 0 when none did.</summary>
    public SigInfo FatalSignal { get; private set; }

    /// <summary>Nanoseconds of CPU that all its threads have used (CLOCK_PROCESS_CPUTIME_ID). Any thread.</summary>
    public long CpuTime => Sum(_deadCpuTime, static t => t.CpuTime);

    /// <summary>The part of <see cref="CpuTime"/> spent in system calls.</summary>
    public long SystemTime => Sum(_deadSystemTime, static t => t.SystemTime);

    /// <summary>The part of <see cref="CpuTime"/> spent in guest code.</summary>
    public long UserTime => Math.Max(0, CpuTime - SystemTime);

    /// <summary>
    /// exit_group(2): ends every thread with this wait status (code &lt;&lt; 8, or the number of the signal). The first call
    /// counts. Any thread.
    /// </summary>
    public void ExitGroup(int waitStatus) => ExitGroup(waitStatus, default);

    /// <summary>The same with the signal that was fatal.</summary>
    internal void ExitGroup(int waitStatus, in SigInfo fatalSignal)
    {
        bool last;
        lock (SignalLock)
        {
            if (IsExiting)
            {
                return;
            }

            IsExiting = true;
            IsStopped = false;
            Memory.IsEnding = true;
            WaitStatus = waitStatus;
            FatalSignal = fatalSignal;
            foreach (GuestThread thread in _threads)
            {
                thread.Kick();
            }

            // Threads whose call waits need not come back: whatever it waits for, its result interests nobody any more.
            foreach (GuestThread thread in _threads.Where(t => t.IsDormant).ToArray())
            {
                if (thread.IsCalling)
                {
                    Machine.CountDetachedCall(1);
                }

                Remove(thread);
            }

            last = _threads.Count == 0 && !_isFinished;
            _isFinished |= last;
        }

        if (last)
        {
            OnEmpty();
        }
    }

    /// <summary>exit(2). The process lives on while it has threads, the main one or others, and ends with the last one's code.</summary>
    internal void ExitThread(GuestThread thread, int code)
    {
        lock (SignalLock)
        {
            if (_threads.Exists(t => t != thread && !t.HasExited))
            {
                thread.MarkExited();
                RetargetSignals(thread, ~thread.Signals.Mask);
                return;
            }
        }

        ExitGroup((code & 0xFF) << 8);
    }

    /// <summary>
    /// de_thread(): ends every thread but one, which execve(2) is about to give other memory. Returns when none of them can run guest
    /// code or touch guest memory again.
    /// </summary>
    /// <returns>False when the survivor itself has been ended meanwhile.</returns>
    internal bool EndOtherThreads(GuestThread survivor)
    {
        var ended = new List<GuestThread>();
        for (SpinWait spin = default; ; spin.SpinOnce())
        {
            lock (SignalLock)
            {
                if (IsExiting || survivor.HasExited)
                {
                    return false;
                }

                foreach (GuestThread thread in _threads.Where(t => t != survivor).ToArray())
                {
                    if (!thread.HasExited)
                    {
                        thread.MarkExited();
                        thread.Kick();
                    }

                    if (!thread.IsOnWorker)
                    {
                        thread.RobustListHead = 0;
                        thread.ClearChildTid = 0;
                        if (thread.IsDormant && thread.IsCalling)
                        {
                            Machine.CountDetachedCall(1);
                        }

                        Remove(thread);
                        ended.Add(thread);
                    }
                }

                // A worker may be in the middle of what was left of a call.
                if (_threads.TrueForAll(t => t == survivor) && !ended.Exists(t => t.IsInHand))
                {
                    // The process goes on as a single thread, which is the main one from now on.
                    survivor.BecomeLeader();
                    return true;
                }
            }
        }
    }

    /// <summary>The thread has left guest code for good; called on its worker.</summary>
    internal void Finish(GuestThread thread)
    {
        thread.ReleaseUserState();
        bool last;
        lock (SignalLock)
        {
            Remove(thread);
            last = _threads.Count == 0 && !_isFinished;
            _isFinished |= last;
        }

        if (last)
        {
            OnEmpty();
        }
    }

    internal void AddThread(GuestThread thread)
    {
        lock (SignalLock)
        {
            _threads.Add(thread);
            Machine.CountThread(1);
        }
    }

    private void Remove(GuestThread thread)
    {
        if (_threads.Remove(thread))
        {
            Machine.CountThread(-1);
            _deadCpuTime += thread.CpuTime;
            _deadSystemTime += thread.SystemTime;
            thread.MarkExited();
            thread.IsDetached = true;
        }
    }

    private long Sum(long dead, Func<GuestThread, long> time)
    {
        lock (SignalLock)
        {
            return dead + _threads.Sum(time);
        }
    }

    /// <summary>The last thread is gone: gives back what the process holds (do_exit).</summary>
    private void OnEmpty()
    {
        IsExiting = true;
        try
        {
            Timers.Dispose();
            Descriptors.CloseAll();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A file of an embedder's that can't be closed, say: the run fails with it, but it ends.
            Machine.Fail(e);
        }
        finally
        {
            Memory.Clear();
            Machine.OnProcessEnded(this);
        }
    }
}
