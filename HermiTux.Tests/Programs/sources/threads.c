// POSIX threads: everything is counted, so the output doesn't depend on who runs when.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define N 8

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static sem_t items, space;
static pthread_key_t key;
static __thread int local = 41;
static __thread double local_array[100];
static int shared, once_runs, destroyed, serial_threads, finished;

static void run_once(void) { once_runs++; }

static void destroy(void *p)
{
    __atomic_add_fetch(&destroyed, (int)(intptr_t)p, __ATOMIC_SEQ_CST);
}

static void *square(void *p) { return (void *)((intptr_t)p * (intptr_t)p); }

static void *count(void *p)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        shared++;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *everything(void *p)
{
    intptr_t n = (intptr_t)p;
    local += n;
    for (int i = 0; i < 100; i++)
        local_array[i] = n + i;
    pthread_once(&once, run_once);
    pthread_setspecific(key, (void *)(n + 1));
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
        __atomic_add_fetch(&serial_threads, 1, __ATOMIC_SEQ_CST);
    double sum = local;
    for (int i = 0; i < 100; i++)
        sum += local_array[i];
    double *result = malloc(sizeof *result);
    *result = sum;
    return result;
}

static void *reader(void *p)
{
    long bad = 0;
    for (int i = 0; i < 500; i++) {
        pthread_rwlock_rdlock(&rwlock);
        int before = shared;
        if (i % 50 == 0)
            sched_yield();
        bad += before != shared;
        pthread_rwlock_unlock(&rwlock);
    }
    return (void *)bad;
}

static void *writer(void *p)
{
    for (int i = 0; i < 500; i++) {
        pthread_rwlock_wrlock(&rwlock);
        shared++;
        pthread_rwlock_unlock(&rwlock);
    }
    return NULL;
}

static int ring[4], head, tail;

static void *producer(void *p)
{
    for (int i = 1; i <= 1000; i++) {
        sem_wait(&space);
        ring[head++ & 3] = i;
        sem_post(&items);
    }
    return NULL;
}

static void *consumer(void *p)
{
    long sum = 0;
    for (int i = 1; i <= 1000; i++) {
        sem_wait(&items);
        sum += ring[tail++ & 3] * (long)i;
        sem_post(&space);
    }
    return (void *)sum;
}

static void *turn(void *p)
{
    int me = (int)(intptr_t)p;
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&mutex);
        while (shared % N != me)
            pthread_cond_wait(&cond, &mutex);
        shared++;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *detached(void *p)
{
    pthread_mutex_lock(&mutex);
    finished++;
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void run(void *(*body)(void *), const char *name)
{
    pthread_t t[N];
    for (intptr_t i = 0; i < N; i++)
        if (pthread_create(&t[i], NULL, body, (void *)i))
            printf("%s: can't create\n", name);
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
}

int main(void)
{
    pthread_t t[N], u[N];
    void *result;

    long total = 0;
    for (intptr_t i = 0; i < 500; i++) {
        if (pthread_create(&t[0], NULL, square, (void *)i))
            return 1;
        pthread_join(t[0], &result);
        total += (intptr_t)result;
    }
    printf("create and join %ld\n", total);

    run(count, "count");
    printf("mutex %d\n", shared);

    pthread_barrier_init(&barrier, NULL, N);
    pthread_key_create(&key, destroy);
    double sum = 0;
    for (intptr_t i = 0; i < N; i++)
        pthread_create(&t[i], NULL, everything, (void *)i);
    for (int i = 0; i < N; i++) {
        pthread_join(t[i], &result);
        sum += *(double *)result;
        free(result);
    }
    printf("barrier %d once %d specific %d local %g mine %d\n", serial_threads, once_runs, destroyed, sum, local);

    shared = 0;
    long bad = 0;
    for (int i = 0; i < 4; i++) {
        pthread_create(&t[i], NULL, reader, NULL);
        pthread_create(&u[i], NULL, writer, NULL);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &result);
        bad += (long)result;
        pthread_join(u[i], NULL);
    }
    printf("rwlock %d torn %ld\n", shared, bad);

    sem_init(&items, 0, 0);
    sem_init(&space, 0, 4);
    pthread_create(&t[0], NULL, producer, NULL);
    pthread_create(&t[1], NULL, consumer, NULL);
    pthread_join(t[0], NULL);
    pthread_join(t[1], &result);
    printf("semaphore %ld\n", (long)result);

    shared = 0;
    run(turn, "turn");
    printf("cond %d\n", shared);

    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, 1 << 17);
    for (int i = 0; i < 100; i++)
        if (pthread_create(&t[0], &attr, detached, NULL))
            return 2;
    pthread_mutex_lock(&mutex);
    while (finished < 100)
        pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
    printf("detached %d\n", finished);

    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    when.tv_nsec += 5000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_nsec -= 1000000000;
        when.tv_sec++;
    }
    pthread_mutex_lock(&mutex);
    int e;
    while ((e = pthread_cond_timedwait(&cond, &mutex, &when)) == 0)
        ;
    pthread_mutex_unlock(&mutex);
    printf("time-out %d\n", e == ETIMEDOUT);

    pthread_mutexattr_t ma;
    pthread_mutex_t special;
    pthread_mutexattr_init(&ma);
    pthread_mutexattr_settype(&ma, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&special, &ma);
    pthread_mutex_lock(&special);
    printf("error check %d try %d\n", pthread_mutex_lock(&special) == EDEADLK, pthread_mutex_trylock(&special) == EBUSY);
    pthread_mutex_unlock(&special);
    printf("unlock %d\n", pthread_mutex_unlock(&special) == EPERM);
    return 0;
}
