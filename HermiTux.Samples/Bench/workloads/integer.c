/* Integer mix: hashing, sieving, sorting and bit twiddling in registers and a small working set. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252ULL;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 20;
    uint64_t sum = 0;
    static uint32_t keys[4096];
    static unsigned char sieve[65536];
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < 4096; i++)
            keys[i] = (uint32_t)next();
        qsort(keys, 4096, sizeof keys[0], compare);
        for (int i = 0; i < 4096; i += 64)
            sum = sum * 31 + keys[i];
        for (int i = 0; i < 65536; i++)
            sieve[i] = 1;
        for (int i = 2; i * i < 65536; i++)
            if (sieve[i])
                for (int j = i * i; j < 65536; j += i)
                    sieve[j] = 0;
        for (int i = 2; i < 65536; i++)
            sum += sieve[i];
        uint32_t crc = ~0u;
        for (int i = 0; i < 16384; i++) {
            crc ^= (unsigned char)next();
            for (int k = 0; k < 8; k++)
                crc = (crc >> 1) ^ (0xEDB88320u & -(crc & 1));
        }
        sum ^= crc;
        for (int i = 0; i < 20000; i++) {
            uint64_t v = next();
            sum += v % 1000003 + (uint64_t)__builtin_popcountll(v) + (v >> (v & 63));
        }
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
