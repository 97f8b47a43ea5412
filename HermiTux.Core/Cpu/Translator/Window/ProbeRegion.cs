using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Where translated code finds out without a branch and without touching flags whether an address is inside its window: it loads
/// from <c>[(address >> bits) * 8 + probe]</c>. For addresses in the window that reads zeros; for all others it hits inaccessible
/// memory, and faults as the access itself would have.
/// </summary>
/// <remarks>
/// One region for all windows of a size, for the life of the process. The probe is the last eight bytes of a readable page, below
/// 2 GiB so that a displacement reaches it; after it come 2^(64-bits) inaccessible slots.
/// </remarks>
internal static unsafe class ProbeRegion
{
    private const ulong LowestStart = 0x0100_0000;
    private const ulong HighestStart = 0x7000_0000;
    private const ulong Step = 0x0100_0000;

    /// <summary>The smallest window needs the most slots; a region for it does for all.</summary>
    private const int SmallestBits = 32;

    private static readonly Lock s_lock = new();
    private static readonly int[] s_probes = new int[64];

    /// <summary>The probe for windows of 2^<paramref name="bits"/> bytes, at least 32 bits; 0 when the host refuses the addresses.</summary>
    public static int For(int bits)
    {
        lock (s_lock)
        {
            if (s_probes[bits] == 0)
            {
                if (s_probes[SmallestBits] == 0)
                {
                    s_probes[SmallestBits] = Create(SmallestBits);
                }

                s_probes[bits] = s_probes[SmallestBits] != 0 ? s_probes[SmallestBits] : Create(bits);
            }

            return s_probes[bits];
        }
    }

    private static int Create(int bits)
    {
        const int Flags = LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_ANONYMOUS | LinuxMemory.MAP_NORESERVE;
        ulong length = Page.Size + (8UL << (64 - bits));
        for (ulong start = HighestStart; start >= LowestStart; start -= Step)
        {
            var wanted = (byte*)start;

            // SAFETY: only where nothing is mapped. Kernels that don't know the flag take the address for a hint.
            var region = (byte*)LinuxMemory.mmap(wanted, (nuint)length, LinuxMemory.PROT_NONE, Flags | LinuxMemory.MAP_FIXED_NOREPLACE, -1, 0);
            if (region == wanted && LinuxMemory.mprotect(region, Page.Size, LinuxMemory.PROT_READ) == 0)
            {
                return (int)(start + Page.Size - 8);
            }

            if (region != LinuxMemory.MAP_FAILED)
            {
                // SAFETY: just mapped.
                _ = LinuxMemory.munmap(region, (nuint)length);
            }
        }

        return 0;
    }
}
