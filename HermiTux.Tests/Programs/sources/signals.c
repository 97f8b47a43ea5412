#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t count, depth, last;

static void plain(int sig) { count++; last = sig; }

static void info(int sig, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;
    char here;
    stack_t old;
    sigaltstack(NULL, &old);
    printf("sig %d code %d value %d pid %d onstack %d flags %d rsp-in-alt %d\n", sig, si->si_code, si->si_value.sival_int, si->si_pid == getpid(),
           old.ss_flags & SS_ONSTACK, sigismember(&uc->uc_sigmask, SIGUSR2),
           &here >= (char *)old.ss_sp && &here < (char *)old.ss_sp + old.ss_size);
}

static void skip(int sig, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;
    printf("fault %d code %d trap %lld err %lld addr %p\n", sig, si->si_code, (long long)uc->uc_mcontext.gregs[REG_TRAPNO],
           (long long)uc->uc_mcontext.gregs[REG_ERR], sig == SIGSEGV ? si->si_addr : NULL);
    uc->uc_mcontext.gregs[REG_RIP] = uc->uc_mcontext.gregs[REG_R12];
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    signal(SIGUSR1, plain);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    printf("count %d last %d\n", count, last);

    sigset_t set, old, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    printf("pending %d count %d\n", sigismember(&pending, SIGUSR1), count);
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("after %d\n", count);

    static char stack[65536];
    stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
    sigaltstack(&alt, NULL);
    struct sigaction sa = { .sa_sigaction = info, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaddset(&sa.sa_mask, SIGUSR2);
    sigaction(SIGRTMIN, &sa, NULL);
    sigaction(SIGUSR2, &sa, NULL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 10 + i });
    sigprocmask(SIG_SETMASK, &old, NULL);
    raise(SIGUSR2);

    sigprocmask(SIG_BLOCK, &set, NULL);
    sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 99 });
    siginfo_t si;
    int r = sigwaitinfo(&set, &si);
    printf("sigwaitinfo %d value %d\n", r == SIGRTMIN, si.si_value.sival_int);
    struct timespec zero = { 0, 1000000 };
    r = sigtimedwait(&set, &si, &zero);
    printf("sigtimedwait %d %d\n", r, errno == EAGAIN);
    sigprocmask(SIG_SETMASK, &old, NULL);

    sa.sa_sigaction = skip;
    sa.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGFPE, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    sigaction(SIGTRAP, &sa, NULL);
    __asm__ volatile("lea 1f(%%rip), %%r12\n movq $1, 0x1234\n1:" ::: "r12", "memory");
    __asm__ volatile("lea 1f(%%rip), %%r12\n mov $0x8000000000000000, %%rax\n mov (%%rax), %%rax\n1:" ::: "r12", "rax", "memory");
    __asm__ volatile("lea 1f(%%rip), %%r12\n xor %%ecx, %%ecx\n mov $1, %%eax\n cltd\n idiv %%ecx\n1:" ::: "r12", "rax", "rcx", "rdx");
    __asm__ volatile("lea 1f(%%rip), %%r12\n ud2\n1:" ::: "r12");
    __asm__ volatile("lea 1f(%%rip), %%r12\n int3\n1:" ::: "r12");
    __asm__ volatile("lea 1f(%%rip), %%r12\n hlt\n1:" ::: "r12");

    signal(SIGALRM, plain);
    count = 0;
    struct itimerval it = { { 0, 0 }, { 0, 20000 } };
    setitimer(ITIMER_REAL, &it, NULL);
    struct timespec sleep = { 5, 0 }, rest;
    r = nanosleep(&sleep, &rest);
    printf("nanosleep %d %d count %d rest %d\n", r, errno == EINTR, count, rest.tv_sec == 4);
    setitimer(ITIMER_REAL, &it, NULL);
    while (count < 2)
        ;
    puts("spin interrupted");
    setitimer(ITIMER_REAL, &it, NULL);
    sigset_t empty;
    sigemptyset(&empty);
    r = sigsuspend(&empty);
    printf("sigsuspend %d %d count %d\n", r, errno == EINTR, count);

    struct sigaction restart = { .sa_handler = plain, .sa_flags = SA_RESTART };
    sigaction(SIGALRM, &restart, NULL);
    int p[2];
    if (pipe(p))
        return 1;
    setitimer(ITIMER_REAL, &it, NULL);
    timer_t timer;
    struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    struct itimerspec its = { { 0, 0 }, { 0, 60000000 } };
    timer_create(CLOCK_MONOTONIC, &ev, &timer);
    timer_settime(timer, 0, &its, NULL);
    struct sigaction norestart = { .sa_handler = plain };
    sigaction(SIGUSR1, &norestart, NULL);
    char c;
    r = (int)read(p[0], &c, 1);
    printf("read %d %d count %d\n", r, errno == EINTR, count);
    sa.sa_handler = SIG_DFL;
    sa.sa_flags = 0;
    sigaction(SIGSEGV, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
    close(p[0]);
    r = (int)write(p[1], "x", 1);
    printf("write %d %d\n", r, errno == EPIPE);
    signal(SIGABRT, plain);
    count = 0;
    fflush(stdout);
    abort();
}
