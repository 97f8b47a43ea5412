using HermiTux.Abi;

namespace HermiTux.Memory;

/// <summary>The object behind MAP_SHARED | MAP_ANONYMOUS: pages of zeros that live as long as a mapping shows them.</summary>
internal sealed class SharedAnonymousMemory : IMemoryObject
{
    private static long s_lastInode;

    private readonly Lock _lock = new();
    private readonly FrameTable _frames;
    private readonly Dictionary<long, long> _pages = [];
    private long _last = -1;
    private int _mappings;

    public SharedAnonymousMemory(long length, FrameTable frames)
    {
        Length = length;
        _frames = frames;
        Name = new MemoryObjectName("/dev/zero (deleted)", 1, (ulong)Interlocked.Increment(ref s_lastInode) + 1024);
    }

    public long Length { get; }

    public MemoryObjectName Name { get; }

    public Errno GetPage(FrameTable frames, long pageIndex, out long frame)
    {
        lock (_lock)
        {
            if (!_pages.TryGetValue(pageIndex, out frame))
            {
                frame = frames.AllocateAfter(_last);
                if (frame < 0)
                {
                    return Errno.ENOMEM;
                }

                _last = frame;
                _pages.Add(pageIndex, frame);
            }

            frames.AddReference(frame);
            return Errno.None;
        }
    }

    public int ReadPage(long pageIndex, Span<byte> destination) => 0;

    public Errno WriteBack(FrameTable frames, long firstPage, long count) => Errno.None;

    public void Mapped()
    {
        lock (_lock)
        {
            _mappings++;
        }
    }

    public void Unmapped()
    {
        lock (_lock)
        {
            if (--_mappings == 0)
            {
                Remove(0, long.MaxValue);
            }
        }
    }

    /// <summary>MADV_REMOVE: the pages read as zero again.</summary>
    public void Punch(long firstPage, long count)
    {
        lock (_lock)
        {
            Remove(firstPage, count);
        }
    }

    private void Remove(long firstPage, long count)
    {
        List<long> gone = [];
        foreach ((long page, long frame) in _pages)
        {
            if (page >= firstPage && page - firstPage < count)
            {
                gone.Add(page);
                _frames.ReleaseReference(frame);
            }
        }

        foreach (long page in gone)
        {
            _pages.Remove(page);
        }
    }
}
