namespace HermiTux.Abi;

/// <summary>Sockets (linux/socket.h, uapi/asm-generic/socket.h).</summary>
public static class SocketConstants
{
    /// <summary>Unspecified.</summary>
    public const int AF_UNSPEC = 0;

    /// <summary>Local.</summary>
    public const int AF_UNIX = 1;

    /// <summary>IPv4.</summary>
    public const int AF_INET = 2;

    /// <summary>IPv6.</summary>
    public const int AF_INET6 = 10;

    /// <summary>Netlink.</summary>
    public const int AF_NETLINK = 16;

    /// <summary>Packets.</summary>
    public const int AF_PACKET = 17;

    /// <summary>Stream.</summary>
    public const int SOCK_STREAM = 1;

    /// <summary>Datagrams.</summary>
    public const int SOCK_DGRAM = 2;

    /// <summary>Raw.</summary>
    public const int SOCK_RAW = 3;

    /// <summary>Reliable datagrams.</summary>
    public const int SOCK_RDM = 4;

    /// <summary>Sequenced packets.</summary>
    public const int SOCK_SEQPACKET = 5;

    /// <summary>Set O_NONBLOCK.</summary>
    public const int SOCK_NONBLOCK = 0x800;

    /// <summary>Set FD_CLOEXEC.</summary>
    public const int SOCK_CLOEXEC = 0x80000;

    /// <summary>Socket level options.</summary>
    public const int SOL_SOCKET = 1;

    /// <summary>Debugging.</summary>
    public const int SO_DEBUG = 1;

    /// <summary>Address reuse.</summary>
    public const int SO_REUSEADDR = 2;

    /// <summary>Type.</summary>
    public const int SO_TYPE = 3;

    /// <summary>Pending error.</summary>
    public const int SO_ERROR = 4;

    /// <summary>Broadcasts.</summary>
    public const int SO_BROADCAST = 6;

    /// <summary>Send buffer.</summary>
    public const int SO_SNDBUF = 7;

    /// <summary>Receive buffer.</summary>
    public const int SO_RCVBUF = 8;

    /// <summary>Keep-alive.</summary>
    public const int SO_KEEPALIVE = 9;

    /// <summary>Linger.</summary>
    public const int SO_LINGER = 13;

    /// <summary>Pass credentials.</summary>
    public const int SO_PASSCRED = 16;

    /// <summary>The peer's credentials.</summary>
    public const int SO_PEERCRED = 17;

    /// <summary>Receive time-out.</summary>
    public const int SO_RCVTIMEO = 20;

    /// <summary>Send time-out.</summary>
    public const int SO_SNDTIMEO = 21;

    /// <summary>Listening.</summary>
    public const int SO_ACCEPTCONN = 30;

    /// <summary>Protocol.</summary>
    public const int SO_PROTOCOL = 38;

    /// <summary>Family.</summary>
    public const int SO_DOMAIN = 39;

    /// <summary>Out-of-band data.</summary>
    public const int MSG_OOB = 1;

    /// <summary>Leave the data.</summary>
    public const int MSG_PEEK = 2;

    /// <summary>No routing.</summary>
    public const int MSG_DONTROUTE = 4;

    /// <summary>Control data was truncated.</summary>
    public const int MSG_CTRUNC = 8;

    /// <summary>Data was truncated.</summary>
    public const int MSG_TRUNC = 0x20;

    /// <summary>Don't wait.</summary>
    public const int MSG_DONTWAIT = 0x40;

    /// <summary>End of record.</summary>
    public const int MSG_EOR = 0x80;

    /// <summary>Wait for all.</summary>
    public const int MSG_WAITALL = 0x100;

    /// <summary>No SIGPIPE.</summary>
    public const int MSG_NOSIGNAL = 0x4000;

    /// <summary>Close-on-exec for received descriptors.</summary>
    public const int MSG_CMSG_CLOEXEC = 0x40000000;

    /// <summary>Descriptors.</summary>
    public const int SCM_RIGHTS = 1;

    /// <summary>Credentials.</summary>
    public const int SCM_CREDENTIALS = 2;

    /// <summary>No more receiving.</summary>
    public const int SHUT_RD = 0;

    /// <summary>No more sending.</summary>
    public const int SHUT_WR = 1;

    /// <summary>Neither.</summary>
    public const int SHUT_RDWR = 2;
}
