/*
 * Faults in the middle of straight code: whatever came before the faulting instruction is done, nothing of what comes after it, and of itself only
 * what the architecture says. Each piece has live flags and registers on both sides of the fault.
 */
#include "trap.h"

/* RBX = data. %1 is the faulting instruction; before it registers, memory, flags, SSE and x87 state change, behind it they would again. */
#define PIECE(name, faulting)                                                                                             \
    void name(void);                                                                                                      \
    __asm__(".text\n.p2align 4\n.globl " #name "\n" #name ":\n"                                                           \
            "  lea 7(%rax,%rcx,2), %r9\n  movq %r9, 16(%rbx)\n  add $0x7fffffff, %r9d\n  pxor %xmm3, %xmm3\n  cvtsi2sd %r9, %xmm3\n" \
            "  xor %r11d, %r10d\n  sbb %r12, %r13\n"                                                                      \
            "  " faulting "\n"                                                                                            \
            "  mov $1, %r9d\n  mov %r9, 24(%rbx)\n  add %r9, %r13\n  pxor %xmm3, %xmm3\n  xor %eax, %eax\n  int3\n");

#define ALL(X)                                                                                                            \
    X(load, "mov 0x1f00(%rbx), %rax; mov 0x2200(%rbx), %rax")                                                             \
    X(store, "mov %rax, 0x1f00(%rbx)")                                                                                    \
    X(store_null, "mov %rax, 8")                                                                                          \
    X(store_high, "movabs $0xffff800000001000, %rdx; mov %rax, (%rdx)")                                                   \
    X(store_odd, "movabs $0x1234567890123456, %rdx; mov %rax, (%rdx)")                                                    \
    X(add_memory, "add %rax, 0x2200(%rbx)")                                                                               \
    X(adc_memory, "stc; adc %rax, 0x1f00(%rbx)")                                                                          \
    X(inc_memory, "incl 0x1f00(%rbx)")                                                                                    \
    X(neg_crossing, "negq 0x21fc(%rbx)")                                                                                  \
    X(shift_memory, "shlq $3, 0x1f00(%rbx)")                                                                              \
    X(rotate_memory, "mov $5, %cl; rclq %cl, 0x2200(%rbx)")                                                               \
    X(exchange, "xchg %rax, 0x1f00(%rbx)")                                                                                \
    X(exchange_add, "lock xaddq %rax, 0x2200(%rbx)")                                                                      \
    X(compare_exchange, "lock cmpxchgq %rdx, 0x1f00(%rbx)")                                                               \
    X(compare_exchange16, "lock cmpxchg16b 0x1f00(%rbx)")                                                                 \
    X(bit_set, "lock btsq $5, 0x1f00(%rbx)")                                                                              \
    X(bit_far, "mov $0x20000000, %edx; btsq %rdx, (%rbx)")                                                                \
    X(set_condition, "setc 0x1f00(%rbx)")                                                                                 \
    X(move_condition, "cmovc 0x2200(%rbx), %rax")                                                                         \
    X(move_condition_not, "cmovnc 0x2200(%rbx), %eax")                                                                    \
    X(push_from_memory, "push 0x2200(%rbx)")                                                                              \
    X(push_no_stack, "lea 0x3000(%rbx), %rsp; push %rax")                                                                 \
    X(push_no_stack_immediate, "mov $16, %rsp; push $77")                                                                 \
    X(pop_no_stack, "lea 0x3000(%rbx), %rsp; pop %rax")                                                                   \
    X(pop_to_memory, "pop 0x1f00(%rbx)")                                                                                  \
    X(pop_flags_no_stack, "mov $8, %rsp; popfq")                                                                          \
    X(push_flags_no_stack, "mov $8, %rsp; pushfq")                                                                        \
    X(call_no_stack, "lea 0x1fff200(%rbx), %rsp; call 1f; 1:")                                                            \
    X(call_register_no_stack, "lea precise_target(%rip), %rdx; mov $8, %rsp; call *%rdx")                                 \
    X(call_through_memory, "call *0x2200(%rbx)")                                                                          \
    X(jump_through_memory, "jmp *0x2200(%rbx)")                                                                           \
    X(jump_null, "xor %edx, %edx; jmp *%rdx")                                                                             \
    X(jump_data, "jmp *%rbx")                                                                                             \
    X(call_data, "call *%rbx")                                                                                            \
    X(jump_odd, "movabs $0x8000000000000000, %rdx; jmp *%rdx")                                                            \
    X(return_odd, "movabs $0x8000000000000000, %rdx; push %rdx; ret")                                                     \
    X(return_null, "push $0; ret")                                                                                        \
    X(return_no_stack, "mov $16, %rsp; ret")                                                                              \
    X(enter_no_stack, "mov $0x1000, %rsp; enter $32, $0")                                                                 \
    X(leave_no_stack, "mov $0x1000, %rbp; leave")                                                                         \
    X(copy_forward, "lea -100(%rbx), %rsi; lea 0x1100(%rbx), %rdi; mov $9999, %ecx; rep movsb")                           \
    X(copy_words, "lea (%rbx), %rsi; lea 0x10fc(%rbx), %rdi; mov $9999, %ecx; rep movsq")                                 \
    X(copy_from_end, "lea 0x2100(%rbx), %rsi; lea -0x400(%rbx), %rdi; mov $9999, %ecx; rep movsl")                        \
    X(copy_backward, "lea 0x100(%rbx), %rsi; lea -0xd00(%rbx), %rdi; mov $9999, %ecx; std; rep movsb")                    \
    X(fill, "lea 0x1001(%rbx), %rdi; mov $-1, %rcx; rep stosq")                                                           \
    X(scan, "lea 0x2100(%rbx), %rdi; mov $-1, %rcx; mov $1, %eax; repne scasl")                                           \
    X(compare, "lea 0x2100(%rbx), %rdi; mov %rdi, %rsi; mov $-1, %rcx; repe cmpsw")                                       \
    X(load_string, "lea 0x21f9(%rbx), %rsi; lodsq")                                                                       \
    X(translate, "mov $255, %al; lea 0x2180(%rbx), %rbx; xlat")                                                           \
    X(sse_load, "movups 0x21f8(%rbx), %xmm3")                                                                             \
    X(sse_unaligned, "movaps 1(%rbx), %xmm3")                                                                             \
    X(sse_store, "movdqu %xmm3, 0x11f8(%rbx)")                                                                            \
    X(sse_operand, "addpd 0x2200(%rbx), %xmm3")                                                                           \
    X(sse_convert, "cvtsd2si 0x2200(%rbx), %rax")                                                                         \
    X(avx_store, "vmovups %ymm3, 0x11f0(%rbx)")                                                                           \
    X(avx_masked, "vpcmpeqd %ymm1, %ymm1, %ymm1; vmaskmovps %ymm3, %ymm1, 0x11e4(%rbx)")                                  \
    X(x87_store, "fld1; fldpi; fstpt 0x11fc(%rbx)")                                                                       \
    X(x87_load, "fldz; fldt 0x21fc(%rbx)")                                                                                \
    X(x87_integer, "fldl2e; fistpll 0x1f00(%rbx)")                                                                        \
    X(divide_zero, "xor %edx, %edx; xor %ecx, %ecx; mov $5, %eax; cmp $9, %eax; divl %ecx")                               \
    X(divide_overflow, "mov $-1, %edx; mov $1, %ecx; cmp $9, %ecx; div %rcx")                                             \
    X(divide_signed, "movabs $0x8000000000000000, %rax; cqo; mov $-1, %rcx; cmp $9, %ecx; idiv %rcx")                     \
    X(divide_memory, "divq 0x2200(%rbx)")                                                                                 \
    X(undefined, "ud2")                                                                                                   \
    X(undefined1, ".byte 0x0f, 0xb9, 0xc1")                                                                               \
    X(lock_undefined, ".byte 0xf0, 0x01, 0xc8")                                                                           \
    X(halt, "hlt")                                                                                                        \
    X(port_in, "in $0x80, %al")                                                                                           \
    X(port_out, "outl %eax, %dx")                                                                                         \
    X(interrupts_off, "cli")                                                                                              \
    X(read_msr, "rdmsr")                                                                                                  \
    X(load_gdt, "lgdt (%rbx)")                                                                                            \
    X(control_register, "mov %cr0, %rax")                                                                                 \
    X(debug_register, "mov %rax, %dr7")                                                                                   \
    X(swap_gs, "swapgs")                                                                                                  \
    X(sys_return, "sysretq")                                                                                              \
    X(interrupt_21, "int $0x21")                                                                                          \
    X(breakpoint, "int3; nop")                                                                                            \
    X(load_segment, "mov $0x1235, %edx; mov %edx, %ds")                                                                   \
    X(far_return, "push $0x10; push %rax; lretq")                                                                         \
    X(fs_wild, "mov %fs:0x0(%rax,%r8,1), %rdx")                                                                           \
    X(address32, "mov $-16, %edx; mov 0x10(%edx), %eax")                                                                  \
    X(mxcsr_reserved, "movl $0xffff0000, (%rbx); ldmxcsr (%rbx)")                                                         \
    X(restore_header, "movq $-1, 0x240(%rbx); mov $7, %eax; xor %edx, %edx; and $-64, %rbx; xrstor (%rbx)")               \
    X(simd_exception, "movl $0x1d80, (%rbx); ldmxcsr (%rbx); pxor %xmm2, %xmm2; divsd %xmm2, %xmm3")                      \
    X(x87_exception, "fninit; movw $0x37b, (%rbx); fldcw (%rbx); fld1; fldz; fdivrp; fwait")                              \
    X(trap_flag, "pushfq; orq $0x100, (%rsp); popfq; lea 5(%rax), %rax; lea 6(%rax), %rax")                               \
    X(gather, "lea 0x2000(%rbx), %rdx; vpcmpeqd %ymm1, %ymm1, %ymm1; movl $0x40, (%rbx); movl $0x1fc, 4(%rbx); movl $0x200, 8(%rbx); movl $0x20, 12(%rbx); " \
              "vmovdqu (%rbx), %xmm2; vpgatherdd %xmm1, (%rdx,%xmm2), %xmm4")

__asm__(".text\n.globl precise_target\nprecise_target: ret\n");

#define DEFINE(name, text) PIECE(p_##name, text)
ALL(DEFINE)

int main(void)
{
    trap_setup();
#define RUN(name, text)                                                                                                   \
    trap_reset();                                                                                                         \
    __asm__ volatile("fninit; vzeroall; pushq $0x1f80; ldmxcsr (%%rsp); pop %%rax" ::: "rax", "memory");                 \
    trap_run(#name, p_##name, 0x10);
    ALL(RUN)
    return 0;
}
