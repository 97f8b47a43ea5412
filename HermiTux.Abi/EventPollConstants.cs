namespace HermiTux.Abi;

/// <summary>epoll(7) (uapi/linux/eventpoll.h).</summary>
public static class EventPollConstants
{
    /// <summary>epoll_create1(2): set FD_CLOEXEC.</summary>
    public const uint EPOLL_CLOEXEC = 0x80000;

    /// <summary>epoll_ctl(2): add.</summary>
    public const uint EPOLL_CTL_ADD = 1;

    /// <summary>epoll_ctl(2): remove.</summary>
    public const uint EPOLL_CTL_DEL = 2;

    /// <summary>epoll_ctl(2): change.</summary>
    public const uint EPOLL_CTL_MOD = 3;

    /// <summary>There is data to read.</summary>
    public const uint EPOLLIN = 1;

    /// <summary>There is urgent data.</summary>
    public const uint EPOLLPRI = 2;

    /// <summary>Writing is possible.</summary>
    public const uint EPOLLOUT = 4;

    /// <summary>Error.</summary>
    public const uint EPOLLERR = 8;

    /// <summary>Hang-up.</summary>
    public const uint EPOLLHUP = 16;

    /// <summary>Not open.</summary>
    public const uint EPOLLNVAL = 0x20;

    /// <summary>As EPOLLIN.</summary>
    public const uint EPOLLRDNORM = 0x40;

    /// <summary>Priority data to read.</summary>
    public const uint EPOLLRDBAND = 0x80;

    /// <summary>As EPOLLOUT.</summary>
    public const uint EPOLLWRNORM = 0x100;

    /// <summary>Priority data may be written.</summary>
    public const uint EPOLLWRBAND = 0x200;

    /// <summary>A message.</summary>
    public const uint EPOLLMSG = 0x400;

    /// <summary>The peer shut down writing.</summary>
    public const uint EPOLLRDHUP = 0x2000;

    /// <summary>Wake one epoll only.</summary>
    public const uint EPOLLEXCLUSIVE = 0x10000000;

    /// <summary>No suspend meanwhile.</summary>
    public const uint EPOLLWAKEUP = 0x20000000;

    /// <summary>Disable after one event.</summary>
    public const uint EPOLLONESHOT = 0x40000000;

    /// <summary>Edge-triggered.</summary>
    public const uint EPOLLET = 0x80000000;
}
