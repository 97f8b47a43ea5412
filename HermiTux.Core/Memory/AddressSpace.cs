namespace HermiTux.Memory;

/// <summary>
/// One guest address space: the sorted list of mappings (a <c>Vma</c> each), the page table from guest pages to frames, and
/// the operations of mmap(2) and friends. It is the truth; engines are views of it.
/// </summary>
/// <remarks>
/// <para>All members may be called from any thread. Translations that the page table can answer take no lock; everything else
/// takes the space's lock, under which objects (<see cref="IMemoryObject"/>) and views are called: neither may call back into
/// the space, and locks that they take must never be held while calling it.</para>
/// <para>Addresses, lengths and advice come from the guest: nothing here throws for them, however hostile.</para>
/// </remarks>
public sealed unsafe partial class AddressSpace : IDisposable
{
    private readonly Lock _lock = new();
    private readonly VmaList _vmas;
    private readonly PageTable _pages;
    private readonly byte* _linearBase;
    private IAddressSpaceView[] _views = [];
    private bool _isEnding;
    private object _identity = new();

    /// <summary>Whether a window shows, or once showed, pages of files that aren't in the page table.</summary>
    private bool _showsFiles;

    /// <summary>Creates an empty space whose pages come from <paramref name="frames"/>.</summary>
    public AddressSpace(FrameTable frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        Frames = frames;
        _vmas = new VmaList(frames);
        _pages = new PageTable(frames);
        _linearBase = frames.Store.LinearBase;
        frames.Attach(this);
    }

    /// <summary>The machine's frames.</summary>
    public FrameTable Frames { get; }

    /// <summary>
    /// Mappings without a fixed address are placed below this (Linux's mmap_base), highest first. The loader sets it under
    /// the stack; the default is Linux's without randomisation.
    /// </summary>
    public ulong MmapBase { get; set; } = 0x7FFF_F7FF_F000;

    /// <summary>The lowest address that may be mapped (vm.mmap_min_addr); fixed mappings below it give EPERM.</summary>
    public ulong MinimumAddress { get; set; } = 0x10000;

    /// <summary>
    /// Nothing is mapped at or above this page-aligned address, whatever the guest asks for. Linux's end of user space by
    /// default; some engines give a program less.
    /// </summary>
    public ulong MaximumAddress { get; init; } = Page.UserEnd;

    /// <summary>
    /// Mappings that don't insist on an address are placed below this page-aligned one as long as there is room, whatever their hint
    /// says. Linux's DEFAULT_MAP_WINDOW, which is the end of user space there, too, without five-level page tables; some engines are faster below a lower one.
    /// </summary>
    public ulong DefaultMapWindow { get; init; } = Page.UserEnd;

    /// <summary>Most mappings (vm.max_map_count); ENOMEM beyond.</summary>
    public int MaxMapCount { get; set; } = 65530;

    /// <summary>RLIMIT_AS in bytes: all that is mapped.</summary>
    public ulong SizeLimit { get; set; } = ulong.MaxValue;

    /// <summary>RLIMIT_DATA in bytes: private writable mappings and the heap.</summary>
    public ulong DataLimit { get; set; } = ulong.MaxValue;

    /// <summary>RLIMIT_STACK in bytes: how far a mapping with MAP_GROWSDOWN grows.</summary>
    public ulong StackLimit { get; set; } = 8 << 20;

    /// <summary>
    /// Set when the process that runs in the space begins to end: operations that would go on for long give up, since nobody wants
    /// their result any more. Any thread.
    /// </summary>
    public bool IsEnding
    {
        get => Volatile.Read(ref _isEnding);
        set => Volatile.Write(ref _isEnding, value);
    }

    /// <summary>
    /// Stands for the program that the space belongs to, so to speak: another object after <see cref="Clear"/>, so that what was kept for the old one is never taken
    /// for the new one's.
    /// </summary>
    internal object Identity => Volatile.Read(ref _identity);

    /// <summary>Registers a view; it hears of every change until detached.</summary>
    public void Attach(IAddressSpaceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        lock (_lock)
        {
            Volatile.Write(ref _views, [.. _views, view]);
        }
    }

    /// <summary>Unregisters a view.</summary>
    public void Detach(IAddressSpaceView view)
    {
        lock (_lock)
        {
            Volatile.Write(ref _views, Array.FindAll(_views, other => !ReferenceEquals(other, view)));
        }
    }

    /// <summary>
    /// Declares that a view holds code derived from the page at <paramref name="page"/>. The next change of its bytes, by
    /// whatever mapping or by the kernel layer, is reported through <see cref="IAddressSpaceView.InvalidateCode"/> first.
    /// </summary>
    public void MarkCode(ulong page)
    {
        page = Page.Floor(page);
        if (page >= Page.UserEnd)
        {
            return;
        }

        IMemoryObject? backing = null;
        long index = 0;
        lock (_lock)
        {
            ulong entry = _pages.Read(page);
            if ((entry & PageEntry.Present) == 0)
            {
                return;
            }

            long frame = PageEntry.Frame(entry);
            Frames.MarkCode(frame, this, page);
            foreach (IAddressSpaceView view in _views)
            {
                view.ProtectCode(page);
            }

            if (Frames.ReferencesTo(frame) > 1 && _vmas.Find(page) is { IsShared: true } vma)
            {
                (backing, index) = (vma.Backing, vma.PageIndex(page));
            }
        }

        // Other pages that show the frame may have been written through. Private mappings can't: they share only frames that
        // none of them may write. Pages that come later find the mark.
        if (backing != null)
        {
            Frames.ProtectAliases(backing, index);
        }
    }

    /// <summary>Removes every mapping (execve(2), dispose) and forgets the heap.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            RemoveMappings(0, Page.UserEnd);
            _pages.PruneRetired();
            _brkStart = 0;
            _brk = 0;
            Volatile.Write(ref _identity, new object());
        }

        Frames.Trim();
    }

    /// <summary>Removes every mapping and lets go of the machine's frames.</summary>
    public void Dispose()
    {
        Clear();
        Frames.Detach(this);
    }

    /// <summary>Whether anything is mapped at or above an address.</summary>
    internal bool ReachesBeyond(ulong address)
    {
        lock (_lock)
        {
            return _vmas.Count > 0 && _vmas[_vmas.Count - 1].End > address;
        }
    }

    /// <summary>Tells the views that a page's code is about to change.</summary>
    internal void ReportCodeChange(ulong page)
    {
        foreach (IAddressSpaceView view in Volatile.Read(ref _views))
        {
            view.InvalidateCode(page);
        }
    }

    /// <summary>Tells the views that translations of a range are no longer valid.</summary>
    internal void ReportInvalid(ulong start, ulong length)
    {
        foreach (IAddressSpaceView view in Volatile.Read(ref _views))
        {
            view.Invalidate(start, length);
        }
    }

    /// <summary>Tells the views that mappings of a range are other ones from now on, whether pages were there or not. The lock is held.</summary>
    private void ReportRemapped(ulong start, ulong length)
    {
        foreach (IAddressSpaceView view in _views)
        {
            view.Remap(start, length);
        }
    }

    /// <summary>Has windows stop showing a file where pages are about to get frames. The lock is held.</summary>
    private void ReportFilePages(ulong start, ulong length)
    {
        foreach (IAddressSpaceView view in _views)
        {
            view.HideFilePages(start, length);
        }
    }

    /// <summary>Tells the views that pages of a range allow more than before. The lock is held.</summary>
    private void ReportExtended(ulong start, ulong length)
    {
        foreach (IAddressSpaceView view in _views)
        {
            view.Extend(start, length);
        }
    }

    /// <summary>Has views drop the right to write to one page of an object, wherever it is mapped shared, for code was derived from it.</summary>
    internal void ProtectObjectPage(IMemoryObject backing, long index)
    {
        lock (_lock)
        {
            for (int i = 0; i < _vmas.Count; i++)
            {
                Vma vma = _vmas[i];
                if (!ReferenceEquals(vma.Backing, backing) || !vma.IsShared)
                {
                    continue;
                }

                long page = index - vma.PageIndex(vma.Start);
                if (page < 0 || page >= vma.Pages)
                {
                    continue;
                }

                foreach (IAddressSpaceView view in _views)
                {
                    view.ProtectCode(vma.Start + ((ulong)page << Page.Shift));
                }
            }
        }
    }

    /// <summary>Takes pages of an object out of every mapping of it; from private mappings, copies too, only if asked.</summary>
    internal void DropObjectPages(IMemoryObject backing, long firstPage, long endPage, bool privateToo)
    {
        lock (_lock)
        {
            for (int i = 0; i < _vmas.Count; i++)
            {
                Vma vma = _vmas[i];
                if (!ReferenceEquals(vma.Backing, backing) || !(vma.IsShared || privateToo))
                {
                    continue;
                }

                long origin = vma.PageIndex(vma.Start);
                long from = Math.Max(firstPage, origin);
                long to = Math.Min(endPage, vma.PageIndex(vma.End));
                if (from < to)
                {
                    ReportRemapped(vma.Start, vma.End - vma.Start);
                    DropPages(vma.Start + ((ulong)(from - origin) << Page.Shift), vma.Start + ((ulong)(to - origin) << Page.Shift));
                }
            }
        }
    }

    /// <summary>
    /// Takes the pages of a range out of the page table: views hear of it, then the frames' references are dropped.
    /// </summary>
    private void DropPages(ulong start, ulong end)
    {
        Span<long> frames = stackalloc long[512];
        ulong address = start;
        while (_pages.Next(ref address, end) is { } leaf)
        {
            ulong leafEnd = Math.Min((address | (PageTable.LeafSize - 1)) + 1, end);
            ulong first = address;
            int count = 0;
            for (; address < leafEnd; address += Page.Size)
            {
                ref ulong entry = ref leaf.Entries[(int)(address >> Page.Shift) & 511];
                if (entry != 0)
                {
                    frames[count++] = PageEntry.Frame(entry);
                    if (Frames.HasCode(PageEntry.Frame(entry)) && Frames.ForgetCode(PageEntry.Frame(entry), this, address))
                    {
                        ReportCodeChange(address);
                    }

                    Volatile.Write(ref entry, 0);
                }
            }

            if (count > 0)
            {
                leaf.Count -= count;
                ReportInvalid(first, leafEnd - first);
                Frames.ReleaseReferences(frames[..count]);
                if (leaf.Count == 0)
                {
                    _pages.Retire(first);
                }
            }
        }
    }
}

/// <summary>One mapping as /proc/self/maps shows it (proc(5)).</summary>
public readonly record struct VmaInfo(ulong Start, ulong End, MemoryProtection Protection, bool Shared, ulong Offset,
    MemoryObjectName Name, long ResidentPages);
