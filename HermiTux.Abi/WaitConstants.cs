namespace HermiTux.Abi;

/// <summary>wait(2) options (uapi/linux/wait.h).</summary>
public static class WaitConstants
{
    /// <summary>Don't wait.</summary>
    public const int WNOHANG = 1;

    /// <summary>Stopped children too.</summary>
    public const int WUNTRACED = 2;

    /// <summary>waitid(2): stopped children.</summary>
    public const int WSTOPPED = 2;

    /// <summary>waitid(2): ended children.</summary>
    public const int WEXITED = 4;

    /// <summary>Continued children.</summary>
    public const int WCONTINUED = 8;

    /// <summary>waitid(2): leave the child waitable.</summary>
    public const int WNOWAIT = 0x1000000;

    /// <summary>Only children of this thread.</summary>
    public const int __WNOTHREAD = 0x20000000;

    /// <summary>Every child.</summary>
    public const int __WALL = 0x40000000;

    /// <summary>Only clone children.</summary>
    public const int __WCLONE = -2147483648;

    /// <summary>waitid(2): any child.</summary>
    public const int P_ALL = 0;

    /// <summary>waitid(2): one child.</summary>
    public const int P_PID = 1;

    /// <summary>waitid(2): a group.</summary>
    public const int P_PGID = 2;

    /// <summary>waitid(2): a pidfd.</summary>
    public const int P_PIDFD = 3;
}
