/* Mappings made, touched, split, changed and removed: nanoseconds a call. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    struct timespec a, b;
    unsigned sum = 0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < rounds; i++) {
        char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        p[0] = (char)i;
        p[40000] = (char)(i + 1);
        mprotect(p + 8192, 4096, PROT_READ);
        munmap(p + 16384, 4096);
        sum += (unsigned char)p[0] + (unsigned char)p[40000];
        munmap(p, 65536);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    fprintf(stderr, "ns_per_call %.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / rounds / 4);
    printf("%u\n", sum);
    return 0;
}
