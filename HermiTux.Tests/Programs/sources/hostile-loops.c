/* Calls that a guest can make arbitrarily long. argv[1] says which; each goes on for ever, the machine's time limit has to end it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static char *reserve(long size, int protection)
{
    char *p = mmap(0, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return p;
}

/* As many mappings as there may be: every other page has another protection. */
static char *many(void)
{
    long pages = 65000;
    char *p = reserve(pages * 4096, PROT_READ);
    for (long i = 0; i < pages; i += 2)
        mprotect(p + i * 4096, 4096, PROT_NONE);
    return p;
}

/* The same memory over and over: what it takes to touch all of it isn't bounded by how much there is. */
static void aliases(int fd, int count, long size)
{
    for (int i = 0; i < count; i++)
        mmap(0, size, RW, MAP_SHARED, fd, 0);
}

static char *aliased(long size)
{
    int fd = memfd_create("v", 0);
    ftruncate(fd, 1 << 20);
    char *p = reserve(size, PROT_NONE);
    for (long at = 0; at < size; at += 1 << 20)
        mmap(p + at, 1 << 20, RW, MAP_SHARED | MAP_FIXED, fd, 0);
    return p;
}

static void read_vector(void)
{
    static struct iovec v[1024];
    char *p = reserve(2 << 20, RW);
    int fd = open("/dev/urandom", O_RDONLY);
    for (int i = 0; i < 1024; i++)
        v[i] = (struct iovec){ p, 2 << 20 };
    for (;;)
        readv(fd, v, 1024);
}

static void get_random(void)
{
    char *p = aliased(2l << 30);
    for (;;)
        getrandom(p, 2l << 30, 0);
}

static void resident(void)
{
    char *target = aliased(8l << 30);

    /* As much as there is room for: engines differ in how many addresses they have. */
    long size = 8l << 42;
    char *p;
    while ((p = mmap(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) == MAP_FAILED && size > 1 << 30)
        size /= 2;
    for (;;)
        syscall(SYS_mincore, p, size, target);
}

static void lock_all(void)
{
    int fd = memfd_create("l", 0);
    ftruncate(fd, 32 << 20);
    aliases(fd, 2000, 32 << 20);
    for (;;) {
        mlockall(MCL_CURRENT);
        munlockall();
    }
}

static void protect(void)
{
    char *p = many();
    for (int i = 0;; i++) {
        mprotect(p, 65000 * 4096l, i % 2 ? PROT_READ : RW);
        for (long k = 0; k < 65000; k += 2)
            mprotect(p + k * 4096, 4096, PROT_NONE);
    }
}

static void advise(void)
{
    char *p = many();
    for (int i = 0;; i++) {
        madvise(p, 65000 * 4096l, i % 2 ? MADV_DONTFORK : MADV_DOFORK);
        msync(p, 65000 * 4096l, MS_SYNC);
        mlock(p, 65000 * 4096l);
    }
}

static void maps(void)
{
    many();
    static char buffer[65536];
    for (;;) {
        int fd = open("/proc/self/smaps", O_RDONLY);
        while (read(fd, buffer, sizeof buffer) > 0)
            ;
        close(fd);
    }
}

/* The counter takes no more, though poll(2) says that it is writable. */
static void splice_overflow(void)
{
    int p[2], fd = eventfd(1, 0);
    uint64_t value = UINT64_MAX - 1;
    pipe(p);
    write(p[1], &value, sizeof value);
    splice(p[0], 0, fd, 0, sizeof value, 0);
    pause();
}

static void send_file(void)
{
    int from = open("/tmp/sparse", O_RDWR | O_CREAT, 0600), to = open("/dev/null", O_WRONLY);
    ftruncate(from, 1l << 50);
    for (;;) {
        off_t at = 0;
        sendfile(to, from, &at, 1l << 40);
        copy_file_range(from, &at, open("/tmp/copy", O_RDWR | O_CREAT, 0600), 0, 1 << 20, 0);
    }
}

static void write_file(void)
{
    static struct iovec v[1024];
    char *p = reserve(2 << 20, RW);
    int fd = open("/dev/null", O_WRONLY);
    memset(p, 1, 2 << 20);
    for (int i = 0; i < 1024; i++)
        v[i] = (struct iovec){ p, 2 << 20 };
    for (;;)
        writev(fd, v, 1024);
}

static void truncate_file(void)
{
    int fd = open("/tmp/t", O_RDWR | O_CREAT, 0600);
    ftruncate(fd, 32 << 20);
    aliases(fd, 1000, 32 << 20);
    char *p = mmap(0, 32 << 20, RW, MAP_SHARED | MAP_POPULATE, fd, 0);
    for (;;) {
        ftruncate(fd, 0);
        ftruncate(fd, 1l << 50);
        madvise(p, 32 << 20, MADV_POPULATE_WRITE);
        fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1l << 49);
    }
}

static void *other(void *unused)
{
    (void)unused;
    for (;;)
        syscall(SYS_futex, &other, 0, 0, 0, 0, 0);
    return 0;
}

static void futexes(void)
{
    static int word;
    pthread_t t;
    for (int i = 0; i < 20; i++)
        pthread_create(&t, 0, other, 0);
    for (;;)
        syscall(SYS_futex, &word, 3 /* FUTEX_REQUEUE */, 0x7fffffff, 0x7fffffff, &word + 1, 0);
}

static void locks(void)
{
    int fd = open("/tmp/l", O_RDWR | O_CREAT, 0600);
    for (long i = 0;; i++) {
        struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i * 2 % 100000, .l_len = 1 };
        fcntl(fd, F_SETLK, &l);
    }
}

static void names(void)
{
    char path[4097];
    memset(path, 0, sizeof path);
    for (int i = 0; i + 2 < 4096; i += 2)
        memcpy(path + i, "./", 2);
    for (;;) {
        syscall(SYS_access, path, 0);
        mkdir("d", 0700);
        chdir("d");
        getcwd(path, 100);
    }
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*run)(void); } modes[] = {
        { "readv", read_vector }, { "getrandom", get_random }, { "mincore", resident }, { "mlockall", lock_all }, { "mprotect", protect }, { "madvise", advise },
        { "smaps", maps }, { "splice", splice_overflow }, { "sendfile", send_file }, { "writev", write_file }, { "truncate", truncate_file }, { "futex", futexes },
        { "locks", locks }, { "names", names },
    };
    for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++)
        if (argc > 1 && !strcmp(argv[1], modes[i].name))
            modes[i].run();
    return 99;
}
