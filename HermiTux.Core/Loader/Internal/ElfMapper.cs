using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Loader;

/// <summary>Where an image came to lie.</summary>
/// <param name="Bias">What is added to the file's addresses.</param>
/// <param name="Low">Lowest address.</param>
/// <param name="End">End of its last segment with bss, not aligned.</param>
internal readonly record struct MappedImage(ulong Bias, ulong Low, ulong End)
{
    public ulong CodeStart { get; init; }

    public ulong CodeEnd { get; init; }

    public ulong DataStart { get; init; }

    public ulong DataEnd { get; init; }
}

/// <summary>Maps an ELF file's segments: file content lazily and privately, what is beyond it as zeros (Linux's elf_load()).</summary>
internal static class ElfMapper
{
    /// <summary>
    /// Maps an image.
    /// </summary>
    /// <param name="space">Where.</param>
    /// <param name="elf">The checked file.</param>
    /// <param name="content">Its content.</param>
    /// <param name="preferred">Where a position-independent image should go; 0 for anywhere.</param>
    /// <param name="image">The result.</param>
    public static Errno Map(AddressSpace space, ElfFile elf, IMemoryObject content, ulong preferred, out MappedImage image)
    {
        image = default;
        ulong bias = 0;
        if (elf.IsPositionIndependent)
        {
            Errno error = Reserve(space, elf, preferred, out ulong start);
            if (error != Errno.None)
            {
                return error;
            }

            // Wraps for images whose lowest address is above where they go; all sums below wrap back.
            bias = unchecked(start - elf.LowAddress);
        }

        bool first = true;
        ulong codeStart = ulong.MaxValue;
        ulong codeEnd = 0;
        ulong dataStart = 0;
        ulong dataEnd = 0;
        foreach (Elf64Phdr header in elf.ProgramHeaders)
        {
            if (header.p_type != ElfConstants.PT_LOAD || header.p_memsz == 0)
            {
                continue;
            }

            ulong address = unchecked(bias + header.p_vaddr);
            Errno error = MapSegment(space, header, address, content, first && !elf.IsPositionIndependent);
            if (error != Errno.None)
            {
                return error;
            }

            first = false;
            if ((header.p_flags & ElfConstants.PF_X) != 0)
            {
                codeStart = Math.Min(codeStart, address);
                codeEnd = Math.Max(codeEnd, address + header.p_filesz);
            }

            dataStart = Math.Max(dataStart, address);
            dataEnd = Math.Max(dataEnd, address + header.p_filesz);
        }

        image = new MappedImage(bias, unchecked(bias + elf.LowAddress), unchecked(bias + elf.HighAddress))
        {
            CodeStart = codeStart == ulong.MaxValue ? 0 : codeStart,
            CodeEnd = codeEnd,
            DataStart = dataStart,
            DataEnd = dataEnd,
        };
        return Errno.None;
    }

    /// <summary>Finds room for a whole position-independent image, aligned as its segments ask.</summary>
    private static Errno Reserve(AddressSpace space, ElfFile elf, ulong preferred, out ulong start)
    {
        ulong length = Page.Ceiling(elf.HighAddress) - elf.LowAddress;
        ulong lowInPage = elf.LowAddress & (elf.Alignment - 1);
        start = 0;
        if (length > Page.UserEnd)
        {
            return Errno.ENOMEM;
        }

        if (preferred != 0)
        {
            // As on Linux the load bias is aligned, so the image starts at its own lowest address above it.
            ulong bias = preferred & ~(elf.Alignment - 1);
            if (bias > Page.UserEnd || elf.LowAddress > Page.UserEnd - bias)
            {
                return Errno.ENOMEM;
            }

            start = bias + elf.LowAddress;
            Errno error = space.Map(ref start, length, MemoryProtection.None, MappingFlags.FixedNoReplace);
            return error == Errno.None ? space.Unmap(start, length) : error;
        }

        ulong slack = elf.Alignment - Page.Size;
        if (slack > Page.UserEnd - length)
        {
            return Errno.ENOMEM;
        }

        Errno placed = space.Map(ref start, length + slack, MemoryProtection.None, MappingFlags.None);
        if (placed != Errno.None)
        {
            return placed;
        }

        ulong reserved = start;

        // The highest suitable start, so that without extra alignment nothing changes.
        ulong highest = reserved + slack;
        start = (highest & ~(elf.Alignment - 1)) + lowInPage;
        if (start > highest)
        {
            start -= elf.Alignment;
        }

        return space.Unmap(reserved, length + slack);
    }

    private static Errno MapSegment(AddressSpace space, in Elf64Phdr header, ulong address, IMemoryObject content, bool noReplace)
    {
        MemoryProtection protection = ProtectionOf(header.p_flags);
        ulong start = Page.Floor(address);
        ulong end = Page.Ceiling(address + header.p_memsz);
        ulong fileEnd = address + header.p_filesz;
        ulong zeroStart = start;
        MappingFlags placement = noReplace ? MappingFlags.FixedNoReplace : MappingFlags.Fixed;
        if (header.p_filesz != 0)
        {
            zeroStart = Page.Ceiling(fileEnd);
            ulong at = start;
            Errno error = space.Map(ref at, zeroStart - start, protection, placement, content, header.p_offset - (address - start));
            if (error != Errno.None)
            {
                return error;
            }

            if (header.p_memsz > header.p_filesz && fileEnd != zeroStart)
            {
                error = ZeroTail(space, fileEnd, zeroStart, protection);
                if (error != Errno.None)
                {
                    return error;
                }
            }
        }

        if (end <= zeroStart)
        {
            return Errno.None;
        }

        // Linux makes what lies beyond the file content writable whatever the segment says.
        ulong bss = zeroStart;
        return space.Map(ref bss, end - zeroStart,
            MemoryProtection.Read | MemoryProtection.Write | (protection & MemoryProtection.Execute),
            header.p_filesz == 0 ? placement : MappingFlags.Fixed);
    }

    /// <summary>Clears from the end of the file content to the end of its page, also where the guest itself may not write.</summary>
    private static Errno ZeroTail(AddressSpace space, ulong start, ulong end, MemoryProtection protection)
    {
        ulong page = Page.Floor(start);
        bool writable = (protection & MemoryProtection.Write) != 0;
        if (!writable)
        {
            Errno error = space.Protect(page, Page.Size, MemoryProtection.Read | MemoryProtection.Write);
            if (error != Errno.None)
            {
                return error;
            }
        }

        ReadOnlySpan<byte> zeros = stackalloc byte[Page.Size];
        bool cleared = space.TryWrite(start, zeros[..(int)(end - start)]);
        if (!writable)
        {
            Errno error = space.Protect(page, Page.Size, protection);
            if (error != Errno.None)
            {
                return error;
            }

            // A page that the file doesn't reach: the guest finds out when it reads it.
            return Errno.None;
        }

        return cleared ? Errno.None : Errno.EFAULT;
    }

    private static MemoryProtection ProtectionOf(uint flags) =>
        ((flags & ElfConstants.PF_R) != 0 ? MemoryProtection.Read : 0)
        | ((flags & ElfConstants.PF_W) != 0 ? MemoryProtection.Write : 0)
        | ((flags & ElfConstants.PF_X) != 0 ? MemoryProtection.Execute : 0);
}
