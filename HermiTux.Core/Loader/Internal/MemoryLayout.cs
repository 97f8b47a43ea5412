using System.Runtime.InteropServices;
using HermiTux.Devices;
using HermiTux.Memory;

namespace HermiTux.Loader;

/// <summary>
/// Base addresses of a new program, random within Linux's ranges or as after personality(ADDR_NO_RANDOMIZE). For a space that is
/// smaller than Linux's there is a compact layout.
/// </summary>
/// <remarks>
/// Compact: program, heap, libraries, small mappings and a stack of up to 120 MiB lie below 2 GiB, where a displacement of an
/// instruction reaches them; large mappings, and what finds no room there, go above 4 GiB. 16 bits of the addresses below
/// 2 GiB are random (15 of the stack's); those of code for each process of the host, all others for each program.
/// </remarks>
internal readonly struct MemoryLayout
{
    private const ulong LinuxProgramBase = Page.UserEnd / 3 * 2 & ~Page.OffsetMask;
    private const ulong CompactProgramBase = 0x1000_0000;
    private const ulong CompactMmapBase = 0x7000_0000;
    private const ulong CompactMmapFloor = 0x4000_0000;
    private const ulong CompactLowEnd = 0x8000_0000;
    private const ulong CompactHighStart = 1UL << 32;
    private const ulong CompactLargeLength = 64UL << 20;
    private const int CompactRandomBits = 16;

    /// <summary>
    /// End of a compact layout's stack, and how far below it may begin. ThreadSanitizer has its shadow from 1 TiB, AddressSanitizer from 2 GiB minus 36 KiB to 16 TiB,
    /// and both want a program to be outside.
    /// </summary>
    private const ulong CompactStackEnd = 0x7FFF_0000;
    private const ulong CompactStackSpread = 1UL << 27;

    /// <summary>Stacks that may grow larger end here.</summary>
    private const ulong CompactLargeStackEnd = 1UL << 39;

    /// <summary>Of a compact space a large stack is spread over this part, and what is mapped above 4 GiB over four times as much.</summary>
    private const ulong CompactRandomPart = 64;

    private const ulong SmallestGap = 128UL << 20;
    private const ulong LargestGap = Page.UserEnd / 6 * 5;
    private const ulong StackGuardGap = 256 * Page.Size;

    /// <summary>Pages over which the stack is spread (22 bits: 16 GiB).</summary>
    private const ulong StackRandomMask = 0x3FFFFF;

    /// <summary>vm.mmap_rnd_bits.</summary>
    private const int MmapRandomBits = 28;

    /// <summary>Bytes over which the heap's start is spread.</summary>
    private const ulong BrkRandomRange = 0x200_0000;

    /// <summary>
    /// In compact spaces code is at the same random addresses in all machines of this process, so that what the translator made of a program
    /// serves its next run. An embedder's own source of randomness decides for itself.
    /// </summary>
    private static readonly Lazy<(ulong Program, ulong Mmap)> s_codePlacement = new(static () =>
    {
        Span<ulong> random = stackalloc ulong[2];
        System.Security.Cryptography.RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(random));
        return (random[0] << Page.Shift, random[1] << Page.Shift);
    });

    private readonly ulong _brkOffset;

    /// <summary>Chooses a layout.</summary>
    /// <param name="entropy">Where random bits come from; null for the fixed layout.</param>
    /// <param name="stackLimit">RLIMIT_STACK in bytes.</param>
    /// <param name="limit">End of the space, or what of it is to be used: <see cref="Page.UserEnd"/>, or at least 4 GiB.</param>
    public MemoryLayout(IEntropySource? entropy, ulong stackLimit, ulong limit)
    {
        ulong highRandom = 0;
        ulong stackRandom = 0;
        ulong mmapRandom = 0;
        ulong programRandom = 0;
        if (entropy != null)
        {
            Span<ulong> random = stackalloc ulong[6];
            entropy.Fill(MemoryMarshal.AsBytes(random));
            stackRandom = (random[0] & StackRandomMask) << Page.Shift;
            mmapRandom = (random[1] & ((1UL << MmapRandomBits) - 1)) << Page.Shift;
            programRandom = (random[2] & ((1UL << MmapRandomBits) - 1)) << Page.Shift;
            _brkOffset = Page.Floor(random[3] % BrkRandomRange);
            StackTopOffset = random[4] % 8192;
            highRandom = random[5];
        }

        if (limit < Page.UserEnd)
        {
            if (entropy is SystemEntropySource)
            {
                (programRandom, mmapRandom) = s_codePlacement.Value;
            }

            const ulong Mask = (1UL << (CompactRandomBits + Page.Shift)) - 1;
            bool hasHigh = limit > CompactHighStart;
            StackTop = stackLimit <= CompactStackEnd - CompactStackSpread - CompactMmapBase - StackGuardGap
                ? CompactStackEnd - (stackRandom & (CompactStackSpread - 1))
                : Math.Min(limit, CompactLargeStackEnd) - (stackRandom & ((limit / CompactRandomPart) - 1));
            ProgramBase = CompactProgramBase;
            Program = ProgramBase + (programRandom & Mask);
            MmapBase = CompactMmapBase - (mmapRandom & Mask);
            MmapFloor = CompactMmapFloor;
            MmapBottomUpStart = hasHigh ? CompactHighStart + Page.Floor(highRandom & ((limit / CompactRandomPart * 4) - 1)) : CompactLowEnd;
            MmapLargeLength = hasHigh ? CompactLargeLength : ulong.MaxValue;
            return;
        }

        ProgramBase = LinuxProgramBase;
        MmapBottomUpStart = Page.UserEnd / 3 & ~Page.OffsetMask;
        MmapLargeLength = ulong.MaxValue;

        StackTop = Page.UserEnd - stackRandom;

        // Linux's mmap_base(): the stack, its random shift and its guard gap fit above.
        ulong gap = stackLimit;
        ulong pad = (entropy != null ? StackRandomMask << Page.Shift : 0) + StackGuardGap;
        if (gap + pad > gap)
        {
            gap += pad;
        }

        gap = Math.Clamp(gap, SmallestGap, LargestGap);
        MmapBase = Page.Ceiling(Page.UserEnd - gap - mmapRandom);
        Program = ProgramBase + programRandom;
    }

    /// <summary>End of the stack mapping.</summary>
    public ulong StackTop { get; }

    /// <summary>How far the initial stack pointer is moved down, before alignment.</summary>
    public ulong StackTopOffset { get; }

    /// <summary>Where position-independent programs start without randomisation (Linux's ELF_ET_DYN_BASE: two thirds of user space).</summary>
    public ulong ProgramBase { get; }

    /// <summary>Mappings go below this.</summary>
    public ulong MmapBase { get; }

    /// <summary>See <see cref="AddressSpace.MmapFloor"/>.</summary>
    public ulong MmapFloor { get; }

    /// <summary>See <see cref="AddressSpace.MmapBottomUpStart"/>.</summary>
    public ulong MmapBottomUpStart { get; }

    /// <summary>See <see cref="AddressSpace.MmapLargeLength"/>.</summary>
    public ulong MmapLargeLength { get; }

    /// <summary>Where a position-independent program with an interpreter goes.</summary>
    public ulong Program { get; }

    /// <summary>Hands the placement rules to a space.</summary>
    public void Apply(AddressSpace space)
    {
        space.MmapBase = MmapBase;
        space.MmapFloor = MmapFloor;
        space.MmapBottomUpStart = MmapBottomUpStart;
        space.MmapLargeLength = MmapLargeLength;
    }

    /// <summary>Where the heap starts after an image that ends at <paramref name="end"/>.</summary>
    public ulong BrkStart(ulong end)
    {
        ulong start = Page.Ceiling(end);
        return start <= Page.UserEnd - BrkRandomRange ? start + _brkOffset : start;
    }
}
