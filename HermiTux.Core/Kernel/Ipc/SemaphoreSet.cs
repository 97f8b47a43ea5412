using HermiTux.Abi;

namespace HermiTux.Kernel.Ipc;

/// <summary>
/// A System V semaphore set. Operations that can't be done wait in order; whoever changes a value does those that have become possible, so a
/// waiter is woken with its operations done.
/// </summary>
internal sealed class SemaphoreSet : IpcObject
{
    private readonly int[] _values;
    private readonly int[] _pids;
    private readonly LinkedList<Pending> _pending = new();
    private readonly Func<long> _now;

    public SemaphoreSet(int key, uint mode, Process creator, int count)
        : base(key, mode, creator.Credentials)
    {
        _values = new int[count];
        _pids = new int[count];
        _now = () => creator.Machine.RealtimeNanoseconds / 1_000_000_000;
        ChangeTime = _now();
    }

    /// <summary>Operations of a thread that waits.</summary>
    public sealed class Pending(Sembuf[] operations, int pid)
    {
        public Sembuf[] Operations { get; } = operations;

        public int Pid { get; } = pid;

        public WaitQueue Queue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

        public int BlockedAt { get; set; }

        public Errno? Result { get; set; }
    }

    public int Count => _values.Length;

    public long OperationTime { get; private set; }

    public SemidDs Describe() => new() { sem_perm = Permissions, sem_otime = OperationTime, sem_ctime = ChangeTime, sem_nsems = (ulong)Count };

    /// <summary>semop(2): done at once, an error, or a pending operation to wait for.</summary>
    public Errno Operate(Sembuf[] operations, int pid, out Pending? pending)
    {
        lock (Lock)
        {
            pending = null;
            if (IsRemoved)
            {
                return Errno.EIDRM;
            }

            Errno? outcome = Try(operations, pid, out int blockedAt);
            if (outcome is { } done)
            {
                if (done == Errno.None)
                {
                    WakeThoseThatCan();
                }

                return done;
            }

            if ((operations[blockedAt].sem_flg & IpcConstants.IPC_NOWAIT) != 0)
            {
                return Errno.EAGAIN;
            }

            pending = new Pending(operations, pid) { BlockedAt = blockedAt };
            _pending.AddLast(pending);
            return Errno.None;
        }
    }

    /// <summary>A waiter gives up; its result if it had one after all.</summary>
    public Errno? Cancel(Pending pending)
    {
        lock (Lock)
        {
            if (pending.Result is null)
            {
                _pending.Remove(pending);
            }

            return pending.Result;
        }
    }

    public (int Value, int Pid) Get(int number)
    {
        lock (Lock)
        {
            return (_values[number], _pids[number]);
        }
    }

    /// <summary>GETNCNT, GETZCNT.</summary>
    public int CountWaiters(int number, bool forZero)
    {
        lock (Lock)
        {
            return _pending.Count(p => p.Operations[p.BlockedAt].sem_num == number && (p.Operations[p.BlockedAt].sem_op == 0) == forZero);
        }
    }

    public ushort[] GetAll()
    {
        lock (Lock)
        {
            return [.. _values.Select(v => (ushort)v)];
        }
    }

    public void Set(int first, ReadOnlySpan<ushort> values, int pid)
    {
        lock (Lock)
        {
            for (int i = 0; i < values.Length; i++)
            {
                _values[first + i] = values[i];
                _pids[first + i] = pid;
            }

            ChangeTime = _now();
            WakeThoseThatCan();
        }
    }

    public void Remove()
    {
        lock (Lock)
        {
            IsRemoved = true;
            foreach (Pending pending in _pending)
            {
                pending.Result = Errno.EIDRM;
                pending.Queue.Wake(PollEvents.In);
            }

            _pending.Clear();
        }
    }

    // perform_atomic_semop(): all or nothing. Null when one of the operations has to wait.
    private Errno? Try(Sembuf[] operations, int pid, out int blockedAt)
    {
        int done = 0;
        Errno? outcome = Errno.None;
        blockedAt = 0;
        for (; done < operations.Length; done++)
        {
            Sembuf operation = operations[done];
            int result = _values[operation.sem_num] + operation.sem_op;
            if (operation.sem_op == 0 ? _values[operation.sem_num] != 0 : result < 0)
            {
                blockedAt = done;
                outcome = null;
                break;
            }

            if (result > IpcConstants.SEMVMX)
            {
                outcome = Errno.ERANGE;
                break;
            }

            _values[operation.sem_num] = result;
        }

        if (outcome != Errno.None)
        {
            while (--done >= 0)
            {
                _values[operations[done].sem_num] -= operations[done].sem_op;
            }

            return outcome;
        }

        foreach (Sembuf operation in operations)
        {
            _pids[operation.sem_num] = pid;
        }

        OperationTime = _now();
        return Errno.None;
    }

    private void WakeThoseThatCan()
    {
        for (LinkedListNode<Pending>? node = _pending.First; node is not null;)
        {
            LinkedListNode<Pending>? next = node.Next;
            Errno? outcome = Try(node.Value.Operations, node.Value.Pid, out int blockedAt);
            if (outcome is null)
            {
                node.Value.BlockedAt = blockedAt;
            }
            else
            {
                _pending.Remove(node);
                node.Value.Result = outcome;
                node.Value.Queue.Wake(PollEvents.In);

                // What it did may let others go on that come before it.
                next = _pending.First;
            }

            node = next;
        }
    }
}
