/* Stress of one primitive for some time: stress MODE MILLISECONDS. Prints "MODE ok" when every invariant held, what broke otherwise. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS 6

static atomic_int stop;
static atomic_long broken;

static void broke(const char *what, long a, long b)
{
    atomic_fetch_add(&broken, 1);
    printf("broken: %s %ld %ld\n", what, a, b);
    fflush(stdout);
}

static unsigned next_random(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

static long futex(atomic_int *a, int op, int v, void *t, atomic_int *b, int v3) { return syscall(SYS_futex, a, op, v, t, b, v3); }

/* Futexes: a lock of three states with time-outs, a lock with priority inheritance, a condition variable. No wake is lost, no two threads are in. */
static atomic_int lock_word, pi_word;
static long guarded, pi_guarded, rounds[THREADS], pi_rounds[THREADS];
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int queue[16], queued, head;
static long put_sum, got_sum;

static void lock(void)
{
    int free = 0;
    if (atomic_compare_exchange_strong(&lock_word, &free, 1))
        return;
    while (atomic_exchange(&lock_word, 2) != 0) {
        static atomic_uint waits;
        struct timespec t = { 0, 300000 };
        futex(&lock_word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, atomic_fetch_add(&waits, 1) & 1 ? &t : 0, 0, 0);
    }
}

static void unlock(void)
{
    if (atomic_exchange(&lock_word, 0) == 2)
        futex(&lock_word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0, 0, 0);
}

static void pi_lock(void)
{
    int free = 0;
    if (!atomic_compare_exchange_strong(&pi_word, &free, (int)gettid()) && futex(&pi_word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0) != 0)
        broke("FUTEX_LOCK_PI", errno, pi_word);
}

static void pi_unlock(void)
{
    int mine = (int)gettid();
    if (!atomic_compare_exchange_strong(&pi_word, &mine, 0) && futex(&pi_word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0, 0, 0) != 0)
        broke("FUTEX_UNLOCK_PI", errno, pi_word);
}

static void *futexes(void *p)
{
    long n = (long)p;
    unsigned random = (unsigned)n * 77 + 1;
    while (!stop) {
        lock();
        long seen = guarded;
        if (next_random(&random) % 8 == 0)
            sched_yield();
        guarded = seen + 1;
        unlock();
        rounds[n]++;
        pi_lock();
        seen = pi_guarded;
        if (next_random(&random) % 16 == 0)
            sched_yield();
        pi_guarded = seen + 1;
        pi_unlock();
        pi_rounds[n]++;
    }
    return 0;
}

static void *produces(void *p)
{
    unsigned random = 5;
    for (;;) {
        pthread_mutex_lock(&m);
        while (queued == 16)
            pthread_cond_wait(&c, &m);
        int value = stop ? -1 : (int)(next_random(&random) % 1000);
        queue[(head + queued++) % 16] = value;
        put_sum += value;
        pthread_cond_broadcast(&c);
        pthread_mutex_unlock(&m);
        if (value < 0)
            return 0;
    }
}

static void *consumes(void *p)
{
    for (;;) {
        pthread_mutex_lock(&m);
        while (queued == 0)
            pthread_cond_wait(&c, &m);
        int value = queue[head];
        head = (head + 1) % 16;
        queued--;
        got_sum += value;
        pthread_cond_broadcast(&c);
        pthread_mutex_unlock(&m);
        if (value < 0)
            return 0;
    }
}

/* Signals: real-time signals with numbered values between all threads; none is lost or out of order. */
static pthread_t threads[THREADS];
static __thread long self;
static atomic_long sent[THREADS][THREADS], handled[THREADS][THREADS], latest[THREADS][THREADS];
static atomic_int finished, go;

static void on_signal(int s, siginfo_t *i, void *context)
{
    long from = i->si_value.sival_int >> 24, number = i->si_value.sival_int & 0xffffff;
    if (from < 0 || from >= THREADS || number != (latest[from][self] & 0xffffff))
        broke("signal out of order", from, number);
    latest[from][self]++;
    handled[from][self]++;
}

static void *signals(void *p)
{
    self = (long)p;
    unsigned random = (unsigned)self * 31 + 7;
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 3);
    volatile double work = 1;
    while (!go)
        sched_yield();
    pthread_sigmask(SIG_UNBLOCK, &set, 0);
    while (!stop) {
        long to = next_random(&random) % THREADS;
        union sigval value = { .sival_int = (int)(self << 24 | (sent[self][to] & 0xffffff)) };
        if (pthread_sigqueue(threads[to], SIGRTMIN + 3, value) == 0)
            sent[self][to]++;
        else
            sched_yield();
        switch (next_random(&random) % 6) {
        case 0:
            pthread_sigmask(SIG_BLOCK, &set, &old);
            sched_yield();
            pthread_sigmask(SIG_SETMASK, &old, 0);
            break;
        case 1:
            usleep(1);
            break;
        case 2:
            poll(0, 0, 0);
            break;
        default:
            for (int i = 0; i < 200; i++)
                work = work < 1e6 ? work * 1.0001 + 0.5 : 1;
        }
        if (work < 1)
            broke("arithmetic disturbed", (long)work, 0);
    }
    atomic_fetch_add(&finished, 1);
    while (finished < THREADS)
        usleep(100);
    /* What was sent before the last thread finished is delivered by now or with the next call. */
    usleep(1000);
    return 0;
}

/* epoll: tokens go round through eventfds and pipes, watched once each by several threads; none is lost or doubled. */
static int ep, ring[THREADS][2], counters[THREADS];
static atomic_long tokens_in, tokens_out;

static void *polls(void *p)
{
    unsigned random = (unsigned)(long)p + 3;
    while (!stop) {
        struct epoll_event e;
        if (epoll_wait(ep, &e, 1, 5) != 1)
            continue;
        int which = e.data.u32 & 0xff, is_counter = e.data.u32 >> 8;
        if (is_counter) {
            uint64_t count = 0;
            if (read(counters[which], &count, 8) == 8) {
                atomic_fetch_add(&tokens_out, (long)count);
                for (uint64_t i = 0; i < count; i++)
                    if (write(ring[next_random(&random) % THREADS][1], "t", 1) == 1)
                        atomic_fetch_add(&tokens_in, 1);
            }
        } else {
            char b[3];
            long n = read(ring[which][0], b, sizeof b);
            if (n > 0) {
                atomic_fetch_add(&tokens_out, n);
                uint64_t add = (uint64_t)n;
                write(counters[next_random(&random) % THREADS], &add, 8);
                atomic_fetch_add(&tokens_in, n);
            }
        }
        e.events = EPOLLIN | EPOLLONESHOT | ((next_random(&random) & 1) ? EPOLLET : 0);
        if (epoll_ctl(ep, EPOLL_CTL_MOD, is_counter ? counters[which] : ring[which][0], &e) != 0)
            broke("EPOLL_CTL_MOD", errno, which);
    }
    return 0;
}

/* Pipes: records of all sizes up to PIPE_BUF from several writers to several readers; each arrives whole. */
static int pipe_fds[2];
static atomic_long written, bytes_written, checked, bytes_read;
struct record { uint16_t size, sum; unsigned char data[4092]; };

static void *writes(void *p)
{
    unsigned random = (unsigned)(long)p + 11;
    struct record r;
    while (!stop) {
        r.size = next_random(&random) % 600;
        r.sum = 0;
        for (int i = 0; i < r.size; i++)
            r.sum += r.data[i] = (unsigned char)next_random(&random);
        if (write(pipe_fds[1], &r, 4 + r.size) != 4 + r.size)
            broke("write", errno, r.size);
        atomic_fetch_add(&written, 1);
        atomic_fetch_add(&bytes_written, 4 + r.size);
    }
    return 0;
}

static pthread_mutex_t reader = PTHREAD_MUTEX_INITIALIZER;

static int read_all(void *to, int count)
{
    for (int done = 0; done < count;) {
        long n = read(pipe_fds[0], (char *)to + done, count - done);
        if (n <= 0)
            return 0;
        done += (int)n;
    }
    return 1;
}

static void *reads(void *p)
{
    struct record r;
    for (;;) {
        pthread_mutex_lock(&reader);
        int ok = read_all(&r, 4) && r.size <= 600 && read_all(r.data, r.size);
        pthread_mutex_unlock(&reader);
        if (!ok)
            return 0;
        uint16_t sum = 0;
        for (int i = 0; i < r.size; i++)
            sum += r.data[i];
        if (sum != r.sum)
            broke("record", r.size, sum);
        atomic_fetch_add(&checked, 1);
        atomic_fetch_add(&bytes_read, 4 + r.size);
    }
}

int main(int argc, char **argv)
{
    const char *mode = argv[1];
    pthread_t extra[4];
    struct timespec nap = { atoi(argv[2]) / 1000, atoi(argv[2]) % 1000 * 1000000L };
    void *(*body)(void *) = !strcmp(mode, "futex") ? futexes : !strcmp(mode, "signals") ? signals : !strcmp(mode, "epoll") ? polls : writes;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 3);
    if (body == signals) {
        struct sigaction a = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
        sigaction(SIGRTMIN + 3, &a, 0);
        pthread_sigmask(SIG_BLOCK, &set, 0);
    } else if (body == polls) {
        ep = epoll_create1(0);
        for (int i = 0; i < THREADS; i++) {
            pipe2(ring[i], O_NONBLOCK);
            counters[i] = eventfd(0, EFD_NONBLOCK);
            struct epoll_event e = { EPOLLIN | EPOLLONESHOT, { .u32 = (uint32_t)i } };
            epoll_ctl(ep, EPOLL_CTL_ADD, ring[i][0], &e);
            e.data.u32 |= 1 << 8;
            epoll_ctl(ep, EPOLL_CTL_ADD, counters[i], &e);
            write(ring[i][1], "ttt", 3);
            tokens_in += 3;
        }
    } else if (body == writes) {
        pipe(pipe_fds);
        for (int i = 0; i < 3; i++)
            pthread_create(&extra[i], 0, reads, 0);
    } else {
        pthread_create(&extra[0], 0, produces, 0);
        pthread_create(&extra[1], 0, consumes, 0);
    }
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], 0, body, (void *)i);
    go = 1;
    nanosleep(&nap, 0);
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], 0);
    if (body == futexes) {
        pthread_join(extra[0], 0);
        pthread_join(extra[1], 0);
        long sum = 0, pi_sum = 0;
        for (int i = 0; i < THREADS; i++) {
            sum += rounds[i];
            pi_sum += pi_rounds[i];
        }
        if (sum != guarded || pi_sum != pi_guarded || lock_word != 0 || put_sum != got_sum)
            broke("futex", sum - guarded, put_sum - got_sum);
    } else if (body == signals) {
        for (int from = 0; from < THREADS; from++)
            for (int to = 0; to < THREADS; to++)
                if (sent[from][to] != handled[from][to])
                    broke("signals lost", sent[from][to], handled[from][to]);
    } else if (body == polls) {
        long left = 0;
        char b[4096];
        for (int i = 0; i < THREADS; i++) {
            long n = read(ring[i][0], b, sizeof b);
            uint64_t count = 0;
            left += n > 0 ? n : 0;
            left += read(counters[i], &count, 8) == 8 ? (long)count : 0;
        }
        if (left != 3 * THREADS || tokens_in - tokens_out != left)
            broke("tokens", left, tokens_in - tokens_out);
    } else {
        close(pipe_fds[1]);
        for (int i = 0; i < 3; i++)
            pthread_join(extra[i], 0);
        if (written != checked || bytes_written != bytes_read)
            broke("pipe", written - checked, bytes_written - bytes_read);
    }
    puts(broken ? "broken" : "ok");
    return broken != 0;
}
