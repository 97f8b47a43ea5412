/* A chained hash table with string keys, an open one with integers, and a walk along a shuffled list: dependent loads that miss caches. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry { struct entry *next; uint64_t hash; long count; char key[24]; };

static uint64_t state = 1;
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t hash(const char *s)
{
    uint64_t h = 14695981039346656037ull;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211ull;
    return h;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 200000;
    size_t buckets = 1 << 16;
    struct entry **table = calloc(buckets, sizeof *table);
    long found = 0, made = 0;
    for (int i = 0; i < n; i++) {
        char key[24];
        int k = (int)(next() % (n / 4 + 1));
        int length = 0;
        for (int v = k; v || !length; v /= 10)
            key[length++] = (char)('0' + v % 10);
        strcpy(key + length, "-key");
        uint64_t h = hash(key);
        struct entry *e = table[h % buckets];
        while (e && !(e->hash == h && strcmp(e->key, key) == 0))
            e = e->next;
        if (e) {
            found++;
        } else {
            e = malloc(sizeof *e);
            strcpy(e->key, key);
            e->hash = h;
            e->count = 0;
            e->next = table[h % buckets];
            table[h % buckets] = e;
            made++;
        }
        e->count += i;
    }
    size_t slots = 1;
    while (slots < (size_t)n * 2)
        slots *= 2;
    uint64_t *open = calloc(slots, sizeof *open), probes = 0;
    for (int i = 0; i < n; i++) {
        uint64_t v = next() | 1;
        size_t slot = v * 0x9E3779B97F4A7C15ull >> 20 & (slots - 1);
        for (; open[slot] && open[slot] != v; slot = (slot + 1) & (slots - 1))
            probes++;
        open[slot] = v;
    }
    uint32_t *follow = malloc((size_t)n * sizeof *follow), at = 0;
    for (int i = 0; i < n; i++)
        follow[i] = (uint32_t)i;
    for (int i = n - 1; i > 0; i--) { /* Sattolo: one cycle through all */
        int j = (int)(next() % (uint64_t)i);
        uint32_t t = follow[i];
        follow[i] = follow[j];
        follow[j] = t;
    }
    uint64_t sum = 0;
    for (int i = 0; i < 4 * n; i++) {
        at = follow[at];
        sum = sum * 3 + at;
    }
    printf("%ld %ld %llu %llu\n", found, made, (unsigned long long)probes, (unsigned long long)sum);
    return 0;
}
