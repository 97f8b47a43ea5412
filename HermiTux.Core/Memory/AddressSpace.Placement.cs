namespace HermiTux.Memory;

/// <remarks>Where mappings go when the guest doesn't insist: Linux's arch_get_unmapped_area_topdown().</remarks>
public sealed unsafe partial class AddressSpace
{
    /// <summary>Bytes kept free below a stack (stack_guard_gap: 256 pages).</summary>
    private const ulong StackGuardGap = 256 * Page.Size;

    /// <summary>Where MAP_32BIT mappings go.</summary>
    private const ulong Low32Start = 0x4000_0000;
    private const ulong Low32End = 0x8000_0000;

    /// <summary>Where Linux starts when it has to place mappings bottom-up: TASK_UNMAPPED_BASE, a third of user space.</summary>
    private const ulong LinuxBottomUpStart = Page.UserEnd / 3 & ~Page.OffsetMask;

    /// <summary>
    /// How low mappings go below <see cref="MmapBase"/> as long as there is room elsewhere, so that the heap has something of its own.
    /// Linux knows no such limit.
    /// </summary>
    internal ulong MmapFloor { get; set; }

    /// <summary>Where bottom-up placement starts when nothing is left below <see cref="MmapBase"/>; Linux's is a third of user space.</summary>
    internal ulong MmapBottomUpStart { get; set; } = LinuxBottomUpStart;

    /// <summary>Mappings at least this long are placed bottom-up first, which keeps room below <see cref="MmapBase"/> for the many small ones.</summary>
    internal ulong MmapLargeLength { get; set; } = ulong.MaxValue;

    /// <summary>Finds room for a mapping, near the hint if that is free. 0 if there is none.</summary>
    private ulong Place(ulong hint, ulong length, bool low32)
    {
        ulong end = Math.Min(DefaultMapWindow, MaximumAddress);
        if (hint != 0)
        {
            hint = Page.Floor(hint);
            if (hint < MinimumAddress)
            {
                hint = hint == 0 ? 0 : Page.Ceiling(MinimumAddress);
            }

            ulong top = Math.Min(low32 ? Low32End : Page.UserEnd, end);
            if (hint != 0 && hint <= top && length <= top - hint)
            {
                int index = _vmas.IndexAbove(hint);
                if (index == _vmas.Count || hint + length <= StartWithGap(_vmas[index]))
                {
                    return hint;
                }
            }
        }

        if (low32)
        {
            return PlaceBottomUp(length, Low32Start, Math.Min(Low32End, end));
        }

        ulong place = length >= MmapLargeLength ? PlaceBottomUp(length, MmapBottomUpStart, end) : 0;
        ulong lowest = Math.Max(Page.Size, MinimumAddress);
        if (place == 0)
        {
            place = PlaceTopDown(length, Math.Max(lowest, MmapFloor), MmapBase);
        }

        if (place == 0)
        {
            place = PlaceBottomUp(length, MmapBottomUpStart, end);
        }

        if (place == 0 && MmapFloor > lowest)
        {
            place = PlaceTopDown(length, lowest, MmapBase);
        }

        return place == 0 && MaximumAddress > end ? PlaceBottomUp(length, Math.Max(end, LinuxBottomUpStart), MaximumAddress) : place;
    }

    private ulong PlaceTopDown(ulong length, ulong low, ulong high)
    {
        int index = _vmas.IndexAbove(high);
        ulong end = index < _vmas.Count ? Math.Min(high, StartWithGap(_vmas[index])) : high;
        while (true)
        {
            index--;
            ulong start = index >= 0 ? Math.Max(_vmas[index].End, low) : low;
            if (end > start && end - start >= length)
            {
                return end - length;
            }

            if (index < 0 || start <= low)
            {
                return 0;
            }

            end = Math.Min(end, StartWithGap(_vmas[index]));
        }
    }

    private ulong PlaceBottomUp(ulong length, ulong low, ulong high)
    {
        ulong start = low;
        for (int index = _vmas.IndexAbove(low); ; index++)
        {
            ulong end = index < _vmas.Count ? Math.Min(high, StartWithGap(_vmas[index])) : high;
            if (end > start && end - start >= length)
            {
                return start;
            }

            if (index == _vmas.Count || end >= high)
            {
                return 0;
            }

            start = Math.Max(start, _vmas[index].End);
        }
    }

    /// <summary>The start of a mapping with the gap that must stay free below a stack.</summary>
    private static ulong StartWithGap(Vma vma) =>
        !vma.GrowsDown ? vma.Start : vma.Start > StackGuardGap ? vma.Start - StackGuardGap : 0;

    /// <summary>Whether so many more pages may be mapped (RLIMIT_AS, RLIMIT_DATA).</summary>
    private bool FitsLimits(long pages, bool isData)
    {
        if (pages <= 0)
        {
            return true;
        }

        return (ulong)(_vmas.TotalPages + pages) <= SizeLimit >> Page.Shift
            && (!isData || (ulong)(_vmas.DataPages + pages) <= DataLimit >> Page.Shift);
    }
}
