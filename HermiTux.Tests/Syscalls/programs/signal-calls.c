/* The system calls of signals: dispositions, masks, queues, alternate stacks, stop and continue, what faults tell. */
#include "check.h"
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

struct kernel_action { void *handler; unsigned long flags; void *restorer; unsigned long mask; };

static sigjmp_buf back;
static siginfo_t last;
static int depth;

static void show_info(siginfo_t *i, int with_pid)
{
    printf("  signal %d code %d", i->si_signo, i->si_code);
    if (with_pid)
        printf(" pid %d uid %d", i->si_pid == getpid() ? 1 : i->si_pid, i->si_uid);
    puts("");
}

static void simple(int s) { printf("  handler %d\n", s); }

static void quiet(int s) { }

static void queued(int s, siginfo_t *i, void *c)
{
    printf("  handler %d code %d value %d\n", s, i->si_code, i->si_code == SI_USER || i->si_code == SI_TKILL ? 0 : i->si_value.sival_int);
}

static void nested(int s)
{
    static int entered;
    printf("  enter %d depth %d\n", s, ++depth);
    if (++entered % 3 != 0)
        raise(s);
    depth--;
    printf("  leave %d\n", s);
}

static void fault(int s, siginfo_t *i, void *c)
{
    last = *i;
    siglongjmp(back, 1);
}

static void on_stack(int s, siginfo_t *i, void *c)
{
    stack_t now, other = { .ss_sp = malloc(65536), .ss_size = 65536 };
    char here;
    ucontext_t *u = c;
    T(sigaltstack(0, &now));
    printf("  flags %x size %d within %d context %x\n", now.ss_flags, (int)now.ss_size, &here >= (char *)now.ss_sp && &here < (char *)now.ss_sp + now.ss_size, u->uc_stack.ss_flags);
    T(sigaltstack(&other, 0));
}

static void changes(int s, siginfo_t *i, void *c)
{
    ucontext_t *u = c;
    u->uc_mcontext.gregs[REG_R12] = 0x1234;
    u->uc_mcontext.gregs[REG_EFL] |= 1;
    u->uc_mcontext.fpregs->_xmm[7].element[0] = 0xabcdef;
    u->uc_mcontext.fpregs->mxcsr |= 0x6000;
    sigaddset(&u->uc_sigmask, SIGUSR2);
}

static void skips(int s, siginfo_t *i, void *c)
{
    ucontext_t *u = c;
    printf("  signal %d code %d trap %lld error %llx cr2 %llx\n", s, i->si_code, u->uc_mcontext.gregs[REG_TRAPNO], u->uc_mcontext.gregs[REG_ERR], u->uc_mcontext.gregs[REG_CR2]);
    u->uc_mcontext.gregs[REG_RIP] += 2;
    u->uc_mcontext.gregs[REG_EFL] &= ~0x100;
}

static void traced(int s, siginfo_t *i, void *c)
{
    ucontext_t *u = c;
    if (++depth >= 5)
        u->uc_mcontext.gregs[REG_EFL] &= ~0x100;
}

static void set(int s, void (*h)(int, siginfo_t *, void *), int flags)
{
    struct sigaction a = { .sa_sigaction = h, .sa_flags = flags | SA_SIGINFO };
    sigaction(s, &a, 0);
}

#define FAULT(s, statement)                                                                            \
    do {                                                                                               \
        memset(&last, 0, sizeof last);                                                                 \
        if (sigsetjmp(back, 1) == 0) {                                                                 \
            statement;                                                                                 \
            puts("no fault: " #statement);                                                             \
        } else                                                                                         \
            printf("%d: %s: signal %d code %d\n", __LINE__, #statement, last.si_signo, last.si_code);  \
    } while (0)

int main(void)
{
    sigset_t s, old;
    setvbuf(stdout, 0, _IOLBF, 0);

    puts("-- rt_sigaction");
    struct kernel_action a = { simple, ~0ul, 0, ~0ul }, o;
    T(syscall(SYS_rt_sigaction, SIGUSR1, &a, 0, 4));
    T(syscall(SYS_rt_sigaction, 0, 0, 0, 8));
    T(syscall(SYS_rt_sigaction, 65, 0, 0, 8));
    T(syscall(SYS_rt_sigaction, SIGKILL, &a, 0, 8));
    T(syscall(SYS_rt_sigaction, SIGKILL, 0, &o, 8));
    T(syscall(SYS_rt_sigaction, SIGSTOP, &a, 0, 8));
    T(syscall(SYS_rt_sigaction, SIGUSR1, BAD, 0, 8));
    T(syscall(SYS_rt_sigaction, SIGUSR1, 0, BAD, 8));
    T(syscall(SYS_rt_sigaction, SIGUSR1, &a, &o, 8));
    T(syscall(SYS_rt_sigaction, SIGUSR1, 0, &o, 8));
    printf("flags %lx mask %lx\n", o.flags, o.mask);
    signal(SIGUSR1, SIG_DFL);

    puts("-- rt_sigprocmask");
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigaddset(&s, SIGKILL);
    sigaddset(&s, SIGSTOP);
    T(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &s, 0, 4));
    T(syscall(SYS_rt_sigprocmask, 7, &s, 0, 8));
    T(syscall(SYS_rt_sigprocmask, 7, 0, &old, 8));
    T(syscall(SYS_rt_sigprocmask, SIG_BLOCK, BAD, 0, 8));
    T(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &s, BAD, 8));
    T(syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, &old, 8));
    printf("%lx\n", *(unsigned long *)&old);
    T(syscall(SYS_rt_sigpending, &old, 9));
    T(syscall(SYS_rt_sigpending, BAD, 8));
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    T(syscall(SYS_rt_sigpending, &old, 8));
    printf("%lx\n", *(unsigned long *)&old);
    signal(SIGUSR1, SIG_IGN);
    T(syscall(SYS_rt_sigpending, &old, 8));
    printf("%lx\n", *(unsigned long *)&old);
    raise(SIGUSR1);
    T(syscall(SYS_rt_sigpending, &old, 8));
    printf("%lx\n", *(unsigned long *)&old);
    signal(SIGUSR1, simple);
    puts("unblock");
    T(syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &s, 0, 8));

    puts("-- sending");
    T(kill(getpid(), 0));
    T(kill(getpid(), 65));
    T(kill(getpid(), -1));
    T(kill(0x3ffffff, 0));
    T(kill(-0x3ffffff, 0));
    T(kill(INT32_MIN, 0));
    T(syscall(SYS_tgkill, getpid(), gettid(), 0));
    T(syscall(SYS_tgkill, getpid(), 0, 0));
    T(syscall(SYS_tgkill, 0, gettid(), 0));
    T(syscall(SYS_tgkill, getpid(), 0x3ffffff, 0));
    T(syscall(SYS_tgkill, 1 + getpid(), gettid(), 0));
    T(syscall(SYS_tgkill, getpid(), gettid(), 65));
    T(syscall(SYS_tkill, 0, 0));
    T(syscall(SYS_tkill, 0x3ffffff, 0));
    siginfo_t i = { .si_code = SI_QUEUE };
    T(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, BAD));
    T(syscall(SYS_rt_sigqueueinfo, getpid(), 65, &i));
    T(syscall(SYS_rt_sigqueueinfo, 0x3ffffff, SIGUSR1, &i));
    T(syscall(SYS_rt_sigqueueinfo, getpid(), 0, &i));
    i.si_code = SI_USER;
    T(syscall(SYS_rt_sigqueueinfo, 0x3ffffff, SIGUSR1, &i));
    T(syscall(SYS_rt_tgsigqueueinfo, 0, gettid(), SIGUSR1, &i));
    T(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0x3ffffff, SIGUSR1, &i));
    set(SIGUSR1, queued, 0);
    i.si_code = SI_QUEUE;
    i.si_value.sival_int = 77;
    T(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &i));
    i.si_code = -60;
    T(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, &i));
    i.si_code = SI_TKILL;
    T(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, &i));

    puts("-- real-time queues");
    set(SIGRTMIN + 1, queued, 0);
    set(SIGRTMIN + 2, queued, 0);
    sigemptyset(&s);
    sigaddset(&s, SIGRTMIN + 1);
    sigaddset(&s, SIGRTMIN + 2);
    sigaddset(&s, SIGUSR1);
    sigprocmask(SIG_BLOCK, &s, 0);
    union sigval v;
    for (int k = 0; k < 3; k++) {
        v.sival_int = k;
        sigqueue(getpid(), SIGRTMIN + 2, v);
        sigqueue(getpid(), SIGRTMIN + 1, v);
        sigqueue(getpid(), SIGUSR1, v);
    }
    pthread_kill(pthread_self(), SIGRTMIN + 1);
    sigprocmask(SIG_UNBLOCK, &s, 0);
    /* The kernel counts what all processes of the user have queued, so only 0 is sure. */
    struct rlimit few = { 0, 0 }, was;
    getrlimit(RLIMIT_SIGPENDING, &was);
    few.rlim_max = was.rlim_max;
    setrlimit(RLIMIT_SIGPENDING, &few);
    sigprocmask(SIG_BLOCK, &s, 0);
    v.sival_int = 3;
    T(sigqueue(getpid(), SIGRTMIN + 1, v));
    T(sigqueue(getpid(), SIGUSR1, v));
    T(kill(getpid(), SIGRTMIN + 2));
    T(syscall(SYS_tgkill, getpid(), gettid(), SIGRTMIN + 1));
    sigprocmask(SIG_UNBLOCK, &s, 0);
    setrlimit(RLIMIT_SIGPENDING, &was);

    puts("-- order");
    set(SIGSEGV, queued, 0);
    set(SIGHUP, queued, 0);
    set(SIGTERM, queued, 0);
    sigfillset(&s);
    sigprocmask(SIG_SETMASK, &s, &old);
    kill(getpid(), SIGTERM);
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGSEGV);
    raise(SIGTERM);
    sigprocmask(SIG_SETMASK, &old, 0);

    puts("-- flags");
    struct sigaction f = { .sa_handler = nested, .sa_flags = SA_NODEFER };
    sigaction(SIGUSR1, &f, 0);
    raise(SIGUSR1);
    f.sa_flags = 0;
    sigaction(SIGUSR1, &f, 0);
    raise(SIGUSR1);
    f.sa_flags = SA_RESETHAND;
    f.sa_handler = simple;
    sigaction(SIGUSR1, &f, 0);
    raise(SIGUSR1);
    sigaction(SIGUSR1, 0, &f);
    printf("%d %x\n", f.sa_handler == SIG_DFL, (unsigned)f.sa_flags);

    puts("-- rt_sigtimedwait");
    struct timespec zero = { 0, 0 }, soon = { 0, 5000000 }, wrong = { 0, 1000000000 };
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigprocmask(SIG_BLOCK, &s, 0);
    T(syscall(SYS_rt_sigtimedwait, &s, &i, &zero, 4));
    T(syscall(SYS_rt_sigtimedwait, BAD, &i, &zero, 8));
    T(syscall(SYS_rt_sigtimedwait, &s, &i, BAD, 8));
    T(syscall(SYS_rt_sigtimedwait, &s, &i, &wrong, 8));
    T(syscall(SYS_rt_sigtimedwait, &s, &i, &zero, 8));
    T(syscall(SYS_rt_sigtimedwait, &s, &i, &soon, 8));
    kill(getpid(), SIGUSR1);
    T(syscall(SYS_rt_sigtimedwait, &s, &i, &soon, 8));
    show_info(&i, 1);
    raise(SIGUSR1);
    T(syscall(SYS_rt_sigtimedwait, &s, 0, 0, 8));
    raise(SIGUSR1);
    T(syscall(SYS_rt_sigtimedwait, &s, BAD, 0, 8));
    T(syscall(SYS_rt_sigtimedwait, &s, &i, &zero, 8));
    signal(SIGALRM, quiet);
    ualarm(3000, 3000); /* again and again, should the first come before the call */
    struct timespec far = { 100, 0 };
    T(syscall(SYS_rt_sigtimedwait, &s, &i, &far, 8));
    sigaddset(&s, SIGALRM);
    T(syscall(SYS_rt_sigtimedwait, &s, &i, &far, 8));
    ualarm(0, 0);
    show_info(&i, 0);

    puts("-- rt_sigsuspend and pause");
    sigemptyset(&s);
    T(syscall(SYS_rt_sigsuspend, &s, 4));
    T(syscall(SYS_rt_sigsuspend, BAD, 8));
    signal(SIGUSR1, simple);
    raise(SIGUSR1);
    T(sigsuspend(&s));
    sigprocmask(SIG_SETMASK, 0, &old);
    printf("%lx\n", *(unsigned long *)&old);
    ualarm(3000, 3000);
    T(pause());
    signal(SIGALRM, SIG_IGN);
    ualarm(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);

    puts("-- sigaltstack");
    static char area[65536];
    stack_t st = { .ss_sp = area, .ss_size = sizeof area }, got;
    T(sigaltstack(0, &got));
    printf("%x\n", got.ss_flags);
    st.ss_flags = 8;
    T(sigaltstack(&st, 0));
    st.ss_flags = 0;
    st.ss_size = 100;
    T(sigaltstack(&st, 0));
    st.ss_size = sizeof area;
    T(sigaltstack(BAD, 0));
    T(sigaltstack(&st, BAD));
    st.ss_flags = SS_ONSTACK;
    T(sigaltstack(&st, &got));
    T(sigaltstack(0, &got));
    printf("%x %d\n", got.ss_flags, got.ss_sp == area);
    set(SIGUSR2, on_stack, SA_ONSTACK);
    raise(SIGUSR2);
    st.ss_flags = 1u << 31;
    T(sigaltstack(&st, 0));
    raise(SIGUSR2);
    T(sigaltstack(0, &got));
    printf("%x %d\n", got.ss_flags, got.ss_sp == area);
    st.ss_flags = SS_DISABLE;
    T(sigaltstack(&st, 0));
    T(sigaltstack(0, &got));
    printf("%x %d %d\n", got.ss_flags, got.ss_sp == 0, (int)got.ss_size);

    puts("-- handlers that change registers");
    set(SIGUSR1, changes, 0);
    unsigned long r12, carry;
    unsigned int xmm, mxcsr;
    long tid = gettid(), pid = getpid();
    asm volatile("xorl %%r12d, %%r12d\n pxor %%xmm7, %%xmm7\n movl $234, %%eax\n clc\n syscall\n setc %b1\n movzbl %b1, %k1\n movq %%r12, %0\n movd %%xmm7, %2\n stmxcsr %3\n"
        : "=r"(r12), "=&r"(carry), "=r"(xmm), "=m"(mxcsr) : "D"(pid), "S"(tid), "d"((long)SIGUSR1) : "rax", "rcx", "r11", "r12", "xmm7", "memory", "cc");
    printf("%lx %ld %x %x\n", r12, carry, xmm, mxcsr & 0x6000);
    mxcsr = 0x1f80;
    asm volatile("ldmxcsr %0" : : "m"(mxcsr));
    sigprocmask(SIG_SETMASK, &none, &old);
    printf("%lx\n", *(unsigned long *)&old);

    puts("-- faults");
    for (int k = 0; k < 6; k++)
        set((int[]){ SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS }[k], fault, SA_NODEFER);
    char *page = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    volatile int z = 0, m = INT32_MIN, n = -1;
    FAULT(SIGSEGV, *(volatile char *)0 = 1);
    printf("%p\n", last.si_addr);
    FAULT(SIGSEGV, *(volatile char *)(page + 5) = 1);
    printf("%d\n", last.si_addr == page + 5);
    FAULT(SIGSEGV, (void)*(volatile char *)0x8000000000000000);
    printf("%p\n", last.si_addr);
    FAULT(SIGSEGV, (void)*(volatile char *)0xffffffff80000000);
    printf("%p\n", last.si_addr);
    FAULT(SIGSEGV, ((void (*)(void))page)());
    printf("%d\n", last.si_addr == page);
    FAULT(SIGSEGV, asm volatile("hlt"));
    FAULT(SIGSEGV, asm volatile("movq %0, %%rsp; pushq $1" : : "r"(16L)); puts(""));
    FAULT(SIGFPE, z = 1 / z);
    FAULT(SIGFPE, z = m / n);
    FAULT(SIGILL, asm volatile("ud2"));
    FAULT(SIGTRAP, asm volatile("int3"));
    FAULT(SIGTRAP, asm volatile("pushf; orl $0x100, (%rsp); popf; nop; nop"));
    FAULT(SIGBUS, asm volatile("pushf; orl $0x40000, (%%rsp); popf; movl 1(%0), %%eax" : : "r"(&far) : "eax"));
    asm volatile("pushf; andl $~0x40000, (%rsp); popf");
    int file = open("short", O_RDWR | O_CREAT, 0600);
    ftruncate(file, 100);
    char *map = mmap(0, 8192, PROT_READ, MAP_SHARED, file, 0);
    FAULT(SIGBUS, (void)*(volatile char *)(map + 4096));
    printf("%d\n", last.si_addr == map + 4096);
    double one = 1, nil = 0, big = 1e308, minus = -1;
    static const struct { int except; } kinds[] = { { FE_DIVBYZERO }, { FE_INVALID }, { FE_OVERFLOW }, { FE_UNDERFLOW }, { FE_INEXACT } };
    for (int k = 0; k < 5; k++) {
        fedisableexcept(FE_ALL_EXCEPT);
        feclearexcept(FE_ALL_EXCEPT);
        feenableexcept(kinds[k].except);
        volatile double a = k == 0 ? one : k == 1 ? nil : k == 2 ? big : k == 3 ? 1e-308 : one, b = k == 0 ? nil : k == 1 ? nil : k == 2 ? 1e-10 : k == 3 ? 1e100 : 3, c;
        FAULT(SIGFPE, c = a / b);
        volatile long double la = k == 2 ? 1e4000L : k == 3 ? 1e-4000L : (long double)a, lb = k == 2 ? 1e-4000L : k == 3 ? 1e4000L : (long double)b, lc;
        FAULT(SIGFPE, lc = la / lb; asm volatile("fwait"));
    }
    fedisableexcept(FE_ALL_EXCEPT);
    feclearexcept(FE_ALL_EXCEPT);
    asm volatile("fninit");

    set(SIGILL, skips, 0);
    asm volatile("ud2");
    set(SIGSEGV, skips, 0);
    asm volatile("xorl %%eax, %%eax; movb (%%rax), %%al" : : : "rax");
    asm volatile("movl $0x50, %%eax; movb %%al, (%%rax)" : : : "rax");
    set(SIGTRAP, traced, 0);
    depth = 0;
    asm volatile("pushf; orl $0x100, (%rsp); popf; nop; nop; nop; nop; nop; nop; nop; nop; nop");
    printf("traced %d\n", depth);

    puts("-- stop and continue");
    timer_t timer;
    struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT };
    timer_create(CLOCK_MONOTONIC, &e, &timer);
    signal(SIGCONT, quiet);
    struct itimerspec once = { .it_value.tv_nsec = 30000000, .it_interval.tv_nsec = 30000000 }, never = { 0 };
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    timer_settime(timer, 0, &once, 0);
    T(raise(SIGSTOP));
    timer_settime(timer, 0, &never, 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("%d\n", (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 30000000);
    signal(SIGCONT, SIG_DFL);
    sigemptyset(&s);
    sigaddset(&s, SIGTSTP);
    sigaddset(&s, SIGCONT);
    sigprocmask(SIG_BLOCK, &s, 0);
    raise(SIGTSTP);
    sigpending(&old);
    printf("%d %d\n", sigismember(&old, SIGTSTP), sigismember(&old, SIGCONT));
    raise(SIGCONT);
    sigpending(&old);
    printf("%d %d\n", sigismember(&old, SIGTSTP), sigismember(&old, SIGCONT));
    signal(SIGCONT, simple);
    raise(SIGCONT);
    sigpending(&old);
    printf("%d %d\n", sigismember(&old, SIGTSTP), sigismember(&old, SIGCONT));
    raise(SIGTTIN);
    sigpending(&old);
    printf("%d %d\n", sigismember(&old, SIGTTIN), sigismember(&old, SIGCONT));

    puts("-- a signal that can't be delivered");
    signal(SIGSEGV, simple);
    sigprocmask(SIG_SETMASK, &none, 0);
    sigaddset(&s, SIGSEGV);
    sigprocmask(SIG_BLOCK, &s, 0);
    *(volatile int *)0 = 1;
    return 0;
}
