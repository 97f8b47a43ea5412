/* Parallel speed-up: the same sums by one thread and by two. Prints the second time as per mille of the first on standard error: 500 is perfect on two idle CPUs. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int rounds;

static void *sum(void *p)
{
    uint64_t x = (uintptr_t)p, total = 0;
    for (int i = 0; i < rounds; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        total += (x >> 33) % 1000;
    }
    return (void *)(uintptr_t)total;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
    pthread_t t;
    void *other;
    rounds = argc > 1 ? atoi(argv[1]) : 10000000;
    double a = now();
    uintptr_t one = (uintptr_t)sum((void *)1) + (uintptr_t)sum((void *)2);
    double b = now();
    pthread_create(&t, 0, sum, (void *)1);
    uintptr_t two = (uintptr_t)sum((void *)2);
    pthread_join(t, &other);
    double c = now();
    fprintf(stderr, "ns_per_call %.1f\n", 1000 * (c - b) / (b - a));
    puts(two + (uintptr_t)other == one ? "done" : "wrong");
    return 0;
}
