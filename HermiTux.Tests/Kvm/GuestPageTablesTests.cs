using HermiTux.Abi;
using HermiTux.Kvm.Internal;
using HermiTux.Memory;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Kvm;

/// <summary>The page tables themselves, whatever the hardware makes of them.</summary>
public sealed class GuestPageTablesTests
{
    private const MemoryProtection ReadWrite = MemoryProtection.Read | MemoryProtection.Write;
    private const ulong Start = 0x4000_0000;
    private const int LeafPages = 512;
    private const int Pages = 4 * LeafPages;
    private const long Limit = 64 << 20;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whatever_is_done_to_memory_the_tables_never_show_more_than_there_is(bool usesLargePages)
    {
        using var fixture = new Fixture(usesLargePages);
        var random = new Random(5);
        int mostLarge = 0;
        for (int round = 0; round < 400; round++)
        {
            int count = random.Next(4) switch { 0 => 1, 1 => random.Next(1, 64), 2 => LeafPages, _ => random.Next(1, Pages) };
            int first = count == LeafPages ? random.Next(4) * LeafPages : random.Next(Pages - count + 1);
            ulong address = Start + ((ulong)first << Page.Shift);
            ulong length = (ulong)count << Page.Shift;
            switch (random.Next(8))
            {
                case 0:
                    Assert.Equal(Errno.None, fixture.Space.Unmap(address, length));
                    fixture.Map(address, length);
                    break;
                case 1:
                    Assert.Equal(Errno.None, fixture.Space.Protect(address, length, MemoryProtection.Read));
                    break;
                case 2:
                    Assert.Equal(Errno.None, fixture.Space.Protect(address, length, MemoryProtection.None));
                    break;
                case 3:
                    const int MADV_DONTNEED = 4;
                    Assert.Equal(Errno.None, fixture.Space.Advise(address, length, MADV_DONTNEED));
                    break;
                case 4:
                    Assert.Equal(Errno.None, fixture.Space.Protect(Start, Pages * Page.Size, ReadWrite));
                    fixture.TouchAll();
                    break;
                default:
                    Assert.Equal(Errno.None, fixture.Space.Protect(address, length, ReadWrite));
                    fixture.Touch(address, random.Next(2) == 0 ? MemoryAccess.Read : MemoryAccess.Write);
                    break;
            }

            fixture.AssertTrue();
            mostLarge = Math.Max(mostLarge, fixture.Tables.LargePages);
        }

        Assert.InRange(mostLarge, usesLargePages ? 4 : 0, usesLargePages ? 4 : 0);
    }

    [Fact]
    public void A_large_page_is_split_for_one_page_and_made_again_when_that_is_like_the_others()
    {
        using var fixture = new Fixture(usesLargePages: true);
        fixture.TouchAll();
        Assert.Equal(4, fixture.Tables.LargePages);
        ulong middle = Start + (700 * Page.Size);
        ulong entry = fixture.Tables.Walk(middle);
        Assert.Equal(Errno.None, fixture.Space.Protect(middle, Page.Size, MemoryProtection.Read));
        Assert.Equal(3, fixture.Tables.LargePages);
        Assert.Equal(0UL, fixture.Tables.Walk(middle));
        Assert.Equal(entry - Page.Size, fixture.Tables.Walk(middle - Page.Size));
        fixture.Touch(middle, MemoryAccess.Read);
        Assert.Equal(3, fixture.Tables.LargePages);
        Assert.Equal(entry & ~(PhysicalLayout.Writable | PhysicalLayout.Dirty), fixture.Tables.Walk(middle));
        Assert.Equal(Errno.None, fixture.Space.Protect(middle, Page.Size, ReadWrite));
        fixture.Touch(middle, MemoryAccess.Write);
        Assert.Equal(4, fixture.Tables.LargePages);
        Assert.Equal(entry, fixture.Tables.Walk(middle));
    }

    private sealed unsafe class Fixture : IPageMapper, IDisposable
    {
        private readonly FrameTable _frames = new(MemoryModel.MemoryFile.CreateStore(Limit), Limit);
        private readonly VirtualMachine _machine;

        public Fixture(bool usesLargePages)
        {
            GuestRunner.SkipWithoutKvm();
            Space = new AddressSpace(_frames);
            _machine = new VirtualMachine(KvmHost.Current.Device!, _frames.Store);
            Tables = new GuestPageTables(_machine, Space, usesLargePages);
            Map(Start, Pages * Page.Size);
        }

        public AddressSpace Space { get; }

        public GuestPageTables Tables { get; }

        public void Map(ulong address, ulong length) =>
            Assert.Equal(Errno.None, Space.Map(ref address, length, ReadWrite, MappingFlags.Fixed));

        public void Touch(ulong address, MemoryAccess access) => Assert.True(Space.TryMap(address, access, 1, this, out _));

        public void TouchAll()
        {
            for (int leaf = 0; leaf < Pages / LeafPages; leaf++)
            {
                Assert.True(Space.TryMap(Start + ((ulong)leaf * LeafPages * Page.Size), MemoryAccess.Write, LeafPages, this, out _));
            }
        }

        /// <summary>Every entry leads to the page's frame and allows no more than the mapping does.</summary>
        public void AssertTrue()
        {
            for (ulong address = Start; address < Start + (Pages * Page.Size); address += Page.Size)
            {
                ulong entry = Tables.Walk(address);
                if ((entry & PhysicalLayout.Present) == 0)
                {
                    Assert.Equal(0UL, entry);
                    continue;
                }

                MemoryAccess access = (entry & PhysicalLayout.Writable) != 0 ? MemoryAccess.Write : MemoryAccess.Read;
                Assert.NotEqual(0UL, entry & PhysicalLayout.NoExecute);
                Assert.True(Space.TryTranslate(address, access, out byte* pointer, out MemoryFault fault), $"{entry:x} at {address:x}: {fault.Kind}");
                long frame = (long)((entry & PhysicalLayout.AddressMask) - PhysicalLayout.FramesStart) >> Page.Shift;
                Assert.True(_frames.Store.PointerTo(frame) == pointer, $"{entry:x} at {address:x}");
            }
        }

        public bool Map(ulong start, ReadOnlySpan<ulong> entries, int first, int count) => Tables.Map(start, entries, first, count);

        public void Dispose()
        {
            Tables.Dispose();
            Space.Dispose();
            _machine.Dispose();
            _frames.Dispose();
        }
    }
}
