// clone(2) and clone3(2) by hand: the thread's registers, the words that the kernel writes, and what is refused.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct args { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup, more[4]; };

#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static int child_word, parent_word;
static volatile uint64_t seen_rsp, seen_fs, seen_rax, seen_rbx, seen_xmm;
static uint64_t block[64];

static void wait_end(void)
{
    int v;
    while ((v = __atomic_load_n(&child_word, __ATOMIC_SEQ_CST)) != 0)
        syscall(SYS_futex, &child_word, FUTEX_WAIT, v, NULL, NULL, 0);
}

// Starts a thread that records its registers and ends. The number of the call and its arguments are as given.
static long start(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    long result;
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    __asm__ volatile("movq $0x1234567, %%rbx\n"
                     "movq %%rbx, %%xmm5\n"
                     "syscall\n"
                     "testq %%rax, %%rax\n"
                     "jnz 1f\n"
                     "movq %%rax, seen_rax(%%rip)\n"
                     "movq %%rsp, seen_rsp(%%rip)\n"
                     "movq %%rbx, seen_rbx(%%rip)\n"
                     "movq %%xmm5, seen_xmm(%%rip)\n"
                     "movq %%fs:0, %%rax\n"
                     "movq %%rax, seen_fs(%%rip)\n"
                     "movl $60, %%eax\n"
                     "xorl %%edi, %%edi\n"
                     "syscall\n"
                     "1:\n"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "rbx", "xmm5", "memory");
    return result;
}

static void show(const char *what, long result)
{
    printf("%s: %s\n", what, result < 0 ? strerrorname_np(-result) : "ok");
}

static long clone3_with(uint64_t flags, uint64_t exit_signal, uint64_t stack, uint64_t size, size_t length, uint64_t more)
{
    struct args a = { .flags = flags, .exit_signal = exit_signal, .stack = stack, .stack_size = size };
    a.more[0] = more;
    return start(SYS_clone3, (uint64_t)&a, length, 0, 0, 0);
}

int main(void)
{
    char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t top = (uint64_t)stack + 65536;
    setvbuf(stdout, NULL, _IONBF, 0);

    block[0] = 77;
    child_word = 1;
    long tid = start(SYS_clone, THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED,
                     top, (uint64_t)&parent_word, (uint64_t)&child_word, (uint64_t)block);
    wait_end();
    printf("clone %d parent word %d rsp %d fs %d rax %d rbx %d xmm %d\n", tid > 0, parent_word == tid, seen_rsp == top, (int)seen_fs,
           (int)seen_rax, seen_rbx == 0x1234567, seen_xmm == 0x1234567);

    block[0] = 78;
    child_word = 1;
    parent_word = 0;
    struct args a = { .flags = THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, .child_tid = (uint64_t)&child_word,
                      .parent_tid = (uint64_t)&parent_word, .stack = (uint64_t)stack, .stack_size = 32768, .tls = (uint64_t)block };
    tid = start(SYS_clone3, (uint64_t)&a, 88, 0, 0, 0);
    wait_end();
    printf("clone3 %d parent word %d rsp %d fs %d\n", tid > 0, parent_word == tid, seen_rsp == (uint64_t)stack + 32768, (int)seen_fs);

    child_word = 1;
    a.flags = THREAD | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID;
    a.parent_tid = 8;
    tid = start(SYS_clone3, (uint64_t)&a, sizeof a, 0, 0, 0);
    wait_end();
    printf("longer clone3 with a bad address %d\n", tid > 0);

    show("thread without handlers", start(SYS_clone, CLONE_VM | CLONE_THREAD, top, 0, 0, 0));
    show("handlers without memory", start(SYS_clone, CLONE_SIGHAND, top, 0, 0, 0));
    show("root and namespace", start(SYS_clone, CLONE_FS | CLONE_NEWNS, top, 0, 0, 0));
    show("thread in a pid namespace", start(SYS_clone, THREAD | CLONE_NEWPID, top, 0, 0, 0));
    show("pidfd and parent word", start(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID, top, (uint64_t)&parent_word, 0, 0));
    show("thread pointer", start(SYS_clone, THREAD | CLONE_SETTLS, top, 0, 0, 0x800000000000));
    show("clone3 short", clone3_with(THREAD, 0, (uint64_t)stack, 65536, 63, 0));
    show("clone3 long", clone3_with(THREAD, 0, (uint64_t)stack, 65536, 4097, 0));
    show("clone3 unknown field", clone3_with(THREAD, 0, (uint64_t)stack, 65536, sizeof(struct args), 1));
    show("clone3 address", start(SYS_clone3, 8, 88, 0, 0, 0));
    show("clone3 exit signal", clone3_with(THREAD, SIGCHLD, (uint64_t)stack, 65536, 88, 0));
    show("clone3 bad signal", clone3_with(0, 65, 0, 0, 88, 0));
    show("clone3 stack without size", clone3_with(THREAD, 0, (uint64_t)stack, 0, 88, 0));
    show("clone3 size without stack", clone3_with(THREAD, 0, 0, 4096, 88, 0));
    show("clone3 stack outside", clone3_with(THREAD, 0, (uint64_t)stack, 1ul << 60, 88, 0));
    show("clone3 detached", clone3_with(THREAD | CLONE_DETACHED, 0, (uint64_t)stack, 65536, 88, 0));
    show("clone3 flags", clone3_with(THREAD | (1ul << 40), 0, (uint64_t)stack, 65536, 88, 0));
    show("clone3 handlers twice", clone3_with(THREAD | 0x100000000, 0, (uint64_t)stack, 65536, 88, 0));
    return 0;
}
