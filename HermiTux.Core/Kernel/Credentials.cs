namespace HermiTux.Kernel;

/// <summary>User and group ids of a process (credentials(7)).</summary>
public sealed class Credentials
{
    /// <summary>Real user.</summary>
    public uint Uid { get; set; }

    /// <summary>Effective user.</summary>
    public uint Euid { get; set; }

    /// <summary>Saved user.</summary>
    public uint Suid { get; set; }

    /// <summary>File-system user.</summary>
    public uint Fsuid { get; set; }

    /// <summary>Real group.</summary>
    public uint Gid { get; set; }

    /// <summary>Effective group.</summary>
    public uint Egid { get; set; }

    /// <summary>Saved group.</summary>
    public uint Sgid { get; set; }

    /// <summary>File-system group.</summary>
    public uint Fsgid { get; set; }

    /// <summary>Supplementary groups.</summary>
    public uint[] Groups { get; set; } = [];

    /// <summary>Every user id set to <paramref name="uid"/> and every group id to <paramref name="gid"/>.</summary>
    public static Credentials ForUser(uint uid, uint gid) => new()
    {
        Uid = uid,
        Euid = uid,
        Suid = uid,
        Fsuid = uid,
        Gid = gid,
        Egid = gid,
        Sgid = gid,
        Fsgid = gid,
        Groups = [gid],
    };
}
