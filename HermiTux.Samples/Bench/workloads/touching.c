/* First touches: nanoseconds a page for reading and writing fresh anonymous memory, with the mapping and unmapping of it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 4;
    const size_t pages = 4096, size = pages * 4096;
    struct timespec a, b;
    unsigned sum = 0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int r = 0; r < rounds; r++) {
        volatile unsigned char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            return 1;
        for (size_t i = 0; i < pages; i++) {
            p[i * 4096 + i % 4096] = (unsigned char)i;
            sum += p[i * 4096 + i % 4096];
        }
        munmap((void *)p, size);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    fprintf(stderr, "ns_per_call %.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / rounds / pages);
    printf("%u\n", sum);
    return 0;
}
