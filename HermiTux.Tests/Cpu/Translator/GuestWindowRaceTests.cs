using HermiTux.Abi;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>Threads that fault while others change the mappings.</summary>
public sealed class GuestWindowRaceTests
{
    private const int Pages = 96;
    private const int Rounds = 400;

    /// <summary>Two leaves, and the boundary between them.</summary>
    private const ulong Base = 0x1000_0000 + 0x20_0000 - (48 * Page.Size);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_can_be_done_through_the_window_is_what_the_space_allows(int seed)
    {
        using var f = new WindowFixture();
        using var stop = new CancellationTokenSource();
        ulong address = Base;
        Assert.Equal(Errno.None, f.Space.Map(ref address, Pages * Page.Size, WindowFixture.ReadWrite, MappingFlags.Fixed));
        Task[] touching = [.. Enumerable.Range(0, 2).Select(thread => Task.Run(() => Touch(f, new Random(seed + (100 * thread)), stop.Token)))];
        try
        {
            var random = new Random(seed);
            for (int round = 0; round < Rounds; round++)
            {
                // The other threads only touch, so what this thread has just forbidden stays forbidden until its next change.
                (ulong start, ulong length, bool load, bool store) = Change(f, random);
                for (ulong page = start; page < start + length; page += Page.Size)
                {
                    (bool canLoad, bool canStore) = f.Rights(page);
                    Assert.False(canLoad && !load, $"seed {seed}, round {round}: page {page:x} can still be read");
                    Assert.False(canStore && !store, $"seed {seed}, round {round}: page {page:x} can still be written");
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(touching);
        }

        for (ulong page = Base; page < Base + (Pages * Page.Size); page += Page.Size)
        {
            (bool canLoad, bool canStore) = f.Rights(page);
            ulong entry = f.Space.VisibleEntry(page);
            Assert.False(canLoad && (entry & 1) == 0);
            Assert.False(canStore && (entry & 2) == 0);
            if (canLoad)
            {
                Assert.True(f.TryLoad(page + 64, out ulong through));
                Assert.True(f.Space.TryRead(page + 64, out ulong direct));
                Assert.Equal(direct, through);
            }
        }
    }

    [Fact]
    public async Task Stores_of_one_thread_are_never_lost_to_the_faults_of_another()
    {
        using var f = new WindowFixture();
        ulong address = f.Memory.Map(512);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            for (int i = 0; i < 4000; i++)
            {
                ulong place = address + ((ulong)random.Next(512) * Page.Size) + ((ulong)thread * 64);
                Assert.Equal(MemoryFaultKind.None, f.Store(place, place + (ulong)i));
                if (i % 64 == 0 && thread == 0)
                {
                    f.Window.HideAll();
                }

                Assert.True(f.Space.TryRead(place, out ulong value));
                Assert.Equal(place + (ulong)i, value);
            }
        })));
    }

    private static void Touch(WindowFixture f, Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            ulong page = Base + ((ulong)random.Next(Pages) * Page.Size) + 128;
            _ = f.Window.TryResolve(page, random.Next(2) == 0 ? MemoryAccess.Read : MemoryAccess.Write, out _);
            if (random.Next(8) == 0)
            {
                f.Space.MarkCode(page);
            }
        }
    }

    private static (ulong Start, ulong Length, bool Load, bool Store) Change(WindowFixture f, Random random)
    {
        int first = random.Next(Pages);
        ulong start = Base + ((ulong)first * Page.Size);
        ulong length = (ulong)random.Next(1, Math.Min(40, Pages - first) + 1) * Page.Size;
        switch (random.Next(4))
        {
            case 0:
                Assert.Equal(Errno.None, f.Space.Unmap(start, length));
                return (start, length, false, false);
            case 1:
                // Unmapped pages in the range are no matter here.
                _ = f.Space.Protect(start, length, MemoryProtection.None);
                return (start, 0, true, true);
            case 2:
                ulong address = start;
                Assert.Equal(Errno.None, f.Space.Map(ref address, length, MemoryProtection.Read, MappingFlags.Fixed));
                return (start, length, true, false);
            default:
                address = start;
                Assert.Equal(Errno.None, f.Space.Map(ref address, length, WindowFixture.ReadWrite, MappingFlags.Fixed));
                return (start, length, true, true);
        }
    }
}
