namespace HermiTux.Kernel;

/// <summary>Hears that something may have become ready. Called without locks held by the queue, on any thread; must be quick and not block.</summary>
public interface IWaiter
{
    /// <summary>Readiness changed; the waiter checks again for itself.</summary>
    void Wake(PollEvents events);
}

/// <summary>
/// Linux's wait queue: those who wait for something to change register, whoever changes it wakes them. A wake says "look
/// again", never "it is yours", so a waiter registers first, then checks, then waits; that way no wake is lost.
/// </summary>
public sealed class WaitQueue
{
    private readonly Lock _lock = new();
    private readonly List<IWaiter> _waiters = [];

    /// <summary>For <see cref="GuestOnly"/> of queues that nothing but guest threads ever wake: pipes, futexes, eventfds.</summary>
    internal static readonly Func<bool> ByGuestsOnly = static () => true;

    /// <summary>Asks whether only guest threads can wake this queue. Null: the host or the embedder may.</summary>
    internal Func<bool>? GuestOnly { get; init; }

    /// <summary>Whether only guest threads can wake it, so that a machine whose threads all wait on such queues waits for ever.</summary>
    internal bool IsGuestOnly => GuestOnly?.Invoke() ?? false;

    /// <summary>Whether anybody waits.</summary>
    public bool HasWaiters
    {
        get
        {
            lock (_lock)
            {
                return _waiters.Count > 0;
            }
        }
    }

    /// <summary>Adds a waiter (once for each call).</summary>
    public void Register(IWaiter waiter)
    {
        lock (_lock)
        {
            _waiters.Add(waiter);
        }
    }

    /// <summary>Removes one registration; nothing happens if there is none.</summary>
    public void Unregister(IWaiter waiter)
    {
        lock (_lock)
        {
            _waiters.Remove(waiter);
        }
    }

    /// <summary>Wakes everyone who waits now.</summary>
    public void Wake(PollEvents events)
    {
        // One waiter is the usual case, and costs no copy of the list.
        IWaiter[] waiters = [];
        IWaiter? only = null;
        lock (_lock)
        {
            switch (_waiters.Count)
            {
                case 0:
                    return;
                case 1:
                    only = _waiters[0];
                    break;
                default:
                    waiters = [.. _waiters];
                    break;
            }
        }

        only?.Wake(events);
        foreach (IWaiter waiter in waiters)
        {
            waiter.Wake(events);
        }
    }
}
