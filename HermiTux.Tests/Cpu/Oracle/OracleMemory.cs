namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>What is mapped where while a test case runs, alike on the real CPU (native-cpu.c) and in the guest.</summary>
internal static class OracleMemory
{
    /// <summary>Code, readable, writable and executable, since some cases modify it.</summary>
    public const ulong CodeBase = 0x1000_0000;
    public const int CodeSize = 0x20_0000;

    /// <summary>Two writable pages, then a read-only one; nothing is mapped around them.</summary>
    public const ulong DataBase = 0x2000_0000;
    public const int DataSize = 0x2000;
    public const ulong ReadOnlyBase = DataBase + DataSize;
    public const int ReadOnlySize = 0x1000;
    public const ulong DataEnd = ReadOnlyBase + ReadOnlySize;

    /// <summary>What the data pages hold outside the window of a case.</summary>
    public static byte[] Background { get; } = CreateBackground();

    /// <summary>A place for the window of a case such that it covers as much as possible around an address.</summary>
    public static ulong WindowAround(ulong address) =>
        Math.Clamp(address, DataBase + CpuImage.WindowSize / 2, ReadOnlyBase - CpuImage.WindowSize / 2) - CpuImage.WindowSize / 2;

    private static byte[] CreateBackground()
    {
        byte[] background = new byte[DataSize];
        for (int i = 0; i < background.Length; i++)
        {
            background[i] = (byte)(i * 167 + (i >> 8) * 59 + 13);
        }

        return background;
    }
}
