namespace HermiTux.Abi;

/// <summary>File system magic numbers of statfs(2) (uapi/linux/magic.h).</summary>
public static class MagicConstants
{
    /// <summary>tmpfs.</summary>
    public const long TMPFS_MAGIC = 0x1021994;

    /// <summary>procfs.</summary>
    public const long PROC_SUPER_MAGIC = 0x9FA0;

    /// <summary>sysfs.</summary>
    public const long SYSFS_MAGIC = 0x62656572;

    /// <summary>ext4.</summary>
    public const long EXT4_SUPER_MAGIC = 0xEF53;

    /// <summary>overlayfs.</summary>
    public const long OVERLAYFS_SUPER_MAGIC = 0x794C7630;

    /// <summary>devpts.</summary>
    public const long DEVPTS_SUPER_MAGIC = 0x1CD1;

    /// <summary>Pipes.</summary>
    public const long PIPEFS_MAGIC = 0x50495045;

    /// <summary>Sockets.</summary>
    public const long SOCKFS_MAGIC = 0x534F434B;

    /// <summary>eventfd, epoll and other anonymous inodes.</summary>
    public const long ANON_INODE_FS_MAGIC = 0x9041934;

    /// <summary>9p.</summary>
    public const long V9FS_MAGIC = 0x1021997;

    /// <summary>ramfs.</summary>
    public const long RAMFS_MAGIC = 0x858458F6;
}
