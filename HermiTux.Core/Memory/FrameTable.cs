using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HermiTux.Memory;

/// <summary>
/// The frames of one machine with their reference counts, and the memory limit, which counts frames in use (touched), never
/// reservations. Thread-safe.
/// </summary>
/// <remarks>
/// <para>Frames are grouped in blocks of 512. A page-table leaf (2 MiB of guest addresses) gets a block as its home and takes
/// frame i of it for its page i, so neighbouring pages are neighbours in host memory too. Everything else takes single frames
/// from loose blocks. When the store has no block left, any free frame of any block will do.</para>
/// <para>Freed frames keep their memory for a short while: taking one again costs a clear instead of a host page fault. At
/// most a 32nd of the limit is kept so, 2 to 16 MiB; then all goes back to the host in as few calls as possible.</para>
/// </remarks>
public sealed unsafe partial class FrameTable : IDisposable
{
    private readonly Lock _lock = new();
    private readonly byte* _linearBase;
    private readonly long _limitFrames;

    /// <summary>Freed frames that are kept for reuse, at most.</summary>
    private readonly int _dirtyLimit;
    private readonly Stack<int> _freeBlocks = [];
    private readonly Stack<int> _looseBlocks = [];
    private FrameBlock[] _blocks = [];
    private int _blockCount;
    private int _stealCursor;
    private long _used;
    private long _peak;
    private long _overhead;
    private int _dirty;
    private bool _disposed;
    private bool _limitReached;

    /// <summary>Creates the table over a store.</summary>
    /// <param name="store">Where frames come from; owned and disposed by the table.</param>
    /// <param name="limitBytes">How much may be in use at once.</param>
    public FrameTable(PageStore store, long limitBytes)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentOutOfRangeException.ThrowIfNegative(limitBytes);
        Store = store;
        LimitBytes = limitBytes;
        _limitFrames = limitBytes >> Page.Shift;
        _dirtyLimit = (int)Math.Clamp(_limitFrames / 32, 512, 4096);
        _linearBase = store.LinearBase;
    }

    /// <summary>Where the frames come from.</summary>
    public PageStore Store { get; }

    /// <summary>How much may be in use at once, in bytes.</summary>
    public long LimitBytes { get; }

    /// <summary>Bytes in use now.</summary>
    public long ResidentBytes => Volatile.Read(ref _used) << Page.Shift;

    /// <summary>The highest value that <see cref="ResidentBytes"/> had.</summary>
    public long PeakResidentBytes => Volatile.Read(ref _peak) << Page.Shift;

    /// <summary>
    /// Whether something was refused because of the limit since the table was made. The machine is to be stopped then: what
    /// would come next is a guest that handles a shortage which Linux would answer with the out-of-memory killer.
    /// </summary>
    public bool LimitReached => Volatile.Read(ref _limitReached);

    /// <summary>Frames that may still be taken before the limit is reached.</summary>
    internal long FreeFrames => Math.Max(_limitFrames - Volatile.Read(ref _used) - Volatile.Read(ref _overhead), 0);

    /// <summary>Takes one zero frame with one reference. -1 when the limit is reached.</summary>
    public long Allocate()
    {
        lock (_lock)
        {
            return HasRoom() ? AllocateLoose() : -1;
        }
    }

    /// <summary>
    /// Takes one zero frame with one reference, if possible the one that follows <paramref name="previous"/>, so that what belongs
    /// together lies together in host memory. -1 when the limit is reached.
    /// </summary>
    public long AllocateAfter(long previous)
    {
        lock (_lock)
        {
            if (!HasRoom())
            {
                return -1;
            }

            long next = previous + 1;
            int number = (int)(next >> FrameBlock.Shift);
            if (previous >= 0 && number < _blockCount && _blocks[number] is { Role: FrameBlockRole.Loose } block
                && !FrameBlock.Get(ref block.Used, (int)(next & (FrameBlock.Frames - 1))))
            {
                return Take(block, next);
            }

            return AllocateLoose();
        }
    }

    /// <summary>Adds a reference to a frame.</summary>
    public void AddReference(long frame) => Interlocked.Increment(ref BlockOf(frame).References[IndexOf(frame)]);

    /// <summary>Drops a reference; the last one frees the frame.</summary>
    public void ReleaseReference(long frame) => ReleaseReferences(new ReadOnlySpan<long>(in frame));

    /// <summary>Host address of a frame.</summary>
    public byte* PointerTo(long frame) => _linearBase != null ? _linearBase + (frame << Page.Shift) : Store.PointerTo(frame);

    /// <summary>Frees all memory at once, whatever is still referenced. No frame may be used afterwards.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _used = 0;
        }

        Store.Dispose();
    }

    /// <summary>Drops a reference to each frame.</summary>
    internal void ReleaseReferences(ReadOnlySpan<long> frames)
    {
        bool locked = false;
        try
        {
            foreach (long frame in frames)
            {
                FrameBlock block = BlockOf(frame);
                int index = IndexOf(frame);
                int left = Interlocked.Decrement(ref block.References[index]);
                Debug.Assert(left >= 0, "A frame was released more often than referenced.");
                if (left == 0)
                {
                    if (!locked)
                    {
                        _lock.Enter();
                        locked = true;
                    }

                    Free(block, frame);
                }
            }

            if (locked && _dirty > _dirtyLimit && !_disposed)
            {
                TrimLocked();
            }
        }
        finally
        {
            if (locked)
            {
                _lock.Exit();
            }
        }
    }

    /// <summary>How many references a frame has.</summary>
    internal int ReferencesTo(long frame) => Volatile.Read(ref BlockOf(frame).References[IndexOf(frame)]);

    /// <summary>Takes a block of 512 frames for a page-table leaf. The first frame's number, or -1 when the store has none left.</summary>
    internal long TakeHome()
    {
        lock (_lock)
        {
            int number = TakeBlock(FrameBlockRole.Home);
            return number < 0 ? -1 : (long)number << FrameBlock.Shift;
        }
    }

    /// <summary>Gives a home back; frames of it that moved elsewhere stay in use.</summary>
    internal void ReleaseHome(long home)
    {
        lock (_lock)
        {
            FrameBlock block = BlockOf(home);
            block.Role = FrameBlockRole.Loose;
            if (block.UsedCount == 0)
            {
                FreeBlock(block, (int)(home >> FrameBlock.Shift));
            }
            else
            {
                List(block, (int)(home >> FrameBlock.Shift));
            }
        }
    }

    /// <summary>Takes the given frame of a home, or any other one if that is taken. -1 when the limit is reached.</summary>
    internal long AllocateAt(long frame)
    {
        lock (_lock)
        {
            if (!HasRoom())
            {
                return -1;
            }

            if (frame >= 0)
            {
                FrameBlock block = BlockOf(frame);
                if (!FrameBlock.Get(ref block.Used, IndexOf(frame)))
                {
                    return Take(block, frame);
                }
            }

            return AllocateLoose();
        }
    }

    /// <summary>
    /// Counts pages of kernel-side memory (page tables, pipe buffers, names) towards the limit, so that a guest can't make the host
    /// hold more for it than it may have. False when the limit is reached.
    /// </summary>
    internal bool TryCharge(long pages = 1)
    {
        lock (_lock)
        {
            if (!HasRoom(pages))
            {
                return false;
            }

            _overhead += pages;
            return true;
        }
    }

    /// <summary>Takes back <see cref="TryCharge"/>.</summary>
    internal void Uncharge(long pages = 1)
    {
        lock (_lock)
        {
            _overhead -= pages;
        }
    }

    /// <summary>Gives the memory of all free frames back to the host.</summary>
    internal void Trim()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                TrimLocked();
            }
        }
    }

    private static int IndexOf(long frame) => (int)frame & (FrameBlock.Frames - 1);

    private FrameBlock BlockOf(long frame) => Volatile.Read(ref _blocks)[frame >> FrameBlock.Shift];

    private bool HasRoom(long frames = 1)
    {
        if (_used + _overhead + frames <= _limitFrames && !_disposed)
        {
            return true;
        }

        _limitReached |= !_disposed;
        return false;
    }

    private long AllocateLoose()
    {
        while (_looseBlocks.TryPeek(out int candidate))
        {
            FrameBlock block = _blocks[candidate];
            int free = block.Role == FrameBlockRole.Loose ? block.FirstFree() : -1;
            if (free >= 0)
            {
                return Take(block, ((long)candidate << FrameBlock.Shift) + free);
            }

            block.Listed = false;
            _looseBlocks.Pop();
        }

        int number = TakeBlock(FrameBlockRole.Loose);
        if (number >= 0)
        {
            List(_blocks[number], number);
            return Take(_blocks[number], (long)number << FrameBlock.Shift);
        }

        return Steal();
    }

    /// <summary>No block is left: takes a free frame out of somebody's home.</summary>
    private long Steal()
    {
        for (int tried = 0; tried < _blockCount; tried++)
        {
            int number = _stealCursor;
            int free = _blocks[number].FirstFree();
            if (free >= 0)
            {
                return Take(_blocks[number], ((long)number << FrameBlock.Shift) + free);
            }

            _stealCursor = number + 1 == _blockCount ? 0 : number + 1;
        }

        return -1;
    }

    private long Take(FrameBlock block, long frame)
    {
        int index = IndexOf(frame);
        FrameBlock.Set(ref block.Used, index);
        block.UsedCount++;
        block.References[index] = 1;
        if (++_used > _peak)
        {
            _peak = _used;
        }

        if (FrameBlock.Get(ref block.Dirty, index))
        {
            FrameBlock.Clear(ref block.Dirty, index);
            block.DirtyCount--;
            _dirty--;

            // SAFETY: the frame is reserved and nobody else's.
            NativeMemory.Clear(PointerTo(frame), Page.Size);
        }

        return frame;
    }

    private void Free(FrameBlock block, long frame)
    {
        int index = IndexOf(frame);
        FrameBlock.Clear(ref block.Used, index);
        FrameBlock.Set(ref block.Dirty, index);
        block.UsedCount--;
        block.DirtyCount++;
        _used--;
        _dirty++;
        if (block.Role == FrameBlockRole.Loose)
        {
            if (block.UsedCount == 0)
            {
                FreeBlock(block, (int)(frame >> FrameBlock.Shift));
            }
            else
            {
                List(block, (int)(frame >> FrameBlock.Shift));
            }
        }
    }

    private int TakeBlock(FrameBlockRole role)
    {
        if (!_freeBlocks.TryPop(out int number))
        {
            long first = Store.Reserve(FrameBlock.Frames);
            if (first < 0)
            {
                return -1;
            }

            number = (int)(first >> FrameBlock.Shift);
            if (number >= _blocks.Length)
            {
                var grown = new FrameBlock[Math.Max(16, number * 2)];
                _blocks.CopyTo(grown, 0);
                Volatile.Write(ref _blocks, grown);
            }

            _blocks[number] = new FrameBlock();
            _blockCount = number + 1;
        }

        _blocks[number].Role = role;
        return number;
    }

    private void FreeBlock(FrameBlock block, int number)
    {
        block.Role = FrameBlockRole.Free;
        _freeBlocks.Push(number);
    }

    private void List(FrameBlock block, int number)
    {
        if (!block.Listed)
        {
            block.Listed = true;
            _looseBlocks.Push(number);
        }
    }

    private void TrimLocked()
    {
        for (int number = 0; number < _blockCount && _dirty > 0; number++)
        {
            FrameBlock block = _blocks[number];
            if (block.DirtyCount == 0)
            {
                continue;
            }

            long first = (long)number << FrameBlock.Shift;
            int index = 0;
            while (index < FrameBlock.Frames)
            {
                if (!FrameBlock.Get(ref block.Dirty, index))
                {
                    index++;
                    continue;
                }

                int end = index + 1;
                while (end < FrameBlock.Frames && FrameBlock.Get(ref block.Dirty, end))
                {
                    end++;
                }

                Store.Discard(first + index, end - index);
                index = end;
            }

            _dirty -= block.DirtyCount;
            block.DirtyCount = 0;
            block.Dirty = default;
        }
    }
}
