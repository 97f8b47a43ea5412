/* Sorting through comparison functions: the library's qsort and a heap sort of our own, on integers, strings and structures. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item { double key; int index; };

static uint32_t state;
static uint32_t next(void) { return state = state * 1664525 + 1013904223; }

static int by_number(const void *a, const void *b) { int x = *(const int *)a, y = *(const int *)b; return (x > y) - (x < y); }
static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
static int by_key(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key ? 1 : x->index - y->index;
}

static void heap_sort(char *base, int n, size_t size, int (*compare)(const void *, const void *))
{
    char t[64];
    for (int end = n, root = n / 2; end > 1;) {
        if (root > 0) {
            root--;
        } else {
            end--;
            memcpy(t, base, size);
            memcpy(base, base + end * size, size);
            memcpy(base + end * size, t, size);
        }
        for (int at = root, child; (child = 2 * at + 1) < end; at = child) {
            if (child + 1 < end && compare(base + child * size, base + (child + 1) * size) < 0)
                child++;
            if (compare(base + at * size, base + child * size) >= 0)
                break;
            memcpy(t, base + at * size, size);
            memcpy(base + at * size, base + child * size, size);
            memcpy(base + child * size, t, size);
        }
    }
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 50000, passes = argc > 2 ? atoi(argv[2]) : 2;
    int *numbers = malloc(n * sizeof *numbers);
    char **texts = malloc(n * sizeof *texts), *room = malloc(n * 12);
    struct item *items = malloc(n * sizeof *items);
    uint64_t sum = 0;
    for (int pass = 0; pass < passes; pass++) {
        state = 12345;
        for (int i = 0; i < n; i++) {
            numbers[i] = (int)(next() >> 4);
            texts[i] = room + i * 12;
            for (int k = 0; k < 11; k++)
                texts[i][k] = (char)('a' + (next() >> 28));
            texts[i][11] = 0;
            items[i] = (struct item){ (next() >> 8) * 0.25, i };
        }
        if (pass) {
            heap_sort((char *)numbers, n, sizeof *numbers, by_number);
            heap_sort((char *)texts, n, sizeof *texts, by_text);
            heap_sort((char *)items, n, sizeof *items, by_key);
        } else {
            qsort(numbers, n, sizeof *numbers, by_number);
            qsort(texts, n, sizeof *texts, by_text);
            qsort(items, n, sizeof *items, by_key);
        }
        for (int i = 0; i < n; i++)
            sum = sum * 31 + (uint64_t)numbers[i] + (uint64_t)texts[i][5] + (uint64_t)items[i].index;
        printf("%llu\n", (unsigned long long)sum);
    }
    return 0;
}
