using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>How many pages a first touch is worth.</summary>
public sealed class TouchPredictorTests
{
    private const ulong Leaf = 0x4020_0000;

    [Fact]
    public void Ascending_touches_are_worth_more_each_time_up_to_a_leaf()
    {
        var predictor = new TouchPredictor();
        ulong page = Leaf;
        var counts = new List<ulong>();
        for (int i = 0; i < 7; i++)
        {
            (ulong start, ulong end) = predictor.RangeFor(page);
            Assert.Equal(page, start);
            counts.Add((end - start) / Page.Size);
            page = end;
        }

        Assert.Equal([4UL, 16, 64, 256, 172, 512, 512], counts);
    }

    [Fact]
    public void Descending_touches_stop_at_the_start_of_the_leaf()
    {
        var predictor = new TouchPredictor();
        Assert.Equal((Leaf + (8 * Page.Size), Leaf + (12 * Page.Size)), predictor.RangeFor(Leaf + (9 * Page.Size)));
        Assert.Equal((Leaf, Leaf + (8 * Page.Size)), predictor.RangeFor(Leaf + (7 * Page.Size)));
        Assert.Equal((Leaf - (64 * Page.Size), Leaf), predictor.RangeFor(Leaf - Page.Size));
        Assert.Equal((0UL, 4UL * Page.Size), new TouchPredictor().RangeFor(0));
    }

    [Fact]
    public void Scattered_touches_are_worth_their_neighbours_and_several_streams_are_told_apart()
    {
        var predictor = new TouchPredictor();
        for (ulong i = 0; i < 100; i++)
        {
            ulong page = 0x1000_0000 + (i * 9 * Page.Size);
            (ulong start, ulong end) = predictor.RangeFor(page);
            Assert.InRange(page, start, end - Page.Size);
            Assert.Equal(TouchPredictor.Neighbours * (ulong)Page.Size, end - start);
        }

        ulong[] streams = [0x2000_0000, 0x3000_0000, 0x5000_0000];
        for (ulong round = 0, expected = 4; round < 4; round++, expected *= 4)
        {
            for (int s = 0; s < streams.Length; s++)
            {
                Assert.Equal((streams[s], streams[s] + (expected * Page.Size)), predictor.RangeFor(streams[s]));
                streams[s] += expected * Page.Size;
            }
        }
    }

    [Fact]
    public void Memory_that_is_freed_and_filled_again_comes_at_once()
    {
        var predictor = new TouchPredictor();
        ulong end = Leaf + Page.Size;
        predictor.RangeFor(end);
        for (int i = 0; i < 3; i++)
        {
            end = predictor.RangeFor(Leaf + (i == 0 ? 4UL : i == 1 ? 20UL : 84UL) * Page.Size).End;
        }

        Assert.Equal((Leaf, end), predictor.RangeFor(Leaf + Page.Size));
    }
}
