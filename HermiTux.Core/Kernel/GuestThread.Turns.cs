using HermiTux.Kernel.Scheduling;

namespace HermiTux.Kernel;

/// <content>
/// Turns: while a worker has the thread in hand, whoever ends the wait of its call only leaves the rest of the call for afterwards. So no two workers are ever
/// in the middle of one call, and everything that waits for the call has said so before it can be done: what is said too late, .NET hands to its thread pool,
/// which may be busy with anything.
/// </content>
public sealed unsafe partial class GuestThread
{
    private readonly Lock _turnLock = new();
    private int _turns;
    private WorkItem? _held;

    /// <summary>
    /// Whether a worker has the thread in hand. Who sees that none has, after having detached it, knows that no call of the kernel layer's touches guest
    /// memory for it again.
    /// </summary>
    internal bool IsInHand
    {
        get
        {
            lock (_turnLock)
            {
                return _turns > 0;
            }
        }
    }

    /// <summary>A worker takes the thread in hand. The one before may still be about to let go.</summary>
    internal void BeginTurn()
    {
        lock (_turnLock)
        {
            _turns++;
        }
    }

    /// <summary>A worker lets go of the thread: the last thing that it does with it.</summary>
    internal void EndTurn()
    {
        WorkItem? held;
        lock (_turnLock)
        {
            if (--_turns > 0)
            {
                return;
            }

            held = _held;
            _held = null;
        }

        if (held is { } item)
        {
            Scheduler.Enqueue(item);
        }
    }

    /// <summary>Has a worker go on with the thread's call, whose wait is over. Any thread, also with locks held.</summary>
    internal void Resume(Action<object?> continuation, object? state)
    {
        var item = new WorkItem(this, continuation, state);
        lock (_turnLock)
        {
            if (_turns > 0)
            {
                _held = item;
                return;
            }
        }

        Scheduler.Enqueue(item);
    }
}
