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
        foreach (int expected in new[] { 1, 2, 4, 8, 16, 32 })
        {
            Assert.Equal(expected, streams.PagesAhead(one + 8));
            Assert.Equal(expected, streams.PagesAhead(two));
            one += (ulong)expected * Page.Size;
            two += (ulong)expected * Page.Size;
        }
    }

    [Fact]
    public void Scattered_touches_bring_in_one_page_each()
    {
        var streams = new FaultStreams();
        for (ulong i = 0; i < 100; i++)
        {
            Assert.Equal(1, streams.PagesAhead(0x4000_0000 + (i * i * 17 % 1000 * 2 * Page.Size)));
        }
    }

    [Fact]
    public void A_stream_goes_on_after_the_end_of_two_mebibytes()
    {
        var streams = new FaultStreams();
        ulong address = 0x4000_0000 + (500 * Page.Size);
        int pages = 0;
        foreach (int expected in new[] { 1, 2, 4, 8 })
        {
            Assert.Equal(expected, pages = streams.PagesAhead(address));
            address = Math.Min(address + ((ulong)pages * Page.Size), 0x4020_0000);
        }

        Assert.Equal(0x4020_0000UL, address);
        Assert.Equal(16, streams.PagesAhead(address));
    }
}
