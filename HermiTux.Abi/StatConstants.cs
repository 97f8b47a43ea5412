namespace HermiTux.Abi;

/// <summary>File types, permission bits and statx(2) masks (uapi/linux/stat.h).</summary>
public static class StatConstants
{
    /// <summary>Selects the file type.</summary>
    public const uint S_IFMT = 0xF000;

    /// <summary>Socket.</summary>
    public const uint S_IFSOCK = 0xC000;

    /// <summary>Symbolic link.</summary>
    public const uint S_IFLNK = 0xA000;

    /// <summary>Regular file.</summary>
    public const uint S_IFREG = 0x8000;

    /// <summary>Block device.</summary>
    public const uint S_IFBLK = 0x6000;

    /// <summary>Directory.</summary>
    public const uint S_IFDIR = 0x4000;

    /// <summary>Character device.</summary>
    public const uint S_IFCHR = 0x2000;

    /// <summary>FIFO.</summary>
    public const uint S_IFIFO = 0x1000;

    /// <summary>Set-user-ID.</summary>
    public const uint S_ISUID = 0x800;

    /// <summary>Set-group-ID.</summary>
    public const uint S_ISGID = 0x400;

    /// <summary>Sticky.</summary>
    public const uint S_ISVTX = 0x200;

    /// <summary>Owner may do everything.</summary>
    public const uint S_IRWXU = 0x1C0;

    /// <summary>Owner may read.</summary>
    public const uint S_IRUSR = 0x100;

    /// <summary>Owner may write.</summary>
    public const uint S_IWUSR = 0x80;

    /// <summary>Owner may execute or search.</summary>
    public const uint S_IXUSR = 0x40;

    /// <summary>Group may do everything.</summary>
    public const uint S_IRWXG = 0x38;

    /// <summary>Group may read.</summary>
    public const uint S_IRGRP = 0x20;

    /// <summary>Group may write.</summary>
    public const uint S_IWGRP = 0x10;

    /// <summary>Group may execute or search.</summary>
    public const uint S_IXGRP = 0x8;

    /// <summary>Others may do everything.</summary>
    public const uint S_IRWXO = 0x7;

    /// <summary>Others may read.</summary>
    public const uint S_IROTH = 0x4;

    /// <summary>Others may write.</summary>
    public const uint S_IWOTH = 0x2;

    /// <summary>Others may execute or search.</summary>
    public const uint S_IXOTH = 0x1;

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
