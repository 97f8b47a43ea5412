using HermiTux.Kernel.FileSystems;

namespace HermiTux.Hosting;

/// <summary>A machine's file tree and the file systems in it, which go with the machine.</summary>
internal sealed class GuestTree : IDisposable
{
    private readonly MountContext _context;
    private readonly List<IFileSystem> _fileSystems = [];

    public GuestTree(VirtualFileSystem files, MemoryFileSystem? memoryRoot, MountContext context)
    {
        Files = files;
        MemoryRoot = memoryRoot;
        _context = context;
    }

    public VirtualFileSystem Files { get; }

    /// <summary>The in-memory root; null when something else is mounted there.</summary>
    public MemoryFileSystem? MemoryRoot { get; }

    /// <summary>What was mounted, to be disposed with the machine.</summary>
    public IList<IFileSystem> FileSystems => _fileSystems;

    /// <summary>Whether a mount other than the root's holds the path.</summary>
    public bool IsCovered(string path) =>
        Files.Mounts.Any(m => m.Path != "/" && (path == m.Path || path.StartsWith(m.Path + "/", StringComparison.Ordinal)));

    public MemoryFileSystem CreateMemoryFileSystem() => new(_context.Frames, _context.Time);

    public void Dispose()
    {
        foreach (IFileSystem fileSystem in _fileSystems)
        {
            (fileSystem as IDisposable)?.Dispose();
        }
    }
}
