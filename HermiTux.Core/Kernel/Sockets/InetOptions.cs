using System.Buffers.Binary;
using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

/// <summary>setsockopt(2) and getsockopt(2) of IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP and IPPROTO_UDP. Most options are only kept: loopback has no use for them.</summary>
internal static class InetOptions
{
    private const int TcpInfoSize = 248;
    private const int LoopbackSegment = 65483;

    // Options whose value is kept: least, most, and what it is at first.
    private static readonly Dictionary<(int Level, int Name), (int Least, int Most, int Initial)> s_kept = new()
    {
        [(InetConstants.IPPROTO_IP, InetConstants.IP_TOS)] = (int.MinValue, int.MaxValue, 0),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_TTL)] = (-1, 255, 64),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_PKTINFO)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_RECVTTL)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_RECVTOS)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_RECVOPTS)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_RETOPTS)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_RECVERR)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_RECVORIGDSTADDR)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_MTU_DISCOVER)] = (0, 5, 1),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_FREEBIND)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_TRANSPARENT)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_MINTTL)] = (0, 255, 0),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_BIND_ADDRESS_NO_PORT)] = Boolean(),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_MULTICAST_TTL)] = (-1, 255, 1),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_MULTICAST_LOOP)] = Boolean(1),
        [(InetConstants.IPPROTO_IP, InetConstants.IP_MULTICAST_ALL)] = (0, 1, 1),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_V6ONLY)] = Boolean(),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_UNICAST_HOPS)] = (-1, 255, 64),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_MULTICAST_HOPS)] = (-1, 255, 1),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_MULTICAST_LOOP)] = (0, 1, 1),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_MULTICAST_IF)] = (0, int.MaxValue, 0),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_MULTICAST_ALL)] = Boolean(1),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_RECVPKTINFO)] = Boolean(),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_RECVHOPLIMIT)] = Boolean(),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_RECVTCLASS)] = Boolean(),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_RECVERR)] = Boolean(),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_TCLASS)] = (-1, 255, 0),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_MTU_DISCOVER)] = (0, 5, 1),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_DONTFRAG)] = Boolean(),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_AUTOFLOWLABEL)] = Boolean(1),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_FREEBIND)] = Boolean(),
        [(InetConstants.IPPROTO_IPV6, InetConstants.IPV6_TRANSPARENT)] = Boolean(),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_NODELAY)] = Boolean(),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_CORK)] = Boolean(),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_KEEPIDLE)] = (1, 32767, 7200),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_KEEPINTVL)] = (1, 32767, 75),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_KEEPCNT)] = (1, 127, 9),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_SYNCNT)] = (1, 127, 6),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_LINGER2)] = (int.MinValue, int.MaxValue, 60),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_DEFER_ACCEPT)] = (int.MinValue, int.MaxValue, 0),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_WINDOW_CLAMP)] = (0, int.MaxValue, 0),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_QUICKACK)] = Boolean(1),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_THIN_LINEAR_TIMEOUTS)] = (0, 1, 0),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_USER_TIMEOUT)] = (0, int.MaxValue, 0),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_FASTOPEN)] = (0, int.MaxValue, 0),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_FASTOPEN_CONNECT)] = (0, 1, 0),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_TIMESTAMP)] = (int.MinValue, int.MaxValue, 0),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_NOTSENT_LOWAT)] = (int.MinValue, int.MaxValue, 0),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_SAVE_SYN)] = (0, 1, 0),
        [(InetConstants.IPPROTO_TCP, InetConstants.TCP_INQ)] = (0, 1, 0),
        [(InetConstants.IPPROTO_UDP, InetConstants.UDP_CORK)] = Boolean(),
        [(InetConstants.IPPROTO_UDP, InetConstants.UDP_SEGMENT)] = (0, 65535, 0),
        [(InetConstants.IPPROTO_UDP, InetConstants.UDP_GRO)] = Boolean(),
    };

    public static Errno Set(InetSocket socket, int level, int name, ReadOnlySpan<byte> value, in SocketCaller caller)
    {
        if (!IsLevelOf(socket, level))
        {
            return Errno.ENOPROTOOPT;
        }

        if (Membership(socket, level, name, value) is { } member)
        {
            return member;
        }

        switch (level, name)
        {
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_CONGESTION):
                return Text(value) is "cubic" or "reno" ? Errno.None : Errno.ENOENT;
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_ULP):
                return Errno.ENOENT;
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_REPAIR or InetConstants.TCP_MD5SIG):
                return Errno.EPERM;
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_MAXSEG):
                return value.Length < sizeof(int) ? Errno.EINVAL : Int(value) is not 0 and (< 88 or > 32767) ? Errno.EINVAL : Keep(socket, level, name, Int(value));
            case (InetConstants.IPPROTO_IP, InetConstants.IP_MULTICAST_IF):
                return value.Length < sizeof(int) ? Errno.EINVAL : Errno.None;
            case (InetConstants.IPPROTO_IP, InetConstants.IP_OPTIONS):
                return value.Length > 40 ? Errno.EINVAL : Errno.None;
            case (InetConstants.IPPROTO_IPV6, InetConstants.IPV6_PKTINFO):
                return Errno.None;
            default:
                break;
        }

        if (!s_kept.TryGetValue((level, name), out (int Least, int Most, int Initial) range))
        {
            return Errno.ENOPROTOOPT;
        }

        // IP takes single bytes too, the others only whole integers.
        int number;
        if (value.Length >= sizeof(int))
        {
            number = Int(value);
        }
        else if (level == InetConstants.IPPROTO_IP && value.Length >= 1)
        {
            number = value[0];
        }
        else
        {
            return Errno.EINVAL;
        }

        if (range == Boolean() || range == Boolean(1))
        {
            number = number != 0 ? 1 : 0;
        }

        if (number < range.Least || number > range.Most)
        {
            return Errno.EINVAL;
        }

        switch (level, name)
        {
            case (InetConstants.IPPROTO_IP, InetConstants.IP_TTL) when number == 0:
                return Errno.EINVAL;
            case (InetConstants.IPPROTO_IP, InetConstants.IP_TTL or InetConstants.IP_MULTICAST_TTL) when number == -1:
            case (InetConstants.IPPROTO_IPV6, InetConstants.IPV6_UNICAST_HOPS or InetConstants.IPV6_MULTICAST_HOPS) when number == -1:
                number = range.Initial;
                break;
            case (InetConstants.IPPROTO_IP, InetConstants.IP_TRANSPARENT) when number != 0 && !caller.IsPrivileged:
                return Errno.EPERM;
            case (InetConstants.IPPROTO_IP, InetConstants.IP_TOS):
                number &= socket.Type == SocketConstants.SOCK_STREAM ? 0xFC : 0xFF;
                break;
            case (InetConstants.IPPROTO_IPV6, InetConstants.IPV6_V6ONLY) when socket.HasPort:
                return Errno.EINVAL;
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_DEFER_ACCEPT):
                number = DeferredSeconds(number);
                break;
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_LINGER2):
                number = number < 0 ? -1 : number > 120 ? 120 : number == 0 ? 60 : number;
                break;
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_FASTOPEN):
                if (socket.HasPeer)
                {
                    return Errno.EINVAL;
                }

                number = Math.Min(number, SocketConstants.SOMAXCONN);
                break;
            default:
                break;
        }

        Keep(socket, level, name, number);
        if (level == InetConstants.IPPROTO_UDP && name == InetConstants.UDP_CORK && number == 0)
        {
            ((UdpSocket)socket).Uncork();
        }

        return Errno.None;
    }

    public static Result<int> Get(InetSocket socket, int level, int name, Span<byte> value)
    {
        if (!IsLevelOf(socket, level))
        {
            return socket.Family == SocketConstants.AF_INET ? Errno.EOPNOTSUPP : Errno.ENOPROTOOPT;
        }

        switch (level, name)
        {
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_INFO):
                return Info((TcpSocket)socket, value);
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_MAXSEG):
                return PutInt(value, socket.IpOptions.Get(level, name) is not 0 and var chosen && !socket.HasPeer ? chosen : socket.HasPeer ? LoopbackSegment : 536);
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_CONGESTION):
                int length = Math.Min(value.Length, 16);
                value[..length].Clear();
                "cubic"u8[..Math.Min(5, length)].CopyTo(value);
                return length;
            case (InetConstants.IPPROTO_TCP, InetConstants.TCP_ULP):
                return 0;
            case (InetConstants.IPPROTO_IP, InetConstants.IP_MTU):
                return socket.HasPeer ? PutInt(value, 65535) : Errno.ENOTCONN;
            case (InetConstants.IPPROTO_IPV6, InetConstants.IPV6_MTU):
                return socket.HasPeer ? PutInt(value, 65536) : Errno.ENOTCONN;
            case (InetConstants.IPPROTO_IP, InetConstants.IP_OPTIONS):
                return 0;
            case (InetConstants.IPPROTO_IP, InetConstants.IP_MULTICAST_IF):
                return PutInt(value, 0);
            default:
                break;
        }

        if (!s_kept.TryGetValue((level, name), out (int Least, int Most, int Initial) range))
        {
            return Errno.ENOPROTOOPT;
        }

        int number = socket.IpOptions.Get(level, name, range.Initial);

        // ip_getsockopt(): a short buffer gets a byte.
        if (level == InetConstants.IPPROTO_IP && value.Length is > 0 and < sizeof(int) && number is >= 0 and <= 255)
        {
            value[0] = (byte)number;
            return 1;
        }

        return PutInt(value, number);
    }

    private static bool IsLevelOf(InetSocket socket, int level) => level switch
    {
        InetConstants.IPPROTO_IP => true,
        InetConstants.IPPROTO_IPV6 => socket.Family == SocketConstants.AF_INET6,
        InetConstants.IPPROTO_TCP => socket is TcpSocket,
        InetConstants.IPPROTO_UDP => socket is UdpSocket,
        _ => false,
    };

    private static Errno? Membership(InetSocket socket, int level, int name, ReadOnlySpan<byte> value)
    {
        bool v4 = level == InetConstants.IPPROTO_IP && name is InetConstants.IP_ADD_MEMBERSHIP or InetConstants.IP_DROP_MEMBERSHIP;
        bool v6 = level == InetConstants.IPPROTO_IPV6 && name is InetConstants.IPV6_ADD_MEMBERSHIP or InetConstants.IPV6_DROP_MEMBERSHIP;
        bool any = level is InetConstants.IPPROTO_IP or InetConstants.IPPROTO_IPV6 && name is InetConstants.MCAST_JOIN_GROUP or InetConstants.MCAST_LEAVE_GROUP;
        if (!v4 && !v6 && !any)
        {
            return null;
        }

        if (socket is not UdpSocket udp)
        {
            return Errno.EPROTO;
        }

        InetEndpoint group;
        if (any)
        {
            // struct group_req: the interface, then a sockaddr_storage on the next 8 bytes.
            if (value.Length < 8 + SocketName.MaximumSize || SocketName.DecodeInet(value[8..], socket.Family, out _, out group) != Errno.None)
            {
                return Errno.EINVAL;
            }
        }
        else if (value.Length < (v4 ? 8 : 20))
        {
            return Errno.EINVAL;
        }
        else
        {
            group = new InetEndpoint(v4 ? InetEndpoint.MapV4(BinaryPrimitives.ReadUInt32BigEndian(value)) : BinaryPrimitives.ReadUInt128BigEndian(value), 0);
        }

        bool joins = name is InetConstants.IP_ADD_MEMBERSHIP or InetConstants.IPV6_ADD_MEMBERSHIP or InetConstants.MCAST_JOIN_GROUP;
        return group.IsMulticast ? udp.ChangeMembership(group.Address, joins) : Errno.EINVAL;
    }

    /// <summary>struct tcp_info: state, time-outs, segment sizes, counts of bytes; what loopback doesn't have is 0.</summary>
    private static int Info(TcpSocket socket, Span<byte> value)
    {
        Span<byte> info = stackalloc byte[TcpInfoSize];
        info.Clear();
        (long received, long sent) = socket.Counters;
        info[0] = (byte)socket.State;
        info[5] = 7;
        info[6] = 0x77;
        BinaryPrimitives.WriteUInt32LittleEndian(info[8..], 201_000);
        BinaryPrimitives.WriteUInt32LittleEndian(info[12..], 40_000);
        BinaryPrimitives.WriteUInt32LittleEndian(info[16..], LoopbackSegment);
        BinaryPrimitives.WriteUInt32LittleEndian(info[20..], LoopbackSegment);
        if (socket.IsListening)
        {
            (int waiting, int limit) = socket.Backlog;
            BinaryPrimitives.WriteUInt32LittleEndian(info[24..], (uint)waiting);
            BinaryPrimitives.WriteUInt32LittleEndian(info[28..], (uint)limit);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(info[60..], 65535);
        BinaryPrimitives.WriteUInt32LittleEndian(info[68..], 20);
        BinaryPrimitives.WriteUInt32LittleEndian(info[72..], 10);
        BinaryPrimitives.WriteUInt32LittleEndian(info[80..], 10);
        BinaryPrimitives.WriteUInt32LittleEndian(info[84..], LoopbackSegment);
        BinaryPrimitives.WriteUInt32LittleEndian(info[88..], 3);
        BinaryPrimitives.WriteUInt64LittleEndian(info[120..], (ulong)sent);
        BinaryPrimitives.WriteUInt64LittleEndian(info[128..], (ulong)received);
        int length = Math.Min(value.Length, TcpInfoSize);
        info[..length].CopyTo(value);
        return length;
    }

    private static int DeferredSeconds(int seconds)
    {
        // Kept as a number of retransmissions: 1, 3, 7, 15 seconds and so on.
        if (seconds <= 0)
        {
            return 0;
        }

        const int MostRetransmissions = 255;
        const int LongestTimeout = 120;
        int period = 1;
        int timeout = 1;
        for (int i = 1; i < MostRetransmissions && seconds > period; i++)
        {
            timeout = Math.Min(timeout << 1, LongestTimeout);
            period += timeout;
        }

        return period;
    }

    private static Errno Keep(InetSocket socket, int level, int name, int value)
    {
        socket.IpOptions.Set(level, name, value);
        return Errno.None;
    }

    private static (int Least, int Most, int Initial) Boolean(int initial = 0) => (int.MinValue, int.MaxValue - 1, initial);

    private static int Int(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt32LittleEndian(value);

    private static string Text(ReadOnlySpan<byte> value)
    {
        int end = value.IndexOf((byte)0);
        return System.Text.Encoding.Latin1.GetString(end >= 0 ? value[..end] : value);
    }

    private static int PutInt(Span<byte> value, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        int length = Math.Min(value.Length, sizeof(int));
        bytes[..length].CopyTo(value);
        return length;
    }
}
