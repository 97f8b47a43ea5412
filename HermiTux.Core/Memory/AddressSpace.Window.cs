namespace HermiTux.Memory;

/// <remarks>What a window of host memory (<see cref="IPageWindow"/>) needs of its space.</remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Frames that stay free when pages are brought in before they are asked for (4 MiB).</summary>
    private const long AheadReserve = 1024;

    /// <summary>Up to so many pages are brought in on no more than a guess, and only while half of the memory is free.</summary>
    private const int GuessedPages = 4;

    private const ulong FaultAroundBytes = FaultAroundPages * Page.Size;
    private const int LeafPages = 512;

    /// <summary>
    /// Does what a page fault does at an address and makes the page visible in a window, together with its neighbours that are
    /// there already with the same rights. The window is told under the space's lock, so it never shows what isn't so any more.
    /// </summary>
    internal MemoryFaultKind Show(ulong address, MemoryAccess access, IPageWindow window)
    {
        if (address >= Page.UserEnd)
        {
            return address is >= LowHalfEnd and < HighHalfStart ? MemoryFaultKind.NonCanonical : MemoryFaultKind.NotMapped;
        }

        lock (_lock)
        {
            bool first = _pages.Read(address) == 0;
            MemoryFaultKind kind = Fault(address, access, out _);
            if (kind != MemoryFaultKind.None)
            {
                return kind;
            }

            PageTable.Leaf leaf = _pages.Find(address)!;
            bool fresh = first && BringInNeighbours(leaf, address, window);
            return ShowRun(leaf, address, window, fresh) ? MemoryFaultKind.None : MemoryFaultKind.LimitReached;
        }
    }

    /// <summary>
    /// What a window may show of a page: its frame and <see cref="PageEntry.Rights"/> as in the page table, but without the right
    /// to write where code was derived from the frame. 0 when nothing is there. Takes no lock.
    /// </summary>
    internal ulong VisibleEntry(ulong page) => Visible(_pages.Read(page));

    private ulong Visible(ulong entry)
    {
        if ((entry & (ulong)MemoryAccess.Read) == 0)
        {
            return 0;
        }

        bool writable = (entry & (ulong)MemoryAccess.Write) != 0 && !Frames.HasCode(PageEntry.Frame(entry));
        return (entry & ~Page.OffsetMask) | (ulong)MemoryAccess.Read | (writable ? (ulong)MemoryAccess.Write : 0);
    }

    /// <summary>
    /// Takes frames for pages next to one that was touched, as far as that is sensible. Whether that were so many that the program
    /// is about to fill them.
    /// </summary>
    private bool BringInNeighbours(PageTable.Leaf leaf, ulong address, IPageWindow window)
    {
        Vma vma = _vmas.Find(address)!;
        (ulong start, ulong end) = (Page.Floor(address) & ~(FaultAroundBytes - 1), (address & ~(FaultAroundBytes - 1)) + FaultAroundBytes);
        if (vma.Backing is null or SharedAnonymousMemory)
        {
            (start, end) = window.PagesToBringIn(Page.Floor(address));
        }
        else if (vma.IsShared)
        {
            // Bringing in a page of a file for a shared mapping may have effects on the file.
            return false;
        }

        return BringIn(vma, leaf, address, start, end) > GuessedPages;
    }

    /// <summary>
    /// Takes frames for the pages of a range that are in the mapping and the leaf of an address, unless memory is short. How many pages of the range that are; 0
    /// when it wasn't done.
    /// </summary>
    private int BringIn(Vma vma, PageTable.Leaf leaf, ulong address, ulong start, ulong end)
    {
        ulong origin = address & ~(PageTable.LeafSize - 1);
        int low = (int)((Math.Max(Math.Max(start, vma.Start), origin) - origin) >> Page.Shift);
        int high = (int)((Math.Min(Math.Min(end, vma.End), origin + PageTable.LeafSize) - origin) >> Page.Shift);
        if (high - low > Frames.FreeFrames - (high - low <= GuessedPages ? Frames.LimitBytes >> Page.Shift >> 1 : AheadReserve))
        {
            return 0;
        }

        ulong rights = PageEntry.RightsFor(vma.Protection);
        for (int i = low; i < high; i++)
        {
            ref ulong slot = ref leaf.Entries[i];
            if (slot == 0 && Fill(vma, leaf, origin + ((ulong)i << Page.Shift), out long frame) == MemoryFaultKind.None)
            {
                Volatile.Write(ref slot, ((ulong)frame << Page.Shift) | PageEntry.Present | PageEntry.Ahead | rights);
                leaf.Count++;
            }
        }

        return high - low;
    }

    private bool ShowRun(PageTable.Leaf leaf, ulong address, IPageWindow window, bool fresh)
    {
        int index = (int)(address >> Page.Shift) & (LeafPages - 1);
        ulong entry = Visible(leaf.Entries[index]);
        int first = index;
        while (first > 0 && Visible(leaf.Entries[first - 1]) == entry - ((ulong)(index - first + 1) << Page.Shift))
        {
            first--;
        }

        int end = index + 1;
        while (end < LeafPages && Visible(leaf.Entries[end]) == entry + ((ulong)(end - index) << Page.Shift))
        {
            end++;
        }

        ulong start = (address & ~(PageTable.LeafSize - 1)) + ((ulong)first << Page.Shift);
        return window.Show(start, end - first, PageEntry.Frame(entry) - (index - first), (entry & (ulong)MemoryAccess.Write) != 0, fresh);
    }
}
