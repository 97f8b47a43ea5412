/* Restartable sequences: registration, and critical sections that signals and preemption abort. */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/rseq.h>
#include <sys/time.h>
#include <ucontext.h>

#define SIGNATURE 0x53053053
#define THREADS 4
#define ROUNDS 20000

struct area { uint32_t cpu_id_start, cpu_id; uint64_t cs; uint32_t flags, node, mm_cid, pad; } __attribute__((aligned(32)));

static struct area *mine(void) { return (struct area *)((char *)__builtin_thread_pointer() + __rseq_offset); }

static long counters[64][16];
static volatile long aborts, done;

/* Adds one to this CPU's counter: 1 when it was aborted. */
static int add_here(struct area *a)
{
    int result = 0;
    uint32_t cpu = a->cpu_id_start;
    asm volatile goto(
        ".pushsection __rseq_cs, \"aw\"\n"
        ".balign 32\n"
        "3: .long 0, 0\n"
        ".quad 1f, 2f - 1f, 4f\n"
        ".popsection\n"
        "leaq 3b(%%rip), %%rax\n"
        "movq %%rax, 8(%0)\n"
        "1:\n"
        "cmpl %1, 4(%0)\n"
        "jnz 4f\n"
        "movq (%2), %%rcx\n"
        "incq %%rcx\n"
        "movl $40, %%edx\n"
        "5: decl %%edx\n"
        "jnz 5b\n"
        "movq %%rcx, (%2)\n"
        "2:\n"
        ".pushsection __rseq_failure, \"ax\"\n"
        ".byte 0x0f, 0xb9, 0x3d\n"
        ".long 0x53053053\n"
        "4: jmp %l[aborted]\n"
        ".popsection\n"
        : : "r"(a), "r"(cpu), "r"(&counters[cpu & 63][0]) : "memory", "rax", "rcx", "rdx", "cc" : aborted);
    return 0;
aborted:
    return 1;
}

static void *adds(void *p)
{
    for (int i = 0; i < ROUNDS; i++)
        while (add_here(mine()))
            __sync_fetch_and_add(&aborts, 1);
    return 0;
}

static void on_timer(int s) { done++; }

volatile int in_section;
uint64_t stopped_at, section_start, section_end;

static void on_signal(int s, siginfo_t *i, void *c)
{
    ucontext_t *u = c;
    stopped_at = u->uc_mcontext.gregs[REG_RIP];
    in_section = 0;
}

/* Spins inside a critical section until a signal's handler says stop: the handler must see the abort address. */
static int spins(struct area *a)
{
    asm volatile goto(
        ".pushsection __rseq_cs, \"aw\"\n"
        ".balign 32\n"
        "3: .long 0, 0\n"
        ".quad 1f, 2f - 1f, 4f\n"
        ".popsection\n"
        "leaq 3b(%%rip), %%rax\n"
        "leaq 1f(%%rip), %%rcx\n"
        "movq %%rcx, section_start(%%rip)\n"
        "leaq 2f(%%rip), %%rcx\n"
        "movq %%rcx, section_end(%%rip)\n"
        "movq %%rax, 8(%0)\n"
        "1:\n"
        "cmpl $0, in_section(%%rip)\n"
        "jnz 1b\n"
        "2:\n"
        ".pushsection __rseq_failure, \"ax\"\n"
        ".byte 0x0f, 0xb9, 0x3d\n"
        ".long 0x53053053\n"
        "4: jmp %l[aborted]\n"
        ".popsection\n"
        : : "r"(a) : "memory", "rax", "rcx", "cc" : aborted);
    return 0;
aborted:
    return 1;
}

static void *unregisters(void *p)
{
    struct area *a = mine(), own;
    memset(&own, 0, sizeof own);
    T(syscall(SYS_rseq, a, 32, 0, SIGNATURE));
    T(syscall(SYS_rseq, a, 32, 0, 1));
    T(syscall(SYS_rseq, &own, 32, 0, SIGNATURE));
    T(syscall(SYS_rseq, a, 32, 2, SIGNATURE));
    T(syscall(SYS_rseq, &own, 32, 1, SIGNATURE));
    T(syscall(SYS_rseq, a, 32, 1, 1));
    T(syscall(SYS_rseq, a, 32, 1, SIGNATURE));
    printf("%d\n", (int)a->cpu_id);
    T(syscall(SYS_rseq, a, 32, 1, SIGNATURE));
    T(syscall(SYS_rseq, 0, 32, 1, SIGNATURE));
    T(syscall(SYS_rseq, &own, 16, 0, SIGNATURE));
    T(syscall(SYS_rseq, (char *)&own + 4, 32, 0, SIGNATURE));
    T(syscall(SYS_rseq, 32ul, 32, 0, SIGNATURE));
    T(syscall(SYS_rseq, &own, 32, 0, SIGNATURE));
    printf("%d\n", own.cpu_id == own.cpu_id_start && own.cpu_id < 64 && own.node == 0);
    T(syscall(SYS_rseq, &own, 32, 1, SIGNATURE));
    return 0;
}

int main(void)
{
    pthread_t t[THREADS];
    setvbuf(stdout, 0, _IOLBF, 0);
    printf("%d %x\n", __rseq_size, __rseq_flags);
    printf("%d\n", mine()->cpu_id == (uint32_t)sched_getcpu());
    unsigned cpu = 99, node = 99;
    T(syscall(SYS_getcpu, &cpu, &node, 0));
    printf("%d %u\n", cpu < 64, node);
    T(syscall(SYS_getcpu, BAD, 0, 0));
    T(syscall(SYS_getcpu, 0, 0, 0));

    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
    sigaction(SIGALRM, &action, 0);
    in_section = 1;
    struct itimerval once = { .it_value.tv_usec = 20000 };
    setitimer(ITIMER_REAL, &once, 0);
    while (in_section)
        spins(mine());
    printf("handler saw %s\n", stopped_at >= section_start && stopped_at < section_end ? "the section" : "past it");

    signal(SIGALRM, on_timer);
    struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
    setitimer(ITIMER_REAL, &often, 0);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&t[i], 0, adds, 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], 0);
    long sum = 0;
    for (int i = 0; i < 64; i++)
        sum += counters[i][0];
    printf("sum %ld\n", sum);
    setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, 0);
    pthread_create(&t[0], 0, unregisters, 0);
    pthread_join(t[0], 0);
    return 0;
}
