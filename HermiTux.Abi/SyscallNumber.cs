namespace HermiTux.Abi;

/// <summary>
/// Linux x86-64 system call numbers, spelled as in <c>asm/unistd_64.h</c>. One long list, as the header is.
/// </summary>
public enum SyscallNumber
{
    /// <summary>read(2).</summary>
    read = 0,

    /// <summary>write(2).</summary>
    write = 1,

    /// <summary>open(2).</summary>
    open = 2,

    /// <summary>close(2).</summary>
    close = 3,

    /// <summary>stat(2).</summary>
    stat = 4,

    /// <summary>fstat(2).</summary>
    fstat = 5,

    /// <summary>lstat(2).</summary>
    lstat = 6,

    /// <summary>poll(2).</summary>
    poll = 7,

    /// <summary>lseek(2).</summary>
    lseek = 8,

    /// <summary>mmap(2).</summary>
    mmap = 9,

    /// <summary>mprotect(2).</summary>
    mprotect = 10,

    /// <summary>munmap(2).</summary>
    munmap = 11,

    /// <summary>brk(2).</summary>
    brk = 12,

    /// <summary>rt_sigaction(2).</summary>
    rt_sigaction = 13,

    /// <summary>rt_sigprocmask(2).</summary>
    rt_sigprocmask = 14,

    /// <summary>rt_sigreturn(2).</summary>
    rt_sigreturn = 15,

    /// <summary>ioctl(2).</summary>
    ioctl = 16,

    /// <summary>pread64(2).</summary>
    pread64 = 17,

    /// <summary>pwrite64(2).</summary>
    pwrite64 = 18,

    /// <summary>readv(2).</summary>
    readv = 19,

    /// <summary>writev(2).</summary>
    writev = 20,

    /// <summary>access(2).</summary>
    access = 21,

    /// <summary>pipe(2).</summary>
    pipe = 22,

    /// <summary>select(2).</summary>
    select = 23,

    /// <summary>sched_yield(2).</summary>
    sched_yield = 24,

    /// <summary>mremap(2).</summary>
    mremap = 25,

    /// <summary>msync(2).</summary>
    msync = 26,

    /// <summary>mincore(2).</summary>
    mincore = 27,

    /// <summary>madvise(2).</summary>
    madvise = 28,

    /// <summary>shmget(2).</summary>
    shmget = 29,

    /// <summary>shmat(2).</summary>
    shmat = 30,

    /// <summary>shmctl(2).</summary>
    shmctl = 31,

    /// <summary>dup(2).</summary>
    dup = 32,

    /// <summary>dup2(2).</summary>
    dup2 = 33,

    /// <summary>pause(2).</summary>
    pause = 34,

    /// <summary>nanosleep(2).</summary>
    nanosleep = 35,

    /// <summary>getitimer(2).</summary>
    getitimer = 36,

    /// <summary>alarm(2).</summary>
    alarm = 37,

    /// <summary>setitimer(2).</summary>
    setitimer = 38,

    /// <summary>getpid(2).</summary>
    getpid = 39,

    /// <summary>sendfile(2).</summary>
    sendfile = 40,

    /// <summary>socket(2).</summary>
    socket = 41,

    /// <summary>connect(2).</summary>
    connect = 42,

    /// <summary>accept(2).</summary>
    accept = 43,

    /// <summary>sendto(2).</summary>
    sendto = 44,

    /// <summary>recvfrom(2).</summary>
    recvfrom = 45,

    /// <summary>sendmsg(2).</summary>
    sendmsg = 46,

    /// <summary>recvmsg(2).</summary>
    recvmsg = 47,

    /// <summary>shutdown(2).</summary>
    shutdown = 48,

    /// <summary>bind(2).</summary>
    bind = 49,

    /// <summary>listen(2).</summary>
    listen = 50,

    /// <summary>getsockname(2).</summary>
    getsockname = 51,

    /// <summary>getpeername(2).</summary>
    getpeername = 52,

    /// <summary>socketpair(2).</summary>
    socketpair = 53,

    /// <summary>setsockopt(2).</summary>
    setsockopt = 54,

    /// <summary>getsockopt(2).</summary>
    getsockopt = 55,

    /// <summary>clone(2).</summary>
    clone = 56,

    /// <summary>fork(2).</summary>
    fork = 57,

    /// <summary>vfork(2).</summary>
    vfork = 58,

    /// <summary>execve(2).</summary>
    execve = 59,

    /// <summary>exit(2).</summary>
    exit = 60,

    /// <summary>wait4(2).</summary>
    wait4 = 61,

    /// <summary>kill(2).</summary>
    kill = 62,

    /// <summary>uname(2).</summary>
    uname = 63,

    /// <summary>semget(2).</summary>
    semget = 64,

    /// <summary>semop(2).</summary>
    semop = 65,

    /// <summary>semctl(2).</summary>
    semctl = 66,

    /// <summary>shmdt(2).</summary>
    shmdt = 67,

    /// <summary>msgget(2).</summary>
    msgget = 68,

    /// <summary>msgsnd(2).</summary>
    msgsnd = 69,

    /// <summary>msgrcv(2).</summary>
    msgrcv = 70,

    /// <summary>msgctl(2).</summary>
    msgctl = 71,

    /// <summary>fcntl(2).</summary>
    fcntl = 72,

    /// <summary>flock(2).</summary>
    flock = 73,

    /// <summary>fsync(2).</summary>
    fsync = 74,

    /// <summary>fdatasync(2).</summary>
    fdatasync = 75,

    /// <summary>truncate(2).</summary>
    truncate = 76,

    /// <summary>ftruncate(2).</summary>
    ftruncate = 77,

    /// <summary>getdents(2).</summary>
    getdents = 78,

    /// <summary>getcwd(2).</summary>
    getcwd = 79,

    /// <summary>chdir(2).</summary>
    chdir = 80,

    /// <summary>fchdir(2).</summary>
    fchdir = 81,

    /// <summary>rename(2).</summary>
    rename = 82,

    /// <summary>mkdir(2).</summary>
    mkdir = 83,

    /// <summary>rmdir(2).</summary>
    rmdir = 84,

    /// <summary>creat(2).</summary>
    creat = 85,

    /// <summary>link(2).</summary>
    link = 86,

    /// <summary>unlink(2).</summary>
    unlink = 87,

    /// <summary>symlink(2).</summary>
    symlink = 88,

    /// <summary>readlink(2).</summary>
    readlink = 89,

    /// <summary>chmod(2).</summary>
    chmod = 90,

    /// <summary>fchmod(2).</summary>
    fchmod = 91,

    /// <summary>chown(2).</summary>
    chown = 92,

    /// <summary>fchown(2).</summary>
    fchown = 93,

    /// <summary>lchown(2).</summary>
    lchown = 94,

    /// <summary>umask(2).</summary>
    umask = 95,

    /// <summary>gettimeofday(2).</summary>
    gettimeofday = 96,

    /// <summary>getrlimit(2).</summary>
    getrlimit = 97,

    /// <summary>getrusage(2).</summary>
    getrusage = 98,

    /// <summary>sysinfo(2).</summary>
    sysinfo = 99,

    /// <summary>times(2).</summary>
    times = 100,

    /// <summary>ptrace(2).</summary>
    ptrace = 101,

    /// <summary>getuid(2).</summary>
    getuid = 102,

    /// <summary>syslog(2).</summary>
    syslog = 103,

    /// <summary>getgid(2).</summary>
    getgid = 104,

    /// <summary>setuid(2).</summary>
    setuid = 105,

    /// <summary>setgid(2).</summary>
    setgid = 106,

    /// <summary>geteuid(2).</summary>
    geteuid = 107,

    /// <summary>getegid(2).</summary>
    getegid = 108,

    /// <summary>setpgid(2).</summary>
    setpgid = 109,

    /// <summary>getppid(2).</summary>
    getppid = 110,

    /// <summary>getpgrp(2).</summary>
    getpgrp = 111,

    /// <summary>setsid(2).</summary>
    setsid = 112,

    /// <summary>setreuid(2).</summary>
    setreuid = 113,

    /// <summary>setregid(2).</summary>
    setregid = 114,

    /// <summary>getgroups(2).</summary>
    getgroups = 115,

    /// <summary>setgroups(2).</summary>
    setgroups = 116,

    /// <summary>setresuid(2).</summary>
    setresuid = 117,

    /// <summary>getresuid(2).</summary>
    getresuid = 118,

    /// <summary>setresgid(2).</summary>
    setresgid = 119,

    /// <summary>getresgid(2).</summary>
    getresgid = 120,

    /// <summary>getpgid(2).</summary>
    getpgid = 121,

    /// <summary>setfsuid(2).</summary>
    setfsuid = 122,

    /// <summary>setfsgid(2).</summary>
    setfsgid = 123,

    /// <summary>getsid(2).</summary>
    getsid = 124,

    /// <summary>capget(2).</summary>
    capget = 125,

    /// <summary>capset(2).</summary>
    capset = 126,

    /// <summary>rt_sigpending(2).</summary>
    rt_sigpending = 127,

    /// <summary>rt_sigtimedwait(2).</summary>
    rt_sigtimedwait = 128,

    /// <summary>rt_sigqueueinfo(2).</summary>
    rt_sigqueueinfo = 129,

    /// <summary>rt_sigsuspend(2).</summary>
    rt_sigsuspend = 130,

    /// <summary>sigaltstack(2).</summary>
    sigaltstack = 131,

    /// <summary>utime(2).</summary>
    utime = 132,

    /// <summary>mknod(2).</summary>
    mknod = 133,

    /// <summary>uselib(2).</summary>
    uselib = 134,

    /// <summary>personality(2).</summary>
    personality = 135,

    /// <summary>ustat(2).</summary>
    ustat = 136,

    /// <summary>statfs(2).</summary>
    statfs = 137,

    /// <summary>fstatfs(2).</summary>
    fstatfs = 138,

    /// <summary>sysfs(2).</summary>
    sysfs = 139,

    /// <summary>getpriority(2).</summary>
    getpriority = 140,

    /// <summary>setpriority(2).</summary>
    setpriority = 141,

    /// <summary>sched_setparam(2).</summary>
    sched_setparam = 142,

    /// <summary>sched_getparam(2).</summary>
    sched_getparam = 143,

    /// <summary>sched_setscheduler(2).</summary>
    sched_setscheduler = 144,

    /// <summary>sched_getscheduler(2).</summary>
    sched_getscheduler = 145,

    /// <summary>sched_get_priority_max(2).</summary>
    sched_get_priority_max = 146,

    /// <summary>sched_get_priority_min(2).</summary>
    sched_get_priority_min = 147,

    /// <summary>sched_rr_get_interval(2).</summary>
    sched_rr_get_interval = 148,

    /// <summary>mlock(2).</summary>
    mlock = 149,

    /// <summary>munlock(2).</summary>
    munlock = 150,

    /// <summary>mlockall(2).</summary>
    mlockall = 151,

    /// <summary>munlockall(2).</summary>
    munlockall = 152,

    /// <summary>vhangup(2).</summary>
    vhangup = 153,

    /// <summary>modify_ldt(2).</summary>
    modify_ldt = 154,

    /// <summary>pivot_root(2).</summary>
    pivot_root = 155,

    /// <summary>sysctl(2).</summary>
    _sysctl = 156,

    /// <summary>prctl(2).</summary>
    prctl = 157,

    /// <summary>arch_prctl(2).</summary>
    arch_prctl = 158,

    /// <summary>adjtimex(2).</summary>
    adjtimex = 159,

    /// <summary>setrlimit(2).</summary>
    setrlimit = 160,

    /// <summary>chroot(2).</summary>
    chroot = 161,

    /// <summary>sync(2).</summary>
    sync = 162,

    /// <summary>acct(2).</summary>
    acct = 163,

    /// <summary>settimeofday(2).</summary>
    settimeofday = 164,

    /// <summary>mount(2).</summary>
    mount = 165,

    /// <summary>umount2(2).</summary>
    umount2 = 166,

    /// <summary>swapon(2).</summary>
    swapon = 167,

    /// <summary>swapoff(2).</summary>
    swapoff = 168,

    /// <summary>reboot(2).</summary>
    reboot = 169,

    /// <summary>sethostname(2).</summary>
    sethostname = 170,

    /// <summary>setdomainname(2).</summary>
    setdomainname = 171,

    /// <summary>iopl(2).</summary>
    iopl = 172,

    /// <summary>ioperm(2).</summary>
    ioperm = 173,

    /// <summary>create_module(2).</summary>
    create_module = 174,

    /// <summary>init_module(2).</summary>
    init_module = 175,

    /// <summary>delete_module(2).</summary>
    delete_module = 176,

    /// <summary>get_kernel_syms(2).</summary>
    get_kernel_syms = 177,

    /// <summary>query_module(2).</summary>
    query_module = 178,

    /// <summary>quotactl(2).</summary>
    quotactl = 179,

    /// <summary>nfsservctl(2).</summary>
    nfsservctl = 180,

    /// <summary>getpmsg(2).</summary>
    getpmsg = 181,

    /// <summary>putpmsg(2).</summary>
    putpmsg = 182,

    /// <summary>afs_syscall(2).</summary>
    afs_syscall = 183,

    /// <summary>tuxcall(2).</summary>
    tuxcall = 184,

    /// <summary>security(2).</summary>
    security = 185,

    /// <summary>gettid(2).</summary>
    gettid = 186,

    /// <summary>readahead(2).</summary>
    readahead = 187,

    /// <summary>setxattr(2).</summary>
    setxattr = 188,

    /// <summary>lsetxattr(2).</summary>
    lsetxattr = 189,

    /// <summary>fsetxattr(2).</summary>
    fsetxattr = 190,

    /// <summary>getxattr(2).</summary>
    getxattr = 191,

    /// <summary>lgetxattr(2).</summary>
    lgetxattr = 192,

    /// <summary>fgetxattr(2).</summary>
    fgetxattr = 193,

    /// <summary>listxattr(2).</summary>
    listxattr = 194,

    /// <summary>llistxattr(2).</summary>
    llistxattr = 195,

    /// <summary>flistxattr(2).</summary>
    flistxattr = 196,

    /// <summary>removexattr(2).</summary>
    removexattr = 197,

    /// <summary>lremovexattr(2).</summary>
    lremovexattr = 198,

    /// <summary>fremovexattr(2).</summary>
    fremovexattr = 199,

    /// <summary>tkill(2).</summary>
    tkill = 200,

    /// <summary>time(2).</summary>
    time = 201,

    /// <summary>futex(2).</summary>
    futex = 202,

    /// <summary>sched_setaffinity(2).</summary>
    sched_setaffinity = 203,

    /// <summary>sched_getaffinity(2).</summary>
    sched_getaffinity = 204,

    /// <summary>set_thread_area(2).</summary>
    set_thread_area = 205,

    /// <summary>io_setup(2).</summary>
    io_setup = 206,

    /// <summary>io_destroy(2).</summary>
    io_destroy = 207,

    /// <summary>io_getevents(2).</summary>
    io_getevents = 208,

    /// <summary>io_submit(2).</summary>
    io_submit = 209,

    /// <summary>io_cancel(2).</summary>
    io_cancel = 210,

    /// <summary>get_thread_area(2).</summary>
    get_thread_area = 211,

    /// <summary>lookup_dcookie(2).</summary>
    lookup_dcookie = 212,

    /// <summary>epoll_create(2).</summary>
    epoll_create = 213,

    /// <summary>epoll_ctl_old(2).</summary>
    epoll_ctl_old = 214,

    /// <summary>epoll_wait_old(2).</summary>
    epoll_wait_old = 215,

    /// <summary>remap_file_pages(2).</summary>
    remap_file_pages = 216,

    /// <summary>getdents64(2).</summary>
    getdents64 = 217,

    /// <summary>set_tid_address(2).</summary>
    set_tid_address = 218,

    /// <summary>restart_syscall(2).</summary>
    restart_syscall = 219,

    /// <summary>semtimedop(2).</summary>
    semtimedop = 220,

    /// <summary>fadvise64(2).</summary>
    fadvise64 = 221,

    /// <summary>timer_create(2).</summary>
    timer_create = 222,

    /// <summary>timer_settime(2).</summary>
    timer_settime = 223,

    /// <summary>timer_gettime(2).</summary>
    timer_gettime = 224,

    /// <summary>timer_getoverrun(2).</summary>
    timer_getoverrun = 225,

    /// <summary>timer_delete(2).</summary>
    timer_delete = 226,

    /// <summary>clock_settime(2).</summary>
    clock_settime = 227,

    /// <summary>clock_gettime(2).</summary>
    clock_gettime = 228,

    /// <summary>clock_getres(2).</summary>
    clock_getres = 229,

    /// <summary>clock_nanosleep(2).</summary>
    clock_nanosleep = 230,

    /// <summary>exit_group(2).</summary>
    exit_group = 231,

    /// <summary>epoll_wait(2).</summary>
    epoll_wait = 232,

    /// <summary>epoll_ctl(2).</summary>
    epoll_ctl = 233,

    /// <summary>tgkill(2).</summary>
    tgkill = 234,

    /// <summary>utimes(2).</summary>
    utimes = 235,

    /// <summary>vserver(2).</summary>
    vserver = 236,

    /// <summary>mbind(2).</summary>
    mbind = 237,

    /// <summary>set_mempolicy(2).</summary>
    set_mempolicy = 238,

    /// <summary>get_mempolicy(2).</summary>
    get_mempolicy = 239,

    /// <summary>mq_open(2).</summary>
    mq_open = 240,

    /// <summary>mq_unlink(2).</summary>
    mq_unlink = 241,

    /// <summary>mq_timedsend(2).</summary>
    mq_timedsend = 242,

    /// <summary>mq_timedreceive(2).</summary>
    mq_timedreceive = 243,

    /// <summary>mq_notify(2).</summary>
    mq_notify = 244,

    /// <summary>mq_getsetattr(2).</summary>
    mq_getsetattr = 245,

    /// <summary>kexec_load(2).</summary>
    kexec_load = 246,

    /// <summary>waitid(2).</summary>
    waitid = 247,

    /// <summary>add_key(2).</summary>
    add_key = 248,

    /// <summary>request_key(2).</summary>
    request_key = 249,

    /// <summary>keyctl(2).</summary>
    keyctl = 250,

    /// <summary>ioprio_set(2).</summary>
    ioprio_set = 251,

    /// <summary>ioprio_get(2).</summary>
    ioprio_get = 252,

    /// <summary>inotify_init(2).</summary>
    inotify_init = 253,

    /// <summary>inotify_add_watch(2).</summary>
    inotify_add_watch = 254,

    /// <summary>inotify_rm_watch(2).</summary>
    inotify_rm_watch = 255,

    /// <summary>migrate_pages(2).</summary>
    migrate_pages = 256,

    /// <summary>openat(2).</summary>
    openat = 257,

    /// <summary>mkdirat(2).</summary>
    mkdirat = 258,

    /// <summary>mknodat(2).</summary>
    mknodat = 259,

    /// <summary>fchownat(2).</summary>
    fchownat = 260,

    /// <summary>futimesat(2).</summary>
    futimesat = 261,

    /// <summary>newfstatat(2).</summary>
    newfstatat = 262,

    /// <summary>unlinkat(2).</summary>
    unlinkat = 263,

    /// <summary>renameat(2).</summary>
    renameat = 264,

    /// <summary>linkat(2).</summary>
    linkat = 265,

    /// <summary>symlinkat(2).</summary>
    symlinkat = 266,

    /// <summary>readlinkat(2).</summary>
    readlinkat = 267,

    /// <summary>fchmodat(2).</summary>
    fchmodat = 268,

    /// <summary>faccessat(2).</summary>
    faccessat = 269,

    /// <summary>pselect6(2).</summary>
    pselect6 = 270,

    /// <summary>ppoll(2).</summary>
    ppoll = 271,

    /// <summary>unshare(2).</summary>
    unshare = 272,

    /// <summary>set_robust_list(2).</summary>
    set_robust_list = 273,

    /// <summary>get_robust_list(2).</summary>
    get_robust_list = 274,

    /// <summary>splice(2).</summary>
    splice = 275,

    /// <summary>tee(2).</summary>
    tee = 276,

    /// <summary>sync_file_range(2).</summary>
    sync_file_range = 277,

    /// <summary>vmsplice(2).</summary>
    vmsplice = 278,

    /// <summary>move_pages(2).</summary>
    move_pages = 279,

    /// <summary>utimensat(2).</summary>
    utimensat = 280,

    /// <summary>epoll_pwait(2).</summary>
    epoll_pwait = 281,

    /// <summary>signalfd(2).</summary>
    signalfd = 282,

    /// <summary>timerfd_create(2).</summary>
    timerfd_create = 283,

    /// <summary>eventfd(2).</summary>
    eventfd = 284,

    /// <summary>fallocate(2).</summary>
    fallocate = 285,

    /// <summary>timerfd_settime(2).</summary>
    timerfd_settime = 286,

    /// <summary>timerfd_gettime(2).</summary>
    timerfd_gettime = 287,

    /// <summary>accept4(2).</summary>
    accept4 = 288,

    /// <summary>signalfd4(2).</summary>
    signalfd4 = 289,

    /// <summary>eventfd2(2).</summary>
    eventfd2 = 290,

    /// <summary>epoll_create1(2).</summary>
    epoll_create1 = 291,

    /// <summary>dup3(2).</summary>
    dup3 = 292,

    /// <summary>pipe2(2).</summary>
    pipe2 = 293,

    /// <summary>inotify_init1(2).</summary>
    inotify_init1 = 294,

    /// <summary>preadv(2).</summary>
    preadv = 295,

    /// <summary>pwritev(2).</summary>
    pwritev = 296,

    /// <summary>rt_tgsigqueueinfo(2).</summary>
    rt_tgsigqueueinfo = 297,

    /// <summary>perf_event_open(2).</summary>
    perf_event_open = 298,

    /// <summary>recvmmsg(2).</summary>
    recvmmsg = 299,

    /// <summary>fanotify_init(2).</summary>
    fanotify_init = 300,

    /// <summary>fanotify_mark(2).</summary>
    fanotify_mark = 301,

    /// <summary>prlimit64(2).</summary>
    prlimit64 = 302,

    /// <summary>name_to_handle_at(2).</summary>
    name_to_handle_at = 303,

    /// <summary>open_by_handle_at(2).</summary>
    open_by_handle_at = 304,

    /// <summary>clock_adjtime(2).</summary>
    clock_adjtime = 305,

    /// <summary>syncfs(2).</summary>
    syncfs = 306,

    /// <summary>sendmmsg(2).</summary>
    sendmmsg = 307,

    /// <summary>setns(2).</summary>
    setns = 308,

    /// <summary>getcpu(2).</summary>
    getcpu = 309,

    /// <summary>process_vm_readv(2).</summary>
    process_vm_readv = 310,

    /// <summary>process_vm_writev(2).</summary>
    process_vm_writev = 311,

    /// <summary>kcmp(2).</summary>
    kcmp = 312,

    /// <summary>finit_module(2).</summary>
    finit_module = 313,

    /// <summary>sched_setattr(2).</summary>
    sched_setattr = 314,

    /// <summary>sched_getattr(2).</summary>
    sched_getattr = 315,

    /// <summary>renameat2(2).</summary>
    renameat2 = 316,

    /// <summary>seccomp(2).</summary>
    seccomp = 317,

    /// <summary>getrandom(2).</summary>
    getrandom = 318,

    /// <summary>memfd_create(2).</summary>
    memfd_create = 319,

    /// <summary>kexec_file_load(2).</summary>
    kexec_file_load = 320,

    /// <summary>bpf(2).</summary>
    bpf = 321,

    /// <summary>execveat(2).</summary>
    execveat = 322,

    /// <summary>userfaultfd(2).</summary>
    userfaultfd = 323,

    /// <summary>membarrier(2).</summary>
    membarrier = 324,

    /// <summary>mlock2(2).</summary>
    mlock2 = 325,

    /// <summary>copy_file_range(2).</summary>
    copy_file_range = 326,

    /// <summary>preadv2(2).</summary>
    preadv2 = 327,

    /// <summary>pwritev2(2).</summary>
    pwritev2 = 328,

    /// <summary>pkey_mprotect(2).</summary>
    pkey_mprotect = 329,

    /// <summary>pkey_alloc(2).</summary>
    pkey_alloc = 330,

    /// <summary>pkey_free(2).</summary>
    pkey_free = 331,

    /// <summary>statx(2).</summary>
    statx = 332,

    /// <summary>io_pgetevents(2).</summary>
    io_pgetevents = 333,

    /// <summary>rseq(2).</summary>
    rseq = 334,

    /// <summary>pidfd_send_signal(2).</summary>
    pidfd_send_signal = 424,

    /// <summary>io_uring_setup(2).</summary>
    io_uring_setup = 425,

    /// <summary>io_uring_enter(2).</summary>
    io_uring_enter = 426,

    /// <summary>io_uring_register(2).</summary>
    io_uring_register = 427,

    /// <summary>open_tree(2).</summary>
    open_tree = 428,

    /// <summary>move_mount(2).</summary>
    move_mount = 429,

    /// <summary>fsopen(2).</summary>
    fsopen = 430,

    /// <summary>fsconfig(2).</summary>
    fsconfig = 431,

    /// <summary>fsmount(2).</summary>
    fsmount = 432,

    /// <summary>fspick(2).</summary>
    fspick = 433,

    /// <summary>pidfd_open(2).</summary>
    pidfd_open = 434,

    /// <summary>clone3(2).</summary>
    clone3 = 435,

    /// <summary>close_range(2).</summary>
    close_range = 436,

    /// <summary>openat2(2).</summary>
    openat2 = 437,

    /// <summary>pidfd_getfd(2).</summary>
    pidfd_getfd = 438,

    /// <summary>faccessat2(2).</summary>
    faccessat2 = 439,

    /// <summary>process_madvise(2).</summary>
    process_madvise = 440,

    /// <summary>epoll_pwait2(2).</summary>
    epoll_pwait2 = 441,

    /// <summary>mount_setattr(2).</summary>
    mount_setattr = 442,

    /// <summary>quotactl_fd(2).</summary>
    quotactl_fd = 443,

    /// <summary>landlock_create_ruleset(2).</summary>
    landlock_create_ruleset = 444,

    /// <summary>landlock_add_rule(2).</summary>
    landlock_add_rule = 445,

    /// <summary>landlock_restrict_self(2).</summary>
    landlock_restrict_self = 446,

    /// <summary>memfd_secret(2).</summary>
    memfd_secret = 447,

    /// <summary>process_mrelease(2).</summary>
    process_mrelease = 448,

    /// <summary>futex_waitv(2).</summary>
    futex_waitv = 449,

    /// <summary>set_mempolicy_home_node(2).</summary>
    set_mempolicy_home_node = 450,

    /// <summary>cachestat(2).</summary>
    cachestat = 451,

    /// <summary>fchmodat2(2).</summary>
    fchmodat2 = 452,

    /// <summary>map_shadow_stack(2).</summary>
    map_shadow_stack = 453,

    /// <summary>futex_wake(2).</summary>
    futex_wake = 454,

    /// <summary>futex_wait(2).</summary>
    futex_wait = 455,

    /// <summary>futex_requeue(2).</summary>
    futex_requeue = 456,

    /// <summary>statmount(2).</summary>
    statmount = 457,

    /// <summary>listmount(2).</summary>
    listmount = 458,

    /// <summary>lsm_get_self_attr(2).</summary>
    lsm_get_self_attr = 459,

    /// <summary>lsm_set_self_attr(2).</summary>
    lsm_set_self_attr = 460,

    /// <summary>lsm_list_modules(2).</summary>
    lsm_list_modules = 461,

    /// <summary>mseal(2).</summary>
    mseal = 462,
}
