using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

/// <summary>
/// A TCP socket (tcp(7)) of the machine: connections over its own loopback are pairs of <see cref="StreamEndpoint"/>, made at once when a listener
/// has room. The embedder's ends of connections are such sockets too.
/// </summary>
internal sealed partial class TcpSocket : InetSocket
{
    private readonly Queue<TcpSocket> _accepted = new();
    private readonly Queue<TcpSocket> _waiting = new();
    private StreamEndpoint? _endpoint;
    private InetEndpoint? _remote;
    private volatile Phase _phase;
    private int _backlog;
    private bool _reportsConnection;
    private bool _isEmbryo;
    private bool _isUnregistered;
    private CancellationTokenSource? _connecting;

    /// <summary>Creates a socket.</summary>
    public TcpSocket(NetworkStack stack, int family, int protocol, int flags, uint ownerUid)
        : base(stack, family, SocketConstants.SOCK_STREAM, protocol, flags, ownerUid)
    {
        Options.SendBuffer = 16384;
        Options.ReceiveBuffer = 131072;
    }

    private enum Phase
    {
        Closed,
        Listening,
        Connecting,
        Connected,
    }

    /// <inheritdoc/>
    public override WaitQueue WaitQueue { get; } = new();

    /// <inheritdoc/>
    public override bool IsListening => _phase == Phase.Listening;

    /// <summary>Where it is connected to; null when it isn't.</summary>
    public InetEndpoint? Remote => _remote;

    /// <summary>Whether the embedder has this end.</summary>
    public bool IsHostSide { get; init; }

    /// <summary>Whether only its port is left of it.</summary>
    public bool IsInTimeWait { get; private set; }

    /// <summary>Connections that wait to be accepted, and how many may.</summary>
    public (int Waiting, int Limit) Backlog
    {
        get
        {
            lock (_accepted)
            {
                return (_accepted.Count, _backlog);
            }
        }
    }

    /// <summary>The state as TCP_INFO and /proc/net/tcp number it.</summary>
    public TcpState State => _phase switch
    {
        Phase.Listening => TcpState.Listen,
        Phase.Connecting => TcpState.SynSent,
        Phase.Connected => _endpoint!.State,
        _ => TcpState.Close,
    };

    /// <summary>Bytes received and sent.</summary>
    public (long Received, long Sent) Counters => _endpoint?.Counters ?? default;

    /// <inheritdoc/>
    public override Result<int> ReadableBytes => IsListening ? Errno.EINVAL : _endpoint?.ReadableBytes ?? 0;

    /// <inheritdoc/>
    public override Result<int> UnsentBytes => IsListening ? Errno.EINVAL : _endpoint?.UnsentBytes ?? 0;

    protected override InetEndpoint? Peer => _endpoint is { IsDisconnected: true } e && e.State == TcpState.Close ? null : _phase == Phase.Connected ? _remote : null;

    /// <inheritdoc/>
    public override Errno Listen(int backlog, in SocketCaller caller) => ListenFromHost(backlog);

    /// <summary>listen(2), for which nobody's identity matters.</summary>
    public Errno ListenFromHost(int backlog)
    {
        lock (StateLock)
        {
            if (_phase is not (Phase.Closed or Phase.Listening))
            {
                return Errno.EINVAL;
            }

            int limit = (int)Math.Min((uint)backlog, SocketConstants.SOMAXCONN);
            if (_phase == Phase.Listening)
            {
                _backlog = limit;
                return Errno.None;
            }

            if (Local.Port == 0 && Stack.BindPort(this, Local, isPrivileged: true) is not Errno.None and var noPort)
            {
                return noPort;
            }

            if (Stack.CheckListen(this) is not Errno.None and var taken)
            {
                return taken;
            }

            _backlog = limit;
            _phase = Phase.Listening;
        }

        WaitQueue.Wake(AnyEvent);
        Stack.Listening.Wake(AnyEvent);
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Result<Socket> Accept(int flags)
    {
        TcpSocket accepted;
        lock (_accepted)
        {
            if (_phase != Phase.Listening)
            {
                return Errno.EINVAL;
            }

            if (!_accepted.TryDequeue(out accepted!))
            {
                return Errno.EAGAIN;
            }

            accepted._isEmbryo = false;
        }

        Stack.Buffers.Give(NetworkStack.PendingSize);
        AdmitWaiting();
        accepted.StatusFlags = Fcntl.O_RDWR | (flags & Fcntl.O_NONBLOCK);
        return accepted;
    }

    /// <inheritdoc/>
    public override Errno Connect(ReadOnlySpan<byte> address, in SocketCaller caller)
    {
        if (address.Length < 2)
        {
            return Errno.EINVAL;
        }

        if (address[0] == SocketConstants.AF_UNSPEC && address[1] == 0)
        {
            Disconnect();
            return Errno.None;
        }

        Errno begun;
        lock (StateLock)
        {
            switch (_phase)
            {
                case Phase.Listening:
                    return Errno.EISCONN;
                case Phase.Connecting:
                    return Errno.EALREADY;
                case Phase.Connected when !_reportsConnection:
                    return Errno.EISCONN;
                case Phase.Connected:
                    _reportsConnection = false;
                    return Errno.None;
                default:
                    break;
            }

            // The failure of an attempt that didn't wait is told once, here or by SO_ERROR.
            if (_reportsConnection)
            {
                _reportsConnection = false;
                return TakeError() is not Errno.None and var failed ? failed : Errno.ECONNABORTED;
            }

            if (ParseRemote(address, out InetEndpoint remote) is not Errno.None and var bad)
            {
                return bad;
            }

            if (remote.IsMulticast || remote.IsBroadcast || (Local.Address != AnyAddress && Local.IsV4 != remote.IsV4))
            {
                return Errno.ENETUNREACH;
            }

            begun = Begin(remote);
        }

        WaitQueue.Wake(AnyEvent);
        return begun;
    }

    /// <inheritdoc/>
    public override Errno FinishConnect()
    {
        lock (StateLock)
        {
            switch (_phase)
            {
                case Phase.Connecting:
                    return Errno.EINPROGRESS;
                case Phase.Connected:
                    _reportsConnection = false;
                    return Errno.None;
                default:
                    _reportsConnection = false;
                    return TakeError() is not Errno.None and var error ? error : Errno.ECONNABORTED;
            }
        }
    }

    /// <inheritdoc/>
    public override Errno Shutdown(int how)
    {
        switch (_phase)
        {
            case Phase.Listening:
                if (how != SocketConstants.SHUT_WR)
                {
                    Disconnect();
                }

                return Errno.None;
            case Phase.Connecting:
                Disconnect();
                return Errno.None;
            case Phase.Connected when _endpoint!.State != TcpState.Close:
                _endpoint.Shutdown(how);
                return Errno.None;
            default:
                return Errno.ENOTCONN;
        }
    }

    /// <inheritdoc/>
    public override Errno ParseDestination(ReadOnlySpan<byte> address, out SocketName name)
    {
        // A connected stream ignores where sendto(2) points.
        name = default;
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Result<int> Send(ReadOnlySpan<byte> buffer, int flags, in OutgoingMessage message)
    {
        if (_endpoint is { } endpoint)
        {
            return endpoint.Send(buffer, null, (flags & SocketConstants.MSG_OOB) != 0);
        }

        // A connection under way is waited for; without one there is nobody to send to.
        return TakeError() is not Errno.None and var error ? error
            : _phase == Phase.Connecting ? Errno.EAGAIN
            : Errno.EPIPE;
    }

    /// <inheritdoc/>
    public override Result<int> Receive(Span<byte> buffer, int flags, ref IncomingMessage message)
    {
        if ((flags & SocketConstants.MSG_OOB) != 0)
        {
            return _phase == Phase.Listening ? Errno.ENOTCONN : _endpoint?.ReceiveUrgent(buffer, flags, ref message) ?? Errno.EINVAL;
        }

        if (_endpoint is { } endpoint)
        {
            return endpoint.Receive(buffer, flags, MayWait(flags), ref message);
        }

        return _phase == Phase.Listening ? Errno.ENOTCONN
            : TakeError() is not Errno.None and var error ? error
            : _phase == Phase.Connecting ? Errno.EAGAIN
            : Errno.ENOTCONN;
    }

    /// <summary>SIOCATMARK.</summary>
    public bool IsAtMark => _endpoint?.IsAtMark ?? false;

    /// <inheritdoc/>
    internal override int ReadMore(Span<byte> buffer) => _endpoint?.ReceiveMore(buffer) ?? 0;

    /// <summary>SO_ERROR.</summary>
    public Errno TakePendingError()
    {
        Errno error = TakeError();
        return error != Errno.None ? error : _endpoint?.TakeError() ?? Errno.None;
    }

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        switch (_phase)
        {
            case Phase.Listening:
                lock (_accepted)
                {
                    return _accepted.Count > 0 ? Readable : PollEvents.None;
                }

            case Phase.Connected when _endpoint is { } endpoint:
                return endpoint.Poll();
            case Phase.Connecting:
                return PollEvents.None;
            default:
                PollEvents closed = Writable | PollEvents.HangUp;

                // A failed attempt has shut both halves down.
                return PendingError != Errno.None || _reportsConnection ? closed | Readable | PollEvents.ReadHangUp | (PendingError != Errno.None ? PollEvents.Error : PollEvents.None) : closed;
        }
    }

    /// <inheritdoc/>
    protected override void OnClose()
    {
        bool lingers = Options is { Linger: true, LingerSeconds: 0 };
        if (_phase is Phase.Listening or Phase.Connecting)
        {
            Disconnect();
        }

        StreamEndpoint? endpoint = _endpoint;
        endpoint?.Close(aborts: lingers || _isEmbryo);
        if (Local.Port != 0 && !_isUnregistered)
        {
            IsInTimeWait = endpoint is { IsActiveCloser: true };
            Stack.ReleasePort(this, IsInTimeWait);
        }

        WaitQueue.Wake(AnyEvent);
    }

    // With the lock held.
    private Errno Begin(InetEndpoint remote)
    {
        bool local = Stack.IsLocal(remote);
        bool outside = !local && Stack.Outside is not null && Stack.HasOutside;
        TcpSocket? listener = local || remote.Address == NetworkStack.HostAddress.Address ? Stack.FindListener(remote, Local) : null;
        if (!local && listener is { IsHostSide: false })
        {
            listener = null;
        }

        if (!local && listener is null && !outside)
        {
            return Errno.ENETUNREACH;
        }

        UInt128 source = Local.Address == AnyAddress ? Stack.SourceFor(remote) : Local.Address;
        if (Local.Port == 0)
        {
            if (Stack.ChooseLocalPort(this, source, remote) is not Errno.None and var noPort)
            {
                return noPort;
            }
        }
        else
        {
            if (Stack.IsConnectionTaken(this, Local with { Address = source }, remote))
            {
                return Errno.EADDRNOTAVAIL;
            }

            Local = Local with { Address = source };
        }

        _remote = remote;
        _phase = Phase.Connecting;
        _reportsConnection = true;
        if (listener is not null)
        {
            if (listener.TryAdd(this, mayWait: true))
            {
                return Errno.EINPROGRESS;
            }
        }
        else if (outside)
        {
            _connecting = new CancellationTokenSource();
            Stack.Outside!.BeginConnect(this, remote, _connecting.Token);
            return Errno.EINPROGRESS;
        }
        else if (remote == Local)
        {
            _endpoint = StreamEndpoint.CreateLoop(Stack, WaitQueue, Options);
            _phase = Phase.Connected;
            Adopt();
            return Errno.EINPROGRESS;
        }

        SetError(Errno.ECONNREFUSED);
        Reset();
        return Errno.EINPROGRESS;
    }

    /// <summary>A connection arrives: made at once if the queue has room, else when it has. False when this listens no more.</summary>
    private bool TryAdd(TcpSocket client, bool mayWait)
    {
        lock (_accepted)
        {
            if (_phase != Phase.Listening)
            {
                return false;
            }

            // What waits to be accepted has no descriptor that a limit would count, so it is paid for like a buffer.
            if (_accepted.Count > _backlog || !Stack.Buffers.TryTake(NetworkStack.PendingSize))
            {
                if (mayWait)
                {
                    _waiting.Enqueue(client);
                }

                return mayWait;
            }

            Admit(client);
        }

        WaitQueue.Wake(Readable);
        return true;
    }

    // With the queue's lock and the client's held.
    private void Admit(TcpSocket client)
    {
        var accepted = new TcpSocket(Stack, Family, Protocol, 0, OwnerUid)
        {
            Local = client._remote!.Value,
            _remote = client.Local,
            _isEmbryo = true,
        };
        accepted.Options.InheritFrom(Options);
        accepted.IpOptions.InheritFrom(IpOptions);
        Stack.AddAccepted(accepted);
        client.Establish(accepted);
        _accepted.Enqueue(accepted);
    }

    private void Establish(TcpSocket other)
    {
        (_endpoint, other._endpoint) = StreamEndpoint.CreatePair(isTcp: true, Stack, WaitQueue, Options, other.WaitQueue, other.Options);
        other._phase = Phase.Connected;
        _phase = Phase.Connected;
        Adopt();
        other.Adopt();
    }

    /// <summary>The socket has an end of a connection.</summary>
    private void Adopt()
    {
        _endpoint!.UrgentArrived = () => Owner.Signal(Stack.Machine, Signal.SIGURG);

        // The send buffer has grown to what loopback's segments want.
        if (!Options.HasFixedSendBuffer)
        {
            Options.SendBuffer = StreamEndpoint.GrownSendBuffer;
        }
    }

    private void AdmitWaiting()
    {
        while (true)
        {
            TcpSocket client;
            lock (_accepted)
            {
                if (_phase != Phase.Listening || _accepted.Count > _backlog || !_waiting.TryDequeue(out client!))
                {
                    break;
                }
            }

            // The client's lock comes before the listener's.
            lock (client.StateLock)
            {
                if (client._phase != Phase.Connecting || !TryAdd(client, mayWait: true))
                {
                    continue;
                }
            }

            client.WaitQueue.Wake(AnyEvent);
        }

        WaitQueue.Wake(Writable);
    }

    private void Disconnect()
    {
        TcpSocket[] accepted;
        TcpSocket[] waiting;
        StreamEndpoint? endpoint;
        lock (StateLock)
        {
            lock (_accepted)
            {
                accepted = [.. _accepted];
                waiting = [.. _waiting];
                _accepted.Clear();
                _waiting.Clear();
                endpoint = _endpoint;
                _reportsConnection = false;
                Reset();
            }
        }

        Stack.Buffers.Give((long)accepted.Length * NetworkStack.PendingSize);
        endpoint?.Close(aborts: true);
        WaitQueue.Wake(AnyEvent);
        foreach (TcpSocket client in waiting)
        {
            client.FailConnect(Errno.ECONNREFUSED);
        }

        DeferredRelease.Release(accepted);
    }

    // With the lock held: back to an unconnected socket; a port that the program chose stays.
    private void Reset()
    {
        _phase = Phase.Closed;
        _ = _connecting?.CancelAsync();
        _connecting = null;
        _endpoint = null;
        _remote = null;
        if (!IsBound && Local.Port != 0)
        {
            Stack.ReleasePort(this, lingersInTimeWait: false);
            Local = new InetEndpoint(AnyAddress, 0);
        }
    }
}
