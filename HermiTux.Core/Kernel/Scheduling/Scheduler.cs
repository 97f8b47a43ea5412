using HermiTux.Kernel.Timers;

namespace HermiTux.Kernel.Scheduling;

/// <summary>
/// Runs the guest threads of one machine: a queue of what is ready, and at most as many OS threads as the machine has CPUs,
/// made when there is work and gone after a while without.
/// </summary>
internal sealed class Scheduler
{
    // The interpreter chains instruction handlers, so its stack use has no small bound.
    private const int StackSize = 16 << 20;
    private static readonly TimeSpan s_idleTimeout = TimeSpan.FromSeconds(2);

    // Nanoseconds.
    private const long TimeSlice = 10_000_000;

    private readonly object _lock = new();
    private readonly LinkedList<WorkItem> _ready = new();
    private readonly Machine _machine;
    private readonly Worker[] _workers;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MachineTimer? _preemption;
    private bool _preemptionArmed;
    private int _live;
    private int _idle;
    private bool _isHostFull;
    private bool _stopped;

    public Scheduler(Machine machine, int workers)
    {
        _machine = machine;
        _workers = new Worker[workers];
        for (int i = 0; i < workers; i++)
        {
            _workers[i] = new Worker(this, machine, i);
        }
    }

    /// <summary>Starts the OS thread of a worker with a stack of so many bytes; false when the host has none to give. Replaced by tests.</summary>
    internal Func<ThreadStart, int, bool> ThreadStarter { get; set; } = static (body, stackSize) => BackgroundThread.TryStart(body, "hermitux cpu", stackSize) is not null;

    /// <summary>Whether something waits for a worker.</summary>
    public bool HasReady
    {
        get
        {
            lock (_lock)
            {
                return _ready.Count > 0;
            }
        }
    }

    /// <summary>Guest instructions executed by all vCPUs, where the engine counts them.</summary>
    public long InstructionCount => _workers.Sum(w => w.InstructionCount);

    /// <summary>Adds work. Any thread, also with locks held: nothing foreign runs here.</summary>
    /// <exception cref="IOException">The host has no thread to give, neither for the machine nor for asking again. The work stays queued.</exception>
    public void Enqueue(WorkItem item)
    {
        lock (_lock)
        {
            _ready.AddLast(item);
            if (item.Thread.Affinity != ulong.MaxValue)
            {
                Offer(item.Thread);
            }
            else if (_idle >= _ready.Count)
            {
                Monitor.Pulse(_lock);
            }
            else if (_live < _workers.Length)
            {
                StartWorker(Array.Find(_workers, w => !w.IsLive)!);
            }
            else
            {
                // One that is idle may have passed over what is queued, since it isn't for it.
                Monitor.Pulse(_lock);
                ArmPreemption();
            }
        }
    }

    /// <summary>A thread may run on other workers than before. Any thread.</summary>
    public void OnAffinityChanged(GuestThread thread)
    {
        lock (_lock)
        {
            foreach (WorkItem item in _ready)
            {
                if (item.Thread == thread)
                {
                    Offer(thread);
                    break;
                }
            }

            // If it runs where it may not any more, it comes back at the end of its time slice.
            ArmPreemption();
        }
    }

    /// <summary>
    /// Has the workers come back from guest code again and again until none of their threads is wanted (<see cref="GuestThread.IsInterrupted"/>): one request
    /// may be lost when it meets a host signal that is being handled. Any thread, also with locks held.
    /// </summary>
    public void InterruptUntilHeard()
    {
        if (Volatile.Read(ref _preemptionArmed))
        {
            return;
        }

        lock (_lock)
        {
            ArmPreemption();
        }
    }

    /// <summary>
    /// Waits until all workers have done what was queued, as far as the host has a thread for it, and are gone. Nothing runs guest code any more once every thread has
    /// ended, which the caller has seen to.
    /// </summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _stopped = true;
            _preemption?.Dispose();
            Monitor.PulseAll(_lock);
            OfferAll();
            if (_live == 0)
            {
                _drained.TrySetResult();
            }
        }

        return _drained.Task;
    }

    /// <summary>Frees the vCPUs. After <see cref="StopAsync"/>.</summary>
    public void DisposeVcpus()
    {
        foreach (Worker worker in _workers)
        {
            worker.DisposeVcpus();
        }
    }

    /// <summary>Makes every worker come back from guest code. Any thread.</summary>
    internal void Interrupt() => Interrupt(_ => true);

    /// <summary>The next thing to do; false when the worker is to end its OS thread.</summary>
    internal bool TryTake(Worker worker, out WorkItem item)
    {
        lock (_lock)
        {
            while (!TryDequeue(worker, out item))
            {
                if (_stopped)
                {
                    return Retire(worker);
                }

                _idle++;
                worker.IsIdle = true;
                bool pulsed = Monitor.Wait(_lock, s_idleTimeout);
                worker.IsIdle = false;
                _idle--;
                if (!pulsed && _ready.Count == 0)
                {
                    return Retire(worker);
                }
            }

            return true;
        }
    }

    private bool Retire(Worker worker)
    {
        worker.IsLive = false;
        _live--;
        if (_stopped && _live == 0)
        {
            _drained.TrySetResult();
        }

        return false;
    }

    /// <summary>Has <see cref="Preempt"/> look in a time slice. False when the host has no thread for timers: who is live looks at the queue anyway.</summary>
    private bool ArmPreemption()
    {
        if (_preemptionArmed || _stopped)
        {
            return true;
        }

        try
        {
            // Of the host's time, and not on the thread pool, which may be busy with anything.
            _preemption ??= MachineTimer.Create(TimeProvider.System, static s => ((Scheduler)s!).Preempt(), this);
            _preemption.Change(TimeSlice);
        }
        catch (IOException)
        {
            return false;
        }

        Volatile.Write(ref _preemptionArmed, true);
        return true;
    }

    private bool TryDequeue(Worker worker, out WorkItem item)
    {
        for (LinkedListNode<WorkItem>? node = _ready.First; node is not null; node = node.Next)
        {
            if (node.Value.Thread.MayRunOn(worker.Index))
            {
                item = node.Value;
                _ready.Remove(node);
                return true;
            }
        }

        item = default;
        return false;
    }

    /// <summary>Has workers that are idle or not there come for what is queued, if they may take it.</summary>
    private void OfferAll()
    {
        ulong open = OpenCpus();
        foreach (WorkItem item in _ready)
        {
            if (open == 0 || _isHostFull)
            {
                break;
            }

            if ((item.Thread.Affinity & open) != 0)
            {
                Offer(item.Thread);
                open = OpenCpus();
            }
        }
    }

    /// <summary>A bit, as in an affinity, for each worker that could take something now.</summary>
    private ulong OpenCpus()
    {
        ulong open = 0;
        foreach (Worker worker in _workers)
        {
            open |= worker.IsLive && !worker.IsIdle ? 0 : GuestThread.CpuBit(worker.Index);
        }

        return open;
    }

    /// <summary>Sees to it that a worker that may take the thread comes to look at the queue.</summary>
    private void Offer(GuestThread thread)
    {
        bool isIdle = false;
        Worker? absent = null;
        foreach (Worker worker in _workers)
        {
            if (thread.MayRunOn(worker.Index))
            {
                isIdle |= worker.IsIdle;
                absent ??= worker.IsLive ? null : worker;
            }
        }

        if (isIdle)
        {
            // All that are idle look: which one a pulse reaches can't be chosen. If it takes something else first, others are asked in a while.
            Monitor.PulseAll(_lock);
            ArmPreemption();
        }
        else if (absent is not null)
        {
            StartWorker(absent);
        }
        else
        {
            ArmPreemption();
        }
    }

    private void StartWorker(Worker worker)
    {
        if (!_isHostFull)
        {
            // Counted first, since it may be gone again before this returns.
            worker.IsLive = true;
            _live++;
            if (ThreadStarter(worker.Run, StackSize))
            {
                return;
            }

            worker.IsLive = false;
            _live--;
            _isHostFull = true;
        }

        // What is queued stays there for who is live, and in a while the host is asked again.
        if (!ArmPreemption() && _live == 0)
        {
            throw new IOException("The host has no thread to give to the machine.");
        }
    }

    private void Preempt()
    {
        bool all;
        lock (_lock)
        {
            Volatile.Write(ref _preemptionArmed, false);

            // Who asks after this sees that nothing is armed; who asked before is seen here.
            Interlocked.MemoryBarrier();
            all = _ready.Count > 0;
            if (_stopped || (!all && !Array.Exists(_workers, w => w.IsWanted)))
            {
                return;
            }

            // The host may have had no thread to give when it was queued, or a worker that was asked had something else to do.
            _isHostFull = false;
            OfferAll();

            // Until a look finds nothing to do.
            ArmPreemption();
        }

        Interrupt(worker => all || worker.IsWanted);
    }

    private void Interrupt(Func<Worker, bool> isMeant)
    {
        foreach (Worker worker in _workers)
        {
            if (isMeant(worker))
            {
                worker.RequestExit();
            }
        }
    }
}
