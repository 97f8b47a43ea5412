/* Futex wake to run: two threads hand a word back and forth. Prints nanoseconds from a wake to the other thread's running on standard error. */
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_int turn;
static int rounds;

static void hand_over(int me)
{
    for (int i = 0; i < rounds; i++) {
        while (turn != me)
            syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 1 - me, 0, 0, 0);
        turn = 1 - me;
        syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
    }
}

static void *other(void *p) { hand_over(1); return 0; }

int main(int argc, char **argv)
{
    pthread_t t;
    struct timespec a, b;
    rounds = argc > 1 ? atoi(argv[1]) : 20000;
    pthread_create(&t, 0, other, 0);
    clock_gettime(CLOCK_MONOTONIC, &a);
    hand_over(0);
    pthread_join(t, 0);
    clock_gettime(CLOCK_MONOTONIC, &b);
    fprintf(stderr, "ns_per_call %.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / rounds / 2);
    puts("done");
    return 0;
}
