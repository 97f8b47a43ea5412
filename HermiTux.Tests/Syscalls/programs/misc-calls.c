/* Smaller families: pidfd, process_vm, kcmp, memory policies, tee and vmsplice, protection keys, membarrier, affinity, CPU clocks. */
#include "check.h"
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

static void handler(int s, siginfo_t *i, void *c) { printf("  signal %d code %d tid %d\n", s, i->si_code, gettid() == getpid()); }
static volatile int stop, spins;
static void *spin(void *p) { while (!stop) spins++; return 0; }
static pid_t other_tid;
static void *idle(void *p) { other_tid = gettid(); while (!stop) usleep(1000); return 0; }

static long mb(int c, int f, int cpu) { return syscall(SYS_membarrier, c, f, cpu); }

/* /proc/self/fdinfo/N of a descriptor that is closed meanwhile. */
static void vanishing(void)
{
    char path[50], b[100];
    int p[2];
    T(pipe(p));
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", p[0]);
    int info = open(path, O_RDONLY);
    T(read(info, b, 4));
    printf("%.4s\n", b);
    T(close(p[0]));
    T(lseek(info, 0, SEEK_SET));
    T(read(info, b, sizeof b));
    T(open(path, O_RDONLY));
    T(close(info));
    T(close(p[1]));
}

int main(void)
{
    setpriority(PRIO_PROCESS, 0, 0); /* The tests may run under nice(1), guests never do. */
    vanishing();
    setvbuf(stdout, 0, _IOLBF, 0);
    pthread_t t;
    struct sigaction a = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
    sigaction(SIGUSR1, &a, 0);
    syscall(SYS_close_range, 3, ~0u, 0);

    puts("-- pidfd");
    int p;
    T(syscall(SYS_pidfd_open, 0, 0));
    T(syscall(SYS_pidfd_open, -1, 0));
    T(syscall(SYS_pidfd_open, getpid(), 1));
    T(syscall(SYS_pidfd_open, 0x3fffff, 0));
    T(p = syscall(SYS_pidfd_open, getpid(), 0));
    T(fcntl(p, F_GETFD));
    struct pollfd f = { p, POLLIN };
    T(poll(&f, 1, 0));
    T(syscall(SYS_pidfd_send_signal, p, 0, 0, 0));
    T(syscall(SYS_pidfd_send_signal, p, 99, 0, 0));
    T(syscall(SYS_pidfd_send_signal, p, SIGUSR1, 0, 9));
    T(syscall(SYS_pidfd_send_signal, 0, SIGUSR1, 0, 0));
    T(syscall(SYS_pidfd_send_signal, p, SIGUSR1, BAD, 0));
    T(syscall(SYS_pidfd_send_signal, p, SIGUSR1, 0, 0));
    siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
    T(syscall(SYS_pidfd_send_signal, p, SIGUSR1, &info, 0));
    info.si_signo = SIGUSR2;
    T(syscall(SYS_pidfd_send_signal, p, SIGUSR1, &info, 0));
    int copy;
    T(copy = syscall(SYS_pidfd_getfd, p, 1, 0));
    T(fcntl(copy, F_GETFD));
    T(syscall(SYS_pidfd_getfd, p, 99, 0));
    T(syscall(SYS_pidfd_getfd, p, 1, 1));
    T(syscall(SYS_pidfd_getfd, 1, 1, 0));

    puts("-- kcmp");
    int d = dup(1), o = open("f", O_CREAT | O_RDWR, 0600);
    T(syscall(SYS_kcmp, getpid(), getpid(), 0, 1, d));
    T(syscall(SYS_kcmp, getpid(), getpid(), 0, 1, o) > 0);
    T(syscall(SYS_kcmp, getpid(), getpid(), 0, 1, 99));
    T(syscall(SYS_kcmp, getpid(), 0x3fffff, 0, 1, d));
    T(syscall(SYS_kcmp, getpid(), getpid(), 1, 0, 0));
    T(syscall(SYS_kcmp, getpid(), getpid(), 6, 0, 0));
    T(syscall(SYS_kcmp, getpid(), getpid(), 99, 0, 0));

    puts("-- process_vm");
    char from[20] = "0123456789", to[20] = "";
    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    memset(page, 'p', 4096);
    struct iovec l = { to, 20 }, r[2] = { { from, 4 }, { from + 6, 3 } };
    T(process_vm_readv(getpid(), &l, 1, r, 2, 0));
    puts(to);
    T(process_vm_readv(getpid(), &l, 1, r, 2, 1));
    T(process_vm_readv(0x3fffff, &l, 1, r, 2, 0));
    T(process_vm_readv(getpid(), &l, 0, r, 2, 0));
    T(process_vm_readv(getpid(), &l, 1, r, 0, 0));
    T(process_vm_readv(getpid(), &l, 1025, r, 2, 0));
    T(process_vm_readv(getpid(), BAD, 1, r, 2, 0));
    T(process_vm_readv(getpid(), &l, 1, BAD, 2, 0));
    r[0] = (struct iovec){ page + 4090, 10 };
    T(process_vm_readv(getpid(), &l, 1, r, 1, 0));
    r[0] = (struct iovec){ page + 4096, 10 };
    T(process_vm_readv(getpid(), &l, 1, r, 1, 0));
    l.iov_len = 5;
    r[0] = (struct iovec){ from, 20 };
    T(process_vm_writev(getpid(), &l, 1, r, 1, 0));
    puts(from);

    puts("-- memory policy");
    int mode = 99;
    unsigned long mask = 99, one = 1, two = 2;
    T(syscall(SYS_get_mempolicy, &mode, &mask, 1024, 0, 0));
    printf("%d %lx\n", mode, mask);
    T(syscall(SYS_get_mempolicy, &mode, &mask, 1024, 0, 4));
    printf("%d %lx\n", mode, mask);
    T(syscall(SYS_get_mempolicy, &mode, &mask, 1024, 0, 64));
    T(syscall(SYS_get_mempolicy, &mode, 0, 0, page, 3));
    printf("%d\n", mode);
    T(syscall(SYS_get_mempolicy, &mode, 0, 0, page + 4096, 3));
    T(syscall(SYS_get_mempolicy, BAD, 0, 0, 0, 0));
    T(syscall(SYS_set_mempolicy, 99, 0, 0));
    T(syscall(SYS_set_mempolicy, 2, 0, 0));
    T(syscall(SYS_set_mempolicy, 0, &one, 64));
    T(syscall(SYS_set_mempolicy, 2, BAD, 64));
    T(syscall(SYS_set_mempolicy, 2, &one, 64));
    T(syscall(SYS_get_mempolicy, &mode, &mask, 1024, 0, 0));
    printf("%d %lx\n", mode, mask);
    T(syscall(SYS_set_mempolicy, 0, 0, 0));
    T(syscall(SYS_mbind, page, 4096, 2, &one, 64, 0));
    T(syscall(SYS_mbind, page + 1, 4096, 2, &one, 64, 0));
    T(syscall(SYS_mbind, page, 8192, 2, &one, 64, 0));
    T(syscall(SYS_mbind, page, 4096, 0, 0, 0, 0));
    T(syscall(SYS_mbind, page, 4096, 0, 0, 0, 64));
    void *pages[2] = { page, page + 4096 };
    int status[2] = { 9, 9 };
    T(syscall(SYS_move_pages, 0, 2, pages, 0, status, 0));
    printf("%d %d\n", status[0], status[1]);

    puts("-- tee and vmsplice");
    int a1[2], b1[2];
    char buffer[100] = { 0 };
    pipe(a1);
    pipe(b1);
    T(tee(a1[0], b1[1], 10, SPLICE_F_NONBLOCK));
    write(a1[1], "hello", 5);
    T(tee(a1[0], b1[1], 3, 0));
    T(tee(a1[0], b1[1], 100, 0));
    T(read(b1[0], buffer, 100));
    puts(buffer);
    T(read(a1[0], buffer, 100));
    T(tee(a1[0], a1[1], 3, 0));
    T(tee(a1[1], b1[1], 3, 0));
    T(tee(a1[0], o, 3, 0));
    T(tee(a1[0], b1[1], 0, 0));
    T(tee(a1[0], b1[1], 3, 64));
    struct iovec v[2] = { { "mem", 3 }, { "ory", 3 } };
    T(vmsplice(a1[1], v, 2, 0));
    memset(buffer, 0, 100);
    v[0] = (struct iovec){ buffer, 100 };
    T(vmsplice(a1[0], v, 1, 0));
    puts(buffer);
    T(vmsplice(a1[0], v, 1, SPLICE_F_NONBLOCK));
    T(vmsplice(o, v, 1, 0));
    T(vmsplice(a1[1], v, 1, 99));
    close(a1[1]);
    T(tee(a1[0], b1[1], 10, 0));

    puts("-- protection keys");
    T(syscall(SYS_pkey_alloc, 1, 0));
    T(syscall(SYS_pkey_alloc, 0, 99));
    T(syscall(SYS_pkey_free, 5));
    T(syscall(SYS_pkey_mprotect, page, 4096, PROT_READ, -1));
    T(syscall(SYS_pkey_mprotect, page, 4096, PROT_READ, 7));

    puts("-- membarrier");
    T(mb(0, 0, 0));
    T(mb(0, 1, 0));
    T(mb(8, 0, 0));
    T(mb(0x20, 0, 0));
    T(mb(0x80, 0, 0));
    T(mb(16, 0, 0));
    T(mb(8, 0, 0));
    T(mb(0x40, 0, 0));
    T(mb(0x20, 0, 0));
    T(mb(0x100, 0, 0));
    pthread_create(&t, 0, spin, 0);
    while (!spins)
        ;
    T(mb(0x80, 0, 0));
    T(mb(0x80, 1, 0));
    T(mb(0x80, 2, 0));
    T(mb(0x200, 0, 0));
    T(mb(2, 0, 0));
    T(mb(3, 0, 0));
    T(mb(1, 0, 0));
    stop = 1;
    pthread_join(t, 0);

    puts("-- affinity and scheduling");
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    T(sched_setaffinity(0, sizeof set, &set));
    printf("%d\n", sched_getcpu());
    CPU_ZERO(&set);
    T(sched_getaffinity(0, sizeof set, &set) >= 0);
    printf("%d\n", CPU_COUNT(&set));
    CPU_ZERO(&set);
    T(sched_setaffinity(0, sizeof set, &set));
    CPU_SET(1000, &set);
    T(sched_setaffinity(0, sizeof set, &set));
    T(syscall(SYS_sched_setaffinity, 0, 8, BAD));
    T(syscall(SYS_sched_setaffinity, 0x3fffff, 8, &one));
    T(syscall(SYS_sched_getaffinity, 0, 1, &set));
    T(syscall(SYS_sched_getaffinity, 0, 12, &set));
    stop = 0;
    pthread_create(&t, 0, idle, 0);
    while (!other_tid)
        usleep(100);
    struct sched_param param = { 0 };
    T(sched_setscheduler(other_tid, SCHED_BATCH, &param));
    T(sched_getscheduler(other_tid));
    T(sched_getscheduler(0));
    T(sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &param));
    T(sched_getscheduler(0) == (SCHED_OTHER | SCHED_RESET_ON_FORK));
    T(setpriority(PRIO_PROCESS, other_tid, 5));
    T(getpriority(PRIO_PROCESS, other_tid));
    T(getpriority(PRIO_PROCESS, 0));
    param.sched_priority = 5;
    T(sched_setscheduler(0, SCHED_BATCH, &param));
    T(sched_setscheduler(0, 4, &param));

    puts("-- CPU clocks");
    clockid_t c;
    struct timespec x, y;
    T(pthread_getcpuclockid(t, &c));
    T(clock_gettime(c, &x));
    T(x.tv_sec == 0 && x.tv_nsec < 500000000);
    T(clock_getcpuclockid(0, &c));
    T(clock_gettime(c, &x));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &x);
    for (volatile int i = 0; i < 2000000; i++)
        ;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &y);
    T((y.tv_sec - x.tv_sec) * 1000000000 + y.tv_nsec - x.tv_nsec > 100000);
    T(clock_gettime(~(0x3ffff << 3) , &x));
    T(clock_gettime(-6 & ~7 | 7, &x));
    struct timespec nap = { 0, 1000000 };
    T(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &nap, 0));
    stop = 1;
    pthread_join(t, 0);
    stop = 0;
    pthread_create(&t, 0, spin, 0);
    T(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &nap, 0));
    stop = 1;
    pthread_join(t, 0);
    timer_t timer;
    struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    struct itimerspec its = { .it_value.tv_nsec = 2000000 };
    T(timer_create(CLOCK_THREAD_CPUTIME_ID, &e, &timer));

    /* The signal comes when the line is written, not in the midst of it. */
    sigset_t expiry;
    sigemptyset(&expiry);
    sigaddset(&expiry, SIGUSR1);
    sigprocmask(SIG_BLOCK, &expiry, 0);
    T(timer_settime(timer, 0, &its, 0));
    sigprocmask(SIG_UNBLOCK, &expiry, 0);
    while (timer_gettime(timer, &its) == 0 && (its.it_value.tv_nsec || its.it_value.tv_sec))
        ;
    T(timer_delete(timer));
    e.sigev_notify = SIGEV_THREAD_ID;
    e._sigev_un._tid = gettid();
    T(timer_create(CLOCK_MONOTONIC, &e, &timer));
    its = (struct itimerspec){ .it_value.tv_nsec = 1000000 };
    sigprocmask(SIG_BLOCK, &expiry, 0);
    T(timer_settime(timer, 0, &its, 0));
    sigprocmask(SIG_UNBLOCK, &expiry, 0);
    usleep(20000);
    T(timer_getoverrun(timer));
    e._sigev_un._tid = 0x3fffff;
    T(timer_create(CLOCK_MONOTONIC, &e, &timer));
    T(timer_create(99, &e, &timer));
    return 0;
}
