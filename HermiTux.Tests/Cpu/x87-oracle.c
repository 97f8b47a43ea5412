// Runs single x87, MMX and XSAVE instructions on the real CPU: reads records on standard input, executes each on the state it
// gives, and writes the state after it. The layout is that of NativeOracle.Record.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct record
{
    uint8_t code[16];
    uint64_t length;
    uint64_t trap;
    uint64_t rax, rcx, rdx, rflags;
    uint64_t code_base, memory_base;
    uint8_t pad[48];
    uint8_t state[832];
    uint8_t padding[64];
    uint8_t memory[1024];
} __attribute__((aligned(64)));

static struct record record;
static uint8_t *page;
static volatile uint64_t trap;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig;
    (void)info;
    if ((uint64_t)uc->uc_mcontext.gregs[REG_RIP] - (uint64_t)page > 16)
        _Exit(3);
    trap = (uint64_t)uc->uc_mcontext.gregs[REG_TRAPNO] + 1;
    uc->uc_mcontext.gregs[REG_RIP] = (long long)(uintptr_t)(page + record.length);
}

static void run(struct record *r)
{
    __asm__ volatile(
        "mov %0, %%r12\n\t"
        "lea -256(%%rsp), %%rsp\n\t" // the red zone is the compiler's
        "mov $7, %%eax\n\t"
        "xor %%edx, %%edx\n\t"
        "xrstor64 (%2)\n\t"
        "pushq 56(%%r12)\n\t"
        "popfq\n\t"
        "mov 32(%%r12), %%rax\n\t"
        "mov 40(%%r12), %%rcx\n\t"
        "mov 48(%%r12), %%rdx\n\t"
        "mov %3, %%rbx\n\t"
        "mov %3, %%rdi\n\t"
        "call *%1\n\t"
        "pushfq\n\t"
        "popq 56(%%r12)\n\t"
        "mov %%rax, 32(%%r12)\n\t"
        "mov %%rcx, 40(%%r12)\n\t"
        "mov %%rdx, 48(%%r12)\n\t"
        "mov $7, %%eax\n\t"
        "xor %%edx, %%edx\n\t"
        "xsave64 (%2)\n\t"
        "fninit\n\t"
        "lea 256(%%rsp), %%rsp\n\t"
        :
        : "S"(r), "r"((void *)page), "r"((void *)r->state), "r"((void *)r->memory)
        : "rax", "rbx", "rcx", "rdx", "rdi", "r12", "memory", "cc",
          "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    unsigned mxcsr = 0x1f80;
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
}

int main(void)
{
    static uint8_t stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 2;
    while (fread(&record, sizeof record, 1, stdin) == 1)
    {
        memcpy(page, record.code, 16);
        page[record.length] = 0xc3;
        trap = 0;
        record.code_base = (uint64_t)page;
        record.memory_base = (uint64_t)record.memory;
        run(&record);
        record.trap = trap;
        if (fwrite(&record, sizeof record, 1, stdout) != 1)
            return 1;
    }
    return 0;
}
