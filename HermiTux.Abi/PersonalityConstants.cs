namespace HermiTux.Abi;

/// <summary>personality(2) (uapi/linux/personality.h).</summary>
public static class PersonalityConstants
{
    /// <summary>Linux.</summary>
    public const uint PER_LINUX = 0;

    /// <summary>Selects the domain.</summary>
    public const uint PER_MASK = 255;

    /// <summary>32-bit Linux.</summary>
    public const uint PER_LINUX32 = 8;

    /// <summary>uname gives 2.6.</summary>
    public const uint UNAME26 = 0x20000;

    /// <summary>No address randomisation.</summary>
    public const uint ADDR_NO_RANDOMIZE = 0x40000;

    /// <summary>Function descriptors.</summary>
    public const uint FDPIC_FUNCPTRS = 0x80000;

    /// <summary>Page 0 is mapped.</summary>
    public const uint MMAP_PAGE_ZERO = 0x100000;

    /// <summary>Legacy layout.</summary>
    public const uint ADDR_COMPAT_LAYOUT = 0x200000;

    /// <summary>PROT_READ implies PROT_EXEC.</summary>
    public const uint READ_IMPLIES_EXEC = 0x400000;

    /// <summary>32-bit addresses.</summary>
    public const uint ADDR_LIMIT_32BIT = 0x800000;

    /// <summary>Short inodes.</summary>
    public const uint SHORT_INODE = 0x1000000;

    /// <summary>Whole seconds.</summary>
    public const uint WHOLE_SECONDS = 0x2000000;

    /// <summary>select(2) leaves its time-out.</summary>
    public const uint STICKY_TIMEOUTS = 0x4000000;

    /// <summary>3 GiB.</summary>
    public const uint ADDR_LIMIT_3GB = 0x8000000;
}
