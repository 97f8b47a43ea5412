// Robust mutexes: an owner that ends hands over to the next.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

static pthread_mutex_t a, b;
static sem_t held;

static void *dies(void *p)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    sem_post(&held);
    return NULL;
}

static void *dies_later(void *p)
{
    pthread_mutex_lock(&a);
    sem_post(&held);
    for (volatile int i = 0; i < 300000; i++)
        ;
    return NULL;
}

int main(void)
{
    pthread_t t;
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&a, &attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&b, &attr);
    sem_init(&held, 0, 0);

    pthread_create(&t, NULL, dies, NULL);
    pthread_join(t, NULL);
    int e = pthread_mutex_lock(&a);
    printf("a: owner died %d", e == EOWNERDEAD);
    printf(" consistent %d", pthread_mutex_consistent(&a));
    printf(" unlock %d\n", pthread_mutex_unlock(&a));
    e = pthread_mutex_lock(&b);
    printf("b: owner died %d", e == EOWNERDEAD);
    printf(" unlock %d", pthread_mutex_unlock(&b));
    printf(" not recoverable %d\n", pthread_mutex_lock(&b) == ENOTRECOVERABLE);

    sem_init(&held, 0, 0);
    pthread_create(&t, NULL, dies_later, NULL);
    sem_wait(&held);
    e = pthread_mutex_lock(&a);
    printf("waiting: owner died %d\n", e == EOWNERDEAD);
    pthread_mutex_consistent(&a);
    pthread_mutex_unlock(&a);
    pthread_join(t, NULL);
    return 0;
}
