using System.Runtime.CompilerServices;
using HermiTux.Abi;

namespace HermiTux.Memory;

/// <remarks>
/// Translation. The fast path is a walk of the page table without a lock; everything that a page fault does on Linux (first
/// touch, copy on write, stack growth, file content) is behind it, under the lock.
/// </remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>First address that isn't canonical.</summary>
    private const ulong LowHalfEnd = 1UL << 47;

    /// <summary>First canonical address of the kernel's half.</summary>
    private const ulong HighHalfStart = 0xFFFF_8000_0000_0000;

    /// <summary>
    /// Translates one guest address for an access, taking a frame, copying on write or growing the stack as needed.
    /// </summary>
    /// <param name="address">Guest virtual address.</param>
    /// <param name="access">What is to be done there.</param>
    /// <param name="pointer">Host address of that byte, valid to the end of its guest page.</param>
    /// <param name="fault">Why not, when the result is false.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryTranslate(ulong address, MemoryAccess access, out byte* pointer, out MemoryFault fault)
    {
        if (address < Page.UserEnd)
        {
            ulong entry = _pages.Read(address);
            if ((entry & (ulong)access) != 0 && (access != MemoryAccess.Write || !Frames.HasCode(PageEntry.Frame(entry))))
            {
                pointer = PointerTo(entry, address);
                fault = default;
                return true;
            }
        }

        return TranslateSlowly(address, access, out pointer, out fault);
    }

    /// <summary>
    /// The same for pages that are there already: takes no frame and changes nothing, except that code in a page to be written is reported.
    /// </summary>
    private bool TryTranslatePresent(ulong address, MemoryAccess access, out byte* pointer)
    {
        if (address < Page.UserEnd)
        {
            ulong entry = _pages.Read(address);
            if ((entry & (ulong)access) != 0)
            {
                if (access == MemoryAccess.Write)
                {
                    Frames.BeforeWrite(PageEntry.Frame(entry));
                }

                pointer = PointerTo(entry, address);
                return true;
            }
        }

        pointer = null;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* PointerTo(ulong entry, ulong address) => _linearBase != null
        ? _linearBase + ((entry & ~Page.OffsetMask) | (address & Page.OffsetMask))
        : Frames.Store.PointerTo(PageEntry.Frame(entry)) + (address & Page.OffsetMask);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TranslateSlowly(ulong address, MemoryAccess access, out byte* pointer, out MemoryFault fault)
    {
        pointer = null;
        MemoryFaultKind kind;
        if (address >= Page.UserEnd)
        {
            // The kernel's half is mapped, as far as user code can tell: a page fault. Between the halves it is #GP.
            kind = address is >= LowHalfEnd and < HighHalfStart ? MemoryFaultKind.NonCanonical : MemoryFaultKind.NotMapped;
        }
        else
        {
            lock (_lock)
            {
                kind = Fault(address, access, out ulong entry);
                if (kind == MemoryFaultKind.None)
                {
                    pointer = PointerTo(entry, address);
                    fault = default;
                    return true;
                }
            }
        }

        fault = new MemoryFault(address, access, kind);
        return false;
    }

    /// <summary>What a page fault does. The lock is held.</summary>
    private MemoryFaultKind Fault(ulong address, MemoryAccess access, out ulong entry)
    {
        if (_showsFiles && _pages.Read(address) == 0)
        {
            ReportFilePages(Page.Floor(address), Page.Size);
        }

        return FillOrCopy(address, access, out entry);
    }

    private MemoryFaultKind FillOrCopy(ulong address, MemoryAccess access, out ulong entry)
    {
        entry = 0;
        int index = _vmas.IndexAbove(address);
        if (index == _vmas.Count)
        {
            return MemoryFaultKind.NotMapped;
        }

        Vma vma = _vmas[index];
        if (vma.Start > address && !TryGrowDown(index, vma, address))
        {
            return MemoryFaultKind.NotMapped;
        }

        ulong rights = PageEntry.RightsFor(vma.Protection);
        if ((rights & (ulong)access) == 0)
        {
            return MemoryFaultKind.Protection;
        }

        PageTable.Leaf? leaf = _pages.GetOrAdd(address);
        if (leaf == null)
        {
            return MemoryFaultKind.LimitReached;
        }

        ref ulong slot = ref leaf.Entries[(int)(address >> Page.Shift) & 511];
        if (slot == 0)
        {
            MemoryFaultKind kind = Fill(vma, leaf, address, out long frame);
            if (kind != MemoryFaultKind.None)
            {
                _pages.Prune(address);
                return kind;
            }

            entry = ((ulong)frame << Page.Shift) | PageEntry.Present | rights;
            leaf.Count++;
            Volatile.Write(ref slot, entry);
        }
        else
        {
            entry = slot;
            if ((entry & (ulong)access) == 0)
            {
                // The mapping allows it and the page doesn't: it waits to be copied.
                MemoryFaultKind kind = CopyOnWrite(leaf, address, ref slot, rights);
                if (kind != MemoryFaultKind.None)
                {
                    return kind;
                }

                entry = slot;
            }
        }

        if (access == MemoryAccess.Write)
        {
            Frames.BeforeWrite(PageEntry.Frame(entry));
        }

        return MemoryFaultKind.None;
    }

    /// <summary>The frame of a page that is touched for the first time.</summary>
    private MemoryFaultKind Fill(Vma vma, PageTable.Leaf leaf, ulong address, out long frame)
    {
        frame = -1;
        IMemoryObject? backing = vma.Backing;
        if (backing != null)
        {
            long page = vma.PageIndex(address);
            long length = backing.Length;
            if (page < 0 || page > (length - 1) >> Page.Shift)
            {
                return MemoryFaultKind.BeyondEndOfFile;
            }

            if (vma.IsShared)
            {
                Errno error = backing.GetPage(Frames, page, out frame);
                if (error != Errno.None)
                {
                    return error == Errno.ENOMEM ? MemoryFaultKind.LimitReached : MemoryFaultKind.BeyondEndOfFile;
                }

                return MemoryFaultKind.None;
            }
        }

        frame = AllocateFor(leaf, address);
        if (frame < 0)
        {
            return MemoryFaultKind.LimitReached;
        }

        if (backing != null)
        {
            // SAFETY: a whole frame that nobody else refers to yet.
            int read = backing.ReadPage(vma.PageIndex(address), new Span<byte>(Frames.PointerTo(frame), Page.Size));
            if (read < 0)
            {
                Frames.ReleaseReference(frame);
                return MemoryFaultKind.BeyondEndOfFile;
            }
        }

        return MemoryFaultKind.None;
    }

    private long AllocateFor(PageTable.Leaf leaf, ulong address)
    {
        if (leaf.Home < 0)
        {
            leaf.Home = Frames.TakeHome();
        }

        return Frames.AllocateAt(leaf.Home < 0 ? -1 : leaf.Home + (long)(address >> Page.Shift & 511));
    }

    private MemoryFaultKind CopyOnWrite(PageTable.Leaf leaf, ulong address, ref ulong slot, ulong rights)
    {
        long old = PageEntry.Frame(slot);
        if (Frames.ReferencesTo(old) == 1)
        {
            Volatile.Write(ref slot, ((ulong)old << Page.Shift) | PageEntry.Present | rights);
            return MemoryFaultKind.None;
        }

        long copy = AllocateFor(leaf, address);
        if (copy < 0)
        {
            return MemoryFaultKind.LimitReached;
        }

        // SAFETY: two whole frames, the new one referenced by nobody else yet.
        new ReadOnlySpan<byte>(Frames.PointerTo(old), Page.Size).CopyTo(new Span<byte>(Frames.PointerTo(copy), Page.Size));
        ulong page = Page.Floor(address);
        if (Frames.HasCode(old) && Frames.ForgetCode(old, this, page))
        {
            ReportCodeChange(page);
        }

        Volatile.Write(ref slot, ((ulong)copy << Page.Shift) | PageEntry.Present | rights);
        ReportInvalid(page, Page.Size);
        Frames.ReleaseReference(old);
        return MemoryFaultKind.None;
    }

    /// <summary>Extends a stack downwards to an address just below it, as Linux's expand_downwards() does.</summary>
    private bool TryGrowDown(int index, Vma vma, ulong address)
    {
        ulong start = Page.Floor(address);
        if (!vma.GrowsDown || start < MinimumAddress || vma.End - start > StackLimit)
        {
            return false;
        }

        if (index > 0)
        {
            Vma below = _vmas[index - 1];
            if (!below.GrowsDown && below.Protection != MemoryProtection.None && start < below.End + StackGuardGap)
            {
                return false;
            }
        }

        if (!FitsLimits((long)((vma.Start - start) >> Page.Shift), isData: false))
        {
            return false;
        }

        _vmas.Resize(vma, start, vma.End);
        return true;
    }
}
