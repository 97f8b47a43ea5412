using HermiTux.Abi;

namespace HermiTux.Memory;

/// <remarks>brk(2).</remarks>
public sealed unsafe partial class AddressSpace
{
    private ulong _brkStart;
    private ulong _brk;

    /// <summary>brk(2): tries to move the break; returns the break after the call (unchanged on failure). 0 asks for it.</summary>
    public ulong Brk(ulong newBreak)
    {
        lock (_lock)
        {
            if (newBreak < _brkStart || newBreak > MaximumAddress - Page.Size || newBreak - _brkStart > DataLimit)
            {
                return _brk;
            }

            ulong from = Page.Ceiling(_brk);
            ulong to = Page.Ceiling(newBreak);
            if (to < from)
            {
                if (UnmapLocked(to, from) != Errno.None)
                {
                    return _brk;
                }
            }
            else if (to > from && !TryGrowHeap(from, to))
            {
                return _brk;
            }

            _brk = newBreak;
            return newBreak;
        }
    }

    /// <summary>Sets where the heap starts (page-aligned by the loader).</summary>
    public void SetBrkStart(ulong start)
    {
        lock (_lock)
        {
            _brkStart = start;
            _brk = start;
        }
    }

    private bool TryGrowHeap(ulong from, ulong to)
    {
        // A page must stay free above the heap, and the guard gap below a stack.
        int above = _vmas.IndexAbove(from);
        if (above < _vmas.Count && to + Page.Size > StartWithGap(_vmas[above]))
        {
            return false;
        }

        if (!FitsLimits((long)((to - from) >> Page.Shift), isData: true) || _vmas.Count >= MaxMapCount)
        {
            return false;
        }

        InsertMapping(new Vma
        {
            Start = from,
            End = to,
            Protection = MemoryProtection.Read | MemoryProtection.Write,
            Flags = VmaFlags.Heap | (_lockFuture ? VmaFlags.Locked : 0),
        });
        if (_lockFuture)
        {
            _ = PopulateRange(from, to, MemoryAccess.Read);
        }

        return true;
    }
}
