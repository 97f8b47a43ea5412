/* seccomp: strict mode, filters with each action, what is refused. */
#include "check.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <ucontext.h>

static long seccomp(int op, int flags, void *p) { return syscall(SYS_seccomp, op, flags, p); }

static void trapped(int s, siginfo_t *i, void *c)
{
    ucontext_t *u = c;
    printf("  SIGSYS code %d errno %d syscall %d arch %x rax %lld\n", i->si_code, i->si_errno, i->si_syscall, i->si_arch, u->uc_mcontext.gregs[REG_RAX]);
    u->uc_mcontext.gregs[REG_RAX] = 4711;
}

static int install(struct sock_filter *code, int n, int flags)
{
    struct sock_fprog prog = { n, code };
    return seccomp(SECCOMP_SET_MODE_FILTER, flags, &prog);
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(x) BPF_STMT(BPF_RET | BPF_K, x)
#define N(x) (sizeof(x) / sizeof *(x))

static void *other(void *p)
{
    T(syscall(SYS_getppid));
    T(prctl(PR_GET_SECCOMP));
    return 0;
}

static void *waits(void *p)
{
    while (!*(volatile int *)p)
        usleep(1000);
    T(syscall(SYS_getpgid, 0) > 0);
    return 0;
}

static void *killed(void *p)
{
    syscall(SYS_getpriority, 0, 0);
    puts("not reached");
    return 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    uint32_t action = SECCOMP_RET_ERRNO, unknown = 0x12340000;
    T(prctl(PR_GET_SECCOMP));
    T(seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action));
    T(seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &unknown));
    T(seccomp(SECCOMP_GET_ACTION_AVAIL, 1, &action));
    T(seccomp(SECCOMP_GET_ACTION_AVAIL, 0, BAD));
    T(seccomp(99, 0, 0));
    T(seccomp(SECCOMP_SET_MODE_STRICT, 1, 0));
    T(seccomp(SECCOMP_SET_MODE_FILTER, 0x8000, 0));
    T(seccomp(SECCOMP_SET_MODE_FILTER, 0, BAD));
    T(prctl(PR_SET_SECCOMP, 7, 0));

    /* Programs that are refused. */
    struct sock_filter none[1] = { RET(SECCOMP_RET_ALLOW) };
    T(install(none, 0, 0));
    struct sock_filter no_end[] = { LOAD(nr) };
    T(install(no_end, 1, 0));
    struct sock_filter odd[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RET(SECCOMP_RET_ALLOW) };
    T(install(odd, 2, 0));
    struct sock_filter beyond[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RET(SECCOMP_RET_ALLOW) };
    T(install(beyond, 2, 0));
    struct sock_filter byte[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RET(SECCOMP_RET_ALLOW) };
    T(install(byte, 2, 0));
    struct sock_filter jump[] = { BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0), RET(SECCOMP_RET_ALLOW) };
    T(install(jump, 2, 0));
    struct sock_filter zero[] = { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(SECCOMP_RET_ALLOW) };
    T(install(zero, 2, 0));
    struct sock_filter mem[] = { BPF_STMT(BPF_LD | BPF_MEM, 3), RET(SECCOMP_RET_ALLOW) };
    T(install(mem, 2, 0));
    struct sock_filter mod[] = { BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RET(SECCOMP_RET_ALLOW) };
    T(install(mod, 2, 0));
    T(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));

    /* Arithmetic, scratch memory and jumps decide on getppid: errno 33 if all is right. */
    struct sock_filter sums[] = {
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 22),
        BPF_STMT(BPF_LD | BPF_IMM, 100),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 20),
        BPF_STMT(BPF_ST, 4),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 3),
        BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1800 - 32),
        BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 1),
        BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 2),
        BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 1),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0xff),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
        BPF_STMT(BPF_ALU | BPF_NEG, 0),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
        BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1),
        BPF_STMT(BPF_STX, 2),
        BPF_STMT(BPF_LDX | BPF_MEM, 4),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 2),
        BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
        BPF_STMT(BPF_RET | BPF_A, 0),
        RET(SECCOMP_RET_ERRNO | 99),
        RET(SECCOMP_RET_ALLOW),
    };
    T(install(sums, N(sums), 0));
    T(syscall(SYS_getppid) > 0 ? 0 : -1);
    T(prctl(PR_GET_SECCOMP));

    /* Another on top: by argument, and with each action. */
    signal(SIGSYS, SIG_DFL);
    struct sigaction a = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO };
    sigaction(SIGSYS, &a, 0);
    struct sock_filter more[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        RET(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 4),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1000, 0, 1),
        RET(SECCOMP_RET_ERRNO | 5000),
        RET(SECCOMP_RET_ALLOW),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsid, 0, 1),
        RET(SECCOMP_RET_TRAP | 77),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
        RET(SECCOMP_RET_TRACE),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        RET(SECCOMP_RET_ERRNO | 7),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
        RET(SECCOMP_RET_KILL_THREAD),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsid, 0, 1),
        RET(SECCOMP_RET_KILL_PROCESS),
        RET(SECCOMP_RET_ALLOW),
    };
    int go = 0;
    pthread_t t, w;
    pthread_create(&w, 0, waits, &go);
    T(install(more, N(more), SECCOMP_FILTER_FLAG_TSYNC));
    T(syscall(SYS_getpgid, 0) > 0);
    T(syscall(SYS_getpgid, 1000000));
    T(syscall(SYS_getsid, 0));
    T(syscall(SYS_getuid));
    T(syscall(SYS_getppid));
    pthread_create(&t, 0, other, 0);
    pthread_join(t, 0);
    go = 1;
    pthread_join(w, 0);
    pthread_create(&t, 0, killed, 0);
    pthread_join(t, 0);
    puts("still here");
    char text[4000] = { 0 };
    int f = open("/proc/self/status", O_RDONLY);
    read(f, text, 3999);
    char *at = strstr(text, "NoNewPrivs");
    printf("%.13s %.10s %.17s\n", at, strstr(at, "Seccomp:"), strstr(at, "Seccomp_filters"));
    syscall(SYS_setsid);
    puts("not reached");
    return 0;
}
