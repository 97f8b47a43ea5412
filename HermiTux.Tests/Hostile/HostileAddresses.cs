using HermiTux.Tests.Cpu.Oracle;

namespace HermiTux.Tests.Hostile;

/// <summary>Addresses where software that keeps a guest in might go wrong. None but those in the data pages is mapped, in the guest or in the native process.</summary>
internal static class HostileAddresses
{
    /// <summary>In the middle of the writable data.</summary>
    public const ulong Mapped = DirectedCases.Data;

    /// <summary>Edges of the mapped pages, of 32 bits, of user space, of the canonical halves and of 64 bits.</summary>
    public static IReadOnlyList<ulong> Edges { get; } =
    [
        0, 1, 8, 0xFFF, 0x1000, 0xFFFF, 0x1_0000,
        OracleMemory.DataBase - 1, OracleMemory.DataBase - 16, Mapped, OracleMemory.ReadOnlyBase - 4, OracleMemory.ReadOnlyBase + 0x20, OracleMemory.DataEnd - 3, OracleMemory.DataEnd,
        0x7FFF_FFF8, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_F000, 0xFFFF_FFF8, 0xFFFF_FFFF, 0x1_0000_0000, 0x1_0000_0008,
        0x7FFF_FFFF_F000, 0x7FFF_FFFF_FFF0, 0x7FFF_FFFF_FFFC, 0x7FFF_FFFF_FFFF, 0x8000_0000_0000, 0x8000_0000_0001, 0x1234_5678_9ABC_DEF0,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_7FFF_FFFF_FFF8, 0xFFFF_7FFF_FFFF_FFFF, 0xFFFF_8000_0000_0000, 0xFFFF_8880_0000_0000,
        0xFFFF_FFFF_7FFF_FFFC, 0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_8100_0000, 0xFFFF_FFFF_FFFF_F000, 0xFFFF_FFFF_FFFF_FFF0, 0xFFFF_FFFF_FFFF_FFF8, ulong.MaxValue,
    ];

    /// <summary>Addresses that are <see cref="Mapped"/> to whoever looks at fewer bits than there are.</summary>
    public static IReadOnlyList<ulong> Aliases { get; } =
        [.. Enumerable.Range(30, 34).Select(bit => Mapped ^ 1UL << bit), Mapped | 0xFFFF_FFFF_0000_0000, Mapped | 0xFFFF_8000_0000_0000, Mapped | 0x7FFF_0000_0000];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ulong> All { get; } = [.. Edges, .. Aliases];

    /// <summary>Whether bits 63 to 47 are alike.</summary>
    public static bool IsCanonical(ulong address) => (ulong)((long)address << 16 >> 16) == address;

    /// <summary>Whether all bytes of an access are at canonical addresses of one half.</summary>
    public static bool IsCanonical(ulong address, int length) => IsCanonical(address) && IsCanonical(address + (ulong)length) && (long)(address ^ (address + (ulong)length)) >= 0;
}
