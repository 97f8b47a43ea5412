using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>Reads all entries of a directory but "." and "..".</summary>
internal sealed class DirectoryCollector : IDirectoryFiller
{
    private readonly List<DirectoryEntry> _entries = [];

    public static IReadOnlyList<DirectoryEntry> Collect(Inode directory)
    {
        Dentry place = Dentry.CreateDetached("", directory);
        if (!directory.Open(Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, place).TryGet(out OpenFile? file, out _))
        {
            return [];
        }

        var collector = new DirectoryCollector();
        file.ReadDirectory(collector);
        file.Release();
        return collector._entries;
    }

    public bool Add(string name, ulong inode, uint type, long nextPosition)
    {
        if (name is not ("." or ".."))
        {
            _entries.Add(new DirectoryEntry(name, inode, type));
        }

        return true;
    }
}
