namespace HermiTux.Abi;

/// <summary>Masks and attributes of statx(2) (uapi/linux/stat.h).</summary>
public static class StatxConstants
{
    /// <summary>stx_mode's type is wanted or given.</summary>
    public const uint STATX_TYPE = 1;

    /// <summary>stx_mode's permission bits.</summary>
    public const uint STATX_MODE = 2;

    /// <summary>stx_nlink.</summary>
    public const uint STATX_NLINK = 4;

    /// <summary>stx_uid.</summary>
    public const uint STATX_UID = 8;

    /// <summary>stx_gid.</summary>
    public const uint STATX_GID = 16;

    /// <summary>stx_atime.</summary>
    public const uint STATX_ATIME = 0x20;

    /// <summary>stx_mtime.</summary>
    public const uint STATX_MTIME = 0x40;

    /// <summary>stx_ctime.</summary>
    public const uint STATX_CTIME = 0x80;

    /// <summary>stx_ino.</summary>
    public const uint STATX_INO = 0x100;

    /// <summary>stx_size.</summary>
    public const uint STATX_SIZE = 0x200;

    /// <summary>stx_blocks.</summary>
    public const uint STATX_BLOCKS = 0x400;

    /// <summary>Everything that stat(2) gives.</summary>
    public const uint STATX_BASIC_STATS = 2047;

    /// <summary>stx_btime.</summary>
    public const uint STATX_BTIME = 0x800;

    /// <summary>stx_mnt_id.</summary>
    public const uint STATX_MNT_ID = 0x1000;

    /// <summary>Direct I/O alignment.</summary>
    public const uint STATX_DIOALIGN = 0x2000;

    /// <summary>Must not be asked for.</summary>
    public const uint STATX__RESERVED = 0x80000000;

    /// <summary>Old name of everything.</summary>
    public const uint STATX_ALL = 4095;

    /// <summary>Compressed by the file system.</summary>
    public const uint STATX_ATTR_COMPRESSED = 4;

    /// <summary>Can't be changed.</summary>
    public const uint STATX_ATTR_IMMUTABLE = 16;

    /// <summary>Only appending.</summary>
    public const uint STATX_ATTR_APPEND = 0x20;

    /// <summary>Not for dump(8).</summary>
    public const uint STATX_ATTR_NODUMP = 0x40;

    /// <summary>Encrypted.</summary>
    public const uint STATX_ATTR_ENCRYPTED = 0x800;

    /// <summary>An automount trigger.</summary>
    public const uint STATX_ATTR_AUTOMOUNT = 0x1000;

    /// <summary>The root of a mount.</summary>
    public const uint STATX_ATTR_MOUNT_ROOT = 0x2000;
}
