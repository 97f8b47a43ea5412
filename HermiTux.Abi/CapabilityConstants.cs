namespace HermiTux.Abi;

/// <summary>Capabilities, capabilities(7) (uapi/linux/capability.h).</summary>
public static class CapabilityConstants
{
    /// <summary>32-bit sets.</summary>
    public const int _LINUX_CAPABILITY_VERSION_1 = 0x19980330;

    /// <summary>64-bit sets, deprecated.</summary>
    public const int _LINUX_CAPABILITY_VERSION_2 = 0x20071026;

    /// <summary>64-bit sets.</summary>
    public const int _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    /// <summary>Change owners.</summary>
    public const int CAP_CHOWN = 0;

    /// <summary>Bypass permission checks.</summary>
    public const int CAP_DAC_OVERRIDE = 1;

    /// <summary>Bypass read and search checks.</summary>
    public const int CAP_DAC_READ_SEARCH = 2;

    /// <summary>Bypass owner checks.</summary>
    public const int CAP_FOWNER = 3;

    /// <summary>Keep set-id bits.</summary>
    public const int CAP_FSETID = 4;

    /// <summary>Bypass signal checks.</summary>
    public const int CAP_KILL = 5;

    /// <summary>Change group ids.</summary>
    public const int CAP_SETGID = 6;

    /// <summary>Change user ids.</summary>
    public const int CAP_SETUID = 7;

    /// <summary>Change capability sets.</summary>
    public const int CAP_SETPCAP = 8;

    /// <summary>chroot(2).</summary>
    public const int CAP_SYS_CHROOT = 18;

    /// <summary>Many things.</summary>
    public const int CAP_SYS_ADMIN = 21;

    /// <summary>Raise priorities.</summary>
    public const int CAP_SYS_NICE = 23;

    /// <summary>Override limits.</summary>
    public const int CAP_SYS_RESOURCE = 24;

    /// <summary>Set clocks.</summary>
    public const int CAP_SYS_TIME = 25;

    /// <summary>Make devices.</summary>
    public const int CAP_MKNOD = 27;

    /// <summary>The last capability.</summary>
    public const int CAP_LAST_CAP = 0x28;
}
