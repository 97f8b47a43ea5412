namespace HermiTux.Memory;

/// <summary>The mappings of one space in address order, never overlapping. Keeps the sums that limits need. Not thread-safe.</summary>
internal sealed class VmaList(FrameTable frames)
{
    private readonly List<Vma> _list = [];

    public int Count => _list.Count;

    /// <summary>Pages mapped (RLIMIT_AS).</summary>
    public long TotalPages { get; private set; }

    /// <summary>Pages that count as data (RLIMIT_DATA).</summary>
    public long DataPages { get; private set; }

    public Vma this[int index] => _list[index];

    /// <summary>Index of the first mapping that ends above the address; <see cref="Count"/> if there is none.</summary>
    public int IndexAbove(ulong address)
    {
        int low = 0;
        int high = _list.Count;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (_list[middle].End > address)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>The mapping that holds the address, or null.</summary>
    public Vma? Find(ulong address)
    {
        int index = IndexAbove(address);
        return index < _list.Count && _list[index].Start <= address ? _list[index] : null;
    }

    /// <summary>Whether any mapping lies in the range.</summary>
    public bool Intersects(ulong start, ulong end)
    {
        int index = IndexAbove(start);
        return index < _list.Count && _list[index].Start < end;
    }

    /// <summary>Pages of the range that are mapped.</summary>
    public long PagesIn(ulong start, ulong end)
    {
        long pages = 0;
        for (int i = IndexAbove(start); i < _list.Count && _list[i].Start < end; i++)
        {
            pages += (long)((Math.Min(_list[i].End, end) - Math.Max(_list[i].Start, start)) >> Page.Shift);
        }

        return pages;
    }

    /// <summary>Adds a mapping at an index; the object hears of it.</summary>
    public void Insert(int index, Vma vma)
    {
        vma.Backing?.Mapped(frames);
        _list.Insert(index, vma);
        Account(vma, 1);
    }

    /// <summary>Removes mappings; their objects hear of it.</summary>
    public void RemoveRange(int index, int count)
    {
        for (int i = index; i < index + count; i++)
        {
            Account(_list[i], -1);
        }

        List<Vma> removed = _list.GetRange(index, count);
        _list.RemoveRange(index, count);
        foreach (Vma vma in removed)
        {
            vma.Backing?.Unmapped();
        }
    }

    /// <summary>Makes a boundary at an address; returns the index of the first mapping that starts at or after it.</summary>
    public int SplitAt(ulong address)
    {
        int index = IndexAbove(address);
        if (index == _list.Count || _list[index].Start >= address)
        {
            return index;
        }

        Vma vma = _list[index];
        Vma upper = vma.Slice(address, vma.End);
        Account(vma, -1);
        vma.End = address;
        Account(vma, 1);
        Insert(index + 1, upper);
        return index + 1;
    }

    /// <summary>How many mappings <see cref="SplitAt"/> at both ends would add.</summary>
    public int SplitsNeeded(ulong start, ulong end)
    {
        int needed = Find(start) is { } first && first.Start < start ? 1 : 0;
        return needed + (Find(end) is { } last && last.Start < end ? 1 : 0);
    }

    /// <summary>Changes a mapping's protection.</summary>
    public void SetProtection(Vma vma, MemoryProtection protection)
    {
        Account(vma, -1);
        vma.Protection = protection;
        vma.WasWritable |= (protection & MemoryProtection.Write) != 0;
        Account(vma, 1);
    }

    /// <summary>Moves a mapping's ends (growth).</summary>
    public void Resize(Vma vma, ulong start, ulong end)
    {
        Account(vma, -1);
        if (vma.Backing != null)
        {
            vma.Offset += start - vma.Start;
        }

        vma.Start = start;
        vma.End = end;
        Account(vma, 1);
    }

    /// <summary>Joins like neighbours from the one before <paramref name="first"/> to the one after <paramref name="last"/> (indices).</summary>
    public void Merge(int first, int last)
    {
        int index = Math.Max(first - 1, 0);
        last = Math.Min(last + 1, _list.Count - 1);
        while (index < last)
        {
            Vma vma = _list[index];
            int end = index;
            while (end < last && _list[end].CanMergeWith(_list[end + 1]))
            {
                end++;
                vma.WasWritable |= _list[end].WasWritable;
            }

            if (end > index)
            {
                ulong top = _list[end].End;
                RemoveRange(index + 1, end - index);
                last -= end - index;
                Resize(vma, vma.Start, top);
            }

            index++;
        }
    }

    private void Account(Vma vma, int sign)
    {
        TotalPages += sign * vma.Pages;
        if (vma.IsData)
        {
            DataPages += sign * vma.Pages;
        }
    }
}
