/*
 * Runs a piece of code with every register set, and dumps the registers that the signal which ends it finds.
 * Freestanding in spirit: nothing of the C library runs between the registers' loading and the signal.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

typedef uint64_t u64;

/* Two writable pages, a read-only one, nothing around them. */
#define DATA 0x20000000UL
#define READONLY (DATA + 0x2000)
#define END (DATA + 0x3000)

struct registers { u64 rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15, flags; };

struct registers initial;
u64 saved_rsp;
static volatile int inside;
static siginfo_t last_info;
static ucontext_t last_context;
static unsigned char last_fpstate[4096];

void enter(void (*code)(void));
void leave(void);
__asm__(
    ".text\n"
    ".globl enter\n"
    "enter:\n"
    "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "  mov %rsp, saved_rsp(%rip)\n"
    "  mov %rdi, target(%rip)\n"
    "  pushq initial+128(%rip); popfq\n"
    "  mov initial+0(%rip), %rax; mov initial+8(%rip), %rcx; mov initial+16(%rip), %rdx; mov initial+24(%rip), %rbx\n"
    "  mov initial+40(%rip), %rbp; mov initial+48(%rip), %rsi; mov initial+56(%rip), %rdi\n"
    "  mov initial+64(%rip), %r8; mov initial+72(%rip), %r9; mov initial+80(%rip), %r10; mov initial+88(%rip), %r11\n"
    "  mov initial+96(%rip), %r12; mov initial+104(%rip), %r13; mov initial+112(%rip), %r14; mov initial+120(%rip), %r15\n"
    "  mov initial+32(%rip), %rsp\n"
    "  jmp *target(%rip)\n"
    ".globl leave\n"
    "leave:\n"
    "  mov saved_rsp(%rip), %rsp\n"
    "  cld\n"
    "  pushq $0x202; popfq\n"
    "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "  ret\n"
    ".data\n"
    "target: .quad 0\n"
    ".text\n");

static void on_signal(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    if (!inside) {
        static const char text[] = "a signal outside\n";
        write(2, text, sizeof text - 1);
        _exit(99);
    }
    inside = 0;
    last_info = *info;
    last_context = *u;
    memcpy(last_fpstate, u->uc_mcontext.fpregs, 832);
    u->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)leave;
    u->uc_mcontext.gregs[REG_EFL] = 0x202;
}

static void trap_setup(void)
{
    stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
    sigaltstack(&stack, NULL);
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
    for (int i = 0; i < 5; i++)
        sigaction(numbers[i], &action, NULL);
    if (mmap((void *)DATA, 0x3000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        exit(98);
    for (int i = 0; i < 0x3000; i++)
        ((unsigned char *)DATA)[i] = (unsigned char)(i * 167 + (i >> 8) * 59 + 13);
    mprotect((void *)READONLY, 0x1000, PROT_READ);
}

static void trap_reset(void)
{
    mprotect((void *)DATA, 0x3000, PROT_READ | PROT_WRITE);
    for (int i = 0; i < 0x3000; i++)
        ((unsigned char *)DATA)[i] = (unsigned char)(i * 167 + (i >> 8) * 59 + 13);
    mprotect((void *)READONLY, 0x1000, PROT_READ);
    for (int i = 0; i < 16; i++)
        ((u64 *)&initial)[i] = 0x1111111111111111ull * (u64)i;
    initial.rsp = DATA + 0x1800;
    initial.rbx = DATA + 0x0E00;
    initial.flags = 0x202;
}

static u64 hash_bytes(const void *p, size_t n)
{
    u64 h = 14695981039346656037ull;
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const unsigned char *)p)[i]) * 1099511628211ull;
    return h;
}

/* The flags that mask removes are undefined where the code stops. */
static void trap_run(const char *name, void (*code)(void), u64 mask)
{
    inside = 1;
    enter(code);
    greg_t *g = last_context.uc_mcontext.gregs;
    long offset = (long)(g[REG_RIP] - (greg_t)(uintptr_t)code);
    printf("%s: signal %d code %d", name, last_info.si_signo, last_info.si_code);
    if (last_info.si_signo == SIGSEGV || last_info.si_signo == SIGBUS)
        printf(" addr %p", last_info.si_addr);
    else
        printf(" addr +%ld", (long)((uintptr_t)last_info.si_addr - (uintptr_t)code));
    if (offset >= -64 && offset < 4096)
        printf(" rip +%ld", offset);
    else
        printf(" rip %llx", (unsigned long long)g[REG_RIP]);
    printf(" trap %lld error %lld flags %llx", (long long)g[REG_TRAPNO], (long long)g[REG_ERR], (unsigned long long)g[REG_EFL] & 0x244DD5 & ~mask);
    if (g[REG_TRAPNO] == 14)
        printf(" cr2 %llx", (unsigned long long)g[REG_CR2]);
    printf("\n ");
    static const int order[] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };
    for (int i = 0; i < 16; i++) {
        u64 v = (u64)g[order[i]];
        if (v != ((u64 *)&initial)[i]) {
            long from = (long)(v - (u64)(uintptr_t)code);
            if (from >= 0 && from < 256)
                printf(" r%d +%ld", i, from);
            else
                printf(" r%d %llx", i, (unsigned long long)v);
        }
    }
    printf(" xmm %016llx st %016llx memory %016llx\n", (unsigned long long)hash_bytes(last_fpstate + 160, 256), (unsigned long long)hash_bytes(last_fpstate + 32, 128),
           (unsigned long long)hash_bytes((void *)DATA, 0x3000));
}
