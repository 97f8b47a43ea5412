namespace HermiTux.Abi;

/// <summary>Netlink, links, addresses and routes (uapi/linux/netlink.h, rtnetlink.h, if_link.h, if_addr.h, if.h, if_arp.h).</summary>
public static class NetlinkConstants
{
    /// <summary>Links, addresses, routes.</summary>
    public const int NETLINK_ROUTE = 0;

    /// <summary>Sockets.</summary>
    public const int NETLINK_SOCK_DIAG = 4;

    /// <summary>Devices.</summary>
    public const int NETLINK_KOBJECT_UEVENT = 15;

    /// <summary>Families by name.</summary>
    public const int NETLINK_GENERIC = 16;

    /// <summary>TCP sockets, the old way (linux/inet_diag.h).</summary>
    public const int TCPDIAG_GETSOCK = 18;

    /// <summary>DCCP sockets, the old way.</summary>
    public const int DCCPDIAG_GETSOCK = 19;

    /// <summary>Sockets of one family (linux/sock_diag.h).</summary>
    public const int SOCK_DIAG_BY_FAMILY = 20;

    /// <summary>Level of the options.</summary>
    public const int SOL_NETLINK = 270;

    /// <summary>Joins a group.</summary>
    public const int NETLINK_ADD_MEMBERSHIP = 1;

    /// <summary>Leaves a group.</summary>
    public const int NETLINK_DROP_MEMBERSHIP = 2;

    /// <summary>Receive the group.</summary>
    public const int NETLINK_PKTINFO = 3;

    /// <summary>Detailed errors.</summary>
    public const int NETLINK_EXT_ACK = 11;

    /// <summary>Short errors.</summary>
    public const int NETLINK_CAP_ACK = 10;

    /// <summary>Check requests strictly.</summary>
    public const int NETLINK_GET_STRICT_CHK = 12;

    /// <summary>Nothing.</summary>
    public const int NLMSG_NOOP = 1;

    /// <summary>An error, or success.</summary>
    public const int NLMSG_ERROR = 2;

    /// <summary>End of a dump.</summary>
    public const int NLMSG_DONE = 3;

    /// <summary>A request.</summary>
    public const int NLM_F_REQUEST = 1;

    /// <summary>One of several.</summary>
    public const int NLM_F_MULTI = 2;

    /// <summary>Answer with success.</summary>
    public const int NLM_F_ACK = 4;

    /// <summary>All of them.</summary>
    public const int NLM_F_DUMP = 0x300;

    /// <summary>A link.</summary>
    public const int RTM_NEWLINK = 16;

    /// <summary>Asks for links.</summary>
    public const int RTM_GETLINK = 18;

    /// <summary>An address.</summary>
    public const int RTM_NEWADDR = 20;

    /// <summary>Asks for addresses.</summary>
    public const int RTM_GETADDR = 22;

    /// <summary>A route.</summary>
    public const int RTM_NEWROUTE = 24;

    /// <summary>Asks for routes.</summary>
    public const int RTM_GETROUTE = 26;

    /// <summary>Hardware address.</summary>
    public const int IFLA_ADDRESS = 1;

    /// <summary>Broadcast hardware address.</summary>
    public const int IFLA_BROADCAST = 2;

    /// <summary>Name.</summary>
    public const int IFLA_IFNAME = 3;

    /// <summary>MTU.</summary>
    public const int IFLA_MTU = 4;

    /// <summary>Queue length.</summary>
    public const int IFLA_TXQLEN = 13;

    /// <summary>State.</summary>
    public const int IFLA_OPERSTATE = 16;

    /// <summary>Mode.</summary>
    public const int IFLA_LINKMODE = 17;

    /// <summary>Address, or the other end.</summary>
    public const int IFA_ADDRESS = 1;

    /// <summary>Address.</summary>
    public const int IFA_LOCAL = 2;

    /// <summary>Name.</summary>
    public const int IFA_LABEL = 3;

    /// <summary>Broadcast address.</summary>
    public const int IFA_BROADCAST = 4;

    /// <summary>Times.</summary>
    public const int IFA_CACHEINFO = 6;

    /// <summary>Flags.</summary>
    public const int IFA_FLAGS = 8;

    /// <summary>Configured by hand.</summary>
    public const int IFA_F_PERMANENT = 0x80;

    /// <summary>Destination.</summary>
    public const int RTA_DST = 1;

    /// <summary>Interface.</summary>
    public const int RTA_OIF = 4;

    /// <summary>Gateway.</summary>
    public const int RTA_GATEWAY = 5;

    /// <summary>Source.</summary>
    public const int RTA_PREFSRC = 7;

    /// <summary>Table.</summary>
    public const int RTA_TABLE = 15;

    /// <summary>The main table.</summary>
    public const int RT_TABLE_MAIN = 254;

    /// <summary>Local addresses.</summary>
    public const int RT_TABLE_LOCAL = 255;

    /// <summary>A gateway or direct route.</summary>
    public const int RTN_UNICAST = 1;

    /// <summary>A local address.</summary>
    public const int RTN_LOCAL = 2;

    /// <summary>Made by the kernel.</summary>
    public const int RTPROT_KERNEL = 2;

    /// <summary>Made at boot.</summary>
    public const int RTPROT_BOOT = 3;

    /// <summary>Everywhere.</summary>
    public const int RT_SCOPE_UNIVERSE = 0;

    /// <summary>On the link.</summary>
    public const int RT_SCOPE_LINK = 253;

    /// <summary>On this host.</summary>
    public const int RT_SCOPE_HOST = 254;

    /// <summary>Ethernet.</summary>
    public const int ARPHRD_ETHER = 1;

    /// <summary>Loopback.</summary>
    public const int ARPHRD_LOOPBACK = 772;

    /// <summary>Up.</summary>
    public const int IFF_UP = 1;

    /// <summary>Has broadcasts.</summary>
    public const int IFF_BROADCAST = 2;

    /// <summary>Loopback.</summary>
    public const int IFF_LOOPBACK = 8;

    /// <summary>Running.</summary>
    public const int IFF_RUNNING = 0x40;

    /// <summary>Has multicasts.</summary>
    public const int IFF_MULTICAST = 0x1000;

    /// <summary>The layer below is up.</summary>
    public const int IFF_LOWER_UP = 0x10000;
}
