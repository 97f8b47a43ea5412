using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

/// <summary>
/// One end of a stream in two directions: what a TCP connection over loopback and a local stream are made of. The other end is another socket
/// of the machine, or a stream of the embedder's. Both ends share one lock.
/// </summary>
/// <remarks>
/// <para>Linux's model. TCP: bytes that the receiver's window has no room for lie in the sender's buffer; closing with unread bytes resets; a write
/// to a peer that has gone is answered by a reset, so the next one fails. Local streams: bytes lie in the receiver's queue, charged to the sender's
/// buffer by the size of the kernel's packets, and messages with descriptors are not merged with what follows.</para>
/// </remarks>
internal sealed partial class StreamEndpoint
{
    /// <summary>What a TCP send buffer grows to on loopback when the program doesn't set it.</summary>
    public const int GrownSendBuffer = 2626560;

    private const int ReceiveShutdown = 1;
    private const int SendShutdown = 2;
    private const int BothShutdown = 3;

    // SKB_MAX_ALLOC + UNIX_SKB_FRAGS_SZ: the most that one packet of a local stream carries.
    private const int LocalPacket = 48832;

    private readonly Lock _lock;
    private readonly bool _isTcp;
    private readonly InFlightFiles _inFlight;
    private readonly ByteQueue _received;
    private readonly Queue<Mark> _marks = new();
    private StreamEndpoint _peer = null!;
    private long _readPosition;
    private long _writtenPosition;
    private long _overhead;
    private int _shutdown;
    private Errno _error;
    private bool _isDone;
    private bool _isReset;
    private bool _isClosed;
    private bool _lacksSpace;

    private StreamEndpoint(Lock shared, bool isTcp, NetworkStack stack, WaitQueue queue, SocketOptions options)
    {
        _lock = shared;
        _isTcp = isTcp;
        _received = new ByteQueue(stack.Buffers);
        _inFlight = stack.InFlight;
        WaitQueue = queue;
        Options = options;
    }

    /// <summary>Who waits for this end.</summary>
    public WaitQueue WaitQueue { get; }

    /// <summary>The options of the socket that has this end.</summary>
    public SocketOptions Options { get; }

    /// <summary>Whether this end sent its FIN before it got the other's: the one that goes to TIME-WAIT.</summary>
    public bool IsActiveCloser { get; private set; }

    /// <summary>Bytes received and sent so far, for TCP_INFO.</summary>
    public (long Received, long Sent) Counters
    {
        get
        {
            lock (_lock)
            {
                return (_writtenPosition, _peer._writtenPosition);
            }
        }
    }

    private int ReceiveWindow => Options.ReceiveBuffer;

    private int SendCapacity => !_isTcp || Options.HasFixedSendBuffer ? Options.SendBuffer : GrownSendBuffer;

    /// <summary>Bytes of ours that the receiver's window has no room for yet.</summary>
    private int Unsent => Math.Max(0, _peer._received.Count - _peer.ReceiveWindow);

    private bool IsWritable
    {
        get
        {
            if (!_isTcp)
            {
                return (_peer._received.Count + _peer._overhead) * 4 <= SendCapacity;
            }

            int unsent = Unsent;
            return SendCapacity - unsent >= unsent >> 1 && _peer._received.Count < SendCapacity + _peer.ReceiveWindow;
        }
    }

    /// <summary>Makes both ends of a connection.</summary>
    public static (StreamEndpoint First, StreamEndpoint Second) CreatePair(bool isTcp, NetworkStack stack, WaitQueue firstQueue, SocketOptions first, WaitQueue secondQueue, SocketOptions second)
    {
        var shared = new Lock();
        var one = new StreamEndpoint(shared, isTcp, stack, firstQueue, first);
        var two = new StreamEndpoint(shared, isTcp, stack, secondQueue, second);
        one._peer = two;
        two._peer = one;
        return (one, two);
    }

    /// <summary>Makes a connection of a socket with itself: what a simultaneous open with one's own address comes to.</summary>
    public static StreamEndpoint CreateLoop(NetworkStack stack, WaitQueue queue, SocketOptions options)
    {
        var one = new StreamEndpoint(new Lock(), isTcp: true, stack, queue, options);
        one._peer = one;
        return one;
    }

    /// <summary>Whether the other end is in use by an owner of <paramref name="other"/>.</summary>
    public bool IsPeerOf(StreamEndpoint other) => ReferenceEquals(_peer, other);

    /// <summary>Sends. EAGAIN without room, EPIPE after the end.</summary>
    /// <param name="bytes">What.</param>
    /// <param name="control">What goes with the first byte; the references become the stream's when something was sent.</param>
    /// <param name="isUrgent">MSG_OOB: the last byte is urgent.</param>
    public Result<int> Send(ReadOnlySpan<byte> bytes, ControlData? control, bool isUrgent = false)
    {
        int done;
        lock (_lock)
        {
            if (_isTcp && _error != Errno.None)
            {
                Errno error = _error;
                _error = Errno.None;
                return error;
            }

            if ((_shutdown & SendShutdown) != 0 || (!_isTcp && (_peer._isClosed || (_peer._shutdown & ReceiveShutdown) != 0)))
            {
                return Errno.EPIPE;
            }

            if (bytes.IsEmpty)
            {
                return 0;
            }

            if (_isTcp && _peer._isClosed)
            {
                // The segment meets nobody; the reset comes back before the call does.
                Break();
                done = bytes.Length;
            }
            else
            {
                done = _isTcp ? SendSegments(bytes) : SendPackets(bytes, control);
                if (done == 0)
                {
                    _lacksSpace = true;
                    return Errno.EAGAIN;
                }

                _lacksSpace |= done < bytes.Length;
                if (isUrgent)
                {
                    _peer.MarkUrgent(bytes[done - 1]);
                }
            }
        }

        _peer.WaitQueue.Wake(isUrgent ? Socket.Readable | PollEvents.Priority : Socket.Readable);
        if (isUrgent)
        {
            _peer.UrgentArrived?.Invoke();
        }

        return done;
    }

    /// <summary>
    /// Receives. 0 at the end, EAGAIN when nothing (or less than SO_RCVLOWAT, for a caller who waits) is there.
    /// </summary>
    /// <param name="destination">Where to; its length counts even when the bytes are only dropped.</param>
    /// <param name="flags">MSG_PEEK, MSG_TRUNC (TCP: drop instead of copy), MSG_WAITALL (with MSG_PEEK).</param>
    /// <param name="isPatient">Whether the caller waits for more rather than take less than SO_RCVLOWAT.</param>
    /// <param name="message">Gets what came along.</param>
    public Result<int> Receive(Span<byte> destination, int flags, bool isPatient, ref IncomingMessage message)
    {
        bool peeks = (flags & SocketConstants.MSG_PEEK) != 0;
        int count;
        bool wakesWriter = false;
        lock (_lock)
        {
            int offset = peeks && Options.PeekOffset >= 0 ? Options.PeekOffset : 0;
            if (SkipsAt(_readPosition + offset) && _received.Count > offset)
            {
                if (peeks)
                {
                    offset++;
                }
                else
                {
                    Consume(1);
                }
            }

            int available = Math.Max(0, _received.Count - offset);
            int target = (flags & SocketConstants.MSG_WAITALL) != 0 && peeks ? Math.Min(destination.Length, ReceiveWindow) : Math.Min(Options.ReceiveLowWater, destination.Length);
            bool ended = _error != Errno.None || (_shutdown & ReceiveShutdown) != 0;
            if (available == 0 || (isPatient && !ended && available < target))
            {
                return available == 0 ? End() : Errno.EAGAIN;
            }

            count = _isTcp || (_marks.Count == 0 && !Options.PassCredentials) ? Math.Min(available, destination.Length) : LocalExtent(Math.Min(available, destination.Length), offset, peeks, ref message);
            count = UpToMark(_readPosition + offset, count);
            bool drops = _isTcp && (flags & SocketConstants.MSG_TRUNC) != 0;
            if (!drops)
            {
                _received.Peek(destination[..count], offset);
            }

            if (peeks)
            {
                Options.PeekOffset = Options.PeekOffset >= 0 ? Options.PeekOffset + count : -1;
            }
            else
            {
                Consume(count);
                wakesWriter = _peer.TakeWriterWake();
            }
        }

        if (wakesWriter)
        {
            _peer.WaitQueue.Wake(Socket.Writable);
        }

        message.FullLength = count;
        return count;
    }

    /// <summary>Takes what is there and nothing else: no end, no error. For the rest of a read that goes on.</summary>
    public int ReceiveMore(Span<byte> destination)
    {
        int count;
        bool wakesWriter;
        lock (_lock)
        {
            if (_received.Count == 0 || _marks.Count > 0 || IsMarkAt(_readPosition))
            {
                return 0;
            }

            count = UpToMark(_readPosition, _received.Peek(destination));
            Consume(count);
            wakesWriter = _peer.TakeWriterWake();
        }

        if (wakesWriter)
        {
            _peer.WaitQueue.Wake(Socket.Writable);
        }

        return count;
    }

    /// <summary>shutdown(2): SHUT_RD, SHUT_WR or SHUT_RDWR.</summary>
    public void Shutdown(int how)
    {
        lock (_lock)
        {
            int bits = how + 1;
            bool sendsEnd = (bits & SendShutdown) != 0 && (_shutdown & SendShutdown) == 0;
            _shutdown |= bits;
            if (sendsEnd)
            {
                SendEnd();
            }

            // A local stream's other end learns of both; TCP tells it nothing of SHUT_RD.
            if (!_isTcp && (bits & ReceiveShutdown) != 0)
            {
                _peer._shutdown |= SendShutdown;
            }
        }

        WaitQueue.Wake(Socket.AnyEvent);
        _peer.WaitQueue.Wake(Socket.AnyEvent);
    }

    /// <summary>The owner has gone.</summary>
    /// <param name="aborts">The other end is to see a reset whatever was read: SO_LINGER with no time, or a connection that nobody accepted.</param>
    public void Close(bool aborts = false)
    {
        List<ControlData>? dropped = null;
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            bool unread = _received.Count > 0;
            while (_marks.TryDequeue(out Mark? mark))
            {
                (dropped ??= []).Add(mark.Control);
            }

            _isClosed = true;
            _received.Clear();
            _overhead = 0;
            if (_isTcp && (unread || aborts))
            {
                if (!_isReset && !_peer._isClosed)
                {
                    _peer.DropUnsent();
                    _peer.Break();
                }

                _isReset = true;
                IsActiveCloser = false;
            }
            else if (_isTcp)
            {
                if ((_shutdown & SendShutdown) == 0)
                {
                    SendEnd();
                }
            }
            else
            {
                _peer._shutdown = BothShutdown;
                if ((unread || aborts) && !_peer._isClosed)
                {
                    _peer._error = Errno.ECONNRESET;
                }
            }

            _shutdown = BothShutdown;
        }

        _peer.WaitQueue.Wake(Socket.AnyEvent);
        WaitQueue.Wake(Socket.AnyEvent);
        dropped?.ForEach(c =>
        {
            _inFlight.Remove(c.Files);
            c.Release();
        });
    }

    /// <summary>poll(2), without what only a listener has.</summary>
    public PollEvents Poll()
    {
        lock (_lock)
        {
            PollEvents events = _shutdown == BothShutdown || _isReset ? PollEvents.HangUp : PollEvents.None;
            events |= (_shutdown & ReceiveShutdown) != 0 ? Socket.Readable | PollEvents.ReadHangUp : PollEvents.None;
            int readable = _received.Count - (SkipsAt(_readPosition) ? 1 : 0);
            events |= readable > 0 && (!_isTcp || readable >= Math.Min(Options.ReceiveLowWater, ReceiveWindow)) ? Socket.Readable : PollEvents.None;
            events |= _urgency == Urgency.Waiting ? PollEvents.Priority : PollEvents.None;
            if (IsWritable || (_isTcp && (_shutdown & SendShutdown) != 0))
            {
                events |= _isTcp ? Socket.Writable : Socket.Writable | PollEvents.WriteBand;
            }
            else
            {
                _lacksSpace = true;
            }

            return events | (_error != Errno.None ? PollEvents.Error : PollEvents.None);
        }
    }

    /// <summary>Whether a write would be taken now, or fail at once; if not, room will wake.</summary>
    public bool AwaitSpace()
    {
        lock (_lock)
        {
            if (IsWritable || _shutdown == BothShutdown || (_shutdown & SendShutdown) != 0)
            {
                return true;
            }

            _lacksSpace = true;
            return false;
        }
    }

    private int SendSegments(ReadOnlySpan<byte> bytes)
    {
        int room = SendCapacity + _peer.ReceiveWindow - _peer._received.Count;
        if (room <= 0)
        {
            return 0;
        }

        int done = _peer._received.Append(bytes[..Math.Min(bytes.Length, room)]);
        _peer._writtenPosition += done;
        return done;
    }

    private int SendPackets(ReadOnlySpan<byte> bytes, ControlData? control)
    {
        int done = 0;
        while (done < bytes.Length && _peer._received.Count + _peer._overhead < SendCapacity)
        {
            int chunk = Math.Min(bytes.Length - done, Math.Min(LocalPacket, Math.Max(1, (SendCapacity >> 1) - 64)));
            int put = _peer._received.Append(bytes.Slice(done, chunk));
            if (put == 0)
            {
                break;
            }

            if (control is not null)
            {
                // Descriptors go with the first packet, credentials with each.
                _peer._marks.Enqueue(new Mark(_peer._writtenPosition, _peer._writtenPosition + put, control));
                control = control.Credentials is { } credentials ? new ControlData { Credentials = credentials } : null;
            }

            _peer._overhead += PacketSize.Of(put) - put;
            _peer._writtenPosition += put;
            done += put;
        }

        return done;
    }

    private void Consume(int count)
    {
        _overhead -= _received.Count > 0 ? _overhead * count / _received.Count : _overhead;
        _received.Skip(count);
        _readPosition += count;
        _urgency = _readPosition > _urgentPosition ? Urgency.None : _urgency;
        Options.PeekOffset = Options.PeekOffset > 0 ? Math.Max(0, Options.PeekOffset - count) : Options.PeekOffset;
        while (_marks.TryPeek(out Mark? mark) && mark.End <= _readPosition)
        {
            _marks.Dequeue();
        }
    }

    /// <summary>How far a read of a local stream goes: up to and with a packet that has descriptors, or before one of another sender's.</summary>
    private int LocalExtent(int wanted, int offset, bool peeks, ref IncomingMessage message)
    {
        long start = _readPosition + offset;
        long at = start;
        long end = start + wanted;
        Ucred? sender = null;
        OpenFile[] files = [];
        foreach (Mark mark in _marks)
        {
            if (at >= end || files.Length > 0)
            {
                break;
            }

            if (mark.End <= at)
            {
                continue;
            }

            if (mark.Start > at)
            {
                if (!Admit(PacketSize.NoCredentials))
                {
                    break;
                }

                at = Math.Min(end, mark.Start);
            }

            if (at >= end || !Admit(mark.Control.Credentials ?? PacketSize.NoCredentials))
            {
                break;
            }

            at = Math.Min(end, mark.End);
            files = peeks ? Share(mark.Control.Files) : mark.Take();
        }

        if (at < end && files.Length == 0 && !_marks.Any(m => m.End > at) && Admit(PacketSize.NoCredentials))
        {
            at = end;
        }

        message.Control = sender is not null || files.Length > 0 ? new ControlData { Files = files, Credentials = sender } : null;
        return (int)(at - start);

        bool Admit(Ucred from)
        {
            if (!Options.PassCredentials)
            {
                return true;
            }

            sender ??= from;
            return PacketSize.AreEqual(sender.Value, from);
        }
    }

    private static OpenFile[] Share(OpenFile[] files)
    {
        foreach (OpenFile file in files)
        {
            file.AddReference();
        }

        return [.. files];
    }

    private Result<int> End()
    {
        if (_isDone)
        {
            return 0;
        }

        if (_error != Errno.None)
        {
            Errno error = _error;
            _error = Errno.None;
            return error;
        }

        return (_shutdown & ReceiveShutdown) != 0 ? 0 : Errno.EAGAIN;
    }

    private bool TakeWriterWake()
    {
        if (_isClosed || !IsWritable || (_isTcp && !_lacksSpace))
        {
            return false;
        }

        _lacksSpace = false;
        return true;
    }

    private void SendEnd()
    {
        IsActiveCloser = !_isDone;
        _peer._shutdown |= ReceiveShutdown;
        _peer._isDone |= _isTcp;
    }

    /// <summary>A reset arrives at this end.</summary>
    private void Break()
    {
        if (_isClosed)
        {
            return;
        }

        _error = _isDone ? Errno.EPIPE : Errno.ECONNRESET;
        _isReset = true;
        _shutdown = BothShutdown;
        _peer._received.Clear();
    }

    /// <summary>The other end resets: what hadn't reached this end's window never does.</summary>
    private void DropUnsent()
    {
        int excess = _received.Count - ReceiveWindow;
        if (excess > 0)
        {
            byte[] kept = new byte[ReceiveWindow];
            _received.Read(kept);
            _received.Clear();
            _received.Append(kept);
        }
    }

    /// <summary>Bytes of a local stream that came with something.</summary>
    private sealed class Mark(long start, long end, ControlData control)
    {
        public long Start { get; } = start;

        public long End { get; } = end;

        public ControlData Control { get; set; } = control;

        /// <summary>The descriptors, which only the first byte brings.</summary>
        public OpenFile[] Take()
        {
            OpenFile[] files = Control.Files;
            if (files.Length > 0)
            {
                Control = new ControlData { Credentials = Control.Credentials };
            }

            return files;
        }
    }
}
