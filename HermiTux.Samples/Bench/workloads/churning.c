/* Code written, run and written anew, as a compiler at run time does it: nanoseconds for one small function. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    unsigned char *code = mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timespec a, b;
    unsigned sum = 0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < rounds; i++) {
        /* lea eax, [rdi + n]; xor eax, m; ret: every third time over the last one, else behind it; with a call into an older one */
        unsigned char *at = code + (i - i % 3) % 4000 * 16;
        uint32_t n = (uint32_t)i * 2654435761u, m = n >> 7;
        unsigned char text[] = { 0x8D, 0x87, 0, 0, 0, 0, 0x35, 0, 0, 0, 0, 0xC3 };
        memcpy(text + 2, &n, 4);
        memcpy(text + 7, &m, 4);
        memcpy(at, text, sizeof text);
        unsigned (*function)(unsigned) = (unsigned (*)(unsigned))(uintptr_t)at;
        for (unsigned k = 0; k < 8; k++)
            sum = function(sum + k);
        if (i > 4000)
            sum ^= ((unsigned (*)(unsigned))(uintptr_t)(code + (i * 3 - i * 3 % 3) % 4000 / 3 * 3 * 16))(sum);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    fprintf(stderr, "ns_per_call %.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / rounds);
    printf("%u\n", sum);
    return 0;
}
