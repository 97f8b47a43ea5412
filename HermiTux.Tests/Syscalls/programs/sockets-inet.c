#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <linux/sockios.h>

static int waited(int fd)
{
    struct pollfd p = { fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI | POLLRDNORM | POLLWRNORM, 0 };
    poll(&p, 1, 0);
    return p.revents;
}

static struct sockaddr_in in4(const char *address, int port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    inet_pton(AF_INET, address, &a.sin_addr);
    return a;
}

static struct sockaddr_in6 in6(const char *address, int port)
{
    struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    inet_pton(AF_INET6, address, &a.sin6_addr);
    return a;
}

static int port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    getsockname(fd, (void *)&a, &n);
    return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

/* An address without its port, which differs from run to run. */
static void show(int fd, int peer)
{
    struct sockaddr_storage a;
    char text[100] = "";
    socklen_t n = sizeof a;
    int r = peer ? getpeername(fd, (void *)&a, &n) : getsockname(fd, (void *)&a, &n);
    if (r == 0)
        inet_ntop(a.ss_family, a.ss_family == AF_INET ? (void *)&((struct sockaddr_in *)&a)->sin_addr : (void *)&((struct sockaddr_in6 *)&a)->sin6_addr, text, sizeof text);
    printf("  name %d len %d %s %d\n", r, r ? 0 : n, text, r ? 0 : ((struct sockaddr_in *)&a)->sin_port != 0);
}

static int option(int fd, int level, int name)
{
    int v = -1;
    socklen_t n = sizeof v;
    return getsockopt(fd, level, name, &v, &n) ? -errno : v;
}

static int set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value);
}

static int listener(int flags)
{
    struct sockaddr_in a = in4("127.0.0.1", 0);
    int s = socket(AF_INET, SOCK_STREAM | flags, 0);
    bind(s, (void *)&a, sizeof a);
    listen(s, 5);
    return s;
}

static void pair(int p[2])
{
    int s = listener(0);
    struct sockaddr_in a = in4("127.0.0.1", port_of(s));
    p[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect(p[0], (void *)&a, sizeof a);
    p[1] = accept(s, 0, 0);
    close(s);
}

static void creation(void)
{
    T(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    T(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
    T(socket(AF_INET, SOCK_STREAM, 200));
    T(socket(AF_INET, SOCK_STREAM, -1));
    T(socket(AF_INET, SOCK_STREAM, 1000));
    T(socket(AF_INET, SOCK_SEQPACKET, 0));
    T(socket(AF_INET, SOCK_RDM, 0));
    T(socket(AF_INET6, SOCK_STREAM, IPPROTO_UDP));
    int s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    T(option(s, SOL_SOCKET, SO_TYPE));
    T(option(s, SOL_SOCKET, SO_DOMAIN));
    T(option(s, SOL_SOCKET, SO_PROTOCOL));
    T(option(s, SOL_SOCKET, SO_SNDBUF));
    T(option(s, SOL_SOCKET, SO_RCVBUF));
    T(option(s, SOL_SOCKET, SO_ERROR));
    T(waited(s));
    show(s, 0);
    show(s, 1);
    char b[10];
    T(read(s, b, 1));
    T(send(s, b, 1, MSG_NOSIGNAL));
    T(shutdown(s, SHUT_RD));
    T(accept(s, 0, 0));
    int n;
    T(ioctl(s, FIONREAD, &n));
    printf("%d\n", n);
    close(s);
}

static void binding(void)
{
    struct sockaddr_in a = in4("127.0.0.1", 0), b;
    struct sockaddr_in6 a6 = in6("::1", 0);
    int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET, SOCK_STREAM, 0), u;
    T(bind(s, (void *)&a, 15));
    T(bind(s, (void *)&a, 300));
    T(bind(s, (void *)&a6, sizeof a6));
    T(bind(s, BAD, 16));
    b = in4("8.8.8.8", 0);
    T(bind(s, (void *)&b, sizeof b));
    T(bind(s, (void *)&a, sizeof a));
    T(bind(s, (void *)&a, sizeof a));
    show(s, 0);
    b = in4("127.0.0.1", port_of(s));
    T(bind(t, (void *)&b, sizeof b));
    b.sin_addr.s_addr = 0;
    T(bind(t, (void *)&b, sizeof b));
    b = in4("127.0.0.2", port_of(s));
    T(bind(t, (void *)&b, sizeof b));
    close(t);
    T(connect(s, (void *)&b, sizeof b));
    T(listen(s, 5));
    T(option(s, SOL_SOCKET, SO_ACCEPTCONN));
    T(waited(s));
    T(connect(s, (void *)&b, sizeof b));
    T(read(s, &b, 1));
    T(send(s, "", 1, MSG_NOSIGNAL));
    t = socket(AF_INET, SOCK_STREAM, 0);
    b = in4("127.0.0.1", port_of(s));
    T(set(t, SOL_SOCKET, SO_REUSEADDR, 1));
    T(bind(t, (void *)&b, sizeof b));
    set(s, SOL_SOCKET, SO_REUSEADDR, 1);
    T(bind(t, (void *)&b, sizeof b));
    close(s);
    T(bind(t, (void *)&b, sizeof b));
    u = socket(AF_INET, SOCK_STREAM, 0);
    T(bind(u, (void *)&b, sizeof b));
    set(u, SOL_SOCKET, SO_REUSEADDR, 1);
    T(bind(u, (void *)&b, sizeof b));
    T(listen(t, 5));
    T(listen(u, 5));
    close(t);
    T(listen(u, 5));
    close(u);

    s = socket(AF_INET, SOCK_STREAM, 0);
    t = socket(AF_INET, SOCK_STREAM, 0);
    set(s, SOL_SOCKET, SO_REUSEPORT, 1);
    T(bind(s, (void *)&a, sizeof a));
    b = in4("127.0.0.1", port_of(s));
    T(bind(t, (void *)&b, sizeof b));
    set(t, SOL_SOCKET, SO_REUSEPORT, 1);
    T(bind(t, (void *)&b, sizeof b));
    T(listen(s, 5));
    T(listen(t, 5));
    close(s);
    close(t);

    s = socket(AF_INET6, SOCK_STREAM, 0);
    T(option(s, IPPROTO_IPV6, IPV6_V6ONLY));
    T(bind(s, (void *)&a, sizeof a));
    T(bind(s, (void *)&a6, 20));
    T(bind(s, (void *)&a6, sizeof a6));
    show(s, 0);
    T(set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    close(s);
    s = socket(AF_INET6, SOCK_STREAM, 0);
    a6 = in6("::", 0);
    T(bind(s, (void *)&a6, sizeof a6));
    t = socket(AF_INET, SOCK_STREAM, 0);
    b = in4("127.0.0.1", port_of(s));
    T(bind(t, (void *)&b, sizeof b));
    T(listen(s, 5));
    T(connect(t, (void *)&b, sizeof b));
    T(u = accept(s, 0, 0));
    show(u, 0);
    show(u, 1);
    show(t, 0);
    show(t, 1);
    close(t);
    close(u);
    close(s);
    s = socket(AF_INET6, SOCK_STREAM, 0);
    T(set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    T(bind(s, (void *)&a6, sizeof a6));
    b = in4("127.0.0.1", port_of(s));
    t = socket(AF_INET, SOCK_STREAM, 0);
    T(connect(t, (void *)&b, sizeof b));
    T(bind(t, (void *)&b, sizeof b));
    a6 = in6("::ffff:127.0.0.1", port_of(s));
    u = socket(AF_INET6, SOCK_STREAM, 0);
    set(u, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    T(connect(u, (void *)&a6, sizeof a6));
    T(bind(u, (void *)&a6, sizeof a6));
    close(s);
    close(t);
    close(u);
    s = socket(AF_INET6, SOCK_STREAM, 0);
    a6 = in6("::ffff:127.0.0.1", 0);
    T(bind(s, (void *)&a6, sizeof a6));
    show(s, 0);
    close(s);
}

static void connecting(void)
{
    struct sockaddr_in a, nobody;
    char b[100];
    int s = listener(0), gone = listener(0), c, x;
    nobody = in4("127.0.0.1", port_of(gone));
    close(gone);
    a = in4("127.0.0.1", port_of(s));
    c = socket(AF_INET, SOCK_STREAM, 0);
    T(connect(c, (void *)&a, 1));
    T(connect(c, (void *)&a, 10));
    T(connect(c, BAD, 16));
    T(connect(c, (void *)&nobody, sizeof nobody));
    T(waited(c));
    T(option(c, SOL_SOCKET, SO_ERROR));
    T(connect(c, (void *)&nobody, sizeof nobody));
    struct sockaddr_in6 a6 = in6("::1", 1);
    T(connect(c, (void *)&a6, sizeof a6));
    T(connect(c, (void *)&a, sizeof a));
    T(connect(c, (void *)&a, sizeof a));
    T(waited(c));
    T(waited(s));
    show(c, 0);
    show(c, 1);
    socklen_t n = 5;
    struct sockaddr_in from;
    T(x = accept(s, (void *)&from, &n));
    printf("%d\n", n);
    T(accept4(s, 0, 0, 1));
    show(x, 1);
    T(option(x, SOL_SOCKET, SO_ERROR));
    T(write(c, "hello", 5));
    T(waited(x));
    T(recv(x, b, 3, MSG_PEEK));
    T(recv(x, b, 3, MSG_TRUNC));
    T(recv(x, BAD, 3, MSG_DONTWAIT));
    T(recv(x, b, 100, 0));
    T(recv(x, b, 100, MSG_DONTWAIT));
    T(recv(x, b, 0, MSG_DONTWAIT));
    T(recv(x, b, 1, MSG_ERRQUEUE));
    T(sendto(x, "to", 2, 0, (void *)&nobody, sizeof nobody));
    T(sendto(x, "to", 2, 0, BAD, 16));
    T(sendto(x, "to", 2, 0, (void *)&nobody, 300));
    n = sizeof from;
    T(recvfrom(c, b, 100, 0, (void *)&from, &n));
    printf("%d\n", n);
    T(shutdown(c, SHUT_WR));
    T(waited(c));
    T(waited(x));
    T(read(x, b, 1));
    T(read(x, b, 1));
    T(send(c, "x", 1, MSG_NOSIGNAL));
    T(write(x, "still", 5));
    T(read(c, b, 10));
    T(shutdown(x, SHUT_RD));
    T(waited(x));
    T(shutdown(x, SHUT_WR));
    T(waited(x));
    T(waited(c));
    T(shutdown(x, SHUT_WR));
    T(read(c, b, 10));
    close(c);
    close(x);

    c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    T(connect(c, (void *)&a, sizeof a));
    T(waited(c));
    T(option(c, SOL_SOCKET, SO_ERROR));
    T(connect(c, (void *)&a, sizeof a));
    T(connect(c, (void *)&a, sizeof a));
    close(c);
    c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    T(connect(c, (void *)&nobody, sizeof nobody));
    T(waited(c));
    T(option(c, SOL_SOCKET, SO_ERROR));
    T(connect(c, (void *)&nobody, sizeof nobody));
    T(connect(c, (void *)&nobody, sizeof nobody));
    T(connect(c, (void *)&nobody, sizeof nobody));
    T(read(c, b, 1));
    close(c);
    a6 = in6("::ffff:127.0.0.1", port_of(s));
    c = socket(AF_INET6, SOCK_STREAM, 0);
    T(connect(c, (void *)&a6, sizeof a6));
    show(c, 0);
    show(c, 1);
    close(c);
    a.sin_addr.s_addr = 0;
    c = socket(AF_INET, SOCK_STREAM, 0);
    T(connect(c, (void *)&a, sizeof a));
    show(c, 0);
    show(c, 1);
    close(c);
    a = in4("224.0.0.1", 80);
    c = socket(AF_INET, SOCK_STREAM, 0);
    T(connect(c, (void *)&a, sizeof a));
    a = in4("127.9.9.9", port_of(s));
    T(connect(c, (void *)&a, sizeof a));
    close(c);
    close(s);
    s = socket(AF_INET, SOCK_STREAM, 0);
    T(listen(s, 5));
    show(s, 0);
    T(shutdown(s, SHUT_WR));
    T(option(s, SOL_SOCKET, SO_ACCEPTCONN));
    T(shutdown(s, SHUT_RD));
    T(option(s, SOL_SOCKET, SO_ACCEPTCONN));
    T(accept(s, 0, 0));
    close(s);
}

static void ending(void)
{
    int p[2];
    char b[100];
    pair(p);
    close(p[1]);
    T(waited(p[0]));
    T(send(p[0], "x", 1, MSG_NOSIGNAL));
    T(waited(p[0]));
    T(send(p[0], "x", 1, MSG_NOSIGNAL));
    T(read(p[0], b, 1));
    T(option(p[0], SOL_SOCKET, SO_ERROR));
    show(p[0], 1);
    close(p[0]);

    pair(p);
    write(p[0], "unread", 6);
    write(p[1], "for you", 7);
    close(p[1]);
    T(waited(p[0]));
    T(read(p[0], b, 3));
    T(read(p[0], b, 30));
    T(read(p[0], b, 30));
    T(read(p[0], b, 30));
    T(send(p[0], "x", 1, MSG_NOSIGNAL));
    close(p[0]);

    pair(p);
    write(p[0], "unread", 6);
    close(p[1]);
    T(option(p[0], SOL_SOCKET, SO_ERROR));
    T(read(p[0], b, 30));
    close(p[0]);

    pair(p);
    write(p[0], "unread", 6);
    close(p[1]);
    T(send(p[0], "x", 1, MSG_NOSIGNAL));
    T(send(p[0], "x", 1, MSG_NOSIGNAL));
    close(p[0]);

    struct linger l = { 1, 0 };
    pair(p);
    T(setsockopt(p[1], SOL_SOCKET, SO_LINGER, &l, sizeof l));
    T(setsockopt(p[1], SOL_SOCKET, SO_LINGER, &l, 4));
    write(p[1], "sent", 4);
    close(p[1]);
    T(waited(p[0]));
    T(read(p[0], b, 30));
    T(read(p[0], b, 30));
    close(p[0]);

    /* The end that closes first keeps the port for a while. */
    int s = listener(0), c = socket(AF_INET, SOCK_STREAM, 0), x;
    struct sockaddr_in a = in4("127.0.0.1", port_of(s));
    connect(c, (void *)&a, sizeof a);
    x = accept(s, 0, 0);
    close(x);
    close(s);
    read(c, b, 1);
    close(c);
    usleep(20000);
    s = socket(AF_INET, SOCK_STREAM, 0);
    T(bind(s, (void *)&a, sizeof a));
    set(s, SOL_SOCKET, SO_REUSEADDR, 1);
    T(bind(s, (void *)&a, sizeof a));
    close(s);

    /* A listener that goes resets what it hasn't accepted. */
    s = listener(0);
    a = in4("127.0.0.1", port_of(s));
    c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, (void *)&a, sizeof a);
    close(s);
    T(waited(c));
    T(read(c, b, 1));
    T(read(c, b, 1));
    close(c);
    s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    bind(s, (void *)&(struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, 16);
    T(listen(s, 0));
    a = in4("127.0.0.1", port_of(s));
    int many[3];
    for (int i = 0; i < 3; i++) {
        many[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(many[i], (void *)&a, sizeof a);
        T(waited(many[i]));
    }
    T(close(accept(s, 0, 0)) == 0);
    for (int i = 0; i < 3; i++)
        close(many[i]);
    close(s);
}

static void flow(void)
{
    int p[2];
    static char big[1 << 20];
    pair(p);
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    fcntl(p[1], F_SETFL, O_NONBLOCK);
    long total = 0, one;
    while ((one = write(p[0], big, sizeof big)) > 0)
        total += one;
    T(one);
    T(total > 200000);
    T(waited(p[0]));
    int n;
    T(ioctl(p[0], SIOCOUTQ, &n));
    T(n > 0);
    while (total > 0 && (one = read(p[1], big, sizeof big)) > 0)
        total -= one;
    T(total);
    T(waited(p[0]));
    T(ioctl(p[1], FIONREAD, &n));
    T(n);
    T(set(p[1], SOL_SOCKET, SO_RCVLOWAT, 4));
    write(p[0], "abc", 3);
    T(waited(p[1]));
    T(recv(p[1], big, 10, MSG_DONTWAIT));
    write(p[0], "abcd", 4);
    T(waited(p[1]));
    T(read(p[1], big, 100));
    close(p[0]);
    close(p[1]);
    pair(p);
    set(p[0], SOL_SOCKET, SO_SNDBUF, 10000);
    T(option(p[0], SOL_SOCKET, SO_SNDBUF));
    T(set(p[0], SOL_SOCKET, SO_SNDBUF, 1));
    T(option(p[0], SOL_SOCKET, SO_SNDBUF));
    T(set(p[0], SOL_SOCKET, SO_RCVBUF, 1));
    T(option(p[0], SOL_SOCKET, SO_RCVBUF));
    int f = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(f, "contents of a file", 18);
    off_t at = 9;
    T(sendfile(p[0], f, &at, 100));
    T(recv(p[1], big, 100, 0));
    printf("%.9s\n", big);
    int q[2];
    pipe(q);
    write(p[0], "spliced", 7);
    T(splice(p[1], 0, q[1], 0, 100, 0));
    T(read(q[0], big, 100));
    write(q[1], "other", 5);
    T(splice(q[0], 0, p[1], 0, 100, 0));
    T(read(p[0], big, 100));
    close(p[0]);
    close(p[1]);
    close(q[0]);
    close(q[1]);
    close(f);
}

static void options(void)
{
    int s = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET6, SOCK_STREAM, 0), p[2];
    pair(p);
    char b[300];
    socklen_t n = 300;
    static const int values[][2] = {
        { SOL_SOCKET, SO_DEBUG }, { SOL_SOCKET, SO_REUSEADDR }, { SOL_SOCKET, SO_TYPE }, { SOL_SOCKET, SO_DONTROUTE }, { SOL_SOCKET, SO_BROADCAST },
        { SOL_SOCKET, SO_KEEPALIVE }, { SOL_SOCKET, SO_OOBINLINE }, { SOL_SOCKET, SO_PRIORITY }, { SOL_SOCKET, SO_REUSEPORT }, { SOL_SOCKET, SO_RCVLOWAT },
        { SOL_SOCKET, SO_SNDLOWAT }, { SOL_SOCKET, SO_TIMESTAMP }, { SOL_SOCKET, SO_MARK }, { SOL_SOCKET, SO_ACCEPTCONN }, { SOL_SOCKET, 999 },
        { SOL_SOCKET, SO_PASSCRED }, { SOL_SOCKET, SO_ZEROCOPY },
        { IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_TCP, TCP_MAXSEG }, { IPPROTO_TCP, TCP_CORK }, { IPPROTO_TCP, TCP_KEEPIDLE }, { IPPROTO_TCP, TCP_KEEPINTVL },
        { IPPROTO_TCP, TCP_KEEPCNT }, { IPPROTO_TCP, TCP_SYNCNT }, { IPPROTO_TCP, TCP_LINGER2 }, { IPPROTO_TCP, TCP_DEFER_ACCEPT }, { IPPROTO_TCP, TCP_QUICKACK },
        { IPPROTO_TCP, TCP_USER_TIMEOUT }, { IPPROTO_TCP, TCP_FASTOPEN }, { IPPROTO_TCP, 999 }, { IPPROTO_IP, IP_TOS }, { IPPROTO_IP, IP_TTL },
        { IPPROTO_IP, IP_MTU_DISCOVER }, { IPPROTO_IP, IP_RECVERR }, { IPPROTO_IP, IP_FREEBIND }, { IPPROTO_IP, 999 }, { IPPROTO_IPV6, IPV6_V6ONLY }, { 999, 1 },
    };
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        int level = values[i][0], name = values[i][1];
        printf("%d %d:", level, name);
        printf(" %d", option(s, level, name));
        errno = 0;
        printf(" %d %d", set(s, level, name, 1), errno);
        printf(" %d", option(s, level, name));
        errno = 0;
        if (name != SO_RCVLOWAT || level != SOL_SOCKET) {
            printf(" %d %d", set(s, level, name, -1), errno);
            printf(" %d", option(s, level, name));
        }
        errno = 0;
        printf(" %d %d", set(s, level, name, 70000), errno);
        printf(" %d", option(s, level, name));
        errno = 0;
        printf(" %d %d", setsockopt(s, level, name, &n, 2), errno);
        printf(" udp %d v6 %d\n", option(u, level, name), option(v, level, name));
    }
    T(set(s, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5));
    T(option(s, IPPROTO_TCP, TCP_DEFER_ACCEPT));
    T(getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, b, &n));
    printf("%d\n", n);
    T(setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
    T(setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "none", 4));
    n = 104;
    T(getsockopt(p[0], IPPROTO_TCP, TCP_INFO, b, &n));
    printf("%d %d\n", b[0], n);
    n = 1;
    T(getsockopt(s, SOL_SOCKET, SO_RCVBUF, b, &n));
    printf("%d\n", n);
    n = -1;
    T(getsockopt(s, SOL_SOCKET, SO_RCVBUF, b, &n));
    T(getsockopt(s, SOL_SOCKET, SO_RCVBUF, b, BAD));
    n = 4;
    T(getsockopt(s, SOL_SOCKET, SO_RCVBUF, BAD, &n));
    T(setsockopt(s, SOL_SOCKET, SO_RCVBUF, BAD, 4));
    T(setsockopt(s, SOL_SOCKET, SO_RCVBUF, b, -1));
    T(option(s, IPPROTO_IP, IP_MTU));
    T(option(p[0], IPPROTO_IP, IP_MTU));
    T(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
    T(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "nothing", 8));
    n = 300;
    T(getsockopt(p[0], SOL_SOCKET, SO_LINGER, b, &n));
    printf("%d\n", n);
    n = 300;
    struct sockaddr_in peer;
    n = sizeof peer;
    T(getsockopt(p[0], SOL_SOCKET, SO_PEERNAME, &peer, &n));
    printf("%d %d\n", n, peer.sin_family);
    close(s);
    close(u);
    close(v);
    close(p[0]);
    close(p[1]);
}

static void datagrams(void)
{
    struct sockaddr_in a = in4("127.0.0.1", 0), from, nobody;
    char b[100];
    int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0), t, n;
    socklen_t l = sizeof from;
    T(waited(s));
    show(s, 0);
    T(send(s, "x", 1, 0));
    T(listen(s, 1));
    T(accept(s, 0, 0));
    T(shutdown(s, SHUT_RD));
    close(s);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    T(bind(s, (void *)&a, sizeof a));
    a = in4("127.0.0.1", port_of(s));
    T(sendto(c, "hello", 5, 0, (void *)&a, sizeof a));
    T(sendto(c, "", 0, 0, (void *)&a, sizeof a));
    T(sendto(c, "hello", 5, 0, (void *)&a, 10));
    show(c, 0);
    T(waited(s));
    T(ioctl(s, FIONREAD, &n));
    printf("%d\n", n);
    T(recvfrom(s, b, 3, MSG_PEEK | MSG_TRUNC, (void *)&from, &l));
    printf("%d %d\n", l, from.sin_family);
    T(recvfrom(s, b, 3, 0, (void *)&from, &l));
    T(recvfrom(s, b, 3, 0, (void *)&from, &l));
    T(recvfrom(s, b, 3, MSG_DONTWAIT, (void *)&from, &l));
    static char big[70000];
    T(sendto(c, big, 65507, 0, (void *)&a, sizeof a));
    T(sendto(c, big, 65508, 0, (void *)&a, sizeof a));
    T(sendto(c, big, 70000, 0, (void *)&a, sizeof a));
    struct msghdr m = { .msg_iov = &(struct iovec){ big, 70000 }, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = sizeof from };
    T(recvmsg(s, &m, 0));
    printf("%x %d\n", m.msg_flags, m.msg_namelen);
    T(connect(c, (void *)&a, sizeof a));
    show(c, 0);
    show(c, 1);
    T(write(c, "one", 3));
    T(sendto(s, "reply", 5, 0, (void *)&(struct sockaddr_in){ AF_INET, htons(port_of(c)), { htonl(INADDR_LOOPBACK) } }, 16));
    T(recv(c, b, 10, 0));
    t = socket(AF_INET, SOCK_DGRAM, 0);
    T(sendto(t, "stranger", 8, 0, (void *)&(struct sockaddr_in){ AF_INET, htons(port_of(c)), { htonl(INADDR_LOOPBACK) } }, 16));
    T(recv(c, b, 10, MSG_DONTWAIT));
    T(send(c, "a", 1, MSG_MORE));
    T(send(c, "b", 1, MSG_MORE));
    T(send(c, "c", 1, 0));
    T(recv(s, b, 100, 0));
    T(recv(s, b, 100, 0));
    close(s);
    T(write(c, "x", 1));
    T(waited(c));
    T(write(c, "x", 1));
    T(write(c, "x", 1));
    T(recv(c, b, 10, MSG_DONTWAIT));
    T(recv(c, b, 10, MSG_DONTWAIT));
    nobody = a;
    T(sendto(t, "x", 1, 0, (void *)&nobody, sizeof nobody));
    T(waited(t));
    from.sin_family = AF_UNSPEC;
    T(connect(c, (void *)&from, sizeof from));
    show(c, 1);
    T(shutdown(c, SHUT_RDWR));
    T(waited(c));
    close(c);
    close(t);

    a = in4("127.255.255.255", 9999);
    t = socket(AF_INET, SOCK_DGRAM, 0);
    T(sendto(t, "x", 1, 0, (void *)&a, sizeof a));
    T(connect(t, (void *)&a, sizeof a));
    set(t, SOL_SOCKET, SO_BROADCAST, 1);
    T(sendto(t, "x", 1, 0, (void *)&a, sizeof a));
    a.sin_port = 0;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    T(sendto(t, "x", 1, 0, (void *)&a, sizeof a));
    close(t);

    struct sockaddr_in6 a6 = in6("::1", 0), from6;
    s = socket(AF_INET6, SOCK_DGRAM, 0);
    a6 = in6("::", 0);
    T(bind(s, (void *)&a6, sizeof a6));
    a = in4("127.0.0.1", port_of(s));
    t = socket(AF_INET, SOCK_DGRAM, 0);
    T(sendto(t, "mapped", 6, 0, (void *)&a, sizeof a));
    l = sizeof from6;
    T(recvfrom(s, b, 10, 0, (void *)&from6, &l));
    printf("%s %d\n", inet_ntop(AF_INET6, &from6.sin6_addr, b, sizeof b), l);
    int one = 1;
    T(set(s, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
    T(set(s, SOL_SOCKET, SO_TIMESTAMP, 1));
    c = socket(AF_INET6, SOCK_DGRAM, 0);
    a6 = in6("::1", port_of(s));
    T(sendto(c, "six", 3, 0, (void *)&a6, sizeof a6));
    char control[200];
    m = (struct msghdr){ .msg_iov = &(struct iovec){ b, 100 }, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    T(recvmsg(s, &m, 0));
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
        printf("[%d %d %d]", h->cmsg_level, h->cmsg_type, (int)h->cmsg_len);
    printf("%x\n", m.msg_flags);
    close(s);
    close(c);
    close(t);

    /* Two that share a port. */
    s = socket(AF_INET, SOCK_DGRAM, 0);
    t = socket(AF_INET, SOCK_DGRAM, 0);
    a = in4("127.0.0.1", 0);
    bind(s, (void *)&a, sizeof a);
    a = in4("127.0.0.1", port_of(s));
    T(bind(t, (void *)&a, sizeof a));
    set(s, SOL_SOCKET, SO_REUSEADDR, 1);
    set(t, SOL_SOCKET, SO_REUSEADDR, 1);
    T(bind(t, (void *)&a, sizeof a));
    close(s);
    close(t);
}

static void events(void)
{
    struct epoll_event e = { EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, { .u64 = 1 } }, got[4];
    char b[100];
    int p[2], ep = epoll_create1(0);
    pair(p);
    T(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e));
    T(epoll_wait(ep, got, 4, 0));
    printf("%x\n", got[0].events);
    T(epoll_wait(ep, got, 4, 0));
    write(p[1], "a", 1);
    T(epoll_wait(ep, got, 4, 0));
    printf("%x\n", got[0].events);
    T(epoll_wait(ep, got, 4, 0));
    write(p[1], "b", 1);
    T(epoll_wait(ep, got, 4, 0));
    read(p[0], b, 100);
    T(epoll_wait(ep, got, 4, 0));
    write(p[0], "c", 1);
    read(p[1], b, 1);
    shutdown(p[1], SHUT_WR);
    T(epoll_wait(ep, got, 4, 0));
    printf("%x\n", got[0].events);
    close(p[1]);
    send(p[0], "x", 1, MSG_NOSIGNAL);
    T(epoll_wait(ep, got, 4, 0));
    printf("%x\n", got[0].events);
    close(p[0]);
    int s = listener(SOCK_NONBLOCK);
    e.events = EPOLLIN;
    epoll_ctl(ep, EPOLL_CTL_ADD, s, &e);
    T(epoll_wait(ep, got, 4, 0));
    struct sockaddr_in a = in4("127.0.0.1", port_of(s));
    int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct epoll_event o = { EPOLLOUT, { .u64 = 2 } };
    epoll_ctl(ep, EPOLL_CTL_ADD, c, &o);
    T(epoll_wait(ep, got, 4, 0));
    printf("%x\n", got[0].events);
    T(connect(c, (void *)&a, sizeof a));
    int ready = epoll_wait(ep, got, 4, 1000);
    T(ready);
    close(accept(s, 0, 0));
    close(c);
    close(s);
    close(ep);
}

static void *echo(void *argument)
{
    int s = (int)(long)argument;
    char b[5000];
    long n;
    while ((n = read(s, b, sizeof b)) > 0)
        for (long i = 0, w; i < n; i += w)
            if ((w = write(s, b + i, n - i)) <= 0)
                return 0;
    close(s);
    return 0;
}

static void *server(void *argument)
{
    int s = (int)(long)argument;
    pthread_t t[4];
    for (int i = 0; i < 4; i++) {
        int x = accept(s, 0, 0);
        pthread_create(&t[i], 0, echo, (void *)(long)x);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], 0);
    return 0;
}

static void *sender(void *argument)
{
    int s = (int)(long)argument;
    unsigned char b[3001];
    for (int i = 0; i < 300; i++) {
        for (unsigned k = 0; k < sizeof b; k++)
            b[k] = i * 7 + k;
        for (unsigned w = 0; w < sizeof b;)
            w += write(s, b + w, sizeof b - w);
    }
    shutdown(s, SHUT_WR);
    return 0;
}

static void *client(void *argument)
{
    struct sockaddr_in a = in4("127.0.0.1", (int)(long)argument);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    connect(s, (void *)&a, sizeof a);
    pthread_t t;
    pthread_create(&t, 0, sender, (void *)(long)s);
    unsigned char b[7000];
    long n, at = 0, wrong = 0;
    while ((n = read(s, b, sizeof b)) > 0)
        for (long i = 0; i < n; i++, at++)
            wrong += b[i] != (unsigned char)(at / 3001 * 7 + at % 3001);
    pthread_join(t, 0);
    close(s);
    return (void *)(at * 10 + (wrong != 0));
}

static void threads(void)
{
    int s = listener(0);
    pthread_t t[5];
    pthread_create(&t[4], 0, server, (void *)(long)s);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], 0, client, (void *)(long)port_of(s));
    for (int i = 0; i < 5; i++) {
        void *r;
        pthread_join(t[i], &r);
        printf("%ld\n", (long)r);
    }
    close(s);
}

/* A simultaneous open with one's own address: what comes in is what went out. */
static void oneself(void)
{
    puts("-- oneself");
    struct sockaddr_in at = { AF_INET, 0, { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof at;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    char b[10] = { 0 };
    T(bind(s, (struct sockaddr *)&at, sizeof at));
    getsockname(s, (struct sockaddr *)&at, &length);
    T(connect(s, (struct sockaddr *)&at, sizeof at));
    T(send(s, "hello", 5, 0));
    T(recv(s, b, sizeof b, 0));
    puts(b);
    struct sockaddr_in there;
    T(getpeername(s, (struct sockaddr *)&there, &length));
    printf("%d\n", there.sin_port == at.sin_port);
    T(shutdown(s, SHUT_WR));
    T(recv(s, b, sizeof b, 0));
    T(close(s));
}

int main(void)
{
    syscall(SYS_close_range, 3, ~0u, 0);
    signal(SIGPIPE, SIG_IGN);
    creation();
    binding();
    connecting();
    ending();
    flow();
    options();
    datagrams();
    events();
    threads();
    oneself();
    return 0;
}
