using HermiTux.Abi;

namespace HermiTux.Syscalls.Trace;

/// <remarks>The names; in order of printing.</remarks>
internal static partial class FlagNames
{
    private static readonly (ulong Value, string Name)[] s_openFlags =
    [
        (unchecked((ulong)Fcntl.O_CREAT), nameof(Fcntl.O_CREAT)),
        (unchecked((ulong)Fcntl.O_EXCL), nameof(Fcntl.O_EXCL)),
        (unchecked((ulong)Fcntl.O_NOCTTY), nameof(Fcntl.O_NOCTTY)),
        (unchecked((ulong)Fcntl.O_TRUNC), nameof(Fcntl.O_TRUNC)),
        (unchecked((ulong)Fcntl.O_APPEND), nameof(Fcntl.O_APPEND)),
        (unchecked((ulong)Fcntl.O_NONBLOCK), nameof(Fcntl.O_NONBLOCK)),
        (unchecked((ulong)Fcntl.O_SYNC), nameof(Fcntl.O_SYNC)),
        (unchecked((ulong)Fcntl.O_DSYNC), nameof(Fcntl.O_DSYNC)),
        (unchecked((ulong)Fcntl.FASYNC), nameof(Fcntl.FASYNC)),
        (unchecked((ulong)Fcntl.O_DIRECT), nameof(Fcntl.O_DIRECT)),
        (unchecked((ulong)Fcntl.O_LARGEFILE), nameof(Fcntl.O_LARGEFILE)),
        (unchecked((ulong)Fcntl.O_TMPFILE), nameof(Fcntl.O_TMPFILE)),
        (unchecked((ulong)Fcntl.O_DIRECTORY), nameof(Fcntl.O_DIRECTORY)),
        (unchecked((ulong)Fcntl.O_NOFOLLOW), nameof(Fcntl.O_NOFOLLOW)),
        (unchecked((ulong)Fcntl.O_NOATIME), nameof(Fcntl.O_NOATIME)),
        (unchecked((ulong)Fcntl.O_CLOEXEC), nameof(Fcntl.O_CLOEXEC)),
        (unchecked((ulong)Fcntl.O_PATH), nameof(Fcntl.O_PATH)),
    ];

    private static readonly (ulong Value, string Name)[] s_atFlags =
    [
        (unchecked((ulong)Fcntl.AT_SYMLINK_NOFOLLOW), nameof(Fcntl.AT_SYMLINK_NOFOLLOW)),
        (unchecked((ulong)Fcntl.AT_REMOVEDIR), nameof(Fcntl.AT_REMOVEDIR)),
        (unchecked((ulong)Fcntl.AT_SYMLINK_FOLLOW), nameof(Fcntl.AT_SYMLINK_FOLLOW)),
        (unchecked((ulong)Fcntl.AT_NO_AUTOMOUNT), nameof(Fcntl.AT_NO_AUTOMOUNT)),
        (unchecked((ulong)Fcntl.AT_EMPTY_PATH), nameof(Fcntl.AT_EMPTY_PATH)),
        (unchecked((ulong)Fcntl.AT_STATX_FORCE_SYNC), nameof(Fcntl.AT_STATX_FORCE_SYNC)),
        (unchecked((ulong)Fcntl.AT_STATX_DONT_SYNC), nameof(Fcntl.AT_STATX_DONT_SYNC)),
    ];

    private static readonly (ulong Value, string Name)[] s_renameFlags =
    [
        (unchecked((ulong)Fcntl.RENAME_NOREPLACE), nameof(Fcntl.RENAME_NOREPLACE)),
        (unchecked((ulong)Fcntl.RENAME_EXCHANGE), nameof(Fcntl.RENAME_EXCHANGE)),
        (unchecked((ulong)Fcntl.RENAME_WHITEOUT), nameof(Fcntl.RENAME_WHITEOUT)),
    ];

    private static readonly (ulong Value, string Name)[] s_randomFlags =
    [
        (unchecked((ulong)Fcntl.GRND_NONBLOCK), nameof(Fcntl.GRND_NONBLOCK)),
        (unchecked((ulong)Fcntl.GRND_RANDOM), nameof(Fcntl.GRND_RANDOM)),
        (unchecked((ulong)Fcntl.GRND_INSECURE), nameof(Fcntl.GRND_INSECURE)),
    ];

    private static readonly (ulong Value, string Name)[] s_accessModes =
    [
        (unchecked((ulong)Fcntl.R_OK), nameof(Fcntl.R_OK)),
        (unchecked((ulong)Fcntl.W_OK), nameof(Fcntl.W_OK)),
        (unchecked((ulong)Fcntl.X_OK), nameof(Fcntl.X_OK)),
    ];

    private static readonly (ulong Value, string Name)[] s_lockOperations =
    [
        (unchecked((ulong)Fcntl.LOCK_SH), nameof(Fcntl.LOCK_SH)),
        (unchecked((ulong)Fcntl.LOCK_EX), nameof(Fcntl.LOCK_EX)),
        (unchecked((ulong)Fcntl.LOCK_UN), nameof(Fcntl.LOCK_UN)),
        (unchecked((ulong)Fcntl.LOCK_NB), nameof(Fcntl.LOCK_NB)),
    ];

    private static readonly (ulong Value, string Name)[] s_protections =
    [
        (unchecked((ulong)MmanConstants.PROT_READ), nameof(MmanConstants.PROT_READ)),
        (unchecked((ulong)MmanConstants.PROT_WRITE), nameof(MmanConstants.PROT_WRITE)),
        (unchecked((ulong)MmanConstants.PROT_EXEC), nameof(MmanConstants.PROT_EXEC)),
        (unchecked((ulong)MmanConstants.PROT_SEM), nameof(MmanConstants.PROT_SEM)),
        (unchecked((ulong)MmanConstants.PROT_GROWSDOWN), nameof(MmanConstants.PROT_GROWSDOWN)),
        (unchecked((ulong)MmanConstants.PROT_GROWSUP), nameof(MmanConstants.PROT_GROWSUP)),
    ];

    private static readonly (ulong Value, string Name)[] s_mapFlags =
    [
        (unchecked((ulong)MmanConstants.MAP_FIXED), nameof(MmanConstants.MAP_FIXED)),
        (unchecked((ulong)MmanConstants.MAP_ANONYMOUS), nameof(MmanConstants.MAP_ANONYMOUS)),
        (unchecked((ulong)MmanConstants.MAP_32BIT), nameof(MmanConstants.MAP_32BIT)),
        (unchecked((ulong)MmanConstants.MAP_GROWSDOWN), nameof(MmanConstants.MAP_GROWSDOWN)),
        (unchecked((ulong)MmanConstants.MAP_DENYWRITE), nameof(MmanConstants.MAP_DENYWRITE)),
        (unchecked((ulong)MmanConstants.MAP_EXECUTABLE), nameof(MmanConstants.MAP_EXECUTABLE)),
        (unchecked((ulong)MmanConstants.MAP_LOCKED), nameof(MmanConstants.MAP_LOCKED)),
        (unchecked((ulong)MmanConstants.MAP_NORESERVE), nameof(MmanConstants.MAP_NORESERVE)),
        (unchecked((ulong)MmanConstants.MAP_POPULATE), nameof(MmanConstants.MAP_POPULATE)),
        (unchecked((ulong)MmanConstants.MAP_NONBLOCK), nameof(MmanConstants.MAP_NONBLOCK)),
        (unchecked((ulong)MmanConstants.MAP_STACK), nameof(MmanConstants.MAP_STACK)),
        (unchecked((ulong)MmanConstants.MAP_HUGETLB), nameof(MmanConstants.MAP_HUGETLB)),
        (unchecked((ulong)MmanConstants.MAP_SYNC), nameof(MmanConstants.MAP_SYNC)),
        (unchecked((ulong)MmanConstants.MAP_FIXED_NOREPLACE), nameof(MmanConstants.MAP_FIXED_NOREPLACE)),
    ];

    private static readonly (ulong Value, string Name)[] s_remapFlags =
    [
        (unchecked((ulong)MmanConstants.MREMAP_MAYMOVE), nameof(MmanConstants.MREMAP_MAYMOVE)),
        (unchecked((ulong)MmanConstants.MREMAP_FIXED), nameof(MmanConstants.MREMAP_FIXED)),
        (unchecked((ulong)MmanConstants.MREMAP_DONTUNMAP), nameof(MmanConstants.MREMAP_DONTUNMAP)),
    ];

    private static readonly (ulong Value, string Name)[] s_cloneFlags =
    [
        (unchecked((ulong)SchedConstants.CLONE_VM), nameof(SchedConstants.CLONE_VM)),
        (unchecked((ulong)SchedConstants.CLONE_FS), nameof(SchedConstants.CLONE_FS)),
        (unchecked((ulong)SchedConstants.CLONE_FILES), nameof(SchedConstants.CLONE_FILES)),
        (unchecked((ulong)SchedConstants.CLONE_SIGHAND), nameof(SchedConstants.CLONE_SIGHAND)),
        (unchecked((ulong)SchedConstants.CLONE_PIDFD), nameof(SchedConstants.CLONE_PIDFD)),
        (unchecked((ulong)SchedConstants.CLONE_PTRACE), nameof(SchedConstants.CLONE_PTRACE)),
        (unchecked((ulong)SchedConstants.CLONE_VFORK), nameof(SchedConstants.CLONE_VFORK)),
        (unchecked((ulong)SchedConstants.CLONE_PARENT), nameof(SchedConstants.CLONE_PARENT)),
        (unchecked((ulong)SchedConstants.CLONE_THREAD), nameof(SchedConstants.CLONE_THREAD)),
        (unchecked((ulong)SchedConstants.CLONE_NEWNS), nameof(SchedConstants.CLONE_NEWNS)),
        (unchecked((ulong)SchedConstants.CLONE_SYSVSEM), nameof(SchedConstants.CLONE_SYSVSEM)),
        (unchecked((ulong)SchedConstants.CLONE_SETTLS), nameof(SchedConstants.CLONE_SETTLS)),
        (unchecked((ulong)SchedConstants.CLONE_PARENT_SETTID), nameof(SchedConstants.CLONE_PARENT_SETTID)),
        (unchecked((ulong)SchedConstants.CLONE_CHILD_CLEARTID), nameof(SchedConstants.CLONE_CHILD_CLEARTID)),
        (unchecked((ulong)SchedConstants.CLONE_DETACHED), nameof(SchedConstants.CLONE_DETACHED)),
        (unchecked((ulong)SchedConstants.CLONE_UNTRACED), nameof(SchedConstants.CLONE_UNTRACED)),
        (unchecked((ulong)SchedConstants.CLONE_CHILD_SETTID), nameof(SchedConstants.CLONE_CHILD_SETTID)),
        (unchecked((ulong)SchedConstants.CLONE_NEWCGROUP), nameof(SchedConstants.CLONE_NEWCGROUP)),
        (unchecked((ulong)SchedConstants.CLONE_NEWUTS), nameof(SchedConstants.CLONE_NEWUTS)),
        (unchecked((ulong)SchedConstants.CLONE_NEWIPC), nameof(SchedConstants.CLONE_NEWIPC)),
        (unchecked((ulong)SchedConstants.CLONE_NEWUSER), nameof(SchedConstants.CLONE_NEWUSER)),
        (unchecked((ulong)SchedConstants.CLONE_NEWPID), nameof(SchedConstants.CLONE_NEWPID)),
        (unchecked((ulong)SchedConstants.CLONE_NEWNET), nameof(SchedConstants.CLONE_NEWNET)),
        (unchecked((ulong)SchedConstants.CLONE_IO), nameof(SchedConstants.CLONE_IO)),
        (unchecked((ulong)SchedConstants.CLONE_CLEAR_SIGHAND), nameof(SchedConstants.CLONE_CLEAR_SIGHAND)),
        (unchecked((ulong)SchedConstants.CLONE_INTO_CGROUP), nameof(SchedConstants.CLONE_INTO_CGROUP)),
    ];

    private static readonly (ulong Value, string Name)[] s_actionFlags =
    [
        (unchecked((ulong)SignalConstants.SA_RESTORER), nameof(SignalConstants.SA_RESTORER)),
        (unchecked((ulong)SignalConstants.SA_ONSTACK), nameof(SignalConstants.SA_ONSTACK)),
        (unchecked((ulong)SignalConstants.SA_RESTART), nameof(SignalConstants.SA_RESTART)),
        (unchecked((ulong)SignalConstants.SA_NODEFER), nameof(SignalConstants.SA_NODEFER)),
        (unchecked((ulong)SignalConstants.SA_RESETHAND), nameof(SignalConstants.SA_RESETHAND)),
        (unchecked((ulong)SignalConstants.SA_NOCLDSTOP), nameof(SignalConstants.SA_NOCLDSTOP)),
        (unchecked((ulong)SignalConstants.SA_NOCLDWAIT), nameof(SignalConstants.SA_NOCLDWAIT)),
        (unchecked((ulong)SignalConstants.SA_SIGINFO), nameof(SignalConstants.SA_SIGINFO)),
    ];

    private static readonly (ulong Value, string Name)[] s_pollEvents =
    [
        (unchecked((ulong)PollConstants.POLLIN), nameof(PollConstants.POLLIN)),
        (unchecked((ulong)PollConstants.POLLPRI), nameof(PollConstants.POLLPRI)),
        (unchecked((ulong)PollConstants.POLLOUT), nameof(PollConstants.POLLOUT)),
        (unchecked((ulong)PollConstants.POLLERR), nameof(PollConstants.POLLERR)),
        (unchecked((ulong)PollConstants.POLLHUP), nameof(PollConstants.POLLHUP)),
        (unchecked((ulong)PollConstants.POLLNVAL), nameof(PollConstants.POLLNVAL)),
        (unchecked((ulong)PollConstants.POLLRDNORM), nameof(PollConstants.POLLRDNORM)),
        (unchecked((ulong)PollConstants.POLLRDBAND), nameof(PollConstants.POLLRDBAND)),
        (unchecked((ulong)PollConstants.POLLWRNORM), nameof(PollConstants.POLLWRNORM)),
        (unchecked((ulong)PollConstants.POLLWRBAND), nameof(PollConstants.POLLWRBAND)),
        (unchecked((ulong)PollConstants.POLLMSG), nameof(PollConstants.POLLMSG)),
        (unchecked((ulong)PollConstants.POLLRDHUP), nameof(PollConstants.POLLRDHUP)),
    ];

    private static readonly (ulong Value, string Name)[] s_epollEvents =
    [
        (unchecked((ulong)EventPollConstants.EPOLLIN), nameof(EventPollConstants.EPOLLIN)),
        (unchecked((ulong)EventPollConstants.EPOLLPRI), nameof(EventPollConstants.EPOLLPRI)),
        (unchecked((ulong)EventPollConstants.EPOLLOUT), nameof(EventPollConstants.EPOLLOUT)),
        (unchecked((ulong)EventPollConstants.EPOLLERR), nameof(EventPollConstants.EPOLLERR)),
        (unchecked((ulong)EventPollConstants.EPOLLHUP), nameof(EventPollConstants.EPOLLHUP)),
        (unchecked((ulong)EventPollConstants.EPOLLRDNORM), nameof(EventPollConstants.EPOLLRDNORM)),
        (unchecked((ulong)EventPollConstants.EPOLLRDBAND), nameof(EventPollConstants.EPOLLRDBAND)),
        (unchecked((ulong)EventPollConstants.EPOLLWRNORM), nameof(EventPollConstants.EPOLLWRNORM)),
        (unchecked((ulong)EventPollConstants.EPOLLWRBAND), nameof(EventPollConstants.EPOLLWRBAND)),
        (unchecked((ulong)EventPollConstants.EPOLLMSG), nameof(EventPollConstants.EPOLLMSG)),
        (unchecked((ulong)EventPollConstants.EPOLLRDHUP), nameof(EventPollConstants.EPOLLRDHUP)),
        (unchecked((ulong)EventPollConstants.EPOLLEXCLUSIVE), nameof(EventPollConstants.EPOLLEXCLUSIVE)),
        (unchecked((ulong)EventPollConstants.EPOLLWAKEUP), nameof(EventPollConstants.EPOLLWAKEUP)),
        (unchecked((ulong)EventPollConstants.EPOLLONESHOT), nameof(EventPollConstants.EPOLLONESHOT)),
        (unchecked((ulong)EventPollConstants.EPOLLET), nameof(EventPollConstants.EPOLLET)),
    ];

    private static readonly (ulong Value, string Name)[] s_statxMask =
    [
        (unchecked((ulong)StatxConstants.STATX_BASIC_STATS), nameof(StatxConstants.STATX_BASIC_STATS)),
        (unchecked((ulong)StatxConstants.STATX_TYPE), nameof(StatxConstants.STATX_TYPE)),
        (unchecked((ulong)StatxConstants.STATX_MODE), nameof(StatxConstants.STATX_MODE)),
        (unchecked((ulong)StatxConstants.STATX_NLINK), nameof(StatxConstants.STATX_NLINK)),
        (unchecked((ulong)StatxConstants.STATX_UID), nameof(StatxConstants.STATX_UID)),
        (unchecked((ulong)StatxConstants.STATX_GID), nameof(StatxConstants.STATX_GID)),
        (unchecked((ulong)StatxConstants.STATX_ATIME), nameof(StatxConstants.STATX_ATIME)),
        (unchecked((ulong)StatxConstants.STATX_MTIME), nameof(StatxConstants.STATX_MTIME)),
        (unchecked((ulong)StatxConstants.STATX_CTIME), nameof(StatxConstants.STATX_CTIME)),
        (unchecked((ulong)StatxConstants.STATX_INO), nameof(StatxConstants.STATX_INO)),
        (unchecked((ulong)StatxConstants.STATX_SIZE), nameof(StatxConstants.STATX_SIZE)),
        (unchecked((ulong)StatxConstants.STATX_BLOCKS), nameof(StatxConstants.STATX_BLOCKS)),
        (unchecked((ulong)StatxConstants.STATX_BTIME), nameof(StatxConstants.STATX_BTIME)),
        (unchecked((ulong)StatxConstants.STATX_MNT_ID), nameof(StatxConstants.STATX_MNT_ID)),
        (unchecked((ulong)StatxConstants.STATX_DIOALIGN), nameof(StatxConstants.STATX_DIOALIGN)),
    ];

    private static readonly (ulong Value, string Name)[] s_whences =
    [
        (unchecked((ulong)Fcntl.SEEK_SET), nameof(Fcntl.SEEK_SET)),
        (unchecked((ulong)Fcntl.SEEK_CUR), nameof(Fcntl.SEEK_CUR)),
        (unchecked((ulong)Fcntl.SEEK_END), nameof(Fcntl.SEEK_END)),
        (unchecked((ulong)Fcntl.SEEK_DATA), nameof(Fcntl.SEEK_DATA)),
        (unchecked((ulong)Fcntl.SEEK_HOLE), nameof(Fcntl.SEEK_HOLE)),
    ];

    private static readonly (ulong Value, string Name)[] s_advices =
    [
        (unchecked((ulong)MmanConstants.MADV_NORMAL), nameof(MmanConstants.MADV_NORMAL)),
        (unchecked((ulong)MmanConstants.MADV_RANDOM), nameof(MmanConstants.MADV_RANDOM)),
        (unchecked((ulong)MmanConstants.MADV_SEQUENTIAL), nameof(MmanConstants.MADV_SEQUENTIAL)),
        (unchecked((ulong)MmanConstants.MADV_WILLNEED), nameof(MmanConstants.MADV_WILLNEED)),
        (unchecked((ulong)MmanConstants.MADV_DONTNEED), nameof(MmanConstants.MADV_DONTNEED)),
        (unchecked((ulong)MmanConstants.MADV_FREE), nameof(MmanConstants.MADV_FREE)),
        (unchecked((ulong)MmanConstants.MADV_REMOVE), nameof(MmanConstants.MADV_REMOVE)),
        (unchecked((ulong)MmanConstants.MADV_DONTFORK), nameof(MmanConstants.MADV_DONTFORK)),
        (unchecked((ulong)MmanConstants.MADV_DOFORK), nameof(MmanConstants.MADV_DOFORK)),
        (unchecked((ulong)MmanConstants.MADV_HWPOISON), nameof(MmanConstants.MADV_HWPOISON)),
        (unchecked((ulong)MmanConstants.MADV_SOFT_OFFLINE), nameof(MmanConstants.MADV_SOFT_OFFLINE)),
        (unchecked((ulong)MmanConstants.MADV_MERGEABLE), nameof(MmanConstants.MADV_MERGEABLE)),
        (unchecked((ulong)MmanConstants.MADV_UNMERGEABLE), nameof(MmanConstants.MADV_UNMERGEABLE)),
        (unchecked((ulong)MmanConstants.MADV_HUGEPAGE), nameof(MmanConstants.MADV_HUGEPAGE)),
        (unchecked((ulong)MmanConstants.MADV_NOHUGEPAGE), nameof(MmanConstants.MADV_NOHUGEPAGE)),
        (unchecked((ulong)MmanConstants.MADV_DONTDUMP), nameof(MmanConstants.MADV_DONTDUMP)),
        (unchecked((ulong)MmanConstants.MADV_DODUMP), nameof(MmanConstants.MADV_DODUMP)),
        (unchecked((ulong)MmanConstants.MADV_WIPEONFORK), nameof(MmanConstants.MADV_WIPEONFORK)),
        (unchecked((ulong)MmanConstants.MADV_KEEPONFORK), nameof(MmanConstants.MADV_KEEPONFORK)),
        (unchecked((ulong)MmanConstants.MADV_COLD), nameof(MmanConstants.MADV_COLD)),
        (unchecked((ulong)MmanConstants.MADV_PAGEOUT), nameof(MmanConstants.MADV_PAGEOUT)),
        (unchecked((ulong)MmanConstants.MADV_POPULATE_READ), nameof(MmanConstants.MADV_POPULATE_READ)),
        (unchecked((ulong)MmanConstants.MADV_POPULATE_WRITE), nameof(MmanConstants.MADV_POPULATE_WRITE)),
        (unchecked((ulong)MmanConstants.MADV_DONTNEED_LOCKED), nameof(MmanConstants.MADV_DONTNEED_LOCKED)),
        (unchecked((ulong)MmanConstants.MADV_COLLAPSE), nameof(MmanConstants.MADV_COLLAPSE)),
        (unchecked((ulong)MmanConstants.MADV_GUARD_INSTALL), nameof(MmanConstants.MADV_GUARD_INSTALL)),
        (unchecked((ulong)MmanConstants.MADV_GUARD_REMOVE), nameof(MmanConstants.MADV_GUARD_REMOVE)),
    ];

    private static readonly (ulong Value, string Name)[] s_fcntlCommands =
    [
        (unchecked((ulong)Fcntl.F_DUPFD), nameof(Fcntl.F_DUPFD)),
        (unchecked((ulong)Fcntl.F_GETFD), nameof(Fcntl.F_GETFD)),
        (unchecked((ulong)Fcntl.F_SETFD), nameof(Fcntl.F_SETFD)),
        (unchecked((ulong)Fcntl.F_GETFL), nameof(Fcntl.F_GETFL)),
        (unchecked((ulong)Fcntl.F_SETFL), nameof(Fcntl.F_SETFL)),
        (unchecked((ulong)Fcntl.F_GETLK), nameof(Fcntl.F_GETLK)),
        (unchecked((ulong)Fcntl.F_SETLK), nameof(Fcntl.F_SETLK)),
        (unchecked((ulong)Fcntl.F_SETLKW), nameof(Fcntl.F_SETLKW)),
        (unchecked((ulong)Fcntl.F_SETOWN), nameof(Fcntl.F_SETOWN)),
        (unchecked((ulong)Fcntl.F_GETOWN), nameof(Fcntl.F_GETOWN)),
        (unchecked((ulong)Fcntl.F_SETSIG), nameof(Fcntl.F_SETSIG)),
        (unchecked((ulong)Fcntl.F_GETSIG), nameof(Fcntl.F_GETSIG)),
        (unchecked((ulong)Fcntl.F_SETOWN_EX), nameof(Fcntl.F_SETOWN_EX)),
        (unchecked((ulong)Fcntl.F_GETOWN_EX), nameof(Fcntl.F_GETOWN_EX)),
        (unchecked((ulong)Fcntl.F_OFD_GETLK), nameof(Fcntl.F_OFD_GETLK)),
        (unchecked((ulong)Fcntl.F_OFD_SETLK), nameof(Fcntl.F_OFD_SETLK)),
        (unchecked((ulong)Fcntl.F_OFD_SETLKW), nameof(Fcntl.F_OFD_SETLKW)),
        (unchecked((ulong)Fcntl.F_SETLEASE), nameof(Fcntl.F_SETLEASE)),
        (unchecked((ulong)Fcntl.F_GETLEASE), nameof(Fcntl.F_GETLEASE)),
        (unchecked((ulong)Fcntl.F_NOTIFY), nameof(Fcntl.F_NOTIFY)),
        (unchecked((ulong)Fcntl.F_DUPFD_CLOEXEC), nameof(Fcntl.F_DUPFD_CLOEXEC)),
        (unchecked((ulong)Fcntl.F_SETPIPE_SZ), nameof(Fcntl.F_SETPIPE_SZ)),
        (unchecked((ulong)Fcntl.F_GETPIPE_SZ), nameof(Fcntl.F_GETPIPE_SZ)),
        (unchecked((ulong)Fcntl.F_ADD_SEALS), nameof(Fcntl.F_ADD_SEALS)),
        (unchecked((ulong)Fcntl.F_GET_SEALS), nameof(Fcntl.F_GET_SEALS)),
        (unchecked((ulong)Fcntl.F_GET_RW_HINT), nameof(Fcntl.F_GET_RW_HINT)),
        (unchecked((ulong)Fcntl.F_SET_RW_HINT), nameof(Fcntl.F_SET_RW_HINT)),
    ];

    private static readonly (ulong Value, string Name)[] s_ioctls =
    [
        (unchecked((ulong)IoctlConstants.TCGETS), nameof(IoctlConstants.TCGETS)),
        (unchecked((ulong)IoctlConstants.TCSETS), nameof(IoctlConstants.TCSETS)),
        (unchecked((ulong)IoctlConstants.TCSETSW), nameof(IoctlConstants.TCSETSW)),
        (unchecked((ulong)IoctlConstants.TCSETSF), nameof(IoctlConstants.TCSETSF)),
        (unchecked((ulong)IoctlConstants.TCGETA), nameof(IoctlConstants.TCGETA)),
        (unchecked((ulong)IoctlConstants.TCSETA), nameof(IoctlConstants.TCSETA)),
        (unchecked((ulong)IoctlConstants.TCSBRK), nameof(IoctlConstants.TCSBRK)),
        (unchecked((ulong)IoctlConstants.TCXONC), nameof(IoctlConstants.TCXONC)),
        (unchecked((ulong)IoctlConstants.TCFLSH), nameof(IoctlConstants.TCFLSH)),
        (unchecked((ulong)IoctlConstants.TIOCEXCL), nameof(IoctlConstants.TIOCEXCL)),
        (unchecked((ulong)IoctlConstants.TIOCNXCL), nameof(IoctlConstants.TIOCNXCL)),
        (unchecked((ulong)IoctlConstants.TIOCSCTTY), nameof(IoctlConstants.TIOCSCTTY)),
        (unchecked((ulong)IoctlConstants.TIOCGPGRP), nameof(IoctlConstants.TIOCGPGRP)),
        (unchecked((ulong)IoctlConstants.TIOCSPGRP), nameof(IoctlConstants.TIOCSPGRP)),
        (unchecked((ulong)IoctlConstants.TIOCOUTQ), nameof(IoctlConstants.TIOCOUTQ)),
        (unchecked((ulong)IoctlConstants.TIOCSTI), nameof(IoctlConstants.TIOCSTI)),
        (unchecked((ulong)IoctlConstants.TIOCGWINSZ), nameof(IoctlConstants.TIOCGWINSZ)),
        (unchecked((ulong)IoctlConstants.TIOCSWINSZ), nameof(IoctlConstants.TIOCSWINSZ)),
        (unchecked((ulong)IoctlConstants.TIOCMGET), nameof(IoctlConstants.TIOCMGET)),
        (unchecked((ulong)IoctlConstants.FIONREAD), nameof(IoctlConstants.FIONREAD)),
        (unchecked((ulong)IoctlConstants.FIONBIO), nameof(IoctlConstants.FIONBIO)),
        (unchecked((ulong)IoctlConstants.TIOCNOTTY), nameof(IoctlConstants.TIOCNOTTY)),
        (unchecked((ulong)IoctlConstants.TIOCSETD), nameof(IoctlConstants.TIOCSETD)),
        (unchecked((ulong)IoctlConstants.TIOCGETD), nameof(IoctlConstants.TIOCGETD)),
        (unchecked((ulong)IoctlConstants.TCSBRKP), nameof(IoctlConstants.TCSBRKP)),
        (unchecked((ulong)IoctlConstants.TIOCGSID), nameof(IoctlConstants.TIOCGSID)),
        (unchecked((ulong)IoctlConstants.TCGETS2), nameof(IoctlConstants.TCGETS2)),
        (unchecked((ulong)IoctlConstants.TCSETS2), nameof(IoctlConstants.TCSETS2)),
        (unchecked((ulong)IoctlConstants.TIOCGPTN), nameof(IoctlConstants.TIOCGPTN)),
        (unchecked((ulong)IoctlConstants.TIOCSPTLCK), nameof(IoctlConstants.TIOCSPTLCK)),
        (unchecked((ulong)IoctlConstants.TIOCGPTPEER), nameof(IoctlConstants.TIOCGPTPEER)),
        (unchecked((ulong)IoctlConstants.FIONCLEX), nameof(IoctlConstants.FIONCLEX)),
        (unchecked((ulong)IoctlConstants.FIOCLEX), nameof(IoctlConstants.FIOCLEX)),
        (unchecked((ulong)IoctlConstants.FIOASYNC), nameof(IoctlConstants.FIOASYNC)),
        (unchecked((ulong)IoctlConstants.FIOQSIZE), nameof(IoctlConstants.FIOQSIZE)),
        (unchecked((ulong)IoctlConstants.FIGETBSZ), nameof(IoctlConstants.FIGETBSZ)),
        (unchecked((ulong)IoctlConstants.FIBMAP), nameof(IoctlConstants.FIBMAP)),
        (unchecked((ulong)IoctlConstants.FICLONE), nameof(IoctlConstants.FICLONE)),
        (unchecked((ulong)IoctlConstants.FICLONERANGE), nameof(IoctlConstants.FICLONERANGE)),
        (unchecked((ulong)IoctlConstants.FS_IOC_GETFLAGS), nameof(IoctlConstants.FS_IOC_GETFLAGS)),
        (unchecked((ulong)IoctlConstants.FS_IOC_SETFLAGS), nameof(IoctlConstants.FS_IOC_SETFLAGS)),
        (unchecked((ulong)IoctlConstants.FS_IOC_GETVERSION), nameof(IoctlConstants.FS_IOC_GETVERSION)),
        (unchecked((ulong)IoctlConstants.BLKGETSIZE64), nameof(IoctlConstants.BLKGETSIZE64)),
    ];

    private static readonly (ulong Value, string Name)[] s_signalHows =
    [
        (unchecked((ulong)SignalConstants.SIG_BLOCK), nameof(SignalConstants.SIG_BLOCK)),
        (unchecked((ulong)SignalConstants.SIG_UNBLOCK), nameof(SignalConstants.SIG_UNBLOCK)),
        (unchecked((ulong)SignalConstants.SIG_SETMASK), nameof(SignalConstants.SIG_SETMASK)),
    ];

    private static readonly (ulong Value, string Name)[] s_clocks =
    [
        (unchecked((ulong)ClockConstants.CLOCK_REALTIME), nameof(ClockConstants.CLOCK_REALTIME)),
        (unchecked((ulong)ClockConstants.CLOCK_MONOTONIC), nameof(ClockConstants.CLOCK_MONOTONIC)),
        (unchecked((ulong)ClockConstants.CLOCK_PROCESS_CPUTIME_ID), nameof(ClockConstants.CLOCK_PROCESS_CPUTIME_ID)),
        (unchecked((ulong)ClockConstants.CLOCK_THREAD_CPUTIME_ID), nameof(ClockConstants.CLOCK_THREAD_CPUTIME_ID)),
        (unchecked((ulong)ClockConstants.CLOCK_MONOTONIC_RAW), nameof(ClockConstants.CLOCK_MONOTONIC_RAW)),
        (unchecked((ulong)ClockConstants.CLOCK_REALTIME_COARSE), nameof(ClockConstants.CLOCK_REALTIME_COARSE)),
        (unchecked((ulong)ClockConstants.CLOCK_MONOTONIC_COARSE), nameof(ClockConstants.CLOCK_MONOTONIC_COARSE)),
        (unchecked((ulong)ClockConstants.CLOCK_BOOTTIME), nameof(ClockConstants.CLOCK_BOOTTIME)),
        (unchecked((ulong)ClockConstants.CLOCK_REALTIME_ALARM), nameof(ClockConstants.CLOCK_REALTIME_ALARM)),
        (unchecked((ulong)ClockConstants.CLOCK_BOOTTIME_ALARM), nameof(ClockConstants.CLOCK_BOOTTIME_ALARM)),
        (unchecked((ulong)ClockConstants.CLOCK_TAI), nameof(ClockConstants.CLOCK_TAI)),
    ];

    private static readonly (ulong Value, string Name)[] s_resources =
    [
        (unchecked((ulong)ResourceConstants.RLIMIT_CPU), nameof(ResourceConstants.RLIMIT_CPU)),
        (unchecked((ulong)ResourceConstants.RLIMIT_FSIZE), nameof(ResourceConstants.RLIMIT_FSIZE)),
        (unchecked((ulong)ResourceConstants.RLIMIT_DATA), nameof(ResourceConstants.RLIMIT_DATA)),
        (unchecked((ulong)ResourceConstants.RLIMIT_STACK), nameof(ResourceConstants.RLIMIT_STACK)),
        (unchecked((ulong)ResourceConstants.RLIMIT_CORE), nameof(ResourceConstants.RLIMIT_CORE)),
        (unchecked((ulong)ResourceConstants.RLIMIT_RSS), nameof(ResourceConstants.RLIMIT_RSS)),
        (unchecked((ulong)ResourceConstants.RLIMIT_NPROC), nameof(ResourceConstants.RLIMIT_NPROC)),
        (unchecked((ulong)ResourceConstants.RLIMIT_NOFILE), nameof(ResourceConstants.RLIMIT_NOFILE)),
        (unchecked((ulong)ResourceConstants.RLIMIT_MEMLOCK), nameof(ResourceConstants.RLIMIT_MEMLOCK)),
        (unchecked((ulong)ResourceConstants.RLIMIT_AS), nameof(ResourceConstants.RLIMIT_AS)),
        (unchecked((ulong)ResourceConstants.RLIMIT_LOCKS), nameof(ResourceConstants.RLIMIT_LOCKS)),
        (unchecked((ulong)ResourceConstants.RLIMIT_SIGPENDING), nameof(ResourceConstants.RLIMIT_SIGPENDING)),
        (unchecked((ulong)ResourceConstants.RLIMIT_MSGQUEUE), nameof(ResourceConstants.RLIMIT_MSGQUEUE)),
        (unchecked((ulong)ResourceConstants.RLIMIT_NICE), nameof(ResourceConstants.RLIMIT_NICE)),
        (unchecked((ulong)ResourceConstants.RLIMIT_RTPRIO), nameof(ResourceConstants.RLIMIT_RTPRIO)),
        (unchecked((ulong)ResourceConstants.RLIMIT_RTTIME), nameof(ResourceConstants.RLIMIT_RTTIME)),
    ];

    private static readonly (ulong Value, string Name)[] s_archCodes =
    [
        (unchecked((ulong)PrctlConstants.ARCH_SET_GS), nameof(PrctlConstants.ARCH_SET_GS)),
        (unchecked((ulong)PrctlConstants.ARCH_SET_FS), nameof(PrctlConstants.ARCH_SET_FS)),
        (unchecked((ulong)PrctlConstants.ARCH_GET_FS), nameof(PrctlConstants.ARCH_GET_FS)),
        (unchecked((ulong)PrctlConstants.ARCH_GET_GS), nameof(PrctlConstants.ARCH_GET_GS)),
        (unchecked((ulong)PrctlConstants.ARCH_GET_CPUID), nameof(PrctlConstants.ARCH_GET_CPUID)),
        (unchecked((ulong)PrctlConstants.ARCH_SET_CPUID), nameof(PrctlConstants.ARCH_SET_CPUID)),
        (unchecked((ulong)PrctlConstants.ARCH_GET_XCOMP_SUPP), nameof(PrctlConstants.ARCH_GET_XCOMP_SUPP)),
        (unchecked((ulong)PrctlConstants.ARCH_GET_XCOMP_PERM), nameof(PrctlConstants.ARCH_GET_XCOMP_PERM)),
        (unchecked((ulong)PrctlConstants.ARCH_REQ_XCOMP_PERM), nameof(PrctlConstants.ARCH_REQ_XCOMP_PERM)),
        (unchecked((ulong)PrctlConstants.ARCH_CET_STATUS), nameof(PrctlConstants.ARCH_CET_STATUS)),
    ];

    private static readonly (ulong Value, string Name)[] s_prctlOptions =
    [
        (unchecked((ulong)PrctlConstants.PR_SET_PDEATHSIG), nameof(PrctlConstants.PR_SET_PDEATHSIG)),
        (unchecked((ulong)PrctlConstants.PR_GET_PDEATHSIG), nameof(PrctlConstants.PR_GET_PDEATHSIG)),
        (unchecked((ulong)PrctlConstants.PR_GET_DUMPABLE), nameof(PrctlConstants.PR_GET_DUMPABLE)),
        (unchecked((ulong)PrctlConstants.PR_SET_DUMPABLE), nameof(PrctlConstants.PR_SET_DUMPABLE)),
        (unchecked((ulong)PrctlConstants.PR_GET_UNALIGN), nameof(PrctlConstants.PR_GET_UNALIGN)),
        (unchecked((ulong)PrctlConstants.PR_SET_UNALIGN), nameof(PrctlConstants.PR_SET_UNALIGN)),
        (unchecked((ulong)PrctlConstants.PR_GET_KEEPCAPS), nameof(PrctlConstants.PR_GET_KEEPCAPS)),
        (unchecked((ulong)PrctlConstants.PR_SET_KEEPCAPS), nameof(PrctlConstants.PR_SET_KEEPCAPS)),
        (unchecked((ulong)PrctlConstants.PR_GET_FPEMU), nameof(PrctlConstants.PR_GET_FPEMU)),
        (unchecked((ulong)PrctlConstants.PR_SET_FPEMU), nameof(PrctlConstants.PR_SET_FPEMU)),
        (unchecked((ulong)PrctlConstants.PR_GET_FPEXC), nameof(PrctlConstants.PR_GET_FPEXC)),
        (unchecked((ulong)PrctlConstants.PR_SET_FPEXC), nameof(PrctlConstants.PR_SET_FPEXC)),
        (unchecked((ulong)PrctlConstants.PR_GET_TIMING), nameof(PrctlConstants.PR_GET_TIMING)),
        (unchecked((ulong)PrctlConstants.PR_SET_TIMING), nameof(PrctlConstants.PR_SET_TIMING)),
        (unchecked((ulong)PrctlConstants.PR_SET_NAME), nameof(PrctlConstants.PR_SET_NAME)),
        (unchecked((ulong)PrctlConstants.PR_GET_NAME), nameof(PrctlConstants.PR_GET_NAME)),
        (unchecked((ulong)PrctlConstants.PR_GET_ENDIAN), nameof(PrctlConstants.PR_GET_ENDIAN)),
        (unchecked((ulong)PrctlConstants.PR_SET_ENDIAN), nameof(PrctlConstants.PR_SET_ENDIAN)),
        (unchecked((ulong)PrctlConstants.PR_GET_SECCOMP), nameof(PrctlConstants.PR_GET_SECCOMP)),
        (unchecked((ulong)PrctlConstants.PR_SET_SECCOMP), nameof(PrctlConstants.PR_SET_SECCOMP)),
        (unchecked((ulong)PrctlConstants.PR_CAPBSET_READ), nameof(PrctlConstants.PR_CAPBSET_READ)),
        (unchecked((ulong)PrctlConstants.PR_CAPBSET_DROP), nameof(PrctlConstants.PR_CAPBSET_DROP)),
        (unchecked((ulong)PrctlConstants.PR_GET_TSC), nameof(PrctlConstants.PR_GET_TSC)),
        (unchecked((ulong)PrctlConstants.PR_SET_TSC), nameof(PrctlConstants.PR_SET_TSC)),
        (unchecked((ulong)PrctlConstants.PR_GET_SECUREBITS), nameof(PrctlConstants.PR_GET_SECUREBITS)),
        (unchecked((ulong)PrctlConstants.PR_SET_SECUREBITS), nameof(PrctlConstants.PR_SET_SECUREBITS)),
        (unchecked((ulong)PrctlConstants.PR_SET_TIMERSLACK), nameof(PrctlConstants.PR_SET_TIMERSLACK)),
        (unchecked((ulong)PrctlConstants.PR_GET_TIMERSLACK), nameof(PrctlConstants.PR_GET_TIMERSLACK)),
        (unchecked((ulong)PrctlConstants.PR_TASK_PERF_EVENTS_DISABLE), nameof(PrctlConstants.PR_TASK_PERF_EVENTS_DISABLE)),
        (unchecked((ulong)PrctlConstants.PR_TASK_PERF_EVENTS_ENABLE), nameof(PrctlConstants.PR_TASK_PERF_EVENTS_ENABLE)),
        (unchecked((ulong)PrctlConstants.PR_MCE_KILL), nameof(PrctlConstants.PR_MCE_KILL)),
        (unchecked((ulong)PrctlConstants.PR_MCE_KILL_GET), nameof(PrctlConstants.PR_MCE_KILL_GET)),
        (unchecked((ulong)PrctlConstants.PR_SET_MM), nameof(PrctlConstants.PR_SET_MM)),
        (unchecked((ulong)PrctlConstants.PR_SET_PTRACER), nameof(PrctlConstants.PR_SET_PTRACER)),
        (unchecked((ulong)PrctlConstants.PR_SET_CHILD_SUBREAPER), nameof(PrctlConstants.PR_SET_CHILD_SUBREAPER)),
        (unchecked((ulong)PrctlConstants.PR_GET_CHILD_SUBREAPER), nameof(PrctlConstants.PR_GET_CHILD_SUBREAPER)),
        (unchecked((ulong)PrctlConstants.PR_SET_NO_NEW_PRIVS), nameof(PrctlConstants.PR_SET_NO_NEW_PRIVS)),
        (unchecked((ulong)PrctlConstants.PR_GET_NO_NEW_PRIVS), nameof(PrctlConstants.PR_GET_NO_NEW_PRIVS)),
        (unchecked((ulong)PrctlConstants.PR_GET_TID_ADDRESS), nameof(PrctlConstants.PR_GET_TID_ADDRESS)),
        (unchecked((ulong)PrctlConstants.PR_SET_THP_DISABLE), nameof(PrctlConstants.PR_SET_THP_DISABLE)),
        (unchecked((ulong)PrctlConstants.PR_GET_THP_DISABLE), nameof(PrctlConstants.PR_GET_THP_DISABLE)),
        (unchecked((ulong)PrctlConstants.PR_MPX_ENABLE_MANAGEMENT), nameof(PrctlConstants.PR_MPX_ENABLE_MANAGEMENT)),
        (unchecked((ulong)PrctlConstants.PR_MPX_DISABLE_MANAGEMENT), nameof(PrctlConstants.PR_MPX_DISABLE_MANAGEMENT)),
        (unchecked((ulong)PrctlConstants.PR_CAP_AMBIENT), nameof(PrctlConstants.PR_CAP_AMBIENT)),
        (unchecked((ulong)PrctlConstants.PR_GET_SPECULATION_CTRL), nameof(PrctlConstants.PR_GET_SPECULATION_CTRL)),
        (unchecked((ulong)PrctlConstants.PR_SET_SPECULATION_CTRL), nameof(PrctlConstants.PR_SET_SPECULATION_CTRL)),
        (unchecked((ulong)PrctlConstants.PR_SET_IO_FLUSHER), nameof(PrctlConstants.PR_SET_IO_FLUSHER)),
        (unchecked((ulong)PrctlConstants.PR_GET_IO_FLUSHER), nameof(PrctlConstants.PR_GET_IO_FLUSHER)),
        (unchecked((ulong)PrctlConstants.PR_SET_SYSCALL_USER_DISPATCH), nameof(PrctlConstants.PR_SET_SYSCALL_USER_DISPATCH)),
        (unchecked((ulong)PrctlConstants.PR_SET_VMA), nameof(PrctlConstants.PR_SET_VMA)),
        (unchecked((ulong)PrctlConstants.PR_SCHED_CORE), nameof(PrctlConstants.PR_SCHED_CORE)),
    ];

    private static readonly (ulong Value, string Name)[] s_futexCommands =
    [
        (unchecked((ulong)FutexConstants.FUTEX_WAIT), nameof(FutexConstants.FUTEX_WAIT)),
        (unchecked((ulong)FutexConstants.FUTEX_WAKE), nameof(FutexConstants.FUTEX_WAKE)),
        (unchecked((ulong)FutexConstants.FUTEX_FD), nameof(FutexConstants.FUTEX_FD)),
        (unchecked((ulong)FutexConstants.FUTEX_REQUEUE), nameof(FutexConstants.FUTEX_REQUEUE)),
        (unchecked((ulong)FutexConstants.FUTEX_CMP_REQUEUE), nameof(FutexConstants.FUTEX_CMP_REQUEUE)),
        (unchecked((ulong)FutexConstants.FUTEX_WAKE_OP), nameof(FutexConstants.FUTEX_WAKE_OP)),
        (unchecked((ulong)FutexConstants.FUTEX_LOCK_PI), nameof(FutexConstants.FUTEX_LOCK_PI)),
        (unchecked((ulong)FutexConstants.FUTEX_UNLOCK_PI), nameof(FutexConstants.FUTEX_UNLOCK_PI)),
        (unchecked((ulong)FutexConstants.FUTEX_TRYLOCK_PI), nameof(FutexConstants.FUTEX_TRYLOCK_PI)),
        (unchecked((ulong)FutexConstants.FUTEX_WAIT_BITSET), nameof(FutexConstants.FUTEX_WAIT_BITSET)),
        (unchecked((ulong)FutexConstants.FUTEX_WAKE_BITSET), nameof(FutexConstants.FUTEX_WAKE_BITSET)),
        (unchecked((ulong)FutexConstants.FUTEX_WAIT_REQUEUE_PI), nameof(FutexConstants.FUTEX_WAIT_REQUEUE_PI)),
        (unchecked((ulong)FutexConstants.FUTEX_CMP_REQUEUE_PI), nameof(FutexConstants.FUTEX_CMP_REQUEUE_PI)),
        (unchecked((ulong)FutexConstants.FUTEX_LOCK_PI2), nameof(FutexConstants.FUTEX_LOCK_PI2)),
    ];

    private static readonly (ulong Value, string Name)[] s_socketFamilies =
    [
        (unchecked((ulong)SocketConstants.AF_UNSPEC), nameof(SocketConstants.AF_UNSPEC)),
        (unchecked((ulong)SocketConstants.AF_UNIX), nameof(SocketConstants.AF_UNIX)),
        (unchecked((ulong)SocketConstants.AF_INET), nameof(SocketConstants.AF_INET)),
        (unchecked((ulong)SocketConstants.AF_INET6), nameof(SocketConstants.AF_INET6)),
        (unchecked((ulong)SocketConstants.AF_NETLINK), nameof(SocketConstants.AF_NETLINK)),
        (unchecked((ulong)SocketConstants.AF_PACKET), nameof(SocketConstants.AF_PACKET)),
    ];

    private static readonly (ulong Value, string Name)[] s_socketTypes =
    [
        (unchecked((ulong)SocketConstants.SOCK_STREAM), nameof(SocketConstants.SOCK_STREAM)),
        (unchecked((ulong)SocketConstants.SOCK_DGRAM), nameof(SocketConstants.SOCK_DGRAM)),
        (unchecked((ulong)SocketConstants.SOCK_RAW), nameof(SocketConstants.SOCK_RAW)),
        (unchecked((ulong)SocketConstants.SOCK_RDM), nameof(SocketConstants.SOCK_RDM)),
        (unchecked((ulong)SocketConstants.SOCK_SEQPACKET), nameof(SocketConstants.SOCK_SEQPACKET)),
    ];

    private static readonly (ulong Value, string Name)[] s_epollOperations =
    [
        (unchecked((ulong)EventPollConstants.EPOLL_CTL_ADD), nameof(EventPollConstants.EPOLL_CTL_ADD)),
        (unchecked((ulong)EventPollConstants.EPOLL_CTL_DEL), nameof(EventPollConstants.EPOLL_CTL_DEL)),
        (unchecked((ulong)EventPollConstants.EPOLL_CTL_MOD), nameof(EventPollConstants.EPOLL_CTL_MOD)),
    ];
}
