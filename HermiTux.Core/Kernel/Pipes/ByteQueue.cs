using System.Buffers;

namespace HermiTux.Kernel;

/// <summary>
/// Bytes on their way: first in, first out, in pooled segments, so that growing copies nothing and what is drained goes back. The buffer of
/// pipes and sockets. Not thread-safe: its owner has a lock.
/// </summary>
internal sealed class ByteQueue
{
    private const int SmallSegment = 4096;
    private const int LargeSegment = 65536;

    private readonly BufferBudget? _budget;
    private Segment? _head;
    private Segment? _tail;
    private Segment? _spare;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="budget">What limits the memory of many queues together; null for none.</param>
    public ByteQueue(BufferBudget? budget = null)
    {
        _budget = budget;
    }

    /// <summary>Bytes in the queue.</summary>
    public int Count { get; private set; }

    /// <summary>Appends bytes; returns how many there was memory for, at least one when the queue was empty.</summary>
    public int Append(ReadOnlySpan<byte> bytes)
    {
        int done = 0;
        while (done < bytes.Length)
        {
            Segment? tail = _tail;
            if (tail is null || tail.End == tail.Data.Length)
            {
                tail = AddSegment(bytes.Length - done);
                if (tail is null)
                {
                    break;
                }
            }

            int count = Math.Min(bytes.Length - done, tail.Data.Length - tail.End);
            bytes.Slice(done, count).CopyTo(tail.Data.AsSpan(tail.End));
            tail.End += count;
            done += count;
        }

        Count += done;
        return done;
    }

    /// <summary>Copies bytes from <paramref name="offset"/> on without taking them; returns how many.</summary>
    public int Peek(Span<byte> destination, int offset = 0)
    {
        int done = 0;
        for (Segment? at = _head; at is not null && done < destination.Length; at = at.Next)
        {
            int length = at.End - at.Start;
            if (offset >= length)
            {
                offset -= length;
                continue;
            }

            int count = Math.Min(length - offset, destination.Length - done);
            at.Data.AsSpan(at.Start + offset, count).CopyTo(destination[done..]);
            done += count;
            offset = 0;
        }

        return done;
    }

    /// <summary>Takes bytes; returns how many.</summary>
    public int Read(Span<byte> destination)
    {
        int count = Peek(destination);
        Skip(count);
        return count;
    }

    /// <summary>Drops up to <paramref name="count"/> bytes from the front.</summary>
    public void Skip(int count)
    {
        count = Math.Min(count, Count);
        Count -= count;
        while (_head is { } head)
        {
            int length = head.End - head.Start;
            if (count < length)
            {
                head.Start += count;
                return;
            }

            count -= length;
            if (head.Next is null && head.Data.Length <= SmallSegment)
            {
                // One small segment stays: a conversation of small messages takes and gives back nothing.
                head.Start = head.End = 0;
                return;
            }

            _head = head.Next;
            Free(head);
        }

        _tail = null;
    }

    /// <summary>Keeps the first <paramref name="count"/> bytes and drops what was appended after them.</summary>
    public void Truncate(int count)
    {
        if (count == 0)
        {
            Clear();
            return;
        }

        Count = Math.Min(Count, count);
        for (Segment? at = _head; at is not null; at = at.Next)
        {
            int length = at.End - at.Start;
            if (count > length)
            {
                count -= length;
                continue;
            }

            at.End = at.Start + count;
            while (at.Next is { } next)
            {
                at.Next = next.Next;
                Free(next);
            }

            _tail = at;
        }
    }

    /// <summary>Drops everything and gives all memory back.</summary>
    public void Clear()
    {
        while (_head is { } head)
        {
            _head = head.Next;
            Free(head);
        }

        _tail = null;
        _spare = null;
        Count = 0;
    }

    private Segment? AddSegment(int wanted)
    {
        bool first = _tail is null;
        int size = first && wanted <= SmallSegment ? SmallSegment : LargeSegment;
        if (_budget is not null && !_budget.TryTake(size))
        {
            // Who has nothing buffered always gets a little, so that nobody waits for ever for memory that others hold.
            size = SmallSegment;
            if (!first)
            {
                return null;
            }

            _budget.Take(size);
        }

        Segment segment = _spare ?? new Segment();
        _spare = null;
        segment.Data = ArrayPool<byte>.Shared.Rent(size);
        segment.Start = segment.End = 0;
        segment.Next = null;
        if (_tail is null)
        {
            _head = segment;
        }
        else
        {
            _tail.Next = segment;
        }

        _tail = segment;
        return segment;
    }

    private void Free(Segment segment)
    {
        _budget?.Give(segment.Data.Length);
        ArrayPool<byte>.Shared.Return(segment.Data);
        segment.Data = [];
        segment.Next = null;
        _spare = segment;
    }

    private sealed class Segment
    {
        public byte[] Data = [];
        public int Start;
        public int End;
        public Segment? Next;
    }
}

/// <summary>How much memory the buffers of a machine may take together. Thread-safe.</summary>
internal sealed class BufferBudget(long limit)
{
    private long _taken;

    /// <summary>The most.</summary>
    public long Limit { get; } = limit;

    /// <summary>Bytes in use.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes bytes if they are there.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= Limit)
        {
            return true;
        }

        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    /// <summary>Takes bytes whether they are there or not.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _taken, bytes);

    /// <summary>Gives bytes back.</summary>
    public void Give(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
