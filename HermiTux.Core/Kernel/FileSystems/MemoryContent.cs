using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// The bytes of a memory file: a sparse array of page frames, which mappings share. A page that is not there reads as zero; reading
/// makes none, a mapping or a write does.
/// </summary>
internal sealed unsafe class MemoryContent : IMemoryObject
{
    /// <summary>As the position of a write: at the end (O_APPEND).</summary>
    public const long AtEnd = -1;

    /// <summary>MAX_LFS_FILESIZE.</summary>
    private const long MaxLength = long.MaxValue - Page.Size;

    private readonly MemoryFile _file;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, long> _pages = [];
    private long _length;

    public MemoryContent(MemoryFile file)
    {
        _file = file;
    }

    public long Length => Volatile.Read(ref _length);

    public long PageCount => _pages.Count;

    /// <summary>F_SEAL_*.</summary>
    public int Seals { get; private set; } = Fcntl.F_SEAL_SEAL;

    /// <summary>Lets seals be added (memfd_create(2) MFD_ALLOW_SEALING).</summary>
    public bool AllowsSealing
    {
        set => Seals = value ? 0 : Fcntl.F_SEAL_SEAL;
    }

    /// <summary>How many shared mappings there are that the guest could write through; F_SEAL_WRITE is refused meanwhile.</summary>
    public int MappingCount { get; private set; }

    public MemoryObjectName Name => new(_file.PathName, _file.Device, _file.Number);

    private FrameTable Frames => _file.Owner.Frames;

    public int Read(Span<byte> buffer, long position)
    {
        lock (_lock)
        {
            int total = (int)Math.Max(0, Math.Min(buffer.Length, _length - position));
            for (int done = 0; done < total;)
            {
                long at = position + done;
                int offset = (int)(at & (Page.Size - 1));
                int count = Math.Min(total - done, Page.Size - offset);
                Span<byte> part = buffer.Slice(done, count);
                if (_pages.TryGetValue(at >> Page.Shift, out long frame))
                {
                    // SAFETY: the frame belongs to this file while the lock is held, and offset + count is within it.
                    new ReadOnlySpan<byte>(Frames.PointerTo(frame) + offset, count).CopyTo(part);
                }
                else
                {
                    part.Clear();
                }

                done += count;
            }

            return total;
        }
    }

    public Result<int> Write(ReadOnlySpan<byte> buffer, long position, bool force = false)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int done = 0;
        lock (_lock)
        {
            position = position == AtEnd ? _length : position;
            if ((Seals & (Fcntl.F_SEAL_WRITE | Fcntl.F_SEAL_FUTURE_WRITE)) != 0)
            {
                return Errno.EPERM;
            }

            if (position >= MaxLength)
            {
                return Errno.EFBIG;
            }

            int total = (int)Math.Min(buffer.Length, MaxLength - position);
            if ((Seals & Fcntl.F_SEAL_GROW) != 0 && position + total > _length)
            {
                // shmem_write_begin() refuses page by page: the page that would grow the file is not written at all.
                long allowed = (_length & ~(long)(Page.Size - 1)) - position;
                if (allowed <= 0)
                {
                    return Errno.EPERM;
                }

                total = (int)allowed;
            }

            while (done < total)
            {
                long at = position + done;
                int offset = (int)(at & (Page.Size - 1));
                int count = Math.Min(total - done, Page.Size - offset);
                long frame = GetOrAdd(at >> Page.Shift, force);
                if (frame < 0)
                {
                    break;
                }

                Frames.BeforeWrite(frame);

                // SAFETY: as in Read.
                buffer.Slice(done, count).CopyTo(new Span<byte>(Frames.PointerTo(frame) + offset, count));
                done += count;
            }

            if (done > 0 && position + done > _length)
            {
                Volatile.Write(ref _length, position + done);
            }
        }

        if (done == 0)
        {
            return Errno.ENOSPC;
        }

        _file.ModificationTime = _file.ChangeTime = _file.Owner.Now;
        return done;
    }

    public Errno Truncate(long length)
    {
        if (length > MaxLength)
        {
            return Errno.EFBIG;
        }

        lock (_lock)
        {
            if ((length < _length && (Seals & Fcntl.F_SEAL_SHRINK) != 0) || (length > _length && (Seals & Fcntl.F_SEAL_GROW) != 0))
            {
                return Errno.EPERM;
            }

            long old = _length;
            Volatile.Write(ref _length, length);
            if (length < old)
            {
                Clear(length, old);
            }

            if (length >= old || MappingCount == 0)
            {
                return Errno.None;
            }
        }

        // Mappings lose the pages past the new end; whoever touches one from now on gets SIGBUS.
        Frames.Truncated(this, (length + Page.Size - 1) >> Page.Shift);
        return Errno.None;
    }

    /// <summary>fallocate(2): allocation, FALLOC_FL_KEEP_SIZE, PUNCH_HOLE and ZERO_RANGE.</summary>
    public Errno Allocate(int mode, long offset, long length)
    {
        const int Known = Fcntl.FALLOC_FL_KEEP_SIZE | Fcntl.FALLOC_FL_PUNCH_HOLE;
        if (offset < 0 || length <= 0)
        {
            return Errno.EINVAL;
        }

        if ((mode & ~Known) != 0 || mode == Fcntl.FALLOC_FL_PUNCH_HOLE)
        {
            return Errno.EOPNOTSUPP;
        }

        if (offset > MaxLength - length)
        {
            return Errno.EFBIG;
        }

        long end = offset + length;
        lock (_lock)
        {
            if ((mode & Fcntl.FALLOC_FL_PUNCH_HOLE) != 0)
            {
                if ((Seals & (Fcntl.F_SEAL_WRITE | Fcntl.F_SEAL_FUTURE_WRITE)) != 0)
                {
                    return Errno.EPERM;
                }

                Clear(offset, Math.Min(end, (_length + Page.Size - 1) & ~(Page.Size - 1L)));
                if (MappingCount == 0)
                {
                    return Errno.None;
                }
            }
            else if (AllocateLocked(mode, offset, end) is var error)
            {
                return error;
            }
        }

        Frames.Punched(this, (offset + Page.Size - 1) >> Page.Shift, end >> Page.Shift);
        return Errno.None;
    }

    /// <summary>The first byte from <paramref name="offset"/> on that is data, or in a hole; -1 or the length if there is none.</summary>
    public long Find(long offset, bool data)
    {
        lock (_lock)
        {
            long page = offset >> Page.Shift;
            if (_pages.ContainsKey(page) == data)
            {
                return offset;
            }

            if (data)
            {
                long next = long.MaxValue;
                foreach (long candidate in _pages.Keys)
                {
                    next = candidate > page && candidate < next ? candidate : next;
                }

                return next == long.MaxValue || next << Page.Shift >= _length ? -1 : next << Page.Shift;
            }

            while (_pages.ContainsKey(page))
            {
                page++;
            }

            return Math.Min(page << Page.Shift, _length);
        }
    }

    /// <summary>fcntl(2) F_ADD_SEALS.</summary>
    public Errno AddSeals(int seals)
    {
        const int Known = Fcntl.F_SEAL_SEAL | Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_WRITE | Fcntl.F_SEAL_FUTURE_WRITE | Fcntl.F_SEAL_EXEC;
        lock (_lock)
        {
            if ((seals & ~Known) != 0)
            {
                return Errno.EINVAL;
            }

            if ((Seals & Fcntl.F_SEAL_SEAL) != 0)
            {
                return Errno.EPERM;
            }

            if ((seals & Fcntl.F_SEAL_WRITE) != 0 && MappingCount > 0)
            {
                return Errno.EBUSY;
            }

            Seals |= seals;
            return Errno.None;
        }
    }

    /// <summary>Frees everything: the file is gone.</summary>
    public void Release()
    {
        lock (_lock)
        {
            foreach (long frame in _pages.Values)
            {
                Frames.ReleaseReference(frame);
            }

            _file.Owner.ReturnPages(_pages.Count);
            _pages.Clear();
        }
    }

    public Errno GetPage(FrameTable frames, long pageIndex, out long frame)
    {
        lock (_lock)
        {
            frame = -1;
            if (pageIndex < 0 || pageIndex > (_length - 1) >> Page.Shift)
            {
                return Errno.EIO;
            }

            frame = GetOrAdd(pageIndex);
            if (frame < 0)
            {
                // A full file system is the guest's own affair: SIGBUS (tmpfs(5)).
                return Frames.LimitReached ? Errno.ENOMEM : Errno.EIO;
            }

            frames.AddReference(frame);
            return Errno.None;
        }
    }

    public int ReadPage(long pageIndex, Span<byte> destination) => pageIndex < 0 ? 0 : Read(destination, pageIndex << Page.Shift);

    public Errno WriteBack(FrameTable frames, long firstPage, long count) => Errno.None;

    public void Mapped()
    {
        _file.AddUser();
        lock (_lock)
        {
            MappingCount++;
        }
    }

    public void Unmapped()
    {
        lock (_lock)
        {
            MappingCount--;
        }

        _file.RemoveUser();
    }

    private Errno AllocateLocked(int mode, long offset, long end)
    {
        if (end > _length && (Seals & Fcntl.F_SEAL_GROW) != 0)
        {
            return Errno.EPERM;
        }

        long first = offset >> Page.Shift;
        long last = (end - 1) >> Page.Shift;
        if (last - first + 1 - CountPages(first, last) > _file.Owner.FreePages)
        {
            return Errno.ENOSPC;
        }

        for (long page = first; page <= last; page++)
        {
            if (GetOrAdd(page) < 0)
            {
                return Errno.ENOSPC;
            }
        }

        if ((mode & Fcntl.FALLOC_FL_KEEP_SIZE) == 0 && end > _length)
        {
            Volatile.Write(ref _length, end);
        }

        return Errno.None;
    }

    private long GetOrAdd(long page, bool force = false)
    {
        if (_pages.TryGetValue(page, out long frame))
        {
            return frame;
        }

        if (!_file.Owner.TryTakePage(force))
        {
            return -1;
        }

        frame = Frames.Allocate();
        if (frame >= 0)
        {
            _pages.Add(page, frame);
        }
        else
        {
            _file.Owner.ReturnPages(1);
        }

        return frame;
    }

    private long CountPages(long first, long last)
    {
        if (_pages.Count == 0)
        {
            return 0;
        }

        return last - first < _pages.Count ? CountRange(first, last) : _pages.Keys.LongCount(p => p >= first && p <= last);
    }

    private long CountRange(long first, long last)
    {
        long count = 0;
        for (long page = first; page <= last; page++)
        {
            count += _pages.ContainsKey(page) ? 1 : 0;
        }

        return count;
    }

    /// <summary>Zeroes a range, giving whole pages back.</summary>
    private void Clear(long start, long end)
    {
        if (start >= end)
        {
            return;
        }

        ZeroPart(start, Math.Min(end, (start + Page.Size - 1) & ~(Page.Size - 1L)));
        long first = (start + Page.Size - 1) >> Page.Shift;
        long last = end >> Page.Shift;
        bool toTheEnd = end >= _length;
        if (!toTheEnd && last >= first)
        {
            ZeroPart(last << Page.Shift, end);
        }

        foreach (long page in _pages.Keys.Where(p => p >= first && (toTheEnd || p < last)).ToArray())
        {
            Frames.ReleaseReference(_pages[page]);
            _pages.Remove(page);
            _file.Owner.ReturnPages(1);
        }
    }

    private void ZeroPart(long start, long end)
    {
        if (start < end && _pages.TryGetValue(start >> Page.Shift, out long frame))
        {
            Frames.BeforeWrite(frame);

            // SAFETY: start and end lie within one page of a frame that this file holds.
            new Span<byte>(Frames.PointerTo(frame) + (start & (Page.Size - 1)), (int)(end - start)).Clear();
        }
    }
}
