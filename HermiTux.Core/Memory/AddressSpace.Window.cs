namespace HermiTux.Memory;

/// <remarks>What a window of host memory (<see cref="IPageWindow"/>) needs of its space.</remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Frames that stay free when pages are brought in before they are asked for (4 MiB).</summary>
    private const long AheadReserve = 1024;

    /// <summary>Up to so many pages are brought in on no more than a guess, and only while half of the memory is free.</summary>
    private const int GuessedPages = 4;

    private long GuessReserve => Frames.LimitBytes >> Page.Shift >> 1;

    /// <summary>Pages of a file that a write brings in from the first one on: data that a program relocates lies together.</summary>
    private const ulong WrittenPages = 4;

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
            if (access == MemoryAccess.Read && TryShowFile(address, window))
            {
                return MemoryFaultKind.None;
            }

            bool first = _pages.Read(address) == 0;
            if (first && _showsFiles && _vmas.Find(address) is { Backing: not null, IsShared: false })
            {
                // All that may be brought in below: another thread must not write to a frame while the window still shows the file.
                (ulong start, ulong end) = FilePagesToBringIn(address, access);
                ReportFilePages(start, end - start);
            }

            MemoryFaultKind kind = FillOrCopy(address, access, out _);
            if (kind != MemoryFaultKind.None)
            {
                return kind;
            }

            PageTable.Leaf leaf = _pages.Find(address)!;
            bool fresh = first && BringInNeighbours(leaf, address, access, window);
            return ShowRun(leaf, address, window, fresh) ? MemoryFaultKind.None : MemoryFaultKind.LimitReached;
        }
    }

    /// <summary>
    /// Shows what a private mapping has of a file of the host from the host's own pages, as far as the 2 MiB around go: no frame is taken and
    /// nothing copied for what is only read.
    /// </summary>
    private bool TryShowFile(ulong address, IPageWindow window)
    {
        if (_vmas.Find(address) is not { Backing: { } backing, IsShared: false } vma || (vma.Protection & MemoryProtection.Read) == 0)
        {
            return false;
        }

        PageTable.Leaf? leaf = _pages.Find(address);
        int index = (int)(address >> Page.Shift) & (LeafPages - 1);
        if (leaf != null && leaf.Entries[index] != 0)
        {
            return false;
        }

        int descriptor = backing.HostDescriptor;
        long end = descriptor < 0 ? 0 : (backing.Length + Page.Size - 1) >> Page.Shift;
        ulong origin = address & ~(PageTable.LeafSize - 1);
        int low = vma.Start > origin ? (int)((vma.Start - origin) >> Page.Shift) : 0;
        int high = (int)Math.Min((vma.End - origin) >> Page.Shift, LeafPages);
        high = (int)Math.Min(high, index + Math.Max(end - vma.PageIndex(address), 0));
        int first = index;
        int last = index;
        while (first > low && (leaf == null || leaf.Entries[first - 1] == 0))
        {
            first--;
        }

        while (last < high && (leaf == null || leaf.Entries[last] == 0))
        {
            last++;
        }

        ulong start = origin + ((ulong)first << Page.Shift);
        if (last <= index || !window.ShowFile(start, last - first, descriptor, vma.PageIndex(start) << Page.Shift))
        {
            return false;
        }

        _showsFiles = true;
        return true;
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
    private bool BringInNeighbours(PageTable.Leaf leaf, ulong address, MemoryAccess access, IPageWindow window)
    {
        Vma vma = _vmas.Find(address)!;
        bool isAnonymous = vma.Backing is null or SharedAnonymousMemory;
        if (!isAnonymous && vma.IsShared)
        {
            // Bringing in a page of a file for a shared mapping may have effects on the file.
            return false;
        }

        (ulong start, ulong end) = isAnonymous ? window.PagesToBringIn(Page.Floor(address)) : FilePagesToBringIn(address, access);
        bool isGuess = end - start <= GuessedPages * Page.Size;
        return BringIn(vma, leaf, address, start, end, isGuess ? GuessReserve : AheadReserve) > GuessedPages;
    }

    /// <summary>The pages of a private file mapping that get frames when one of them is touched for the first time.</summary>
    private (ulong Start, ulong End) FilePagesToBringIn(ulong address, MemoryAccess access)
    {
        ulong start = address & ~(FaultAroundBytes - 1);
        ulong end = start + FaultAroundBytes;

        // What is only read needs no pages of its own where windows show the file.
        return access == MemoryAccess.Write && _showsFiles
            ? (Page.Floor(address), Math.Min(Page.Floor(address) + (WrittenPages * Page.Size), end))
            : (start, end);
    }

    /// <summary>
    /// Takes frames for the pages of a range that are in the mapping and the leaf of an address, unless fewer than <paramref name="reserve"/> would be left.
    /// How many pages of the range that are; 0 when it wasn't done.
    /// </summary>
    private int BringIn(Vma vma, PageTable.Leaf leaf, ulong address, ulong start, ulong end, long reserve)
    {
        ulong origin = address & ~(PageTable.LeafSize - 1);
        int low = (int)((Math.Max(Math.Max(start, vma.Start), origin) - origin) >> Page.Shift);
        int high = (int)((Math.Min(Math.Min(end, vma.End), origin + PageTable.LeafSize) - origin) >> Page.Shift);
        if (high - low > Frames.FreeFrames - reserve)
        {
            return 0;
        }

        if (vma is { Backing: not null, IsShared: false })
        {
            ReadIn(vma, leaf, origin, low, high);
            return high - low;
        }

        for (int i = low; i < high; i++)
        {
            if (leaf.Entries[i] == 0 && Fill(vma, leaf, origin + ((ulong)i << Page.Shift), out long frame) == MemoryFaultKind.None)
            {
                Enter(vma, leaf, i, frame);
            }
        }

        return high - low;
    }

    /// <summary>Reads pages of a file, as many with one call as lie together.</summary>
    private void ReadIn(Vma vma, PageTable.Leaf leaf, ulong origin, int low, int high)
    {
        // The mapping may begin before or after the leaf.
        long pages = (vma.Backing!.Length + Page.Size - 1) >> Page.Shift;
        long end = ((long)(vma.Start - origin) >> Page.Shift) + pages - vma.PageIndex(vma.Start);
        high = (int)Math.Clamp(end, low, high);
        for (int i = low; i < high;)
        {
            long first = -1;
            int start = i;
            while (i < high && leaf.Entries[i] == 0)
            {
                long frame = AllocateFor(leaf, origin + ((ulong)i << Page.Shift));
                if (frame < 0 || (first >= 0 && frame != first + (i - start)))
                {
                    if (frame >= 0)
                    {
                        Frames.ReleaseReference(frame);
                    }

                    break;
                }

                first = first < 0 ? frame : first;
                i++;
            }

            if (first < 0)
            {
                i++;
                continue;
            }

            // SAFETY: frames that lie one after the other, which nobody else refers to yet.
            int read = vma.Backing.ReadPage(vma.PageIndex(origin + ((ulong)start << Page.Shift)), new Span<byte>(Frames.PointerTo(first), (i - start) << Page.Shift));
            for (int page = start; page < i; page++)
            {
                if (read < 0)
                {
                    Frames.ReleaseReference(first + (page - start));
                }
                else
                {
                    Enter(vma, leaf, page, first + (page - start));
                }
            }
        }
    }

    private static void Enter(Vma vma, PageTable.Leaf leaf, int index, long frame)
    {
        Volatile.Write(ref leaf.Entries[index], ((ulong)frame << Page.Shift) | PageEntry.Present | PageEntry.Ahead | PageEntry.RightsFor(vma.Protection));
        leaf.Count++;
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
