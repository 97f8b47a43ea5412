/* PI futexes by the raw call, futex_waitv and the newer calls. */
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#define FUTEX_LOCK_PI2_ 13
#define SYS_futex_waitv_ 449
#define SYS_futex_wake_ 454
#define SYS_futex_wait_ 455
#define SYS_futex_requeue_ 456

struct waitv { uint64_t val, uaddr; uint32_t flags, reserved; };

static uint32_t word, other, cond;
static volatile int ready, go;
static int stage;

static long futex(void *a, int op, uint32_t v, void *t, void *b, uint32_t v3) { return syscall(SYS_futex, a, op, v, t, b, v3); }

static uint32_t shown(uint32_t w)
{
    /* The owner's tid differs from run to run: 1 for this thread, 2 for another. */
    uint32_t tid = w & FUTEX_TID_MASK;
    return (w & ~FUTEX_TID_MASK) | (tid == 0 ? 0 : tid == (uint32_t)gettid() ? 1 : 2);
}

static struct timespec *soon(clockid_t clock, long ms)
{
    static __thread struct timespec t;
    clock_gettime(clock, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return &t;
}

static void *locker(void *p)
{
    futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    ready = (word & FUTEX_TID_MASK) == (uint32_t)gettid() ? 1 : -1;
    while (!go)
        sched_yield();
    futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    return 0;
}

static void *dies_with_it(void *p)
{
    futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    ready = 1;
    settle();
    return 0;
}

static void *waits_plainly(void *p)
{
    return (void *)futex(&other, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 7, 0, 0, 0);
}

static void *deadlocks(void *p)
{
    futex(&other, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    ready = 1;
    long r = futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    futex(&other, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    return (void *)r;
}

static void *waits_requeue(void *p)
{
    long r = futex(&cond, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 5, p, &word, 0);
    if (r == 0) {
        __sync_fetch_and_add(&stage, 1);
        futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    } else
        r = -errno;
    return (void *)r;
}

static void *wakes_later(void *p)
{
    settle();
    *(uint32_t *)p = 1;
    futex(p, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
    return 0;
}

static void *wakes2_later(void *p)
{
    settle();
    *(uint32_t *)p = 1;
    syscall(SYS_futex_wake_, p, 1, 1, 0x82);
    return 0;
}

static void *mutex_user(void *p)
{
    pthread_mutex_lock(p);
    pthread_mutex_unlock(p);
    return 0;
}

static void *robust_user(void *p)
{
    pthread_mutex_lock(p);
    return 0;
}

int main(void)
{
    pthread_t a, b;
    void *result;
    struct timespec bad = { 0, -1 }, past = { 1, 0 };
    setvbuf(stdout, 0, _IOLBF, 0);

    /* Uncontended, and errors. */
    T(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
    printf("%x\n", shown(word));
    T(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
    T(futex(&word, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
    T(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
    printf("%x\n", shown(word));
    T(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
    T(futex((char *)&word + 1, FUTEX_LOCK_PI, 0, 0, 0, 0));
    T(futex((void *)16, FUTEX_LOCK_PI, 0, 0, 0, 0));
    T(futex((void *)16, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
    T(futex(&word, FUTEX_LOCK_PI, 0, &bad, 0, 0));
    T(futex(&word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, 0, 0, 0));
    word = 0x3ffffff0;
    T(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
    printf("%x\n", word & ~0xff);
    word = FUTEX_OWNER_DIED;
    T(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
    printf("%x\n", shown(word));
    T(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
    word = FUTEX_WAITERS;
    T(futex(&word, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
    printf("%x\n", shown(word));
    T(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
    T(futex(&word, FUTEX_LOCK_PI2_ | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    T(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));

    /* Handed over to a waiter. */
    futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    pthread_create(&a, 0, locker, 0);
    settle();
    printf("%x\n", shown(word));
    T(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    printf("%x\n", shown(word));
    while (!ready)
        sched_yield();
    printf("owner %d\n", ready);
    T(futex(&word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    T(futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, &past, 0, 0));
    T(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    go = 1;
    pthread_join(a, 0);
    printf("%x\n", shown(word));

    /* Time-outs. */
    ready = go = 0;
    pthread_create(&a, 0, locker, 0);
    while (!ready)
        sched_yield();
    T(futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, soon(CLOCK_REALTIME, 2), 0, 0));
    T(futex(&word, FUTEX_LOCK_PI2_ | FUTEX_PRIVATE_FLAG, 0, soon(CLOCK_MONOTONIC, 2), 0, 0));
    T(futex(&word, FUTEX_LOCK_PI2_ | FUTEX_CLOCK_REALTIME | FUTEX_PRIVATE_FLAG, 0, soon(CLOCK_REALTIME, 2), 0, 0));
    go = 1;
    pthread_join(a, 0);
    printf("%x\n", shown(word));

    /* The owner ends. */
    ready = 0;
    pthread_create(&a, 0, dies_with_it, 0);
    while (!ready)
        sched_yield();
    T(futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    printf("%x\n", shown(word));
    pthread_join(a, 0);
    T(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));

    /* Mixed with ordinary use. */
    other = 7;
    pthread_create(&a, 0, waits_plainly, 0);
    settle();
    T(futex(&other, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    T(futex(&other, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0));
    pthread_join(a, &result);
    printf("%ld\n", (long)result);
    other = word = 0;
    futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    pthread_create(&a, 0, locker, 0);
    settle();
    T(futex(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0));
    T(futex(&word, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, 0, (void *)1, &other, 0));
    T(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    pthread_join(a, 0);

    /* A cycle. */
    ready = 0;
    futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    pthread_create(&a, 0, deadlocks, 0);
    while (!ready)
        sched_yield();
    settle();
    T(futex(&other, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    T(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    pthread_join(a, &result);
    printf("%ld\n", (long)result);

    /* Requeueing to a PI futex. */
    cond = 5;
    T(futex(&cond, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 4, 0, &word, 0));
    T(futex(&cond, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 5, 0, &cond, 0));
    T(futex(&cond, FUTEX_WAIT_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 5, soon(CLOCK_MONOTONIC, 2), &word, 0));
    T(futex(&cond, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 1, (void *)1, &cond, 5));
    T(futex(&cond, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 2, (void *)1, &word, 5));
    T(futex(&cond, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 1, (void *)1, &word, 4));
    T(futex(&cond, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 1, (void *)1, &word, 5));
    pthread_create(&a, 0, waits_requeue, 0);
    pthread_create(&b, 0, waits_requeue, 0);
    settle();
    T(futex(&cond, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0));
    T(futex(&cond, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 0, (void *)1, &other, 5));
    T(futex(&cond, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 1, (void *)5, &other, 5));
    futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0);
    T(futex(&cond, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 1, (void *)5, &word, 5));
    printf("%x %d\n", shown(word), stage);
    T(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0));
    pthread_join(a, &result);
    printf("%ld\n", (long)result);
    pthread_join(b, &result);
    printf("%ld %d %x\n", (long)result, stage, shown(word));
    pthread_create(&a, 0, waits_requeue, 0);
    settle();
    T(futex(&cond, FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG, 1, (void *)0, &word, 5));
    pthread_join(a, &result);
    printf("%ld %d %x\n", (long)result, stage, shown(word));

    /* The C library's mutexes on them. */
    pthread_mutexattr_t attributes;
    pthread_mutex_t mutex;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutex_lock(&mutex);
    pthread_create(&a, 0, mutex_user, &mutex);
    pthread_create(&b, 0, mutex_user, &mutex);
    settle();
    T(pthread_mutex_lock(&mutex));
    T(pthread_mutex_unlock(&mutex));
    pthread_join(a, 0);
    pthread_join(b, 0);
    T(pthread_mutex_unlock(&mutex));
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex, &attributes);
    pthread_create(&a, 0, robust_user, &mutex);
    pthread_join(a, 0);
    T(pthread_mutex_lock(&mutex));
    T(pthread_mutex_consistent(&mutex));
    T(pthread_mutex_unlock(&mutex));

    /* futex_waitv. */
    uint32_t w[3] = { 0, 0, 0 };
    struct waitv v[3] = { { 0, (uint64_t)&w[0], 0x82 }, { 0, (uint64_t)&w[1], 0x82 }, { 0, (uint64_t)&w[2], 2 } };
    T(syscall(SYS_futex_waitv_, v, 0, 0, 0, 0));
    T(syscall(SYS_futex_waitv_, v, 129, 0, 0, 0));
    T(syscall(SYS_futex_waitv_, v, 3, 1, 0, 0));
    T(syscall(SYS_futex_waitv_, 0, 3, 0, 0, 0));
    T(syscall(SYS_futex_waitv_, BAD, 3, 0, 0, 0));
    T(syscall(SYS_futex_waitv_, v, 3, 0, &past, 5));
    T(syscall(SYS_futex_waitv_, v, 3, 0, &bad, CLOCK_MONOTONIC));
    T(syscall(SYS_futex_waitv_, v, 3, 0, &past, CLOCK_REALTIME));
    T(syscall(SYS_futex_waitv_, v, 3, 0, soon(CLOCK_MONOTONIC, 2), CLOCK_MONOTONIC));
    v[1].flags = 0;
    T(syscall(SYS_futex_waitv_, v, 3, 0, &past, CLOCK_MONOTONIC));
    v[1].flags = 0x82 | 0x100;
    T(syscall(SYS_futex_waitv_, v, 3, 0, &past, CLOCK_MONOTONIC));
    v[1].flags = 0x82;
    v[1].reserved = 1;
    T(syscall(SYS_futex_waitv_, v, 3, 0, &past, CLOCK_MONOTONIC));
    v[1].reserved = 0;
    v[1].val = 1;
    T(syscall(SYS_futex_waitv_, v, 3, 0, 0, 0));
    v[1].val = 1ull << 32;
    T(syscall(SYS_futex_waitv_, v, 3, 0, 0, 0));
    v[1].val = 0;
    v[1].uaddr++;
    T(syscall(SYS_futex_waitv_, v, 3, 0, 0, 0));
    v[1].uaddr = 16;
    T(syscall(SYS_futex_waitv_, v, 3, 0, 0, 0));
    v[1].uaddr = (uint64_t)&w[1];
    pthread_create(&a, 0, wakes_later, &w[1]);
    T(syscall(SYS_futex_waitv_, v, 3, 0, 0, 0));
    pthread_join(a, 0);
    w[1] = 0;

    /* futex_wait, futex_wake, futex_requeue. */
    T(syscall(SYS_futex_wake_, &w[0], 1, 1, 0));
    T(syscall(SYS_futex_wake_, &w[0], 0, 1, 0x82));
    T(syscall(SYS_futex_wake_, &w[0], 1, 1, 0x82));
    T(syscall(SYS_futex_wake_, (char *)&w[0] + 2, 1, 1, 0x82));
    T(syscall(SYS_futex_wake_, (char *)&w[0] + 2, 1, 0, 0x82));
    T(syscall(SYS_futex_wait_, &w[0], 1, 1, 0x82, 0, 0));
    T(syscall(SYS_futex_wait_, &w[0], 0, 0, 0x82, 0, 0));
    T(syscall(SYS_futex_wait_, &w[0], 0, 1, 0x82, &past, CLOCK_MONOTONIC));
    T(syscall(SYS_futex_wait_, &w[0], 0, 1, 0x82, &past, CLOCK_BOOTTIME));
    pthread_create(&a, 0, wakes2_later, &w[0]);
    T(syscall(SYS_futex_wait_, &w[0], 0, ~0u, 0x82, 0, 0));
    pthread_join(a, 0);
    T(syscall(SYS_futex_requeue_, v, 0, 1, 1));
    T(syscall(SYS_futex_requeue_, v, 1, 1, 1));
    T(syscall(SYS_futex_requeue_, v, 0, -1, 1));
    T(syscall(SYS_futex_requeue_, 0, 0, 1, 1));
    v[0].val = 1;
    T(syscall(SYS_futex_requeue_, v, 0, 1, 1));
    return 0;
}
