namespace HermiTux.Memory;

/// <summary>Runs of frames that were given back to a store and may be handed out again: first fit, neighbours merged. Not thread-safe.</summary>
internal sealed class FrameRunList
{
    private readonly SortedList<long, long> _runs = [];

    /// <summary>Adds a run.</summary>
    public void Add(long first, long count)
    {
        int after = IndexOfFirstAfter(first);
        if (after > 0 && _runs.GetKeyAtIndex(after - 1) + _runs.GetValueAtIndex(after - 1) == first)
        {
            after--;
            long start = _runs.GetKeyAtIndex(after);
            count += first - start;
            first = start;
            _runs.RemoveAt(after);
        }

        if (after < _runs.Count && _runs.GetKeyAtIndex(after) == first + count)
        {
            count += _runs.GetValueAtIndex(after);
            _runs.RemoveAt(after);
        }

        _runs.Add(first, count);
    }

    /// <summary>Takes the first run that is long enough; -1 if there is none.</summary>
    public long Take(long count)
    {
        for (int i = 0; i < _runs.Count; i++)
        {
            long available = _runs.GetValueAtIndex(i);
            if (available >= count)
            {
                long first = _runs.GetKeyAtIndex(i);
                _runs.RemoveAt(i);
                if (available > count)
                {
                    _runs.Add(first + count, available - count);
                }

                return first;
            }
        }

        return -1;
    }

    private int IndexOfFirstAfter(long frame)
    {
        int low = 0;
        int high = _runs.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_runs.GetKeyAtIndex(middle) > frame)
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
}
