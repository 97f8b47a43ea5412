using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

// listen, accept, connect, shutdown.
internal sealed partial class UnixSocket
{
    private StreamEndpoint? _endpoint;

    // Of datagram and sequenced-packet sockets: where sends go. No reference is held; closing tells the other side.
    private UnixSocket? _peer;
    private UnixName? _peerName;
    private Queue<UnixSocket>? _pending;
    private int _backlog;
    private bool _isConnected;
    private bool _isEmbryo;
    private int _shutdown;

    /// <inheritdoc/>
    public override bool IsListening => Volatile.Read(ref _pending) is not null;

    /// <summary>SO_ERROR.</summary>
    public Errno TakePendingError() => _endpoint is { } endpoint ? endpoint.TakeError() : TakeError();

    private bool IsDatagram => Type == SocketConstants.SOCK_DGRAM;

    /// <inheritdoc/>
    public override Errno Listen(int backlog, in SocketCaller caller)
    {
        lock (_lock)
        {
            if (IsDatagram)
            {
                return Errno.EOPNOTSUPP;
            }

            if (_name is null || _isConnected)
            {
                return Errno.EINVAL;
            }

            bool grows = _pending is not null && backlog > _backlog;
            _backlog = (int)Math.Min((uint)backlog, SocketConstants.SOMAXCONN);
            Volatile.Write(ref _pending, _pending ?? new Queue<UnixSocket>());
            _peerCredentials = caller.Credentials;
            if (!grows)
            {
                return Errno.None;
            }
        }

        WaitQueue.Wake(AnyEvent);
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Result<Socket> Accept(int flags)
    {
        UnixSocket accepted;
        lock (_lock)
        {
            if (IsDatagram)
            {
                return Errno.EOPNOTSUPP;
            }

            if (_pending is null)
            {
                return Errno.EINVAL;
            }

            if (!_pending.TryDequeue(out accepted!))
            {
                // shutdown(2) of a listener ends those that wait.
                return (_shutdown & 1) != 0 && (StatusFlags & Fcntl.O_NONBLOCK) == 0 ? Errno.EINVAL : Errno.EAGAIN;
            }
        }

        accepted._isEmbryo = false;
        Stack.Buffers.Give(NetworkStack.PendingSize);

        // Connectors wait for the room that is now there.
        WaitQueue.Wake(Writable);
        accepted.StatusFlags = Fcntl.O_RDWR | (flags & Fcntl.O_NONBLOCK);
        accepted.Options.PassCredentials = Options.PassCredentials;
        return accepted;
    }

    /// <inheritdoc/>
    public override Errno Connect(ReadOnlySpan<byte> address, in SocketCaller caller)
    {
        if (IsDatagram)
        {
            return ConnectDatagram(address, caller);
        }

        if (UnixName.Decode(address, out UnixName? name) is not Errno.None and var bad)
        {
            return bad;
        }

        if (name is null)
        {
            return Errno.EINVAL;
        }

        if (!Stack.FindUnix(name, Type, caller).TryGet(out UnixSocket? listener, out Errno error))
        {
            return error;
        }

        try
        {
            return ConnectTo(listener, caller);
        }
        finally
        {
            listener.Release();
        }
    }

    /// <summary>The queue to wait on while <see cref="Connect"/> gives EAGAIN: the listener's. Null when it is gone.</summary>
    public WaitQueue? FindConnectQueue(ReadOnlySpan<byte> address, in SocketCaller caller)
    {
        if (UnixName.Decode(address, out UnixName? name) != Errno.None || name is null || !Stack.FindUnix(name, Type, caller).TryGet(out UnixSocket? listener, out _))
        {
            return null;
        }

        WaitQueue queue = listener.WaitQueue;
        listener.Release();
        return queue;
    }

    /// <inheritdoc/>
    public override Errno Shutdown(int how)
    {
        if (_endpoint is { } endpoint)
        {
            endpoint.Shutdown(how);
            return Errno.None;
        }

        UnixSocket? peer;
        lock (_lock)
        {
            _shutdown |= how + 1;
            peer = IsDatagram ? null : _peer;
            if (peer is not null)
            {
                // The other side's halves are the opposite ones.
                int bits = how + 1;
                Interlocked.Or(ref peer._shutdown, ((bits & 1) << 1) | (bits >> 1));
            }
        }

        WaitQueue.Wake(AnyEvent);
        peer?.WaitQueue.Wake(AnyEvent);
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Result<SocketName> GetPeerName()
    {
        lock (_lock)
        {
            return _isConnected || (IsDatagram && _peer is not null) ? SocketName.Of(_peer is { } peer ? peer.Name : _peerName) : Errno.ENOTCONN;
        }
    }

    private static void Join(UnixSocket first, UnixSocket second)
    {
        if (first.Type == SocketConstants.SOCK_STREAM)
        {
            (first._endpoint, second._endpoint) = StreamEndpoint.CreatePair(
                isTcp: false, first.Stack, first.WaitQueue, first.Options, second.WaitQueue, second.Options);
        }
        else
        {
            (first._peer, second._peer) = (second, first);
        }

        first._isConnected = second._isConnected = true;
    }

    private Errno ConnectTo(UnixSocket listener, in SocketCaller caller)
    {
        UnixSocket accepted;
        lock (_lock)
        {
            if (IsListening)
            {
                return Errno.EINVAL;
            }

            if (_isConnected)
            {
                return Errno.EISCONN;
            }

            if (Options.PassCredentials && EnsureNamed() is not Errno.None and var unnamed)
            {
                return unnamed;
            }

            // One lock inside the other never meets its reverse: who connects doesn't listen.
            lock (listener._lock)
            {
                if (listener._pending is null || listener._isDead || (listener._shutdown & 1) != 0)
                {
                    return Errno.ECONNREFUSED;
                }

                if (listener._pending.Count > listener._backlog || !Stack.Buffers.TryTake(NetworkStack.PendingSize))
                {
                    return Errno.EAGAIN;
                }

                accepted = new UnixSocket(Stack, Type, Protocol, 0, listener._owner) { _isEmbryo = true };
                accepted._name = listener._name;
                accepted._peerCredentials = caller.Credentials;
                accepted._peerName = _name;
                accepted.Options.PassCredentials = listener.Options.PassCredentials;
                _peerCredentials = listener._peerCredentials;
                _peerName = listener._name;
                Join(this, accepted);
                listener._pending.Enqueue(accepted);
            }
        }

        listener.WaitQueue.Wake(Readable);
        WaitQueue.Wake(AnyEvent);
        return Errno.None;
    }

    private Errno ConnectDatagram(ReadOnlySpan<byte> address, in SocketCaller caller)
    {
        if (address.Length >= 2 && address[0] == SocketConstants.AF_UNSPEC && address[1] == 0)
        {
            lock (_lock)
            {
                _peer = null;
            }

            WaitQueue.Wake(AnyEvent);
            return Errno.None;
        }

        if (UnixName.Decode(address, out UnixName? name) is not Errno.None and var bad)
        {
            return bad;
        }

        if (name is null)
        {
            return Errno.EINVAL;
        }

        if (Options.PassCredentials)
        {
            lock (_lock)
            {
                if (EnsureNamed() is not Errno.None and var unnamed)
                {
                    return unnamed;
                }
            }
        }

        if (!Stack.FindUnix(name, Type, caller).TryGet(out UnixSocket? peer, out Errno error))
        {
            return error;
        }

        bool allowed = peer._peer is null || ReferenceEquals(peer._peer, this);
        if (allowed)
        {
            lock (_lock)
            {
                _peer = peer;
                _peerName = peer.Name;
            }

            lock (peer._queueLock)
            {
                peer._connectors.RemoveAll(c => !c.TryGetTarget(out UnixSocket? s) || s._isDead || ReferenceEquals(s, this));
                peer._connectors.Add(new WeakReference<UnixSocket>(this));
            }
        }

        peer.Release();
        WaitQueue.Wake(AnyEvent);
        return allowed ? Errno.None : Errno.EPERM;
    }

    /// <summary>The other side of this datagram or packet socket has been closed.</summary>
    private void OnPeerClosed(UnixSocket peer, bool hadUnread)
    {
        if (IsDatagram)
        {
            // A pair's other half notices at its next send.
            return;
        }

        lock (_lock)
        {
            if (!ReferenceEquals(_peer, peer))
            {
                return;
            }

            _peerName = peer.Name;
            Interlocked.Or(ref _shutdown, 3);
            if (hadUnread)
            {
                SetError(Errno.ECONNRESET);
            }
        }

        WaitQueue.Wake(AnyEvent);
    }

    // With the lock held.
    private List<UnixSocket>? StopListening()
    {
        List<UnixSocket>? pending = _pending is { Count: > 0 } queue ? [.. queue] : null;
        _pending?.Clear();
        Stack.Buffers.Give((long)(pending?.Count ?? 0) * NetworkStack.PendingSize);
        return pending;
    }

    private UnixSocket[] ListPending()
    {
        lock (_lock)
        {
            return _pending is null ? [] : [.. _pending];
        }
    }
}
