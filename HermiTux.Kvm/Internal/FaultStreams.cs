using HermiTux.Memory;

namespace HermiTux.Kvm.Internal;

/// <summary>
/// How many pages to bring in at a fault: one, and more and more each time that a fault comes right behind the pages of an earlier one. So a program
/// that goes through memory in order has few faults, and one that doesn't is not charged for pages that it never touches.
/// </summary>
internal sealed class FaultStreams
{
    private const int Streams = 8;
    private const int FirstPages = 8;
    private const int MostPages = 512;

    private readonly ulong[] _next = new ulong[Streams];
    private readonly int[] _pages = new int[Streams];
    private int _current;
    private int _oldest;

    /// <summary>
    /// Pages to bring in from the one at <paramref name="address"/> on; 1 when it continues nothing. <see cref="Mapped"/> is to be told where they end.
    /// </summary>
    public int PagesAhead(ulong address)
    {
        _current = Array.IndexOf(_next, Page.Floor(address));
        if (_current < 0)
        {
            _current = _oldest;
            _oldest = (_oldest + 1) % Streams;
            return _pages[_current] = 1;
        }

        return _pages[_current] = Math.Clamp(_pages[_current] * 2, FirstPages, MostPages);
    }

    /// <summary>The first address behind the last fault's that isn't mapped now.</summary>
    public void Mapped(ulong end) => _next[_current] = end;
}
