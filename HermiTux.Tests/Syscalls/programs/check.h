/* Prints the result of a raw system call and errno's name: what the native run and the guest's must agree on. */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define T(expression)                                                                                   \
    do {                                                                                                \
        errno = 0;                                                                                      \
        long result_ = (long)(expression);                                                              \
        int error_ = errno;                                                                             \
        printf("%d: %s = %ld %s\n", __LINE__, #expression, result_, error_ ? strerrorname_np(error_) : ""); \
        fflush(stdout);                                                                                 \
    } while (0)

/* For results that differ from run to run (addresses, times): only whether it worked. */
#define OK(expression)                                                                                  \
    do {                                                                                                \
        errno = 0;                                                                                      \
        long result_ = (long)(expression);                                                              \
        int error_ = errno;                                                                             \
        printf("%d: %s %s %s\n", __LINE__, #expression, result_ == -1 ? "fails" : "works", error_ ? strerrorname_np(error_) : ""); \
        fflush(stdout);                                                                                 \
    } while (0)

#define BAD ((void *)8)

/* Whoever starts the program may have signals blocked. */
__attribute__((constructor)) static void unblock_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
}

/* Waits until every other thread of the process sleeps in a call: what they do next depends on nobody's timing. Who must not count as asleep meanwhile spins. */
__attribute__((unused)) static void settle(void)
{
    for (int calm = 0; calm < 3;) {
        int others = 0, asleep = 0;
        DIR *tasks = opendir("/proc/self/task");
        for (struct dirent *e; (e = readdir(tasks));) {
            char path[300], text[300] = { 0 };
            if (e->d_name[0] == '.' || atoi(e->d_name) == gettid())
                continue;
            snprintf(path, sizeof path, "/proc/self/task/%s/stat", e->d_name);
            int fd = open(path, O_RDONLY);
            if (fd < 0)
                continue;
            read(fd, text, sizeof text - 1);
            close(fd);
            others++;
            char *end = strrchr(text, ')');
            asleep += end && end[2] == 'S';
        }
        closedir(tasks);
        calm = others == asleep ? calm + 1 : 0;
        usleep(500);
    }
}

/* Accesses that may fault: the byte, or minus a hundred times the code and the signal. */
static sigjmp_buf fault_escape;
static volatile int fault_code;

static void on_fault(int sig, siginfo_t *info, void *unused)
{
    (void)unused;
    fault_code = info->si_code * 100 + sig;
    siglongjmp(fault_escape, 1);
}

__attribute__((unused)) static void catch_faults(void)
{
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, 0);
    sigaction(SIGBUS, &action, 0);
}

__attribute__((unused)) static long peek(volatile char *p)
{
    fault_code = 0;
    return sigsetjmp(fault_escape, 1) ? -fault_code : *p;
}

__attribute__((unused)) static long poke(volatile char *p, char c)
{
    fault_code = 0;
    if (sigsetjmp(fault_escape, 1))
        return -fault_code;
    *p = c;
    return 0;
}
