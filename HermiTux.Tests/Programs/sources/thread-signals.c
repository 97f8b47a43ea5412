// Signals and cancellation among threads.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static sem_t ready;
static volatile sig_atomic_t stop, hits, done;
static pthread_t handled_by;
static int cleaned;
static int pipe_fd[2];

static void handler(int s)
{
    handled_by = pthread_self();
    hits++;
}

static void stopper(int s) { stop = 1; }

static void *spin(void *p)
{
    sem_post(&ready);
    while (!stop)
        ;
    return "spun";
}

static void cleanup(void *p) { cleaned += (int)(intptr_t)p; }

static void *sleeper(void *p)
{
    pthread_cleanup_push(cleanup, (void *)1);
    pthread_cleanup_push(cleanup, (void *)10);
    sem_post(&ready);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *reader(void *p)
{
    char c;
    pthread_cleanup_push(cleanup, (void *)100);
    sem_post(&ready);
    read(pipe_fd[0], &c, 1);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *asynchronous(void *p)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    sem_post(&ready);
    for (volatile long i = 0;; i++)
        ;
}

static void *disabled(void *p)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    sem_post(&ready);
    while (!stop)
        sched_yield();
    return "finished";
}

static void *interrupted(void *p)
{
    char c;
    sem_post(&ready);
    int n = read(pipe_fd[0], &c, 1);
    int error = errno;
    done = 1;
    return (void *)(intptr_t)(n < 0 ? error : 0);
}

static void *taker(void *p)
{
    sigset_t *set = p;
    int sum = 0;
    for (int i = 0; i < 3; i++) {
        int s;
        sigwait(set, &s);
        sum = sum * 100 + s;
        sem_post(&ready);
    }
    return (void *)(intptr_t)sum;
}

static void *blocker(void *p)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sem_post(&ready);
    while (!stop)
        usleep(1000);
    sigset_t pending;
    sigpending(&pending);
    return (void *)(intptr_t)sigismember(&pending, SIGUSR2);
}

int main(void)
{
    pthread_t t, u;
    void *result;
    struct sigaction sa = { .sa_handler = handler };
    sem_init(&ready, 0, 0);
    pipe(pipe_fd);
    setvbuf(stdout, NULL, _IONBF, 0);

    struct sigaction stopping = { .sa_handler = stopper };
    sigaction(SIGUSR1, &stopping, NULL);
    pthread_create(&t, NULL, spin, NULL);
    sem_wait(&ready);
    printf("kill %d\n", pthread_kill(t, SIGUSR1));
    pthread_join(t, &result);
    printf("%s\n", (char *)result);
    printf("no such signal %d\n", pthread_kill(pthread_self(), 99) == EINVAL);

    sigaction(SIGUSR1, &sa, NULL);
    pthread_create(&t, NULL, interrupted, NULL);
    sem_wait(&ready);
    // The thread may not be in read(2) yet: signal until it has been.
    while (!done) {
        pthread_kill(t, SIGUSR1);
        usleep(2000);
    }
    pthread_join(t, &result);
    printf("interrupted %d by itself %d\n", (int)(intptr_t)result == EINTR, hits > 0);

    pthread_create(&t, NULL, sleeper, NULL);
    sem_wait(&ready);
    pthread_cancel(t);
    pthread_join(t, &result);
    printf("cancelled in pause %d cleaned %d\n", result == PTHREAD_CANCELED, cleaned);
    pthread_create(&t, NULL, reader, NULL);
    sem_wait(&ready);
    pthread_cancel(t);
    pthread_join(t, &result);
    printf("cancelled in read %d cleaned %d\n", result == PTHREAD_CANCELED, cleaned);
    pthread_create(&t, NULL, asynchronous, NULL);
    sem_wait(&ready);
    pthread_cancel(t);
    pthread_join(t, &result);
    printf("cancelled in a loop %d\n", result == PTHREAD_CANCELED);
    stop = 0;
    pthread_create(&t, NULL, disabled, NULL);
    sem_wait(&ready);
    pthread_cancel(t);
    stop = 1;
    pthread_join(t, &result);
    printf("not cancellable: %s\n", (char *)result);

    // A signal of the process goes to a thread that waits for it, or to one that doesn't block it.
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGRTMIN + 5);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&t, NULL, taker, &set);
    kill(getpid(), SIGUSR1);
    sem_wait(&ready);
    kill(getpid(), SIGTERM);
    sem_wait(&ready);
    sigqueue(getpid(), SIGRTMIN + 5, (union sigval){ .sival_int = 1 });
    sem_wait(&ready);
    pthread_join(t, &result);
    printf("sigwait %d\n", (int)(intptr_t)result);

    sigaction(SIGUSR2, &sa, NULL);
    hits = stop = 0;
    pthread_create(&t, NULL, blocker, NULL);
    sem_wait(&ready);
    kill(getpid(), SIGUSR2);
    while (!hits)
        usleep(1000);
    printf("process signal to main %d\n", handled_by == pthread_self());
    pthread_kill(t, SIGUSR2);
    stop = 1;
    pthread_join(t, &result);
    printf("pending in the thread %d, hits %d\n", (int)(intptr_t)result, (int)hits);

    sigset_t all;
    sigfillset(&all);
    hits = stop = 0;
    pthread_create(&t, NULL, spin, NULL);
    sem_wait(&ready);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    kill(getpid(), SIGUSR2);
    while (!hits)
        usleep(1000);
    printf("process signal to the other %d\n", handled_by == t);
    stop = 1;
    pthread_join(t, NULL);

    printf("gone %d\n", syscall(SYS_tgkill, getpid(), 4000000, 0) == -1 && errno == ESRCH);
    return 0;
}
