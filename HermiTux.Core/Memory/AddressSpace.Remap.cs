using HermiTux.Abi;

namespace HermiTux.Memory;

/// <remarks>mremap(2), in the order of Linux's checks.</remarks>
public sealed unsafe partial class AddressSpace
{
    private const int MREMAP_MAYMOVE = 1;
    private const int MREMAP_FIXED = 2;
    private const int MREMAP_DONTUNMAP = 4;

    /// <summary>mremap(2). <paramref name="flags"/> are MREMAP_*. On success <paramref name="newAddress"/> is the result.</summary>
    public Errno Remap(ulong oldAddress, ulong oldLength, ulong newLength, int flags, ref ulong newAddress)
    {
        bool mayMove = (flags & MREMAP_MAYMOVE) != 0;
        if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0
            || (!mayMove && (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0)
            || ((flags & MREMAP_DONTUNMAP) != 0 && oldLength != newLength)
            || !Page.IsAligned(oldAddress))
        {
            return Errno.EINVAL;
        }

        oldLength = Page.Ceiling(oldLength);
        newLength = Page.Ceiling(newLength);
        if (newLength == 0)
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            if (_vmas.Find(oldAddress) is not { } vma)
            {
                return Errno.EFAULT;
            }

            if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0)
            {
                return RemapTo(oldAddress, oldLength, newLength, flags, ref newAddress);
            }

            if (oldLength >= newLength)
            {
                if (oldLength > newLength)
                {
                    if (oldLength > Page.UserEnd - oldAddress)
                    {
                        return Errno.EINVAL;
                    }

                    Errno shrunk = UnmapLocked(oldAddress + newLength, oldAddress + oldLength);
                    if (shrunk != Errno.None)
                    {
                        return shrunk;
                    }
                }

                newAddress = oldAddress;
                return Errno.None;
            }

            Errno error = CheckResize(vma, oldAddress, oldLength, newLength, flags);
            if (error != Errno.None)
            {
                return error;
            }

            if (oldLength == vma.End - oldAddress && TryGrowInPlace(vma, newLength - oldLength))
            {
                newAddress = oldAddress;
                return Errno.None;
            }

            if (!mayMove)
            {
                return Errno.ENOMEM;
            }

            ulong place = Place(0, newLength, low32: false);
            if (place == 0)
            {
                return Errno.ENOMEM;
            }

            newAddress = place;
            return Move(oldAddress, oldLength, newLength, keepOld: false, place);
        }
    }

    private Errno RemapTo(ulong oldAddress, ulong oldLength, ulong newLength, int flags, ref ulong newAddress)
    {
        if (!Page.IsAligned(newAddress) || newLength > MaximumAddress || newAddress > MaximumAddress - newLength
            || (oldAddress + oldLength > newAddress && newAddress + newLength > oldAddress))
        {
            return Errno.EINVAL;
        }

        // Linux wants room for the worst case of splits before it changes anything.
        if (_vmas.Count + 2 >= MaxMapCount - 3)
        {
            return Errno.ENOMEM;
        }

        bool isFixed = (flags & MREMAP_FIXED) != 0;
        if (isFixed)
        {
            if (newAddress < MinimumAddress)
            {
                return Errno.EPERM;
            }

            RemoveMappings(newAddress, newAddress + newLength);
        }

        if (oldLength > newLength)
        {
            if (oldLength > Page.UserEnd - oldAddress)
            {
                return Errno.EINVAL;
            }

            RemoveMappings(oldAddress + newLength, oldAddress + oldLength);
            oldLength = newLength;
        }

        if (_vmas.Find(oldAddress) is not { } vma)
        {
            return Errno.EFAULT;
        }

        Errno error = CheckResize(vma, oldAddress, oldLength, newLength, flags);
        if (error != Errno.None)
        {
            return error;
        }

        ulong place = isFixed ? newAddress : Place(newAddress, newLength, low32: false);
        if (place == 0)
        {
            return Errno.ENOMEM;
        }

        newAddress = place;
        return Move(oldAddress, oldLength, newLength, (flags & MREMAP_DONTUNMAP) != 0, place);
    }

    /// <summary>Linux's vma_to_resize().</summary>
    private Errno CheckResize(Vma vma, ulong oldAddress, ulong oldLength, ulong newLength, int flags)
    {
        // Length 0 duplicates a shared mapping; for a private one it would be a new mapping of something else.
        if (oldLength == 0 && !vma.IsShared)
        {
            return Errno.EINVAL;
        }

        if (oldLength > vma.End - oldAddress)
        {
            return Errno.EFAULT;
        }

        if (newLength == oldLength && (flags & MREMAP_DONTUNMAP) == 0)
        {
            return Errno.None;
        }

        ulong offset = vma.Offset + (oldAddress - vma.Start);
        if (vma.Backing != null && (offset + newLength < offset || (long)(offset + newLength) < 0))
        {
            return Errno.EINVAL;
        }

        return newLength > MaximumAddress || !FitsLimits((long)((newLength - oldLength) >> Page.Shift), vma.IsData)
            ? Errno.ENOMEM
            : Errno.None;
    }

    private bool TryGrowInPlace(Vma vma, ulong delta)
    {
        if (delta > MaximumAddress - vma.End)
        {
            return false;
        }

        int index = _vmas.IndexAbove(vma.Start);
        if (index + 1 < _vmas.Count && vma.End + delta > StartWithGap(_vmas[index + 1]))
        {
            return false;
        }

        ulong end = vma.End;
        _vmas.Resize(vma, vma.Start, end + delta);
        if (vma.IsLocked)
        {
            _ = PopulateRange(end, end + delta, MemoryAccess.Read);
        }

        _vmas.Merge(index, index);
        return true;
    }

    /// <summary>Linux's move_vma(): a mapping at the new place takes over the pages of the old one.</summary>
    private Errno Move(ulong oldAddress, ulong oldLength, ulong newLength, bool keepOld, ulong place)
    {
        if (_vmas.Count >= MaxMapCount - 3)
        {
            return Errno.ENOMEM;
        }

        ReportRemapped(oldAddress, oldLength);
        Vma vma = _vmas.Find(oldAddress)!;
        Vma moved = vma.Slice(oldAddress, oldAddress);
        moved.Start = place;
        moved.End = place + newLength;
        _vmas.Insert(_vmas.IndexAbove(place), moved);
        moved.Flags &= ~VmaFlags.Heap;
        if (!TryMovePages(oldAddress, oldLength, place, out ulong done))
        {
            // No room for page tables. What was moved goes back into the room that it left; only if another space took that
            // meanwhile are pages lost, as they would be to the limit.
            _ = TryMovePages(place, done, oldAddress, out _);
            RemoveMappings(place, place + newLength);
            return Errno.ENOMEM;
        }

        bool locked = moved.IsLocked;
        if (keepOld)
        {
            // The old range stays mapped, empty and no longer locked.
            if (oldLength != 0)
            {
                int first = _vmas.SplitAt(oldAddress);
                _vmas.SplitAt(oldAddress + oldLength);
                _vmas[first].Flags &= ~VmaFlags.Locked;
                _vmas.Merge(first, first);
            }
        }
        else if (oldLength != 0)
        {
            RemoveMappings(oldAddress, oldAddress + oldLength);
        }

        int index = _vmas.IndexAbove(place);
        _vmas.Merge(index, index);
        if (locked)
        {
            _ = PopulateRange(place + oldLength, place + newLength, MemoryAccess.Read);
        }

        return Errno.None;
    }

    /// <summary>
    /// Moves page-table entries. False at the memory limit, where no room is left for page tables;
    /// <paramref name="done"/> bytes were moved then.
    /// </summary>
    private bool TryMovePages(ulong from, ulong length, ulong to, out ulong done)
    {
        ulong address = from;
        ulong end = from + length;
        done = length;
        while (_pages.Next(ref address, end) is { } leaf)
        {
            ulong leafEnd = Math.Min((address | (PageTable.LeafSize - 1)) + 1, end);
            ulong first = address;
            for (; address < leafEnd; address += Page.Size)
            {
                ref ulong entry = ref leaf.Entries[(int)(address >> Page.Shift) & 511];
                if (entry == 0)
                {
                    continue;
                }

                ulong target = to + (address - from);
                PageTable.Leaf? targetLeaf = _pages.GetOrAdd(target);
                if (targetLeaf == null)
                {
                    ReportInvalid(first, leafEnd - first);
                    done = address - from;
                    return false;
                }

                long frame = PageEntry.Frame(entry);
                if (Frames.HasCode(frame) && Frames.ForgetCode(frame, this, address))
                {
                    ReportCodeChange(address);
                }

                Volatile.Write(ref targetLeaf.Entries[(int)(target >> Page.Shift) & 511], entry);
                targetLeaf.Count++;
                Volatile.Write(ref entry, 0);
                leaf.Count--;
            }

            ReportInvalid(first, leafEnd - first);
            _pages.Prune(first);
        }

        return true;
    }
}
