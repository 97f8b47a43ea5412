namespace HermiTux.Abi;

/// <summary>Directory entry types of getdents64(2) (linux/dirent.h).</summary>
public static class DirentConstants
{
    /// <summary>Not known.</summary>
    public const byte DT_UNKNOWN = 0;

    /// <summary>FIFO.</summary>
    public const byte DT_FIFO = 1;

    /// <summary>Character device.</summary>
    public const byte DT_CHR = 2;

    /// <summary>Directory.</summary>
    public const byte DT_DIR = 4;

    /// <summary>Block device.</summary>
    public const byte DT_BLK = 6;

    /// <summary>Regular file.</summary>
    public const byte DT_REG = 8;

    /// <summary>Symbolic link.</summary>
    public const byte DT_LNK = 10;

    /// <summary>Socket.</summary>
    public const byte DT_SOCK = 12;

    /// <summary>Whiteout.</summary>
    public const byte DT_WHT = 14;
}
