using System.Runtime.InteropServices;

namespace HermiTux.Abi;

#pragma warning disable CS1591 // The fields are those of the C structures and are described in elf(5).

/// <summary><c>Elf64_Ehdr</c>, elf(5) (uapi/linux/elf.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Elf64Ehdr
{
    public fixed byte e_ident[16];
    public ushort e_type;
    public ushort e_machine;
    public uint e_version;
    public ulong e_entry;
    public ulong e_phoff;
    public ulong e_shoff;
    public uint e_flags;
    public ushort e_ehsize;
    public ushort e_phentsize;
    public ushort e_phnum;
    public ushort e_shentsize;
    public ushort e_shnum;
    public ushort e_shstrndx;
}

/// <summary><c>Elf64_Phdr</c>, elf(5) (uapi/linux/elf.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Elf64Phdr
{
    public uint p_type;
    public uint p_flags;
    public ulong p_offset;
    public ulong p_vaddr;
    public ulong p_paddr;
    public ulong p_filesz;
    public ulong p_memsz;
    public ulong p_align;
}

/// <summary><c>Elf64_Shdr</c>, elf(5) (uapi/linux/elf.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Elf64Shdr
{
    public uint sh_name;
    public uint sh_type;
    public ulong sh_flags;
    public ulong sh_addr;
    public ulong sh_offset;
    public ulong sh_size;
    public uint sh_link;
    public uint sh_info;
    public ulong sh_addralign;
    public ulong sh_entsize;
}

/// <summary><c>Elf64_Nhdr</c>, elf(5) (uapi/linux/elf.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Elf64Nhdr
{
    public uint n_namesz;
    public uint n_descsz;
    public uint n_type;
}

/// <summary><c>Elf64_Sym</c>, elf(5) (uapi/linux/elf.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Elf64Sym
{
    public uint st_name;
    public byte st_info;
    public byte st_other;
    public ushort st_shndx;
    public ulong st_value;
    public ulong st_size;
}

/// <summary><c>Elf64_Dyn</c>, elf(5) (uapi/linux/elf.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Elf64Dyn
{
    public long d_tag;
    public ulong d_val;
}

/// <summary>One entry of the auxiliary vector, getauxval(3).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct AuxEntry
{
    public ulong a_type;
    public ulong a_val;
}
