namespace HermiTux.Memory;

/// <summary>The page size of x86-64 and arithmetic on it. Addresses and lengths are in bytes.</summary>
public static class Page
{
    /// <summary>Bytes in a page.</summary>
    public const int Size = 4096;

    /// <summary>log2 of <see cref="Size"/>.</summary>
    public const int Shift = 12;

    /// <summary>Selects the offset within a page.</summary>
    public const ulong OffsetMask = Size - 1;

    /// <summary>First address above user space (47 bits, less the guard page that Linux keeps).</summary>
    public const ulong UserEnd = 0x7FFF_FFFF_F000;

    /// <summary>The start of the page that holds <paramref name="address"/>.</summary>
    public static ulong Floor(ulong address) => address & ~OffsetMask;

    /// <summary>Rounds up to a page boundary; wraps to 0 at the top like the kernel's PAGE_ALIGN.</summary>
    public static ulong Ceiling(ulong length) => (length + OffsetMask) & ~OffsetMask;

    /// <summary>Whether an address is a multiple of the page size.</summary>
    public static bool IsAligned(ulong address) => (address & OffsetMask) == 0;
}
