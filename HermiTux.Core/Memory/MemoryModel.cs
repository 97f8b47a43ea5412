namespace HermiTux.Memory;

/// <summary>
/// How a machine's physical memory is held: makes the <see cref="PageStore"/> of each machine. A service of the builder, so a
/// host can bring its own. Thread-safe.
/// </summary>
public interface IMemoryModel
{
    /// <summary>Short lower-case name for logs and options.</summary>
    string Name { get; }

    /// <summary>Creates the store of one machine.</summary>
    /// <param name="limitBytes">The machine's memory limit; the store must hold that much and should allow for sparse use beyond it.</param>
    /// <exception cref="IOException">The host refuses the memory.</exception>
    PageStore CreateStore(long limitBytes);
}

/// <summary>The memory models that come with the package.</summary>
public static class MemoryModel
{
    // Frames are handed out in blocks of 2 MiB to each touched 2 MiB of guest addresses, so that guest and host memory run
    // parallel. Sparse guests need more frame numbers than memory; when they run out, frames are taken one by one.
    private const long Sparseness = 16;
    private const long SmallestWindow = 4L << 30;
    private const long LargestWindow = 1L << 40;

    /// <summary>One sparse memory file for each machine (Linux): memory costs nothing before it is touched and is given back when freed.</summary>
    public static IMemoryModel MemoryFile { get; } = new MemoryFileModel();

    /// <summary>The native heap, on any host.</summary>
    public static IMemoryModel Heap { get; } = new HeapModel();

    /// <summary>The best one for this host.</summary>
    public static IMemoryModel ForHost => OperatingSystem.IsLinux() && Environment.Is64BitProcess ? MemoryFile : Heap;

    private static long WindowFrames(long limitBytes)
    {
        long window = limitBytes > LargestWindow / Sparseness ? LargestWindow : Math.Max(limitBytes * Sparseness, SmallestWindow);
        return Math.Max(window, limitBytes) >> Page.Shift;
    }

    private sealed class MemoryFileModel : IMemoryModel
    {
        public string Name => "memfile";

        public PageStore CreateStore(long limitBytes)
        {
            if (!OperatingSystem.IsLinux())
            {
                throw new PlatformNotSupportedException("The memory-file model needs Linux; use MemoryModel.Heap or MemoryModel.ForHost.");
            }

            return new LinuxPageStore(WindowFrames(limitBytes));
        }
    }

    private sealed class HeapModel : IMemoryModel
    {
        public string Name => "heap";

        public PageStore CreateStore(long limitBytes) => new HeapPageStore(WindowFrames(limitBytes));
    }
}
