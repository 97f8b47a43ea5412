/* Two threads that wake each other by a futex, argv[1] times. */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic int turn;
static int rounds;

static void take_turns(int mine)
{
    for (int i = 0; i < rounds; i++) {
        while (turn != mine)
            syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
        turn = !mine;
        syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    }
}

static void *other(void *unused)
{
    (void)unused;
    take_turns(1);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    rounds = argc > 1 ? atoi(argv[1]) : 1;
    pthread_create(&thread, NULL, other, NULL);
    take_turns(0);
    pthread_join(thread, NULL);
    return 17;
}
