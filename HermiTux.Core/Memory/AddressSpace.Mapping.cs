using HermiTux.Abi;

namespace HermiTux.Memory;

/// <remarks>mmap(2), munmap(2), mprotect(2).</remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>mmap(2). On success <paramref name="address"/> is where the mapping is; on entry it is the hint or the fixed address.</summary>
    /// <param name="address">Hint, or the address with MAP_FIXED; the result.</param>
    /// <param name="length">Bytes, rounded up to pages.</param>
    /// <param name="protection">PROT_*.</param>
    /// <param name="flags">MAP_*.</param>
    /// <param name="backing">The object shown; null for anonymous memory, which is made an object of its own when shared.</param>
    /// <param name="offset">Bytes into the object, page-aligned.</param>
    /// <param name="name">For /proc/self/maps when there is no object, such as <c>[stack]</c>.</param>
    public Errno Map(ref ulong address, ulong length, MemoryProtection protection, MappingFlags flags,
        IMemoryObject? backing = null, ulong offset = 0, string? name = null)
    {
        if (!Page.IsAligned(offset) || length == 0 || ((uint)protection & ~7u) != 0)
        {
            return Errno.EINVAL;
        }

        length = Page.Ceiling(length);
        if (length == 0 || length > MaximumAddress)
        {
            return Errno.ENOMEM;
        }

        if (offset + length < offset || (long)(offset + length) < 0)
        {
            return Errno.EOVERFLOW;
        }

        lock (_lock)
        {
            if (_vmas.Count >= MaxMapCount)
            {
                return Errno.ENOMEM;
            }

            ulong start;
            if ((flags & (MappingFlags.Fixed | MappingFlags.FixedNoReplace)) != 0)
            {
                Errno error = CheckFixed(address, length, (flags & MappingFlags.FixedNoReplace) != 0);
                if (error != Errno.None)
                {
                    return error;
                }

                start = address;
            }
            else
            {
                start = Place(address, length, (flags & MappingFlags.Low32) != 0);
                if (start == 0)
                {
                    return Errno.ENOMEM;
                }
            }

            var vma = new Vma
            {
                Start = start,
                End = start + length,
                Protection = protection,
                WasWritable = (protection & MemoryProtection.Write) != 0,
                Flags = ((flags & MappingFlags.Shared) != 0 ? VmaFlags.Shared : 0)
                    | ((flags & MappingFlags.GrowsDown) != 0 ? VmaFlags.GrowsDown : 0)
                    | ((flags & MappingFlags.NeverWritable) != 0 ? VmaFlags.NeverWritable : 0)
                    | (_lockFuture ? VmaFlags.Locked : 0),
                Backing = backing,
                Offset = backing == null ? 0 : offset,
                Name = name,
            };
            long replaced = _vmas.PagesIn(vma.Start, vma.End);
            if (!FitsLimits(vma.Pages - replaced, vma.IsData) || _vmas.Count + _vmas.SplitsNeeded(vma.Start, vma.End) >= MaxMapCount)
            {
                return Errno.ENOMEM;
            }

            if (backing == null && vma.IsShared)
            {
                vma.Backing = new SharedAnonymousMemory((long)length, Frames);
            }

            RemoveMappings(vma.Start, vma.End);
            InsertMapping(vma);
            if ((flags & MappingFlags.Populate) != 0 || _lockFuture)
            {
                // Failing to populate isn't an error of mmap(2).
                _ = PopulateRange(start, start + length, MemoryAccess.Read);
            }

            address = start;
            return Errno.None;
        }
    }

    /// <summary>munmap(2).</summary>
    public Errno Unmap(ulong address, ulong length)
    {
        if (!Page.IsAligned(address) || address > Page.UserEnd || length > Page.UserEnd - address)
        {
            return Errno.EINVAL;
        }

        length = Page.Ceiling(length);
        if (length == 0)
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            return UnmapLocked(address, address + length);
        }
    }

    /// <summary>mprotect(2).</summary>
    /// <param name="address">Start, page-aligned.</param>
    /// <param name="length">Bytes, rounded up to pages; 0 does nothing.</param>
    /// <param name="protection">PROT_*.</param>
    /// <param name="growsDown">PROT_GROWSDOWN: from the start of the stack that holds the address.</param>
    public Errno Protect(ulong address, ulong length, MemoryProtection protection, bool growsDown = false)
    {
        if (!Page.IsAligned(address) || ((uint)protection & ~7u) != 0)
        {
            return Errno.EINVAL;
        }

        if (length == 0)
        {
            return Errno.None;
        }

        ulong end = address + Page.Ceiling(length);
        if (end <= address)
        {
            return Errno.ENOMEM;
        }

        lock (_lock)
        {
            int index = _vmas.IndexAbove(address);
            if (index == _vmas.Count || (growsDown ? _vmas[index].Start >= end : _vmas[index].Start > address))
            {
                return Errno.ENOMEM;
            }

            if (growsDown)
            {
                if (!_vmas[index].GrowsDown)
                {
                    return Errno.EINVAL;
                }

                address = _vmas[index].Start;
            }

            return ProtectRange(address, end, protection);
        }
    }

    private Errno ProtectRange(ulong address, ulong end, MemoryProtection protection)
    {
        // As on Linux, what lies before a hole or a refusal has been changed.
        while (address < end && !IsEnding)
        {
            int index = _vmas.IndexAbove(address);
            if (index == _vmas.Count || _vmas[index].Start > address)
            {
                return Errno.ENOMEM;
            }

            Vma vma = _vmas[index];
            ulong part = Math.Min(vma.End, end);
            if (vma.Protection != protection)
            {
                if ((protection & MemoryProtection.Write) != 0 && (vma.Flags & VmaFlags.NeverWritable) != 0)
                {
                    return Errno.EACCES;
                }

                bool becomesData = !vma.IsData && vma.IsDataFor(protection);
                if ((becomesData && (ulong)_vmas.DataPages + ((part - address) >> Page.Shift) > DataLimit >> Page.Shift)
                    || _vmas.Count + _vmas.SplitsNeeded(address, part) > MaxMapCount)
                {
                    return Errno.ENOMEM;
                }

                index = _vmas.SplitAt(address);
                _vmas.SplitAt(part);
                MemoryProtection before = _vmas[index].Protection;
                _vmas.SetProtection(_vmas[index], protection);
                ReportRemapped(address, part - address);
                ProtectPages(address, part, before, protection);
                _vmas.Merge(index, index);
            }

            address = part;
        }

        return Errno.None;
    }

    private void ProtectPages(ulong start, ulong end, MemoryProtection before, MemoryProtection protection)
    {
        ulong rights = PageEntry.RightsFor(protection);
        bool reduced = (PageEntry.RightsFor(before) & ~rights) != 0;
        bool extended = (rights & ~PageEntry.RightsFor(before)) != 0;
        ulong address = start;
        while (_pages.Next(ref address, end) is { } leaf)
        {
            ulong leafEnd = Math.Min((address | (PageTable.LeafSize - 1)) + 1, end);
            ulong first = address;
            for (; address < leafEnd; address += Page.Size)
            {
                ref ulong entry = ref leaf.Entries[(int)(address >> Page.Shift) & 511];
                if (entry != 0)
                {
                    ulong allowed = (entry & PageEntry.CopyOnWrite) != 0 ? rights & ~(ulong)MemoryAccess.Write : rights;
                    Volatile.Write(ref entry, (entry & ~PageEntry.Rights) | allowed);
                }
            }

            if (reduced)
            {
                ReportInvalid(first, leafEnd - first);
            }

            if (extended)
            {
                ReportExtended(first, leafEnd - first);
            }
        }
    }

    private Errno CheckFixed(ulong address, ulong length, bool noReplace)
    {
        if (address > MaximumAddress - length)
        {
            return Errno.ENOMEM;
        }

        if (!Page.IsAligned(address))
        {
            return Errno.EINVAL;
        }

        if (address < MinimumAddress)
        {
            return Errno.EPERM;
        }

        return noReplace && _vmas.Intersects(address, address + length) ? Errno.EEXIST : Errno.None;
    }

    private Errno UnmapLocked(ulong start, ulong end)
    {
        if (_vmas.Find(start) is { } only && only.Start < start && only.End > end && _vmas.Count >= MaxMapCount)
        {
            return Errno.ENOMEM;
        }

        RemoveMappings(start, end);
        return Errno.None;
    }

    /// <summary>Removes what is mapped in a range, pages and all. Touches only what exists.</summary>
    private void RemoveMappings(ulong start, ulong end)
    {
        if (!_vmas.Intersects(start, end))
        {
            return;
        }

        ReportRemapped(start, end - start);
        int first = _vmas.SplitAt(start);
        int last = _vmas.SplitAt(end);
        for (int i = first; i < last; i++)
        {
            Vma vma = _vmas[i];
            if (vma.IsShared)
            {
                _ = WriteBack(vma, vma.Start, vma.End);
            }

            DropPages(vma.Start, vma.End);
        }

        _vmas.RemoveRange(first, last - first);
    }

    private void InsertMapping(Vma vma)
    {
        int index = _vmas.IndexAbove(vma.Start);
        _vmas.Insert(index, vma);
        _vmas.Merge(index, index);
    }

    private Errno WriteBack(Vma vma, ulong start, ulong end) =>
        vma is { IsShared: true, Backing: { } backing } && (vma.Flags & VmaFlags.NeverWritable) == 0
            ? backing.WriteBack(Frames, vma.PageIndex(start), (long)((end - start) >> Page.Shift))
            : Errno.None;
}
