using HermiTux.Abi;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using HermiTux.Tests.Memory;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>What can be done through a window, at each moment: exactly what the page table allows.</summary>
public sealed unsafe class GuestWindowTests
{
    private const int RemapMayMove = 1;
    private const int AdviceDontNeed = 4;
    private const MemoryProtection All = MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute;

    public static TheoryData<ulong> Sizes => [1UL << 32, 1UL << 40];

    [Theory, MemberData(nameof(Sizes))]
    public void Loads_and_stores_through_the_window_are_those_of_the_space(ulong limit)
    {
        using var f = new WindowFixture(limit);
        Assert.Equal(limit, f.Window.Size);
        ulong address = f.Memory.Map(4);
        Assert.Equal((false, false), f.Rights(address));
        Assert.Equal(MemoryFaultKind.None, f.Store(address + 16, 0x1234));
        Assert.True(f.Space.TryRead(address + 16, out ulong seen));
        Assert.Equal(0x1234UL, seen);
        Assert.True(f.Space.TryWrite(address + 24, 0x5678UL));
        Assert.True(f.TryLoad(address + 24, out seen));
        Assert.Equal(0x5678UL, seen);
        Assert.Equal(MemoryFaultKind.None, f.Load(address + (3 * Page.Size), out seen));
        Assert.Equal(0UL, seen);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void The_first_and_last_page_of_the_window_work_and_nothing_beyond(ulong limit)
    {
        using var f = new WindowFixture(limit);
        ulong last = limit - Page.Size;
        ulong beyond = limit;
        Assert.Equal(Errno.None, f.Space.Map(ref last, Page.Size, WindowFixture.ReadWrite, MappingFlags.Fixed));
        Assert.Equal(Errno.ENOMEM, f.Space.Map(ref beyond, Page.Size, WindowFixture.ReadWrite, MappingFlags.Fixed));
        Assert.Equal(MemoryFaultKind.None, f.Store(last + Page.Size - 8, 7));
        Assert.Equal(MemoryFaultKind.NotMapped, f.Store(limit, 7));
        Assert.Equal(MemoryFaultKind.NotMapped, f.Load(0, out _));
        Assert.Equal((false, false), f.Rights(limit + GuestWindow.GuardSize - Page.Size));
        Assert.Equal((false, false), f.Rights(unchecked(0 - GuestWindow.GuardSize)));
        Assert.Equal(MemoryFaultKind.NotMapped, f.Load(unchecked((ulong)-8), out _));
    }

    [Fact]
    public void Each_mapping_of_a_host_file_counts_as_one_of_the_hosts() => WithHostFile(4, (f, file) =>
    {
        ulong address = 0x2000_0000;
        for (int i = 0; i < 100; i++, address += Page.Size)
        {
            // The same page each time: what lies side by side can't be one mapping.
            ulong at = address;
            Assert.Equal(Errno.None, f.Space.Map(ref at, Page.Size, WindowFixture.ReadWrite, MappingFlags.Fixed, file, Page.Size));
            Assert.Equal(MemoryFaultKind.None, f.Load(address, out _));
        }

        Assert.Equal(100, f.Window.Regions);
        ulong whole = 0x3000_0000;
        Assert.Equal(Errno.None, f.Space.Map(ref whole, 4 * Page.Size, WindowFixture.ReadWrite, MappingFlags.Fixed, file));
        Assert.Equal(MemoryFaultKind.None, f.Load(whole + Page.Size, out _));
        Assert.Equal((true, false), f.Rights(whole + (3 * Page.Size)));
        Assert.Equal(101, f.Window.Regions);
        Assert.Equal(0, file.Reads);
    });

    [Fact]
    public void Written_pages_between_pages_of_a_file_survive_a_change_of_the_mapping() => WithHostFile(64, (f, file) =>
    {
        ulong start = 0x2000_0000;
        Assert.Equal(Errno.None, f.Space.Map(ref start, 64 * Page.Size, WindowFixture.ReadWrite, MappingFlags.Fixed, file));
        Assert.Equal(MemoryFaultKind.None, f.Load(start, out _));
        ulong written = start + (15 * Page.Size);
        Assert.Equal(MemoryFaultKind.None, f.Store(written, 0x1234));
        Assert.Equal(MemoryFaultKind.None, f.Load(written - Page.Size, out _));
        Assert.Equal(MemoryFaultKind.None, f.Load(written + Page.Size, out _));

        Assert.Equal(Errno.None, f.Space.Protect(start, 64 * Page.Size, MemoryProtection.Read));

        Assert.Equal(MemoryFaultKind.None, f.Load(written, out ulong seen));
        Assert.Equal(0x1234UL, seen);
        Assert.Equal((true, false), f.Rights(written));
    });

    /// <summary>The 2 MiB around, by which pages are kept, begin before the mapping or after its start.</summary>
    [Theory]
    [InlineData(0x2008_0000UL, 0)]
    [InlineData(0x1FFF_0000UL, 16)]
    public void A_touched_page_of_a_file_brings_in_those_around_it(ulong start, int touched)
    {
        using var f = new WindowFixture();
        ulong at = start;
        Assert.Equal(Errno.None, f.Space.Map(ref at, 32 * Page.Size, WindowFixture.ReadWrite, MappingFlags.Fixed, new TestObject(32 * Page.Size)));
        ulong first = start + ((ulong)touched * Page.Size);
        Assert.Equal(MemoryFaultKind.None, f.Load(first, out _));

        for (ulong page = first; page < first + (16 * Page.Size); page += Page.Size)
        {
            Assert.True(f.TryLoad(page, out _), $"{page:x}");
        }

        Assert.False(f.TryLoad(first + (16 * Page.Size), out _));
    }

    [Fact]
    public void What_the_mapping_forbids_is_a_fault_of_the_right_kind()
    {
        using var f = new WindowFixture();
        ulong read = f.Memory.Map(1, MemoryProtection.Read);
        ulong none = f.Memory.Map(1, MemoryProtection.None);
        ulong code = f.Memory.Map(1, MemoryProtection.Execute);
        var file = new TestObject(100);
        ulong shared = 0;
        Assert.Equal(Errno.None, f.Space.Map(ref shared, 2 * Page.Size, WindowFixture.ReadWrite, MappingFlags.Shared, file));
        Assert.Equal(MemoryFaultKind.None, f.Load(read, out _));
        Assert.Equal(MemoryFaultKind.Protection, f.Store(read, 1));
        Assert.Equal(MemoryFaultKind.Protection, f.Load(none, out _));
        Assert.Equal(MemoryFaultKind.None, f.Load(code, out _));
        Assert.Equal(MemoryFaultKind.Protection, f.Store(code, 1));
        Assert.Equal(MemoryFaultKind.None, f.Store(shared, 1));
        Assert.Equal(MemoryFaultKind.BeyondEndOfFile, f.Store(shared + Page.Size, 1));
        Assert.False(f.Window.TryResolve(shared, MemoryAccess.Write, out MemoryFault fault, busError: true));
        Assert.Equal(MemoryFaultKind.LimitReached, fault.Kind);
    }

    [Fact]
    public void Pages_that_go_away_are_inaccessible_at_once()
    {
        using var f = new WindowFixture();
        ulong address = f.Memory.Map(600);
        for (ulong i = 0; i < 600; i++)
        {
            Assert.Equal(MemoryFaultKind.None, f.Store(address + (i * Page.Size), i));
        }

        Assert.Equal(Errno.None, f.Space.Unmap(address + (10 * Page.Size), 5 * Page.Size));
        Assert.Equal(Errno.None, f.Space.Advise(address + (20 * Page.Size), 5 * Page.Size, AdviceDontNeed));
        Assert.Equal(Errno.None, f.Space.Protect(address + (30 * Page.Size), 5 * Page.Size, MemoryProtection.None));
        Assert.Equal(Errno.None, f.Space.Protect(address + (40 * Page.Size), 5 * Page.Size, MemoryProtection.Read));
        ulong moved = 0;
        Assert.Equal(Errno.None, f.Space.Remap(address + (50 * Page.Size), 5 * Page.Size, 6 * Page.Size, RemapMayMove, ref moved));
        for (ulong i = 0; i < 600; i++)
        {
            (bool, bool) expected = i switch
            {
                >= 10 and < 15 or >= 20 and < 25 or >= 30 and < 35 or >= 50 and < 55 => (false, false),
                >= 40 and < 45 => (true, false),
                _ => (true, true),
            };
            Assert.Equal(expected, f.Rights(address + (i * Page.Size)));
        }

        Assert.Equal(MemoryFaultKind.None, f.Load(address + (20 * Page.Size), out ulong value));
        Assert.Equal(0UL, value);
        Assert.Equal(MemoryFaultKind.None, f.Load(moved + Page.Size, out value));
        Assert.Equal(51UL, value);
        f.Space.Clear();
        Assert.Equal(0, f.Window.Regions);
        Assert.Equal((false, false), f.Rights(address));
    }

    [Fact]
    public void Rights_that_a_guest_adds_to_pages_it_has_used_cost_no_fault()
    {
        using var f = new WindowFixture();
        ulong address = f.Memory.Map(64);
        for (ulong i = 0; i < 64; i++)
        {
            Assert.Equal(MemoryFaultKind.None, f.Store(address + (i * Page.Size), i));
        }

        int faults = f.Faults;
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(Errno.None, f.Space.Protect(address, 64 * Page.Size, MemoryProtection.Read | MemoryProtection.Execute));
            Assert.False(f.TryStore(address, 1));
            Assert.Equal(Errno.None, f.Space.Protect(address, 64 * Page.Size, WindowFixture.ReadWrite));
            for (ulong i = 0; i < 64; i++)
            {
                Assert.True(f.TryStore(address + (i * Page.Size), i));
            }
        }

        Assert.Equal(faults, f.Faults);
        Assert.Equal(1, f.Window.Regions);
    }

    [Fact]
    public void A_store_to_marked_code_faults_once_and_is_reported_whatever_address_it_goes_through()
    {
        using var f = new WindowFixture();
        ulong writable = f.Memory.Map(4, WindowFixture.ReadWrite, MappingFlags.Shared);
        ulong executable = 0;
        Assert.Equal(Errno.None, f.Space.Remap(writable, 0, 4 * Page.Size, RemapMayMove, ref executable));
        Assert.Equal(Errno.None, f.Space.Protect(executable, 4 * Page.Size, All));
        for (ulong i = 0; i < 4; i++)
        {
            Assert.Equal(MemoryFaultKind.None, f.Store(writable + (i * Page.Size), i));
            Assert.Equal(MemoryFaultKind.None, f.Store(executable + (i * Page.Size), i));
        }

        var changes = new ChangeList();
        f.Space.Attach(changes);
        f.Space.MarkCode(executable + Page.Size);
        Assert.Equal((true, true), f.Rights(writable));
        Assert.Equal((true, false), f.Rights(writable + Page.Size));
        Assert.Equal((true, false), f.Rights(executable + Page.Size));
        Assert.Equal(MemoryFaultKind.None, f.Store(writable + Page.Size, 9));
        Assert.Equal([executable + Page.Size], changes.Pages);
        Assert.Equal(MemoryFaultKind.None, f.Load(executable + Page.Size, out ulong value));
        Assert.Equal(9UL, value);
        f.Space.MarkCode(executable + Page.Size);
        Assert.Equal(MemoryFaultKind.None, f.Store(executable + Page.Size, 10));
        Assert.Equal([executable + Page.Size, executable + Page.Size], changes.Pages);
    }

    [Fact]
    public void Filling_memory_takes_few_faults_and_never_more_memory_than_is_mapped()
    {
        using var f = new WindowFixture();
        ulong below = f.Memory.Map(1, MemoryProtection.None);
        ulong address = f.Memory.Map(2000);
        Assert.True(address < below);
        for (ulong i = 0; i < 2000; i++)
        {
            Assert.Equal(MemoryFaultKind.None, f.Store(address + (i * Page.Size) + 8, i));
        }

        Assert.InRange(f.Faults, 1, 20);
        Assert.Equal(2000, f.Space.Mappings.Sum(m => m.ResidentPages));
        int faults = f.Faults;
        ulong down = f.Memory.Map(2000);
        for (ulong i = 2000; i-- > 0;)
        {
            Assert.Equal(MemoryFaultKind.None, f.Store(down + (i * Page.Size) + 8, i));
        }

        Assert.InRange(f.Faults - faults, 1, 20);
    }

    [Fact]
    public void Touching_here_and_there_brings_in_few_pages_and_they_show_as_resident_when_used()
    {
        using var f = new WindowFixture();
        ulong address = f.Memory.Map(4096);
        for (ulong i = 0; i < 4096; i += 8)
        {
            Assert.Equal(MemoryFaultKind.None, f.Store(address + (i * Page.Size), i));
        }

        Assert.InRange(f.Space.Mappings.Sum(m => m.ResidentPages), 512, 512 * TouchPredictor.Neighbours);
        byte[] resident = new byte[16];
        Assert.Equal(Errno.None, f.Space.Resident(address + (64 * Page.Size), 16 * Page.Size, resident));
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], resident);
        Assert.True(f.TryStore(address + (65 * Page.Size), 1) || f.Store(address + (65 * Page.Size), 1) == MemoryFaultKind.None);
        Assert.Equal(Errno.None, f.Space.Resident(address + (64 * Page.Size), 16 * Page.Size, resident));
        Assert.Equal([1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], resident);
    }

    [Fact]
    public void Near_the_memory_limit_nothing_is_brought_in_unasked()
    {
        using var f = new WindowFixture(limitBytes: 3 << 20);
        ulong address = f.Memory.Map(700);
        for (ulong i = 0; i < 700; i++)
        {
            Assert.Equal(MemoryFaultKind.None, f.Store(address + (i * Page.Size), i));
            Assert.InRange(f.Space.Mappings.Sum(m => m.ResidentPages), (long)i + 1, Math.Max((long)i + 1, 768 / 2));
        }
    }

    [Fact]
    public void A_window_that_was_emptied_fills_again()
    {
        using var f = new WindowFixture();
        ulong address = f.Memory.Map(1024);
        for (ulong i = 0; i < 1024; i += 2)
        {
            Assert.Equal(MemoryFaultKind.None, f.Store(address + (i * Page.Size), i));
            Assert.Equal(Errno.None, f.Space.Protect(address + (i * Page.Size), Page.Size, (i & 2) == 0 ? MemoryProtection.Read : WindowFixture.ReadWrite));
        }

        Assert.InRange(f.Window.Regions, 512, 1024);
        f.Window.HideAll();
        Assert.Equal(0, f.Window.Regions);
        for (ulong i = 0; i < 1024; i += 2)
        {
            Assert.Equal((false, false), f.Rights(address + (i * Page.Size)));
            Assert.Equal(MemoryFaultKind.None, f.Load(address + (i * Page.Size), out ulong value));
            Assert.Equal(i, value);
        }
    }

    [Fact]
    public void Windows_leave_half_of_the_hosts_mappings_to_the_runtime()
    {
        using var f = new WindowFixture(limitBytes: 1L << 34);
        const ulong Step = 2 * TouchPredictor.Neighbours * Page.Size;
        ulong count = (ulong)WindowBudget.MaximumRegions * 9 / 8;
        ulong address = f.Memory.Map((long)(count * Step / Page.Size), flags: MappingFlags.None);
        int most = 0;
        for (ulong i = 0; i < count; i++)
        {
            Assert.True(f.Window.TryResolve(address + (i * Step), MemoryAccess.Write, out _));
            most = Math.Max(most, f.Window.Regions);
            if (f.Window.Regions < most / 2)
            {
                break;
            }
        }

        // Other tests' windows have a part of the budget.
        Assert.InRange(most, WindowBudget.MaximumRegions / 8, WindowBudget.MaximumRegions + 1);
        Assert.InRange(f.Window.Regions, 1, most / 2);
        Assert.InRange(File.ReadLines("/proc/self/maps").Count(), 1, WindowBudget.MaximumRegions * 3);
        Assert.Equal(MemoryFaultKind.None, f.Store(address, 1));
    }

    [Fact]
    public void A_disposed_window_leaves_the_space_alone()
    {
        using var f = new WindowFixture();
        ulong address = f.Memory.Map(16);
        Assert.Equal(MemoryFaultKind.None, f.Store(address, 5));
        f.Window.Dispose();
        Assert.Equal(Errno.None, f.Space.Protect(address, Page.Size, MemoryProtection.Read));
        Assert.True(f.Space.TryRead(address, out ulong value));
        Assert.Equal(5UL, value);
        Assert.False(f.Window.TryResolve(address, MemoryAccess.Read, out _));
    }

    [Fact]
    public void A_store_in_the_heap_has_no_window()
    {
        using var memory = new MemoryFixture("heap");
        if (!GuestWindow.IsSupported(out string? reason))
        {
            Assert.Skip(reason!);
        }

        Assert.Contains("memory file", Assert.Throws<IOException>(() => new GuestWindow(memory.Space)).Message);
    }

    /// <summary>Does something with a window and a file of zeros of the host.</summary>
    private static void WithHostFile(int pages, Action<WindowFixture, HostFileObject> test)
    {
        using var f = new WindowFixture();
        string path = Path.GetTempFileName();
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.SetLength(handle, pages * Page.Size);
            test(f, new HostFileObject((int)handle.DangerousGetHandle(), pages * Page.Size));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private sealed class HostFileObject(int descriptor, long length) : IMemoryObject
    {
        public long Length => length;

        public int HostDescriptor => descriptor;

        public int Reads { get; private set; }

        public MemoryObjectName Name => new("/host", 1, 2);

        public Errno GetPage(FrameTable frames, long pageIndex, out long frame)
        {
            frame = -1;
            return Errno.EIO;
        }

        public int ReadPage(long pageIndex, Span<byte> destination)
        {
            Reads++;
            destination.Clear();
            return destination.Length;
        }

        public Errno WriteBack(FrameTable frames, long firstPage, long count) => Errno.None;

        public void Mapped()
        {
        }

        public void Unmapped()
        {
        }
    }

    private sealed class ChangeList : IAddressSpaceView
    {
        public List<ulong> Pages { get; } = [];

        public void Invalidate(ulong start, ulong length)
        {
        }

        public void InvalidateCode(ulong page) => Pages.Add(page);

        public void ProtectCode(ulong page)
        {
        }
    }
}
