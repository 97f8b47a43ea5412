namespace HermiTux.Abi;

/// <summary>eventfd(2), timerfd_create(2), signalfd(2), inotify(7) flags.</summary>
public static class EventFdConstants
{
    /// <summary>eventfd2(2): set FD_CLOEXEC.</summary>
    public const int EFD_CLOEXEC = 0x80000;

    /// <summary>eventfd2(2): set O_NONBLOCK.</summary>
    public const int EFD_NONBLOCK = 0x800;

    /// <summary>timerfd_settime(2): absolute time.</summary>
    public const int TFD_TIMER_ABSTIME = 1;

    /// <summary>timerfd_settime(2): cancel when the clock is set.</summary>
    public const int TFD_TIMER_CANCEL_ON_SET = 2;

    /// <summary>timerfd_create(2): set FD_CLOEXEC.</summary>
    public const int TFD_CLOEXEC = 0x80000;

    /// <summary>timerfd_create(2): set O_NONBLOCK.</summary>
    public const int TFD_NONBLOCK = 0x800;

    /// <summary>signalfd4(2): set FD_CLOEXEC.</summary>
    public const int SFD_CLOEXEC = 0x80000;

    /// <summary>signalfd4(2): set O_NONBLOCK.</summary>
    public const int SFD_NONBLOCK = 0x800;

    /// <summary>inotify_init1(2): set FD_CLOEXEC.</summary>
    public const int IN_CLOEXEC = 0x80000;

    /// <summary>inotify_init1(2): set O_NONBLOCK.</summary>
    public const int IN_NONBLOCK = 0x800;
}
