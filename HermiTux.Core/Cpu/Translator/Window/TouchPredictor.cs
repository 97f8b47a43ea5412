using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Guesses from the first touches of pages which others are to follow. Whoever touches a page is likely to touch its nearest neighbours.
/// Programs that fill memory go through it in one direction: a touch right next to what an earlier one brought in is taken for that and is
/// worth four times as many pages as the last time, up to a whole 2 MiB leaf. And who frees memory and takes it again, which starts with the same
/// page, is likely to go as far as before. Not thread-safe.
/// </summary>
internal sealed class TouchPredictor
{
    /// <summary>Pages that come with any touched one, aligned.</summary>
    public const int Neighbours = 4;

    private const ulong NeighbourBytes = Neighbours * Page.Size;
    private const int Growth = 4;

    private readonly Run[] _runs = new Run[16];
    private int _next;

    /// <summary>The pages to bring in with one that is touched for the first time; never beyond its leaf.</summary>
    public (ulong Start, ulong End) RangeFor(ulong page)
    {
        ulong leaf = page & ~(WindowLeaf.Size - 1);
        for (int i = 0; i < _runs.Length; i++)
        {
            ref Run run = ref _runs[i];
            if (run.Pages == 0)
            {
                continue;
            }

            if (page == run.End)
            {
                run.Pages = Math.Min(run.Pages * Growth, WindowLeaf.Pages);
                run.End = Math.Min(page + ((ulong)run.Pages << Page.Shift), leaf + WindowLeaf.Size);
                return (page, run.End);
            }

            if (page + Page.Size == run.Start)
            {
                run.Pages = Math.Min(run.Pages * Growth, WindowLeaf.Pages);
                ulong end = run.Start;
                run.Start = Math.Max(end - Math.Min((ulong)run.Pages << Page.Shift, end), leaf);
                return (run.Start, end);
            }

            if (page == run.First)
            {
                return (Math.Max(run.Start, leaf), Math.Min(run.End, leaf + WindowLeaf.Size));
            }
        }

        ulong start = page & ~(NeighbourBytes - 1);
        _runs[_next] = new Run { First = page, Start = start, End = start + NeighbourBytes, Pages = Neighbours };
        _next = (_next + 1) % _runs.Length;
        return (start, start + NeighbourBytes);
    }

    private struct Run
    {
        /// <summary>The touch that it began with.</summary>
        public ulong First;

        public ulong Start;
        public ulong End;

        /// <summary>What the last touch was worth; 0 for an unused entry.</summary>
        public int Pages;
    }
}
