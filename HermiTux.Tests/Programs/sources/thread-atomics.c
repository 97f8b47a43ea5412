// Locked instructions and memory mapping from several threads at once.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define THREADS 4
#define ROUNDS 20000

static int added, exchanged;
static uint64_t xored, split_base[16];
static unsigned char bits[64];
static volatile int spin_lock;
static long guarded;
static struct { unsigned char pad[62]; uint64_t value; } __attribute__((packed, aligned(64))) crossing;
static unsigned __int128 wide __attribute__((aligned(16)));

static int cas16(unsigned __int128 *p, uint64_t *lo, uint64_t *hi, uint64_t nlo, uint64_t nhi)
{
    char ok;
    __asm__ volatile("lock cmpxchg16b %1; setz %0" : "=q"(ok), "+m"(*p), "+a"(*lo), "+d"(*hi) : "b"(nlo), "c"(nhi) : "cc", "memory");
    return ok;
}

static void *work(void *p)
{
    intptr_t me = (intptr_t)p;
    for (int i = 0; i < ROUNDS; i++) {
        __asm__ volatile("lock incl %0" : "+m"(added)::"cc", "memory");
        __atomic_xor_fetch(&xored, (uint64_t)i * 0x9E3779B97F4A7C15u + me, __ATOMIC_SEQ_CST);
        int old = __atomic_load_n(&exchanged, __ATOMIC_RELAXED);
        while (!__atomic_compare_exchange_n(&exchanged, &old, old + 3, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            ;
        uint64_t one = 1;
        __asm__ volatile("lock xaddq %0, %1" : "+r"(one), "+m"(crossing.value)::"cc", "memory");
        uint32_t bit = me * 8 + (i & 7);
        __asm__ volatile("lock btcl %1, %0" : "+m"(*(uint32_t *)bits) : "r"(bit) : "cc", "memory");
        while (__atomic_exchange_n(&spin_lock, 1, __ATOMIC_ACQUIRE))
            __asm__ volatile("pause");
        guarded++;
        __atomic_store_n(&spin_lock, 0, __ATOMIC_RELEASE);
        uint64_t lo = 0, hi = 0;
        while (!cas16(&wide, &lo, &hi, lo + 1, hi + 2))
            ;
    }
    return NULL;
}

// Each thread maps, fills, protects and unmaps memory while the others run: stale translations would show as wrong values.
static void *map(void *p)
{
    intptr_t me = (intptr_t)p, sum = 0;
    for (int i = 0; i < 300; i++) {
        unsigned char *m = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (int j = 0; j < 5; j++)
            sum += m[j * 4096 + i];
        memset(m, me + 1, 5 * 4096);
        mprotect(m, 4096, PROT_READ);
        for (int j = 0; j < 5; j++)
            sum += m[j * 4096 + i] - (me + 1);
        madvise(m + 4096, 8192, MADV_DONTNEED);
        sum += m[4096] + m[8192] + m[3 * 4096] - (me + 1);
        munmap(m, 5 * 4096);
    }
    return (void *)sum;
}

static void run(void *(*body)(void *), long *wrong)
{
    pthread_t t[THREADS];
    for (intptr_t i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, body, (void *)i);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(t[i], &result);
        *wrong += (long)(intptr_t)result;
    }
}

int main(void)
{
    long wrong = 0;
    run(work, &wrong);
    unsigned sum = 0;
    for (int i = 0; i < 64; i++)
        sum += bits[i];
    printf("inc %d cmpxchg %d xor %llx xadd %llu bits %u lock %ld wide %llu %llu\n", added, exchanged, (unsigned long long)xored,
           (unsigned long long)crossing.value, sum, guarded, (unsigned long long)wide, (unsigned long long)(wide >> 64));
    run(map, &wrong);
    printf("wrong %ld\n", wrong);
    return 0;
}
