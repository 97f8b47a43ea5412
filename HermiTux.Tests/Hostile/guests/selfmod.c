/*
 * Code that changes under the processor's feet, on one thread: by itself, through an alias, by system calls, by mapping something else there. x86 has
 * coherent instruction fetch (Intel SDM vol. 3, 12.6): what is written is what runs next.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

typedef int (*function)(int);

#define PAGE 4096

static volatile int faults, last_code;
static void *last_address;
static unsigned char *area;

/* Makes what faulted accessible again and returns to it. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    faults++;
    last_code = info->si_code;
    last_address = info->si_addr;
    unsigned char *page = (unsigned char *)((uintptr_t)info->si_addr & ~4095UL);
    if (faults > 1000)
        _exit(3);
    if (u->uc_mcontext.gregs[REG_ERR] & 16) {
        if (mprotect(page, PAGE, PROT_READ | PROT_EXEC) != 0) {
            mmap(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
            memcpy(page + ((uintptr_t)info->si_addr & 4095), "\xB8\x63\x00\x00\x00\xC3", 6);
        }
    } else
        mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

/* mov eax, value; add eax, edi; ret */
static int write_function(unsigned char *at, int value)
{
    unsigned char code[] = { 0xB8, 0, 0, 0, 0, 0x01, 0xF8, 0xC3 };
    memcpy(code + 1, &value, 4);
    memcpy(at, code, sizeof code);
    return sizeof code;
}

static int call(const void *at, int v) { return ((function)(uintptr_t)at)(v); }

static unsigned long sum;
#define NOTE(what, value) do { long v_ = (long)(value); sum = sum * 31 + (unsigned long)v_; printf("%s %ld\n", what, v_); } while (0)

int main(void)
{
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, NULL);
    area = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    long total = 0;
    for (int i = 0; i < 3000; i++) {
        write_function(area, i);
        total += call(area, 1);
    }
    NOTE("rewritten", total);

    total = 0;
    for (int i = 0; i < 3000; i++) {
        int value = i * 7;
        memcpy(area + 1, &value, 4);
        total += call(area, i);
    }
    NOTE("constant patched", total);

    /* A byte of an instruction that lies across two pages. */
    total = 0;
    for (int split = 1; split < 8; split++) {
        unsigned char *at = area + PAGE - split;
        for (int i = 0; i < 200; i++) {
            write_function(at, i << (i % 24));
            total += call(at, 3);
            area[PAGE + (split < 5 ? 5 - split - 1 : 0)] ^= split < 5 ? 0x10 : 0;
            total = total * 3 + call(at, 5);
        }
    }
    NOTE("across pages", total);

    /* A loop that changes its own step, and the instruction right behind the store. */
    static const unsigned char loop[] = {
        0x31, 0xC0,                               /*  0: xor eax, eax */
        0xB9, 0xE8, 0x03, 0, 0,                   /*  2: mov ecx, 1000 */
        0x88, 0x0D, 0x01, 0, 0, 0,                /*  7: mov [rip+1], cl */
        0x83, 0xC0, 0x05,                         /* 13: add eax, 5 (patched: byte 15) */
        0xFF, 0xC9,                               /* 16: dec ecx */
        0x75, 0xF3,                               /* 18: jnz 7 */
        0xC3,
    };
    memcpy(area + 2 * PAGE, loop, sizeof loop);
    area[2 * PAGE + 9] = 2;
    NOTE("own loop", call(area + 2 * PAGE, 0));

    /* A callee that rewrites what comes behind the call in its caller. */
    unsigned char *caller = area + 3 * PAGE, *callee = area + 4 * PAGE;
    memcpy(caller, "\x51\xE8\0\0\0\0\xB8\x01\0\0\0\x59\xC3", 13);                    /* push rcx; call callee; mov eax, 1; pop rcx; ret */
    int distance = (int)(callee - (caller + 6));
    memcpy(caller + 2, &distance, 4);
    memcpy(callee, "\x48\x8B\x04\x24\x89\x78\x01\xC3", 8);                            /* mov rax, [rsp]; mov [rax+1], edi; ret */
    total = 0;
    for (int i = 0; i < 500; i++)
        total = total * 5 + call(caller, i);
    NOTE("caller rewritten", total);

    /* One object, mapped for writing here and for execution there. */
    int fd = (int)syscall(SYS_memfd_create, "code", 0);
    ftruncate(fd, 4 * PAGE);
    unsigned char *writable = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unsigned char *code = mmap(NULL, 4 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    unsigned char *second = mmap(NULL, 4 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    total = 0;
    for (int i = 0; i < 2000; i++) {
        write_function(writable + i % 3 * (PAGE - 3), i * 3);
        total = total * 3 + call(code + i % 3 * (PAGE - 3), 1) + call(second + i % 3 * (PAGE - 3), 2);
    }
    NOTE("alias", total);
    for (int i = 0; i < 300; i++) {
        unsigned char image[8];
        write_function(image, i);
        pwrite(fd, image, sizeof image, 100);
        total = total * 3 + call(code + 100, 1);
    }
    NOTE("written through the file", total);

    /* System calls that write into code. */
    int pipes[2];
    pipe(pipes);
    total = 0;
    for (int i = 0; i < 300; i++) {
        unsigned char image[8];
        write_function(image, i * 11);
        write(pipes[1], image, sizeof image);
        read(pipes[0], area + 5 * PAGE, sizeof image);
        total = total * 3 + call(area + 5 * PAGE, 1);
        write_function(image, i * 13);
        struct iovec v[2] = { { area + 5 * PAGE, 3 }, { area + 5 * PAGE + 3, 5 } };
        write(pipes[1], image, sizeof image);
        readv(pipes[0], v, 2);
        total = total * 3 + call(area + 5 * PAGE, 1);
    }
    NOTE("read into code", total);

    /* Something else mapped at the same place, moved there, unmapped, zeroed, forbidden. */
    total = 0;
    for (int i = 0; i < 200; i++) {
        unsigned char *p = area + 8 * PAGE;
        mmap(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        write_function(p + 16, i);
        total = total * 3 + call(p + 16, 1);
        unsigned char *q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        write_function(q + 16, i * 5);
        total = total * 3 + call(q + 16, 1);
        mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p);
        total = total * 3 + call(p + 16, 2);
        mmap(p, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
        write_function(writable + 16, i * 9);
        total = total * 3 + call(p + 16, 3);
    }
    NOTE("mapped over", total);

    unsigned char *p = area + 9 * PAGE;
    write_function(p, 41);
    call(p, 0);
    madvise(p, PAGE, MADV_DONTNEED);
    NOTE("zeroed", p[0]);
    write_function(p, 43);
    NOTE("after zeroing", call(p, 1));
    mprotect(p, PAGE, PROT_READ | PROT_WRITE);
    NOTE("not executable", call(p, 2));
    NOTE("faults", faults * 100 + last_code * 10 + (last_address == p));
    faults = 0;
    for (int i = 0; i < 100; i++) {
        write_function(p, i);               /* write fault: the handler made it executable and not writable */
        total = total * 3 + call(p, 1);     /* fetch fault: writable and not executable */
    }
    NOTE("toggled by the handler", total);
    NOTE("faults", faults);
    munmap(p, PAGE);
    faults = 0;
    NOTE("unmapped", call(p, 1));
    NOTE("faults", faults);

    /* A jump target in the middle of an instruction, both ways of reading it in turn. */
    memcpy(area + 12 * PAGE, "\xB8\x31\xC0\x40\x90\xC3", 6); /* mov eax, 0x9040C031; ret  or  xor eax, eax; rex nop; ret */
    for (int i = 0; i < 100; i++)
        total = total * 3 + call(area + 12 * PAGE + i % 2, 7);
    NOTE("two readings", total);

    /* Many functions, rewritten in another order than they are called in, with direct calls among them. */
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 400; i++) {
            unsigned char *at = area + 16 * PAGE + (i * 37 % 400) * 32;
            int n = write_function(at, round * 1000 + i) - 1;
            int next = (i * 37 + 1) % 400;
            if (next != 0 && i % 7) {
                at[n] = 0x89, at[n + 1] = 0xC7, at[n + 2] = 0xE9; /* mov edi, eax; jmp next */
                int d = (int)(area + 16 * PAGE + next * 32 - (at + n + 7));
                memcpy(at + n + 3, &d, 4);
            }
        }
        for (int i = 0; i < 400; i++)
            total = total * 3 + call(area + 16 * PAGE + i * 32, round);
    }
    NOTE("many", total);
    printf("%lx\n", sum);
    return 0;
}
