/* Alignment checks (EFLAGS.AC; Linux sets CR0.AM): SIGBUS with BUS_ADRALN at accesses that straddle their size, for as long as the flag is set. */
#include "trap.h"

#define PIECE(name, text)                                                                                                 \
    void name(void);                                                                                                      \
    __asm__(".text\n.p2align 4\n.globl " #name "\n" #name ":\n"                                                           \
            "  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n  pxor %xmm\\n, %xmm\\n\n  .endr\n"              \
            "  pushfq; orq $0x40000, (%rsp); popfq\n  add %rcx, %rax\n  " text "\n  pushfq; andq $~0x40000, (%rsp); popfq\n  int3\n");

#define ALL(X)                                                                                                            \
    X(aligned, "mov (%rbx), %rax; mov %rax, 8(%rbx); mov %eax, 4(%rbx); mov %ax, 2(%rbx); mov 3(%rbx), %al")              \
    X(load2, "mov 1(%rbx), %ax")                                                                                          \
    X(load4, "mov 2(%rbx), %eax")                                                                                         \
    X(load8, "mov 4(%rbx), %rax")                                                                                         \
    X(store4, "mov %eax, 1(%rbx)")                                                                                        \
    X(modify, "addl $5, 1(%rbx)")                                                                                         \
    X(locked, "lock xaddl %eax, 2(%rbx)")                                                                                 \
    X(push_odd, "add $4, %rsp; push %rax")                                                                                \
    X(call_odd, "add $1, %rsp; call 1f; 1:")                                                                              \
    X(sse8, "movsd 4(%rbx), %xmm3")                                                                                       \
    X(copy, "lea 1(%rbx), %rsi; lea 64(%rbx), %rdi; mov $4, %ecx; rep movsl")                                             \
    X(copy_bytes, "lea 1(%rbx), %rsi; lea 65(%rbx), %rdi; mov $9, %ecx; rep movsb")                                       \
    X(unmapped_odd, "mov 0x2201(%rbx), %eax")

#define DEFINE(name, text) PIECE(a_##name, text)
ALL(DEFINE)

int main(void)
{
    trap_setup();
#define RUN(name, text)                                                                                                   \
    trap_reset();                                                                                                         \
    trap_run(#name, a_##name, 0x10);
    ALL(RUN)
    return 0;
}
