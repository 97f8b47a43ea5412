#include "check.h"
#include <sys/mman.h>
#include <sys/stat.h>

/* A mapped file that changes size under its mappings. */
#define PAGE 4096l

static int run(int fd)
{
    char buffer[100];
    T(ftruncate(fd, 4 * PAGE));
    char *shared = mmap(0, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(0, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    char *tail = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 3 * PAGE);
    for (int i = 0; i < 4; i++) {
        T(poke(shared + i * PAGE, 'a' + i));
        T(poke(shared + i * PAGE + 2000, 'A' + i));
    }
    T(peek(shared + 4 * PAGE));
    T(peek(private + PAGE));
    T(poke(private + 2 * PAGE, 'p'));
    T(peek(private + 3 * PAGE));
    T(peek(tail));

    /* Shorter: the rest of the last page is zero, pages beyond it are gone from every mapping, copies too. */
    T(ftruncate(fd, PAGE + 1000));
    T(peek(shared));
    T(peek(shared + PAGE));
    T(peek(shared + PAGE + 2000));
    T(peek(shared + 2 * PAGE));
    T(poke(shared + 3 * PAGE, 'x'));
    T(peek(private + 2 * PAGE));
    T(peek(private + 3 * PAGE));
    T(peek(tail));
    T(pread(fd, buffer, 100, 2 * PAGE));
    T(write(1, shared + 2 * PAGE, 10));
    T(pread(fd, shared + 2 * PAGE, 10, 0));
    T(syscall(SYS_getrandom, tail, 8, 0));

    /* Longer again: zeros, and the mapping works again. */
    T(ftruncate(fd, 4 * PAGE));
    T(peek(shared + PAGE + 2000));
    T(peek(shared + 2 * PAGE));
    T(peek(private + 2 * PAGE));
    T(poke(shared + 3 * PAGE, 'y'));
    T(peek(tail));
    T(pread(fd, buffer, 1, 3 * PAGE));
    T(buffer[0]);

    /* A hole shows zeros in shared mappings. */
    T(poke(shared + 2 * PAGE, 'z'));
    T(poke(private + 2 * PAGE, 'q'));
    T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE + 100, 2 * PAGE));
    T(peek(shared + PAGE));
    T(peek(shared + PAGE + 2000));
    T(peek(shared + 2 * PAGE));
    T(peek(shared + 3 * PAGE));
    T(peek(private + 2 * PAGE));

    T(ftruncate(fd, 0));
    T(peek(shared));
    T(peek(tail));
    munmap(shared, 6 * PAGE);
    munmap(private, 6 * PAGE);
    munmap(tail, PAGE);
    return 0;
}

int main(void)
{
    catch_faults();
    int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    run(fd);
    run(syscall(SYS_memfd_create, "m", 0));

    /* Other ways to shorten. */
    char *p = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    T(ftruncate(fd, 2 * PAGE));
    T(poke(p + PAGE, 'a'));
    T(truncate("mapped", 10));
    T(peek(p + PAGE));
    T(ftruncate(fd, 2 * PAGE));
    T(poke(p + PAGE, 'b'));
    T(close(open("mapped", O_WRONLY | O_TRUNC)));
    T(peek(p));
    T(unlink("mapped"));
    T(ftruncate(fd, PAGE));
    T(poke(p, 'c'));
    T(close(fd));
    T(peek(p));
    T(peek(p + PAGE));
    return 0;
}
