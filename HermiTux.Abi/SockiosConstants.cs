namespace HermiTux.Abi;

/// <summary>ioctl(2) requests of sockets (uapi/linux/sockios.h).</summary>
public static class SockiosConstants
{
    /// <summary>At the out-of-band mark.</summary>
    public const uint SIOCATMARK = 0x8905;

    /// <summary>Time of the last packet.</summary>
    public const uint SIOCGSTAMP_OLD = 0x8906;

    /// <summary>Interface's name by index.</summary>
    public const uint SIOCGIFNAME = 0x8910;

    /// <summary>Interfaces with addresses.</summary>
    public const uint SIOCGIFCONF = 0x8912;

    /// <summary>Interface's flags.</summary>
    public const uint SIOCGIFFLAGS = 0x8913;

    /// <summary>Interface's address.</summary>
    public const uint SIOCGIFADDR = 0x8915;

    /// <summary>Interface's other end.</summary>
    public const uint SIOCGIFDSTADDR = 0x8917;

    /// <summary>Interface's broadcast address.</summary>
    public const uint SIOCGIFBRDADDR = 0x8919;

    /// <summary>Interface's net mask.</summary>
    public const uint SIOCGIFNETMASK = 0x891B;

    /// <summary>Interface's metric.</summary>
    public const uint SIOCGIFMETRIC = 0x891D;

    /// <summary>Interface's MTU.</summary>
    public const uint SIOCGIFMTU = 0x8921;

    /// <summary>Interface's hardware address.</summary>
    public const uint SIOCGIFHWADDR = 0x8927;

    /// <summary>Interface's index by name.</summary>
    public const uint SIOCGIFINDEX = 0x8933;

    /// <summary>Interface's queue length.</summary>
    public const uint SIOCGIFTXQLEN = 0x8942;

    /// <summary>Interface's hardware settings.</summary>
    public const uint SIOCETHTOOL = 0x8946;

    /// <summary>Sets flags.</summary>
    public const uint SIOCSIFFLAGS = 0x8914;

    /// <summary>Sets the address.</summary>
    public const uint SIOCSIFADDR = 0x8916;

    /// <summary>Owner of SIGURG.</summary>
    public const uint FIOSETOWN = 0x8901;

    /// <summary>Owner of SIGURG.</summary>
    public const uint SIOCSPGRP = 0x8902;

    /// <summary>Owner of SIGURG.</summary>
    public const uint FIOGETOWN = 0x8903;

    /// <summary>Owner of SIGURG.</summary>
    public const uint SIOCGPGRP = 0x8904;

    /// <summary>Bytes to read.</summary>
    public const uint SIOCINQ = 0x541B;

    /// <summary>Bytes on their way.</summary>
    public const uint SIOCOUTQ = 0x5411;
}
