using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Loader;
using HermiTux.Memory;
using HermiTux.Tests.Memory;
using Xunit;

namespace HermiTux.Tests.Loader;

/// <summary>Reading and mapping ELF files, good and hostile.</summary>
public sealed class ElfFileTests
{
    [Fact]
    public void Segments_are_mapped_with_their_content_protection_and_zeros_after_it()
    {
        byte[] file = TestElf.Create(ElfConstants.ET_EXEC, 0x40_0000,
            new TestSegment(ElfConstants.PF_R | ElfConstants.PF_X, 0, 0, 0x1000, 0x1000),
            new TestSegment(ElfConstants.PF_R | ElfConstants.PF_W, 0x1100, 0x2100, 0x300, 0x3000));
        using var memory = new MemoryFixture();
        MappedImage image = Map(memory, file, 0);
        Assert.Equal(0UL, image.Bias);
        Assert.Equal(0x40_5100UL, image.End);
        Assert.True(memory.Space.TryRead(0x40_2100, out byte value));
        Assert.Equal(file[0x1100], value);
        Assert.True(memory.Space.TryRead(0x40_2000, out value));
        Assert.Equal(file[0x1000], value);
        Assert.True(memory.Space.TryRead(0x40_2400, out value));
        Assert.Equal(0, value);
        Assert.True(memory.Space.TryRead(0x40_50FF, out value));
        Assert.Equal(0, value);
        Assert.Equal(MemoryFaultKind.Protection, memory.Fault(0x40_0000, MemoryAccess.Write));
        Assert.Equal(MemoryFaultKind.None, memory.Fault(0x40_0000, MemoryAccess.Execute));
        Assert.Equal(MemoryFaultKind.NotMapped, memory.Fault(0x40_1000, MemoryAccess.Read));
        Assert.Equal(MemoryFaultKind.Protection, memory.Fault(0x40_3000, MemoryAccess.Execute));
    }

    [Fact]
    public void The_tail_of_a_page_that_the_guest_may_not_write_is_zero_too()
    {
        byte[] file = TestElf.Create(ElfConstants.ET_EXEC, 0x40_0000, new TestSegment(ElfConstants.PF_R, 0, 0, 0x800, 0x900));
        using var memory = new MemoryFixture();
        Map(memory, file, 0);
        Assert.True(memory.Space.TryRead(0x40_0801, out byte value));
        Assert.Equal(0, value);
        Assert.Equal(MemoryFaultKind.Protection, memory.Fault(0x40_0801, MemoryAccess.Write));
    }

    [Fact]
    public void A_position_independent_image_goes_where_asked_and_keeps_its_alignment()
    {
        byte[] file = TestElf.Create(ElfConstants.ET_DYN, 0, new TestSegment(ElfConstants.PF_R, 0, 0, 0x1000, 0x1000) { Alignment = 1 << 21 });
        using var memory = new MemoryFixture();
        MappedImage image = Map(memory, file, 0x5555_5555_4000);
        Assert.Equal(0x5555_5540_0000UL, image.Bias);
        MappedImage anywhere = Map(memory, file, 0);
        Assert.Equal(0UL, anywhere.Bias & 0x1F_FFFF);
        Assert.InRange(anywhere.Bias, memory.Space.MmapBase - (4 << 20), memory.Space.MmapBase);
        Assert.Equal(2, memory.Space.Mappings.Count);
    }

    [Fact]
    public void A_segment_of_a_hundred_terabytes_costs_nothing()
    {
        byte[] file = TestElf.Create(ElfConstants.ET_EXEC, 0x40_0000, new TestSegment(ElfConstants.PF_R | ElfConstants.PF_W, 0, 0, 0x1000, 100UL << 40));
        using var memory = new MemoryFixture();
        Map(memory, file, 0);
        Assert.InRange(memory.Frames.ResidentBytes, 0, 2 * Page.Size);
    }

    public static TheoryData<string, Errno> BadFiles => new()
    {
        { "empty", Errno.ENOEXEC },
        { "half a header", Errno.ENOEXEC },
        { "magic", Errno.ENOEXEC },
        { "32-bit", Errno.ENOEXEC },
        { "big-endian", Errno.ENOEXEC },
        { "arm", Errno.ENOEXEC },
        { "relocatable", Errno.ENOEXEC },
        { "phentsize", Errno.ENOEXEC },
        { "no headers", Errno.ENOEXEC },
        { "too many headers", Errno.ENOEXEC },
        { "headers outside", Errno.ENOEXEC },
        { "headers far outside", Errno.ENOEXEC },
        { "filesz above memsz", Errno.EINVAL },
        { "memsz wraps", Errno.EINVAL },
        { "kernel address", Errno.EINVAL },
        { "offset incongruent", Errno.EINVAL },
        { "offset wraps", Errno.EINVAL },
        { "nothing to load", Errno.ENOEXEC },
        { "long interpreter", Errno.ENOEXEC },
        { "short interpreter", Errno.ENOEXEC },
        { "interpreter outside", Errno.EIO },
        { "interpreter without NUL", Errno.ENOEXEC },
    };

    [Theory, MemberData(nameof(BadFiles))]
    public void A_bad_file_gives_an_errno_and_a_reason(string what, Errno expected)
    {
        byte[] file = TestElf.Create(ElfConstants.ET_EXEC, 0x40_0000,
            new TestSegment(ElfConstants.PF_R, 0, 0, 0x1000, 0x2000),
            new TestSegment(0, 0x200, 0, 10, 10) { Type = ElfConstants.PT_INTERP });
        "/lib/ld.so"u8[..9].CopyTo(file.AsSpan(0x200));
        file[0x209] = 0;
        ref Elf64Ehdr header = ref MemoryMarshal.AsRef<Elf64Ehdr>(file.AsSpan());
        ref Elf64Phdr load = ref TestElf.Header(file, 0);
        ref Elf64Phdr interpreter = ref TestElf.Header(file, 1);
        switch (what)
        {
            case "empty": file = []; break;
            case "half a header": file = file[..40]; break;
            case "magic": file[1] = (byte)'e'; break;
            case "32-bit": file[4] = 1; break;
            case "big-endian": file[5] = 2; break;
            case "arm": header.e_machine = (ushort)ElfConstants.EM_AARCH64; break;
            case "relocatable": header.e_type = (ushort)ElfConstants.ET_REL; break;
            case "phentsize": header.e_phentsize = 57; break;
            case "no headers": header.e_phnum = 0; break;
            case "too many headers": header.e_phnum = 0xFFFF; break;
            case "headers outside": header.e_phoff = 0x1FFF; break;
            case "headers far outside": header.e_phoff = ulong.MaxValue - 8; break;
            case "filesz above memsz": load.p_filesz = 0x2001; break;
            case "memsz wraps": load.p_memsz = ulong.MaxValue - 0x1000; break;
            case "kernel address": load.p_vaddr = 0xFFFF_8000_0000_0000; break;
            case "offset incongruent": load.p_offset = 8; break;
            case "offset wraps": load.p_offset = ulong.MaxValue & ~0xFFFUL; break;
            case "nothing to load": load.p_type = ElfConstants.PT_NULL; break;
            case "long interpreter": interpreter.p_filesz = 4097; break;
            case "short interpreter": interpreter.p_filesz = 1; break;
            case "interpreter outside": interpreter.p_offset = 0x10_0000; break;
            case "interpreter without NUL": interpreter.p_filesz = 9; break;
            default: Assert.Fail(what); break;
        }

        Assert.Equal(expected, ElfFile.Read(new BytesSource(file), out ElfFile? elf, out string problem));
        Assert.Null(elf);
        Assert.NotEqual("", problem);
    }

    [Fact]
    public void Mutated_files_never_crash_hang_or_allocate()
    {
        byte[] original = TestElf.Create(ElfConstants.ET_DYN, 0,
            new TestSegment(ElfConstants.PF_R | ElfConstants.PF_X, 0, 0, 0x1234, 0x1234),
            new TestSegment(ElfConstants.PF_R | ElfConstants.PF_W, 0x1800, 0x2800, 0x300, 0x3000),
            new TestSegment(0, 0x200, 0, 10, 10) { Type = ElfConstants.PT_INTERP },
            new TestSegment(ElfConstants.PF_R | ElfConstants.PF_X, 0, 0, 0, 0) { Type = ElfConstants.PT_GNU_STACK });
        const int Seed = 20230607;
        var random = new Random(Seed);
        ulong[] hostile = [0, 1, 0xFFF, 0x1000, 0x1001, 0x7FFF_FFFF_F000, 0x7FFF_FFFF_FFFF, 0x8000_0000_0000, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 0xFFF, 0xFFFF_FFFF];
        int loaded = 0;
        using var memory = new MemoryFixture(limitBytes: 16 << 20);
        for (int round = 0; round < 3000; round++)
        {
            byte[] file = (byte[])original.Clone();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                int at = random.Next(16, 64 + (4 * 56) - 8);
                if (random.Next(2) == 0)
                {
                    file[at] = (byte)random.Next(256);
                }
                else
                {
                    MemoryMarshal.Write(file.AsSpan(at & ~7), hostile[random.Next(hostile.Length)]);
                }
            }

            if (random.Next(8) == 0)
            {
                file = file[..random.Next(file.Length)];
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            Errno error = ElfFile.Read(new BytesSource(file), out ElfFile? elf, out _);
            if (error == Errno.None)
            {
                ulong preferred = random.Next(2) == 0 ? 0UL : 0x5555_5555_4000;
                error = ElfMapper.Map(memory.Space, elf!, new BytesObject(file), preferred, out _);
                loaded += error == Errno.None ? 1 : 0;
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20, $"seed {Seed}, round {round}");
            memory.Space.Clear();
            Assert.Equal(0, memory.Frames.ResidentBytes);
        }

        Assert.InRange(loaded, 50, 2950);
    }

    private static MappedImage Map(MemoryFixture memory, byte[] file, ulong preferred)
    {
        Assert.Equal(Errno.None, ElfFile.Read(new BytesSource(file), out ElfFile? elf, out _));
        Assert.Equal(Errno.None, ElfMapper.Map(memory.Space, elf!, new BytesObject(file), preferred, out MappedImage image));
        return image;
    }
}

/// <summary>A segment of <see cref="TestElf"/>; addresses relative to the base.</summary>
internal sealed record TestSegment(uint Flags, ulong Offset, ulong Address, ulong FileSize, ulong MemorySize)
{
    public uint Type { get; init; } = ElfConstants.PT_LOAD;

    public ulong Alignment { get; init; } = 0x1000;
}

/// <summary>Small ELF files with recognisable content.</summary>
internal static class TestElf
{
    public static unsafe byte[] Create(uint type, ulong baseAddress, params TestSegment[] segments)
    {
        byte[] file = new byte[0x2000];
        for (int i = 0; i < file.Length; i++)
        {
            file[i] = (byte)((i * 7) + 1);
        }

        ref Elf64Ehdr header = ref MemoryMarshal.AsRef<Elf64Ehdr>(file.AsSpan());
        header = default;
        "\u007FELF"u8.CopyTo(file);
        file[4] = (byte)ElfConstants.ELFCLASS64;
        file[5] = (byte)ElfConstants.ELFDATA2LSB;
        file[6] = 1;
        header.e_type = (ushort)type;
        header.e_machine = (ushort)ElfConstants.EM_X86_64;
        header.e_version = 1;
        header.e_entry = baseAddress + 0x300;
        header.e_phoff = 64;
        header.e_ehsize = 64;
        header.e_phentsize = 56;
        header.e_phnum = (ushort)segments.Length;
        for (int i = 0; i < segments.Length; i++)
        {
            Header(file, i) = new Elf64Phdr
            {
                p_type = segments[i].Type,
                p_flags = segments[i].Flags,
                p_offset = segments[i].Offset,
                p_vaddr = baseAddress + segments[i].Address,
                p_paddr = baseAddress + segments[i].Address,
                p_filesz = segments[i].FileSize,
                p_memsz = segments[i].MemorySize,
                p_align = segments[i].Alignment,
            };
        }

        return file;
    }

    public static ref Elf64Phdr Header(byte[] file, int index) => ref MemoryMarshal.AsRef<Elf64Phdr>(file.AsSpan(64 + (56 * index)));
}

internal sealed class BytesSource(byte[] bytes) : IProgramSource
{
    public Result<int> Read(Span<byte> destination, long position)
    {
        if (position < 0 || position >= bytes.Length)
        {
            return 0;
        }

        int count = (int)Math.Min(destination.Length, bytes.Length - position);
        bytes.AsSpan((int)position, count).CopyTo(destination);
        return count;
    }
}

internal sealed class BytesObject(byte[] bytes) : IMemoryObject
{
    private readonly BytesSource _source = new(bytes);

    public long Length => bytes.Length;

    public MemoryObjectName Name => new("/bytes", 1, 1);

    public Errno GetPage(FrameTable frames, long pageIndex, out long frame)
    {
        frame = -1;
        return Errno.ENODEV;
    }

    public int ReadPage(long pageIndex, Span<byte> destination) => _source.Read(destination, pageIndex * Page.Size).Value;

    public Errno WriteBack(FrameTable frames, long firstPage, long count) => Errno.None;

    public void Mapped()
    {
    }

    public void Unmapped()
    {
    }
}
