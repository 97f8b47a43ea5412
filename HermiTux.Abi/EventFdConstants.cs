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

    /// <summary>timerfd ioctl(2): sets the count.</summary>
    public const uint TFD_IOC_SET_TICKS = 0x40085400;

    /// <summary>inotify(7): the file was read.</summary>
    public const uint IN_ACCESS = 1;

    /// <summary>inotify(7): the file was written.</summary>
    public const uint IN_MODIFY = 2;

    /// <summary>inotify(7): its attributes changed.</summary>
    public const uint IN_ATTRIB = 4;

    /// <summary>inotify(7): a description open for writing was closed.</summary>
    public const uint IN_CLOSE_WRITE = 8;

    /// <summary>inotify(7): another description was closed.</summary>
    public const uint IN_CLOSE_NOWRITE = 0x10;

    /// <summary>inotify(7): it was opened.</summary>
    public const uint IN_OPEN = 0x20;

    /// <summary>inotify(7): a name moved away.</summary>
    public const uint IN_MOVED_FROM = 0x40;

    /// <summary>inotify(7): a name moved here.</summary>
    public const uint IN_MOVED_TO = 0x80;

    /// <summary>inotify(7): a name was made.</summary>
    public const uint IN_CREATE = 0x100;

    /// <summary>inotify(7): a name was removed.</summary>
    public const uint IN_DELETE = 0x200;

    /// <summary>inotify(7): the file itself is gone.</summary>
    public const uint IN_DELETE_SELF = 0x400;

    /// <summary>inotify(7): the file itself moved.</summary>
    public const uint IN_MOVE_SELF = 0x800;

    /// <summary>inotify(7): its file system was unmounted.</summary>
    public const uint IN_UNMOUNT = 0x2000;

    /// <summary>inotify(7): events were lost.</summary>
    public const uint IN_Q_OVERFLOW = 0x4000;

    /// <summary>inotify(7): the watch ended.</summary>
    public const uint IN_IGNORED = 0x8000;

    /// <summary>inotify(7): only directories.</summary>
    public const uint IN_ONLYDIR = 0x1000000;

    /// <summary>inotify(7): don't follow a symbolic link.</summary>
    public const uint IN_DONT_FOLLOW = 0x2000000;

    /// <summary>inotify(7): no events of removed names.</summary>
    public const uint IN_EXCL_UNLINK = 0x4000000;

    /// <summary>inotify(7): only a new watch.</summary>
    public const uint IN_MASK_CREATE = 0x10000000;

    /// <summary>inotify(7): adds to the mask.</summary>
    public const uint IN_MASK_ADD = 0x20000000;

    /// <summary>inotify(7): the event is of a directory.</summary>
    public const uint IN_ISDIR = 0x40000000;

    /// <summary>inotify(7): one event only.</summary>
    public const uint IN_ONESHOT = 0x80000000;

    /// <summary>inotify(7): every event that can be asked for.</summary>
    public const uint IN_ALL_EVENTS = 0xFFF;
}
