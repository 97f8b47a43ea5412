#include "check.h"
#include <sys/mman.h>

/* Private mappings of a file: what is only read is the file's, what is written, by whom ever, is the mapping's own from then on. */
#define PAGE 4096l
#define PAGES 40l

static long sum(char *map)
{
    long total = 0;
    for (long i = 0; i < PAGES; i++)
        total = total * 31 + map[i * PAGE] + map[i * PAGE + 4095];
    return total;
}

int main(void)
{
    catch_faults();
    char page[PAGE];
    int out = open("file", O_CREAT | O_RDWR | O_TRUNC, 0600);
    for (long i = 0; i < PAGES; i++) {
        memset(page, 'A' + (int)i, PAGE);
        write(out, page, PAGE);
    }
    write(out, "tail", 4);
    int fd = open("file", O_RDONLY);
    int pipes[2];
    T(pipe(pipes));

    char *map = mmap(0, (PAGES + 4) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    char *other = mmap(0, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    T(sum(map));
    T(sum(other));
    T(peek(map + PAGES * PAGE));
    T(peek(map + PAGES * PAGE + 4));
    T(peek(map + (PAGES + 1) * PAGE));
    T(poke(map + (PAGES + 2) * PAGE, 1));
    T(poke(other, 1));

    /* By the program, after and before a read. */
    T(poke(map + 3 * PAGE + 7, 'x'));
    T(peek(map + 3 * PAGE + 7));
    T(peek(map + 3 * PAGE + 8));
    T(peek(other + 3 * PAGE + 7));
    T(peek(map + 2 * PAGE));
    T(peek(map + 4 * PAGE));

    /* By the kernel: into pages that were read, next to pages that were written, over a boundary. */
    T(write(pipes[1], "0123456789", 10));
    T(read(pipes[0], map + 10 * PAGE - 5, 10));
    T(peek(map + 10 * PAGE - 6));
    T(peek(map + 10 * PAGE - 5));
    T(peek(map + 10 * PAGE));
    T(peek(map + 10 * PAGE + 5));
    T(peek(other + 10 * PAGE));
    T(pread(fd, map + 20 * PAGE, 3 * PAGE, 0));
    T(sum(map));
    T(pread(fd, other + 20 * PAGE, 3 * PAGE, 0));
    T(sum(other));

    /* From pages that are the file's, and from ones that aren't. */
    T(write(pipes[1], map + 10 * PAGE - 8, 16));
    T(read(pipes[0], page, 16));
    printf("%.16s\n", page);

    /* Protection. */
    T(mprotect(map + 30 * PAGE, 2 * PAGE, PROT_NONE));
    T(peek(map + 29 * PAGE));
    T(peek(map + 30 * PAGE));
    T(peek(map + 31 * PAGE));
    T(peek(map + 32 * PAGE));
    T(mprotect(map + 30 * PAGE, PAGE, PROT_READ));
    T(peek(map + 30 * PAGE));
    T(poke(map + 30 * PAGE, 1));
    T(mprotect(map + 30 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE));
    T(poke(map + 30 * PAGE, 1));
    T(peek(map + 31 * PAGE));
    T(sum(map));

    /* Holes, other mappings in place, moves. */
    T(munmap(map + 33 * PAGE, PAGE));
    T(peek(map + 32 * PAGE));
    T(peek(map + 33 * PAGE));
    T(mmap(map + 33 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == map + 33 * PAGE);
    T(peek(map + 33 * PAGE));
    T(mmap(map + 33 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 2 * PAGE) == map + 33 * PAGE);
    T(peek(map + 33 * PAGE));
    char *moved = mremap(other, PAGES * PAGE, 2 * PAGES * PAGE, MREMAP_MAYMOVE);
    OK(moved);
    T(sum(moved));
    if (moved != other)
        T(peek(other));
    T(peek(moved + (PAGES + 1) * PAGE));

    /* Dropped: the file's again. */
    T(madvise(map, PAGES * PAGE, MADV_DONTNEED));
    T(sum(map));

    /* What is written to the file shows where nothing was written. */
    T(pwrite(out, "W", 1, 5 * PAGE));
    T(poke(map + 6 * PAGE, 'm'));
    T(pwrite(out, "W", 1, 6 * PAGE));
    T(peek(map + 6 * PAGE));
    T(msync(map, PAGE, MS_SYNC));

    /* A file that is shared and private at once. */
    char *shared = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    T(peek(shared + 5 * PAGE));
    T(poke(shared + 7 * PAGE, 's'));
    char *late = mmap(0, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    T(peek(late + 7 * PAGE));
    T(peek(late + 8 * PAGE));
    return 0;
}
