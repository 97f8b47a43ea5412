using System.Runtime.InteropServices;

namespace HermiTux.Memory;

/// <summary>
/// Frames in one sparse memory file (memfd_create(2)), mapped once and linearly: frame n is at byte n * 4096 of both.
/// </summary>
/// <remarks>
/// The whole capacity is mapped at once without reservation; the host gives memory at first touch and takes it back when a
/// hole is punched. A store therefore holds one descriptor, one mapping and what was touched.
/// </remarks>
internal sealed unsafe class LinuxPageStore : PageStore
{
    /// <summary>Where to stop when a host with a small RLIMIT_AS refuses the mapping.</summary>
    private const long SmallestCapacity = 64L << 20 >> Page.Shift;

    private readonly Lock _lock = new();
    private readonly byte* _base;
    private readonly long _capacity;
    private readonly FrameRunList _free = new();
    private int _descriptor;
    private long _next;

    /// <summary>Creates a store that can hold <paramref name="capacityFrames"/> frames, fewer if the host limits address space.</summary>
    public LinuxPageStore(long capacityFrames)
    {
        _descriptor = LinuxMemory.memfd_create("hermitux", LinuxMemory.MFD_CLOEXEC);
        if (_descriptor < 0)
        {
            throw HostFailure("memfd_create");
        }

        long frames = Math.Max(capacityFrames, SmallestCapacity);
        while (true)
        {
            long bytes = frames << Page.Shift;
            void* mapped = LinuxMemory.MAP_FAILED;
            if (LinuxMemory.ftruncate(_descriptor, bytes) == 0)
            {
                // SAFETY: a new mapping at an address of the kernel's choice, unmapped only by Dispose.
                mapped = LinuxMemory.mmap(null, (nuint)bytes, LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE,
                    LinuxMemory.MAP_SHARED | LinuxMemory.MAP_NORESERVE, _descriptor, 0);
            }

            if (mapped != LinuxMemory.MAP_FAILED)
            {
                _base = (byte*)mapped;
                _capacity = frames;
                return;
            }

            if (frames <= SmallestCapacity)
            {
                IOException failure = HostFailure("mmap");
                _ = LinuxMemory.close(_descriptor);
                GC.SuppressFinalize(this);
                throw failure;
            }

            frames = Math.Max(frames / 4, SmallestCapacity);
        }
    }

    /// <summary>Frees the mapping of a store that nobody disposed.</summary>
    ~LinuxPageStore() => Dispose(false);

    /// <inheritdoc/>
    public override int FileDescriptor => _descriptor;

    /// <inheritdoc/>
    public override byte* LinearBase => _base;

    /// <inheritdoc/>
    public override long Reserve(long count)
    {
        lock (_lock)
        {
            long first = _free.Take(count);
            if (first < 0 && count <= _capacity - _next)
            {
                first = _next;
                _next += count;
            }

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
        if (LinuxMemory.fallocate(_descriptor, LinuxMemory.FALLOC_FL_PUNCH_HOLE | LinuxMemory.FALLOC_FL_KEEP_SIZE,
            firstFrame << Page.Shift, count << Page.Shift) != 0)
        {
            // The memory can't be given back, but the frames must read as zero whatever happens.
            for (long frame = firstFrame; frame < firstFrame + count; frame++)
            {
                // SAFETY: the frames are reserved, hence inside the mapping.
                NativeMemory.Clear(PointerTo(frame), Page.Size);
            }
        }
    }

    /// <inheritdoc/>
    public override byte* PointerTo(long frame) => _base + (frame << Page.Shift);

    /// <inheritdoc/>
    public override long ContiguousFrames(long frame, long count) => count;

    /// <inheritdoc/>
    public override bool IsTouched(long frame)
    {
        byte resident;
        return LinuxMemory.mincore(PointerTo(frame), Page.Size, &resident) != 0 || (resident & 1) != 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0 && _base != null)
        {
            // SAFETY: exactly what the constructor mapped; the owner promises that no pointer into it is used any more.
            _ = LinuxMemory.munmap(_base, (nuint)(_capacity << Page.Shift));
            _ = LinuxMemory.close(descriptor);
        }
    }

    private static IOException HostFailure(string call) =>
        new($"The host refuses memory for a machine: {call} failed with error {Marshal.GetLastPInvokeError()} ({Marshal.GetLastPInvokeErrorMessage()}).");
}
