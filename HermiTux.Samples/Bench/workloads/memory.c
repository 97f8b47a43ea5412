/* Memory: streaming, strided and dependent accesses over 32 MiB, and block copies. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 4;
    size_t n = 32u << 20, words = n / 8;
    uint64_t *a = malloc(n), *b = malloc(n);
    uint64_t sum = 0, x = 12345;
    for (size_t i = 0; i < words; i++)
        a[i] = i * 2654435761u;
    for (int r = 0; r < rounds; r++) {
        for (size_t i = 0; i < words; i++)
            sum += a[i];
        for (size_t i = 0; i < words; i += 9)
            b[i] = a[i] ^ sum;
        memcpy(b, a, n / 2);
        memmove((char *)b + 8, b, n / 2);
        memset(b + words / 2, r, n / 4);
        for (int i = 0; i < 400000; i++) {
            x = (x * 6364136223846793005u + 1442695040888963407u);
            sum += a[(x >> 33) % words];
        }
        sum += b[words / 3];
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
