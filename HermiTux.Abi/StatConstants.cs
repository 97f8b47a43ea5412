namespace HermiTux.Abi;

/// <summary>File types and permission bits of st_mode, inode(7) (uapi/linux/stat.h).</summary>
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

    /// <summary>The permission bits with set-user-ID, set-group-ID and sticky.</summary>
    public const uint PermissionBits = 4095;
}
