/* Which accesses alignment checks are made for, and against what: each kind of operand at several offsets (as AMD's processors do it). */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#define CLEAR "pushfq; andq $~0x40000, (%%rsp); popfq"

static sigjmp_buf back;
static volatile int number, code;
static char buffer[4096] __attribute__((aligned(64)));

static void on_signal(int signal, siginfo_t *info, void *context)
{
    /* Handlers run with the flag as it was. */
    __asm__ volatile("pushfq; andq $~0x40000, (%%rsp); popfq" : : : "memory", "cc");
    (void)context;
    number = signal;
    code = info->si_code;
    siglongjmp(back, 1);
}

#define T(name, text)                                                                                                             \
    printf("%-14s", name);                                                                                                        \
    for (int offset = 0; offset <= 32; offset = offset < 2 ? offset + 1 : offset * 2) {                                           \
        char *p = buffer + 1024 + offset;                                                                                         \
        memset(buffer, 0, sizeof buffer);                                                                                         \
        number = 0;                                                                                                               \
        if (!sigsetjmp(back, 1))                                                                                                  \
            __asm__ volatile("pushfq; orq $0x40000, (%%rsp); popfq\n" text "\n" CLEAR                                             \
                             :                                                                                                    \
                             : "b"(p), "S"(p), "D"(p + 256), "a"(0), "d"(0), "c"(2)                                               \
                             : "memory", "xmm0", "xmm1", "xmm2", "r8", "r9", "r12", "cc");                                        \
        __asm__ volatile("cld; fninit; vzeroupper; " CLEAR : : : "memory", "cc");                                                 \
        printf(" %d:%s", offset, number == 0 ? "-" : number == SIGBUS ? code == BUS_ADRALN ? "AC" : "bus" : number == SIGSEGV ? "segv" : "?"); \
    }                                                                                                                             \
    printf("\n");

int main(void)
{
    static char memory[65536];
    stack_t stack = { .ss_sp = memory, .ss_size = sizeof memory };
    sigaltstack(&stack, NULL);
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    T("mov16", "mov (%%rbx), %%r8w");
    T("mov32", "mov (%%rbx), %%r8d");
    T("mov64", "mov (%%rbx), %%r8");
    T("movss", "movss (%%rbx), %%xmm0");
    T("movsd", "movsd (%%rbx), %%xmm0");
    T("movq", "movq (%%rbx), %%xmm0");
    T("movhps", "movhps (%%rbx), %%xmm0");
    T("movups", "movups (%%rbx), %%xmm0");
    T("movups st", "movups %%xmm0, (%%rbx)");
    T("movdqu", "movdqu (%%rbx), %%xmm0");
    T("lddqu", "lddqu (%%rbx), %%xmm0");
    T("movaps", "movaps (%%rbx), %%xmm0");
    T("addps", "addps (%%rbx), %%xmm0");
    T("vmovups128", "vmovups (%%rbx), %%xmm0");
    T("vmovups256", "vmovups (%%rbx), %%ymm0");
    T("vmovups256 st", "vmovups %%ymm0, (%%rbx)");
    T("vaddps128", "vaddps (%%rbx), %%xmm0, %%xmm0");
    T("vaddps256", "vaddps (%%rbx), %%ymm0, %%ymm0");
    T("vbroadcastss", "vbroadcastss (%%rbx), %%ymm0");
    T("vbroadcastf128", "vbroadcastf128 (%%rbx), %%ymm0");
    T("vmaskmovps", "vpcmpeqd %%ymm1, %%ymm1, %%ymm1; vmaskmovps (%%rbx), %%ymm1, %%ymm0");
    T("vmaskmovps st", "vpcmpeqd %%ymm1, %%ymm1, %%ymm1; vmaskmovps %%ymm0, %%ymm1, (%%rbx)");
    T("vgatherdps", "vpcmpeqd %%ymm1, %%ymm1, %%ymm1; vpxor %%ymm2, %%ymm2, %%ymm2; vgatherdps %%ymm1, (%%rbx, %%ymm2), %%ymm0");
    T("vgatherdpd", "vpcmpeqd %%ymm1, %%ymm1, %%ymm1; vpxor %%ymm2, %%ymm2, %%ymm2; vgatherdpd %%ymm1, (%%rbx, %%xmm2), %%ymm0");
    T("vinsertf128", "vinsertf128 $1, (%%rbx), %%ymm0, %%ymm0");
    T("vpmovzxbw", "vpmovzxbw (%%rbx), %%ymm0");
    T("pmovzxbw", "pmovzxbw (%%rbx), %%xmm0");
    T("pmovzxbd", "pmovzxbd (%%rbx), %%xmm0");
    T("pmovzxbq", "pmovzxbq (%%rbx), %%xmm0");
    T("maskmovdqu", "pcmpeqd %%xmm1, %%xmm1; maskmovdqu %%xmm1, %%xmm0");
    T("pcmpistri", "pcmpistri $0, (%%rbx), %%xmm0");
    T("vcvtph2ps", "vcvtph2ps (%%rbx), %%ymm0");
    T("vcvtps2ph", "vcvtps2ph $0, %%ymm0, (%%rbx)");
    T("pinsrw", "pinsrw $1, (%%rbx), %%xmm0");
    T("pextrw", "pextrw $1, %%xmm0, (%%rbx)");
    T("movntdq", "movntdq %%xmm0, (%%rbx)");
    T("movntps y", "vmovntps %%ymm0, (%%rbx)");
    T("movnti", "movnti %%r8, (%%rbx)");
    T("movq mmx", "movq (%%rbx), %%mm0; emms");
    T("movd", "movd (%%rbx), %%xmm0");
    T("punpcklbw mmx", "punpcklbw (%%rbx), %%mm0; emms");
    T("cvtpi2ps", "cvtpi2ps (%%rbx), %%xmm0; emms");
    T("cvtps2pd", "cvtps2pd (%%rbx), %%xmm0");
    T("flds", "flds (%%rbx)");
    T("fldl", "fldl (%%rbx)");
    T("fldt", "fldt (%%rbx)");
    T("fstpt", "fldz; fstpt (%%rbx)");
    T("fbld", "fbld (%%rbx)");
    T("fbstp", "fldz; fbstp (%%rbx)");
    T("filds", "filds (%%rbx)");
    T("fildll", "fildll (%%rbx)");
    T("fldcw", "fninit; fnstcw 64(%%rbx)");
    T("fldcw2", "movw $0x37f,2048(%%rbx); fldcw 2048(%%rbx)");
    T("fnstenv", "fnstenv (%%rbx)");
    T("fldenv", "fldenv 512(%%rbx)");
    T("fnstenv16", "data16 fnstenv (%%rbx)");
    T("fnsave", "fnsave (%%rbx)");
    T("frstor", "fnsave (%%rbx)\n frstor (%%rbx)");
    T("fnsave16", "data16 fnsave (%%rbx)");
    T("fnstsw", "fnstsw (%%rbx)");
    T("xsave", "xsave (%%rbx)");
    T("xsavec", "xsavec (%%rbx)");
    T("ldmxcsr", "movl $0x1f80,2048(%%rbx); ldmxcsr 2048(%%rbx)");
    T("stmxcsr", "stmxcsr (%%rbx)");
    T("push", "mov %%rsp, %%r12; mov %%rbx, %%rsp; push %%rax; mov %%r12, %%rsp");
    T("push16", "mov %%rsp, %%r12; mov %%rbx, %%rsp; pushw %%ax; mov %%r12, %%rsp");
    T("pop", "mov %%rsp, %%r12; mov %%rbx, %%rsp; pop %%r8; mov %%r12, %%rsp");
    T("enter", "mov %%rsp, %%r12; mov %%rbx, %%rsp; mov %%rbp, %%r9; enter $16, $0; mov %%r9, %%rbp; mov %%r12, %%rsp");
    T("enter2", "mov %%rsp, %%r12; mov %%rbx, %%rsp; mov %%rbp, %%r9; mov %%rbx, %%rbp; enter $16, $2; mov %%r9, %%rbp; mov %%r12, %%rsp");
    T("pushf", "mov %%rsp, %%r12; mov %%rbx, %%rsp; pushfq; mov %%r12, %%rsp");
    T("call", "mov %%rsp, %%r12; mov %%rbx, %%rsp; call 1f; 1: mov %%r12, %%rsp");
    T("leave", "mov %%rsp, %%r12; mov %%rbp, %%r9; mov %%rbx, %%rbp; leave; mov %%r9, %%rbp; mov %%r12, %%rsp");
    T("popm", "mov %%rsp, %%r12; pushq (%%rbx); mov %%r12, %%rsp");
    T("movsb", "rep movsb");
    T("movsw", "rep movsw");
    T("rep movsd", "rep movsl");
    T("movsq", "rep movsq");
    T("lodsq", "lodsq");
    T("stosq", "rep stosq");
    T("cmpsq", "repe cmpsq");
    T("scasl", "lea -256(%%rdi), %%rdi; scasl");
    T("cmpxchg8b", "xor %%ecx, %%ecx; cmpxchg8b (%%rbx)");
    T("cmpxchg16b", "lock cmpxchg16b (%%rbx)");
    T("xadd", "lock xadd %%r8, (%%rbx)");
    T("xchg", "xchg %%r8d, (%%rbx)");
    T("bt", "xor %%r8d, %%r8d; bt %%r8d, (%%rbx)");
    T("bt64", "mov $100, %%r8; bt %%r8, (%%rbx)");
    T("bts imm", "btsl $5, (%%rbx)");
    T("movbe", "movbe (%%rbx), %%r8");
    T("crc32", "crc32q (%%rbx), %%r8");
    T("popcnt", "popcnt (%%rbx), %%r8d");
    T("andn", "andn (%%rbx), %%r8, %%r9");
    T("lea", "lea (%%rbx), %%r8");
    T("prefetch", "prefetcht0 (%%rbx)");
    T("clflush", "clflush (%%rbx)");
    T("xlat", "xlat");
    T("lsl", "mov %%cs, (%%rbx)");
    T("pshufb", "pshufb (%%rbx), %%xmm0");
    T("aesenc", "aesenc (%%rbx), %%xmm0");
    T("vaesenc", "vaesenc (%%rbx), %%xmm0, %%xmm0");
    T("roundsd", "roundsd $0, (%%rbx), %%xmm0");
    T("insertps", "insertps $0, (%%rbx), %%xmm0");
    T("movddup", "movddup (%%rbx), %%xmm0");
    T("vtestps", "vtestps (%%rbx), %%xmm0");
    T("vfmadd", "vfmadd231pd (%%rbx), %%ymm0, %%ymm0");
    T("vpmaskmovq", "vpxor %%ymm1, %%ymm1, %%ymm1; vpmaskmovq (%%rbx), %%ymm1, %%ymm0");
    T("vextractf128", "vextractf128 $1, %%ymm0, (%%rbx)");
    T("vextracti128", "vextracti128 $1, %%ymm0, (%%rbx)");
    T("maskmovq", "pcmpeqd %%mm1, %%mm1; maskmovq %%mm1, %%mm0; emms");
    T("jmp mem", "lea 1f(%%rip), %%r8; mov %%r8, (%%rbx); jmp *(%%rbx); 1:");
    T("not", "notl (%%rbx)");
    T("shl", "shlq $3, (%%rbx)");
    T("adc", "adcw $1, (%%rbx)");
    T("cmpxchg", "cmpxchg %%r8, (%%rbx)");
    T("vmovss", "vmovss (%%rbx), %%xmm0");
    T("vpbroadcastq", "vpbroadcastq (%%rbx), %%ymm0");
    T("fisttpll", "fldz; fisttpll (%%rbx)");
    T("fiadds", "fldz; fiadds (%%rbx)");
    T("fstps", "fldz; fstps (%%rbx)");
    T("fcoml", "fldz; fcoml (%%rbx)");
    return 0;
}
