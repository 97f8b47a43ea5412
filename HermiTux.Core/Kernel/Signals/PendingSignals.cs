using HermiTux.Abi;

namespace HermiTux.Kernel.Signals;

/// <summary>
/// Signals that were sent and not yet delivered, of a thread or shared by a process (struct sigpending). A standard signal is
/// there once at most, real-time signals queue in order. Guarded by <see cref="Process.SignalLock"/>.
/// </summary>
internal sealed class PendingSignals
{
    private readonly List<SigInfo> _queue = [];

    /// <summary>Which signals are pending.</summary>
    public ulong Set { get; private set; }

    /// <summary>How many are queued (RLIMIT_SIGPENDING counts them).</summary>
    public int Count => _queue.Count;

    /// <summary>Adds a signal. Without room for its details only the fact that it is pending is kept.</summary>
    /// <returns>False when it was dropped: a standard signal that is pending already.</returns>
    public bool Add(in SigInfo info, bool hasRoom = true)
    {
        ulong bit = SignalSet.Of(info.Signo);
        if (info.Signo < (int)Signal.SIGRTMIN && (Set & bit) != 0)
        {
            return false;
        }

        Set |= bit;
        if (hasRoom)
        {
            _queue.Add(info);
        }

        return true;
    }

    /// <summary>Takes the first signal of those in <paramref name="wanted"/>: synchronous ones first, then by number.</summary>
    public bool TryTake(ulong wanted, out SigInfo info)
    {
        ulong candidates = Set & wanted;
        if (candidates == 0)
        {
            info = default;
            return false;
        }

        ulong synchronous = candidates & SignalSet.Synchronous;
        int signal = SignalSet.Lowest(synchronous != 0 ? synchronous : candidates);
        int index = _queue.FindIndex(i => i.Signo == signal);
        if (index < 0)
        {
            // collect_signal(): the details had no room.
            info = new SigInfo { Signo = signal, Code = SignalConstants.SI_USER };
            Set &= ~SignalSet.Of(signal);
            return true;
        }

        info = _queue[index];
        _queue.RemoveAt(index);
        if (signal < (int)Signal.SIGRTMIN || !_queue.Exists(i => i.Signo == signal))
        {
            Set &= ~SignalSet.Of(signal);
        }

        return true;
    }

    /// <summary>Drops every signal in the set.</summary>
    public void Remove(ulong set)
    {
        if ((Set & set) != 0)
        {
            Set &= ~set;
            _queue.RemoveAll(i => SignalSet.Contains(set, i.Signo));
        }
    }

    /// <summary>A queued signal of a POSIX timer, so that expirations while it is pending count as overruns instead.</summary>
    public bool HasTimer(int signal, int timerId) =>
        SignalSet.Contains(Set, signal) && _queue.Exists(i => i.Signo == signal && i.Code == SignalConstants.SI_TIMER && i.TimerId == timerId);
}
