namespace HermiTux.Abi;

/// <summary>Sockets (linux/socket.h, uapi/asm-generic/socket.h).</summary>
public static class SocketConstants
{
    /// <summary>Unspecified.</summary>
    public const int AF_UNSPEC = 0;

    /// <summary>Local.</summary>
    public const int AF_UNIX = 1;

    /// <summary>Amateur radio.</summary>
    public const int AF_AX25 = 3;

    /// <summary>IPv4.</summary>
    public const int AF_INET = 2;

    /// <summary>IPv6.</summary>
    public const int AF_INET6 = 10;

    /// <summary>Netlink.</summary>
    public const int AF_NETLINK = 16;

    /// <summary>Packets.</summary>
    public const int AF_PACKET = 17;

    /// <summary>Kernel cryptography.</summary>
    public const int AF_ALG = 38;

    /// <summary>Between a host and its virtual machines.</summary>
    public const int AF_VSOCK = 40;

    /// <summary>Families end here.</summary>
    public const int AF_MAX = 46;

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

    /// <summary>Datagram congestion control.</summary>
    public const int SOCK_DCCP = 6;

    /// <summary>Obsolete way to packets.</summary>
    public const int SOCK_PACKET = 10;

    /// <summary>Set O_NONBLOCK.</summary>
    public const int SOCK_NONBLOCK = 0x800;

    /// <summary>Set FD_CLOEXEC.</summary>
    public const int SOCK_CLOEXEC = 0x80000;

    /// <summary>The longest queue that listen(2) gives.</summary>
    public const int SOMAXCONN = 4096;

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

    /// <summary>Only directly connected hosts.</summary>
    public const int SO_DONTROUTE = 5;

    /// <summary>Broadcasts.</summary>
    public const int SO_BROADCAST = 6;

    /// <summary>Send buffer.</summary>
    public const int SO_SNDBUF = 7;

    /// <summary>Receive buffer.</summary>
    public const int SO_RCVBUF = 8;

    /// <summary>Keep-alive.</summary>
    public const int SO_KEEPALIVE = 9;

    /// <summary>Out-of-band data in line.</summary>
    public const int SO_OOBINLINE = 10;

    /// <summary>No checksums.</summary>
    public const int SO_NO_CHECK = 11;

    /// <summary>Queueing priority.</summary>
    public const int SO_PRIORITY = 12;

    /// <summary>Linger.</summary>
    public const int SO_LINGER = 13;

    /// <summary>Obsolete.</summary>
    public const int SO_BSDCOMPAT = 14;

    /// <summary>Port sharing.</summary>
    public const int SO_REUSEPORT = 15;

    /// <summary>Pass credentials.</summary>
    public const int SO_PASSCRED = 16;

    /// <summary>The peer's credentials.</summary>
    public const int SO_PEERCRED = 17;

    /// <summary>Bytes that make a socket readable.</summary>
    public const int SO_RCVLOWAT = 18;

    /// <summary>Bytes that make a socket writable.</summary>
    public const int SO_SNDLOWAT = 19;

    /// <summary>Receive time-out.</summary>
    public const int SO_RCVTIMEO = 20;

    /// <summary>Send time-out.</summary>
    public const int SO_SNDTIMEO = 21;

    /// <summary>Interface.</summary>
    public const int SO_BINDTODEVICE = 25;

    /// <summary>Classic packet filter.</summary>
    public const int SO_ATTACH_FILTER = 26;

    /// <summary>Removes it.</summary>
    public const int SO_DETACH_FILTER = 27;

    /// <summary>Name of the peer.</summary>
    public const int SO_PEERNAME = 28;

    /// <summary>Time stamps in microseconds.</summary>
    public const int SO_TIMESTAMP = 29;

    /// <summary>Listening.</summary>
    public const int SO_ACCEPTCONN = 30;

    /// <summary>Security context of the peer.</summary>
    public const int SO_PEERSEC = 31;

    /// <summary>Send buffer beyond the limit.</summary>
    public const int SO_SNDBUFFORCE = 32;

    /// <summary>Pass security contexts.</summary>
    public const int SO_PASSSEC = 34;

    /// <summary>Receive buffer beyond the limit.</summary>
    public const int SO_RCVBUFFORCE = 33;

    /// <summary>Time stamps in nanoseconds.</summary>
    public const int SO_TIMESTAMPNS = 35;

    /// <summary>Mark for routing.</summary>
    public const int SO_MARK = 36;

    /// <summary>Hardware time stamps.</summary>
    public const int SO_TIMESTAMPING = 37;

    /// <summary>Protocol.</summary>
    public const int SO_PROTOCOL = 38;

    /// <summary>Family.</summary>
    public const int SO_DOMAIN = 39;

    /// <summary>Count of dropped datagrams.</summary>
    public const int SO_RXQ_OVFL = 40;

    /// <summary>Offset of MSG_PEEK.</summary>
    public const int SO_PEEK_OFF = 42;

    /// <summary>The filter stays.</summary>
    public const int SO_LOCK_FILTER = 44;

    /// <summary>Busy polling.</summary>
    public const int SO_BUSY_POLL = 46;

    /// <summary>Pacing.</summary>
    public const int SO_MAX_PACING_RATE = 47;

    /// <summary>CPU of the last packet.</summary>
    public const int SO_INCOMING_CPU = 49;

    /// <summary>Packet filter.</summary>
    public const int SO_ATTACH_BPF = 50;

    /// <summary>Number of the socket.</summary>
    public const int SO_COOKIE = 57;

    /// <summary>Groups of the peer.</summary>
    public const int SO_PEERGROUPS = 59;

    /// <summary>MSG_ZEROCOPY allowed.</summary>
    public const int SO_ZEROCOPY = 60;

    /// <summary>Interface by index.</summary>
    public const int SO_BINDTOIFINDEX = 62;

    /// <summary>Time stamps with 64-bit seconds.</summary>
    public const int SO_TIMESTAMP_NEW = 63;

    /// <summary>The same in nanoseconds.</summary>
    public const int SO_TIMESTAMPNS_NEW = 64;

    /// <summary>Receive time-out with 64-bit seconds.</summary>
    public const int SO_RCVTIMEO_NEW = 66;

    /// <summary>Send time-out with 64-bit seconds.</summary>
    public const int SO_SNDTIMEO_NEW = 67;

    /// <summary>Busy polling.</summary>
    public const int SO_PREFER_BUSY_POLL = 69;

    /// <summary>Out-of-band data.</summary>
    public const int MSG_OOB = 1;

    /// <summary>Leave the data.</summary>
    public const int MSG_PEEK = 2;

    /// <summary>No routing.</summary>
    public const int MSG_DONTROUTE = 4;

    /// <summary>Control data was truncated.</summary>
    public const int MSG_CTRUNC = 8;

    /// <summary>Data was truncated.</summary>
    public const int MSG_TRUNC = 32;

    /// <summary>Don't wait.</summary>
    public const int MSG_DONTWAIT = 0x40;

    /// <summary>End of record.</summary>
    public const int MSG_EOR = 0x80;

    /// <summary>Wait for all.</summary>
    public const int MSG_WAITALL = 0x100;

    /// <summary>The path works.</summary>
    public const int MSG_CONFIRM = 0x800;

    /// <summary>From the error queue.</summary>
    public const int MSG_ERRQUEUE = 0x2000;

    /// <summary>No SIGPIPE.</summary>
    public const int MSG_NOSIGNAL = 0x4000;

    /// <summary>More is coming.</summary>
    public const int MSG_MORE = 0x8000;

    /// <summary>Wait for the first message only.</summary>
    public const int MSG_WAITFORONE = 0x10000;

    /// <summary>Don't copy.</summary>
    public const int MSG_ZEROCOPY = 0x4000000;

    /// <summary>Data with the SYN.</summary>
    public const int MSG_FASTOPEN = 0x20000000;

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
