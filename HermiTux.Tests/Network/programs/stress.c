/* Threads that exchange pseudo-random bytes over every kind of socket, with random sizes, waits and closings. Each receiver knows what it must get:
   a byte too many, too few or wrong, or a wake-up that is lost, ends the program. Usage: stress SEED SECONDS */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_long bytes, connections;
static time_t end_time;
static unsigned base_seed;

static unsigned next(unsigned *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static void fail(const char *what, long one, long two)
{
    printf("FAIL %s %ld %ld errno %d\n", what, one, two, errno);
    fflush(stdout);
    _exit(1);
}

static unsigned char value(unsigned stream, long at)
{
    unsigned x = stream * 2654435761u + (unsigned)at * 40503u;
    return x >> 13;
}

struct end {
    int fd;
    unsigned stream;
    long length;
    unsigned seed;
    int blocking;
};

static void pause_a_little(unsigned *seed)
{
    switch (next(seed) % 16) {
    case 0:
        sched_yield();
        break;
    case 1:
        usleep(next(seed) % 200);
        break;
    }
}

static void wait_for(int fd, int events)
{
    struct pollfd p = { fd, events, 0 };
    int r = poll(&p, 1, 20000);
    if (r != 1)
        fail("lost wake-up", r, events);
}

static void *writer(void *argument)
{
    struct end *e = argument;
    unsigned seed = e->seed;
    unsigned char b[40000];
    long at = 0;
    while (at < e->length) {
        long n = next(&seed) % 4 ? next(&seed) % 300 + 1 : next(&seed) % sizeof b + 1;
        if (n > e->length - at)
            n = e->length - at;
        for (long i = 0; i < n; i++)
            b[i] = value(e->stream, at + i);
        long w;
        if (next(&seed) % 2) {
            struct iovec v[2] = { { b, n / 2 }, { b + n / 2, n - n / 2 } };
            w = writev(e->fd, v, 2);
        } else
            w = send(e->fd, b, n, MSG_NOSIGNAL);
        if (w < 0 && errno == EAGAIN && !e->blocking) {
            wait_for(e->fd, POLLOUT);
            continue;
        }
        if (w <= 0)
            fail("write", w, at);
        at += w;
        pause_a_little(&seed);
    }
    shutdown(e->fd, SHUT_WR);
    return 0;
}

static void *reader(void *argument)
{
    struct end *e = argument;
    unsigned seed = e->seed * 7 + 1;
    unsigned char b[50000];
    long at = 0;
    for (;;) {
        long wanted = next(&seed) % 3 ? next(&seed) % 500 + 1 : next(&seed) % sizeof b + 1;
        int peeks = next(&seed) % 16 == 0;
        long n = recv(e->fd, b, wanted, peeks ? MSG_PEEK : 0);
        if (n < 0 && errno == EAGAIN && !e->blocking) {
            wait_for(e->fd, POLLIN);
            continue;
        }
        if (n < 0)
            fail("read", n, at);
        if (n == 0)
            break;
        for (long i = 0; i < n; i++)
            if (b[i] != value(e->stream, at + i))
                fail("wrong byte", at + i, b[i]);
        if (!peeks) {
            at += n;
            atomic_fetch_add(&bytes, n);
        }
        pause_a_little(&seed);
    }
    if (at != e->length)
        fail("length", at, e->length);
    return 0;
}

static void converse(int one, int two, unsigned *seed)
{
    pthread_t t[4];
    struct end e[4];
    unsigned streams[2] = { next(seed), next(seed) };
    long lengths[2] = { next(seed) % 400000, next(seed) % 50000 };
    for (int i = 0; i < 4; i++) {
        int blocking = next(seed) % 2;
        e[i] = (struct end){ i < 2 ? one : two, streams[(i == 1 || i == 2)], lengths[(i == 1 || i == 2)], next(seed), blocking };
    }
    e[1].blocking = e[0].blocking;
    e[3].blocking = e[2].blocking;
    fcntl(one, F_SETFL, e[0].blocking ? 0 : O_NONBLOCK);
    fcntl(two, F_SETFL, e[2].blocking ? 0 : O_NONBLOCK);
    pthread_create(&t[0], 0, writer, &e[0]);
    pthread_create(&t[1], 0, reader, &e[1]);
    pthread_create(&t[2], 0, writer, &e[2]);
    pthread_create(&t[3], 0, reader, &e[3]);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], 0);
    close(one);
    close(two);
    atomic_fetch_add(&connections, 1);
}

static void *local_pairs(void *argument)
{
    unsigned seed = base_seed + (unsigned)(long)argument;
    do {
        int p[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, p))
            fail("socketpair", 0, 0);
        if (next(&seed) % 2) {
            int small = 5000;
            setsockopt(p[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        }
        converse(p[0], p[1], &seed);
    } while (time(0) < end_time);
    return 0;
}

static void *tcp_pairs(void *argument)
{
    unsigned seed = base_seed * 3 + (unsigned)(long)argument;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = { AF_INET, 0, { htonl(INADDR_LOOPBACK) } };
    socklen_t l = sizeof a;
    bind(s, (void *)&a, l);
    listen(s, 1);
    getsockname(s, (void *)&a, &l);
    do {
        int c = socket(AF_INET, SOCK_STREAM | (next(&seed) % 2 ? SOCK_NONBLOCK : 0), 0);
        if (next(&seed) % 2) {
            int small = 3000;
            setsockopt(c, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
            setsockopt(c, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        }
        if (connect(c, (void *)&a, l) && errno != EINPROGRESS)
            fail("connect", 0, 0);
        int x = accept(s, 0, 0);
        if (x < 0)
            fail("accept", 0, 0);
        converse(c, x, &seed);
    } while (time(0) < end_time);
    close(s);
    return 0;
}

/* An epoll server, edge-triggered, that sends back what it gets; clients come and go. */
static int server_port;

static void *epoll_server(void *argument)
{
    int s = (int)(long)argument, e = epoll_create1(0);
    struct epoll_event event = { EPOLLIN, { .fd = s } }, got[16];
    epoll_ctl(e, EPOLL_CTL_ADD, s, &event);
    static struct { unsigned char b[65536]; int start, end, eof; } state[1024];
    for (;;) {
        int n = epoll_wait(e, got, 16, 1000);
        if (n == 0 && time(0) > end_time + 30)
            return 0;
        for (int i = 0; i < n; i++) {
            int fd = got[i].data.fd;
            if (fd == s) {
                int c = accept4(s, 0, 0, SOCK_NONBLOCK);
                if (c < 0)
                    continue;
                state[c].start = state[c].end = state[c].eof = 0;
                event = (struct epoll_event){ EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, { .fd = c } };
                epoll_ctl(e, EPOLL_CTL_ADD, c, &event);
                continue;
            }
            for (;;) {
                int moved = 0;
                if (!state[fd].eof && state[fd].end == state[fd].start) {
                    long r = read(fd, state[fd].b, sizeof state[fd].b);
                    if (r > 0)
                        state[fd].start = 0, state[fd].end = r, moved = 1;
                    else if (r == 0)
                        state[fd].eof = 1;
                    else if (errno != EAGAIN)
                        fail("server read", r, fd);
                }
                if (state[fd].end > state[fd].start) {
                    long w = write(fd, state[fd].b + state[fd].start, state[fd].end - state[fd].start);
                    if (w > 0)
                        state[fd].start += w, moved = 1;
                    else if (errno != EAGAIN)
                        fail("server write", w, fd);
                }
                if (!moved)
                    break;
            }
            if (state[fd].eof && state[fd].end == state[fd].start)
                close(fd);
        }
    }
}

static void *epoll_client(void *argument)
{
    unsigned seed = base_seed * 5 + (unsigned)(long)argument;
    struct sockaddr_in a = { AF_INET, htons(server_port), { htonl(INADDR_LOOPBACK) } };
    do {
        int c = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(c, (void *)&a, sizeof a))
            fail("connect", 1, 0);
        pthread_t t;
        struct end w = { c, next(&seed), next(&seed) % 200000, next(&seed), 1 }, r = w;
        pthread_create(&t, 0, writer, &w);
        reader(&r);
        pthread_join(t, 0);
        close(c);
        atomic_fetch_add(&connections, 1);
    } while (time(0) < end_time);
    return 0;
}

/* Datagrams over a local socket are neither lost nor reordered. */
static void *datagrams(void *argument)
{
    int *p = argument;
    char b[3000];
    long at = 0;
    for (;;) {
        long n = recv(p[1], b, sizeof b, 0);
        if (n < 0)
            fail("recv", n, at);
        if (n == 0)
            return 0;
        if (*(int *)b != at++)
            fail("datagram order", *(int *)b, at);
        for (long i = 4; i < n; i++)
            if (b[i] != (char)(*(int *)b + n))
                fail("datagram byte", i, at);
        atomic_fetch_add(&bytes, n);
    }
}

static void *datagram_pairs(void *argument)
{
    unsigned seed = base_seed * 11;
    do {
        int p[2];
        socketpair(AF_UNIX, next(&seed) % 2 ? SOCK_DGRAM : SOCK_SEQPACKET, 0, p);
        pthread_t t;
        pthread_create(&t, 0, datagrams, p);
        char b[3000];
        int count = next(&seed) % 2000;
        for (int i = 0; i < count; i++) {
            long n = 4 + next(&seed) % 2000;
            memset(b, i + n, n);
            *(int *)b = i;
            if (send(p[0], b, n, 0) != n)
                fail("send", n, i);
        }
        send(p[0], b, 0, 0);
        pthread_join(t, 0);
        close(p[0]);
        close(p[1]);
    } while (time(0) < end_time);
    return 0;
}

int main(int argc, char **argv)
{
    base_seed = atoi(argv[1]);
    end_time = time(0) + atoi(argv[2]);
    signal(SIGPIPE, SIG_IGN);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = { AF_INET, 0, { htonl(INADDR_LOOPBACK) } };
    socklen_t l = sizeof a;
    bind(s, (void *)&a, l);
    listen(s, 2);
    getsockname(s, (void *)&a, &l);
    server_port = ntohs(a.sin_port);
    pthread_t server, t[8];
    pthread_create(&server, 0, epoll_server, (void *)(long)s);
    pthread_create(&t[0], 0, local_pairs, (void *)1);
    pthread_create(&t[1], 0, local_pairs, (void *)2);
    pthread_create(&t[2], 0, tcp_pairs, (void *)3);
    pthread_create(&t[3], 0, tcp_pairs, (void *)4);
    pthread_create(&t[4], 0, epoll_client, (void *)5);
    pthread_create(&t[5], 0, epoll_client, (void *)6);
    pthread_create(&t[6], 0, epoll_client, (void *)7);
    pthread_create(&t[7], 0, datagram_pairs, 0);
    for (int i = 0; i < 8; i++)
        pthread_join(t[i], 0);
    fprintf(stderr, "%ld bytes over %ld connections\n", (long)bytes, (long)connections);
    printf("%s\n", bytes > 0 && connections > 0 ? "ok" : "nothing moved");
    fflush(stdout);
    _exit(0);
}
