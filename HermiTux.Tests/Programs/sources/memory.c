#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf out;
static volatile int code;
static void *volatile where;

static void fault(int sig, siginfo_t *info, void *context)
{
    (void)context;
    code = sig * 100 + info->si_code;
    where = info->si_addr;
    siglongjmp(out, 1);
}

static void touch(const char *what, char *base, long offset, int write)
{
    code = 0;
    if (sigsetjmp(out, 1) == 0) {
        if (write)
            base[offset] = 1;
        else
            (void)*(volatile char *)(base + offset);
    }
    printf("%s: %d at %ld\n", what, code, code ? (long)((char *)where - base) : -1);
}

int main(void)
{
    struct sigaction sa = { .sa_sigaction = fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    touch("write rw", p, 5, 1);
    mprotect(p + 4096, 4096, PROT_READ);
    touch("write r", p, 4096 + 7, 1);
    touch("read r", p, 4096 + 7, 0);
    mprotect(p + 8192, 4096, PROT_NONE);
    touch("read none", p, 8192 + 1, 0);
    munmap(p + 3 * 4096, 4096);
    touch("read unmapped", p, 3 * 4096 + 3, 0);
    printf("mprotect over hole %d\n", mprotect(p, 5 * 4096, PROT_READ) == 0 ? 0 : errno);
    char *q = mremap(p + 4 * 4096, 4 * 4096, 16 * 4096, MREMAP_MAYMOVE);
    q[15 * 4096] = 9;
    printf("mremap %d %d\n", q != MAP_FAILED, q[15 * 4096]);
    printf("noreplace %d\n", mmap(q, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ? errno : 0);
    printf("bad length %d\n", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0);
    printf("bad fd %d\n", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 77, 0) == MAP_FAILED ? errno : 0);
    char *huge = mmap(NULL, 1ul << 39, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    printf("reserve %d\n", huge != MAP_FAILED);
    mprotect(huge + (1ul << 38), 4096, PROT_READ | PROT_WRITE);
    touch("commit", huge, 1l << 38, 1);
    memset(q, 7, 4096);
    madvise(q, 4096, MADV_DONTNEED);
    printf("dontneed %d\n", q[0]);

    int fd = open("mapped.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (write(fd, "hello mapped world", 18) != 18)
        return 1;
    char *s = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *t = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    memcpy(s, "HELLO", 5);
    char buffer[32] = { 0 };
    if (pread(fd, buffer, 18, 0) != 18)
        return 1;
    printf("%s|%.5s\n", buffer, t);
    memcpy(t, "private", 7);
    if (pwrite(fd, "written", 7, 6) != 7)
        return 1;
    printf("%.18s|%.7s\n", s, t);
    touch("past end in page", s, 100, 0);
    touch("past end", s, 4096, 0);
    printf("%d\n", ftruncate(fd, 6000));
    touch("after growth", s, 4096, 1);
    msync(s, 8192, MS_SYNC);
    munmap(s, 8192);
    close(fd);
    unlink("mapped.tmp");

    unsigned char vec[4];
    char *m = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    m[4096] = 1;
    printf("mincore %d %d%d%d%d\n", mincore(m, 4 * 4096, vec), vec[0] & 1, vec[1] & 1, vec[2] & 1, vec[3] & 1);

    /* Code written at run time, and changed. */
    unsigned char *x = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 5; i++) {
        unsigned char f[] = { 0xb8, (unsigned char)i, 1, 0, 0, 0xc3 };
        memcpy(x, f, sizeof f);
        printf("%d ", ((int (*)(void))(uintptr_t)x)());
    }
    puts("");
    void *b = sbrk(0);
    printf("sbrk %d %d\n", sbrk(100000) == b, (char *)sbrk(0) - (char *)b == 100000);
    char *mem[200];
    for (int i = 0; i < 200; i++)
        memset(mem[i] = malloc((size_t)i * 1000 + 1), i, (size_t)i * 1000 + 1);
    long sum = 0;
    for (int i = 0; i < 200; i++)
        sum += mem[i][i * 500], free(mem[i]);
    printf("%ld\n", sum);
    return 0;
}
