using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>How many pages a first touch is worth.</summary>
public sealed class TouchPredictorTests
{
    [Fact]
    public void Ascending_touches_are_worth_more_each_time_up_to_a_leaf()
    {
        var predictor = new TouchPredictor();
        ulong page = 0x4000_0000;
        var counts = new List<int>();
        for (int i = 0; i < 8; i++)
        {
            counts.Add(predictor.PagesFor(page));
            page += (ulong)counts[^1] * Page.Size;
        }

        Assert.Equal([1, 4, 16, 64, 256, 171, 512, 512], counts);
    }

    [Fact]
    public void Descending_touches_stop_at_the_start_of_the_leaf()
    {
        var predictor = new TouchPredictor();
        ulong page = 0x4020_0000 + (9 * Page.Size);
        Assert.Equal(1, predictor.PagesFor(page));
        Assert.Equal(-4, predictor.PagesFor(page - Page.Size));
        Assert.Equal(-5, predictor.PagesFor(page - (5 * Page.Size)));
        Assert.Equal(-64, predictor.PagesFor(0x4020_0000 - Page.Size));
    }

    [Fact]
    public void Scattered_touches_are_worth_one_page_each_and_several_streams_are_told_apart()
    {
        var predictor = new TouchPredictor();
        for (ulong i = 0; i < 100; i++)
        {
            Assert.Equal(1, predictor.PagesFor(0x1000_0000 + (i * 3 * Page.Size)));
        }

        ulong[] streams = [0x2000_0000, 0x3000_0000, 0x5000_0000];
        for (int round = 0, expected = 1; round < 4; round++, expected *= 4)
        {
            for (int s = 0; s < streams.Length; s++)
            {
                Assert.Equal(expected, predictor.PagesFor(streams[s]));
                streams[s] += (ulong)expected * Page.Size;
            }
        }
    }
}
