namespace HermiTux.Abi;

/// <summary>Mount flags of statfs(2) (linux/statfs.h).</summary>
public static class StatfsConstants
{
    /// <summary>Read-only.</summary>
    public const long ST_RDONLY = 1;

    /// <summary>Set-user-ID bits are ignored.</summary>
    public const long ST_NOSUID = 2;

    /// <summary>Device files are inaccessible.</summary>
    public const long ST_NODEV = 4;

    /// <summary>Programs can't be executed.</summary>
    public const long ST_NOEXEC = 8;

    /// <summary>Writes are synchronous.</summary>
    public const long ST_SYNCHRONOUS = 16;

    /// <summary>f_flags is valid.</summary>
    public const long ST_VALID = 0x20;

    /// <summary>Access times aren't updated.</summary>
    public const long ST_NOATIME = 0x400;

    /// <summary>Access times of directories aren't updated.</summary>
    public const long ST_NODIRATIME = 0x800;

    /// <summary>Access times are updated relative to the modification time.</summary>
    public const long ST_RELATIME = 0x1000;
}
