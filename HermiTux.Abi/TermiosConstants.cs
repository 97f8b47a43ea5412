namespace HermiTux.Abi;

/// <summary>Terminal attributes (uapi/asm-generic/termbits.h).</summary>
public static class TermiosConstants
{
    /// <summary>Control characters in struct termios.</summary>
    public const uint NCCS = 19;

    /// <summary>c_cc: interrupt.</summary>
    public const uint VINTR = 0;

    /// <summary>c_cc: quit.</summary>
    public const uint VQUIT = 1;

    /// <summary>c_cc: erase.</summary>
    public const uint VERASE = 2;

    /// <summary>c_cc: kill a line.</summary>
    public const uint VKILL = 3;

    /// <summary>c_cc: end of file.</summary>
    public const uint VEOF = 4;

    /// <summary>c_cc: time-out.</summary>
    public const uint VTIME = 5;

    /// <summary>c_cc: least bytes.</summary>
    public const uint VMIN = 6;

    /// <summary>c_cc: switch.</summary>
    public const uint VSWTC = 7;

    /// <summary>c_cc: start.</summary>
    public const uint VSTART = 8;

    /// <summary>c_cc: stop.</summary>
    public const uint VSTOP = 9;

    /// <summary>c_cc: suspend.</summary>
    public const uint VSUSP = 10;

    /// <summary>c_cc: end of line.</summary>
    public const uint VEOL = 11;

    /// <summary>c_cc: reprint.</summary>
    public const uint VREPRINT = 12;

    /// <summary>c_cc: discard.</summary>
    public const uint VDISCARD = 13;

    /// <summary>c_cc: erase a word.</summary>
    public const uint VWERASE = 14;

    /// <summary>c_cc: literal next.</summary>
    public const uint VLNEXT = 15;

    /// <summary>c_cc: second end of line.</summary>
    public const uint VEOL2 = 16;

    /// <summary>c_iflag: ignore breaks.</summary>
    public const uint IGNBRK = 1;

    /// <summary>c_iflag: break interrupts.</summary>
    public const uint BRKINT = 2;

    /// <summary>c_iflag: ignore parity errors.</summary>
    public const uint IGNPAR = 4;

    /// <summary>c_iflag: mark parity errors.</summary>
    public const uint PARMRK = 8;

    /// <summary>c_iflag: check parity.</summary>
    public const uint INPCK = 16;

    /// <summary>c_iflag: strip bit 8.</summary>
    public const uint ISTRIP = 0x20;

    /// <summary>c_iflag: NL to CR.</summary>
    public const uint INLCR = 0x40;

    /// <summary>c_iflag: ignore CR.</summary>
    public const uint IGNCR = 0x80;

    /// <summary>c_iflag: CR to NL.</summary>
    public const uint ICRNL = 0x100;

    /// <summary>c_iflag: output flow control.</summary>
    public const uint IXON = 0x400;

    /// <summary>c_iflag: any character restarts.</summary>
    public const uint IXANY = 0x800;

    /// <summary>c_iflag: input flow control.</summary>
    public const uint IXOFF = 0x1000;

    /// <summary>c_iflag: bell when full.</summary>
    public const uint IMAXBEL = 0x2000;

    /// <summary>c_iflag: UTF-8 input.</summary>
    public const uint IUTF8 = 0x4000;

    /// <summary>c_oflag: process output.</summary>
    public const uint OPOST = 1;

    /// <summary>c_oflag: NL to CR NL.</summary>
    public const uint ONLCR = 4;

    /// <summary>c_oflag: CR to NL.</summary>
    public const uint OCRNL = 8;

    /// <summary>c_oflag: no CR at column 0.</summary>
    public const uint ONOCR = 16;

    /// <summary>c_oflag: NL returns.</summary>
    public const uint ONLRET = 0x20;

    /// <summary>c_cflag: speed.</summary>
    public const uint CBAUD = 0x100F;

    /// <summary>c_cflag: 38400 bit/s.</summary>
    public const uint B38400 = 15;

    /// <summary>c_cflag: character size.</summary>
    public const uint CSIZE = 0x30;

    /// <summary>c_cflag: 8 bits.</summary>
    public const uint CS8 = 0x30;

    /// <summary>c_cflag: receiver.</summary>
    public const uint CREAD = 0x80;

    /// <summary>c_cflag: hang up on close.</summary>
    public const uint HUPCL = 0x400;

    /// <summary>c_cflag: ignore modem lines.</summary>
    public const uint CLOCAL = 0x800;

    /// <summary>c_lflag: signals.</summary>
    public const uint ISIG = 1;

    /// <summary>c_lflag: canonical mode.</summary>
    public const uint ICANON = 2;

    /// <summary>c_lflag: upper case.</summary>
    public const uint XCASE = 4;

    /// <summary>c_lflag: echo.</summary>
    public const uint ECHO = 8;

    /// <summary>c_lflag: echo erase.</summary>
    public const uint ECHOE = 16;

    /// <summary>c_lflag: echo kill.</summary>
    public const uint ECHOK = 0x20;

    /// <summary>c_lflag: echo NL.</summary>
    public const uint ECHONL = 0x40;

    /// <summary>c_lflag: no flush.</summary>
    public const uint NOFLSH = 0x80;

    /// <summary>c_lflag: background output stops.</summary>
    public const uint TOSTOP = 0x100;

    /// <summary>c_lflag: echo control characters.</summary>
    public const uint ECHOCTL = 0x200;

    /// <summary>c_lflag: echo while erasing.</summary>
    public const uint ECHOPRT = 0x400;

    /// <summary>c_lflag: erase the line.</summary>
    public const uint ECHOKE = 0x800;

    /// <summary>c_lflag: extensions.</summary>
    public const uint IEXTEN = 0x8000;
}
