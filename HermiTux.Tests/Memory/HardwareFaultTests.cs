using HermiTux.Abi;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Memory;

/// <summary>How much a fault of hardware page tables brings in: few faults for who fills memory, few pages for who doesn't.</summary>
public sealed class HardwareFaultTests
{
    private const int LeafPages = 512;
    private const ulong LeafSize = LeafPages * Page.Size;

    [Theory, MemberData(nameof(AddressSpaceTests.Models), MemberType = typeof(AddressSpaceTests))]
    public void Filling_memory_in_no_order_takes_a_fault_for_every_eighth_page_at_most(string model)
    {
        using var memory = new MemoryFixture(model);
        var tables = new Tables(memory, 4 * LeafPages);
        int[] order = [.. Enumerable.Range(0, 4 * LeafPages)];
        new Random(7).Shuffle(order);
        Assert.InRange(order.Count(tables.Touch), 4 * 32, 4 * LeafPages / 8);
        Assert.Equal(4 * LeafPages * (long)Page.Size, memory.Frames.ResidentBytes);
    }

    [Theory, MemberData(nameof(AddressSpaceTests.Models), MemberType = typeof(AddressSpaceTests))]
    public void A_few_touches_of_a_large_mapping_bring_in_little_more(string model)
    {
        using var memory = new MemoryFixture(model);
        var tables = new Tables(memory, 64 * LeafPages);
        for (int page = 0; page < 64 * LeafPages; page += LeafPages / 8)
        {
            Assert.True(tables.Touch(page));
            Assert.InRange(tables.Resident(page), 1, 1);
        }

        Assert.InRange(memory.Frames.ResidentBytes / Page.Size, 1, 64 * 8 * 4);
    }

    [Theory, MemberData(nameof(AddressSpaceTests.Models), MemberType = typeof(AddressSpaceTests))]
    public void Nothing_is_brought_in_on_a_guess_while_less_than_half_of_the_memory_is_free(string model)
    {
        using var memory = new MemoryFixture(model, limitBytes: 16 << 20);
        var tables = new Tables(memory, 16 * LeafPages);
        int touched = 0;
        for (; memory.Frames.ResidentBytes < 8 << 20; touched += 16)
        {
            _ = tables.Touch(touched);
        }

        long before = memory.Frames.ResidentBytes;
        for (int i = 0; i < 100; i++, touched += 16)
        {
            Assert.True(tables.Touch(touched));
        }

        Assert.Equal(before + (100 * Page.Size), memory.Frames.ResidentBytes);
    }

    [Theory, MemberData(nameof(AddressSpaceTests.Models), MemberType = typeof(AddressSpaceTests))]
    public void A_guess_stays_inside_the_mapping(string model)
    {
        using var memory = new MemoryFixture(model);
        var tables = new Tables(memory, 16);
        Assert.Equal(Errno.None, memory.Space.Protect(tables.Start, 5 * Page.Size, MemoryProtection.Read));
        Assert.Equal(Errno.None, memory.Space.Protect(tables.Start + (6 * Page.Size), 10 * Page.Size, MemoryProtection.None));
        Assert.True(tables.Touch(5));
        Assert.Equal(Page.Size, memory.Frames.ResidentBytes);
    }

    /// <summary>What a processor would have of a mapping.</summary>
    private sealed class Tables : IPageMapper
    {
        private readonly MemoryFixture _memory;
        private readonly Dictionary<ulong, ulong[]> _leaves = [];

        public Tables(MemoryFixture memory, int pages)
        {
            _memory = memory;
            ulong address = memory.Map(pages + LeafPages);
            Start = (address + LeafSize - 1) & ~(LeafSize - 1);
            Assert.Equal(Errno.None, address == Start ? Errno.None : memory.Space.Unmap(address, Start - address));
        }

        public ulong Start { get; }

        /// <summary>Writes to a page. Whether that was a fault.</summary>
        public bool Touch(int page)
        {
            ulong address = Start + ((ulong)page << Page.Shift);
            if (_leaves.TryGetValue(address & ~(LeafSize - 1), out ulong[]? entries) && (entries[page % LeafPages] & (ulong)MemoryAccess.Write) != 0)
            {
                return false;
            }

            Assert.True(_memory.Space.TryMap(address, MemoryAccess.Write, 1, this, out _));
            return true;
        }

        /// <summary>What mincore(2) says.</summary>
        public int Resident(int page)
        {
            byte[] result = new byte[1];
            Assert.Equal(Errno.None, _memory.Space.Resident(Start + ((ulong)page << Page.Shift), Page.Size, result));
            return result[0];
        }

        public bool Map(ulong start, ReadOnlySpan<ulong> entries, int first, int count)
        {
            Assert.Equal(1, count);
            _leaves[start] = entries.ToArray();
            return true;
        }
    }
}
