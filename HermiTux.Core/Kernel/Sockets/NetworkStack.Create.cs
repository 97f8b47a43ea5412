using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

// socket(2): which families, types and protocols there are; netlink's ports.
internal sealed partial class NetworkStack
{
    private const int MaximumType = 11;
    private const int MaximumInetProtocol = 263;

    private readonly Lock _netlinkLock = new();
    private readonly Dictionary<uint, NetlinkSocket> _netlinkPorts = [];

    /// <summary>Makes a socket, or says as Linux does why there is none: EAFNOSUPPORT, EINVAL, ESOCKTNOSUPPORT, EPROTONOSUPPORT, EPERM.</summary>
    public Result<Socket> Create(int family, int type, int protocol, int flags, in SocketCaller caller)
    {
        if (family is < 0 or >= SocketConstants.AF_MAX)
        {
            return Errno.EAFNOSUPPORT;
        }

        if (type is < 0 or >= MaximumType)
        {
            return Errno.EINVAL;
        }

        switch (family)
        {
            case SocketConstants.AF_UNIX:
                if (protocol is not (0 or SocketConstants.AF_UNIX))
                {
                    return Errno.EPROTONOSUPPORT;
                }

                return type switch
                {
                    SocketConstants.SOCK_STREAM or SocketConstants.SOCK_DGRAM or SocketConstants.SOCK_SEQPACKET => new UnixSocket(this, type, protocol, flags, caller),
                    SocketConstants.SOCK_RAW => new UnixSocket(this, SocketConstants.SOCK_DGRAM, protocol, flags, caller),
                    _ => Errno.ESOCKTNOSUPPORT,
                };
            case SocketConstants.AF_INET or SocketConstants.AF_INET6:
                return CreateInet(family, type, protocol, flags, caller);
            case SocketConstants.AF_NETLINK:
                return type is not (SocketConstants.SOCK_RAW or SocketConstants.SOCK_DGRAM) ? Errno.ESOCKTNOSUPPORT
                    : protocol is NetlinkConstants.NETLINK_ROUTE or NetlinkConstants.NETLINK_SOCK_DIAG or NetlinkConstants.NETLINK_KOBJECT_UEVENT ? new NetlinkSocket(this, type, protocol, flags)
                    : Errno.EPROTONOSUPPORT;
            case SocketConstants.AF_PACKET:
                // Nobody here has CAP_NET_RAW.
                return Errno.EPERM;
            default:
                return Errno.EAFNOSUPPORT;
        }
    }

    /// <summary>Gives a netlink socket its port: the one asked for, the pid, or any; EADDRINUSE.</summary>
    public Errno BindNetlink(NetlinkSocket socket, uint port, int pid)
    {
        lock (_netlinkLock)
        {
            if (socket.Port != 0)
            {
                return Errno.None;
            }

            if (port == 0)
            {
                port = (uint)pid;
                while (_netlinkPorts.ContainsKey(port))
                {
                    port = port == (uint)pid ? uint.MaxValue - 4096 : port - 1;
                }
            }

            if (!_netlinkPorts.TryAdd(port, socket))
            {
                return Errno.EADDRINUSE;
            }

            socket.Port = port;
            return Errno.None;
        }
    }

    /// <summary>The socket is gone: its port is free.</summary>
    public void UnbindNetlink(NetlinkSocket socket)
    {
        lock (_netlinkLock)
        {
            if (socket.Port != 0)
            {
                _netlinkPorts.Remove(socket.Port);
            }
        }
    }

    private Result<Socket> CreateInet(int family, int type, int protocol, int flags, in SocketCaller caller)
    {
        if (protocol is < 0 or >= MaximumInetProtocol)
        {
            return Errno.EINVAL;
        }

        uint owner = caller.Process.Credentials.Euid;
        switch (type)
        {
            case SocketConstants.SOCK_STREAM:
                return protocol is 0 or InetConstants.IPPROTO_TCP ? new TcpSocket(this, family, InetConstants.IPPROTO_TCP, flags, owner) : Errno.EPROTONOSUPPORT;
            case SocketConstants.SOCK_DGRAM when protocol == (family == SocketConstants.AF_INET ? InetConstants.IPPROTO_ICMP : InetConstants.IPPROTO_ICMPV6):
                // net.ipv4.ping_group_range allows nobody.
                return Errno.EACCES;
            case SocketConstants.SOCK_DGRAM:
                return protocol is 0 or InetConstants.IPPROTO_UDP ? new UdpSocket(this, family, InetConstants.IPPROTO_UDP, flags, owner) : Errno.EPROTONOSUPPORT;
            case SocketConstants.SOCK_RAW:
                return protocol == 0 ? Errno.EPROTONOSUPPORT : Errno.EPERM;
            default:
                return Errno.ESOCKTNOSUPPORT;
        }
    }
}
