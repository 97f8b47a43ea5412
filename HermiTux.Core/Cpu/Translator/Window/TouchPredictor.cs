using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Guesses from the first touches of pages how many more are to follow. Programs that fill memory go through it in one direction; a
/// touch right next to what an earlier one brought in is taken for that and is worth four times as many pages as the last time,
/// up to a whole 2 MiB leaf. Whoever jumps around gets single pages. Not thread-safe.
/// </summary>
internal sealed class TouchPredictor
{
    private const int Growth = 4;

    private readonly Run[] _runs = new Run[16];
    private int _next;

    /// <summary>How many pages to bring in from a page that is touched for the first time; negative for descending order.</summary>
    public int PagesFor(ulong page)
    {
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

                // No further than the space goes: to the end of the leaf.
                int room = WindowLeaf.Pages - ((int)(page >> Page.Shift) & (WindowLeaf.Pages - 1));
                int pages = Math.Min(run.Pages, room);
                run.End = page + ((ulong)pages << Page.Shift);
                return pages;
            }

            if (page + Page.Size == run.Start)
            {
                run.Pages = Math.Min(run.Pages * Growth, WindowLeaf.Pages);
                int room = ((int)(page >> Page.Shift) & (WindowLeaf.Pages - 1)) + 1;
                int pages = Math.Min(run.Pages, room);
                run.Start = page + Page.Size - ((ulong)pages << Page.Shift);
                return -pages;
            }
        }

        _runs[_next] = new Run { Start = page, End = page + Page.Size, Pages = 1 };
        _next = (_next + 1) % _runs.Length;
        return 1;
    }

    private struct Run
    {
        public ulong Start;
        public ulong End;
        public int Pages;
    }
}
