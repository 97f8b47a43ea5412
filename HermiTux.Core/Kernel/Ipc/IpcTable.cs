using HermiTux.Abi;

namespace HermiTux.Kernel.Ipc;

/// <summary>The objects of one kind by identifier and by key (struct ipc_ids). An identifier is an index with a sequence number above it, so that old ones don't come back soon.</summary>
internal abstract class IpcTable
{
    public const int IndexBits = 15;
}

/// <summary>The same for one kind of object. Thread-safe.</summary>
internal sealed class IpcTable<T>(int limit) : IpcTable
    where T : IpcObject
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, T> _objects = [];
    private int _sequence;

    /// <summary>Objects in order of their index. A snapshot.</summary>
    public IReadOnlyList<T> Objects
    {
        get
        {
            lock (_lock)
            {
                return [.. _objects.Values];
            }
        }
    }

    /// <summary>The highest index in use, as *ctl(IPC_INFO) returns it; 0 for none.</summary>
    public int HighestIndex
    {
        get
        {
            lock (_lock)
            {
                return _objects.Count == 0 ? 0 : _objects.Keys.Max();
            }
        }
    }

    /// <summary>shmget(2), semget(2), msgget(2): finds or makes the object of a key.</summary>
    /// <param name="key">The key; IPC_PRIVATE always makes one.</param>
    /// <param name="flags">IPC_CREAT, IPC_EXCL and the mode.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="check">Whether an object that was found will do.</param>
    /// <param name="create">Makes one.</param>
    public Result<int> Get(int key, int flags, Credentials who, Func<T, Errno> check, Func<Result<T>> create)
    {
        lock (_lock)
        {
            T? existing = key == IpcConstants.IPC_PRIVATE ? null : _objects.Values.FirstOrDefault(o => o.Key == key);
            if (existing is not null)
            {
                Errno error = (flags & (IpcConstants.IPC_CREAT | IpcConstants.IPC_EXCL)) == (IpcConstants.IPC_CREAT | IpcConstants.IPC_EXCL) ? Errno.EEXIST
                    : check(existing) is not Errno.None and var unfit ? unfit
                    : existing.Allows(who, (uint)flags & 0x1FF) ? Errno.None
                    : Errno.EACCES;
                return error != Errno.None ? error : existing.Id;
            }

            if (key != IpcConstants.IPC_PRIVATE && (flags & IpcConstants.IPC_CREAT) == 0)
            {
                return Errno.ENOENT;
            }

            if (!create().TryGet(out T? made, out Errno failed))
            {
                return failed;
            }

            if (_objects.Count >= limit)
            {
                return Errno.ENOSPC;
            }

            int index = 0;
            while (_objects.ContainsKey(index))
            {
                index++;
            }

            made.Id = ((_sequence++ & 0x7FFF) << IndexBits) | index;
            _objects.Add(index, made);
            return made.Id;
        }
    }

    /// <summary>The object of an identifier: EINVAL when there is none, EIDRM when another took its place.</summary>
    public Result<T> Find(int id)
    {
        lock (_lock)
        {
            return id < 0 || !_objects.TryGetValue(id & ((1 << IndexBits) - 1), out T? found) ? Errno.EINVAL : found.Id == id ? found : Errno.EIDRM;
        }
    }

    /// <summary>The object at an index (*ctl(SHM_STAT) and the like).</summary>
    public Result<T> FindIndex(int index)
    {
        lock (_lock)
        {
            return index >= 0 && _objects.TryGetValue(index, out T? found) ? found : Errno.EINVAL;
        }
    }

    public void Remove(T removed)
    {
        lock (_lock)
        {
            if (Find(removed.Id) is { IsSuccess: true } found && ReferenceEquals(found.Value, removed))
            {
                _objects.Remove(removed.Id & ((1 << IndexBits) - 1));
            }
        }
    }
}
