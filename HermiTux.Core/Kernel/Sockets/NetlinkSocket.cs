using System.Buffers.Binary;
using System.Text;
using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

/// <summary>
/// A netlink socket (netlink(7)) of NETLINK_ROUTE, which tells of the machine's interfaces, addresses and routes: what getifaddrs(3), if_nameindex(3)
/// and getaddrinfo(3) ask. Changing anything is EPERM. Other netlink protocols hear nothing.
/// </summary>
internal sealed class NetlinkSocket : Socket
{
    private const int HeaderSize = 16;
    private const int MaximumQueue = 64;

    private readonly Lock _lock = new();
    private readonly Queue<byte[]> _answers = new();
    private uint _port;
    private uint _groups;

    /// <summary>Creates a socket.</summary>
    public NetlinkSocket(NetworkStack stack, int type, int protocol, int flags) : base(stack, SocketConstants.AF_NETLINK, type, protocol, flags)
    {
    }

    /// <inheritdoc/>
    public override WaitQueue WaitQueue { get; } = new();

    /// <inheritdoc/>
    internal override bool IsStream => false;

    /// <inheritdoc/>
    public override int MaximumMessage => Math.Max(0, Options.SendBuffer - 32);

    /// <inheritdoc/>
    public override Errno Bind(ReadOnlySpan<byte> address, in SocketCaller caller)
    {
        if (!TryParse(address, out uint port, out uint groups))
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            if (_port != 0 && port != _port && port != 0)
            {
                return Errno.EINVAL;
            }

            _groups = groups;
        }

        return Stack.BindNetlink(this, port, caller.Process.Pid);
    }

    /// <summary>The port that the stack gave.</summary>
    public uint Port
    {
        get => _port;
        set => _port = value;
    }

    /// <inheritdoc/>
    public override Errno Connect(ReadOnlySpan<byte> address, in SocketCaller caller) =>
        address.Length < 2 ? Errno.EINVAL
        : BinaryPrimitives.ReadUInt16LittleEndian(address) == SocketConstants.AF_UNSPEC ? Errno.None
        : !TryParse(address, out uint port, out _) ? Errno.EINVAL
        : port != 0 ? Errno.ECONNREFUSED
        : _port == 0 ? Stack.BindNetlink(this, 0, caller.Process.Pid) : Errno.None;

    /// <inheritdoc/>
    public override Errno Shutdown(int how) => Errno.EOPNOTSUPP;

    /// <inheritdoc/>
    public override Result<SocketName> GetName() => SocketName.OfNetlink(_port, _groups);

    /// <inheritdoc/>
    public override Result<SocketName> GetPeerName() => SocketName.OfNetlink(0, 0);

    /// <inheritdoc/>
    public override Errno ParseDestination(ReadOnlySpan<byte> address, out SocketName name)
    {
        bool ok = TryParse(address, out uint port, out uint groups);
        name = SocketName.OfNetlink(port, groups);
        return !ok ? Errno.EINVAL : port != 0 ? Errno.ECONNREFUSED : Errno.None;
    }

    /// <inheritdoc/>
    public override Result<int> Send(ReadOnlySpan<byte> buffer, int flags, in OutgoingMessage message)
    {
        if ((flags & SocketConstants.MSG_OOB) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (_port == 0 && Stack.BindNetlink(this, 0, message.Caller.Process?.Pid ?? 1) is not Errno.None and var error)
        {
            return error;
        }

        // The bytes may be the guest's memory: they are read once.
        byte[] request = buffer.ToArray();
        var answer = new NetlinkRoute(Stack, _port);
        for (ReadOnlySpan<byte> rest = request; rest.Length >= HeaderSize;)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            if (length < HeaderSize || length > rest.Length)
            {
                break;
            }

            foreach (byte[] part in answer.Answer(rest[..(int)length], Protocol))
            {
                lock (_lock)
                {
                    if (_answers.Count >= MaximumQueue)
                    {
                        return Errno.ENOBUFS;
                    }

                    _answers.Enqueue(part);
                }
            }

            int next = ((int)length + 3) & ~3;
            rest = next < rest.Length ? rest[next..] : [];
        }

        WaitQueue.Wake(Readable);
        return buffer.Length;
    }

    /// <inheritdoc/>
    public override Result<int> Receive(Span<byte> buffer, int flags, ref IncomingMessage message)
    {
        if ((flags & SocketConstants.MSG_OOB) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        byte[]? answer;
        lock (_lock)
        {
            if (!_answers.TryPeek(out answer))
            {
                return Errno.EAGAIN;
            }

            if ((flags & SocketConstants.MSG_PEEK) == 0)
            {
                _answers.Dequeue();
            }
        }

        int count = Math.Min(buffer.Length, answer.Length);
        answer.AsSpan(0, count).CopyTo(buffer);
        message.FullLength = answer.Length;
        message.Flags = answer.Length > buffer.Length ? SocketConstants.MSG_TRUNC : 0;
        message.Source = SocketName.OfNetlink(0, 0);
        if (Options.PassCredentials)
        {
            message.Control = new ControlData { Credentials = new Ucred() };
        }

        return count;
    }

    /// <inheritdoc/>
    public override Errno SetOption(int level, int name, ReadOnlySpan<byte> value, in SocketCaller caller) =>
        level != NetlinkConstants.SOL_NETLINK ? Errno.ENOPROTOOPT
        : value.Length < sizeof(int) ? Errno.EINVAL
        : name is >= NetlinkConstants.NETLINK_ADD_MEMBERSHIP and <= NetlinkConstants.NETLINK_GET_STRICT_CHK ? Errno.None : Errno.ENOPROTOOPT;

    /// <inheritdoc/>
    public override Result<int> GetOption(int level, int name, Span<byte> value) =>
        level != NetlinkConstants.SOL_NETLINK ? Errno.EOPNOTSUPP
        : name is >= NetlinkConstants.NETLINK_PKTINFO and <= NetlinkConstants.NETLINK_GET_STRICT_CHK ? PutInt(value, 0) : Errno.ENOPROTOOPT;

    /// <inheritdoc/>
    public override PollEvents Poll()
    {
        lock (_lock)
        {
            return Writable | PollEvents.WriteBand | (_answers.Count > 0 ? Readable : PollEvents.None);
        }
    }

    /// <inheritdoc/>
    protected override void OnClose() => Stack.UnbindNetlink(this);

    private static bool TryParse(ReadOnlySpan<byte> address, out uint port, out uint groups)
    {
        (port, groups) = (0, 0);
        if (address.Length < 12 || BinaryPrimitives.ReadUInt16LittleEndian(address) != SocketConstants.AF_NETLINK)
        {
            return false;
        }

        port = BinaryPrimitives.ReadUInt32LittleEndian(address[4..]);
        groups = BinaryPrimitives.ReadUInt32LittleEndian(address[8..]);
        return true;
    }
}

/// <summary>Answers requests of rtnetlink(7).</summary>
internal sealed class NetlinkRoute(NetworkStack stack, uint port)
{
    private const int HeaderSize = 16;
    private const byte OperatingUp = 6;
    private const byte OperatingUnknown = 0;

    /// <summary>The datagrams that answer one request.</summary>
    public IEnumerable<byte[]> Answer(ReadOnlySpan<byte> request, int protocol)
    {
        int type = BinaryPrimitives.ReadUInt16LittleEndian(request[4..]);
        int flags = BinaryPrimitives.ReadUInt16LittleEndian(request[6..]);
        uint sequence = BinaryPrimitives.ReadUInt32LittleEndian(request[8..]);
        byte family = request.Length > HeaderSize ? request[HeaderSize] : (byte)0;
        int index = request.Length >= HeaderSize + 8 ? BinaryPrimitives.ReadInt32LittleEndian(request[(HeaderSize + 4)..]) : 0;
        byte[] head = request[..HeaderSize].ToArray();
        if ((flags & NetlinkConstants.NLM_F_REQUEST) == 0 || type < NetlinkConstants.RTM_NEWLINK)
        {
            // Control messages are answered only when asked to be.
            return (flags & NetlinkConstants.NLM_F_ACK) != 0 ? [Error(head, sequence, Errno.None)] : [];
        }

        if (protocol == NetlinkConstants.NETLINK_SOCK_DIAG)
        {
            // As a kernel without inet_diag answers, whereupon ss(8) reads /proc/net.
            return [Error(head, sequence, type switch
            {
                NetlinkConstants.SOCK_DIAG_BY_FAMILY => Errno.ENOENT,
                NetlinkConstants.TCPDIAG_GETSOCK or NetlinkConstants.DCCPDIAG_GETSOCK => Errno.EOPNOTSUPP,
                _ => Errno.EINVAL,
            })];
        }

        if (protocol != NetlinkConstants.NETLINK_ROUTE)
        {
            return [Error(head, sequence, Errno.EOPNOTSUPP)];
        }

        bool dump = (flags & NetlinkConstants.NLM_F_DUMP) == NetlinkConstants.NLM_F_DUMP;
        var list = new List<byte[]>();
        switch (type)
        {
            case NetlinkConstants.RTM_GETLINK:
                list.AddRange(stack.Interfaces.Where(i => dump || i.Index == index).Select(i => Link(i, sequence, dump)));
                break;
            case NetlinkConstants.RTM_GETADDR when dump:
                list.AddRange(stack.Interfaces.SelectMany(i => Addresses(i, family, sequence)));
                break;
            case NetlinkConstants.RTM_GETROUTE when dump:
                list.AddRange(Routes(family, sequence));
                break;
            default:
                // Requests that get are the third of each four; the others would change something.
                return [Error(head, sequence, (type & 3) == 2 ? Errno.EOPNOTSUPP : Errno.EPERM)];
        }

        if (!dump)
        {
            return list.Count > 0 ? list : [Error(head, sequence, Errno.ENODEV)];
        }

        // All in one datagram, then the end in one of its own, as the kernel does.
        byte[] done = Message(NetlinkConstants.NLMSG_DONE, NetlinkConstants.NLM_F_MULTI, sequence, new byte[4]);
        return list.Count == 0 ? [done] : [[.. list.SelectMany(m => m)], done];
    }

    private byte[] Link(NetworkInterface device, uint sequence, bool multi)
    {
        var body = new List<byte>();
        body.AddRange(new byte[2]);
        Add16(body, device.IsLoopback ? NetlinkConstants.ARPHRD_LOOPBACK : NetlinkConstants.ARPHRD_ETHER);
        Add32(body, device.Index);
        Add32(body, device.Flags);
        Add32(body, 0);
        Attribute(body, NetlinkConstants.IFLA_IFNAME, Encoding.Latin1.GetBytes(device.Name + "\0"));
        Attribute(body, NetlinkConstants.IFLA_TXQLEN, BitConverter.GetBytes(1000));
        Attribute(body, NetlinkConstants.IFLA_OPERSTATE, [device.IsLoopback ? OperatingUnknown : OperatingUp]);
        Attribute(body, NetlinkConstants.IFLA_LINKMODE, [0]);
        Attribute(body, NetlinkConstants.IFLA_MTU, BitConverter.GetBytes(device.Mtu));
        Attribute(body, NetlinkConstants.IFLA_ADDRESS, device.HardwareAddress);
        Attribute(body, NetlinkConstants.IFLA_BROADCAST, device.IsLoopback ? new byte[6] : [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        return Message(NetlinkConstants.RTM_NEWLINK, multi ? NetlinkConstants.NLM_F_MULTI : 0, sequence, [.. body]);
    }

    private IEnumerable<byte[]> Addresses(NetworkInterface device, byte family, uint sequence)
    {
        if (family is SocketConstants.AF_UNSPEC or SocketConstants.AF_INET)
        {
            byte[] address = BigEndian((uint)device.Address);
            List<byte> body = AddressHead(SocketConstants.AF_INET, device.PrefixLength, device);
            Attribute(body, NetlinkConstants.IFA_ADDRESS, address);
            Attribute(body, NetlinkConstants.IFA_LOCAL, address);
            if (!device.IsLoopback)
            {
                Attribute(body, NetlinkConstants.IFA_BROADCAST, BigEndian((uint)device.Address | ~device.NetMask));
            }

            Attribute(body, NetlinkConstants.IFA_LABEL, Encoding.Latin1.GetBytes(device.Name + "\0"));
            FinishAddress(body);
            yield return Message(NetlinkConstants.RTM_NEWADDR, NetlinkConstants.NLM_F_MULTI, sequence, [.. body]);
        }

        if (family is SocketConstants.AF_UNSPEC or SocketConstants.AF_INET6 && device.AddressV6 is { } v6)
        {
            byte[] address = new byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(address, v6);
            List<byte> body = AddressHead(SocketConstants.AF_INET6, device.PrefixLengthV6, device);
            Attribute(body, NetlinkConstants.IFA_ADDRESS, address);
            FinishAddress(body);
            yield return Message(NetlinkConstants.RTM_NEWADDR, NetlinkConstants.NLM_F_MULTI, sequence, [.. body]);
        }
    }

    private IEnumerable<byte[]> Routes(byte family, uint sequence)
    {
        foreach (NetworkInterface device in stack.Interfaces.Where(_ => family is SocketConstants.AF_UNSPEC or SocketConstants.AF_INET))
        {
            bool local = device.IsLoopback;
            uint network = (uint)device.Address & device.NetMask;
            yield return Route(device, device.PrefixLength, BigEndian(network), null, local);
            if (!local)
            {
                yield return Route(device, 0, null, BigEndian((uint)NetworkStack.HostAddress.Address), false);
            }
        }

        byte[] Route(NetworkInterface device, int prefix, byte[]? destination, byte[]? gateway, bool local)
        {
            int table = local ? NetlinkConstants.RT_TABLE_LOCAL : NetlinkConstants.RT_TABLE_MAIN;
            List<byte> body =
            [
                SocketConstants.AF_INET, (byte)prefix, 0, 0, (byte)table, (byte)(gateway is null ? NetlinkConstants.RTPROT_KERNEL : NetlinkConstants.RTPROT_BOOT),
                (byte)(local ? NetlinkConstants.RT_SCOPE_HOST : gateway is null ? NetlinkConstants.RT_SCOPE_LINK : NetlinkConstants.RT_SCOPE_UNIVERSE),
                (byte)(local ? NetlinkConstants.RTN_LOCAL : NetlinkConstants.RTN_UNICAST),
            ];
            Add32(body, 0);
            Attribute(body, NetlinkConstants.RTA_TABLE, BitConverter.GetBytes(table));
            if (destination is not null)
            {
                Attribute(body, NetlinkConstants.RTA_DST, destination);
                Attribute(body, NetlinkConstants.RTA_PREFSRC, BigEndian((uint)device.Address));
            }

            if (gateway is not null)
            {
                Attribute(body, NetlinkConstants.RTA_GATEWAY, gateway);
            }

            Attribute(body, NetlinkConstants.RTA_OIF, BitConverter.GetBytes(device.Index));
            return Message(NetlinkConstants.RTM_NEWROUTE, NetlinkConstants.NLM_F_MULTI, sequence, [.. body]);
        }
    }

    private static List<byte> AddressHead(byte family, int prefix, NetworkInterface device)
    {
        List<byte> body =
        [
            family, (byte)prefix, NetlinkConstants.IFA_F_PERMANENT,
            (byte)(device.IsLoopback ? NetlinkConstants.RT_SCOPE_HOST : NetlinkConstants.RT_SCOPE_UNIVERSE),
        ];
        Add32(body, device.Index);
        return body;
    }

    private static void FinishAddress(List<byte> body)
    {
        Attribute(body, NetlinkConstants.IFA_FLAGS, BitConverter.GetBytes(NetlinkConstants.IFA_F_PERMANENT));

        // struct ifa_cacheinfo: valid for ever.
        Attribute(body, NetlinkConstants.IFA_CACHEINFO, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    private byte[] Error(byte[] head, uint sequence, Errno error)
    {
        byte[] body = new byte[4 + HeaderSize];
        BinaryPrimitives.WriteInt32LittleEndian(body, -(int)error);
        head.CopyTo(body, 4);
        return Message(NetlinkConstants.NLMSG_ERROR, 0, sequence, body);
    }

    private byte[] Message(int type, int flags, uint sequence, byte[] body)
    {
        byte[] message = new byte[(HeaderSize + body.Length + 3) & ~3];
        BinaryPrimitives.WriteInt32LittleEndian(message, HeaderSize + body.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), (ushort)flags);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(12), port);
        body.CopyTo(message, HeaderSize);
        return message;
    }

    private static void Attribute(List<byte> body, int type, byte[] value)
    {
        Add16(body, 4 + value.Length);
        Add16(body, type);
        body.AddRange(value);
        body.AddRange(new byte[-value.Length & 3]);
    }

    private static void Add16(List<byte> body, int value) => body.AddRange(BitConverter.GetBytes((ushort)value));

    private static void Add32(List<byte> body, int value) => body.AddRange(BitConverter.GetBytes(value));

    private static byte[] BigEndian(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
