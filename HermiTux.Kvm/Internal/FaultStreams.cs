using HermiTux.Memory;

namespace HermiTux.Kvm.Internal;

/// <summary>
/// How many pages to bring in at a fault: one, and twice as many each time that a fault comes right behind the pages of an earlier one. So a program
/// that goes through memory in order has few faults, and one that doesn't is not charged for pages that it never touches.
/// </summary>
internal sealed class FaultStreams
{
    private const int Streams = 8;
    private const int MostPages = 512;
    private const ulong LeafSize = 2 << 20;

    private readonly ulong[] _next = new ulong[Streams];
    private readonly int[] _pages = new int[Streams];
    private int _oldest;

    /// <summary>Pages to bring in from the one at <paramref name="address"/> on, at most to the end of its 2 MiB.</summary>
    public int PagesAhead(ulong address)
    {
        ulong page = Page.Floor(address);
        int stream = Array.IndexOf(_next, page);
        if (stream < 0)
        {
            stream = _oldest;
            _oldest = (_oldest + 1) % Streams;
            _pages[stream] = 0;
        }

        int pages = Math.Clamp(_pages[stream] * 2, 1, MostPages);
        _pages[stream] = pages;
        _next[stream] = Math.Min(page + ((ulong)pages << Page.Shift), (page | (LeafSize - 1)) + 1);
        return pages;
    }
}
