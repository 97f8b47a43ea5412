namespace HermiTux.Kernel.Futexes;

/// <summary>
/// A PI futex that somebody waits for (struct futex_pi_state): who owns it. It exists as long as it has waiters, and changes under the
/// table's lock only.
/// </summary>
internal sealed class PiState(FutexKey key, ulong address, GuestThread owner)
{
    public FutexKey Key { get; } = key;

    /// <summary>Where the word is in guest memory.</summary>
    public ulong Address { get; } = address;

    public GuestThread Owner { get; set; } = owner;

    /// <summary>First come, first served: scheduling priorities have no effect on guest threads.</summary>
    public LinkedList<FutexWaiter> Waiters { get; } = new();
}
