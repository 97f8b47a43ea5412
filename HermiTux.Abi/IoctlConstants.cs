namespace HermiTux.Abi;

/// <summary>ioctl(2) requests (uapi/asm-generic/ioctls.h, linux/fs.h).</summary>
public static class IoctlConstants
{
    /// <summary>Terminal attributes.</summary>
    public const uint TCGETS = 0x5401;

    /// <summary>Set terminal attributes now.</summary>
    public const uint TCSETS = 0x5402;

    /// <summary>Set terminal attributes after output has drained.</summary>
    public const uint TCSETSW = 0x5403;

    /// <summary>Set terminal attributes after output, discarding input.</summary>
    public const uint TCSETSF = 0x5404;

    /// <summary>Old terminal attributes.</summary>
    public const uint TCGETA = 0x5405;

    /// <summary>Set old terminal attributes.</summary>
    public const uint TCSETA = 0x5406;

    /// <summary>Send a break, or drain.</summary>
    public const uint TCSBRK = 0x5409;

    /// <summary>Suspend or restart.</summary>
    public const uint TCXONC = 0x540A;

    /// <summary>Discard input or output.</summary>
    public const uint TCFLSH = 0x540B;

    /// <summary>Exclusive mode.</summary>
    public const uint TIOCEXCL = 0x540C;

    /// <summary>No exclusive mode.</summary>
    public const uint TIOCNXCL = 0x540D;

    /// <summary>Become the controlling terminal.</summary>
    public const uint TIOCSCTTY = 0x540E;

    /// <summary>Foreground process group.</summary>
    public const uint TIOCGPGRP = 0x540F;

    /// <summary>Set the foreground process group.</summary>
    public const uint TIOCSPGRP = 0x5410;

    /// <summary>Bytes in the output queue.</summary>
    public const uint TIOCOUTQ = 0x5411;

    /// <summary>Fake input.</summary>
    public const uint TIOCSTI = 0x5412;

    /// <summary>Window size.</summary>
    public const uint TIOCGWINSZ = 0x5413;

    /// <summary>Set the window size.</summary>
    public const uint TIOCSWINSZ = 0x5414;

    /// <summary>Modem bits.</summary>
    public const uint TIOCMGET = 0x5415;

    /// <summary>Bytes to read.</summary>
    public const uint FIONREAD = 0x541B;

    /// <summary>As FIONREAD.</summary>
    public const uint TIOCINQ = 0x541B;

    /// <summary>Set or clear O_NONBLOCK.</summary>
    public const uint FIONBIO = 0x5421;

    /// <summary>Give up the controlling terminal.</summary>
    public const uint TIOCNOTTY = 0x5422;

    /// <summary>Set the line discipline.</summary>
    public const uint TIOCSETD = 0x5423;

    /// <summary>Line discipline.</summary>
    public const uint TIOCGETD = 0x5424;

    /// <summary>Break with a duration.</summary>
    public const uint TCSBRKP = 0x5425;

    /// <summary>Session.</summary>
    public const uint TIOCGSID = 0x5429;

    /// <summary>Attributes with arbitrary speeds.</summary>
    public const uint TCGETS2 = 0x802C542A;

    /// <summary>Set attributes with arbitrary speeds.</summary>
    public const uint TCSETS2 = 0x402C542B;

    /// <summary>Number of the pseudoterminal.</summary>
    public const uint TIOCGPTN = 0x80045430;

    /// <summary>Lock the pseudoterminal.</summary>
    public const uint TIOCSPTLCK = 0x40045431;

    /// <summary>Open the other end.</summary>
    public const uint TIOCGPTPEER = 0x5441;

    /// <summary>Clear FD_CLOEXEC.</summary>
    public const uint FIONCLEX = 0x5450;

    /// <summary>Set FD_CLOEXEC.</summary>
    public const uint FIOCLEX = 0x5451;

    /// <summary>Set or clear O_ASYNC.</summary>
    public const uint FIOASYNC = 0x5452;

    /// <summary>Size of the object.</summary>
    public const uint FIOQSIZE = 0x5460;

    /// <summary>Block size.</summary>
    public const uint FIGETBSZ = 2;

    /// <summary>Physical block.</summary>
    public const uint FIBMAP = 1;

    /// <summary>Clone a file.</summary>
    public const uint FICLONE = 0x40049409;

    /// <summary>Clone part of a file.</summary>
    public const uint FICLONERANGE = 0x4020940D;

    /// <summary>Inode flags.</summary>
    public const uint FS_IOC_GETFLAGS = 0x80086601;

    /// <summary>Set inode flags.</summary>
    public const uint FS_IOC_SETFLAGS = 0x40086602;

    /// <summary>Inode version.</summary>
    public const uint FS_IOC_GETVERSION = 0x80087601;

    /// <summary>Size of a block device.</summary>
    public const uint BLKGETSIZE64 = 0x80081272;
}
