using HermiTux.Abi;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Memory;

/// <summary>A frame table and an address space of one test.</summary>
internal sealed unsafe class MemoryFixture : IDisposable
{
    public MemoryFixture(string model = "heap", long limitBytes = 1L << 30, ulong maximumAddress = Page.UserEnd, ulong mapWindow = Page.UserEnd)
    {
        Frames = new FrameTable(ModelNamed(model).CreateStore(limitBytes), limitBytes);
        Space = new AddressSpace(Frames) { MaximumAddress = maximumAddress, DefaultMapWindow = mapWindow };
    }

    /// <summary>Names of the memory models that this host has.</summary>
    public static IEnumerable<string> Models => OperatingSystem.IsLinux() ? ["memfile", "heap"] : ["heap"];

    public FrameTable Frames { get; }

    public AddressSpace Space { get; }

    public static IMemoryModel ModelNamed(string name) => name == "heap" ? MemoryModel.Heap : MemoryModel.MemoryFile;

    public ulong Map(long pages, MemoryProtection protection = MemoryProtection.Read | MemoryProtection.Write,
        MappingFlags flags = MappingFlags.None)
    {
        ulong address = 0;
        Assert.Equal(Errno.None, Space.Map(ref address, (ulong)pages << Page.Shift, protection, flags));
        return address;
    }

    public MemoryFaultKind Fault(ulong address, MemoryAccess access)
    {
        if (Space.TryTranslate(address, access, out byte* pointer, out MemoryFault fault))
        {
            Assert.True(pointer != null);
            return MemoryFaultKind.None;
        }

        Assert.Equal(address, fault.Address);
        Assert.Equal(access, fault.Access);
        return fault.Kind;
    }

    public void Dispose()
    {
        Space.Dispose();
        Assert.Equal(0, Frames.ResidentBytes);
        Frames.Dispose();
    }
}

/// <summary>A file of predictable content.</summary>
internal sealed unsafe class TestObject(long length) : IMemoryObject
{
    private readonly Dictionary<long, long> _pages = [];
    private FrameTable? _frames;

    public long Length { get; private set; } = length;

    public int Mappings { get; private set; }

    public int WriteBacks { get; private set; }

    public MemoryObjectName Name => new("/test", 5, 77);

    public byte ContentAt(long position) => position < Length ? (byte)((position * 31) + (position >> 12) + 1) : (byte)0;

    public Errno GetPage(FrameTable frames, long pageIndex, out long frame)
    {
        _frames = frames;
        if (!_pages.TryGetValue(pageIndex, out frame))
        {
            frame = frames.Allocate();
            if (frame < 0)
            {
                return Errno.ENOMEM;
            }

            _ = ReadPage(pageIndex, new Span<byte>(frames.PointerTo(frame), Page.Size));
            _pages.Add(pageIndex, frame);
        }

        frames.AddReference(frame);
        return Errno.None;
    }

    public int ReadPage(long pageIndex, Span<byte> destination)
    {
        int count = (int)Math.Clamp(Length - (pageIndex * Page.Size), 0, destination.Length);
        for (int i = 0; i < count; i++)
        {
            destination[i] = ContentAt((pageIndex * Page.Size) + i);
        }

        return count;
    }

    public Errno WriteBack(FrameTable frames, long firstPage, long count)
    {
        WriteBacks++;
        return Errno.None;
    }

    public void Shrink(FrameTable frames, long length)
    {
        Length = length;
        frames.Truncated(this, (length + Page.Size - 1) / Page.Size);
    }

    public void Mapped() => Mappings++;

    public void Unmapped()
    {
        if (--Mappings == 0 && _frames != null)
        {
            foreach (long frame in _pages.Values)
            {
                _frames.ReleaseReference(frame);
            }

            _pages.Clear();
        }
    }
}
