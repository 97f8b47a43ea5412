using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.Futexes;

/// <summary>What a futex is known by: the process's memory and an address, or the shared object and the offset in it (futex(2)).</summary>
internal readonly record struct FutexKey(object Owner, ulong Offset);

/// <summary>One thread that waits. <see cref="Key"/> and <see cref="IsWoken"/> change under the table's lock only.</summary>
internal sealed class FutexWaiter(FutexKey key, uint bitset, WaitQueue? queue = null)
{
    private int _isWoken;

    public FutexKey Key { get; set; } = key;

    public uint Bitset { get; } = bitset;

    public WaitQueue Queue { get; } = queue ?? new WaitQueue { GuestOnly = WaitQueue.ByGuestsOnly };

    /// <summary>FUTEX_WAIT_REQUEUE_PI: the PI futex that it may be moved to; null for ordinary waiters.</summary>
    public FutexKey? RequeueTarget { get; init; }

    /// <summary>The PI futex that it waits to own; null otherwise.</summary>
    public PiState? Pi { get; set; }

    /// <summary>Who waits; set for waiters that may come to own a PI futex.</summary>
    public GuestThread? Thread { get; init; }

    /// <summary>Whether the waiter has to do with PI futexes, which ordinary wakes and requeues must not touch.</summary>
    public bool IsPi => RequeueTarget is not null || Pi is not null;

    public bool IsWoken
    {
        get => Volatile.Read(ref _isWoken) != 0;
        set => Volatile.Write(ref _isWoken, value ? 1 : 0);
    }
}

/// <summary>
/// The waiters of all futexes of a machine, first come, first woken. Linux hashes futexes into buckets with a lock each and
/// compares the word under the bucket's lock; here one lock does for the machine, which gives the same guarantee: between the
/// comparison and the enqueueing no wake can slip through.
/// </summary>
internal sealed partial class FutexTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FutexKey, LinkedList<FutexWaiter>> _queues = [];

    /// <summary>get_futex_key(): EINVAL unless aligned, EFAULT outside user space.</summary>
    public static Errno GetKey(AddressSpace memory, ulong address, bool isPrivate, out FutexKey key)
    {
        key = new FutexKey(memory.Identity, address);
        if ((address & 3) != 0)
        {
            return Errno.EINVAL;
        }

        if (address >= Page.UserEnd)
        {
            return Errno.EFAULT;
        }

        if (!isPrivate && memory.TryGetSharedLocation(address, out object? backing, out ulong offset))
        {
            key = new FutexKey(backing!, offset);
        }

        return Errno.None;
    }

    /// <summary>FUTEX_WAIT up to the point of waiting: EAGAIN when the word has another value, EFAULT when it can't be read.</summary>
    public Errno Enqueue(AddressSpace memory, ulong address, FutexKey key, uint expected, uint bitset, out FutexWaiter? waiter)
    {
        waiter = null;
        lock (_lock)
        {
            if (!memory.TryRead(address, out uint value))
            {
                return Errno.EFAULT;
            }

            if (value != expected)
            {
                return Errno.EAGAIN;
            }

            waiter = new FutexWaiter(key, bitset);
            Append(waiter);
            return Errno.None;
        }
    }

    /// <summary>A waiter gives up. False when it had been woken meanwhile, which then counts.</summary>
    public bool Cancel(FutexWaiter waiter)
    {
        lock (_lock)
        {
            if (waiter.IsWoken)
            {
                return false;
            }

            Dequeue(waiter);
            return true;
        }
    }

    /// <summary>FUTEX_WAKE, FUTEX_WAKE_BITSET: how many were woken; EINVAL when one of them waits for a PI futex.</summary>
    public Result<int> Wake(FutexKey key, int count, uint bitset)
    {
        List<FutexWaiter> woken = [];
        bool ok;
        lock (_lock)
        {
            ok = Take(key, count, bitset, woken);
        }

        Notify(woken);
        return ok ? woken.Count : Errno.EINVAL;
    }

    /// <summary>futex_waitv(2) up to the point of waiting: every word must have its value. The waiters share a queue.</summary>
    /// <returns>None; EAGAIN or EFAULT with nothing enqueued.</returns>
    public Errno EnqueueAll(AddressSpace memory, ReadOnlySpan<(ulong Address, FutexKey Key, uint Expected)> words, WaitQueue queue, FutexWaiter[] waiters)
    {
        lock (_lock)
        {
            foreach ((ulong address, _, uint expected) in words)
            {
                if (!memory.TryRead(address, out uint value))
                {
                    return Errno.EFAULT;
                }

                if (value != expected)
                {
                    return Errno.EAGAIN;
                }
            }

            for (int i = 0; i < words.Length; i++)
            {
                waiters[i] = new FutexWaiter(words[i].Key, uint.MaxValue, queue);
                Append(waiters[i]);
            }

            return Errno.None;
        }
    }

    /// <summary>Takes every waiter back; the index of the last one that had been woken, or -1 (futex_unqueue_multiple).</summary>
    public int CancelAll(ReadOnlySpan<FutexWaiter> waiters)
    {
        int woken = -1;
        lock (_lock)
        {
            for (int i = 0; i < waiters.Length; i++)
            {
                if (waiters[i].IsWoken)
                {
                    woken = i;
                }
                else
                {
                    Dequeue(waiters[i]);
                }
            }
        }

        return woken;
    }

    /// <summary>FUTEX_REQUEUE, FUTEX_CMP_REQUEUE: wakes some and moves others to another futex.</summary>
    public Errno Requeue(AddressSpace memory, ulong address, FutexKey from, FutexKey to, int wake, int move, uint? expected, out int affected)
    {
        affected = 0;
        List<FutexWaiter> woken = [];
        int moved = 0;
        Errno error = Errno.None;
        lock (_lock)
        {
            if (expected is { } value)
            {
                if (!memory.TryRead(address, out uint now))
                {
                    return Errno.EFAULT;
                }

                if (now != value)
                {
                    return Errno.EAGAIN;
                }
            }

            if (!Take(from, wake, uint.MaxValue, woken))
            {
                error = Errno.EINVAL;
            }
            else if (from != to && _queues.TryGetValue(from, out LinkedList<FutexWaiter>? queue))
            {
                while (moved < move && queue.First is { } first)
                {
                    if (first.Value.IsPi)
                    {
                        error = Errno.EINVAL;
                        break;
                    }

                    queue.RemoveFirst();
                    first.Value.Key = to;
                    Append(first.Value);
                    moved++;
                }

                if (queue.Count == 0)
                {
                    _queues.Remove(from);
                }
            }
            else if (from == to && _queues.TryGetValue(from, out queue))
            {
                moved = Math.Min(move, queue.Count);
            }
        }

        Notify(woken);
        affected = woken.Count + (expected is null && from == to ? 0 : moved);
        return error;
    }

    /// <summary>FUTEX_WAKE_OP: changes the second word, wakes on the first, and on the second if its old value compares.</summary>
    public Errno WakeOp(AddressSpace memory, ulong secondAddress, FutexKey first, FutexKey second, int count, int secondCount, uint operation, out int affected)
    {
        affected = 0;
        List<FutexWaiter> woken = [];
        bool ok;
        lock (_lock)
        {
            Errno error = Modify(memory, secondAddress, operation, out bool compares);
            if (error != Errno.None)
            {
                return error;
            }

            ok = Take(first, count, uint.MaxValue, woken) && (!compares || Take(second, secondCount, uint.MaxValue, woken));
        }

        affected = Notify(woken);
        return ok ? Errno.None : Errno.EINVAL;
    }

    /// <summary>futex_atomic_op_inuser().</summary>
    private static Errno Modify(AddressSpace memory, ulong address, uint operation, out bool compares)
    {
        compares = false;
        uint op = (operation >> 28) & 7;
        uint comparison = (operation >> 24) & 15;
        int argument = (int)(operation << 8) >> 20;
        int comparand = (int)(operation << 20) >> 20;
        if (((operation >> 28) & FutexConstants.FUTEX_OP_OPARG_SHIFT) != 0)
        {
            argument = 1 << (argument & 31);
        }

        if (op > FutexConstants.FUTEX_OP_XOR || comparison > FutexConstants.FUTEX_OP_CMP_GE)
        {
            return Errno.ENOSYS;
        }

        uint old;
        while (true)
        {
            if (!memory.TryRead(address, out old))
            {
                return Errno.EFAULT;
            }

            uint replacement = (int)op switch
            {
                FutexConstants.FUTEX_OP_SET => (uint)argument,
                FutexConstants.FUTEX_OP_ADD => old + (uint)argument,
                FutexConstants.FUTEX_OP_OR => old | (uint)argument,
                FutexConstants.FUTEX_OP_ANDN => old & ~(uint)argument,
                _ => old ^ (uint)argument,
            };
            if (!memory.TryCompareExchange(address, old, replacement, out uint previous))
            {
                return Errno.EFAULT;
            }

            if (previous == old)
            {
                break;
            }
        }

        compares = (int)comparison switch
        {
            FutexConstants.FUTEX_OP_CMP_EQ => (int)old == comparand,
            FutexConstants.FUTEX_OP_CMP_NE => (int)old != comparand,
            FutexConstants.FUTEX_OP_CMP_LT => (int)old < comparand,
            FutexConstants.FUTEX_OP_CMP_LE => (int)old <= comparand,
            FutexConstants.FUTEX_OP_CMP_GT => (int)old > comparand,
            _ => (int)old >= comparand,
        };
        return Errno.None;
    }

    private static int Notify(List<FutexWaiter> woken)
    {
        foreach (FutexWaiter waiter in woken)
        {
            waiter.Queue.Wake(PollEvents.In);
        }

        return woken.Count;
    }

    private void Append(FutexWaiter waiter)
    {
        if (!_queues.TryGetValue(waiter.Key, out LinkedList<FutexWaiter>? queue))
        {
            _queues[waiter.Key] = queue = new LinkedList<FutexWaiter>();
        }

        queue.AddLast(waiter);
    }

    private void Dequeue(FutexWaiter waiter)
    {
        LinkedList<FutexWaiter> queue = _queues[waiter.Key];
        queue.Remove(waiter);
        if (queue.Count == 0)
        {
            _queues.Remove(waiter.Key);
        }
    }

    // False at a waiter that only a PI operation may wake; those before it have been taken.
    private bool Take(FutexKey key, int count, uint bitset, List<FutexWaiter> woken)
    {
        if (!_queues.TryGetValue(key, out LinkedList<FutexWaiter>? queue))
        {
            return true;
        }

        bool ok = true;

        int taken = 0;
        for (LinkedListNode<FutexWaiter>? node = queue.First; node is not null && taken < count;)
        {
            LinkedListNode<FutexWaiter>? next = node.Next;
            if (node.Value.IsPi)
            {
                ok = false;
                break;
            }

            if ((node.Value.Bitset & bitset) != 0)
            {
                queue.Remove(node);
                node.Value.IsWoken = true;
                woken.Add(node.Value);
                taken++;
            }

            node = next;
        }

        if (queue.Count == 0)
        {
            _queues.Remove(key);
        }

        return ok;
    }
}
