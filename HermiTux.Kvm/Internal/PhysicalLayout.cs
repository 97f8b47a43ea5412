namespace HermiTux.Kvm.Internal;

/// <summary>Where things are in the guest's physical memory and in the upper half of its address space.</summary>
/// <remarks>
/// <code>
/// physical  0         stubs, IDT, one page for each vCPU             supervisor only
///           16 MiB    page tables, in chunks of one memory slot each   mapped nowhere
///           4 GiB     the machine's frames: frame n at 4 GiB + 4096 n  mapped as the address space says
/// virtual   0         user space, 47 bits
///           -128 TiB  the first 2 MiB of physical memory, supervisor only
/// </code>
/// The frames begin above 4 GiB because some processors need slots of KVM's own below that.
/// </remarks>
internal static class PhysicalLayout
{
    public const ulong SupervisorVirtual = 0xFFFF_8000_0000_0000;
    public const ulong StubPage = 0x0000;
    public const ulong IdtPage = 0x1000;
    public const ulong UpperTable = 0x2000;
    public const ulong MiddleTable = 0x3000;
    public const ulong LeafTable = 0x4000;
    public const ulong FirstVcpuPage = 0x5000;

    /// <summary>Pages of the supervisor area, those of vCPUs included.</summary>
    public const int SupervisorPages = 512;

    public const int MaximumVcpus = SupervisorPages - (int)(FirstVcpuPage >> 12);

    public const ulong TablesStart = 16UL << 20;
    public const ulong TablesEnd = 3UL << 30;
    public const ulong FramesStart = 4UL << 30;

    // Bits of page-table entries (Intel SDM vol. 3, 4.5).
    public const ulong Present = 1;
    public const ulong Writable = 2;
    public const ulong User = 4;
    public const ulong Accessed = 0x20;
    public const ulong Dirty = 0x40;
    public const ulong LargePage = 0x80;
    public const ulong NoExecute = 1UL << 63;
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>Address bits of an entry that a large page can't have.</summary>
    public const ulong LargePageOffset = 0x1F_F000;

    /// <summary>An entry that refers to a table. Set once for a position, see <see cref="GuestPageTables"/>.</summary>
    public const ulong Table = Present | Writable | User | Accessed;

    // Selectors as on Linux, so that a program sees what it would see there.
    public const ushort KernelCode = 0x08;
    public const ushort KernelData = 0x10;
    public const ushort UserData = 0x2B;
    public const ushort UserCode = 0x33;
    public const ushort TaskState = 0x40;

    /// <summary>Bytes of the descriptor table: null, kernel code and data, two unused, user data and code, unused, TSS (two entries).</summary>
    public const int GdtSize = 10 * 8;
}
