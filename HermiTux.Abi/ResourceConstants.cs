namespace HermiTux.Abi;

/// <summary>Resource limits and usage (uapi/linux/resource.h).</summary>
public static class ResourceConstants
{
    /// <summary>CPU time in seconds.</summary>
    public const int RLIMIT_CPU = 0;

    /// <summary>File size in bytes.</summary>
    public const int RLIMIT_FSIZE = 1;

    /// <summary>Data segment in bytes.</summary>
    public const int RLIMIT_DATA = 2;

    /// <summary>Stack in bytes.</summary>
    public const int RLIMIT_STACK = 3;

    /// <summary>Core dump in bytes.</summary>
    public const int RLIMIT_CORE = 4;

    /// <summary>Resident set in bytes; no effect.</summary>
    public const int RLIMIT_RSS = 5;

    /// <summary>Processes of the user.</summary>
    public const int RLIMIT_NPROC = 6;

    /// <summary>Descriptors.</summary>
    public const int RLIMIT_NOFILE = 7;

    /// <summary>Locked memory in bytes.</summary>
    public const int RLIMIT_MEMLOCK = 8;

    /// <summary>Address space in bytes.</summary>
    public const int RLIMIT_AS = 9;

    /// <summary>File locks.</summary>
    public const int RLIMIT_LOCKS = 10;

    /// <summary>Queued signals.</summary>
    public const int RLIMIT_SIGPENDING = 11;

    /// <summary>Bytes in message queues.</summary>
    public const int RLIMIT_MSGQUEUE = 12;

    /// <summary>Nice ceiling.</summary>
    public const int RLIMIT_NICE = 13;

    /// <summary>Real-time priority ceiling.</summary>
    public const int RLIMIT_RTPRIO = 14;

    /// <summary>Real-time CPU microseconds.</summary>
    public const int RLIMIT_RTTIME = 15;

    /// <summary>How many limits there are.</summary>
    public const int RLIM_NLIMITS = 16;

    /// <summary>getrusage(2): the process.</summary>
    public const int RUSAGE_SELF = 0;

    /// <summary>getrusage(2): its waited-for children.</summary>
    public const int RUSAGE_CHILDREN = -1;

    /// <summary>getrusage(2): the thread.</summary>
    public const int RUSAGE_THREAD = 1;

    /// <summary>The best nice value.</summary>
    public const int PRIO_MIN = -20;

    /// <summary>The worst nice value plus one.</summary>
    public const int PRIO_MAX = 20;

    /// <summary>getpriority(2): a process.</summary>
    public const int PRIO_PROCESS = 0;

    /// <summary>getpriority(2): a process group.</summary>
    public const int PRIO_PGRP = 1;

    /// <summary>getpriority(2): a user.</summary>
    public const int PRIO_USER = 2;
}
