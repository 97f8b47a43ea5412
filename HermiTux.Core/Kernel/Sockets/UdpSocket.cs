using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

/// <summary>A UDP socket (udp(7)): datagrams between the sockets of the machine, lost when the receiver's buffer is full.</summary>
internal sealed class UdpSocket : InetSocket
{
    private const int MaximumPayloadV4 = 65507;
    private const int MaximumPayloadV6 = 65527;

    // net.ipv4.igmp_max_memberships.
    private const int MaximumGroups = 20;

    private readonly Lock _queueLock = new();
    private readonly MessageQueue _queue;
    private readonly HashSet<UInt128> _groups = [];
    private InetEndpoint? _connected;
    private List<byte>? _corked;
    private InetEndpoint _corkedTarget;
    private int _shutdown;
    private uint _dropped;
    private UInt128? _boundAddress;
    private bool _isClosed;

    /// <summary>Creates a socket.</summary>
    public UdpSocket(NetworkStack stack, int family, int protocol, int flags, uint ownerUid)
        : base(stack, family, SocketConstants.SOCK_DGRAM, protocol, flags, ownerUid)
    {
        _queue = new MessageQueue(stack.Buffers);
    }

    /// <inheritdoc/>
    public override WaitQueue WaitQueue { get; } = new();

    /// <summary>Where it is connected to; null when it isn't.</summary>
    public InetEndpoint? Connected => _connected;

    /// <summary>Datagrams that found no room.</summary>
    public uint Dropped => Volatile.Read(ref _dropped);

    /// <summary>Bytes that wait to be received, as /proc/net/udp counts them.</summary>
    public long QueuedBytes
    {
        get
        {
            lock (_queueLock)
            {
                return _queue.Size;
            }
        }
    }

    /// <inheritdoc/>
    public override Result<int> ReadableBytes
    {
        get
        {
            lock (_queueLock)
            {
                return _queue.FirstLength;
            }
        }
    }

    /// <inheritdoc/>
    public override Result<int> UnsentBytes => 0;

    protected override InetEndpoint? Peer => _connected;

    /// <summary>Joins or leaves a multicast group: EADDRINUSE when joined already, EADDRNOTAVAIL when not, ENOBUFS beyond 20.</summary>
    public Errno ChangeMembership(UInt128 group, bool joins)
    {
        lock (_queueLock)
        {
            return joins && _groups.Count >= MaximumGroups && !_groups.Contains(group) ? Errno.ENOBUFS
                : joins ? _groups.Add(group) ? Errno.None : Errno.EADDRINUSE
                : _groups.Remove(group) ? Errno.None : Errno.EADDRNOTAVAIL;
        }
    }

    /// <summary>Whether it hears a multicast group.</summary>
    public bool IsMemberOf(UInt128 group)
    {
        lock (_queueLock)
        {
            return _groups.Contains(group);
        }
    }

    /// <inheritdoc/>
    public override Errno Connect(ReadOnlySpan<byte> address, in SocketCaller caller)
    {
        if (address.Length < 2)
        {
            return Errno.EINVAL;
        }

        lock (StateLock)
        {
            if (address[0] == SocketConstants.AF_UNSPEC && address[1] == 0)
            {
                _connected = null;
                SetError(Errno.None);
                if (!IsBound && Local.Port != 0)
                {
                    Stack.ReleasePort(this, lingersInTimeWait: false);
                    Local = new InetEndpoint(AnyAddress, 0);
                }
                else
                {
                    Local = Local with { Address = _boundAddress ?? AnyAddress };
                }

                return Errno.None;
            }

            // A datagram socket of IPv6 takes IPv4 addresses too, here and in sendto(2).
            if (ParseDestination(address, out SocketName name) is not (Errno.None or Errno.EINVAL) and var bad)
            {
                return bad;
            }

            InetEndpoint remote = name.Inet;
            if (name.Family == SocketConstants.AF_UNSPEC)
            {
                return Errno.EINVAL;
            }

            if (CheckRoute(remote) is not Errno.None and var noRoute)
            {
                return noRoute;
            }

            if (Local.Port == 0 && Stack.ChooseLocalPort(this, AnyAddress, remote) is not Errno.None and var noPort)
            {
                return noPort;
            }

            _boundAddress ??= Local.Address;
            if (_boundAddress == AnyAddress)
            {
                Local = Local with { Address = Stack.SourceFor(remote) };
            }

            _connected = remote;
            return Errno.None;
        }
    }

    /// <inheritdoc/>
    public override Errno Shutdown(int how)
    {
        Interlocked.Or(ref _shutdown, how + 1);
        WaitQueue.Wake(AnyEvent);
        return _connected is null ? Errno.ENOTCONN : Errno.None;
    }

    /// <inheritdoc/>
    public override Errno ParseDestination(ReadOnlySpan<byte> address, out SocketName name)
    {
        name = default;
        if (Family == SocketConstants.AF_INET6 && address.Length >= 2 && BitConverter.ToUInt16(address) == SocketConstants.AF_INET)
        {
            // udpv6_sendmsg() takes IPv4 addresses.
            if (IsV6Only)
            {
                return Errno.ENETUNREACH;
            }

            Errno error = SocketName.DecodeInet(address, SocketConstants.AF_INET, out _, out InetEndpoint mapped);
            name = SocketName.Of(Family, NetworkStack.Resolve(mapped));
            return error != Errno.None ? error : mapped.Port == 0 ? Errno.EINVAL : Errno.None;
        }

        if (ParseRemote(address, out InetEndpoint remote) is not Errno.None and var bad)
        {
            return bad;
        }

        name = SocketName.Of(Family, remote);
        return remote.Port == 0 ? Errno.EINVAL : Errno.None;
    }

    /// <inheritdoc/>
    public override Result<int> Send(ReadOnlySpan<byte> buffer, int flags, in OutgoingMessage message)
    {
        if ((flags & SocketConstants.MSG_OOB) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (buffer.Length > 65535)
        {
            return Errno.EMSGSIZE;
        }

        bool corks = (flags & SocketConstants.MSG_MORE) != 0 || IpOptions.Get(InetConstants.IPPROTO_UDP, InetConstants.UDP_CORK) != 0;
        if (_corked is not null || corks)
        {
            return SendCorked(buffer, corks, message);
        }

        InetEndpoint target;
        if (message.Destination.Family != SocketConstants.AF_UNSPEC)
        {
            target = message.Destination.Inet;
        }
        else if (_connected is { } connected)
        {
            target = connected;
        }
        else
        {
            return Errno.EDESTADDRREQ;
        }

        return SendTo(buffer, target);
    }

    /// <summary>UDP_CORK was switched off: what was collected goes out.</summary>
    public void Uncork()
    {
        if (_corked is not null)
        {
            var message = default(OutgoingMessage);
            SendCorked([], false, message);
        }
    }

    /// <inheritdoc/>
    public override Result<int> Receive(Span<byte> buffer, int flags, ref IncomingMessage message)
    {
        bool peeks = (flags & SocketConstants.MSG_PEEK) != 0;
        QueuedMessage first;
        int copied;
        lock (_queueLock)
        {
            if (TakeError() is not Errno.None and var error)
            {
                return error;
            }

            if (_queue.Count == 0)
            {
                return (Volatile.Read(ref _shutdown) & 1) != 0 && MayWait(flags) ? 0 : Errno.EAGAIN;
            }

            int offset = peeks && Options.PeekOffset >= 0 ? Options.PeekOffset : 0;
            first = _queue.Receive(buffer, peeks, offset, out copied);
            message.FullLength = Math.Max(0, first.Length - offset);
            if (Options.PeekOffset >= 0)
            {
                Options.PeekOffset = peeks ? Options.PeekOffset + copied : Math.Max(0, Options.PeekOffset - copied);
            }
        }

        message.Source = SocketName.Of(Family, first.Source.Inet);
        message.Target = first.Target;
        message.Time = first.Time;
        message.Flags = message.FullLength > buffer.Length ? SocketConstants.MSG_TRUNC : 0;
        return copied;
    }

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        int shutdown = Volatile.Read(ref _shutdown);
        PollEvents events = Writable | PollEvents.WriteBand;
        events |= PendingError != Errno.None ? PollEvents.Error : PollEvents.None;
        events |= (shutdown & 1) != 0 ? Readable | PollEvents.ReadHangUp : PollEvents.None;
        events |= shutdown == 3 ? PollEvents.HangUp : PollEvents.None;
        lock (_queueLock)
        {
            return events | (_queue.Count > 0 ? Readable : PollEvents.None);
        }
    }

    /// <summary>A datagram arrives; it is lost when there is no room.</summary>
    public void Deliver(ReadOnlySpan<byte> payload, InetEndpoint source, InetEndpoint target)
    {
        int size = PacketSize.Of(payload.Length);
        lock (_queueLock)
        {
            var queued = new QueuedMessage
            {
                Size = size,
                Source = SocketName.Of(Family, source),
                Target = target,
                Time = Stack.Machine.RealtimeNanoseconds,
            };
            if (_isClosed || _queue.Size >= Options.ReceiveBuffer || !_queue.TryAdd(payload, queued))
            {
                _dropped++;
                return;
            }
        }

        WaitQueue.Wake(Readable);
    }

    /// <inheritdoc/>
    protected override void OnClose()
    {
        lock (_queueLock)
        {
            _isClosed = true;
            _queue.Clear();
        }

        if (Local.Port != 0)
        {
            Stack.ReleasePort(this, lingersInTimeWait: false);
        }

        WaitQueue.Wake(AnyEvent);
    }

    protected override void OnBound()
    {
        _boundAddress = Local.Address;
        Stack.Listening.Wake(AnyEvent);
    }

    private Result<int> SendTo(ReadOnlySpan<byte> buffer, InetEndpoint target)
    {
        if (buffer.Length > (target.IsV4 ? MaximumPayloadV4 : MaximumPayloadV6))
        {
            return Errno.EMSGSIZE;
        }

        if (TakeError() is not Errno.None and var pending)
        {
            return pending;
        }

        if ((Volatile.Read(ref _shutdown) & 2) != 0)
        {
            return Errno.EPIPE;
        }

        if (CheckRoute(target) is not Errno.None and var noRoute)
        {
            return noRoute;
        }

        if (Local.Port == 0)
        {
            lock (StateLock)
            {
                if (Local.Port == 0 && Stack.ChooseLocalPort(this, AnyAddress, target) is not Errno.None and var noPort)
                {
                    return noPort;
                }
            }
        }

        InetEndpoint source = Local.Address == AnyAddress || Local.IsMulticast ? Local with { Address = Stack.SourceFor(target) } : Local;
        if (target.IsMulticast || target.IsBroadcast)
        {
            bool loops = !target.IsMulticast || IpOptions.Get(
                target.IsV4 ? InetConstants.IPPROTO_IP : InetConstants.IPPROTO_IPV6,
                target.IsV4 ? InetConstants.IP_MULTICAST_LOOP : InetConstants.IPV6_MULTICAST_LOOP, 1) != 0;
            if (loops)
            {
                foreach (UdpSocket member in Stack.FindUdpGroup(target, source))
                {
                    member.Deliver(buffer, source, target);
                }
            }

            return buffer.Length;
        }

        if (!Stack.IsLocal(target))
        {
            Stack.Outside?.SendDatagram(this, buffer, source, target);
            return buffer.Length;
        }

        if (Stack.FindUdp(target, source) is { } receiver)
        {
            receiver.Deliver(buffer, source, target);
        }
        else if (_connected is not null)
        {
            // ICMP says that the port is unreachable; only a connected socket hears of it.
            SetError(Errno.ECONNREFUSED);
            WaitQueue.Wake(PollEvents.Error);
        }

        return buffer.Length;
    }

    private Errno CheckRoute(InetEndpoint target) =>
        target.IsBroadcast && !Options.Broadcast ? Errno.EACCES
        : target.IsMulticast || target.IsBroadcast || Stack.IsLocal(target) || (Stack.HasOutside && target.IsV4) ? Errno.None
        : Errno.ENETUNREACH;

    private Result<int> SendCorked(ReadOnlySpan<byte> buffer, bool corks, in OutgoingMessage message)
    {
        List<byte> datagram;
        InetEndpoint target;
        lock (StateLock)
        {
            if (_corked is null)
            {
                if (message.Destination.Family == SocketConstants.AF_UNSPEC && _connected is null)
                {
                    return Errno.EDESTADDRREQ;
                }

                _corkedTarget = message.Destination.Family != SocketConstants.AF_UNSPEC ? message.Destination.Inet : _connected!.Value;
                _corked = [];
            }

            if (_corked.Count + buffer.Length > MaximumPayloadV4)
            {
                _corked = null;
                return Errno.EMSGSIZE;
            }

            _corked.AddRange(buffer);
            if (corks)
            {
                return buffer.Length;
            }

            (datagram, target) = (_corked, _corkedTarget);
            _corked = null;
        }

        Result<int> sent = SendTo(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(datagram), target);
        return sent.IsSuccess ? buffer.Length : sent;
    }
}
