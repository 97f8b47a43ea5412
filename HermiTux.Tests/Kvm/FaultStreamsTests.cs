using HermiTux.Kvm.Internal;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Kvm;

public sealed class FaultStreamsTests
{
    [Fact]
    public void A_sequence_of_touches_brings_in_twice_as_much_each_time_and_isnt_disturbed_by_another()
    {
        var streams = new FaultStreams();
        ulong one = 0x4000_0000;
        ulong two = 0x7000_0000;
        foreach (int expected in new[] { 1, 8, 16, 32, 64, 128, 256, 512, 512 })
        {
            one = Touch(streams, one, expected);
            two = Touch(streams, two, expected);
        }
    }

    [Fact]
    public void Scattered_touches_bring_in_one_page_each()
    {
        var streams = new FaultStreams();
        for (ulong i = 0; i < 100; i++)
        {
            Assert.Equal(1, streams.PagesAhead(0x4000_0000 + (i * i * 17 % 1000 * 2 * Page.Size)));
            streams.Mapped(0x4000_0000 + (((i * i * 17 % 1000 * 2) + 1) * Page.Size));
        }
    }

    [Fact]
    public void A_stream_goes_on_behind_whatever_is_mapped_after_its_last_fault()
    {
        var streams = new FaultStreams();
        Assert.Equal(1, streams.PagesAhead(0x4000_0000));
        streams.Mapped(0x4000_9000);
        Assert.Equal(8, streams.PagesAhead(0x4000_9123));
        streams.Mapped(0x4020_0000);
        Assert.Equal(1, streams.PagesAhead(0x4001_1000));
        streams.Mapped(0x4001_2000);
        Assert.Equal(16, streams.PagesAhead(0x4020_0000));
    }

    /// <summary>A fault in a page, and where the next is.</summary>
    private static ulong Touch(FaultStreams streams, ulong page, int expected)
    {
        Assert.Equal(expected, streams.PagesAhead(page + 8));
        page += (ulong)expected * Page.Size;
        streams.Mapped(page);
        return page;
    }
}
