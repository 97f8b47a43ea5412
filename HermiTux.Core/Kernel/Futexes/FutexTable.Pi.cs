using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.Futexes;

/// <remarks>
/// Futexes with priority inheritance (kernel/futex/pi.c, requeue.c). The word holds the owner's tid, so the kernel can hand the lock over: the
/// unlocker makes the first waiter the owner and writes its tid before it wakes. Guest threads have no priorities to inherit; what stays
/// of PI is this protocol with its errors, its detection of deadlocks and what happens when an owner dies.
/// </remarks>
internal sealed partial class FutexTable
{
    private const uint Waiters = unchecked((uint)FutexConstants.FUTEX_WAITERS);
    private const uint OwnerDied = FutexConstants.FUTEX_OWNER_DIED;
    private const uint TidMask = FutexConstants.FUTEX_TID_MASK;

    private readonly Dictionary<FutexKey, PiState> _piStates = [];

    /// <summary>
    /// FUTEX_LOCK_PI and FUTEX_TRYLOCK_PI up to the point of waiting: None when the lock is the thread's or, with a waiter, when it has to wait.
    /// </summary>
    /// <returns>None; EAGAIN for a try on a lock that is held; EDEADLK, ESRCH, EINVAL, EFAULT.</returns>
    public Errno LockPi(GuestThread thread, AddressSpace memory, ulong address, FutexKey key, bool onlyTry, out FutexWaiter? waiter)
    {
        waiter = null;
        lock (_lock)
        {
            Errno error = AcquireOrFindOwner(thread, memory, address, key, out PiState? state);
            if (error != Errno.None || state is null)
            {
                return error;
            }

            if (onlyTry)
            {
                Forget(state);
                return Errno.EAGAIN;
            }

            if (IsDeadlock(state, thread))
            {
                Forget(state);
                return Errno.EDEADLK;
            }

            waiter = new FutexWaiter(key, uint.MaxValue) { Thread = thread };
            Append(waiter);
            WaitFor(state, waiter);
            return Errno.None;
        }
    }

    /// <summary>FUTEX_UNLOCK_PI: EPERM unless the thread owns the lock, EINVAL when others use the word as an ordinary futex.</summary>
    public Errno UnlockPi(GuestThread thread, AddressSpace memory, ulong address, FutexKey key)
    {
        FutexWaiter? next = null;
        lock (_lock)
        {
            if (!memory.TryRead(address, out uint value))
            {
                return Errno.EFAULT;
            }

            if ((value & TidMask) != (uint)thread.Tid)
            {
                return Errno.EPERM;
            }

            if (_queues.TryGetValue(key, out LinkedList<FutexWaiter>? queue))
            {
                if (queue.First!.Value.Pi is not { } state || !ReferenceEquals(state.Owner, thread))
                {
                    return Errno.EINVAL;
                }

                next = state.Waiters.First!.Value;
                uint replacement = Waiters | (uint)next.Thread!.Tid;
                Errno error = Exchange(memory, address, value, replacement);
                if (error != Errno.None)
                {
                    return error == Errno.EAGAIN ? Errno.EINVAL : error;
                }

                HandOver(state, next);
            }
            else if (Exchange(memory, address, value, 0) is var error and not Errno.None)
            {
                return error;
            }
        }

        next?.Queue.Wake(PollEvents.In);
        return Errno.None;
    }

    /// <summary>FUTEX_WAIT_REQUEUE_PI up to the point of waiting.</summary>
    public Errno EnqueueForRequeue(GuestThread thread, AddressSpace memory, ulong address, FutexKey key, uint expected, FutexKey target, out FutexWaiter? waiter)
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

            waiter = new FutexWaiter(key, uint.MaxValue) { RequeueTarget = target, Thread = thread };
            Append(waiter);
            return Errno.None;
        }
    }

    /// <summary>FUTEX_CMP_REQUEUE_PI: gives the PI futex to the first waiter if it is free, and lets the others wait for it.</summary>
    public Errno RequeuePi(AddressSpace memory, ulong address, FutexKey from, ulong targetAddress, FutexKey to, int move, uint expected, out int affected)
    {
        affected = 0;
        FutexWaiter? woken = null;
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

            if (!_queues.TryGetValue(from, out LinkedList<FutexWaiter>? queue))
            {
                return Errno.None;
            }

            FutexWaiter first = queue.First!.Value;
            if (first.RequeueTarget != to)
            {
                return Errno.EINVAL;
            }

            Errno error = AcquireOrFindOwner(first.Thread!, memory, targetAddress, to, out PiState? state);
            if (error != Errno.None)
            {
                return error;
            }

            if (state is null)
            {
                Dequeue(first);
                first.IsWoken = true;
                woken = first;
                affected++;

                if (move > 0)
                {
                    error = Exchange(memory, targetAddress, w => w | Waiters);
                }

                // The others wait for the thread that has just got it.
                if (queue.Count > 0 && move > 0)
                {
                    state = new PiState(to, targetAddress, first.Thread!);
                    _piStates[to] = state;
                }
            }

            int moved = 0;
            while (error == Errno.None && state is not null && moved < move && queue.First is { } node)
            {
                if (node.Value.RequeueTarget != to)
                {
                    error = Errno.EINVAL;
                }
                else if (IsDeadlock(state, node.Value.Thread!))
                {
                    error = Errno.EDEADLK;
                }
                else
                {
                    Dequeue(node.Value);
                    node.Value.Key = to;
                    Append(node.Value);
                    WaitFor(state, node.Value);
                    moved++;
                }
            }

            affected += moved;
            if (state is not null)
            {
                Forget(state);
            }

            if (error != Errno.None && affected == 0)
            {
                return error;
            }
        }

        woken?.Queue.Wake(PollEvents.In);
        return Errno.None;
    }

    /// <summary>A waiter for a PI futex gives up. False when it had become the owner meanwhile, which then counts.</summary>
    public bool CancelPi(FutexWaiter waiter, out bool wasRequeued)
    {
        lock (_lock)
        {
            wasRequeued = waiter.Pi is not null;
            if (waiter.IsWoken)
            {
                return false;
            }

            if (waiter.Pi is { } state)
            {
                state.Waiters.Remove(waiter);
                waiter.Thread!.BlockedOnPi = null;
                Forget(state);
            }

            Dequeue(waiter);
            return true;
        }
    }

    /// <summary>exit_pi_state_list(): a thread ended while it owned PI futexes with waiters. The first waiter of each is the owner now.</summary>
    public void ReleaseOwned(GuestThread thread)
    {
        List<FutexWaiter> woken = [];
        lock (_lock)
        {
            if (thread.BlockedOnPi is not null)
            {
                thread.BlockedOnPi = null;
            }

            foreach (PiState state in _piStates.Values.Where(s => ReferenceEquals(s.Owner, thread)).ToArray())
            {
                FutexWaiter next = state.Waiters.First!.Value;
                Exchange(next.Thread!.Process.Memory, state.Address, _ => Waiters | OwnerDied | (uint)next.Thread.Tid);
                HandOver(state, next);
                woken.Add(next);
            }
        }

        Notify(woken);
    }

    /// <summary>futex_lock_pi_atomic(): takes a free lock for the thread; otherwise the state to wait for, with the word marked.</summary>
    private Errno AcquireOrFindOwner(GuestThread thread, AddressSpace memory, ulong address, FutexKey key, out PiState? state)
    {
        while (true)
        {
            state = null;
            if (!memory.TryRead(address, out uint value))
            {
                return Errno.EFAULT;
            }

            uint owner = value & TidMask;
            if (owner == (uint)thread.Tid)
            {
                return Errno.EDEADLK;
            }

            if (_queues.TryGetValue(key, out LinkedList<FutexWaiter>? queue))
            {
                // attach_to_pi_state(): the word must agree with what is known of its owner.
                if (queue.First!.Value.Pi is not { } known || owner != (uint)known.Owner.Tid)
                {
                    return Errno.EINVAL;
                }

                state = known;
                return Errno.None;
            }

            if (owner == 0)
            {
                Errno taken = Exchange(memory, address, value, (value & OwnerDied) | (uint)thread.Tid);
                if (taken != Errno.EAGAIN)
                {
                    return taken;
                }

                continue;
            }

            Errno marked = Exchange(memory, address, value, value | Waiters);
            if (marked == Errno.EAGAIN)
            {
                continue;
            }

            if (marked != Errno.None)
            {
                return marked;
            }

            if (thread.Process.Machine.FindThread((int)owner) is not { HasExited: false } holder)
            {
                return Errno.ESRCH;
            }

            state = new PiState(key, address, holder);
            _piStates[key] = state;
            return Errno.None;
        }
    }

    private static void WaitFor(PiState state, FutexWaiter waiter)
    {
        waiter.Pi = state;
        state.Waiters.AddLast(waiter);
        waiter.Thread!.BlockedOnPi = state;
    }

    private void HandOver(PiState state, FutexWaiter next)
    {
        state.Waiters.Remove(next);
        state.Owner = next.Thread!;
        next.Thread!.BlockedOnPi = null;
        Dequeue(next);
        next.IsWoken = true;
        Forget(state);
    }

    // Without waiters the word alone says who owns the lock.
    private void Forget(PiState state)
    {
        if (state.Waiters.Count == 0)
        {
            _piStates.Remove(state.Key);
        }
    }

    /// <summary>rt_mutex_adjust_prio_chain(): whether the owner waits, over however many locks, for the thread.</summary>
    private static bool IsDeadlock(PiState state, GuestThread thread)
    {
        for (PiState? at = state; at is not null; at = at.Owner.BlockedOnPi)
        {
            if (ReferenceEquals(at.Owner, thread))
            {
                return true;
            }
        }

        return false;
    }

    private static Errno Exchange(AddressSpace memory, ulong address, uint expected, uint value) =>
        !memory.TryCompareExchange(address, expected, value, out uint previous) ? Errno.EFAULT : previous == expected ? Errno.None : Errno.EAGAIN;

    private static Errno Exchange(AddressSpace memory, ulong address, Func<uint, uint> change)
    {
        while (memory.TryRead(address, out uint value))
        {
            Errno error = Exchange(memory, address, value, change(value));
            if (error != Errno.EAGAIN)
            {
                return error;
            }
        }

        return Errno.EFAULT;
    }
}
