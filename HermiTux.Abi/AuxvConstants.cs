namespace HermiTux.Abi;

/// <summary>Types of auxiliary vector entries, getauxval(3) (uapi/linux/auxvec.h, asm/auxvec.h).</summary>
public static class AuxvConstants
{
    /// <summary>The end.</summary>
    public const ulong AT_NULL = 0;

    /// <summary>To be ignored.</summary>
    public const ulong AT_IGNORE = 1;

    /// <summary>Descriptor of the program.</summary>
    public const ulong AT_EXECFD = 2;

    /// <summary>Program headers.</summary>
    public const ulong AT_PHDR = 3;

    /// <summary>Size of a program header.</summary>
    public const ulong AT_PHENT = 4;

    /// <summary>Number of program headers.</summary>
    public const ulong AT_PHNUM = 5;

    /// <summary>Page size.</summary>
    public const ulong AT_PAGESZ = 6;

    /// <summary>Base of the interpreter.</summary>
    public const ulong AT_BASE = 7;

    /// <summary>Flags.</summary>
    public const ulong AT_FLAGS = 8;

    /// <summary>Entry point of the program.</summary>
    public const ulong AT_ENTRY = 9;

    /// <summary>Not an ELF program.</summary>
    public const ulong AT_NOTELF = 10;

    /// <summary>Real user.</summary>
    public const ulong AT_UID = 11;

    /// <summary>Effective user.</summary>
    public const ulong AT_EUID = 12;

    /// <summary>Real group.</summary>
    public const ulong AT_GID = 13;

    /// <summary>Effective group.</summary>
    public const ulong AT_EGID = 14;

    /// <summary>Name of the CPU.</summary>
    public const ulong AT_PLATFORM = 15;

    /// <summary>CPUID leaf 1 EDX.</summary>
    public const ulong AT_HWCAP = 16;

    /// <summary>Frequency of times(2).</summary>
    public const ulong AT_CLKTCK = 17;

    /// <summary>Secure mode.</summary>
    public const ulong AT_SECURE = 23;

    /// <summary>Name of the real CPU.</summary>
    public const ulong AT_BASE_PLATFORM = 24;

    /// <summary>16 random bytes.</summary>
    public const ulong AT_RANDOM = 25;

    /// <summary>More CPU features.</summary>
    public const ulong AT_HWCAP2 = 26;

    /// <summary>Size of the rseq area that the kernel supports.</summary>
    public const ulong AT_RSEQ_FEATURE_SIZE = 27;

    /// <summary>Alignment of the rseq area.</summary>
    public const ulong AT_RSEQ_ALIGN = 28;

    /// <summary>Path of the program.</summary>
    public const ulong AT_EXECFN = 31;

    /// <summary>The vDSO.</summary>
    public const ulong AT_SYSINFO_EHDR = 0x21;

    /// <summary>Least size of a signal stack.</summary>
    public const ulong AT_MINSIGSTKSZ = 51;
}
