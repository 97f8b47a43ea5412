/* IS, integer sort (NAS-95-020, 2.3.5): ranks of small integer keys by counting, ten times with two keys changed each time. */
#include "npb-common.h"

int main(int argc, char **argv)
{
    char class = argc > 1 ? argv[1][0] : 'S';
    int log_keys = class == 'S' ? 16 : class == 'W' ? 20 : 23;
    int log_max = class == 'S' ? 11 : class == 'W' ? 16 : 19;
    int n = 1 << log_keys, max = 1 << log_max;
    int *key = malloc(n * sizeof *key), *copy = malloc(n * sizeof *copy), *rank = malloc(max * sizeof *rank);
    uint64_t seed = 314159265;
    for (int i = 0; i < n; i++) {
        double x = npb_random(&seed, NPB_A);
        x += npb_random(&seed, NPB_A);
        x += npb_random(&seed, NPB_A);
        x += npb_random(&seed, NPB_A);
        key[i] = (int)(max / 4 * x);
    }
    uint64_t sum = 0;
    for (int iteration = 1; iteration <= 10; iteration++) {
        key[iteration] = iteration;
        key[iteration + 10] = max - iteration;
        memset(rank, 0, max * sizeof *rank);
        memcpy(copy, key, n * sizeof *copy);
        for (int i = 0; i < n; i++)
            rank[copy[i]]++;
        for (int i = 1; i < max; i++)
            rank[i] += rank[i - 1];
        for (int i = 0; i < 5; i++) /* partial verification: the ranks of five keys, here folded into a checksum */
            sum = sum * 31 + (uint64_t)rank[key[(n / 5) * i + 17]];
    }
    /* Full verification: put every key at its rank, then look at the order and at what became of the keys. */
    uint64_t before = 0, after = 0;
    for (int i = 0; i < n; i++)
        before += (uint64_t)key[i] * (uint64_t)key[i];
    for (int i = 0; i < n; i++)
        copy[--rank[key[i]]] = key[i];
    int good = 1;
    for (int i = 0; i < n; i++) {
        good &= i == 0 || copy[i - 1] <= copy[i];
        after += (uint64_t)copy[i] * (uint64_t)copy[i];
    }
    printf("checksum %llu %llu\n", (unsigned long long)sum, (unsigned long long)after);
    return npb_verdict("IS", class, good && before == after);
}
