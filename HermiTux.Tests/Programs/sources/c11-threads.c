/* C11's threads: mutexes of each kind, conditions, once, thread-specific storage, atomics. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

static mtx_t plain, recursive, timed;
static cnd_t changed;
static once_flag flag = ONCE_FLAG_INIT;
static tss_t slot;
static atomic_int onces, destroyed, arrived;
static _Thread_local int own;
static long sum;
static int turn;

static void once(void) { atomic_fetch_add(&onces, 1); }
static void destroy(void *p) { atomic_fetch_add(&destroyed, *(int *)p); free(p); }

static int worker(void *p)
{
    int id = (int)(long)p;
    call_once(&flag, once);
    int *value = malloc(sizeof *value);
    *value = id;
    tss_set(slot, value);
    for (int i = 0; i < 2000; i++) {
        mtx_lock(&plain);
        sum += id;
        mtx_unlock(&plain);
        own++;
        if (i % 500 == 0)
            thrd_yield();
    }
    /* In turn, whoever came first. */
    mtx_lock(&plain);
    while (turn != id)
        cnd_wait(&changed, &plain);
    printf("%d: %d %d\n", id, own, *(int *)tss_get(slot) == id);
    turn++;
    cnd_broadcast(&changed);
    mtx_unlock(&plain);
    if (id == 3)
        thrd_exit(33);
    return id * 10;
}

static int detached(void *p)
{
    atomic_fetch_add(&arrived, 1);
    return 0;
}

static int holder(void *p)
{
    mtx_lock(&timed);
    atomic_fetch_add(&arrived, 1);
    while (atomic_load(&arrived) < 4)
        thrd_sleep(&(struct timespec){ 0, 100000 }, NULL);
    mtx_unlock(&timed);
    return 0;
}

int main(void)
{
    thrd_t t[8];
    mtx_init(&plain, mtx_plain);
    mtx_init(&recursive, mtx_plain | mtx_recursive);
    mtx_init(&timed, mtx_timed);
    cnd_init(&changed);
    tss_create(&slot, destroy);
    for (long i = 0; i < 8; i++)
        thrd_create(&t[i], worker, (void *)i);
    int joined[8], results[8];
    for (int i = 0; i < 8; i++)
        joined[i] = thrd_join(t[i], &results[i]);
    for (int i = 0; i < 8; i++)
        printf("%d %d\n", joined[i] == thrd_success, results[i]);
    printf("%ld %d %d\n", sum, onces, destroyed);
    printf("%d %d %d\n", mtx_lock(&recursive), mtx_lock(&recursive), mtx_trylock(&recursive));
    for (int i = 0; i < 3; i++)
        mtx_unlock(&recursive);

    thrd_t d, h;
    thrd_create(&d, detached, NULL);
    printf("%d\n", thrd_detach(d) == thrd_success);
    thrd_create(&h, holder, NULL);
    while (atomic_load(&arrived) < 2)
        thrd_yield();
    struct timespec soon;
    timespec_get(&soon, TIME_UTC);
    soon.tv_nsec += 5000000;
    if (soon.tv_nsec >= 1000000000) {
        soon.tv_sec++;
        soon.tv_nsec -= 1000000000;
    }
    printf("%d %d\n", mtx_timedlock(&timed, &soon) == thrd_timedout, mtx_trylock(&timed) == thrd_busy);
    mtx_lock(&plain);
    printf("%d\n", cnd_timedwait(&changed, &plain, &soon) == thrd_timedout);
    mtx_unlock(&plain);
    atomic_fetch_add(&arrived, 2);
    printf("%d\n", mtx_lock(&timed) == thrd_success);
    thrd_join(h, NULL);
    printf("%d\n", thrd_equal(thrd_current(), thrd_current()));
    mtx_destroy(&plain);
    cnd_destroy(&changed);
    tss_delete(slot);
    return 5;
}
