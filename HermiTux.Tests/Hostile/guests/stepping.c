/*
 * Single steps: the trap flag set by POPF, by a signal's return and by a handler; a trace of where each trap came and with which registers, through
 * branches, calls, repeated strings, system calls, POPF, MOV SS, faults and instructions that write behind themselves.
 */
#include "trap.h"

static const unsigned char *base;
static volatile int steps, limit;
static u64 digest;

static void on_step(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    greg_t *g = u->uc_mcontext.gregs;
    long at = (long)(g[REG_RIP] - (greg_t)(uintptr_t)base);
    if (steps >= 8) /* until then registers hold what the caller left in them */
        digest = digest * 31 + (u64)g[REG_RAX] + 7 * (u64)g[REG_RCX] + 11 * ((u64)g[REG_EFL] & 0xD45) + 13 * (u64)g[REG_RDI];
    if (at >= 0 && at < 4096)
        printf("%s%ld%s", steps % 16 ? " " : "\n", at, info->si_code == TRAP_TRACE ? "" : info->si_code == SI_KERNEL ? "k" : info->si_code == TRAP_BRKPT ? "b" : "?");
    if (++steps >= limit)
        g[REG_EFL] &= ~0x100;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    printf(" [signal %d at +%lld TF %d]", number, (long long)(u->uc_mcontext.gregs[REG_RIP] - (greg_t)(uintptr_t)base), (u->uc_mcontext.gregs[REG_EFL] & 0x100) != 0);
    u->uc_mcontext.gregs[REG_RIP] += number == SIGILL ? 2 : 3;
}

#define CODE(name, text)                                                                                                  \
    void name(void);                                                                                                      \
    __asm__(".text\n.p2align 4\n.globl " #name "\n" #name ":\n  push %rbx; pushfq; orq $0x100, (%rsp); popfq\n  " text   \
            "\n  pushfq; andq $~0x100, (%rsp); popfq\n  nop; nop\n  pop %rbx\n  ret\n");

CODE(straight, "mov $1, %eax; lea 2(%rax), %rcx; add %rcx, %rax; nop; imul %rax, %rcx; cmp %rcx, %rax")
CODE(branches, "mov $3, %ecx; 1: dec %ecx; jnz 1b; jmp 2f; ud2; 2: call 3f; jmp 4f; 3: ret; 4: xor %eax, %eax; jz 5f; nop; 5: loop 6f; 6: nop")
CODE(repeated, "cld; lea buffer(%rip), %rdi; mov $4, %ecx; mov $7, %eax; rep stosb; mov $0, %ecx; rep stosq; lea buffer(%rip), %rdi; mov $9, %ecx; mov $8, %al; repne scasb")
CODE(calls, "mov $39, %eax; syscall; xor %eax, %eax; mov $110, %eax; syscall; xor %eax, %eax; xor %ecx, %ecx")
CODE(flags, "pushfq; pop %rax; pushfq; popfq; lahf; sahf; std; cld; xor %eax, %eax; mov %ss, %ecx; mov %ecx, %ss; nop; nop")
CODE(fast, "mov $50, %ecx; xor %edi, %edi; xor %eax, %eax; 1: add $3, %rax; ror $1, %rax; lea (%rax,%rcx), %rax; dec %ecx; jnz 1b")
CODE(faults, "xor %ecx, %ecx; mov (%rcx), %rax; nop; ud2; nop; mov %rax, (%rcx); nop")
CODE(breaks, "nop; int3; nop; .byte 0xcd, 0x03; nop; cpuid; xor %ecx, %ecx; xgetbv; xor %eax, %eax; xor %edx, %edx; nop")
CODE(vectors, "vpxor %xmm0, %xmm0, %xmm0; vpcmpeqd %xmm1, %xmm1, %xmm1; vpaddd %xmm0, %xmm1, %xmm2; vmovd %xmm2, %eax; fld1; fadd %st, %st; fistpl buffer(%rip); mov buffer(%rip), %ecx")
CODE(itself, "lea 1f(%rip), %rax; movb $5, 1(%rax); 1: mov $1, %ecx; movb $6, 1(%rax); add %rcx, %rax; nop")

unsigned char buffer[64] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void trace(const char *name, void (*code)(void), int most)
{
    base = (const unsigned char *)code;
    steps = 0;
    limit = most;
    digest = 0;
    printf("%s:", name);
    code();
    printf("\n%s: %d steps\n", name, steps);
}

int main(void)
{
    struct sigaction action = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
    sigaction(SIGTRAP, &action, NULL);
    action.sa_sigaction = on_fault;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    mprotect((void *)((uintptr_t)itself & ~4095UL), 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
    trace("straight", straight, 1000);
    trace("branches", branches, 1000);
    trace("repeated", repeated, 1000);
    trace("calls", calls, 1000);
    trace("flags", flags, 1000);
    trace("fast", fast, 1000);
    printf("%llx\n", (unsigned long long)digest);
    trace("fast, ended by the handler", fast, 100);
    trace("faults", faults, 1000);
    trace("breaks", breaks, 1000);
    trace("vectors", vectors, 1000);
    trace("itself", itself, 1000);
    return 0;
}
