using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel.Inotify;

/// <summary>One watched file of an inotify instance. Holds its place, so that the file keeps its identity.</summary>
internal sealed class InotifyWatch(InotifyFile owner, int descriptor, Dentry place, uint mask)
{
    private uint _mask = mask;

    public InotifyFile Owner { get; } = owner;

    /// <summary>The watch descriptor (wd).</summary>
    public int Descriptor { get; } = descriptor;

    public Dentry Place { get; } = place;

    public (IFileSystem, ulong) Key { get; } = (place.Mount!.FileSystem, place.Inode.Number);

    /// <summary>IN_* that are wanted, with the flags that change how they are told.</summary>
    public uint Mask
    {
        get => Volatile.Read(ref _mask);
        set => Volatile.Write(ref _mask, value);
    }
}
