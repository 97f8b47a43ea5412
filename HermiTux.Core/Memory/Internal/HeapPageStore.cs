using System.Runtime.InteropServices;

namespace HermiTux.Memory;

/// <summary>
/// Frames in chunks of the native heap: works on every host, without any host call. Zeroed allocation is lazy on the usual
/// systems, so an untouched frame costs address space only; a touched one is kept for reuse until the store is disposed.
/// </summary>
internal sealed unsafe class HeapPageStore : PageStore
{
    /// <summary>Frames in a chunk.</summary>
    internal const int ChunkFrames = 512;
    private const int ChunkShift = 9;

    private readonly Lock _lock = new();
    private readonly long _capacity;
    private readonly FrameRunList _free = new();
    private nint[] _chunks = new nint[16];
    private nint[] _allocations = new nint[16];
    private long _next;

    /// <summary>Creates a store that can hold <paramref name="capacityFrames"/> frames.</summary>
    public HeapPageStore(long capacityFrames)
    {
        _capacity = Math.Max(capacityFrames, ChunkFrames);
    }

    /// <summary>Frees the chunks of a store that nobody disposed.</summary>
    ~HeapPageStore() => Dispose(false);

    /// <inheritdoc/>
    public override long Reserve(long count)
    {
        lock (_lock)
        {
            long first = _free.Take(count);
            if (first >= 0)
            {
                return first;
            }

            if (count > _capacity - _next || !EnsureChunks(_next + count))
            {
                return -1;
            }

            first = _next;
            _next += count;
            return first;
        }
    }

    /// <inheritdoc/>
    public override void Release(long firstFrame, long count)
    {
        Discard(firstFrame, count);
        lock (_lock)
        {
            _free.Add(firstFrame, count);
        }
    }

    /// <inheritdoc/>
    public override void Discard(long firstFrame, long count)
    {
        for (long frame = firstFrame; frame < firstFrame + count; frame++)
        {
            // SAFETY: the frames are reserved, so their chunk exists.
            NativeMemory.Clear(PointerTo(frame), Page.Size);
        }
    }

    /// <inheritdoc/>
    public override byte* PointerTo(long frame) =>
        (byte*)Volatile.Read(ref _chunks)[frame >> ChunkShift] + ((frame & (ChunkFrames - 1)) << Page.Shift);

    /// <inheritdoc/>
    public override long ContiguousFrames(long frame, long count) => Math.Min(count, ChunkFrames - (frame & (ChunkFrames - 1)));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        nint[] allocations = Interlocked.Exchange(ref _allocations, []);
        foreach (nint allocation in allocations)
        {
            // SAFETY: each was returned by AllocZeroed and is freed once, since the list is swapped out.
            NativeMemory.Free((void*)allocation);
        }
    }

    private bool EnsureChunks(long frames)
    {
        int needed = (int)((frames + ChunkFrames - 1) >> ChunkShift);
        int have = (int)((_next + ChunkFrames - 1) >> ChunkShift);
        for (int i = have; i < needed; i++)
        {
            if (i == _chunks.Length)
            {
                Array.Resize(ref _allocations, i * 2);
                nint[] grown = new nint[i * 2];
                _chunks.CopyTo(grown, 0);
                Volatile.Write(ref _chunks, grown);
            }

            nint allocation;
            try
            {
                // SAFETY: one page more than the chunk, so that it can start on a page boundary.
                allocation = (nint)NativeMemory.AllocZeroed((ChunkFrames + 1) * Page.Size);
            }
            catch (OutOfMemoryException)
            {
                return false;
            }

            _allocations[i] = allocation;
            _chunks[i] = (nint)Page.Ceiling((ulong)allocation);
        }

        return true;
    }
}
