namespace HermiTux.Abi;

/// <summary>ELF (uapi/linux/elf.h, elf-em.h).</summary>
public static class ElfConstants
{
    /// <summary>e_ident: class.</summary>
    public const uint EI_CLASS = 4;

    /// <summary>e_ident: byte order.</summary>
    public const uint EI_DATA = 5;

    /// <summary>e_ident: version.</summary>
    public const uint EI_VERSION = 6;

    /// <summary>e_ident: ABI.</summary>
    public const uint EI_OSABI = 7;

    /// <summary>Size of e_ident.</summary>
    public const uint EI_NIDENT = 16;

    /// <summary>32-bit.</summary>
    public const uint ELFCLASS32 = 1;

    /// <summary>64-bit.</summary>
    public const uint ELFCLASS64 = 2;

    /// <summary>Little endian.</summary>
    public const uint ELFDATA2LSB = 1;

    /// <summary>Big endian.</summary>
    public const uint ELFDATA2MSB = 2;

    /// <summary>Version 1.</summary>
    public const uint EV_CURRENT = 1;

    /// <summary>No type.</summary>
    public const uint ET_NONE = 0;

    /// <summary>Relocatable.</summary>
    public const uint ET_REL = 1;

    /// <summary>Executable.</summary>
    public const uint ET_EXEC = 2;

    /// <summary>Shared object or position-independent executable.</summary>
    public const uint ET_DYN = 3;

    /// <summary>Core dump.</summary>
    public const uint ET_CORE = 4;

    /// <summary>80386.</summary>
    public const uint EM_386 = 3;

    /// <summary>x86-64.</summary>
    public const uint EM_X86_64 = 62;

    /// <summary>Arm64.</summary>
    public const uint EM_AARCH64 = 183;

    /// <summary>Arm.</summary>
    public const uint EM_ARM = 0x28;

    /// <summary>RISC-V.</summary>
    public const uint EM_RISCV = 243;

    /// <summary>PowerPC 64.</summary>
    public const uint EM_PPC64 = 21;

    /// <summary>s390.</summary>
    public const uint EM_S390 = 22;

    /// <summary>MIPS.</summary>
    public const uint EM_MIPS = 8;

    /// <summary>Unused.</summary>
    public const uint PT_NULL = 0;

    /// <summary>To be mapped.</summary>
    public const uint PT_LOAD = 1;

    /// <summary>Dynamic linking.</summary>
    public const uint PT_DYNAMIC = 2;

    /// <summary>Interpreter.</summary>
    public const uint PT_INTERP = 3;

    /// <summary>Notes.</summary>
    public const uint PT_NOTE = 4;

    /// <summary>Reserved.</summary>
    public const uint PT_SHLIB = 5;

    /// <summary>Program headers.</summary>
    public const uint PT_PHDR = 6;

    /// <summary>Thread-local storage.</summary>
    public const uint PT_TLS = 7;

    /// <summary>Unwind information.</summary>
    public const uint PT_GNU_EH_FRAME = 0x6474E550;

    /// <summary>Stack permissions.</summary>
    public const uint PT_GNU_STACK = 0x6474E551;

    /// <summary>Read-only after relocation.</summary>
    public const uint PT_GNU_RELRO = 0x6474E552;

    /// <summary>Properties.</summary>
    public const uint PT_GNU_PROPERTY = 0x6474E553;

    /// <summary>Executable.</summary>
    public const uint PF_X = 1;

    /// <summary>Writable.</summary>
    public const uint PF_W = 2;

    /// <summary>Readable.</summary>
    public const uint PF_R = 4;

    /// <summary>More program headers than e_phnum holds.</summary>
    public const uint PN_XNUM = 0xFFFF;
}
