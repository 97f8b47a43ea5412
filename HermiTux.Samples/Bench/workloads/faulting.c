/* Faults: nanoseconds for a wild store that a SIGSEGV handler skips, and for a page that the handler makes writable. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

static char *page;
static long seen, skipped;

static void handle(int signal, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    seen++;
    if (info->si_addr == page) {
        mprotect(page, 4096, PROT_READ | PROT_WRITE);
        return;
    }
    skipped++;
    u->uc_mcontext.gregs[REG_RIP] += 3; /* movb $1, (reg) */
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, NULL);
    page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < rounds; i++) {
        __asm__ volatile("movb $1, (%0)" : : "a"(16L + i) : "memory");
        page[0] = (char)i;
        mprotect(page, 4096, PROT_READ);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    fprintf(stderr, "ns_per_call %.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / rounds / 2);
    printf("%ld %ld\n", seen, skipped);
    return 0;
}
