using System.Runtime.InteropServices;
using HermiTux.Devices;
using HermiTux.Memory;

namespace HermiTux.Loader;

/// <summary>Base addresses of a new program, random within Linux's ranges or as after personality(ADDR_NO_RANDOMIZE).</summary>
internal readonly struct MemoryLayout
{
    /// <summary>Where position-independent programs start (ELF_ET_DYN_BASE: two thirds of user space).</summary>
    public const ulong ProgramBase = Page.UserEnd / 3 * 2 & ~Page.OffsetMask;

    private const ulong SmallestGap = 128UL << 20;
    private const ulong LargestGap = Page.UserEnd / 6 * 5;
    private const ulong StackGuardGap = 256 * Page.Size;

    /// <summary>Pages over which the stack is spread (22 bits: 16 GiB).</summary>
    private const ulong StackRandomMask = 0x3FFFFF;

    /// <summary>vm.mmap_rnd_bits.</summary>
    private const int MmapRandomBits = 28;

    /// <summary>Bytes over which the heap's start is spread.</summary>
    private const ulong BrkRandomRange = 0x200_0000;

    private readonly ulong _brkOffset;

    /// <summary>Chooses a layout.</summary>
    /// <param name="entropy">Where random bits come from; null for the fixed layout.</param>
    /// <param name="stackLimit">RLIMIT_STACK in bytes.</param>
    public MemoryLayout(IEntropySource? entropy, ulong stackLimit)
    {
        ulong stackRandom = 0;
        ulong mmapRandom = 0;
        ulong programRandom = 0;
        if (entropy != null)
        {
            Span<ulong> random = stackalloc ulong[5];
            entropy.Fill(MemoryMarshal.AsBytes(random));
            stackRandom = (random[0] & StackRandomMask) << Page.Shift;
            mmapRandom = (random[1] & ((1UL << MmapRandomBits) - 1)) << Page.Shift;
            programRandom = (random[2] & ((1UL << MmapRandomBits) - 1)) << Page.Shift;
            _brkOffset = Page.Floor(random[3] % BrkRandomRange);
            StackTopOffset = random[4] % 8192;
        }

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

    /// <summary>Mappings go below this.</summary>
    public ulong MmapBase { get; }

    /// <summary>Where a position-independent program with an interpreter goes.</summary>
    public ulong Program { get; }

    /// <summary>Where the heap starts after an image that ends at <paramref name="end"/>.</summary>
    public ulong BrkStart(ulong end)
    {
        ulong start = Page.Ceiling(end);
        return start <= Page.UserEnd - BrkRandomRange ? start + _brkOffset : start;
    }
}
