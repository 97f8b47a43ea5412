using System.Runtime.ExceptionServices;
using HermiTux.Abi;

namespace HermiTux.Kernel;

/// <summary>The file descriptors of a process (shared by threads, CLONE_FILES). Thread-safe.</summary>
public sealed class FdTable
{
    private readonly Lock _lock = new();
    private Slot[] _slots = new Slot[16];
    private int _lowestFree;

    /// <summary>RLIMIT_NOFILE: descriptors are below it.</summary>
    public int Limit { get; set; } = 1024;

    /// <summary>Open descriptors in ascending order (/proc/self/fd).</summary>
    public int[] OpenDescriptors
    {
        get
        {
            lock (_lock)
            {
                return [.. Enumerable.Range(0, _slots.Length).Where(fd => _slots[fd].File is not null)];
            }
        }
    }

    /// <summary>The lowest free descriptor from <paramref name="minimum"/> on now refers to the file (whose reference the table takes over); EMFILE if there is none.</summary>
    /// <remarks>On failure the reference stays with the caller.</remarks>
    public Result<int> Add(OpenFile file, bool closeOnExec, int minimum = 0)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (minimum < 0 || minimum >= Limit)
        {
            return minimum < 0 ? Errno.EINVAL : minimum == 0 ? Errno.EMFILE : Errno.EINVAL;
        }

        lock (_lock)
        {
            int fd = Math.Max(minimum, _lowestFree);
            while (fd < _slots.Length && _slots[fd].File is not null)
            {
                fd++;
            }

            if (fd >= Limit)
            {
                return Errno.EMFILE;
            }

            Grow(fd);
            _slots[fd] = new Slot { File = file, CloseOnExec = closeOnExec };
            if (minimum <= _lowestFree)
            {
                _lowestFree = fd + 1;
            }

            return fd;
        }
    }

    /// <summary>The file, with a reference that the caller releases; EBADF if closed. O_PATH files included.</summary>
    public Result<OpenFile> Get(int fd)
    {
        lock (_lock)
        {
            if ((uint)fd >= (uint)_slots.Length || _slots[fd].File is not { } file)
            {
                return Errno.EBADF;
            }

            file.AddReference();
            return file;
        }
    }

    /// <summary>dup2(2)/dup3(2) onto an exact number, closing what was there. The table takes over the file's reference on success.</summary>
    public Errno Set(int fd, OpenFile file, bool closeOnExec)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (fd < 0 || fd >= Limit)
        {
            return Errno.EBADF;
        }

        OpenFile? old;
        lock (_lock)
        {
            Grow(fd);
            old = _slots[fd].File;
            _slots[fd] = new Slot { File = file, CloseOnExec = closeOnExec };
        }

        if (old is not null)
        {
            ReleaseFrom(old);
        }

        return Errno.None;
    }

    /// <summary>close(2).</summary>
    public Errno Close(int fd)
    {
        OpenFile? file;
        lock (_lock)
        {
            file = Take(fd);
        }

        if (file is null)
        {
            return Errno.EBADF;
        }

        ReleaseFrom(file);
        return Errno.None;
    }

    /// <summary>close_range(2), both ends included.</summary>
    public void CloseRange(int first, int last, bool onlyMarkCloseOnExec)
    {
        var closed = new List<OpenFile>();
        lock (_lock)
        {
            for (int fd = Math.Max(0, first); fd <= last && fd < _slots.Length; fd++)
            {
                if (onlyMarkCloseOnExec)
                {
                    _slots[fd].CloseOnExec = _slots[fd].File is not null;
                }
                else if (Take(fd) is { } file)
                {
                    closed.Add(file);
                }
            }
        }

        ReleaseAll(closed);
    }

    /// <summary>F_GETFD: whether FD_CLOEXEC is set.</summary>
    public Result<bool> GetCloseOnExec(int fd)
    {
        lock (_lock)
        {
            return (uint)fd < (uint)_slots.Length && _slots[fd].File is not null ? _slots[fd].CloseOnExec : Errno.EBADF;
        }
    }

    /// <summary>F_SETFD.</summary>
    public Errno SetCloseOnExec(int fd, bool value)
    {
        lock (_lock)
        {
            if ((uint)fd >= (uint)_slots.Length || _slots[fd].File is null)
            {
                return Errno.EBADF;
            }

            _slots[fd].CloseOnExec = value;
            return Errno.None;
        }
    }

    /// <summary>fork(2): a table of its own over the same open files.</summary>
    public FdTable Clone()
    {
        lock (_lock)
        {
            var copy = new FdTable { Limit = Limit };
            copy._slots = (Slot[])_slots.Clone();
            copy._lowestFree = _lowestFree;
            foreach (Slot slot in _slots)
            {
                slot.File?.AddReference();
            }

            return copy;
        }
    }

    /// <summary>execve(2): closes those marked close-on-exec.</summary>
    public void CloseOnExec()
    {
        var closed = new List<OpenFile>();
        lock (_lock)
        {
            for (int fd = 0; fd < _slots.Length; fd++)
            {
                if (_slots[fd].CloseOnExec && Take(fd) is { } file)
                {
                    closed.Add(file);
                }
            }
        }

        ReleaseAll(closed);
    }

    /// <summary>Exit: closes all.</summary>
    public void CloseAll() => CloseRange(0, int.MaxValue, false);

    /// <summary>Releases each, though one can't be: that failure, an embedder's, is thrown afterwards.</summary>
    private void ReleaseAll(List<OpenFile> closed)
    {
        ExceptionDispatchInfo? failure = null;
        foreach (OpenFile file in closed)
        {
            try
            {
                ReleaseFrom(file);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                failure ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        failure?.Throw();
    }

    private OpenFile? Take(int fd)
    {
        if ((uint)fd >= (uint)_slots.Length || _slots[fd].File is not { } file)
        {
            return null;
        }

        _slots[fd] = default;
        _lowestFree = Math.Min(_lowestFree, fd);
        return file;
    }

    private void Grow(int fd)
    {
        if (fd >= _slots.Length)
        {
            Array.Resize(ref _slots, Math.Max(fd + 1, Math.Min(_slots.Length * 2, Limit)));
        }
    }

    private void ReleaseFrom(OpenFile file)
    {
        // Closing any descriptor of a file drops the process's record locks on it (fcntl(2)).
        file.Inode?.LocksIfAny?.ReleaseOwner(this);
        file.Release();
    }

    private struct Slot
    {
        public OpenFile? File;
        public bool CloseOnExec;
    }
}
