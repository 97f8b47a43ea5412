/* A hostile guest: random system calls with random and nasty arguments. Whatever happens must happen to the guest alone. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static uint64_t state;
static char arena[1 << 16];

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static sigjmp_buf escape;

static void ignore(int sig) { (void)sig; }

static void survive(int sig) { siglongjmp(escape, sig); }

static long argument(void *edge)
{
    static const long values[] = { 0, 1, 2, 3, 4, 5, 7, 8, 16, 24, 64, 100, 255, 4095, 4096, 8192, 65536, 0x7fffffff, 0x80000000, 0xffffffff, -1, -2, -100, -4096,
                                   0x7fffffffffffffff, (long)0x8000000000000000, 0x7ffffffff000, 0x7fffffffefff, 0x800000000000, (long)0xffff800000000000,
                                   (long)0xffffffffff600000, 0x100000000, 0x10000000000 };
    switch (next() % 8) {
    case 0:
    case 1:
        return values[next() % (sizeof values / sizeof *values)];
    case 2:
        return (long)next();
    case 3:
        return (long)(next() % 64);
    case 4:
        return (long)edge - (long)(next() % 40);
    case 5:
        return 1l << (next() % 64);
    default:
        /* A buffer with random content, at times strings that are paths. */
        if (next() % 2) {
            static const char *const paths[] = { "/", ".", "..", "/proc/self/maps", "/proc/self/fd/1", "/dev/zero", "/tmp/a", "/tmp/a/b", "/tmp/../tmp/./b", "", "/proc/self/exe",
                                                 "/dev/full", "/tmp", "/proc", "/dev/random", "/tmp/\xff\xfe", "/proc/self/mem", "/etc/passwd" };
            char *p = arena + next() % 60000;
            strcpy(p, paths[next() % (sizeof paths / sizeof *paths)]);
            return (long)p;
        }
        return (long)(arena + next() % sizeof arena);
    }
}

int main(int argc, char **argv)
{
    state = 88172645463325252ULL ^ (argc > 1 ? strtoull(argv[1], 0, 10) * 0x9E3779B97F4A7C15ULL : 0);
    long count = argc > 2 ? atol(argv[2]) : 2000;
    /* The page after this one is not there. */
    char *edge = (char *)mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096;
    munmap(edge, 4096);
    struct sigaction sa = { .sa_handler = ignore };
    sigaction(SIGALRM, &sa, 0);
    /* What the calls do to us is survived, as far as it goes, so that there are more of them. */
    static char stack[1 << 16];
    stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack };
    sigaltstack(&ss, 0);
    sa = (struct sigaction){ .sa_handler = survive, .sa_flags = SA_ONSTACK | SA_NODEFER };
    static const int faults[] = { SIGSEGV, SIGBUS, SIGSYS, SIGPIPE, SIGXFSZ, SIGXCPU, SIGPROF, SIGVTALRM, SIGTRAP };
    for (unsigned k = 0; k < sizeof faults / sizeof *faults; k++)
        sigaction(faults[k], &sa, 0);
    struct itimerval it = { { 0, 3000 }, { 0, 3000 } };
    static volatile long i;
    sigsetjmp(escape, 1);
    for (; i < count; i++) {
        long nr = (long)(next() % 470);
        switch (nr) {
        case SYS_exit: case SYS_exit_group: case SYS_kill: case SYS_tkill: case SYS_tgkill: case SYS_rt_sigreturn: case SYS_execve: case SYS_execveat:
        case SYS_rt_sigaction: case SYS_rt_sigprocmask: case SYS_vfork: case SYS_fork: case SYS_clone: case SYS_clone3: case SYS_rt_tgsigqueueinfo:
        case SYS_rt_sigqueueinfo: case SYS_reboot: case SYS_setitimer: case SYS_alarm: case SYS_pidfd_send_signal: case SYS_set_robust_list: case SYS_sigaltstack:
            continue;
        }
        if (i % 16 == 0) {
            for (int k = 0; k < 64; k++)
                ((uint64_t *)arena)[next() % (sizeof arena / 8)] = next() % 3 ? (uint64_t)argument(edge) : next();
            setitimer(ITIMER_REAL, &it, 0);
        }
        long a[6];
        for (int k = 0; k < 6; k++)
            a[k] = argument(edge);
        /* Don't unmap or protect the ground under our own feet. */
        if ((nr == SYS_munmap || nr == SYS_mprotect || nr == SYS_mremap || nr == SYS_madvise || nr == SYS_mmap || nr == SYS_pkey_mprotect || nr == SYS_shmat || nr == SYS_remap_file_pages) && next() % 4)
            a[0] = (long)mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
    return 0;
}
