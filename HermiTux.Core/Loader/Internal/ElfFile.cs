using System.Numerics;
using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Memory;

namespace HermiTux.Loader;

/// <summary>Bytes of a program file. Reads are short only at the end.</summary>
internal interface IProgramSource
{
    /// <summary>Reads from a position.</summary>
    Result<int> Read(Span<byte> destination, long position);
}

/// <summary>
/// What a loader needs of an ELF64 file for x86-64 (elf(5)): header and program headers, checked so far that the sums of their
/// fields can't overflow. Everything in the file is hostile; nothing is allocated by a size that it names.
/// </summary>
internal sealed class ElfFile
{
    /// <summary>Linux takes program headers up to one page.</summary>
    public const int MaxProgramHeaders = Page.Size / ProgramHeaderSize;

    /// <summary>sizeof(Elf64_Phdr).</summary>
    public const int ProgramHeaderSize = 56;
    private const int HeaderSize = 64;
    private const int MaxInterpreterLength = 4096;

    private ElfFile(in Elf64Ehdr header, Elf64Phdr[] programHeaders)
    {
        Header = header;
        ProgramHeaders = programHeaders;
    }

    /// <summary>The file header.</summary>
    public Elf64Ehdr Header { get; }

    /// <summary>All program headers, in file order.</summary>
    public Elf64Phdr[] ProgramHeaders { get; }

    /// <summary>Path of the program interpreter (PT_INTERP), null without one.</summary>
    public byte[]? Interpreter { get; private set; }

    /// <summary>Whether PT_GNU_STACK asks for an executable stack.</summary>
    public bool ExecutableStack { get; private set; }

    /// <summary>Whether the file may be placed anywhere (ET_DYN).</summary>
    public bool IsPositionIndependent => Header.e_type == ElfConstants.ET_DYN;

    /// <summary>Lowest address of the image, page-aligned.</summary>
    public ulong LowAddress { get; private set; }

    /// <summary>End of the image, not aligned.</summary>
    public ulong HighAddress { get; private set; }

    /// <summary>The largest alignment that a segment asks for; at least a page.</summary>
    public ulong Alignment { get; private set; } = Page.Size;

    /// <summary>Where the program headers are in the image (AT_PHDR) before relocation; 0 if no segment holds them.</summary>
    public ulong ProgramHeaderAddress { get; private set; }

    /// <summary>Whether bytes start like an ELF file.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> bytes) => bytes.StartsWith("\u007FELF"u8);

    /// <summary>Reads and checks a file.</summary>
    /// <param name="source">The file.</param>
    /// <param name="elf">The result; null on failure.</param>
    /// <param name="problem">What is wrong with the file, for people.</param>
    /// <returns>None, ENOEXEC when Linux would not take it for a program, EINVAL when it can't be mapped, or the error of reading.</returns>
    public static Errno Read(IProgramSource source, out ElfFile? elf, out string problem)
    {
        elf = null;
        Span<byte> headerBytes = stackalloc byte[HeaderSize];
        Errno error = ReadExactly(source, headerBytes, 0);
        if (error != Errno.None)
        {
            problem = error == Errno.ENOEXEC ? "the file is shorter than an ELF header" : "the ELF header can't be read";
            return error;
        }

        Elf64Ehdr header = MemoryMarshal.Read<Elf64Ehdr>(headerBytes);
        problem = CheckHeader(headerBytes, header);
        if (problem.Length != 0)
        {
            return Errno.ENOEXEC;
        }

        var programHeaders = new Elf64Phdr[header.e_phnum];
        error = header.e_phoff > long.MaxValue - Page.Size
            ? Errno.ENOEXEC
            : ReadExactly(source, MemoryMarshal.AsBytes(programHeaders.AsSpan()), (long)header.e_phoff);
        if (error != Errno.None)
        {
            problem = "the program headers lie outside the file";
            return Errno.ENOEXEC;
        }

        var file = new ElfFile(header, programHeaders);
        error = file.ReadInterpreter(source, out problem);
        if (error == Errno.None)
        {
            error = file.CheckSegments(out problem);
        }

        elf = error == Errno.None ? file : null;
        return error;
    }

    private static string CheckHeader(ReadOnlySpan<byte> bytes, in Elf64Ehdr header)
    {
        if (!HasMagic(bytes))
        {
            return "it isn't an ELF file";
        }

        if (bytes[(int)ElfConstants.EI_CLASS] != ElfConstants.ELFCLASS64)
        {
            return "it is a 32-bit program; only x86-64 programs run here";
        }

        if (bytes[(int)ElfConstants.EI_DATA] != ElfConstants.ELFDATA2LSB || header.e_machine != ElfConstants.EM_X86_64)
        {
            return $"it is for another processor (ELF machine {header.e_machine}); only x86-64 programs run here";
        }

        if (header.e_type is not ((ushort)ElfConstants.ET_EXEC or (ushort)ElfConstants.ET_DYN))
        {
            return $"it is neither an executable nor a shared object (ELF type {header.e_type})";
        }

        if (header.e_phentsize != ProgramHeaderSize)
        {
            return $"its program headers have {header.e_phentsize} bytes instead of {ProgramHeaderSize}";
        }

        return header.e_phnum is 0 or > MaxProgramHeaders ? $"it has {header.e_phnum} program headers; 1 to {MaxProgramHeaders} are possible" : "";
    }

    private static Errno ReadExactly(IProgramSource source, Span<byte> destination, long position)
    {
        if (!source.Read(destination, position).TryGet(out int read, out Errno error))
        {
            return error;
        }

        return read == destination.Length ? Errno.None : Errno.ENOEXEC;
    }

    private Errno ReadInterpreter(IProgramSource source, out string problem)
    {
        problem = "";
        foreach (Elf64Phdr header in ProgramHeaders)
        {
            if (header.p_type != ElfConstants.PT_INTERP)
            {
                continue;
            }

            if (header.p_filesz is < 2 or > MaxInterpreterLength || header.p_offset > long.MaxValue - MaxInterpreterLength)
            {
                problem = $"its interpreter's name (PT_INTERP) would have {header.p_filesz} bytes";
                return Errno.ENOEXEC;
            }

            byte[] name = new byte[header.p_filesz];
            Errno error = ReadExactly(source, name, (long)header.p_offset);
            if (error != Errno.None)
            {
                problem = "its interpreter's name (PT_INTERP) lies outside the file";
                return error == Errno.ENOEXEC ? Errno.EIO : error;
            }

            if (name[^1] != 0)
            {
                problem = "its interpreter's name (PT_INTERP) doesn't end in NUL";
                return Errno.ENOEXEC;
            }

            // The kernel takes it as a C string.
            Interpreter = name[..Array.IndexOf(name, (byte)0)];
            return Errno.None;
        }

        return Errno.None;
    }

    private Errno CheckSegments(out string problem)
    {
        problem = "";
        ulong low = ulong.MaxValue;
        bool foundHeaders = false;
        foreach (Elf64Phdr header in ProgramHeaders)
        {
            if (header.p_type == ElfConstants.PT_GNU_STACK)
            {
                ExecutableStack = (header.p_flags & ElfConstants.PF_X) != 0;
            }

            if (header.p_type != ElfConstants.PT_LOAD)
            {
                continue;
            }

            if (header.p_filesz > header.p_memsz)
            {
                problem = "a segment has more bytes in the file than in memory";
                return Errno.EINVAL;
            }

            if (header.p_memsz > Page.UserEnd || header.p_vaddr > Page.UserEnd - header.p_memsz)
            {
                problem = $"a segment at 0x{header.p_vaddr:x} of 0x{header.p_memsz:x} bytes doesn't fit user space";
                return Errno.EINVAL;
            }

            if (header.p_filesz != 0 && (((header.p_offset ^ header.p_vaddr) & Page.OffsetMask) != 0
                || header.p_offset > long.MaxValue - Page.UserEnd))
            {
                problem = "a segment's offset and address differ within the page";
                return Errno.EINVAL;
            }

            low = Math.Min(low, Page.Floor(header.p_vaddr));
            HighAddress = Math.Max(HighAddress, header.p_vaddr + header.p_memsz);
            if (BitOperations.IsPow2(header.p_align) && header.p_align > Alignment)
            {
                Alignment = header.p_align;
            }

            if (!foundHeaders && header.p_offset <= Header.e_phoff && Header.e_phoff - header.p_offset < header.p_filesz)
            {
                foundHeaders = true;
                ProgramHeaderAddress = Header.e_phoff - header.p_offset + header.p_vaddr;
            }
        }

        if (HighAddress == 0 || Page.Ceiling(HighAddress) == low)
        {
            problem = "it has no segment to load";
            return IsPositionIndependent ? Errno.EINVAL : Errno.ENOEXEC;
        }

        LowAddress = low;
        return Errno.None;
    }
}
