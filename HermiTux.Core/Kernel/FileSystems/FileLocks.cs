using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>A record lock as F_GETLK shows it. <paramref name="End"/> is the last byte that is locked; long.MaxValue means to infinity.</summary>
internal readonly record struct FileLockInfo(bool Exclusive, long Start, long End, int Pid);

/// <summary>
/// The locks on one file: POSIX record locks and open-file-description locks (fcntl(2)), and flock(2). A request that conflicts gives
/// EAGAIN; who wants to wait does so on <see cref="WaitQueue"/> and asks again.
/// </summary>
/// <remarks>The owner of a record lock is a process (its <see cref="FdTable"/>) or, for OFD locks, the <see cref="OpenFile"/>.</remarks>
internal sealed class FileLocks
{
    /// <summary>
    /// Most record locks on one file (ENOLCK beyond): a guest could otherwise make the list as long as the file. Locks need an open
    /// descriptor, so this and the limit on those bound what all of them take.
    /// </summary>
    private const int MaxLocks = 4096;

    private readonly Lock _lock = new();
    private readonly List<RecordLock> _records = [];
    private readonly Dictionary<OpenFile, bool> _whole = [];

    /// <summary>Woken when a lock goes away.</summary>
    public WaitQueue WaitQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    /// <summary>F_SETLK, F_OFD_SETLK: EAGAIN when another's lock is in the way. <paramref name="last"/> is the last byte, included.</summary>
    public Errno Set(object owner, bool exclusive, long start, long last, int pid)
    {
        lock (_lock)
        {
            if (FindConflict(owner, exclusive, start, last) is not null)
            {
                return Errno.EAGAIN;
            }

            if (_records.Count >= MaxLocks)
            {
                return Errno.ENOLCK;
            }

            Cut(owner, start, last);
            Insert(new RecordLock(owner, exclusive, start, last, pid));
        }

        WaitQueue.Wake(PollEvents.In);
        return Errno.None;
    }

    /// <summary>F_UNLCK.</summary>
    public void Unlock(object owner, long start, long last)
    {
        lock (_lock)
        {
            Cut(owner, start, last);
        }

        WaitQueue.Wake(PollEvents.In);
    }

    /// <summary>F_GETLK: a lock that is in the way, or null.</summary>
    public FileLockInfo? Test(object owner, bool exclusive, long start, long last)
    {
        lock (_lock)
        {
            return FindConflict(owner, exclusive, start, last) is { } found
                ? new FileLockInfo(found.Exclusive, found.Start, found.Last, found.Owner is OpenFile ? -1 : found.Pid) : null;
        }
    }

    /// <summary>flock(2), without waiting: EAGAIN (EWOULDBLOCK) when another description's lock is in the way.</summary>
    public Errno SetWhole(OpenFile file, bool exclusive)
    {
        lock (_lock)
        {
            foreach ((OpenFile holder, bool held) in _whole)
            {
                if (!ReferenceEquals(holder, file) && (exclusive || held))
                {
                    return Errno.EAGAIN;
                }
            }

            _whole[file] = exclusive;
        }

        WaitQueue.Wake(PollEvents.In);
        return Errno.None;
    }

    /// <summary>LOCK_UN.</summary>
    public void UnlockWhole(OpenFile file)
    {
        bool removed;
        lock (_lock)
        {
            removed = _whole.Remove(file);
        }

        if (removed)
        {
            WaitQueue.Wake(PollEvents.In);
        }
    }

    /// <summary>A process closes a descriptor of the file, or an open file goes: its locks go.</summary>
    public void ReleaseOwner(object owner)
    {
        bool removed;
        lock (_lock)
        {
            removed = _records.RemoveAll(r => ReferenceEquals(r.Owner, owner)) > 0;
            removed |= owner is OpenFile file && _whole.Remove(file);
        }

        if (removed)
        {
            WaitQueue.Wake(PollEvents.In);
        }
    }

    private RecordLock? FindConflict(object owner, bool exclusive, long start, long last) =>
        _records.Find(r => !ReferenceEquals(r.Owner, owner) && r.Start <= last && start <= r.Last && (exclusive || r.Exclusive));

    /// <summary>Removes a range from the owner's locks, splitting what reaches beyond it.</summary>
    private void Cut(object owner, long start, long last)
    {
        for (int i = _records.Count - 1; i >= 0; i--)
        {
            RecordLock held = _records[i];
            if (!ReferenceEquals(held.Owner, owner) || held.Start > last || held.Last < start)
            {
                continue;
            }

            _records.RemoveAt(i);
            if (held.Start < start)
            {
                _records.Add(held with { Last = start - 1 });
            }

            if (held.Last > last)
            {
                _records.Add(held with { Start = last + 1 });
            }
        }
    }

    /// <summary>Adds a lock, joined with neighbours of the same kind.</summary>
    private void Insert(RecordLock added)
    {
        for (int i = _records.Count - 1; i >= 0; i--)
        {
            RecordLock held = _records[i];
            bool touches = (held.Last != long.MaxValue && held.Last + 1 == added.Start) || (added.Last != long.MaxValue && added.Last + 1 == held.Start);
            if (touches && ReferenceEquals(held.Owner, added.Owner) && held.Exclusive == added.Exclusive)
            {
                added = added with { Start = Math.Min(held.Start, added.Start), Last = Math.Max(held.Last, added.Last) };
                _records.RemoveAt(i);
            }
        }

        _records.Add(added);
    }

    private sealed record RecordLock(object Owner, bool Exclusive, long Start, long Last, int Pid);
}
