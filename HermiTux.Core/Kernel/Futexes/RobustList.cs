using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.Futexes;

/// <summary>What an ending thread owes to others: the robust futexes that it holds, and the word of set_tid_address(2) (mm_release).</summary>
internal static class RobustList
{
    /// <summary>exit_robust_list(), then clear_child_tid.</summary>
    public static void Release(GuestThread thread)
    {
        AddressSpace memory = thread.Process.Memory;
        FutexTable futexes = thread.Process.Machine.Futexes;
        if (thread.RobustListHead is not 0 and var head)
        {
            thread.RobustListHead = 0;
            Walk(memory, futexes, thread, head);
        }

        futexes.ReleaseOwned(thread);
        if (thread.ClearChildTid is not 0 and var word)
        {
            thread.ClearChildTid = 0;
            // mm_release(): woken even if the word can't be written.
            memory.TryWrite(word, 0);
            WakeOne(memory, futexes, word);
        }
    }

    private static void Walk(AddressSpace memory, FutexTable futexes, GuestThread thread, ulong head)
    {
        if (!memory.TryRead(head, out RobustListHead list))
        {
            return;
        }

        // Bit 0 of a pointer marks a PI futex.
        ulong pending = list.list_op_pending;
        ulong entry = list.list;
        for (int i = 0; i < FutexConstants.ROBUST_LIST_LIMIT && (entry & ~1UL) != head; i++)
        {
            bool more = memory.TryRead(entry & ~1UL, out ulong next);
            if ((entry & ~1UL) != (pending & ~1UL) && !HandleDeath(memory, futexes, thread, (entry & ~1UL) + (ulong)list.futex_offset, isPending: false, (entry & 1) != 0))
            {
                return;
            }

            if (!more)
            {
                return;
            }

            entry = next;
        }

        if (pending != 0)
        {
            HandleDeath(memory, futexes, thread, (pending & ~1UL) + (ulong)list.futex_offset, isPending: true, (pending & 1) != 0);
        }
    }

    /// <summary>handle_futex_death(): marks the owner dead and wakes one waiter.</summary>
    private static bool HandleDeath(AddressSpace memory, FutexTable futexes, GuestThread thread, ulong address, bool isPending, bool isPi)
    {
        if ((address & 3) != 0)
        {
            return false;
        }

        while (true)
        {
            if (!memory.TryRead(address, out uint value))
            {
                return false;
            }

            uint owner = value & FutexConstants.FUTEX_TID_MASK;
            if (isPending && !isPi && owner == 0)
            {
                // The thread had released the futex and died before it could wake the next owner.
                WakeOne(memory, futexes, address);
                return true;
            }

            if (owner != (uint)thread.Tid)
            {
                return true;
            }

            uint died = (value & unchecked((uint)FutexConstants.FUTEX_WAITERS)) | FutexConstants.FUTEX_OWNER_DIED;
            if (!memory.TryCompareExchange(address, value, died, out uint previous))
            {
                return false;
            }

            if (previous == value)
            {
                if (!isPi && (value & unchecked((uint)FutexConstants.FUTEX_WAITERS)) != 0)
                {
                    WakeOne(memory, futexes, address);
                }

                return true;
            }
        }
    }

    private static void WakeOne(AddressSpace memory, FutexTable futexes, ulong address)
    {
        if (FutexTable.GetKey(memory, address, isPrivate: false, out FutexKey key) == Errno.None)
        {
            futexes.Wake(key, 1, uint.MaxValue);
        }
    }
}
