using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>A root with nothing in it, on which everything else is mounted.</summary>
internal sealed class EmptyFileSystem : IFileSystem
{
    public string TypeName => "rootfs";

    public Inode Root { get; } = new MountPointInode(StatConstants.S_IFDIR);

    public FileSystemStatistics GetStatistics() => new(0x858458f6, Memory.Page.Size, 0, 0, 0, 0, 0);
}

/// <summary>A directory or file that is there only so that something can be mounted on it.</summary>
internal sealed class MountPointInode(uint type) : Inode
{
    private static long lastNumber = 1L << 40;

    public override ulong Number { get; } = (ulong)Interlocked.Increment(ref lastNumber);

    public override uint Type => type;

    public override Result<InodeAttributes> GetAttributes() => new InodeAttributes
    {
        Inode = Number,
        Mode = type | (type == StatConstants.S_IFDIR ? 0x1EDu : 0x124u),
        Links = type == StatConstants.S_IFDIR ? 2u : 1u,
        BlockSize = Memory.Page.Size,
    };

    public override Result<Inode> Lookup(string name) => type == StatConstants.S_IFDIR ? Errno.ENOENT : Errno.ENOTDIR;

    public override Result<OpenFile> Open(int flags, Dentry dentry) =>
        type == StatConstants.S_IFDIR ? new ListDirectoryFile(this, flags, dentry, static () => []) : new ContentFile(this, flags, dentry, []);
}
