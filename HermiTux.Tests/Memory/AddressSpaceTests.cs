using System.Text;
using HermiTux.Abi;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Memory;

/// <summary>mmap(2) and friends on both page stores.</summary>
public sealed class AddressSpaceTests
{
    private const MemoryProtection ReadWrite = MemoryProtection.Read | MemoryProtection.Write;
    private const int MayMove = 1;
    private const int FixedMove = 2;
    private const int DontUnmap = 4;

    public static TheoryData<string> Models => [.. MemoryFixture.Models];

    [Theory, MemberData(nameof(Models))]
    public void Map_gives_zeroed_memory_that_costs_nothing_until_touched(string model)
    {
        using var memory = new MemoryFixture(model, limitBytes: 64 << 20);
        AddressSpace space = memory.Space;
        ulong address = 0;
        Assert.Equal(Errno.None, space.Map(ref address, 8UL << 40, ReadWrite, MappingFlags.None));
        Assert.Equal(0, memory.Frames.ResidentBytes);
        Assert.True(space.TryRead(address + (5UL << 40), out ulong value));
        Assert.Equal(0UL, value);
        Assert.Equal(Page.Size, memory.Frames.ResidentBytes);
        Assert.Equal(Errno.None, space.Unmap(address, 8UL << 40));
        Assert.Equal(0, memory.Frames.ResidentBytes);
    }

    [Theory, MemberData(nameof(Models))]
    public void Memory_reads_as_zero_again_after_unmap_and_map(string model)
    {
        using var memory = new MemoryFixture(model);
        for (int round = 0; round < 20; round++)
        {
            ulong address = memory.Map(64);
            byte[] zeros = new byte[64 * Page.Size];
            byte[] bytes = new byte[zeros.Length];
            Assert.True(memory.Space.TryRead(address, bytes));
            Assert.Equal(zeros, bytes);
            Array.Fill(bytes, (byte)0xA5);
            Assert.True(memory.Space.TryWrite(address, bytes));
            Assert.Equal(Errno.None, memory.Space.Unmap(address, 64 * Page.Size));
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void Touching_beyond_the_limit_is_reported_and_freeing_helps(string model)
    {
        using var memory = new MemoryFixture(model, limitBytes: 1 << 20);
        ulong address = memory.Map(1024);
        int touched = 0;
        MemoryFault fault = default;
        unsafe
        {
            while (touched < 1024 && memory.Space.TryTranslate(address + ((ulong)touched << Page.Shift), MemoryAccess.Write, out _, out fault))
            {
                touched++;
            }
        }

        Assert.InRange(touched, 240, 256);
        Assert.Equal(MemoryFaultKind.LimitReached, fault.Kind);
        Assert.Equal(Errno.None, memory.Space.Advise(address, 16 * Page.Size, 4));
        Assert.True(memory.Space.TryWrite(fault.Address, 1));
    }

    [Fact]
    public void Faults_say_where_and_why()
    {
        using var memory = new MemoryFixture();
        ulong address = memory.Map(1, MemoryProtection.Read);
        Assert.Equal(MemoryFaultKind.Protection, memory.Fault(address + 5, MemoryAccess.Write));
        Assert.Equal(MemoryFaultKind.Protection, memory.Fault(address, MemoryAccess.Execute));
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(address + Page.Size, MemoryAccess.Read));
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(0, MemoryAccess.Read));
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(0x7FFF_FFFF_F000, MemoryAccess.Read));
        Assert.Equal(MemoryFaultKind.NonCanonical, memory.Fault(0x8000_0000_0000, MemoryAccess.Read));
        Assert.Equal(MemoryFaultKind.NonCanonical, memory.Fault(0xFFFF_7FFF_FFFF_FFFF, MemoryAccess.Write));
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(0xFFFF_8000_0000_0000, MemoryAccess.Read));
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(ulong.MaxValue, MemoryAccess.Read));
        ulong none = memory.Map(1, MemoryProtection.None);
        Assert.Equal(MemoryFaultKind.Protection, memory.Fault(none, MemoryAccess.Read));
        ulong executable = memory.Map(1, MemoryProtection.Execute);
        Assert.Equal(MemoryFaultKind.None, memory.Fault(executable, MemoryAccess.Read));
        ulong writable = memory.Map(1, MemoryProtection.Write);
        Assert.Equal(MemoryFaultKind.None, memory.Fault(writable, MemoryAccess.Read));
    }

    [Fact]
    public void Copies_that_wrap_around_or_leave_user_space_fail()
    {
        using var memory = new MemoryFixture();
        byte[] buffer = new byte[64];
        Assert.False(memory.Space.TryRead(ulong.MaxValue - 10, buffer));
        Assert.False(memory.Space.TryWrite(ulong.MaxValue - 10, buffer));
        Assert.False(memory.Space.TryRead(Page.UserEnd - 10, buffer));
        Assert.False(memory.Space.TryGetSpan(ulong.MaxValue, int.MaxValue, MemoryAccess.Read, out _));
        Assert.Equal(Errno.EFAULT, memory.Space.TryReadCString(ulong.MaxValue, 100, out _));
        ulong top = 0x7FFF_FFFF_E000;
        Assert.Equal(Errno.None, memory.Space.Map(ref top, Page.Size, ReadWrite, MappingFlags.Fixed));
        Assert.True(memory.Space.TryWrite(top + Page.Size - 64, buffer));
        Assert.False(memory.Space.TryWrite(top + Page.Size - 63, buffer));
    }

    [Fact]
    public void Map_checks_its_arguments_as_Linux_does()
    {
        using var memory = new MemoryFixture();
        AddressSpace space = memory.Space;
        ulong address = 0;
        Assert.Equal(Errno.EINVAL, space.Map(ref address, 0, ReadWrite, MappingFlags.None));
        Assert.Equal(Errno.ENOMEM, space.Map(ref address, ulong.MaxValue, ReadWrite, MappingFlags.None));
        Assert.Equal(Errno.ENOMEM, space.Map(ref address, 1UL << 47, ReadWrite, MappingFlags.None));
        address = 0x1234;
        Assert.Equal(Errno.EINVAL, space.Map(ref address, Page.Size, ReadWrite, MappingFlags.Fixed));
        address = 0x1000;
        Assert.Equal(Errno.EPERM, space.Map(ref address, Page.Size, ReadWrite, MappingFlags.Fixed));
        address = Page.UserEnd;
        Assert.Equal(Errno.ENOMEM, space.Map(ref address, Page.Size, ReadWrite, MappingFlags.Fixed));
        address = 0x10_0000;
        Assert.Equal(Errno.None, space.Map(ref address, 2 * Page.Size, ReadWrite, MappingFlags.FixedNoReplace));
        address = 0x10_1000;
        Assert.Equal(Errno.EEXIST, space.Map(ref address, Page.Size, ReadWrite, MappingFlags.FixedNoReplace));
        address = 0;
        Assert.Equal(Errno.EOVERFLOW, space.Map(ref address, 2 * Page.Size, ReadWrite, MappingFlags.None, new TestObject(10), ulong.MaxValue & ~Page.OffsetMask));
        Assert.Equal(Errno.EINVAL, space.Map(ref address, Page.Size, ReadWrite, MappingFlags.None, new TestObject(10), 12));
    }

    [Fact]
    public void Placement_is_top_down_honours_hints_and_low32()
    {
        using var memory = new MemoryFixture();
        AddressSpace space = memory.Space;
        ulong first = memory.Map(1);
        Assert.Equal(space.MmapBase - Page.Size, first);
        Assert.Equal(first - (4 * Page.Size), memory.Map(4));
        ulong hint = 0x1234_5678_9ABC;
        Assert.Equal(Errno.None, space.Map(ref hint, Page.Size, ReadWrite, MappingFlags.None));
        Assert.Equal(0x1234_5678_9000UL, hint);
        ulong taken = 0x1234_5678_9000;
        Assert.Equal(Errno.None, space.Map(ref taken, Page.Size, ReadWrite, MappingFlags.None));
        Assert.Equal(first - (5 * Page.Size), taken);
        ulong low = 0;
        Assert.Equal(Errno.None, space.Map(ref low, Page.Size, ReadWrite, MappingFlags.Low32));
        Assert.Equal(0x4000_0000UL, low);
    }

    [Fact]
    public void Unmap_and_protect_split_mappings_and_alike_neighbours_merge()
    {
        using var memory = new MemoryFixture();
        AddressSpace space = memory.Space;
        ulong address = memory.Map(9);
        Assert.Single(space.Mappings);
        Assert.Equal(Errno.None, space.Protect(address + (3 * Page.Size), Page.Size, MemoryProtection.Read));
        Assert.Equal(3, space.Mappings.Count);
        Assert.Equal(Errno.None, space.Protect(address + (3 * Page.Size), Page.Size, ReadWrite));
        Assert.Single(space.Mappings);
        Assert.Equal(Errno.None, space.Unmap(address + (4 * Page.Size), 2 * Page.Size));
        Assert.Equal(2, space.Mappings.Count);
        Assert.Equal(Errno.ENOMEM, space.Protect(address, 9 * Page.Size, MemoryProtection.Read));
        Assert.Equal(MemoryProtection.Read, space.Mappings[0].Protection);
        Assert.Equal(ReadWrite, space.Mappings[1].Protection);
        Assert.Equal(Errno.EINVAL, space.Unmap(address + 1, Page.Size));
        Assert.Equal(Errno.EINVAL, space.Unmap(address, 0));
        Assert.Equal(Errno.None, space.Unmap(Page.Size, Page.UserEnd - Page.Size));
        Assert.Empty(space.Mappings);
    }

    [Fact]
    public void Too_many_mappings_give_ENOMEM()
    {
        using var memory = new MemoryFixture();
        AddressSpace space = memory.Space;
        ulong address = memory.Map(70000);
        Errno error = Errno.None;
        ulong i = 0;
        for (; i < 70000 && error == Errno.None; i += 2)
        {
            error = space.Protect(address + (i * Page.Size), Page.Size, MemoryProtection.Read);
        }

        Assert.Equal(Errno.ENOMEM, error);
        Assert.InRange(space.Mappings.Count, 65520, 65530);
        ulong other = 0;
        Assert.Equal(Errno.None, space.Unmap(address, 70000 * Page.Size));
        Assert.Equal(Errno.None, space.Map(ref other, Page.Size, ReadWrite, MappingFlags.None));
    }

    [Fact]
    public void Stack_grows_down_to_its_limit_and_keeps_a_gap()
    {
        using var memory = new MemoryFixture();
        AddressSpace space = memory.Space;
        space.StackLimit = 4 << 20;
        ulong top = 0x7FFF_0000_0000;
        ulong start = top - Page.Size;
        Assert.Equal(Errno.None, space.Map(ref start, Page.Size, ReadWrite, MappingFlags.Fixed | MappingFlags.GrowsDown, name: "[stack]"));
        Assert.True(space.TryWrite(top - (2 << 20), 1));
        Assert.Equal("[stack]", space.Mappings[0].Name.Path);
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(top - (4 << 20) - 1, MemoryAccess.Write));
        Assert.Equal(MemoryFaultKind.None, memory.Fault(top - (4 << 20), MemoryAccess.Write));

        ulong second = 0x6FFF_0000_0000;
        ulong below = second - (3 << 20);
        Assert.Equal(Errno.None, space.Map(ref second, Page.Size, ReadWrite, MappingFlags.Fixed | MappingFlags.GrowsDown));
        Assert.Equal(Errno.None, space.Map(ref below, Page.Size, ReadWrite, MappingFlags.Fixed));
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(second - (3 << 20) + (1 << 20), MemoryAccess.Write));
        Assert.Equal(MemoryFaultKind.None, memory.Fault(second - (3 << 20) + (1 << 20) + Page.Size, MemoryAccess.Write));
    }

    [Fact]
    public void Brk_grows_shrinks_and_stops_before_a_neighbour()
    {
        using var memory = new MemoryFixture();
        AddressSpace space = memory.Space;
        const ulong Heap = 0x5555_5555_0000;
        space.SetBrkStart(Heap);
        Assert.Equal(Heap, space.Brk(0));
        Assert.Equal(Heap + 100, space.Brk(Heap + 100));
        Assert.Equal("[heap]", space.Mappings[0].Name.Path);
        Assert.True(space.TryWrite(Heap + 99, (byte)1));
        Assert.Equal(Heap + 0x5000, space.Brk(Heap + 0x5000));
        Assert.Equal(Heap + 0x1000, space.Brk(Heap + 0x1000));
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(Heap + 0x1000, MemoryAccess.Read));
        ulong wall = Heap + 0x8000;
        Assert.Equal(Errno.None, space.Map(ref wall, Page.Size, ReadWrite, MappingFlags.Fixed));
        Assert.Equal(Heap + 0x1000, space.Brk(Heap + 0x8000));
        Assert.Equal(Heap + 0x7000, space.Brk(Heap + 0x7000));
        Assert.Equal(Heap + 0x7000, space.Brk(ulong.MaxValue));
        Assert.Equal(Heap + 0x7000, space.Brk(Heap - 1));
        space.DataLimit = 0x4000;
        Assert.Equal(Heap + 0x7000, space.Brk(Heap + 0x7010));
    }

    [Fact]
    public void Limits_on_address_space_and_data_give_ENOMEM()
    {
        using var memory = new MemoryFixture();
        AddressSpace space = memory.Space;
        space.SizeLimit = 16 * Page.Size;
        ulong address = 0;
        Assert.Equal(Errno.ENOMEM, space.Map(ref address, 17 * Page.Size, ReadWrite, MappingFlags.None));
        Assert.Equal(Errno.None, space.Map(ref address, 16 * Page.Size, MemoryProtection.None, MappingFlags.None));
        Assert.Equal(Errno.None, space.Map(ref address, 16 * Page.Size, MemoryProtection.None, MappingFlags.Fixed));
        space.DataLimit = 4 * Page.Size;
        Assert.Equal(Errno.ENOMEM, space.Protect(address, 5 * Page.Size, ReadWrite));
        Assert.Equal(Errno.None, space.Protect(address, 4 * Page.Size, ReadWrite));
    }

    [Theory, MemberData(nameof(Models))]
    public void Remap_moves_content_in_every_form(string model)
    {
        using var memory = new MemoryFixture(model);
        AddressSpace space = memory.Space;
        ulong address = memory.Map(4);
        ulong blocker = memory.Map(1);
        Assert.Equal(blocker + Page.Size, address);
        Assert.True(space.TryWrite(address + 0x3000, 0x1234));

        // The page above is free only below the mmap base's gap, so growing needs a move.
        ulong result = 0;
        ulong above = address + (4 * Page.Size);
        Assert.Equal(Errno.None, space.Map(ref above, Page.Size, MemoryProtection.Read, MappingFlags.Fixed));
        Assert.Equal(Errno.ENOMEM, space.Remap(address, 4 * Page.Size, 8 * Page.Size, 0, ref result));
        Assert.Equal(Errno.None, space.Remap(address, 4 * Page.Size, 8 * Page.Size, MayMove, ref result));
        Assert.NotEqual(address, result);
        Assert.True(space.TryRead(result + 0x3000, out int value));
        Assert.Equal(0x1234, value);
        Assert.True(space.TryRead(result + 0x7000, out value));
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(address, MemoryAccess.Read));

        ulong target = 0x2000_0000;
        Assert.Equal(Errno.None, space.Remap(result, 8 * Page.Size, 4 * Page.Size, MayMove | FixedMove, ref target));
        Assert.Equal(0x2000_0000UL, target);
        Assert.True(space.TryRead(target + 0x3000, out value));
        Assert.Equal(0x1234, value);
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(result + 0x5000, MemoryAccess.Read));

        ulong kept = 0;
        Assert.Equal(Errno.None, space.Remap(target, 4 * Page.Size, 4 * Page.Size, MayMove | DontUnmap, ref kept));
        Assert.True(space.TryRead(kept + 0x3000, out value));
        Assert.Equal(0x1234, value);
        Assert.True(space.TryRead(target + 0x3000, out value));
        Assert.Equal(0, value);

        Assert.Equal(Errno.None, space.Remap(kept, 4 * Page.Size, 1, 0, ref result));
        Assert.Equal(kept, result);
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(kept + 0x1000, MemoryAccess.Read));
        Assert.Equal(Errno.None, space.Remap(kept, Page.Size, 2 * Page.Size, 0, ref result));
        Assert.True(space.TryRead(kept + 0x1000, out value));
    }

    [Fact]
    public void Remap_checks_its_arguments_as_Linux_does()
    {
        using var memory = new MemoryFixture();
        AddressSpace space = memory.Space;
        ulong address = memory.Map(4);
        ulong result = 0;
        Assert.Equal(Errno.EINVAL, space.Remap(address + 1, Page.Size, Page.Size, 0, ref result));
        Assert.Equal(Errno.EINVAL, space.Remap(address, Page.Size, 0, 0, ref result));
        Assert.Equal(Errno.EINVAL, space.Remap(address, Page.Size, Page.Size, 8, ref result));
        Assert.Equal(Errno.EINVAL, space.Remap(address, Page.Size, Page.Size, FixedMove, ref result));
        Assert.Equal(Errno.EINVAL, space.Remap(address, Page.Size, 2 * Page.Size, MayMove | DontUnmap, ref result));
        Assert.Equal(Errno.EFAULT, space.Remap(0x3000_0000, Page.Size, 2 * Page.Size, MayMove, ref result));
        Assert.Equal(Errno.EFAULT, space.Remap(address, 5 * Page.Size, 6 * Page.Size, MayMove, ref result));
        Assert.Equal(Errno.EINVAL, space.Remap(address, 0, Page.Size, MayMove, ref result));
        result = address + Page.Size;
        Assert.Equal(Errno.EINVAL, space.Remap(address, 2 * Page.Size, 2 * Page.Size, MayMove | FixedMove, ref result));
        result = 0;
        Assert.Equal(Errno.ENOMEM, space.Remap(address, Page.Size, 1UL << 60, MayMove, ref result));
    }

    [Theory, MemberData(nameof(Models))]
    public void Shared_anonymous_memory_is_one_memory_at_two_addresses(string model)
    {
        using var memory = new MemoryFixture(model);
        AddressSpace space = memory.Space;
        ulong address = memory.Map(2, ReadWrite, MappingFlags.Shared);
        ulong alias = 0;
        Assert.Equal(Errno.None, space.Remap(address, 0, 2 * Page.Size, MayMove, ref alias));
        Assert.True(space.TryWrite(address + 0x1008, 42L));
        Assert.True(space.TryRead(alias + 0x1008, out long value));
        Assert.Equal(42, value);
        Assert.Equal(Errno.None, space.Advise(address, 2 * Page.Size, 4));
        Assert.True(space.TryRead(address + 0x1008, out value));
        Assert.Equal(42, value);
        Assert.Equal(Errno.None, space.Advise(address, 2 * Page.Size, 9));
        Assert.True(space.TryRead(alias + 0x1008, out value));
        Assert.Equal(0, value);
        Assert.Equal(Errno.None, space.Unmap(address, 2 * Page.Size));
        Assert.Equal(Errno.None, space.Unmap(alias, 2 * Page.Size));
        Assert.Equal(0, memory.Frames.ResidentBytes);
    }

    [Theory, MemberData(nameof(Models))]
    public void Private_file_mapping_reads_the_file_and_keeps_stores_to_itself(string model)
    {
        using var memory = new MemoryFixture(model);
        var file = new TestObject(Page.Size + 100);
        ulong address = 0;
        Assert.Equal(Errno.None, memory.Space.Map(ref address, 3 * Page.Size, ReadWrite, MappingFlags.None, file));
        Assert.Equal(0, memory.Frames.ResidentBytes);
        Assert.True(memory.Space.TryRead(address + Page.Size + 50, out byte value));
        Assert.Equal(file.ContentAt(Page.Size + 50), value);
        Assert.True(memory.Space.TryRead(address + Page.Size + 100, out value));
        Assert.Equal(0, value);
        Assert.Equal(MemoryFaultKind.BeyondEndOfFile, memory.Fault(address + (2 * Page.Size), MemoryAccess.Read));
        Assert.True(memory.Space.TryWrite(address + 7, (byte)~file.ContentAt(7)));
        Assert.Equal(Errno.None, memory.Space.Advise(address, Page.Size, 4));
        Assert.True(memory.Space.TryRead(address + 7, out value));
        Assert.Equal(file.ContentAt(7), value);
        Assert.Equal(Errno.None, memory.Space.Unmap(address + Page.Size, Page.Size));
        Assert.Equal(2, file.Mappings);
        memory.Space.Clear();
        Assert.Equal(0, file.Mappings);
    }

    [Theory, MemberData(nameof(Models))]
    public void Shared_file_mapping_shows_the_objects_own_frames(string model)
    {
        using var memory = new MemoryFixture(model);
        var file = new TestObject(3 * Page.Size);
        ulong address = 0;
        Assert.Equal(Errno.None, memory.Space.Map(ref address, 3 * Page.Size, ReadWrite, MappingFlags.Shared, file));
        Assert.True(memory.Space.TryWrite(address + 0x2004, 77));
        Assert.Equal(Errno.None, file.GetPage(memory.Frames, 2, out long frame));
        unsafe
        {
            Assert.Equal(77, *(int*)(memory.Frames.PointerTo(frame) + 4));
        }

        memory.Frames.ReleaseReference(frame);

        Assert.Equal(Errno.None, memory.Space.Sync(address, 3 * Page.Size, 4));
        Assert.Equal(1, file.WriteBacks);
        file.Shrink(memory.Frames, Page.Size);
        Assert.Equal(MemoryFaultKind.BeyondEndOfFile, memory.Fault(address + 0x2004, MemoryAccess.Read));
        Assert.Equal(MemoryFaultKind.None, memory.Fault(address, MemoryAccess.Read));
    }

    [Fact]
    public void Mprotect_may_not_make_a_read_only_shared_file_writable()
    {
        using var memory = new MemoryFixture();
        ulong address = 0;
        Assert.Equal(Errno.None, memory.Space.Map(ref address, Page.Size, MemoryProtection.Read,
            MappingFlags.Shared | MappingFlags.NeverWritable, new TestObject(100)));
        Assert.Equal(Errno.EACCES, memory.Space.Protect(address, Page.Size, ReadWrite));
    }

    [Fact]
    public void Protect_takes_rights_away_from_touched_pages_and_gives_them_back()
    {
        using var memory = new MemoryFixture();
        ulong address = memory.Map(3);
        Assert.True(memory.Space.TryWrite(address + 0x1000, 5));
        Assert.Equal(Errno.None, memory.Space.Protect(address + 0x1000, Page.Size, MemoryProtection.None));
        Assert.Equal(MemoryFaultKind.Protection, memory.Fault(address + 0x1000, MemoryAccess.Read));
        Assert.Equal(Errno.None, memory.Space.Protect(address + 0x1000, Page.Size, ReadWrite));
        Assert.True(memory.Space.TryRead(address + 0x1000, out int value));
        Assert.Equal(5, value);
    }

    [Fact]
    public void Madvise_checks_its_arguments_as_Linux_does()
    {
        using var memory = new MemoryFixture();
        AddressSpace space = memory.Space;
        ulong address = memory.Map(4);
        Assert.Equal(Errno.EINVAL, space.Advise(address, Page.Size, 5));
        Assert.Equal(Errno.EINVAL, space.Advise(address, Page.Size, 102));
        Assert.Equal(Errno.EINVAL, space.Advise(address, Page.Size, -1));
        Assert.Equal(Errno.EINVAL, space.Advise(address + 1, Page.Size, 0));
        Assert.Equal(Errno.EINVAL, space.Advise(address, ulong.MaxValue, 0));
        Assert.Equal(Errno.None, space.Advise(address, 0, 4));
        Assert.Equal(Errno.ENOMEM, space.Advise(address - Page.Size, 2 * Page.Size, 4));
        Assert.Equal(Errno.None, space.SetLocked(address, Page.Size, true));
        Assert.Equal(Errno.EINVAL, space.Advise(address, Page.Size, 4));
        Assert.Equal(Errno.None, space.SetLocked(address, Page.Size, false));
        Assert.Equal(Errno.None, space.Advise(address, Page.Size, 4));
        Assert.Equal(Errno.None, space.Advise(address, 4 * Page.Size, 23));
        Assert.Equal(4 * Page.Size, memory.Frames.ResidentBytes);
        Assert.Equal(Errno.ENOMEM, space.SetLocked(address, 5 * Page.Size, true));
    }

    [Fact]
    public void Mincore_tells_touched_pages()
    {
        using var memory = new MemoryFixture();
        ulong address = memory.Map(3);
        Assert.True(memory.Space.TryWrite(address + 0x1000, 1));
        byte[] pages = new byte[3];
        Assert.Equal(Errno.None, memory.Space.Resident(address, 3 * Page.Size, pages));
        Assert.Equal([0, 1, 0], pages);
        Assert.Equal(Errno.ENOMEM, memory.Space.Resident(address + Page.Size, 3 * Page.Size, pages));
        Assert.Equal(Errno.EINVAL, memory.Space.Resident(address + 1, Page.Size, pages));
    }

    [Fact]
    public void Spans_over_consecutive_pages_are_contiguous_and_bounded()
    {
        using var memory = new MemoryFixture();
        ulong address = memory.Map(1 << 14);
        Assert.True(memory.Space.TryGetSpan((address & ~0x1F_FFFFUL) + 0x20_0064, 1 << 24, MemoryAccess.Write, out Span<byte> span));
        Assert.InRange(span.Length, Page.Size, 80 * Page.Size);
        Assert.InRange(memory.Frames.ResidentBytes, 1, 80 * Page.Size);
        Assert.Equal(Errno.None, memory.Space.Advise(Page.Floor(address), 256 * Page.Size, 23));
        Assert.True(memory.Space.TryGetSpan((address & ~0x1F_FFFFUL) + 0x40_0000, 1 << 16, MemoryAccess.Read, out span));
        Assert.Equal(1 << 16, span.Length);
        Assert.True(memory.Space.TryGetSpan(address + (1 << 26) - 5, 100, MemoryAccess.Read, out span));
        Assert.Equal(5, span.Length);
        Assert.False(memory.Space.TryGetSpan(address + (1 << 26), 100, MemoryAccess.Read, out span));
        Assert.True(span.IsEmpty);
    }

    [Fact]
    public void Strings_are_read_across_pages()
    {
        using var memory = new MemoryFixture();
        ulong address = memory.Map(2);
        byte[] text = Encoding.ASCII.GetBytes(new string('x', 200));
        Assert.True(memory.Space.TryWrite(address + Page.Size - 100, text));
        Assert.Equal(Errno.None, memory.Space.TryReadCString(address + Page.Size - 100, 4096, out byte[] read));
        Assert.Equal(text, read);
        Assert.Equal(Errno.ENAMETOOLONG, memory.Space.TryReadCString(address + Page.Size - 100, 200, out _));
        byte[] full = new byte[Page.Size];
        Array.Fill(full, (byte)'y');
        Assert.True(memory.Space.TryWrite(address + Page.Size, full));
        Assert.Equal(Errno.EFAULT, memory.Space.TryReadCString(address + Page.Size, 8192, out _));
    }

    [Fact]
    public void Compare_exchange_swaps_only_the_expected_value()
    {
        using var memory = new MemoryFixture();
        ulong address = memory.Map(1);
        Assert.True(memory.Space.TryCompareExchange(address, 0, 7, out uint previous));
        Assert.Equal(0u, previous);
        Assert.True(memory.Space.TryCompareExchange(address, 0, 8, out previous));
        Assert.Equal(7u, previous);
        Assert.False(memory.Space.TryCompareExchange(address + 2, 0, 8, out _));
        Assert.False(memory.Space.TryCompareExchange(address + Page.Size, 0, 8, out _));
    }

    [Fact]
    public void Names_of_anonymous_memory_show_in_the_mappings()
    {
        using var memory = new MemoryFixture();
        ulong address = memory.Map(3);
        Assert.Equal(Errno.None, memory.Space.SetName(address + Page.Size, Page.Size, "arena"));
        Assert.Equal(["", "[anon:arena]", ""], memory.Space.Mappings.Select(m => m.Name.Path));
        Assert.Equal(Errno.None, memory.Space.SetName(address + Page.Size, Page.Size, null));
        Assert.Single(memory.Space.Mappings);
    }
}
