namespace HermiTux.Abi;

/// <summary>clone(2) flags and scheduling (uapi/linux/sched.h).</summary>
public static class SchedConstants
{
    /// <summary>clone(2): selects the exit signal.</summary>
    public const long CSIGNAL = 255;

    /// <summary>clone(2): share memory.</summary>
    public const long CLONE_VM = 0x100;

    /// <summary>clone(2): share root, working directory and umask.</summary>
    public const long CLONE_FS = 0x200;

    /// <summary>clone(2): share descriptors.</summary>
    public const long CLONE_FILES = 0x400;

    /// <summary>clone(2): share signal handlers.</summary>
    public const long CLONE_SIGHAND = 0x800;

    /// <summary>clone(2): give a pidfd.</summary>
    public const long CLONE_PIDFD = 0x1000;

    /// <summary>clone(2): trace the child too.</summary>
    public const long CLONE_PTRACE = 0x2000;

    /// <summary>clone(2): wait for the child to exec or exit.</summary>
    public const long CLONE_VFORK = 0x4000;

    /// <summary>clone(2): same parent.</summary>
    public const long CLONE_PARENT = 0x8000;

    /// <summary>clone(2): same thread group.</summary>
    public const long CLONE_THREAD = 0x10000;

    /// <summary>clone(2): new mount namespace.</summary>
    public const long CLONE_NEWNS = 0x20000;

    /// <summary>clone(2): share semaphore adjustments.</summary>
    public const long CLONE_SYSVSEM = 0x40000;

    /// <summary>clone(2): set the thread pointer.</summary>
    public const long CLONE_SETTLS = 0x80000;

    /// <summary>clone(2): store the tid in the parent.</summary>
    public const long CLONE_PARENT_SETTID = 0x100000;

    /// <summary>clone(2): clear the tid word at exit.</summary>
    public const long CLONE_CHILD_CLEARTID = 0x200000;

    /// <summary>clone(2): ignored.</summary>
    public const long CLONE_DETACHED = 0x400000;

    /// <summary>clone(2): can't be traced by force.</summary>
    public const long CLONE_UNTRACED = 0x800000;

    /// <summary>clone(2): store the tid in the child.</summary>
    public const long CLONE_CHILD_SETTID = 0x1000000;

    /// <summary>clone(2): new cgroup namespace.</summary>
    public const long CLONE_NEWCGROUP = 0x2000000;

    /// <summary>clone(2): new UTS namespace.</summary>
    public const long CLONE_NEWUTS = 0x4000000;

    /// <summary>clone(2): new IPC namespace.</summary>
    public const long CLONE_NEWIPC = 0x8000000;

    /// <summary>clone(2): new user namespace.</summary>
    public const long CLONE_NEWUSER = 0x10000000;

    /// <summary>clone(2): new pid namespace.</summary>
    public const long CLONE_NEWPID = 0x20000000;

    /// <summary>clone(2): new network namespace.</summary>
    public const long CLONE_NEWNET = 0x40000000;

    /// <summary>clone(2): share the I/O context.</summary>
    public const long CLONE_IO = 0x80000000;

    /// <summary>clone3(2): default handlers.</summary>
    public const long CLONE_CLEAR_SIGHAND = 0x100000000;

    /// <summary>clone3(2): into a cgroup.</summary>
    public const long CLONE_INTO_CGROUP = 0x200000000;

    /// <summary>clone3(2): new time namespace.</summary>
    public const long CLONE_NEWTIME = 0x80;

    /// <summary>The usual policy.</summary>
    public const long SCHED_NORMAL = 0;

    /// <summary>Real-time, first in first out.</summary>
    public const long SCHED_FIFO = 1;

    /// <summary>Real-time, round robin.</summary>
    public const long SCHED_RR = 2;

    /// <summary>For batch work.</summary>
    public const long SCHED_BATCH = 3;

    /// <summary>Only when idle.</summary>
    public const long SCHED_IDLE = 5;

    /// <summary>Earliest deadline first.</summary>
    public const long SCHED_DEADLINE = 6;

    /// <summary>Children get the usual policy.</summary>
    public const long SCHED_RESET_ON_FORK = 0x40000000;
}
