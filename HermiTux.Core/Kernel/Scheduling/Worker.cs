using HermiTux.Cpu;
using HermiTux.Memory;

namespace HermiTux.Kernel.Scheduling;

/// <summary>A place where guest threads run: an OS thread while there is work, and its vCPUs, one for each address space it met.</summary>
internal sealed class Worker
{
    private readonly Scheduler _scheduler;
    private readonly Machine _machine;
    private readonly Lock _lock = new();
    private readonly List<(AddressSpace Space, Vcpu Vcpu)> _vcpus = [];
    private Vcpu? _last;
    private AddressSpace? _lastSpace;
    private GuestThread? _running;
    private long _retiredInstructions;

    public Worker(Scheduler scheduler, Machine machine, int index)
    {
        Index = index;
        _scheduler = scheduler;
        _machine = machine;
    }

    /// <summary>The number of the CPU that guest threads see while they run here.</summary>
    public int Index { get; }

    /// <summary>Whether an OS thread runs <see cref="Run"/>. Guarded by the scheduler's lock.</summary>
    public bool IsLive { get; set; }

    /// <summary>Whether that thread waits for work. Guarded by the scheduler's lock.</summary>
    public bool IsIdle { get; set; }

    /// <summary>Whether the thread that runs here is to come back to the kernel layer. A snapshot; any thread.</summary>
    public bool IsWanted => Volatile.Read(ref _running) is { } thread && (thread.IsInterrupted || thread.HasSequenceRestart || !thread.MayRunOn(Index));

    /// <summary>Guest instructions executed here.</summary>
    public long InstructionCount
    {
        get
        {
            lock (_lock)
            {
                return _retiredInstructions + _vcpus.Sum(v => v.Vcpu.InstructionCount);
            }
        }
    }

    /// <summary>The body of the OS thread.</summary>
    public void Run()
    {
        while (_scheduler.TryTake(this, out WorkItem item))
        {
            GuestThread.Current = item.Thread;
            item.Thread.BeginTurn();
            try
            {
                if (item.Continuation is { } continuation)
                {
                    continuation(item.State);
                }
                else
                {
                    Volatile.Write(ref _running, item.Thread);
                    item.Thread.RunOn(this);
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A bug of ours, or of a handler that an embedder wrote: the machine stops, the host goes on.
                _machine.Fail(e);
                item.Thread.Process.Finish(item.Thread);
            }
            finally
            {
                GuestThread.Current = null;
                Volatile.Write(ref _running, null);
                item.Thread.EndTurn();
            }
        }
    }

    /// <summary>This worker's vCPU for an address space.</summary>
    public Vcpu GetVcpu(AddressSpace space)
    {
        if (ReferenceEquals(space, _lastSpace))
        {
            return _last!;
        }

        lock (_lock)
        {
            foreach ((AddressSpace known, Vcpu vcpu) in _vcpus)
            {
                if (ReferenceEquals(known, space))
                {
                    (_lastSpace, _last) = (space, vcpu);
                    return vcpu;
                }
            }
        }

        // Without the lock: it takes a while, and others only look whom to interrupt.
        Vcpu created = _machine.Engine.CreateVcpu(space);
        lock (_lock)
        {
            _vcpus.Add((space, created));
            (_lastSpace, _last) = (space, created);
            return created;
        }
    }

    /// <summary>Makes whatever runs here come back to the scheduler soon. Any thread.</summary>
    public void RequestExit()
    {
        lock (_lock)
        {
            _last?.RequestExit();
        }
    }

    /// <summary>Frees the vCPUs; no thread may run.</summary>
    public void DisposeVcpus()
    {
        lock (_lock)
        {
            foreach ((_, Vcpu vcpu) in _vcpus)
            {
                _retiredInstructions += vcpu.InstructionCount;
                vcpu.Dispose();
            }

            _vcpus.Clear();
            (_lastSpace, _last) = (null, null);
        }
    }
}
