using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

// Sending, receiving, readiness.
internal sealed partial class UnixSocket
{
    // net.unix.max_dgram_qlen: a datagram queue takes one more.
    private const int DatagramBacklog = 10;

    private readonly Lock _queueLock = new();
    private readonly MessageQueue _queue;
    private readonly List<WeakReference<UnixSocket>> _connectors = [];
    private long _sending;

    /// <inheritdoc/>
    public override int MaximumMessage => IsStream ? int.MaxValue : Math.Max(0, Options.SendBuffer - 32);

    /// <inheritdoc/>
    public override Result<int> ReadableBytes
    {
        get
        {
            if (IsListening)
            {
                return Errno.EINVAL;
            }

            if (IsStream)
            {
                return _endpoint?.ReadableBytes ?? 0;
            }

            // unix_inq_len(): of sequenced packets all bytes, of datagrams the first.
            lock (_queueLock)
            {
                return IsDatagram ? _queue.FirstLength : _queue.Messages.Sum(m => m.Length);
            }
        }
    }

    /// <inheritdoc/>
    public override Result<int> UnsentBytes => _endpoint?.UnsentBytes ?? (int)Volatile.Read(ref _sending);

    private bool HasRoom => Volatile.Read(ref _sending) * 4 <= Options.SendBuffer;

    /// <inheritdoc/>
    public override Result<int> Send(ReadOnlySpan<byte> buffer, int flags, in OutgoingMessage message)
    {
        if ((flags & SocketConstants.MSG_OOB) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (Options.PassCredentials && Name is null)
        {
            lock (_lock)
            {
                EnsureNamed();
            }
        }

        if (IsStream)
        {
            if (message.Destination.Family != SocketConstants.AF_UNSPEC)
            {
                return _isConnected ? Errno.EISCONN : Errno.EOPNOTSUPP;
            }

            if (_endpoint is not { } endpoint)
            {
                return Errno.ENOTCONN;
            }

            return endpoint.Send(buffer, WithCredentials(message, endpoint.PeerWantsCredentials));
        }

        if (Type == SocketConstants.SOCK_SEQPACKET)
        {
            // unix_seqpacket_sendmsg(): a destination is ignored.
            if (TakeError() is not Errno.None and var pending)
            {
                return pending;
            }

            if (!_isConnected)
            {
                return Errno.ENOTCONN;
            }
        }

        return SendMessage(buffer, message);
    }

    /// <inheritdoc/>
    public override Result<int> Receive(Span<byte> buffer, int flags, ref IncomingMessage message)
    {
        if ((flags & SocketConstants.MSG_OOB) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (IsStream)
        {
            if (_endpoint is not { } endpoint)
            {
                return Errno.EINVAL;
            }

            Result<int> got = endpoint.Receive(buffer, flags, MayWait(flags), ref message);
            if (got.IsSuccess && got.Value > 0)
            {
                // unix_copy_addr(): a stream's name is told when the other side has one.
                message.Source = (_peer?.Name ?? _peerName) is { } from ? SocketName.Of(from) : default;
                Received(message.Control, flags);
            }

            else if (got.IsSuccess && Options.PassCredentials)
            {
                // The end was sent by nobody.
                message.Control = new ControlData { Credentials = default(Ucred) };
            }

            return got;
        }

        if (Type == SocketConstants.SOCK_SEQPACKET && !_isConnected)
        {
            return Errno.ENOTCONN;
        }

        return ReceiveMessage(buffer, flags, ref message);
    }

    /// <inheritdoc/>
    internal override int ReadMore(Span<byte> buffer) => _endpoint?.ReceiveMore(buffer) ?? 0;

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        if (_endpoint is { } endpoint)
        {
            return endpoint.Poll();
        }

        int shutdown = Volatile.Read(ref _shutdown);
        PollEvents events = PendingError != Errno.None ? PollEvents.Error : PollEvents.None;
        events |= shutdown == 3 ? PollEvents.HangUp : PollEvents.None;
        events |= (shutdown & 1) != 0 ? Readable | PollEvents.ReadHangUp : PollEvents.None;
        if (Volatile.Read(ref _pending) is not null)
        {
            lock (_lock)
            {
                return events | (_pending is { Count: > 0 } ? Readable : PollEvents.None);
            }
        }

        lock (_queueLock)
        {
            events |= _queue.Count > 0 ? Readable : PollEvents.None;
        }

        events |= !IsDatagram && !_isConnected ? PollEvents.HangUp : PollEvents.None;
        if (HasRoom && !(Volatile.Read(ref _peer) is { } peer && !ReferenceEquals(peer._peer, this) && peer.IsFull))
        {
            events |= Writable | PollEvents.WriteBand;
        }

        return events;
    }

    private bool IsFull
    {
        get
        {
            lock (_queueLock)
            {
                return _queue.Count > DatagramBacklog;
            }
        }
    }

    /// <summary>The queue to wait on when a message didn't fit because the receiver's queue is full; null when it is the own buffer.</summary>
    public WaitQueue? FindSendQueue(in OutgoingMessage message)
    {
        if (IsStream || !HasRoomFor(0))
        {
            return null;
        }

        if (message.Destination.Family != SocketConstants.AF_UNIX || message.Destination.Unix is not { } name)
        {
            return Volatile.Read(ref _peer)?.WaitQueue;
        }

        if (!Stack.FindUnix(name, Type, message.Caller).TryGet(out UnixSocket? receiver, out _))
        {
            return null;
        }

        WaitQueue queue = receiver.WaitQueue;
        receiver.Release();
        return queue;
    }

    private bool HasRoomFor(int size) => Volatile.Read(ref _sending) < Options.SendBuffer;

    private Result<int> SendMessage(ReadOnlySpan<byte> buffer, in OutgoingMessage message)
    {
        if (buffer.Length > MaximumMessage)
        {
            return Errno.EMSGSIZE;
        }

        UnixSocket? receiver;
        bool named = message.Destination.Family == SocketConstants.AF_UNIX && IsDatagram;
        if (named)
        {
            if (!Stack.FindUnix(message.Destination.Unix!, Type, message.Caller).TryGet(out receiver, out Errno error))
            {
                return error;
            }
        }
        else
        {
            receiver = Volatile.Read(ref _peer);
            if (receiver is null)
            {
                return IsDatagram ? Errno.ENOTCONN : Errno.EPIPE;
            }

            if (!receiver.TryAddReference())
            {
                if (!IsDatagram)
                {
                    return Errno.EPIPE;
                }

                // The one it was connected to is gone; the next send finds no connection.
                lock (_lock)
                {
                    _peer = null;
                }

                return Errno.ECONNREFUSED;
            }
        }

        try
        {
            if ((Volatile.Read(ref _shutdown) & 2) != 0)
            {
                return Errno.EPIPE;
            }

            // unix_may_send(): a connected datagram socket hears its peer only.
            if (IsDatagram && receiver._peer is { } bond && !ReferenceEquals(bond, this))
            {
                return Errno.EPERM;
            }

            if ((Volatile.Read(ref receiver._shutdown) & 1) != 0)
            {
                return Errno.EPIPE;
            }

            if (!HasRoomFor(buffer.Length))
            {
                return Errno.EAGAIN;
            }

            int size = PacketSize.Of(buffer.Length);
            lock (receiver._queueLock)
            {
                if (receiver._isDead)
                {
                    return IsDatagram ? Errno.ECONNREFUSED : Errno.EPIPE;
                }

                if (!ReferenceEquals(receiver, this) && !ReferenceEquals(receiver._peer, this) && receiver._queue.Count > DatagramBacklog)
                {
                    return Errno.EAGAIN;
                }

                var queued = new QueuedMessage
                {
                    Size = size,
                    Source = SocketName.Of(Name),
                    Sender = this,
                    Control = WithCredentials(message, receiver.Options.PassCredentials || receiver._isEmbryo),
                    Time = Stack.Machine.RealtimeNanoseconds,
                };
                if (!receiver._queue.TryAdd(buffer, queued))
                {
                    return Errno.ENOBUFS;
                }

                Interlocked.Add(ref _sending, size);
            }

            receiver.WaitQueue.Wake(Readable);
            return buffer.Length;
        }
        finally
        {
            receiver.Release();
        }
    }

    /// <summary>maybe_add_creds(): a message carries its sender's ids where one of the two sides asks for them.</summary>
    private ControlData? WithCredentials(in OutgoingMessage message, bool receiverAsks)
    {
        if (message.Control?.Credentials is not null || !(receiverAsks || Options.PassCredentials))
        {
            return message.Control;
        }

        SocketCaller sender = message.Caller.Process is null ? _owner : message.Caller;
        return new ControlData { Files = message.Control?.Files ?? [], Credentials = sender.RealCredentials };
    }

    private Result<int> ReceiveMessage(Span<byte> buffer, int flags, ref IncomingMessage message)
    {
        bool peeks = (flags & SocketConstants.MSG_PEEK) != 0;
        QueuedMessage first;
        int copied;
        bool wasFull;
        lock (_queueLock)
        {
            if (_queue.Count == 0)
            {
                Errno error = TakeError();
                return error != Errno.None ? error
                    : (Volatile.Read(ref _shutdown) & 1) != 0 && (!IsDatagram || MayWait(flags)) ? 0
                    : Errno.EAGAIN;
            }

            wasFull = _queue.Count > DatagramBacklog;
            int offset = peeks && Options.PeekOffset >= 0 ? Options.PeekOffset : 0;
            first = _queue.Receive(buffer, peeks, offset, out copied);
            if (peeks && first.Control is { Files.Length: > 0 })
            {
                foreach (OpenFile file in first.Control.Files)
                {
                    file.AddReference();
                }
            }

            message.FullLength = Math.Max(0, first.Length - offset);
            if (Options.PeekOffset >= 0)
            {
                Options.PeekOffset = peeks ? Options.PeekOffset + copied : Math.Max(0, Options.PeekOffset - copied);
            }
        }

        message.Source = first.Source.Unix is null ? default : first.Source;
        message.Flags = (message.FullLength > buffer.Length ? SocketConstants.MSG_TRUNC : 0);
        message.Time = first.Time;
        Ucred? credentials = Options.PassCredentials ? first.Control?.Credentials ?? PacketSize.NoCredentials : null;
        OpenFile[] files = first.Control?.Files ?? [];
        message.Control = credentials is not null || files.Length > 0 ? new ControlData { Files = files, Credentials = credentials } : null;
        Received(message.Control, flags);
        if (!peeks)
        {
            first.Sender?.Sent(first.Size);
            if (wasFull)
            {
                WakeConnectors();
            }
        }

        return copied;
    }

    /// <summary>A message of ours was taken: its bytes no longer count.</summary>
    private void Sent(int size)
    {
        Interlocked.Add(ref _sending, -size);
        if (HasRoom)
        {
            WaitQueue.Wake(Writable);
        }
    }

    private void Received(ControlData? control, int flags)
    {
        if (control is { Files.Length: > 0 } && (flags & SocketConstants.MSG_PEEK) == 0)
        {
            Stack.InFlight.Remove(control.Files);
        }
    }

    private void Discard(in QueuedMessage message)
    {
        message.Sender?.Sent(message.Size);
        if (message.Control is { } control)
        {
            Stack.InFlight.Remove(control.Files);
            control.Release();
        }
    }

    /// <summary>Those that are connected here and found the queue full may send again.</summary>
    private void WakeConnectors()
    {
        WaitQueue.Wake(Writable);
        WeakReference<UnixSocket>[] connectors;
        lock (_queueLock)
        {
            if (_connectors.Count == 0)
            {
                return;
            }

            connectors = [.. _connectors];
        }

        foreach (WeakReference<UnixSocket> connector in connectors)
        {
            if (connector.TryGetTarget(out UnixSocket? socket))
            {
                socket.WaitQueue.Wake(Writable);
            }
        }
    }
}
