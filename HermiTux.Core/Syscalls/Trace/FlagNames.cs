using System.Globalization;
using System.Text;

namespace HermiTux.Syscalls.Trace;

/// <summary>Names of flags and codes for traces. The values are those of the kernel's headers.</summary>
internal static class FlagNames
{
    private static readonly (ulong Value, string Name)[] s_open =
    [
        (0x410000, "O_TMPFILE"), (0x101000, "O_SYNC"), (0x40, "O_CREAT"), (0x80, "O_EXCL"), (0x100, "O_NOCTTY"), (0x200, "O_TRUNC"), (0x400, "O_APPEND"),
        (0x800, "O_NONBLOCK"), (0x1000, "O_DSYNC"), (0x2000, "O_ASYNC"), (0x4000, "O_DIRECT"), (0x8000, "O_LARGEFILE"), (0x10000, "O_DIRECTORY"),
        (0x20000, "O_NOFOLLOW"), (0x40000, "O_NOATIME"), (0x80000, "O_CLOEXEC"), (0x200000, "O_PATH"),
    ];

    private static readonly (ulong Value, string Name)[] s_at =
    [
        (0x100, "AT_SYMLINK_NOFOLLOW"), (0x200, "AT_REMOVEDIR"), (0x400, "AT_SYMLINK_FOLLOW"), (0x800, "AT_NO_AUTOMOUNT"), (0x1000, "AT_EMPTY_PATH"),
        (0x2000, "AT_STATX_FORCE_SYNC"), (0x4000, "AT_STATX_DONT_SYNC"),
    ];

    private static readonly (ulong Value, string Name)[] s_access = [(1, "X_OK"), (2, "W_OK"), (4, "R_OK")];

    private static readonly (ulong Value, string Name)[] s_protection =
        [(1, "PROT_READ"), (2, "PROT_WRITE"), (4, "PROT_EXEC"), (0x1000000, "PROT_GROWSDOWN"), (0x2000000, "PROT_GROWSUP")];

    private static readonly (ulong Value, string Name)[] s_map =
    [
        (3, "MAP_SHARED_VALIDATE"), (1, "MAP_SHARED"), (2, "MAP_PRIVATE"), (0x10, "MAP_FIXED"), (0x20, "MAP_ANONYMOUS"), (0x40, "MAP_32BIT"), (0x100, "MAP_GROWSDOWN"),
        (0x800, "MAP_DENYWRITE"), (0x1000, "MAP_EXECUTABLE"), (0x2000, "MAP_LOCKED"), (0x4000, "MAP_NORESERVE"), (0x8000, "MAP_POPULATE"), (0x10000, "MAP_NONBLOCK"),
        (0x20000, "MAP_STACK"), (0x40000, "MAP_HUGETLB"), (0x80000, "MAP_SYNC"), (0x100000, "MAP_FIXED_NOREPLACE"),
    ];

    private static readonly (ulong Value, string Name)[] s_remap = [(1, "MREMAP_MAYMOVE"), (2, "MREMAP_FIXED"), (4, "MREMAP_DONTUNMAP")];
    private static readonly (ulong Value, string Name)[] s_lock = [(1, "LOCK_SH"), (2, "LOCK_EX"), (4, "LOCK_NB"), (8, "LOCK_UN")];
    private static readonly (ulong Value, string Name)[] s_rename = [(1, "RENAME_NOREPLACE"), (2, "RENAME_EXCHANGE"), (4, "RENAME_WHITEOUT")];
    private static readonly (ulong Value, string Name)[] s_random = [(1, "GRND_NONBLOCK"), (2, "GRND_RANDOM"), (4, "GRND_INSECURE")];
    private static readonly (ulong Value, string Name)[] s_statx = [(0xFFF, "STATX_ALL"), (0x7FF, "STATX_BASIC_STATS"), (0x800, "STATX_BTIME"), (0x1000, "STATX_MNT_ID")];

    private static readonly (ulong Value, string Name)[] s_clone =
    [
        (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"), (0x800, "CLONE_SIGHAND"), (0x1000, "CLONE_PIDFD"), (0x2000, "CLONE_PTRACE"), (0x4000, "CLONE_VFORK"),
        (0x8000, "CLONE_PARENT"), (0x10000, "CLONE_THREAD"), (0x20000, "CLONE_NEWNS"), (0x40000, "CLONE_SYSVSEM"), (0x80000, "CLONE_SETTLS"),
        (0x100000, "CLONE_PARENT_SETTID"), (0x200000, "CLONE_CHILD_CLEARTID"), (0x400000, "CLONE_DETACHED"), (0x1000000, "CLONE_CHILD_SETTID"),
    ];

    private static readonly string[] s_whence = ["SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE"];
    private static readonly string[] s_how = ["SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"];
    private static readonly string[] s_epoll = ["", "EPOLL_CTL_ADD", "EPOLL_CTL_DEL", "EPOLL_CTL_MOD"];

    private static readonly string[] s_advice =
    [
        "MADV_NORMAL", "MADV_RANDOM", "MADV_SEQUENTIAL", "MADV_WILLNEED", "MADV_DONTNEED", "", "", "", "MADV_FREE", "MADV_REMOVE", "MADV_DONTFORK", "MADV_DOFORK",
        "MADV_MERGEABLE", "MADV_UNMERGEABLE", "MADV_HUGEPAGE", "MADV_NOHUGEPAGE", "MADV_DONTDUMP", "MADV_DODUMP", "MADV_WIPEONFORK", "MADV_KEEPONFORK", "MADV_COLD", "MADV_PAGEOUT",
        "MADV_POPULATE_READ", "MADV_POPULATE_WRITE", "MADV_DONTNEED_LOCKED", "MADV_COLLAPSE",
    ];

    private static readonly string[] s_fcntl =
        ["F_DUPFD", "F_GETFD", "F_SETFD", "F_GETFL", "F_SETFL", "F_GETLK", "F_SETLK", "F_SETLKW", "F_SETOWN", "F_GETOWN", "F_SETSIG", "F_GETSIG"];

    private static readonly string[] s_clocks =
    [
        "CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID", "CLOCK_MONOTONIC_RAW", "CLOCK_REALTIME_COARSE",
        "CLOCK_MONOTONIC_COARSE", "CLOCK_BOOTTIME", "CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM", "", "CLOCK_TAI",
    ];

    private static readonly string[] s_resources =
    [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS",
        "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
    ];

    private static readonly string[] s_futex =
    [
        "FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_FD", "FUTEX_REQUEUE", "FUTEX_CMP_REQUEUE", "FUTEX_WAKE_OP", "FUTEX_LOCK_PI", "FUTEX_UNLOCK_PI", "FUTEX_TRYLOCK_PI", "FUTEX_WAIT_BITSET",
        "FUTEX_WAKE_BITSET", "FUTEX_WAIT_REQUEUE_PI", "FUTEX_CMP_REQUEUE_PI", "FUTEX_LOCK_PI2",
    ];

    private static readonly Dictionary<ulong, string> s_ioctl = new()
    {
        [0x5401] = "TCGETS",
        [0x5402] = "TCSETS",
        [0x5403] = "TCSETSW",
        [0x5404] = "TCSETSF",
        [0x540F] = "TIOCGPGRP",
        [0x5410] = "TIOCSPGRP",
        [0x5413] = "TIOCGWINSZ",
        [0x5414] = "TIOCSWINSZ",
        [0x541B] = "FIONREAD",
        [0x5421] = "FIONBIO",
        [0x5450] = "FIONCLEX",
        [0x5451] = "FIOCLEX",
    };

    private static readonly Dictionary<ulong, string> s_archPrctl = new()
    {
        [0x1001] = "ARCH_SET_GS",
        [0x1002] = "ARCH_SET_FS",
        [0x1003] = "ARCH_GET_FS",
        [0x1004] = "ARCH_GET_GS",
        [0x1011] = "ARCH_GET_CPUID",
        [0x1012] = "ARCH_SET_CPUID",
        [0x3001] = "ARCH_CET_STATUS",
    };

    private static readonly Dictionary<ulong, string> s_prctl = new()
    {
        [1] = "PR_SET_PDEATHSIG",
        [2] = "PR_GET_PDEATHSIG",
        [3] = "PR_GET_DUMPABLE",
        [4] = "PR_SET_DUMPABLE",
        [8] = "PR_SET_KEEPCAPS",
        [15] = "PR_SET_NAME",
        [16] = "PR_GET_NAME",
        [21] = "PR_GET_SECCOMP",
        [22] = "PR_SET_SECCOMP",
        [23] = "PR_CAPBSET_READ",
        [29] = "PR_SET_TIMERSLACK",
        [36] = "PR_SET_CHILD_SUBREAPER",
        [38] = "PR_SET_NO_NEW_PRIVS",
        [39] = "PR_GET_NO_NEW_PRIVS",
        [0x53564d41] = "PR_SET_VMA",
    };

    /// <summary>Appends a flag set or code by name. False when the kind isn't one.</summary>
    public static bool TryAppend(StringBuilder line, ArgumentKind kind, ulong value)
    {
        switch (kind)
        {
            case ArgumentKind.OpenFlags:
                line.Append(((uint)value & 3) switch { 0 => "O_RDONLY", 1 => "O_WRONLY", 2 => "O_RDWR", _ => "O_ACCMODE" });
                Flags(line, s_open, (uint)value & ~3u, "|", "");
                return true;
            case ArgumentKind.AtFlags:
                Flags(line, s_at, (uint)value, "", "0");
                return true;
            case ArgumentKind.AccessMode:
                Flags(line, s_access, (uint)value, "", "F_OK");
                return true;
            case ArgumentKind.Protection:
                Flags(line, s_protection, value, "", "PROT_NONE");
                return true;
            case ArgumentKind.MapFlags:
                Flags(line, s_map, (uint)value, "", "MAP_FILE");
                return true;
            case ArgumentKind.RemapFlags:
                Flags(line, s_remap, value, "", "0");
                return true;
            case ArgumentKind.LockOperation:
                Flags(line, s_lock, (uint)value, "", "0");
                return true;
            case ArgumentKind.RenameFlags:
                Flags(line, s_rename, (uint)value, "", "0");
                return true;
            case ArgumentKind.RandomFlags:
                Flags(line, s_random, (uint)value, "", "0");
                return true;
            case ArgumentKind.StatxMask:
                Flags(line, s_statx, (uint)value, "", "0");
                return true;
            case ArgumentKind.CloneFlags:
                Flags(line, s_clone, value & ~0xFFul, "", "0");
                if ((value & 0xFF) != 0)
                {
                    line.Append("|").Append((Abi.Signal)(int)(value & 0xFF));
                }

                return true;
            case ArgumentKind.Whence:
                return Code(line, s_whence, (uint)value);
            case ArgumentKind.SignalHow:
                return Code(line, s_how, (uint)value);
            case ArgumentKind.Advice:
                return Code(line, s_advice, (uint)value);
            case ArgumentKind.Clock:
                return Code(line, s_clocks, (uint)value);
            case ArgumentKind.Resource:
                return Code(line, s_resources, (uint)value);
            case ArgumentKind.EpollOperation:
                return Code(line, s_epoll, (uint)value);
            case ArgumentKind.FcntlCommand:
                return (uint)value == 1030 ? Text(line, "F_DUPFD_CLOEXEC") : Code(line, s_fcntl, (uint)value);
            case ArgumentKind.FutexOperation:
                if (!Code(line, s_futex, (uint)value & 0x7F))
                {
                    return false;
                }

                line.Append(((uint)value & 128) != 0 ? "_PRIVATE" : "").Append(((uint)value & 256) != 0 ? "|FUTEX_CLOCK_REALTIME" : "");
                return true;
            case ArgumentKind.IoctlRequest:
                return s_ioctl.TryGetValue((uint)value, out string? ioctl) && Text(line, ioctl);
            case ArgumentKind.ArchPrctlCode:
                return s_archPrctl.TryGetValue((uint)value, out string? arch) && Text(line, arch);
            case ArgumentKind.PrctlOption:
                return s_prctl.TryGetValue((uint)value, out string? prctl) && Text(line, prctl);
            default:
                return false;
        }
    }

    /// <summary>A file mode: its type by name and its permission bits in octal.</summary>
    public static void AppendMode(StringBuilder line, uint mode)
    {
        string type = (mode & 0xF000) switch
        {
            0x1000 => "S_IFIFO",
            0x2000 => "S_IFCHR",
            0x4000 => "S_IFDIR",
            0x6000 => "S_IFBLK",
            0x8000 => "S_IFREG",
            0xA000 => "S_IFLNK",
            0xC000 => "S_IFSOCK",
            _ => "0",
        };
        line.Append(type).Append("|0").Append(Convert.ToString(mode & 0xFFF, 8));
    }

    private static void Flags(StringBuilder line, (ulong Value, string Name)[] names, ulong value, string before, string none)
    {
        if (value == 0)
        {
            line.Append(none);
            return;
        }

        string separator = before;
        foreach ((ulong flag, string name) in names)
        {
            if ((value & flag) == flag)
            {
                line.Append(separator).Append(name);
                separator = "|";
                value &= ~flag;
            }
        }

        if (value != 0)
        {
            line.Append(separator).Append(CultureInfo.InvariantCulture, $"0x{value:x}");
        }
    }

    private static bool Code(StringBuilder line, string[] names, uint value) => value < names.Length && names[value].Length > 0 && Text(line, names[value]);

    private static bool Text(StringBuilder line, string text)
    {
        line.Append(text);
        return true;
    }
}
