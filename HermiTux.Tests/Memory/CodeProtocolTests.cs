using HermiTux.Abi;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Memory;

/// <summary>What views hear of changed translations and changed code.</summary>
public sealed unsafe class CodeProtocolTests
{
    private const MemoryProtection All = MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute;

    public static TheoryData<string> Writers => ["translate", "write", "span", "exchange"];

    [Theory, MemberData(nameof(Writers))]
    public void A_store_to_marked_code_is_reported_once_before_the_bytes_change(string writer)
    {
        using var memory = new MemoryFixture();
        ulong page = memory.Map(1, All);
        Assert.True(memory.Space.TryWrite(page, 1u));
        var view = new RecordingView();
        memory.Space.Attach(view);
        memory.Space.MarkCode(page + 8);
        Assert.Equal([page], view.Protected);
        for (int i = 0; i < 2; i++)
        {
            bool written = writer switch
            {
                "translate" => memory.Space.TryTranslate(page + 16, MemoryAccess.Write, out _, out _),
                "write" => memory.Space.TryWrite(page + 16, 2),
                "span" => memory.Space.TryGetSpan(page, Page.Size, MemoryAccess.Write, out _),
                _ => memory.Space.TryCompareExchange(page, 1, 1, out _),
            };
            Assert.True(written);
            Assert.Equal([page], view.Changed);
        }

        memory.Space.MarkCode(page);
        Assert.True(memory.Space.TryWrite(page, 5));
        Assert.Equal([page, page], view.Changed);
        Assert.True(memory.Space.TryRead(page, out int _));
    }

    [Fact]
    public void A_store_through_another_mapping_of_the_frame_is_reported_for_the_executable_one()
    {
        using var memory = new MemoryFixture();
        ulong writable = memory.Map(1, MemoryProtection.Read | MemoryProtection.Write, MappingFlags.Shared);
        ulong executable = 0;
        Assert.Equal(Errno.None, memory.Space.Remap(writable, 0, Page.Size, 1, ref executable));
        Assert.Equal(Errno.None, memory.Space.Protect(executable, Page.Size, MemoryProtection.Read | MemoryProtection.Execute));
        Assert.True(memory.Space.TryWrite(writable, 1));
        Assert.True(memory.Space.TryRead(executable, out int _));
        var view = new RecordingView();
        memory.Space.Attach(view);
        memory.Space.MarkCode(executable);
        Assert.Contains(writable, view.Protected);
        Assert.Empty(view.Invalidated);
        Assert.True(memory.Space.TryWrite(writable, 2));
        Assert.Equal([executable], view.Changed);
    }

    [Fact]
    public void Code_in_a_shared_file_is_protected_in_every_space_that_maps_it_and_nowhere_else()
    {
        using var memory = new MemoryFixture();
        using var other = new AddressSpace(memory.Frames);
        var file = new TestObject(4 * Page.Size);
        ulong here = 0;
        ulong there = 0;
        Assert.Equal(Errno.None, memory.Space.Map(ref here, 4 * Page.Size, All, MappingFlags.Shared, file));
        Assert.Equal(Errno.None, other.Map(ref there, 2 * Page.Size, All, MappingFlags.Shared, file, 2 * Page.Size));
        Assert.True(other.TryWrite(there, 1));
        Assert.True(other.TryWrite(there + Page.Size, 1));
        Assert.True(memory.Space.TryRead(here + (3 * Page.Size), out int _));
        var view = new RecordingView();
        other.Attach(view);
        memory.Space.MarkCode(here + (3 * Page.Size));
        Assert.Equal([there + Page.Size], view.Protected);
        memory.Space.MarkCode(here);
        Assert.Equal([there + Page.Size], view.Protected);
    }

    [Fact]
    public void Added_rights_are_reported_for_pages_that_are_there()
    {
        using var memory = new MemoryFixture();
        ulong address = memory.Map(8, MemoryProtection.Read);
        var view = new RecordingView();
        memory.Space.Attach(view);
        Assert.Equal(Errno.None, memory.Space.Protect(address, 8 * Page.Size, All));
        Assert.Empty(view.Extended);
        Assert.True(memory.Space.TryWrite(address + Page.Size, 1));
        Assert.Equal(Errno.None, memory.Space.Protect(address, 8 * Page.Size, MemoryProtection.Read));
        Assert.Empty(view.Extended);
        Assert.Equal(Errno.None, memory.Space.Protect(address, 8 * Page.Size, MemoryProtection.Read | MemoryProtection.Write));
        Assert.Contains(view.Extended, range => range.Start <= address + Page.Size && address + Page.Size < range.End);
    }

    [Fact]
    public void The_kernel_layers_own_writes_are_reported()
    {
        using var memory = new MemoryFixture();
        var file = new TestObject(Page.Size);
        ulong page = 0;
        Assert.Equal(Errno.None, memory.Space.Map(ref page, Page.Size, All, MappingFlags.Shared, file));
        Assert.True(memory.Space.TryRead(page, out int _));
        var view = new RecordingView();
        memory.Space.Attach(view);
        memory.Space.MarkCode(page);
        Assert.Equal(Errno.None, file.GetPage(memory.Frames, 0, out long frame));
        memory.Frames.BeforeWrite(frame);
        memory.Frames.BeforeWrite(frame);
        memory.Frames.ReleaseReference(frame);
        Assert.Equal([page], view.Changed);
    }

    [Fact]
    public void Unmapping_protecting_and_moving_invalidate_touched_pages_only()
    {
        using var memory = new MemoryFixture();
        ulong address = memory.Map(4096, All);
        var view = new RecordingView();
        memory.Space.Attach(view);
        Assert.Equal(Errno.None, memory.Space.Protect(address, 4096 * Page.Size, MemoryProtection.Read));
        Assert.Empty(view.Invalidated);
        Assert.Equal(Errno.None, memory.Space.Protect(address, 4096 * Page.Size, All));
        Assert.True(memory.Space.TryWrite(address, 1));
        Assert.Empty(view.Invalidated);
        Assert.Equal(Errno.None, memory.Space.Protect(address, 4096 * Page.Size, MemoryProtection.Read));
        Assert.Contains(view.Invalidated, range => range.Start <= address && address < range.End);
        view.Invalidated.Clear();
        memory.Space.MarkCode(address);
        ulong moved = 0;
        Assert.Equal(Errno.None, memory.Space.Remap(address, Page.Size, 2 * Page.Size, 1, ref moved));
        Assert.Contains(view.Invalidated, range => range.Start <= address && address < range.End);
        Assert.Equal([address], view.Changed);
        memory.Space.Detach(view);
        view.Invalidated.Clear();
        Assert.Equal(Errno.None, memory.Space.Unmap(moved, Page.Size));
        Assert.Empty(view.Invalidated);
    }

    private sealed class RecordingView : IAddressSpaceView
    {
        public List<(ulong Start, ulong End)> Invalidated { get; } = [];

        public List<ulong> Changed { get; } = [];

        public List<ulong> Protected { get; } = [];

        public void Invalidate(ulong start, ulong length) => Invalidated.Add((start, start + length));

        public List<(ulong Start, ulong End)> Extended { get; } = [];

        public void Extend(ulong start, ulong length) => Extended.Add((start, start + length));

        public void InvalidateCode(ulong page) => Changed.Add(page);

        public void ProtectCode(ulong page) => Protected.Add(page);
    }
}
