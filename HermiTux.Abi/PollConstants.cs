namespace HermiTux.Abi;

/// <summary>poll(2) events (uapi/asm-generic/poll.h).</summary>
public static class PollConstants
{
    /// <summary>There is data to read.</summary>
    public const short POLLIN = 1;

    /// <summary>There is urgent data.</summary>
    public const short POLLPRI = 2;

    /// <summary>Writing is possible.</summary>
    public const short POLLOUT = 4;

    /// <summary>Error.</summary>
    public const short POLLERR = 8;

    /// <summary>Hang-up.</summary>
    public const short POLLHUP = 16;

    /// <summary>Not open.</summary>
    public const short POLLNVAL = 0x20;

    /// <summary>As POLLIN.</summary>
    public const short POLLRDNORM = 0x40;

    /// <summary>Priority data to read.</summary>
    public const short POLLRDBAND = 0x80;

    /// <summary>As POLLOUT.</summary>
    public const short POLLWRNORM = 0x100;

    /// <summary>Priority data may be written.</summary>
    public const short POLLWRBAND = 0x200;

    /// <summary>A message.</summary>
    public const short POLLMSG = 0x400;

    /// <summary>A removal.</summary>
    public const short POLLREMOVE = 0x1000;

    /// <summary>The peer shut down writing.</summary>
    public const short POLLRDHUP = 0x2000;
}
