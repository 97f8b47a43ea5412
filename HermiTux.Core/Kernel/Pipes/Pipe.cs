using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel;

/// <summary>
/// The buffer between the two ends of a pipe(2) or FIFO (pipe(7), fifo(7)): a queue of bytes, with readers and writers counted. Writes of
/// at most PIPE_BUF bytes are atomic. With O_DIRECT, each write is a packet of its own.
/// </summary>
internal sealed class Pipe
{
    /// <summary>PIPE_BUF.</summary>
    public const int AtomicSize = 4096;

    /// <summary>Capacity of a new pipe.</summary>
    public const int DefaultCapacity = 65536;

    /// <summary>/proc/sys/fs/pipe-max-size: the most that F_SETPIPE_SZ gives.</summary>
    public const int MaxCapacity = 1 << 20;

    private static long lastNumber;

    private readonly Lock _lock = new();
    private readonly Queue<int> _packets = new();
    private readonly ByteQueue _bytes = new();
    private int _capacity = DefaultCapacity;
    private Memory.FrameTable? _frames;
    private long _charged;

    /// <summary>How often a reader or writer came, for those who wait in open(2): one that left again counts too.</summary>
    private long _readersSeen;
    private long _writersSeen;

    public ulong Number { get; } = (ulong)Interlocked.Increment(ref lastNumber);

    public WaitQueue WaitQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    public int Readers { get; private set; }

    public int Writers { get; private set; }

    public int Capacity
    {
        get
        {
            lock (_lock)
            {
                return _capacity;
            }
        }
    }

    /// <summary>Bytes that wait to be read (FIONREAD).</summary>
    public int Available
    {
        get
        {
            lock (_lock)
            {
                return _bytes.Count;
            }
        }
    }

    // A packet takes a page of the pipe's, however short it is.
    private bool IsFullOfPackets => _packets.Count >= _capacity / AtomicSize;

    /// <summary>pipe2(2): both ends. <paramref name="flags"/>: O_NONBLOCK, O_DIRECT.</summary>
    public static (OpenFile Reader, OpenFile Writer) Create(int flags, Credentials owner, long now)
    {
        var pipe = new Pipe();
        flags &= Fcntl.O_NONBLOCK | Fcntl.O_DIRECT;
        return (new PipeEnd(pipe, Fcntl.O_RDONLY | flags, null, owner, now), new PipeEnd(pipe, Fcntl.O_WRONLY | flags, null, owner, now));
    }

    /// <summary>open(2) of a FIFO (fifo(7)): ENXIO for a writer that won't wait and has no reader; otherwise <see cref="OpenFile.IsOpening"/> until the other side is there.</summary>
    public Result<OpenFile> OpenFifo(Inode inode, int flags, Dentry dentry)
    {
        bool nonBlocking = (flags & Fcntl.O_NONBLOCK) != 0;
        lock (_lock)
        {
            if ((flags & Fcntl.O_ACCMODE) == Fcntl.O_WRONLY && nonBlocking && Readers == 0)
            {
                return Errno.ENXIO;
            }
        }

        return new PipeEnd(this, flags, dentry, inode, null, 0);
    }

    public void AddEnd(bool reads, bool writes, out long otherSeen)
    {
        lock (_lock)
        {
            otherSeen = reads ? _writersSeen : _readersSeen;
            if (reads)
            {
                Readers++;
                _readersSeen++;
            }

            if (writes)
            {
                Writers++;
                _writersSeen++;
            }
        }

        WaitQueue.Wake(PollEvents.In | PollEvents.Out);
    }

    public void RemoveEnd(bool reads, bool writes)
    {
        lock (_lock)
        {
            Readers -= reads ? 1 : 0;
            Writers -= writes ? 1 : 0;
            if (Readers == 0 && Writers == 0)
            {
                _bytes.Clear();
                _capacity = DefaultCapacity;
                _packets.Clear();
                _packets.TrimExcess();
                _frames?.Uncharge(_charged);
                _charged = 0;
            }
        }

        WaitQueue.Wake(PollEvents.In | PollEvents.Out | PollEvents.HangUp | PollEvents.Error);
    }

    /// <summary>Whether the other side is or was there since <paramref name="seen"/>.</summary>
    public bool HasOtherSide(bool reads, long seen)
    {
        lock (_lock)
        {
            return reads ? Writers > 0 || _writersSeen != seen : Readers > 0 || _readersSeen != seen;
        }
    }

    public Result<int> Read(Span<byte> buffer)
    {
        int count;
        lock (_lock)
        {
            if (buffer.IsEmpty)
            {
                return 0;
            }

            if (_bytes.Count == 0)
            {
                return Writers == 0 ? 0 : Errno.EAGAIN;
            }

            int limit = _packets.Count > 0 ? _packets.Peek() : _bytes.Count;
            count = Math.Min(buffer.Length, limit);
            _bytes.Read(buffer[..count]);
            if (_packets.Count > 0)
            {
                // What is left of a packet is discarded, see pipe2(2) on O_DIRECT.
                int packet = _packets.Dequeue();
                _bytes.Skip(packet - count);
            }
        }

        WaitQueue.Wake(PollEvents.Out | PollEvents.WriteNormal);
        return count;
    }

    /// <summary>tee(2): what is next to read, left where it is. EAGAIN when there is nothing yet, 0 at the end.</summary>
    public Result<int> Peek(Span<byte> buffer)
    {
        lock (_lock)
        {
            return _bytes.Count == 0
                ? Writers == 0 ? 0 : Errno.EAGAIN
                : _bytes.Peek(buffer[..Math.Min(buffer.Length, _packets.Count > 0 ? _packets.Peek() : _bytes.Count)]);
        }
    }

    public Result<int> Write(ReadOnlySpan<byte> buffer, bool packets)
    {
        int count;
        lock (_lock)
        {
            if (Readers == 0)
            {
                return Errno.EPIPE;
            }

            if (buffer.IsEmpty)
            {
                return 0;
            }

            int room = _capacity - _bytes.Count;
            if (room <= 0 || IsFullOfPackets || (buffer.Length <= AtomicSize && room < buffer.Length))
            {
                return Errno.EAGAIN;
            }

            count = Math.Min(buffer.Length, room);
            if (packets)
            {
                count = Math.Min(count, AtomicSize);
            }

            _bytes.Append(buffer[..count]);
            if (packets)
            {
                _packets.Enqueue(count);
            }
            else if (_packets.Count > 0)
            {
                _packets.Enqueue(count);
            }
        }

        WaitQueue.Wake(PollEvents.In | PollEvents.ReadNormal);
        return count;
    }

    /// <summary>Puts back what was read last and could not be passed on: splice(2) leaves it in the pipe.</summary>
    public void Unread(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            // Somebody may have filled the room meanwhile: then there is more in it than it holds, until that is read.
            byte[] rest = new byte[_bytes.Count];
            _bytes.Read(rest);
            _bytes.Append(bytes);
            _bytes.Append(rest);
        }

        WaitQueue.Wake(PollEvents.In | PollEvents.ReadNormal);
    }

    public PollEvents Poll(bool reads, bool writes, bool hadWriters)
    {
        lock (_lock)
        {
            PollEvents events = PollEvents.None;
            if (reads)
            {
                events |= _bytes.Count > 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;
                events |= Writers == 0 && hadWriters ? PollEvents.HangUp : PollEvents.None;
            }

            if (writes)
            {
                events |= _capacity - _bytes.Count >= AtomicSize && !IsFullOfPackets ? PollEvents.Out | PollEvents.WriteNormal : PollEvents.None;
                events |= Readers == 0 ? PollEvents.Error : PollEvents.None;
            }

            return events;
        }
    }

    public bool HasSeenWritersSince(long seen)
    {
        lock (_lock)
        {
            return Writers > 0 || _writersSeen != seen;
        }
    }

    /// <summary>F_SETPIPE_SZ: rounded up to a power of two of at least a page; EBUSY if less than what is in it, EPERM above the limit.</summary>
    /// <param name="size">Bytes wanted.</param>
    /// <param name="privileged">CAP_SYS_RESOURCE: up to 16 times the limit.</param>
    /// <param name="frames">What is beyond the default capacity counts towards this machine's memory limit; null counts nothing.</param>
    public Result<int> SetCapacity(long size, bool privileged, Memory.FrameTable? frames = null)
    {
        if (size < 0 || size > int.MaxValue)
        {
            return Errno.EINVAL;
        }

        long rounded = AtomicSize;
        while (rounded < size)
        {
            rounded <<= 1;
        }

        // The kernel lets CAP_SYS_RESOURCE go beyond; here nobody makes the host's memory grow without bound.
        if (rounded > MaxCapacity)
        {
            return privileged && rounded <= MaxCapacity * 16L ? Resize((int)rounded, frames) : Errno.EPERM;
        }

        return Resize((int)rounded, frames);
    }

    private Result<int> Resize(int capacity, Memory.FrameTable? frames)
    {
        lock (_lock)
        {
            if (capacity < _bytes.Count || _packets.Count > capacity / AtomicSize)
            {
                return Errno.EBUSY;
            }

            if (frames is not null && !TryRecharge(frames, Math.Max(0, capacity - DefaultCapacity) / AtomicSize))
            {
                return Errno.ENOMEM;
            }

            _capacity = capacity;
            return capacity;
        }
    }

    private bool TryRecharge(Memory.FrameTable frames, long pages)
    {
        if (pages > _charged && !frames.TryCharge(pages - _charged))
        {
            return false;
        }

        frames.Uncharge(Math.Max(0, _charged - pages));
        (_charged, _frames) = (pages, frames);
        return true;
    }
}
