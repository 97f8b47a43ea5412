namespace HermiTux.Abi;

/// <summary>Futex operations (uapi/linux/futex.h).</summary>
public static class FutexConstants
{
    /// <summary>futex(2): wait if the word has a value.</summary>
    public const int FUTEX_WAIT = 0;

    /// <summary>futex(2): wake waiters.</summary>
    public const int FUTEX_WAKE = 1;

    /// <summary>futex(2): removed.</summary>
    public const int FUTEX_FD = 2;

    /// <summary>futex(2): wake some, move others.</summary>
    public const int FUTEX_REQUEUE = 3;

    /// <summary>futex(2): FUTEX_REQUEUE if the word has a value.</summary>
    public const int FUTEX_CMP_REQUEUE = 4;

    /// <summary>futex(2): change a word, wake by its old value.</summary>
    public const int FUTEX_WAKE_OP = 5;

    /// <summary>futex(2): lock with priority inheritance.</summary>
    public const int FUTEX_LOCK_PI = 6;

    /// <summary>futex(2): unlock with priority inheritance.</summary>
    public const int FUTEX_UNLOCK_PI = 7;

    /// <summary>futex(2): try to lock with priority inheritance.</summary>
    public const int FUTEX_TRYLOCK_PI = 8;

    /// <summary>futex(2): wait with a bit set.</summary>
    public const int FUTEX_WAIT_BITSET = 9;

    /// <summary>futex(2): wake those whose bit sets intersect.</summary>
    public const int FUTEX_WAKE_BITSET = 10;

    /// <summary>futex(2): wait to be requeued to a PI futex.</summary>
    public const int FUTEX_WAIT_REQUEUE_PI = 11;

    /// <summary>futex(2): requeue to a PI futex.</summary>
    public const int FUTEX_CMP_REQUEUE_PI = 12;

    /// <summary>futex(2): FUTEX_LOCK_PI with a choice of clock.</summary>
    public const int FUTEX_LOCK_PI2 = 13;

    /// <summary>futex(2): within the process.</summary>
    public const int FUTEX_PRIVATE_FLAG = 0x80;

    /// <summary>futex(2): the time-out is CLOCK_REALTIME.</summary>
    public const int FUTEX_CLOCK_REALTIME = 0x100;

    /// <summary>Selects the operation.</summary>
    public const int FUTEX_CMD_MASK = -385;

    /// <summary>The word has waiters.</summary>
    public const int FUTEX_WAITERS = -2147483648;

    /// <summary>The owner died.</summary>
    public const int FUTEX_OWNER_DIED = 0x40000000;

    /// <summary>The owner's tid.</summary>
    public const int FUTEX_TID_MASK = 0x3FFFFFFF;

    /// <summary>Entries of a robust list that are walked.</summary>
    public const int ROBUST_LIST_LIMIT = 0x800;

    /// <summary>Every bit.</summary>
    public const int FUTEX_BITSET_MATCH_ANY = -1;

    /// <summary>FUTEX_WAKE_OP: assign.</summary>
    public const int FUTEX_OP_SET = 0;

    /// <summary>FUTEX_WAKE_OP: add.</summary>
    public const int FUTEX_OP_ADD = 1;

    /// <summary>FUTEX_WAKE_OP: or.</summary>
    public const int FUTEX_OP_OR = 2;

    /// <summary>FUTEX_WAKE_OP: and not.</summary>
    public const int FUTEX_OP_ANDN = 3;

    /// <summary>FUTEX_WAKE_OP: exclusive or.</summary>
    public const int FUTEX_OP_XOR = 4;

    /// <summary>FUTEX_WAKE_OP: the operand is a shift count.</summary>
    public const int FUTEX_OP_OPARG_SHIFT = 8;

    /// <summary>FUTEX_WAKE_OP: equal.</summary>
    public const int FUTEX_OP_CMP_EQ = 0;

    /// <summary>FUTEX_WAKE_OP: not equal.</summary>
    public const int FUTEX_OP_CMP_NE = 1;

    /// <summary>FUTEX_WAKE_OP: less.</summary>
    public const int FUTEX_OP_CMP_LT = 2;

    /// <summary>FUTEX_WAKE_OP: less or equal.</summary>
    public const int FUTEX_OP_CMP_LE = 3;

    /// <summary>FUTEX_WAKE_OP: greater.</summary>
    public const int FUTEX_OP_CMP_GT = 4;

    /// <summary>FUTEX_WAKE_OP: greater or equal.</summary>
    public const int FUTEX_OP_CMP_GE = 5;

    /// <summary>futex_waitv(2): words at most.</summary>
    public const int FUTEX_WAITV_MAX = 128;

    /// <summary>futex_waitv(2) and newer: the bits of the word's size.</summary>
    public const uint FUTEX2_SIZE_MASK = 3;

    /// <summary>32-bit words.</summary>
    public const uint FUTEX2_SIZE_U32 = 2;

    /// <summary>The word is followed by a node number.</summary>
    public const uint FUTEX2_NUMA = 4;

    /// <summary>The node comes from the memory policy.</summary>
    public const uint FUTEX2_MPOL = 8;

    /// <summary>Within the process.</summary>
    public const uint FUTEX2_PRIVATE = 0x80;
}

#pragma warning disable CS1591 // The fields are those of the C structure and are described in the man page.

/// <summary><c>struct futex_waitv</c> (uapi/linux/futex.h).</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
public struct FutexWaitv
{
    /// <summary>sizeof.</summary>
    public const int Size = 24;

    public ulong val;
    public ulong uaddr;
    public uint flags;
    public uint __reserved;
}
