/* Pipe round trip: a byte goes to another thread and comes back. Prints nanoseconds a round trip on standard error. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int there[2], back[2], rounds;

static void *other(void *p)
{
    char c;
    for (int i = 0; i < rounds; i++)
        if (read(there[0], &c, 1) != 1 || write(back[1], &c, 1) != 1)
            exit(1);
    return 0;
}

int main(int argc, char **argv)
{
    pthread_t t;
    struct timespec a, b;
    char c = 0;
    rounds = argc > 1 ? atoi(argv[1]) : 20000;
    if (pipe(there) || pipe(back))
        return 1;
    pthread_create(&t, 0, other, 0);
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < rounds; i++)
        if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
            return 1;
    clock_gettime(CLOCK_MONOTONIC, &b);
    pthread_join(t, 0);
    fprintf(stderr, "ns_per_call %.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / rounds);
    puts("done");
    return 0;
}
