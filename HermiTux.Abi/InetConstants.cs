namespace HermiTux.Abi;

/// <summary>The internet protocols: IPPROTO_* and the options of IP, IPv6, TCP and UDP (uapi/linux/in.h, in6.h, tcp.h, udp.h).</summary>
public static class InetConstants
{
    /// <summary>IPv4, and any protocol.</summary>
    public const int IPPROTO_IP = 0;

    /// <summary>ICMP.</summary>
    public const int IPPROTO_ICMP = 1;

    /// <summary>TCP.</summary>
    public const int IPPROTO_TCP = 6;

    /// <summary>UDP.</summary>
    public const int IPPROTO_UDP = 17;

    /// <summary>IPv6.</summary>
    public const int IPPROTO_IPV6 = 41;

    /// <summary>ICMPv6.</summary>
    public const int IPPROTO_ICMPV6 = 58;

    /// <summary>SCTP.</summary>
    public const int IPPROTO_SCTP = 132;

    /// <summary>UDP-Lite.</summary>
    public const int IPPROTO_UDPLITE = 136;

    /// <summary>Raw.</summary>
    public const int IPPROTO_RAW = 255;

    /// <summary>Multipath TCP.</summary>
    public const int IPPROTO_MPTCP = 262;

    /// <summary>Type of service.</summary>
    public const int IP_TOS = 1;

    /// <summary>Time to live.</summary>
    public const int IP_TTL = 2;

    /// <summary>The header is in the data.</summary>
    public const int IP_HDRINCL = 3;

    /// <summary>Options of the header.</summary>
    public const int IP_OPTIONS = 4;

    /// <summary>Receive options.</summary>
    public const int IP_RECVOPTS = 6;

    /// <summary>Receive options to return.</summary>
    public const int IP_RETOPTS = 7;

    /// <summary>Receive interface and destination.</summary>
    public const int IP_PKTINFO = 8;

    /// <summary>Path discovery.</summary>
    public const int IP_MTU_DISCOVER = 10;

    /// <summary>Queue errors.</summary>
    public const int IP_RECVERR = 11;

    /// <summary>Receive the time to live.</summary>
    public const int IP_RECVTTL = 12;

    /// <summary>Receive the type of service.</summary>
    public const int IP_RECVTOS = 13;

    /// <summary>Path's MTU.</summary>
    public const int IP_MTU = 14;

    /// <summary>Bind to any address.</summary>
    public const int IP_FREEBIND = 15;

    /// <summary>Transparent proxy.</summary>
    public const int IP_TRANSPARENT = 19;

    /// <summary>Receive the original destination.</summary>
    public const int IP_RECVORIGDSTADDR = 20;

    /// <summary>Least time to live.</summary>
    public const int IP_MINTTL = 21;

    /// <summary>No reassembly.</summary>
    public const int IP_NODEFRAG = 22;

    /// <summary>Choose the port at connect.</summary>
    public const int IP_BIND_ADDRESS_NO_PORT = 24;

    /// <summary>Interface of multicasts.</summary>
    public const int IP_MULTICAST_IF = 32;

    /// <summary>Their time to live.</summary>
    public const int IP_MULTICAST_TTL = 33;

    /// <summary>Whether they come back.</summary>
    public const int IP_MULTICAST_LOOP = 34;

    /// <summary>Joins a group.</summary>
    public const int IP_ADD_MEMBERSHIP = 35;

    /// <summary>Leaves a group.</summary>
    public const int IP_DROP_MEMBERSHIP = 36;

    /// <summary>Joins a group for a source.</summary>
    public const int IP_ADD_SOURCE_MEMBERSHIP = 39;

    /// <summary>Leaves a group for a source.</summary>
    public const int IP_DROP_SOURCE_MEMBERSHIP = 40;

    /// <summary>Joins a group.</summary>
    public const int MCAST_JOIN_GROUP = 42;

    /// <summary>Leaves a group.</summary>
    public const int MCAST_LEAVE_GROUP = 45;

    /// <summary>All groups of the machine.</summary>
    public const int IP_MULTICAST_ALL = 49;

    /// <summary>Interface of unicasts.</summary>
    public const int IP_UNICAST_IF = 50;

    /// <summary>Receive interface and destination, old.</summary>
    public const int IPV6_2292PKTINFO = 2;

    /// <summary>Checksum offset.</summary>
    public const int IPV6_CHECKSUM = 7;

    /// <summary>Hop limit.</summary>
    public const int IPV6_UNICAST_HOPS = 16;

    /// <summary>Interface of multicasts.</summary>
    public const int IPV6_MULTICAST_IF = 17;

    /// <summary>Their hop limit.</summary>
    public const int IPV6_MULTICAST_HOPS = 18;

    /// <summary>Whether they come back.</summary>
    public const int IPV6_MULTICAST_LOOP = 19;

    /// <summary>Joins a group.</summary>
    public const int IPV6_ADD_MEMBERSHIP = 20;

    /// <summary>Leaves a group.</summary>
    public const int IPV6_DROP_MEMBERSHIP = 21;

    /// <summary>Path discovery.</summary>
    public const int IPV6_MTU_DISCOVER = 23;

    /// <summary>Path's MTU.</summary>
    public const int IPV6_MTU = 24;

    /// <summary>Queue errors.</summary>
    public const int IPV6_RECVERR = 25;

    /// <summary>No IPv4.</summary>
    public const int IPV6_V6ONLY = 26;

    /// <summary>All groups of the machine.</summary>
    public const int IPV6_MULTICAST_ALL = 29;

    /// <summary>Receive interface and destination.</summary>
    public const int IPV6_RECVPKTINFO = 49;

    /// <summary>Interface and destination.</summary>
    public const int IPV6_PKTINFO = 50;

    /// <summary>Receive the hop limit.</summary>
    public const int IPV6_RECVHOPLIMIT = 51;

    /// <summary>Hop limit.</summary>
    public const int IPV6_HOPLIMIT = 52;

    /// <summary>Receive the traffic class.</summary>
    public const int IPV6_RECVTCLASS = 66;

    /// <summary>Traffic class.</summary>
    public const int IPV6_TCLASS = 67;

    /// <summary>No fragments.</summary>
    public const int IPV6_DONTFRAG = 62;

    /// <summary>Flow labels.</summary>
    public const int IPV6_AUTOFLOWLABEL = 70;

    /// <summary>Preferred source addresses.</summary>
    public const int IPV6_ADDR_PREFERENCES = 72;

    /// <summary>Interface of unicasts.</summary>
    public const int IPV6_UNICAST_IF = 76;

    /// <summary>Bind to any address.</summary>
    public const int IPV6_FREEBIND = 78;

    /// <summary>Transparent proxy.</summary>
    public const int IPV6_TRANSPARENT = 75;

    /// <summary>Don't collect small segments.</summary>
    public const int TCP_NODELAY = 1;

    /// <summary>Segment size.</summary>
    public const int TCP_MAXSEG = 2;

    /// <summary>Only full segments.</summary>
    public const int TCP_CORK = 3;

    /// <summary>Seconds before keep-alive.</summary>
    public const int TCP_KEEPIDLE = 4;

    /// <summary>Seconds between probes.</summary>
    public const int TCP_KEEPINTVL = 5;

    /// <summary>Probes.</summary>
    public const int TCP_KEEPCNT = 6;

    /// <summary>SYN retries.</summary>
    public const int TCP_SYNCNT = 7;

    /// <summary>Seconds in FIN-WAIT-2.</summary>
    public const int TCP_LINGER2 = 8;

    /// <summary>Accept when data are there.</summary>
    public const int TCP_DEFER_ACCEPT = 9;

    /// <summary>Largest window.</summary>
    public const int TCP_WINDOW_CLAMP = 10;

    /// <summary>Statistics.</summary>
    public const int TCP_INFO = 11;

    /// <summary>Acknowledge at once.</summary>
    public const int TCP_QUICKACK = 12;

    /// <summary>Congestion control.</summary>
    public const int TCP_CONGESTION = 13;

    /// <summary>Signatures.</summary>
    public const int TCP_MD5SIG = 14;

    /// <summary>Linear time-outs.</summary>
    public const int TCP_THIN_LINEAR_TIMEOUTS = 16;

    /// <summary>Milliseconds without acknowledgement.</summary>
    public const int TCP_USER_TIMEOUT = 18;

    /// <summary>Repair mode.</summary>
    public const int TCP_REPAIR = 19;

    /// <summary>Queue of connections with data in the SYN.</summary>
    public const int TCP_FASTOPEN = 23;

    /// <summary>Time stamp.</summary>
    public const int TCP_TIMESTAMP = 24;

    /// <summary>Unsent bytes that are writable.</summary>
    public const int TCP_NOTSENT_LOWAT = 25;

    /// <summary>Keep SYN headers.</summary>
    public const int TCP_SAVE_SYN = 27;

    /// <summary>Data in the SYN.</summary>
    public const int TCP_FASTOPEN_CONNECT = 30;

    /// <summary>Protocol on top.</summary>
    public const int TCP_ULP = 31;

    /// <summary>Receive the bytes that are left.</summary>
    public const int TCP_INQ = 36;

    /// <summary>Collect a datagram.</summary>
    public const int UDP_CORK = 1;

    /// <summary>Segment size.</summary>
    public const int UDP_SEGMENT = 103;

    /// <summary>Receive coalesced.</summary>
    public const int UDP_GRO = 104;
}
