using System.Diagnostics.CodeAnalysis;
using HermiTux.Abi;

namespace HermiTux.Memory;

/// <remarks>madvise(2), mincore(2), msync(2), mlock(2) and prctl(PR_SET_VMA).</remarks>
public sealed unsafe partial class AddressSpace
{
    private const int MADV_WILLNEED = 3;
    private const int MADV_DONTNEED = 4;
    private const int MADV_FREE = 8;
    private const int MADV_REMOVE = 9;
    private const int MADV_DONTFORK = 10;
    private const int MADV_DOFORK = 11;
    private const int MADV_NOHUGEPAGE = 15;
    private const int MADV_DONTDUMP = 16;
    private const int MADV_DODUMP = 17;
    private const int MADV_WIPEONFORK = 18;
    private const int MADV_KEEPONFORK = 19;
    private const int MADV_PAGEOUT = 21;
    private const int MADV_POPULATE_READ = 22;
    private const int MADV_POPULATE_WRITE = 23;
    private const int MADV_DONTNEED_LOCKED = 24;
    private const int MADV_COLLAPSE = 25;
    private const int MS_ASYNC = 1;
    private const int MS_INVALIDATE = 2;
    private const int MS_SYNC = 4;

    private bool _lockFuture;

    /// <summary>madvise(2). <paramref name="advice"/> is MADV_*.</summary>
    public Errno Advise(ulong address, ulong length, int advice)
    {
        if (advice < 0 || advice > MADV_COLLAPSE || (advice > MADV_WILLNEED + 1 && advice < MADV_FREE) || !Page.IsAligned(address))
        {
            return Errno.EINVAL;
        }

        ulong end = address + Page.Ceiling(length);
        if ((length != 0 && Page.Ceiling(length) == 0) || end < address)
        {
            return Errno.EINVAL;
        }

        if (end == address)
        {
            return Errno.None;
        }

        lock (_lock)
        {
            if (advice is MADV_POPULATE_READ or MADV_POPULATE_WRITE)
            {
                return Populate(address, end, advice == MADV_POPULATE_WRITE ? MemoryAccess.Write : MemoryAccess.Read);
            }

            // Holes don't stop it, but they are reported at the end.
            bool hole = false;
            while (address < end && !IsEnding)
            {
                if (!NextPart(ref address, end, ref hole, out Vma? vma, out ulong part))
                {
                    return Errno.ENOMEM;
                }

                Errno error = AdviseOne(vma, address, part, advice);
                if (error != Errno.None)
                {
                    return error;
                }

                address = part;
            }

            return hole ? Errno.ENOMEM : Errno.None;
        }
    }

    /// <summary>mincore(2): one byte a page, bit 0 set when resident.</summary>
    public Errno Resident(ulong address, ulong length, Span<byte> pages)
    {
        if (!Page.IsAligned(address))
        {
            return Errno.EINVAL;
        }

        ulong count = Page.Ceiling(length) >> Page.Shift;
        if (address > Page.UserEnd || length > Page.UserEnd - address || count > (ulong)pages.Length)
        {
            return Errno.ENOMEM;
        }

        lock (_lock)
        {
            for (ulong i = 0; i < count && !IsEnding; i++)
            {
                ulong page = address + (i << Page.Shift);
                if (_vmas.Find(page) == null)
                {
                    return Errno.ENOMEM;
                }

                ulong entry = _pages.Read(page);
                pages[(int)i] = entry != 0 && ((entry & PageEntry.Ahead) == 0 || IsUsed(PageEntry.Frame(entry))) ? (byte)1 : (byte)0;
            }

            return Errno.None;
        }
    }

    /// <summary>msync(2).</summary>
    public Errno Sync(ulong address, ulong length, int flags)
    {
        if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 || (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC)
            || !Page.IsAligned(address))
        {
            return Errno.EINVAL;
        }

        ulong end = address + Page.Ceiling(length);
        if (end < address)
        {
            return Errno.ENOMEM;
        }

        lock (_lock)
        {
            bool hole = false;
            while (address < end && !IsEnding)
            {
                if (!NextPart(ref address, end, ref hole, out Vma? vma, out ulong part))
                {
                    return Errno.ENOMEM;
                }

                if ((flags & MS_INVALIDATE) != 0 && vma.IsLocked)
                {
                    return Errno.EBUSY;
                }

                Errno error = WriteBack(vma, address, part);
                if (error != Errno.None)
                {
                    return error;
                }

                address = part;
            }

            return hole ? Errno.ENOMEM : Errno.None;
        }
    }

    /// <summary>mlock(2), mlock2(2), munlock(2): locked pages are there and refuse MADV_DONTNEED. ENOMEM for holes.</summary>
    /// <param name="address">Start; rounded down to a page.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="locked">Lock or unlock.</param>
    /// <param name="onFault">MLOCK_ONFAULT: don't bring pages in.</param>
    public Errno SetLocked(ulong address, ulong length, bool locked, bool onFault = false)
    {
        ulong start = Page.Floor(address);
        ulong end = start + Page.Ceiling(length + (address & Page.OffsetMask));
        if (end < start)
        {
            return Errno.EINVAL;
        }

        if (end == start)
        {
            return Errno.None;
        }

        lock (_lock)
        {
            ulong covered = start;
            while (covered < end && !IsEnding)
            {
                if (_vmas.Find(covered) is not { } vma)
                {
                    return Errno.ENOMEM;
                }

                ulong part = Math.Min(vma.End, end);
                Errno error = ChangeFlags(covered, part, locked ? VmaFlags.Locked : 0, locked ? 0 : VmaFlags.Locked);
                if (error != Errno.None)
                {
                    return error;
                }

                covered = part;
            }

            // Pages that can't be brought in (PROT_NONE, past the end of the file) are ENOMEM from mlock(2).
            return locked && !onFault && PopulateRange(start, end, MemoryAccess.Read) != MemoryFaultKind.None ? Errno.ENOMEM : Errno.None;
        }
    }

    /// <summary>mlockall(2) and munlockall(2).</summary>
    /// <param name="current">Lock (or unlock) what is mapped now.</param>
    /// <param name="future">Lock what will be mapped.</param>
    /// <param name="onFault">MCL_ONFAULT: don't bring pages in.</param>
    public void SetAllLocked(bool current, bool future, bool onFault = false)
    {
        lock (_lock)
        {
            _lockFuture = future && !onFault;
            for (int i = 0; i < _vmas.Count && (current || !future) && !IsEnding; i++)
            {
                Vma vma = _vmas[i];
                vma.Flags = current ? vma.Flags | VmaFlags.Locked : vma.Flags & ~VmaFlags.Locked;
                if (current && !onFault)
                {
                    _ = PopulateRange(vma.Start, vma.End, MemoryAccess.Read);
                }
            }
        }
    }

    /// <summary>prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME): names anonymous memory, null removes the name. EBADF for file mappings, ENOMEM for holes.</summary>
    public Errno SetName(ulong address, ulong length, string? name)
    {
        ulong end = address + Page.Ceiling(length);
        if (!Page.IsAligned(address) || (length != 0 && Page.Ceiling(length) == 0) || end < address)
        {
            return Errno.EINVAL;
        }

        string? shown = name == null ? null : $"[anon:{name}]";
        lock (_lock)
        {
            bool hole = false;
            while (address < end && !IsEnding)
            {
                if (!NextPart(ref address, end, ref hole, out Vma? vma, out ulong part))
                {
                    return Errno.ENOMEM;
                }

                if (vma.Backing is not (null or SharedAnonymousMemory))
                {
                    return Errno.EBADF;
                }

                if (_vmas.Count + _vmas.SplitsNeeded(address, part) > MaxMapCount)
                {
                    return Errno.ENOMEM;
                }

                int index = _vmas.SplitAt(address);
                _vmas.SplitAt(part);
                _vmas[index].Name = shown;
                _vmas.Merge(index, index);
                address = part;
            }

            return hole ? Errno.ENOMEM : Errno.None;
        }
    }

    /// <summary>
    /// Whether the guest has used a page that it didn't ask for: the host has memory for it, and something is in it, for it may be memory that
    /// was in use before and was cleared.
    /// </summary>
    private bool IsUsed(long frame) =>
        Frames.Store.IsTouched(frame) &&

        // SAFETY: a whole frame of a page that is mapped; the lock is held.
        new ReadOnlySpan<byte>(Frames.PointerTo(frame), Page.Size).ContainsAnyExcept((byte)0);

    /// <summary>
    /// The next mapping in a range, for calls that go on past holes and report them at the end: <paramref name="address"/> moves up to where
    /// it begins. False when nothing more is mapped below the end.
    /// </summary>
    private bool NextPart(ref ulong address, ulong end, ref bool hole, [NotNullWhen(true)] out Vma? vma, out ulong partEnd)
    {
        int index = _vmas.IndexAbove(address);
        if (index == _vmas.Count || _vmas[index].Start >= end)
        {
            (vma, partEnd) = (null, end);
            return false;
        }

        vma = _vmas[index];
        hole |= vma.Start > address;
        address = Math.Max(vma.Start, address);
        partEnd = Math.Min(vma.End, end);
        return true;
    }

    private Errno AdviseOne(Vma vma, ulong start, ulong end, int advice)
    {
        switch (advice)
        {
            case MADV_DONTNEED when vma.IsLocked:
                return Errno.EINVAL;
            case MADV_DONTNEED or MADV_DONTNEED_LOCKED:
                DropPages(start, end);
                return Errno.None;
            case MADV_FREE:
                // The pages may go at any time after the call; they go now.
                if (vma.Backing != null || vma.IsLocked)
                {
                    return vma.Backing != null ? Errno.EINVAL : Errno.None;
                }

                DropPages(start, end);
                return Errno.None;
            case MADV_REMOVE:
                return Remove(vma, start, end);
            case MADV_PAGEOUT or MADV_PAGEOUT - 1:
                return vma.IsLocked ? Errno.EINVAL : Errno.None;
            case MADV_DONTFORK:
                return ChangeFlags(start, end, VmaFlags.DontFork, 0);
            case MADV_DOFORK:
                return ChangeFlags(start, end, 0, VmaFlags.DontFork);
            case MADV_DONTDUMP:
                return ChangeFlags(start, end, VmaFlags.DontDump, 0);
            case MADV_DODUMP:
                return ChangeFlags(start, end, 0, VmaFlags.DontDump);
            case MADV_WIPEONFORK:
                return vma.Backing != null ? Errno.EINVAL : ChangeFlags(start, end, VmaFlags.WipeOnFork, 0);
            case MADV_KEEPONFORK:
                return ChangeFlags(start, end, 0, VmaFlags.WipeOnFork);
            default:
                // Access patterns, read-ahead, merging and huge pages: hints that ask for nothing here.
                return Errno.None;
        }
    }

    private Errno Remove(Vma vma, ulong start, ulong end)
    {
        if (vma.IsLocked || vma.Backing == null || !vma.IsShared)
        {
            return Errno.EINVAL;
        }

        if ((vma.Protection & MemoryProtection.Write) == 0)
        {
            return Errno.EACCES;
        }

        if (vma.Backing is not SharedAnonymousMemory memory)
        {
            return Errno.EOPNOTSUPP;
        }

        long first = vma.PageIndex(start);
        long count = (long)((end - start) >> Page.Shift);
        for (int i = 0; i < _vmas.Count; i++)
        {
            // Other mappings of the same memory must not keep showing the old pages.
            Vma other = _vmas[i];
            if (ReferenceEquals(other.Backing, memory))
            {
                long from = Math.Max(first, other.PageIndex(other.Start));
                long to = Math.Min(first + count, other.PageIndex(other.End));
                if (from < to)
                {
                    ulong origin = other.Start - other.Offset;
                    DropPages(origin + ((ulong)from << Page.Shift), origin + ((ulong)to << Page.Shift));
                }
            }
        }

        memory.Punch(first, count);
        return Errno.None;
    }

    private Errno ChangeFlags(ulong start, ulong end, VmaFlags set, VmaFlags clear)
    {
        if (_vmas.Count + _vmas.SplitsNeeded(start, end) > MaxMapCount)
        {
            return Errno.ENOMEM;
        }

        int index = _vmas.SplitAt(start);
        _vmas.SplitAt(end);
        Vma vma = _vmas[index];
        vma.Flags = (vma.Flags | set) & ~clear;
        _vmas.Merge(index, index);
        return Errno.None;
    }

    /// <summary>MADV_POPULATE_*: like <see cref="PopulateRange"/>, with madvise(2)'s errors.</summary>
    private Errno Populate(ulong start, ulong end, MemoryAccess access) => PopulateRange(start, end, access) switch
    {
        MemoryFaultKind.None => Errno.None,
        MemoryFaultKind.NotMapped or MemoryFaultKind.LimitReached => Errno.ENOMEM,
        MemoryFaultKind.Protection => Errno.EINVAL,
        _ => Errno.EFAULT,
    };

    /// <summary>Brings the pages of a range in until one can't be had. The lock is held.</summary>
    private MemoryFaultKind PopulateRange(ulong start, ulong end, MemoryAccess access)
    {
        for (ulong address = start; address < end && !IsEnding; address += Page.Size)
        {
            if (address >= Page.UserEnd)
            {
                return MemoryFaultKind.NotMapped;
            }

            if ((_pages.Read(address) & (ulong)access) != 0)
            {
                continue;
            }

            // Populating doesn't grow stacks.
            if (_vmas.Find(address) == null)
            {
                return MemoryFaultKind.NotMapped;
            }

            MemoryFaultKind kind = Fault(address, access, out _);
            if (kind != MemoryFaultKind.None)
            {
                return kind;
            }
        }

        return MemoryFaultKind.None;
    }
}
