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
                // The idle ones may have passed over what is queued, since it isn't for them.
                Monitor.PulseAll(_lock);
                ArmPreemption();
            }
        }
    }

    /// <summary>A thread may run on other workers than before. Any thread.</summary>
    public void OnAffinityChanged()
    {
        lock (_lock)
        {
            OfferAll();

            // Who runs where it may not any more comes back at the end of its time slice.
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
                bool pulsed = Monitor.Wait(_lock, s_idleTimeout);
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

    private void ArmPreemption()
    {
        if (!_preemptionArmed && !_stopped)
        {
            // Of the host's time, and not on the thread pool, which may be busy with anything.
            _preemption ??= MachineTimer.Create(TimeProvider.System, static s => ((Scheduler)s!).Preempt(), this);
            _preemption.Change(TimeSlice);
            Volatile.Write(ref _preemptionArmed, true);
        }
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

    private void OfferAll()
    {
        foreach (WorkItem item in _ready)
        {
            Offer(item.Thread);
        }
    }

    /// <summary>Sees to it that a worker that may take the thread comes to look at the queue.</summary>
    private void Offer(GuestThread thread)
    {
        // Not every worker may take it: all that are idle look, and one that may is there.
        Monitor.PulseAll(_lock);
        if (!Array.Exists(_workers, w => w.IsLive && thread.MayRunOn(w.Index)) && Array.Find(_workers, w => thread.MayRunOn(w.Index)) is { } allowed)
        {
            StartWorker(allowed);
        }
        else
        {
            ArmPreemption();
        }
    }

    private void StartWorker(Worker worker)
    {
        // Before it can retire again.
        worker.IsLive = true;
        _live++;
        if (!ThreadStarter(worker.Run, StackSize))
        {
            worker.IsLive = false;
            _live--;

            // What is queued stays there; the next look tries again, unless a worker that is there takes it first.
            ArmPreemption();
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

            // The host may have had no thread to give when it was queued.
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
