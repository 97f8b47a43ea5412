/*
 * Signals at any instruction: a timer interrupts loops whose registers obey an equation of their own at every single instruction. The handler looks
 * the equation up by RIP; one wrong register or flag at one interruption fails the program. Prints nothing that depends on time.
 */
#include "trap.h"
#include <sys/time.h>

void loop_start(void);
void loop_points(void);
void loop_end(void);
extern volatile u64 wanted;
extern u64 loop_memory[4];
volatile u64 wanted;
u64 loop_memory[4];

/*
 * r8 counts rounds. In each: rax = r8 * 3, rcx = rax + 5, push, pop rdx, xmm0 = rcx, memory = rcx, carry set and used, rsi counts by sbb.
 * At every label the registers written so far have the values of this round, the others those of the last.
 */
__asm__(
    ".text\n.p2align 4\n.globl loop_start\nloop_start:\n"
    "  push %rbx; push %rbp; push %r12\n"
    "  xor %r8d, %r8d; xor %edx, %edx; xor %esi, %esi; mov $5, %ecx; xor %eax, %eax; movq %rcx, %xmm0; mov %rcx, loop_memory(%rip); mov %rcx, %r12; mov $1, %ebx\n"
    ".globl loop_points\nloop_points:\n"
    "l0: inc %r8\n"
    "l1: lea (%r8,%r8,2), %rax\n"
    "l2: lea 5(%rax), %rcx\n"
    "l3: push %rcx\n"
    "l4: pop %r12\n"
    "l5: movq %rcx, %xmm0\n"
    "l6: mov %rcx, loop_memory(%rip)\n"
    "l7: stc\n"
    "l8: adc $0, %rsi\n"
    "l9: mov %rsi, %rbx\n"
    "l10: call lf\n"
    "l11: cmp wanted(%rip), %r8\n"
    "l12: jb l0\n"
    "l13: pop %r12; pop %rbp; pop %rbx\n"
    "  ret\n"
    "lf: lock incq loop_memory+8(%rip)\n"
    "lg: ret\n"
    ".globl loop_end\nloop_end:\n");

extern const char l0[], l1[], l2[], l3[], l4[], l5[], l6[], l7[], l8[], l9[], l10[], l11[], l12[], l13[], lf[], lg[];
static const char *const points[] = { l0, l1, l2, l3, l4, l5, l6, l7, l8, l9, l10, l11, l12, lf, lg };

/* What RSP is in the loop, when called from the same place. */
__asm__(".text\nfind_stack: push %rbx; push %rbp; push %r12\n mov %rsp, stack_found(%rip)\n pop %r12; pop %rbp; pop %rbx\n ret\n");
void find_stack(void);
u64 stack_found;

static volatile long interrupts, wrong, places;
static volatile unsigned seen;
static u64 stack_at;

static void fail(int point, const char *what, u64 have, u64 want)
{
    if (wrong++ < 5)
        printf("at point %d: %s is %llx, not %llx\n", point, what, (unsigned long long)have, (unsigned long long)want);
}

static void on_timer(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    greg_t *g = u->uc_mcontext.gregs;
    const char *rip = (const char *)g[REG_RIP];
    if (rip < (const char *)loop_points || rip >= l13 && rip < lf || rip >= (const char *)loop_end)
        return;
    int point = -1;
    for (int i = 0; i < 15; i++)
        if (points[i] == rip)
            point = i;
    interrupts++;
    if (point < 0) {
        fail(-1, "rip inside an instruction", (u64)(rip - l0), 0);
        return;
    }
    seen |= 1u << point;
    u64 round = (u64)g[REG_R8], last = point == 0 ? round : round - 1, memory[2] = { loop_memory[0], loop_memory[1] };
    u64 xmm = *(const u64 *)((const char *)u->uc_mcontext.fpregs + 160);
#define CHECK(what, have, from, now, before) { u64 want = point >= (from) ? (now) : (before); if ((u64)(have) != want) fail(point, what, (u64)(have), want); }
    CHECK("rax", g[REG_RAX], 2, round * 3, last * 3)
    CHECK("rcx", g[REG_RCX], 3, round * 3 + 5, last * 3 + 5)
    CHECK("r12", g[REG_R12], 5, round * 3 + 5, last * 3 + 5)
    CHECK("xmm0", xmm, 6, round * 3 + 5, last * 3 + 5)
    CHECK("memory", memory[0], 7, round * 3 + 5, last * 3 + 5)
    CHECK("rsi", g[REG_RSI], 9, round, last)
    if (point >= 1 || round > 0)
        CHECK("rbx", g[REG_RBX], 10, round, last == 0 ? 1 : last)
    if (point == 8 && !(g[REG_EFL] & 1))
        fail(point, "carry", 0, 1);
    if (point == 12 && !(g[REG_EFL] & 1) != (round >= wanted))
        fail(point, "carry of the comparison", g[REG_EFL] & 1, round < wanted);
    CHECK("stack", g[REG_RSP], 13, stack_at - 8, point == 4 ? stack_at - 8 : stack_at)
    CHECK("counter", memory[1], 0, point == 14 || point == 11 || point == 12 ? round : point == 0 ? round : round - 1, 0)
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_RESTART };
    stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
    sigaltstack(&stack, NULL);
    action.sa_flags |= SA_ONSTACK;

    void (*volatile f)(void) = find_stack;
    f();
    stack_at = stack_found;

    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = { { 0, 300 }, { 0, 300 } };
    setitimer(ITIMER_REAL, &timer, NULL);
    u64 total = 0;
    f = loop_start;
    for (int i = 0; i < 20000 && (interrupts < 300 || i < 20); i++) {
        wanted = 50000;
        loop_memory[1] = 0;
        f();
        total += loop_memory[1];
        if (loop_memory[1] != 50000)
            wrong++;
    }
    timer = (struct itimerval){ { 0, 0 }, { 0, 0 } };
    setitimer(ITIMER_REAL, &timer, NULL);
    printf("%s, %s\n", wrong ? "WRONG" : "all right", interrupts >= 300 ? "interrupted often" : "NOT interrupted");
    fprintf(stderr, "%ld interrupts at places %x\n", interrupts, seen);
    return wrong != 0;
}
