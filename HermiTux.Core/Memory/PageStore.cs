namespace HermiTux.Memory;

/// <summary>
/// The physical memory of one machine: page frames of 4 KiB, zero when first handed out, addressed by frame number.
/// </summary>
/// <remarks>
/// <para>This is the seam between <see cref="AddressSpace"/> and the host. A store knows nothing of guest addresses,
/// protections or files; it hands out runs of frames and says where they are in host memory.</para>
/// <para>Frames of one reserved run are consecutive numbers. A store that is one linear mapping (a memory file on Linux)
/// also makes them consecutive in host memory; callers must not rely on that beyond <see cref="ContiguousFrames"/>.</para>
/// <para>All members may be called from any thread. Pointers stay valid until the store is disposed: releasing a frame
/// makes its content meaningless, never its address.</para>
/// </remarks>
public abstract unsafe class PageStore : IDisposable
{
    /// <summary>Reserves <paramref name="count"/> consecutive frames. They read as zero and cost nothing until touched.
    /// When the count is a power of two, the first frame's number is a multiple of it as long as nothing smaller was reserved.</summary>
    /// <returns>The number of the first frame, or -1 when the store is exhausted.</returns>
    public abstract long Reserve(long count);

    /// <summary>Gives frames back. Their host memory is freed; their numbers may be handed out again.</summary>
    public abstract void Release(long firstFrame, long count);

    /// <summary>Makes frames read as zero again and frees their host memory, keeping the reservation.</summary>
    public abstract void Discard(long firstFrame, long count);

    /// <summary>The host address of the first byte of a reserved frame.</summary>
    public abstract byte* PointerTo(long frame);

    /// <summary>How many frames from <paramref name="frame"/> on are consecutive in host memory, at most <paramref name="count"/>.</summary>
    public abstract long ContiguousFrames(long frame, long count);

    /// <summary>The descriptor of the memory file behind the store, where frame n is at byte n * 4096; -1 if there is none.</summary>
    public virtual int FileDescriptor => -1;

    /// <summary>
    /// The host address of frame 0 when the whole store is one linear mapping, so that frame n is n * 4096 bytes further on; null otherwise.
    /// </summary>
    public virtual byte* LinearBase => null;

    /// <summary>Whether a frame has been read or written since it was reserved, as far as the host tells; true when it doesn't.</summary>
    public virtual bool IsTouched(long frame) => true;

    /// <summary>Frees everything. No pointer into the store may be used afterwards.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the host memory.</summary>
    protected abstract void Dispose(bool disposing);
}
