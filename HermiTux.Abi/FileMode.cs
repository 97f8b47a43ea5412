namespace HermiTux.Abi;

/// <summary>File types and permission bits of <c>st_mode</c> (inode(7)).</summary>
public static class FileMode
{
    /// <summary>Mask of the type.</summary>
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

    /// <summary>Set-user-id.</summary>
    public const uint S_ISUID = 0x800;

    /// <summary>Set-group-id.</summary>
    public const uint S_ISGID = 0x400;

    /// <summary>Sticky.</summary>
    public const uint S_ISVTX = 0x200;

    /// <summary>Owner may execute.</summary>
    public const uint S_IXUSR = 0x40;

    /// <summary>Group may execute.</summary>
    public const uint S_IXGRP = 8;

    /// <summary>Others may execute.</summary>
    public const uint S_IXOTH = 1;

    /// <summary>All bits that chmod(2) sets (07777).</summary>
    public const uint PermissionBits = 0xFFF;
}
