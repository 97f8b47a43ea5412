// Memory at high addresses: data, code, stacks, thread-local storage, far beyond what a program gets without asking.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)
static sigjmp_buf back;
static volatile uintptr_t fault_address;
static volatile int fault_code;

static void on_fault(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)context;
    fault_address = (uintptr_t)info->si_addr;
    fault_code = info->si_code;
    siglongjmp(back, 1);
}

static void *map(uintptr_t at, size_t length, int protection) {
    void *p = mmap((void *)at, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    if (p != (void *)at) {
        printf("mmap %lx: %d\n", at, errno);
        exit(1);
    }
    return p;
}

// One access beyond every end that an engine may have, few enough to change nothing.
static void data(uintptr_t at) {
    volatile char *p = map(at, 64 << 10, RW);
    *(volatile uint64_t *)(p + 8) = 0x1122334455667788;
    *(volatile uint32_t *)(p + 4094) = 0xaabbccdd;
    __sync_fetch_and_add((volatile long *)(p + 16), 5);
    char *s = (char *)p + 8192;
    memset(s, 'x', 9000);
    memcpy(s + 10000, s, 9000);
    __asm__ volatile("rep movsb" ::"D"(s + 20000), "S"(s), "c"(5000) : "memory");
    __asm__ volatile("movdqu (%0), %%xmm1\n movdqu %%xmm1, 30000(%0)" ::"r"(s) : "xmm1", "memory");
    unsigned sum = 0;
    for (int i = 0; i < 64 << 10; i += 61) {
        sum = sum * 31 + (unsigned char)p[i];
    }
    printf("data %lx: %lx %x %ld %u\n", at, *(uint64_t *)(p + 8), *(uint32_t *)(p + 4094), *(long *)(p + 16), sum);
    mprotect((void *)p, 4096, PROT_READ);
    if (!sigsetjmp(back, 1)) {
        p[100] = 1;
        printf("no fault\n");
    } else {
        printf("fault +%lx code %d\n", fault_address - at, fault_code);
    }
    if (!sigsetjmp(back, 1)) {
        (void)p[0x20000];
        printf("no fault\n");
    } else {
        printf("fault +%lx code %d\n", fault_address - at, fault_code);
    }
    void *moved = mremap((void *)(p + 8192), 8192, 16384, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(at + 0x100000));
    printf("moved +%lx: %c%c\n", (uintptr_t)moved - at, ((char *)moved)[0], ((char *)moved)[8191]);
    int ends[2];
    if (pipe(ends) == 0 && write(ends[1], moved, 100) == 100) {
        long length = read(ends[0], (void *)(p + 4096), 200);
        printf("read %ld %d\n", length, memcmp((void *)(p + 4096), moved, 100));
    }
    close(ends[0]);
    close(ends[1]);
}

// Accesses, string instructions and pushes that go over an end.
static void edge(uintptr_t end) {
    char *p = map(end - 8192, 16384, RW);
    for (int i = -9; i < 2; i++) {
        *(volatile uint64_t *)(p + 8192 + i) += 0x0101010101010101;
    }
    memset(p + 8000, 7, 500);
    __asm__ volatile("rep stosq" ::"D"(p + 8100), "a"(0x0202020202020202), "c"(40) : "memory");
    uintptr_t top = end + 64, kept;
    __asm__ volatile("mov %%rsp, %0\n mov %1, %%rsp\n"
                     ".rept 16\n push %%rax\n .endr\n"
                     ".rept 15\n pop %%rcx\n .endr\n"
                     "mov %0, %%rsp" : "=&r"(kept) : "r"(top), "a"(0x0303030303030303) : "rcx", "memory");
    unsigned sum = 0;
    for (int i = 0; i < 16384; i++) {
        sum = sum * 31 + (unsigned char)p[i];
    }
    printf("edge %lx: %u\n", end, sum);
    munmap(p, 16384);
}

// Position-independent code with data of its own behind it.
static void code(uintptr_t at) {
    static const unsigned char bytes[] = {
        0x48, 0x8b, 0x05, 0x09, 0x00, 0x00, 0x00, // mov rax, [rip + 9]
        0x48, 0x01, 0xf8,                         // add rax, rdi
        0x48, 0x89, 0x05, 0x0f, 0x00, 0x00, 0x00, // mov [rip + 15], rax
        0xc3,                                     // ret
    };
    unsigned char *p = map(at, 4096, RW | PROT_EXEC);
    memcpy(p, bytes, sizeof bytes);
    *(uint64_t *)(p + 16) = *(uint64_t *)(p + 16);
    long (*f)(long) = (long (*)(long))p;
    long total = 0;
    for (int i = 0; i < 20; i++) {
        total += f(i) & 0xffff;
    }
    printf("code %lx: %ld %lx\n", at, total, *(uint64_t *)(p + 32));
    p[9] = 0xd0; // add rax, rdx
    printf("changed: %d\n", f(3) != 0);
}

static __thread int local = 7;
static int depth(int n) {
    volatile char room[300];
    room[n % 300] = (char)n;
    return n == 0 ? local : depth(n - 1) + room[n % 300] - (char)n;
}

struct job {
    volatile uint32_t *memory;
    long count;
};

static void *walk(void *argument) {
    struct job *job = argument;
    long sum = 0;
    for (long i = 0; i < job->count; i++) {
        sum += job->memory[i & 1023] += (uint32_t)i;
    }
    local += depth(50);
    return (void *)(sum + local);
}

static long run(uintptr_t stack, struct job *job) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack != 0) {
        map(stack, 256 << 10, RW);
        pthread_attr_setstack(&attributes, (void *)stack, 256 << 10);
    }
    pthread_t near_thread, thread;
    static uint32_t low[1024];
    struct job other = {low, job->count};
    void *result, *near_result;
    memset(low, 0, sizeof low);
    if (pthread_create(&near_thread, NULL, walk, &other) != 0 || pthread_create(&thread, &attributes, walk, job) != 0) {
        printf("no thread\n");
        exit(1);
    }
    pthread_join(thread, &result);
    pthread_join(near_thread, &near_result);
    if (job->memory != low && result != near_result) {
        printf("%ld != %ld\n", (long)result, (long)near_result);
    }
    return (long)result;
}

int main(int count, char **arguments) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count > 1) {
        struct job job = {map(0x300000000000, 4096, RW), 3000};
        printf("again: %ld\n", run(0, &job));
        return 0;
    }
    data(0x100000000000);
    data(0x7e0000000000);
    edge(1UL << 32);
    edge(1UL << 40);
    edge(1UL << 46);
    code(0x200000000000);
    struct job first = {map(0x300000000000, 4096, RW), 3000};
    printf("thread: %ld\n", run(0x310000000000, &first));

    // Enough to make any engine think twice, in one thread and in two.
    struct job job = {map(0x400000000000, 4096, RW), 200000};
    printf("loop: %ld\n", (long)walk(&job));
    memset((void *)job.memory, 0, 4096);
    printf("threads: %ld\n", run(0x410000000000, &job));
    code(0x420000000000);

    // More than any hint or small space has room for.
    char *large = mmap(NULL, 1UL << 44, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (large == MAP_FAILED || mprotect(large + (1UL << 43), 4096, RW) != 0) {
        printf("no room: %d\n", errno);
    } else {
        large[(1UL << 43) + 5] = 9;
        printf("large: %d\n", large[(1UL << 43) + 5]);
    }
    printf("fixed: %d\n", mmap((void *)0x7ffffffff000, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? errno : 0);
    printf("noreplace: %d\n", mmap((void *)0x400000000000, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ? errno : 0);

    char *again[] = {arguments[0], "again", NULL};
    execv("/proc/self/exe", again);
    printf("exec: %d\n", errno);
    return 1;
}
