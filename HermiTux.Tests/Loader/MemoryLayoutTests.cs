using HermiTux.Devices;
using HermiTux.Loader;
using HermiTux.Memory;
using HermiTux.Tests.Memory;
using Xunit;

namespace HermiTux.Tests.Loader;

/// <summary>Where programs go in a space that is smaller than Linux's.</summary>
public sealed class MemoryLayoutTests
{
    private const ulong Low = 1UL << 31;

    public static TheoryData<ulong> Limits => [1UL << 32, 1UL << 40];

    [Theory, MemberData(nameof(Limits))]
    public void A_compact_layout_keeps_programs_and_libraries_below_two_gibibytes(ulong limit)
    {
        var seen = new HashSet<ulong>();
        var entropy = new SeededEntropySource(3);
        for (int i = 0; i < 50; i++)
        {
            var layout = new MemoryLayout(entropy, 8 << 20, limit);
            Assert.InRange(layout.Program, 0x1000_0000UL, 0x2000_0000UL);
            Assert.InRange(layout.MmapBase, 0x6000_0000UL, 0x7000_0000UL);
            Assert.InRange(layout.StackTop, layout.MmapBase + (120UL << 20), 0x7FFF_0000UL);
            Assert.InRange(new MemoryLayout(entropy, 1UL << 30, limit).StackTop, Math.Min(limit, 1UL << 39) - (limit / 64), Math.Min(limit, 1UL << 39));
            Assert.InRange(layout.BrkStart(layout.Program + (64 << 20)), layout.Program, layout.MmapFloor);
            Assert.All([layout.Program, layout.MmapBase, layout.StackTop, layout.MmapFloor, layout.MmapBottomUpStart], a => Assert.True(Page.IsAligned(a)));
            seen.Add(layout.Program);
            seen.Add(layout.MmapBase);
            seen.Add(layout.StackTop);
        }

        Assert.InRange(seen.Count, 140, 150);
        var plain = new MemoryLayout(null, 8 << 20, limit);
        Assert.Equal((0x1000_0000UL, 0x7000_0000UL, 0x7FFF_0000UL), (plain.Program, plain.MmapBase, plain.StackTop));
    }

    [Fact]
    public void Small_mappings_fill_the_low_region_before_any_goes_above_and_large_ones_go_above_at_once()
    {
        using var memory = new MemoryFixture(maximumAddress: 1UL << 40);
        var layout = new MemoryLayout(null, 8 << 20, 1UL << 40);
        layout.Apply(memory.Space);
        ulong large = memory.Map((128 << 20) / Page.Size, MemoryProtection.None);
        Assert.Equal(1UL << 32, large);
        ulong previous = layout.MmapBase;
        const ulong Length = 16UL << 20;
        while (previous - Length >= layout.MmapFloor)
        {
            ulong next = memory.Map((long)(Length / Page.Size), MemoryProtection.None);
            Assert.Equal(previous - Length, next);
            previous = next;
        }

        Assert.InRange(memory.Map((long)(Length / Page.Size), MemoryProtection.None), large, 1UL << 40);
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(1UL << 40, MemoryAccess.Read));
    }

    [Fact]
    public void When_nothing_is_left_elsewhere_the_rest_of_the_low_region_is_used()
    {
        using var memory = new MemoryFixture(maximumAddress: 1UL << 32);
        new MemoryLayout(null, 8 << 20, 1UL << 32).Apply(memory.Space);
        const ulong Length = 256UL << 20;
        var places = new List<ulong>();
        ulong address = 0;
        while (memory.Space.Map(ref address, Length, MemoryProtection.None, MappingFlags.None) == HermiTux.Abi.Errno.None)
        {
            places.Add(address);
            address = 0;
        }

        Assert.Equal(places.Count, places.Distinct().Count());
        Assert.Contains(places, p => p < 0x4000_0000);
        Assert.Contains(places, p => p > Low);
        Assert.True(places.Max() + Length <= 1UL << 32);
        Assert.InRange(places.Count, 14, 16);
    }

    [Fact]
    public void The_end_of_the_space_holds_for_the_heap_and_for_moved_mappings()
    {
        using var memory = new MemoryFixture(maximumAddress: 1UL << 32);
        memory.Space.SetBrkStart(0xF000_0000);
        Assert.Equal(0xFFFF_F000UL, memory.Space.Brk(0xFFFF_F000));
        Assert.Equal(0xFFFF_F000UL, memory.Space.Brk(0x1_0000_0000));
        memory.Space.Brk(0xF000_0000);
        ulong last = 0xFFFF_F000;
        Assert.Equal(HermiTux.Abi.Errno.None, memory.Space.Map(ref last, Page.Size, MemoryProtection.Read, MappingFlags.Fixed));
        ulong moved = 0;
        Assert.Equal(HermiTux.Abi.Errno.ENOMEM, memory.Space.Remap(last, Page.Size, 2 * Page.Size, 0, ref moved));
        moved = 0x1_0000_0000;
        Assert.Equal(HermiTux.Abi.Errno.EINVAL, memory.Space.Remap(last, Page.Size, Page.Size, 3, ref moved));
        ulong hint = 0x1_0000_0000;
        memory.Space.MmapBase = 0x7000_0000;
        Assert.Equal(HermiTux.Abi.Errno.None, memory.Space.Map(ref hint, Page.Size, MemoryProtection.Read, MappingFlags.None));
        Assert.Equal(0x7000_0000UL - Page.Size, hint);
    }

    [Theory, MemberData(nameof(Limits))]
    public void Beyond_the_default_window_lies_only_what_insists_or_finds_no_room_in_it(ulong window)
    {
        using var memory = new MemoryFixture(mapWindow: window);
        new MemoryLayout(null, 8 << 20, window).Apply(memory.Space);
        AddressSpace space = memory.Space;
        Assert.False(space.ReachesBeyond(window));
        ulong address = window + (16 * Page.Size);
        Assert.Equal(HermiTux.Abi.Errno.None, space.Map(ref address, Page.Size, MemoryProtection.Read, MappingFlags.None));
        Assert.InRange(address, 1UL, window - Page.Size);
        Assert.False(space.ReachesBeyond(window));

        ulong large = 0;
        Assert.Equal(HermiTux.Abi.Errno.None, space.Map(ref large, window, MemoryProtection.None, MappingFlags.None));
        Assert.InRange(large, window, Page.UserEnd - window);
        Assert.True(space.ReachesBeyond(window));
        Assert.Equal(HermiTux.Abi.Errno.None, space.Unmap(large, window));
        Assert.False(space.ReachesBeyond(window));

        ulong pinned = window;
        Assert.Equal(HermiTux.Abi.Errno.None, space.Map(ref pinned, Page.Size, MemoryProtection.Read, MappingFlags.FixedNoReplace));
        Assert.Equal(window, pinned);
        Assert.True(space.ReachesBeyond(window));
        ulong moved = window + (1 << 20);
        Assert.Equal(HermiTux.Abi.Errno.None, space.Remap(address, Page.Size, Page.Size, 3, ref moved));
        Assert.Equal(window + (1 << 20), moved);
        ulong last = Page.UserEnd - Page.Size;
        Assert.Equal(HermiTux.Abi.Errno.None, space.Map(ref last, Page.Size, MemoryProtection.Read, MappingFlags.Fixed));
        ulong over = Page.UserEnd;
        Assert.Equal(HermiTux.Abi.Errno.ENOMEM, space.Map(ref over, Page.Size, MemoryProtection.Read, MappingFlags.Fixed));
        object identity = space.Identity;
        space.Clear();
        Assert.False(space.ReachesBeyond(0));
        Assert.NotSame(identity, space.Identity);
    }
}
