namespace HermiTux.Memory;

/// <summary>
/// A page-table entry as <see cref="IPageMapper"/> gets it: the frame number in bits 63:12 and what may be done now in bits 2:0, with the values of
/// <see cref="MemoryAccess"/>. 0 where no page is.
/// </summary>
public static class PageEntry
{
    /// <summary>A frame is there, whatever may be done with it.</summary>
    public const ulong Present = 8;

    /// <summary>The frame belongs to a private mapping but is referenced elsewhere: copy before the first store.</summary>
    public const ulong CopyOnWrite = 16;

    /// <summary>The page was brought in before anybody asked for it; only the store knows whether it was touched since.</summary>
    public const ulong Ahead = 32;

    /// <summary>Bits 2:0.</summary>
    public const ulong Rights = 7;

    /// <summary>The number of the frame.</summary>
    public static long Frame(ulong entry) => (long)(entry >> Page.Shift);

    /// <summary>What hardware allows for a protection: x86 has no pages that can be written or executed but not read.</summary>
    public static ulong RightsFor(MemoryProtection protection) =>
        protection == MemoryProtection.None ? 0 : (ulong)(protection | MemoryProtection.Read);
}
