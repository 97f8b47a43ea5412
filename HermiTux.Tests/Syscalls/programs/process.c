#include "check.h"
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/mman.h>
#include <time.h>
#include <asm/prctl.h>

static volatile int caught;
static void handler(int number) { caught = number; }

static void identity(void)
{
    T(getuid()); T(geteuid()); T(getgid());
    T(setgroups(0, 0));
    T(getgroups(0, 0));
    gid_t g[2] = { 7, 5 };
    T(setgroups(2, g));
    T(getgroups(1, g));
    T(getgroups(2, g));
    T(g[0] * 10 + g[1]);
    T(setresgid(-1, 12, 13));
    gid_t a, b, c;
    T(getresgid(&a, &b, &c));
    printf("%d %d %d\n", a, b, c);
    T(syscall(SYS_setuid, -1));
    T(syscall(SYS_setresuid, -1, 1000, -1));
    T(syscall(SYS_setuid, 5));
    T(syscall(SYS_setreuid, 5, -1));
    T(syscall(SYS_setgroups, 0, 0));
    T(syscall(SYS_setfsuid, 1000));
    T(syscall(SYS_setfsuid, 77));
    T(syscall(SYS_setfsuid, -1));
    T(syscall(SYS_sethostname, "x", 1));
    T(syscall(SYS_setresuid, -1, 0, -1));
    T(geteuid());
    T(syscall(SYS_setpgid, 0, -1));
    T(getpgid(99999));
}

static void limits(void)
{
    struct rlimit64 r;
    T(syscall(SYS_prlimit64, 0, 99, 0, &r));
    T(syscall(SYS_getrlimit, RLIMIT_CORE, BAD));
    struct rlimit l = { 20, 10 };
    T(setrlimit(RLIMIT_CORE, &l));
    l.rlim_cur = 5;
    T(setrlimit(RLIMIT_CORE, &l));
    T(getrlimit(RLIMIT_CORE, &l));
    T(l.rlim_cur * 100 + l.rlim_max);
    struct rlimit n = { 8, 64 };
    T(setrlimit(RLIMIT_NOFILE, &n));
    T(dup(0) < 8);
    T(fcntl(0, F_DUPFD, 8));
    struct rlimit f = { 10, 100 };
    signal(SIGXFSZ, handler);
    T(setrlimit(RLIMIT_FSIZE, &f));
    int fd = open("limited", O_RDWR | O_CREAT | O_TRUNC, 0600);
    T(write(fd, "0123456789abcdef", 16));
    T(write(fd, "x", 1));
    T(caught);
    close(fd);
    struct rusage u;
    T(getrusage(RUSAGE_SELF, &u));
    T(getrusage(77, &u));
    T(syscall(SYS_getpriority, PRIO_PROCESS, 0));
    T(setpriority(PRIO_PROCESS, 0, 100));
    T(syscall(SYS_getpriority, PRIO_PROCESS, 0));
    T(syscall(SYS_getpriority, 9, 0));
}

static void clocks(void)
{
    struct timespec t;
    T(clock_gettime(CLOCK_REALTIME, &t));
    T(syscall(SYS_clock_gettime, 99, &t));
    T(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, BAD));
    T(clock_getres(CLOCK_MONOTONIC, &t));
    printf("%ld %ld\n", t.tv_sec, t.tv_nsec);
    T(syscall(SYS_clock_getres, 99, 0));
    t.tv_sec = 0; t.tv_nsec = 1000;
    T(nanosleep(&t, 0));
    t.tv_nsec = 1000000000;
    T(syscall(SYS_nanosleep, &t, 0));
    t.tv_nsec = -1;
    T(syscall(SYS_nanosleep, &t, 0));
    T(syscall(SYS_nanosleep, BAD, 0));
    t.tv_nsec = 0;
    T(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0));
    T(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t, 0));
    OK(syscall(SYS_time, 0));
    T(syscall(SYS_time, BAD));
    struct tms m;
    OK(times(&m));
    T(syscall(SYS_alarm, 100));
    T(syscall(SYS_alarm, 0));
    struct itimerval i = { { 0, 0 }, { 0, 2000000 } };
    T(setitimer(ITIMER_REAL, &i, 0));
    T(setitimer(9, &i, 0));
    signal(SIGALRM, handler);
    i.it_value.tv_usec = 20000;
    T(setitimer(ITIMER_REAL, &i, 0));
    T(pause());
    T(caught);
    i.it_value.tv_usec = 20000;
    setitimer(ITIMER_REAL, &i, 0);
    t.tv_sec = 5; t.tv_nsec = 0;
    struct timespec rest;
    T(nanosleep(&t, &rest));
    T(rest.tv_sec);
}

static void settings(void)
{
    char name[16];
    T(prctl(PR_SET_NAME, "a name that is much too long"));
    T(prctl(PR_GET_NAME, name));
    puts(name);
    T(prctl(PR_SET_NAME, BAD));
    T(prctl(PR_GET_DUMPABLE));
    T(prctl(PR_SET_DUMPABLE, 5));
    T(prctl(PR_SET_PDEATHSIG, 65));
    T(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 1));
    T(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    T(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    T(prctl(PR_GET_TIMERSLACK));
    T(prctl(PR_CAPBSET_READ, 999));
    T(prctl(9999));
    T(syscall(SYS_arch_prctl, 0x3001, 0));
    T(syscall(SYS_arch_prctl, ARCH_SET_FS, 0xffffffff00000000));
    T(syscall(SYS_arch_prctl, ARCH_GET_FS, BAD));
    T(personality(0xffffffff));
    T(sched_get_priority_max(SCHED_FIFO));
    T(sched_get_priority_max(99));
    T(sched_getscheduler(0));
    struct sched_param param = { 5 };
    T(sched_setscheduler(0, SCHED_OTHER, &param));
    T(sched_getparam(0, &param));
    T(param.sched_priority);
    T(sched_yield());
    unsigned long mask;
    T(syscall(SYS_sched_getaffinity, 0, 4, &mask));
    T(syscall(SYS_sched_getaffinity, 99999, 64, &mask));
    T(syscall(SYS_getrandom, name, 16, 0));
    T(syscall(SYS_getrandom, name, 16, 99));
    T(syscall(SYS_getrandom, BAD, 16, 0));
    T(syscall(SYS_membarrier, 0, 1, 0));
    T(syscall(SYS_set_robust_list, 0, 3));
    T(syscall(SYS_futex, BAD, 0, 0, 0));
    T(syscall(SYS_futex, (char *)&mask + 1, 0, 0, 0));
    mask = 5;
    T(syscall(SYS_futex, &mask, 0, 4, 0));
    T(syscall(SYS_futex, &mask, 1, 4, 0));
    struct timespec t = { 0, 1000 };
    T(syscall(SYS_futex, &mask, 0, 5, &t));
    T(syscall(SYS_futex, &mask, 9, 5, &t, 0, 0));
    T(syscall(SYS_futex, &mask, 9, 5, &t, 0, -1));
    T(syscall(SYS_futex, &mask, 99, 5, &t, 0, -1));
    T(syscall(SYS_execve, "missing", 0, 0));
    T(syscall(SYS_execve, "/dev/null", 0, 0));
    T(syscall(SYS_execve, BAD, 0, 0));
    T(syscall(SYS_execve, "/bin/true", BAD, 0));
    T(waitpid(-1, 0, 0));
    T(waitpid(-1, 0, 99));
    T(kill(0, 0) || 1);
    T(kill(getpid(), 99));
    T(kill(999999, 0));
    T(syscall(SYS_tgkill, getpid(), 999999, 0));
    T(syscall(SYS_tgkill, -1, getpid(), 0));
}

static void signals(void)
{
    sigset_t set, old;
    struct sigaction action = { .sa_handler = handler };
    T(sigaction(SIGUSR1, &action, 0));
    T(syscall(SYS_rt_sigaction, SIGKILL, &action, 0, 8));
    T(syscall(SYS_rt_sigaction, SIGUSR1, 0, 0, 4));
    T(syscall(SYS_rt_sigaction, 65, 0, 0, 8));
    sigemptyset(&set); sigaddset(&set, SIGUSR1);
    T(sigprocmask(SIG_BLOCK, &set, &old));
    T(syscall(SYS_rt_sigprocmask, 9, &set, 0, 8));
    caught = 0;
    T(kill(getpid(), SIGUSR1));
    T(caught);
    T(sigpending(&old));
    T(sigismember(&old, SIGUSR1));
    struct timespec t = { 0, 0 };
    T(sigtimedwait(&set, 0, &t));
    T(sigtimedwait(&set, 0, &t));
    raise(SIGUSR1);
    sigemptyset(&old);
    T(sigsuspend(&old));
    T(caught);
    T(sigprocmask(SIG_UNBLOCK, &set, 0));
    stack_t s = { .ss_flags = 77 };
    T(sigaltstack(&s, 0));
    s.ss_flags = 0; s.ss_size = 100; s.ss_sp = &s;
    T(sigaltstack(&s, 0));
    T(sigaltstack(0, &s));
    T(s.ss_flags);
}

int main(void)
{
    setpriority(PRIO_PROCESS, 0, 0); /* The tests may run under nice(1), guests never do. */
    settings();
    clocks();
    signals();
    identity();
    limits();
    return 0;
}
