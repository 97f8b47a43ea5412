using HermiTux.Kernel.FileSystems;

namespace HermiTux.Hosting;

/// <summary>One file of an in-memory file system as a file system of its own, to be mounted over a file.</summary>
internal sealed class SingleFileSystem(MemoryFileSystem files, string name) : IFileSystem
{
    /// <summary>Where the file lives.</summary>
    public MemoryFileSystem Files => files;

    /// <inheritdoc/>
    public string TypeName => files.TypeName;

    /// <inheritdoc/>
    public Inode Root => files.Root.Lookup(name).Value;

    /// <inheritdoc/>
    public FileSystemStatistics GetStatistics() => files.GetStatistics();
}
