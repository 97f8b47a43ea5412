#include "check.h"
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static int counter, turn;
static __thread int local = 7;

static void *work(void *argument)
{
    local += (int)(intptr_t)argument;
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    pthread_mutex_lock(&mutex);
    while (turn != (int)(intptr_t)argument)
        pthread_cond_wait(&condition, &mutex);
    printf("thread %d local %d\n", turn, local);
    turn++;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    pthread_barrier_wait(&barrier);
    return (void *)(intptr_t)(local * 2);
}

int main(void)
{
    pthread_t threads[8];
    pthread_barrier_init(&barrier, 0, 9);
    for (intptr_t i = 0; i < 8; i++)
        pthread_create(&threads[i], 0, work, (void *)i);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 8; i++) {
        void *result;
        pthread_join(threads[i], &result);
        printf("%d ", (int)(intptr_t)result);
    }
    printf("\n%d\n", counter);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t checked;
    pthread_mutex_init(&checked, &attributes);
    printf("%d %d\n", pthread_mutex_lock(&checked), pthread_mutex_lock(&checked) == EDEADLK);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec = (t.tv_nsec + 5000000) % 1000000000;
    sem_t semaphore;
    sem_init(&semaphore, 0, 1);
    printf("%d\n", sem_wait(&semaphore));
    printf("%d %d\n", sem_timedwait(&semaphore, &t), errno == ETIMEDOUT || errno == EINTR);
    return 0;
}
