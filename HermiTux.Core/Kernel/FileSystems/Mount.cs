namespace HermiTux.Kernel.FileSystems;

/// <summary>A mounted file system. Immutable but for what is mounted over it.</summary>
internal sealed class Mount
{
    public Mount(VirtualFileSystem owner, IFileSystem fileSystem, Dentry? mountPoint, bool readOnly, ulong device, int id, string source)
    {
        FileSystem = fileSystem;
        MountPoint = mountPoint;
        ReadOnly = readOnly;
        Device = device;
        Id = id;
        Source = source;
        Root = new Dentry(owner, this, null, "", fileSystem.Root);
    }

    public IFileSystem FileSystem { get; }

    /// <summary>The place that it covers, which belongs to the mount below; null for the machine's root.</summary>
    public Dentry? MountPoint { get; }

    public Dentry Root { get; }

    public bool ReadOnly { get; set; }

    /// <summary>st_dev of its files: major 0, like Linux's file systems without a block device.</summary>
    public ulong Device { get; }

    /// <summary>Mount id of /proc/self/mountinfo and statx(2).</summary>
    public int Id { get; }

    /// <summary>First column of /proc/mounts.</summary>
    public string Source { get; }
}

/// <summary>One mount.</summary>
public readonly record struct MountInfo(string Path, string TypeName, string Source, bool ReadOnly, ulong Device)
{
    /// <summary>Mount id (statx(2) stx_mnt_id, /proc/self/mountinfo).</summary>
    public int Id { get; init; }

    /// <summary>Id of the mount below; its own id for the root.</summary>
    public int ParentId { get; init; }
}
