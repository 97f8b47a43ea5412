/* TCP's urgent data: MSG_OOB, SO_OOBINLINE, SIOCATMARK, POLLPRI, SIGURG, and who owns a descriptor. */
#include "check.h"
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

static int a, b;
static volatile int urgent;

static void on_urgent(int s, siginfo_t *i, void *c) { urgent++; printf("  SIGURG %d %d\n", i->si_code == SI_KERNEL, i->si_pid); }

static void connection(void)
{
    struct sockaddr_in at = { AF_INET, 0, { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&at, sizeof at);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&at, &length);
    a = socket(AF_INET, SOCK_STREAM, 0);
    connect(a, (struct sockaddr *)&at, sizeof at);
    b = accept(listener, 0, 0);
    close(listener);
}

/* Loopback hands segments on before send(2) returns; waits all the same, for what is to come. */
static void put(const char *text, int flags)
{
    T(send(a, text, strlen(text), flags));
    struct pollfd p = { b, flags & MSG_OOB ? POLLPRI : POLLIN, 0 };
    poll(&p, 1, 1000);
}

static void state(void)
{
    int mark = -1, available = -1;
    ioctl(b, SIOCATMARK, &mark);
    ioctl(b, FIONREAD, &available);
    struct pollfd p = { b, POLLIN | POLLPRI | POLLRDBAND | POLLRDNORM, 0 };
    poll(&p, 1, 0);
    printf("  mark %d available %d events %x\n", mark, available, p.revents);
}

static void get(size_t most, int flags)
{
    char data[100];
    struct iovec v = { data, most };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
    errno = 0;
    long n = recvmsg(b, &m, flags | MSG_DONTWAIT);
    printf("  got %ld %s flags %x: %.*s\n", n, n < 0 ? strerrorname_np(errno) : "", m.msg_flags, n > 0 ? (int)n : 0, data);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    struct sigaction action = { .sa_sigaction = on_urgent, .sa_flags = SA_SIGINFO | SA_RESTART };
    sigaction(SIGURG, &action, 0);

    puts("-- one byte");
    connection();
    get(10, MSG_OOB);
    put("abc", 0);
    put("X", MSG_OOB);
    put("def", 0);
    state();
    get(10, 0);
    state();
    get(10, MSG_OOB | MSG_PEEK);
    get(10, MSG_OOB);
    get(10, MSG_OOB);
    state();
    get(10, 0);
    state();
    get(10, 0);
    get(10, MSG_OOB);

    puts("-- the last of several bytes, never asked for");
    put("12345", MSG_OOB);
    state();
    get(2, 0);
    get(10, 0);
    state();
    get(10, 0);
    state();
    put("678", 0);
    get(10, 0);
    state();

    puts("-- a second mark");
    put("A", MSG_OOB);
    put("B", MSG_OOB);
    state();
    put("c", 0);
    get(10, MSG_OOB);
    get(10, 0);
    put("rest", 0);
    get(10, 0);
    state();
    put("de", MSG_OOB);
    put("fg", MSG_OOB);
    get(10, 0);
    get(10, 0);
    put("h", 0);
    get(10, 0);
    state();

    puts("-- peeking");
    put("xy", MSG_OOB);
    put("z", 0);
    get(10, MSG_PEEK);
    get(10, 0);
    get(10, MSG_PEEK);
    state();
    get(0, MSG_OOB | MSG_PEEK);
    get(10, MSG_OOB | MSG_TRUNC);
    get(10, 0);
    state();

    puts("-- in line");
    int on = 1, value = -1;
    socklen_t length = sizeof value;
    T(setsockopt(b, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on));
    T(getsockopt(b, SOL_SOCKET, SO_OOBINLINE, &value, &length));
    printf("%d\n", value);
    put("in", 0);
    put("line", MSG_OOB);
    put("end", 0);
    state();
    get(10, MSG_OOB);
    get(10, 0);
    state();
    get(10, 0);
    state();
    get(10, 0);

    puts("-- signals");
    T(fcntl(b, F_GETOWN));
    put("q", MSG_OOB);
    printf("%d\n", urgent);
    T(fcntl(b, F_SETOWN, getpid()));
    put("r", MSG_OOB);
    while (urgent < 1)
        usleep(100);
    T(fcntl(b, F_SETOWN, -getpgrp()));
    put("s", MSG_OOB);
    while (urgent < 2)
        usleep(100);
    struct f_owner_ex owner = { F_OWNER_TID, gettid() };
    T(fcntl(b, F_SETOWN_EX, &owner));
    put("t", MSG_OOB);
    while (urgent < 3)
        usleep(100);
    get(10, 0);
    get(10, 0);

    puts("-- epoll and select");
    int e = epoll_create1(0);
    struct epoll_event event = { EPOLLPRI, { 0 } };
    epoll_ctl(e, EPOLL_CTL_ADD, b, &event);
    T(epoll_wait(e, &event, 1, 0));
    put("u", MSG_OOB);
    T(epoll_wait(e, &event, 1, 1000));
    printf("%x\n", event.events);
    fd_set except;
    FD_ZERO(&except);
    FD_SET(b, &except);
    struct timeval now = { 0 };
    T(select(b + 1, 0, 0, &except, &now));
    shutdown(a, SHUT_WR);
    get(10, 0);
    get(10, 0);
    T(send(a, "x", 1, MSG_OOB | MSG_NOSIGNAL));
    close(a);
    close(b);

    puts("-- others");
    int pair[2], u = socket(AF_INET, SOCK_DGRAM, 0), fresh = socket(AF_INET, SOCK_STREAM, 0);
    char c;
    T(recv(fresh, &c, 1, MSG_OOB));
    T(send(fresh, &c, 1, MSG_OOB | MSG_NOSIGNAL));
    T(recv(u, &c, 1, MSG_OOB | MSG_DONTWAIT));
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    T(send(pair[0], "x", 1, MSG_OOB));
    T(recv(pair[1], &c, 1, MSG_OOB));

    puts("-- owners");
    struct f_owner_ex got = { 9, 9 };
    int me = getpid(), n = 0;
    printf("%d\n", fcntl(fresh, F_GETOWN));
    T(fcntl(fresh, F_SETOWN, me));
    printf("%d\n", fcntl(fresh, F_GETOWN) == me);
    T(fcntl(fresh, F_SETOWN, -getpgrp()));
    printf("%d\n", fcntl(fresh, F_GETOWN) == -getpgrp());
    T(fcntl(fresh, F_SETOWN, 0x3ffffff));
    T(fcntl(fresh, F_SETOWN, -0x3ffffff));
    T(fcntl(fresh, F_SETOWN, INT_MIN));
    printf("%d\n", fcntl(fresh, F_GETOWN) == -getpgrp());
    T(fcntl(fresh, F_SETOWN, 0));
    T(fcntl(fresh, F_GETOWN));
    T(fcntl(fresh, F_SETOWN_EX, &owner));
    T(fcntl(fresh, F_GETOWN_EX, &got));
    printf("%d %d\n", got.type, got.pid == gettid());
    owner.type = 3;
    T(fcntl(fresh, F_SETOWN_EX, &owner));
    owner = (struct f_owner_ex){ F_OWNER_PGRP, 0x3ffffff };
    T(fcntl(fresh, F_SETOWN_EX, &owner));
    owner.pid = -5;
    T(fcntl(fresh, F_SETOWN_EX, &owner));
    owner.pid = 0;
    T(fcntl(fresh, F_SETOWN_EX, &owner));
    T(fcntl(fresh, F_GETOWN_EX, &got));
    printf("%d %d\n", got.type, got.pid);
    T(fcntl(fresh, F_SETOWN_EX, BAD));
    T(ioctl(fresh, SIOCSPGRP, &me));
    T(ioctl(fresh, SIOCGPGRP, &n));
    printf("%d\n", n == me);
    n = INT_MIN;
    T(ioctl(fresh, SIOCSPGRP, &n));
    n = 0x3ffffff;
    T(ioctl(fresh, SIOCSPGRP, &n));
    T(ioctl(fresh, SIOCSPGRP, BAD));
    T(fcntl(fresh, F_SETSIG, 10));
    T(fcntl(dup(fresh), F_GETSIG));
    T(fcntl(fresh, F_SETSIG, 65));
    return 0;
}
