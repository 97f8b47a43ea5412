using System.Diagnostics;
using System.Globalization;
using HermiTux.Abi;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Memory;

/// <summary>Frames, their limit, and the stores below them.</summary>
public sealed unsafe class FrameTableTests
{
    public static TheoryData<string> Models => [.. MemoryFixture.Models];

    [Theory, MemberData(nameof(Models))]
    public void A_frame_is_zero_when_taken_again(string model)
    {
        using var frames = new FrameTable(MemoryFixture.ModelNamed(model).CreateStore(1 << 24), 1 << 24);
        for (int round = 0; round < 5; round++)
        {
            var taken = new List<long>();
            for (int i = 0; i < 1500; i++)
            {
                long frame = frames.Allocate();
                Assert.True(new Span<byte>(frames.PointerTo(frame), Page.Size).IndexOfAnyExcept((byte)0) < 0);
                new Span<byte>(frames.PointerTo(frame), Page.Size).Fill(0xEE);
                taken.Add(frame);
            }

            Assert.Equal(1500, taken.Distinct().Count());
            foreach (long frame in taken)
            {
                frames.AddReference(frame);
                frames.ReleaseReference(frame);
                frames.ReleaseReference(frame);
            }

            Assert.Equal(0, frames.ResidentBytes);
        }

        Assert.Equal(1500L * Page.Size, frames.PeakResidentBytes);
    }

    [Fact]
    public void The_limit_counts_frames_in_use()
    {
        using var frames = new FrameTable(MemoryModel.Heap.CreateStore(10 * Page.Size), 10 * Page.Size);
        long last = -1;
        for (int i = 0; i < 10; i++)
        {
            last = frames.AllocateAfter(last);
            Assert.True(last >= 0);
        }

        Assert.Equal(-1, frames.Allocate());
        frames.ReleaseReference(last);
        Assert.True(frames.Allocate() >= 0);
    }

    [Theory, MemberData(nameof(Models))]
    public void Sparse_touching_beyond_the_stores_window_still_reaches_the_limit(string model)
    {
        // One page in each 2 MiB: homes run out long before the limit.
        using PageStore store = model == "heap" ? new HeapPageStore(512 * 64) : new LinuxPageStore(512 * 64);
        using var frames = new FrameTable(store, 64 << 20);
        using var space = new AddressSpace(frames);
        ulong address = 0;
        Assert.Equal(Errno.None, space.Map(ref address, 16UL << 30, MemoryProtection.Read | MemoryProtection.Write, MappingFlags.None));
        for (ulong i = 0; i < 4000; i++)
        {
            Assert.True(space.TryWrite(address + (i << 21), i + 1));
        }

        for (ulong i = 0; i < 4000; i++)
        {
            Assert.True(space.TryRead(address + (i << 21), out ulong value));
            Assert.Equal(i + 1, value);
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void Thousands_of_stores_come_and_go_without_a_trace(string model)
    {
        long descriptors = CountDescriptors();
        for (int i = 0; i < 2000; i++)
        {
            using var memory = new MemoryFixture(model, limitBytes: 64 << 20);
            Assert.True(memory.Space.TryWrite(memory.Map(4), 1));
        }

        Assert.InRange(CountDescriptors(), 0, descriptors + 50);
    }

    [Fact]
    public void Freed_memory_goes_back_to_the_host()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("needs a Linux host");
        }

        using var memory = new MemoryFixture("memfile");
        ulong address = memory.Map(8192);
        Assert.Equal(Errno.None, memory.Space.Advise(address, 8192 * Page.Size, 23));
        for (ulong page = 0; page < 8192; page++)
        {
            Assert.True(memory.Space.TryWrite(address + (page << Page.Shift), 1));
        }

        long full = HostBytes(memory.Frames.Store);
        Assert.InRange(full, 8192L * Page.Size, 8300L * Page.Size);
        Assert.Equal(Errno.None, memory.Space.Unmap(address, 8192 * Page.Size));

        // At most 16 MiB stay for reuse, until nothing is mapped any more.
        Assert.InRange(HostBytes(memory.Frames.Store), 0, 4200L * Page.Size);
        memory.Space.Clear();
        Assert.Equal(0, HostBytes(memory.Frames.Store));
    }

    [Fact]
    public void Threads_may_touch_and_free_at_the_same_time()
    {
        using var memory = new MemoryFixture(limitBytes: 256 << 20);
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            for (int round = 0; round < 60; round++)
            {
                ulong address = 0;
                Assert.Equal(Errno.None, memory.Space.Map(ref address, 64 * Page.Size, MemoryProtection.Read | MemoryProtection.Write, MappingFlags.None));
                for (ulong page = 0; page < 64; page++)
                {
                    ulong value = ((ulong)worker << 32) | page;
                    Assert.True(memory.Space.TryRead(address + (page << Page.Shift), out ulong before));
                    Assert.Equal(0UL, before);
                    Assert.True(memory.Space.TryWrite(address + (page << Page.Shift), value));
                    Assert.True(memory.Space.TryRead(address + (page << Page.Shift), out ulong after));
                    Assert.Equal(value, after);
                }

                Assert.Equal(Errno.None, memory.Space.Unmap(address, 64 * Page.Size));
            }
        });
    }

    private static long CountDescriptors() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : 0;

    private static long HostBytes(PageStore store)
    {
        // Blocks of the memory file, which is what the host has given.
        var start = new ProcessStartInfo("stat", ["-L", "-c", "%b", $"/proc/{Environment.ProcessId}/fd/{store.FileDescriptor}"])
        {
            RedirectStandardOutput = true,
        };
        using Process stat = Process.Start(start)!;
        string blocks = stat.StandardOutput.ReadToEnd();
        stat.WaitForExit();
        Assert.Equal(0, stat.ExitCode);
        return long.Parse(blocks, CultureInfo.InvariantCulture) * 512;
    }
}
