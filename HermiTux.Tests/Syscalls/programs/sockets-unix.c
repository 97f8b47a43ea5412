#include "check.h"
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <linux/sockios.h>

static int waited(int fd)
{
    struct pollfd p = { fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI | POLLRDNORM | POLLWRNORM, 0 };
    poll(&p, 1, 0);
    return p.revents;
}

static socklen_t named(struct sockaddr_un *a, const char *name, int length)
{
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    memcpy(a->sun_path, name, length);
    return offsetof(struct sockaddr_un, sun_path) + length;
}

static void show(int fd, int peer)
{
    struct sockaddr_un a;
    memset(&a, 0, sizeof a);
    socklen_t n = sizeof a;
    int r = peer ? getpeername(fd, (void *)&a, &n) : getsockname(fd, (void *)&a, &n);
    printf("  name %d: len %d family %d '", r, n, a.sun_family);
    for (unsigned i = 2; i < n; i++)
        printf("%c", a.sun_path[i - 2] ? a.sun_path[i - 2] : '@');
    printf("'\n");
}

static int option(int fd, int name)
{
    int v = -1;
    socklen_t n = sizeof v;
    if (getsockopt(fd, SOL_SOCKET, name, &v, &n))
        return -errno;
    return v;
}

static int send_fds(int s, const void *data, int len, int *fds, int count, int flags)
{
    char control[CMSG_SPACE(sizeof(int) * 300)];
    struct iovec v = { (void *)data, len };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(sizeof(int) * count) };
    memset(control, 0, sizeof control);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(c), fds, sizeof(int) * count);
    return sendmsg(s, &m, flags);
}

static int receive_fds(int s, void *data, int len, int room, int flags, int *got)
{
    char control[4096];
    struct iovec v = { data, len };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room ? control : 0, .msg_controllen = room };
    memset(control, 0, sizeof control);
    int r = recvmsg(s, &m, flags);
    int e = errno;
    printf("  recvmsg %d flags %x controllen %d", r, r < 0 ? 0 : m.msg_flags, (int)m.msg_controllen);
    *got = -1;
    if (r >= 0)
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
            printf(" [level %d type %d len %d]", c->cmsg_level, c->cmsg_type, (int)c->cmsg_len);
            if (c->cmsg_type == SCM_RIGHTS)
                *got = *(int *)CMSG_DATA(c);
            if (c->cmsg_type == SCM_CREDENTIALS) {
                struct ucred *u = (void *)CMSG_DATA(c);
                printf(" pid %s uid %d gid %d", u->pid == getpid() ? "own" : u->pid ? "other" : "0", u->uid, u->gid);
            }
        }
    printf("\n");
    errno = e;
    return r;
}

static void creation(void)
{
    int p[2];
    T(socket(-1, SOCK_STREAM, 0));
    T(socket(99, SOCK_STREAM, 0));
    T(socket(AF_UNSPEC, SOCK_STREAM, 0));
    T(socket(AF_UNIX, 0, 0));
    T(socket(AF_UNIX, 9, 0));
    T(socket(AF_UNIX, 12, 0));
    T(socket(AF_UNIX, SOCK_RDM, 0));
    T(socket(AF_UNIX, SOCK_STREAM, 5));
    T(socket(AF_UNIX, SOCK_STREAM | 0x10000000, 0));
    T(socket(AF_UNIX, SOCK_STREAM, 1));
    int s = 3;
    T(close(s));
    T(socket(AF_UNIX, SOCK_RAW, 0));
    T(option(s, SO_TYPE));
    T(option(s, SO_DOMAIN));
    T(option(s, SO_PROTOCOL));
    T(option(s, SO_ACCEPTCONN));
    T(option(s, SO_ERROR));
    T(option(s, SO_SNDBUF));
    T(option(s, SO_RCVBUF));
    struct stat st;
    T(fstat(s, &st));
    printf("%o %d %d\n", st.st_mode, (int)st.st_size, (int)st.st_nlink);
    T(lseek(s, 0, SEEK_CUR));
    T(pread(s, &st, 1, 0));
    T(fcntl(s, F_GETFL));
    T(fsync(s));
    T(ftruncate(s, 0));
    T(close(s));
    T(socketpair(AF_INET, SOCK_STREAM, 0, p));
    T(socketpair(AF_UNIX, SOCK_STREAM, 0, BAD));
    T(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p));
    T(fcntl(p[0], F_GETFL));
    T(fcntl(p[1], F_GETFD));
    close(p[0]);
    close(p[1]);
    T(bind(0, 0, 0));
    T(bind(99, 0, 0));
    T(listen(0, 1));
    T(accept(0, 0, 0));
    T(send(0, "", 0, 0));
    T(shutdown(0, 0));
    T(getsockname(0, 0, 0));
    T(setsockopt(0, SOL_SOCKET, SO_DEBUG, 0, 0));
}

static void stream_pair(void)
{
    int p[2];
    char b[100];
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    show(p[0], 0);
    show(p[0], 1);
    T(waited(p[0]));
    T(write(p[0], "hello", 5));
    T(waited(p[1]));
    int n = 0;
    T(ioctl(p[1], FIONREAD, &n));
    printf("%d\n", n);
    T(ioctl(p[0], SIOCOUTQ, &n));
    printf("%d\n", n > 0);
    T(recv(p[1], b, 2, MSG_PEEK));
    T(recv(p[1], b, 100, MSG_PEEK));
    T(recv(p[1], b, 2, 0));
    T(recv(p[1], b, 100, MSG_DONTWAIT));
    T(recv(p[1], b, 100, MSG_DONTWAIT));
    T(recv(p[1], b, 0, MSG_DONTWAIT));
    T(read(p[1], b, 0));
    T(send(p[0], b, 0, 0));
    T(write(p[0], b, 0));
    T(sendto(p[0], "x", 1, 0, (void *)b, 0));
    struct sockaddr_un a;
    socklen_t l = named(&a, "/nowhere", 9);
    T(sendto(p[0], "x", 1, 0, (void *)&a, l));
    T(connect(p[0], (void *)&a, l));
    T(listen(p[0], 1));
    T(accept(p[0], 0, 0));
    T(bind(p[0], (void *)&a, 1));
    write(p[0], "abc", 3);
    write(p[0], "def", 3);
    T(recv(p[1], b, 100, 0));
    struct iovec v[3] = { { "one", 3 }, { "", 0 }, { "two", 3 } };
    T(writev(p[0], v, 3));
    struct iovec r[2] = { { b, 4 }, { b + 10, 10 } };
    T(readv(p[1], r, 2));
    printf("%.4s %.2s\n", b, b + 10);
    T(recv(p[1], BAD, 10, MSG_DONTWAIT));
    T(send(p[0], BAD, 10, 0));
    T(send(p[0], "0123456789", 10, 0));
    T(recv(p[1], BAD, 10, MSG_DONTWAIT));
    T(recv(p[1], b, 100, MSG_TRUNC));
    T(shutdown(p[0], 7));
    T(shutdown(p[0], SHUT_WR));
    T(waited(p[0]));
    T(waited(p[1]));
    T(write(p[0], "x", 1));
    T(send(p[0], "x", 1, MSG_NOSIGNAL));
    T(read(p[1], b, 10));
    T(write(p[1], "back", 4));
    T(read(p[0], b, 10));
    T(shutdown(p[1], SHUT_RDWR));
    T(waited(p[0]));
    T(waited(p[1]));
    T(write(p[1], "x", 1));
    close(p[0]);
    T(waited(p[1]));
    close(p[1]);

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    T(shutdown(p[0], SHUT_RD));
    T(waited(p[0]));
    T(waited(p[1]));
    T(write(p[1], "x", 1));
    T(read(p[0], b, 1));
    T(write(p[0], "x", 1));
    T(read(p[1], b, 1));
    close(p[0]);
    close(p[1]);

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    write(p[0], "unread", 6);
    write(p[1], "for you", 7);
    close(p[1]);
    T(waited(p[0]));
    T(read(p[0], b, 3));
    T(option(p[0], SO_ERROR));
    T(option(p[0], SO_ERROR));
    T(read(p[0], b, 30));
    T(read(p[0], b, 30));
    T(write(p[0], b, 1));
    close(p[0]);
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    write(p[0], "unread", 6);
    close(p[1]);
    T(read(p[0], b, 30));
    T(read(p[0], b, 30));
    close(p[0]);
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    close(p[1]);
    T(waited(p[0]));
    T(read(p[0], b, 30));
    T(write(p[0], b, 1));
    close(p[0]);

    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
    static char big[1 << 20];
    long total = 0, one;
    while ((one = write(p[0], big, sizeof big)) > 0)
        total += one;
    T(one);
    T(total > 100000 && total < 600000);
    T(waited(p[0]));
    while (total > 0 && (one = read(p[1], big, sizeof big)) > 0)
        total -= one;
    T(total);
    T(waited(p[0]));
    int count = 0;
    while (write(p[0], "x", 1) == 1)
        count++;
    T(count);
    close(p[0]);
    close(p[1]);
}

static void time_outs(void)
{
    int p[2];
    char b[10];
    struct timeval t = { 0, 20000 };
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    T(setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    T(setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &t, 8));
    struct timeval bad = { 0, 2000000 };
    T(setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &bad, sizeof bad));
    socklen_t n = sizeof bad;
    T(getsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &bad, &n));
    printf("%d %d %d\n", n, (int)bad.tv_sec, (int)(bad.tv_usec / 10000));
    T(read(p[0], b, 1));
    T(recv(p[0], b, 1, 0));
    write(p[1], "ab", 2);
    T(recv(p[0], b, 10, MSG_WAITALL));
    T(setsockopt(p[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t));
    static char big[1 << 20];
    OK(write(p[0], big, sizeof big));
    T(write(p[0], big, sizeof big));
    close(p[0]);
    close(p[1]);
}

static void names(void)
{
    struct sockaddr_un a, from;
    socklen_t l;
    char b[100];
    umask(022);
    int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), x;
    show(s, 0);
    T(waited(s));
    T(read(s, b, 1));
    T(recv(s, b, 1, 0));
    T(send(s, b, 1, MSG_NOSIGNAL));
    T(getpeername(s, (void *)&from, &(socklen_t){ sizeof from }));
    T(listen(s, 1));
    T(accept(s, 0, 0));
    l = named(&a, "/w/none/sock", 13);
    T(bind(s, (void *)&a, l));
    l = named(&a, "sock", 5);
    T(bind(s, (void *)&a, sizeof a + 1));
    T(bind(s, (void *)&a, 300));
    T(bind(s, (void *)&a, -1));
    a.sun_family = AF_INET;
    T(bind(s, (void *)&a, l));
    T(bind(s, BAD, l));
    a.sun_family = AF_UNIX;
    T(connect(c, (void *)&a, l));
    T(bind(s, (void *)&a, l));
    T(bind(s, (void *)&a, l));
    T(bind(c, (void *)&a, l));
    show(s, 0);
    struct stat st;
    T(stat("sock", &st));
    printf("%o\n", st.st_mode);
    T(open("sock", O_RDWR));
    T(connect(c, (void *)&a, l));
    T(listen(s, 1));
    T(option(s, SO_ACCEPTCONN));
    T(waited(s));
    T(connect(s, (void *)&a, l));
    T(connect(c, (void *)&a, 2));
    T(connect(c, (void *)&a, 1));
    int d = socket(AF_UNIX, SOCK_DGRAM, 0), q = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    T(connect(d, (void *)&a, l));
    T(connect(q, (void *)&a, l));
    struct sockaddr_un other;
    socklen_t ol = named(&other, "plain", 6);
    close(open("plain", O_CREAT | O_WRONLY, 0600));
    T(connect(c, (void *)&other, ol));
    T(connect(c, (void *)&a, l));
    T(connect(c, (void *)&a, l));
    T(waited(s));
    show(c, 0);
    show(c, 1);
    T(write(c, "early", 5));
    int e[3];
    for (int i = 0; i < 3; i++) {
        e[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        T(connect(e[i], (void *)&a, l));
    }
    memset(&from, 'z', sizeof from);
    socklen_t fl = sizeof from;
    T(x = accept4(s, (void *)&from, &fl, SOCK_NONBLOCK | SOCK_CLOEXEC));
    printf("%d %d\n", fl, from.sun_family);
    T(fcntl(x, F_GETFL));
    T(fcntl(x, F_GETFD));
    T(accept4(s, 0, 0, 0x400));
    show(x, 0);
    show(x, 1);
    T(read(x, b, 10));
    T(read(x, b, 10));
    struct ucred u;
    socklen_t ul = sizeof u;
    T(getsockopt(x, SOL_SOCKET, SO_PEERCRED, &u, &ul));
    printf("%d %d %d\n", u.pid == getpid(), u.uid, u.gid);
    T(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &u, &ul));
    printf("%d %d %d\n", u.pid == getpid(), u.uid, u.gid);
    T(getsockopt(d, SOL_SOCKET, SO_PEERCRED, &u, &ul));
    printf("%d %d %d\n", u.pid, u.uid, u.gid);
    T(connect(e[2], (void *)&a, l));
    fcntl(s, F_SETFL, O_NONBLOCK);
    int y;
    T(y = accept(s, 0, BAD));
    T(close(y));
    T(y = accept(s, BAD, BAD));
    T(waited(e[1]));
    T(close(accept(s, 0, 0)));
    T(accept(s, 0, 0));
    T(unlink("sock"));
    T(connect(e[0], (void *)&a, l));
    T(shutdown(s, SHUT_RDWR));
    T(waited(s));
    T(accept(s, 0, 0));
    close(s);
    close(x);
    T(read(c, b, 1));
    close(c);

    s = socket(AF_UNIX, SOCK_STREAM, 0);
    c = socket(AF_UNIX, SOCK_STREAM, 0);
    l = named(&a, "\0hermitux\0x", 11);
    T(bind(s, (void *)&a, l));
    show(s, 0);
    T(connect(c, (void *)&a, l));
    T(listen(s, -1));
    T(connect(c, (void *)&a, l - 1));
    T(connect(c, (void *)&a, l));
    T(write(c, "x", 1));
    T(close(s));
    T(waited(c));
    T(read(c, b, 1));
    T(read(c, b, 1));
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    T(bind(s, (void *)&a, l));
    close(s);
    close(c);
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    a.sun_family = AF_UNIX;
    T(bind(s, (void *)&a, 2));
    l = sizeof a;
    T(getsockname(s, (void *)&a, &l));
    printf("%d %d\n", l, a.sun_path[0]);
    T(bind(s, (void *)&a, 2));
    close(s);

    char path[120];
    memset(path, 'a', sizeof path);
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    l = named(&a, path, 108);
    T(bind(s, (void *)&a, l));
    l = 0;
    T(getsockname(s, (void *)&a, &l));
    T(l);
    T(getsockname(s, (void *)&a, &(socklen_t){ -1 }));
    T(getsockname(s, BAD, &(socklen_t){ 110 }));
    close(s);
}

static void datagrams(void)
{
    int p[2];
    char b[100];
    struct sockaddr_un a, from;
    socklen_t l, fl;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
    T(waited(p[0]));
    T(write(p[0], "first", 5));
    T(write(p[0], "", 0));
    T(write(p[0], "third message", 13));
    int n;
    T(ioctl(p[1], FIONREAD, &n));
    printf("%d\n", n);
    T(recv(p[1], b, 3, MSG_PEEK));
    T(recv(p[1], b, 3, MSG_PEEK | MSG_TRUNC));
    T(recv(p[1], b, 3, 0));
    T(recv(p[1], b, 3, 0));
    T(recv(p[1], b, 3, MSG_TRUNC));
    T(recv(p[1], b, 3, MSG_DONTWAIT));
    struct msghdr m = { .msg_iov = &(struct iovec){ b, 2 }, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = sizeof from };
    write(p[0], "long", 4);
    T(recvmsg(p[1], &m, 0));
    printf("%x %d\n", m.msg_flags, m.msg_namelen);
    T(shutdown(p[0], SHUT_WR));
    T(write(p[0], "x", 1));
    T(waited(p[0]));
    T(waited(p[1]));
    T(shutdown(p[1], SHUT_RD));
    T(waited(p[1]));
    T(recv(p[1], b, 3, MSG_DONTWAIT));
    close(p[0]);
    T(waited(p[1]));
    T(write(p[1], "x", 1));
    T(write(p[1], "x", 1));
    close(p[1]);

    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p);
    int count = 0;
    while (write(p[0], "x", 1) == 1)
        count++;
    T(count);
    T(waited(p[0]));
    T(recv(p[1], b, 1, 0));
    static char big[1 << 20];
    T(write(p[1], big, 500000));
    T(write(p[1], big, 200000));
    close(p[0]);
    close(p[1]);

    int s = socket(AF_UNIX, SOCK_DGRAM, 0), c = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), o = socket(AF_UNIX, SOCK_DGRAM, 0);
    T(listen(s, 1));
    T(accept(s, 0, 0));
    l = named(&a, "\0dgram", 6);
    T(sendto(c, "x", 1, 0, (void *)&a, l));
    T(send(c, "x", 1, 0));
    T(bind(s, (void *)&a, l));
    T(sendto(c, "hello", 5, 0, (void *)&a, l));
    T(sendto(c, "hello", 5, 0, (void *)&a, 1));
    T(sendto(c, "hello", 5, 0, (void *)&a, 200));
    fl = sizeof from;
    T(recvfrom(s, b, 100, 0, (void *)&from, &fl));
    printf("%d\n", fl);
    struct sockaddr_un ca;
    socklen_t cl = named(&ca, "\0client", 7);
    T(bind(c, (void *)&ca, cl));
    T(connect(c, (void *)&a, l));
    show(c, 1);
    T(write(c, "again", 5));
    fl = sizeof from;
    T(recvfrom(s, b, 100, 0, (void *)&from, &fl));
    printf("%d %.6s\n", fl, from.sun_path + 1);
    T(sendto(s, "reply", 5, 0, (void *)&from, fl));
    T(sendto(o, "other", 5, 0, (void *)&ca, cl));
    T(recv(c, b, 100, 0));
    count = 0;
    while (write(c, "x", 1) == 1)
        count++;
    T(count);
    T(waited(c));
    recv(s, b, 1, 0);
    T(waited(c));
    from.sun_family = AF_UNSPEC;
    T(connect(c, (void *)&from, 2));
    T(write(c, "x", 1));
    T(waited(c));
    close(s);
    T(sendto(c, "x", 1, 0, (void *)&a, l));
    close(c);
    close(o);
}

static void packets(void)
{
    int p[2];
    char b[100];
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p);
    T(waited(p[0]));
    T(send(p[0], "first", 5, 0));
    T(send(p[0], "second", 6, MSG_EOR));
    T(recv(p[1], b, 3, 0));
    T(recv(p[1], b, 30, 0));
    T(recv(p[1], b, 30, MSG_DONTWAIT));
    send(p[0], "unread", 6, 0);
    close(p[1]);
    T(waited(p[0]));
    T(recv(p[0], b, 30, 0));
    T(recv(p[0], b, 30, 0));
    T(send(p[0], "x", 1, 0));
    close(p[0]);
    int s = socket(AF_UNIX, SOCK_SEQPACKET, 0), c = socket(AF_UNIX, SOCK_SEQPACKET, 0), x;
    struct sockaddr_un a;
    socklen_t l = named(&a, "\0packet", 7);
    T(send(c, "x", 1, 0));
    T(recv(c, b, 1, 0));
    T(waited(c));
    bind(s, (void *)&a, l);
    T(listen(s, 0));
    T(connect(c, (void *)&a, l));
    T(x = accept(s, 0, 0));
    show(c, 1);
    show(x, 0);
    T(send(x, "abc", 3, 0));
    T(shutdown(x, SHUT_WR));
    T(waited(c));
    T(recv(c, b, 10, 0));
    T(recv(c, b, 10, 0));
    T(send(c, "y", 1, 0));
    T(recv(x, b, 10, 0));
    close(x);
    T(waited(c));
    close(c);
    close(s);
}

static void rights(void)
{
    int p[2], q[2], got, fds[300];
    char b[100];
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    pipe(q);
    fds[0] = q[1];
    T(send_fds(p[0], "a", 1, fds, 1, 0));
    T(receive_fds(p[1], b, 10, 1000, 0, &got));
    T(write(got, "through", 7));
    T(read(q[0], b, 10));
    T(fcntl(got, F_GETFD));
    close(got);
    T(send_fds(p[0], "a", 1, fds, 1, 0));
    T(receive_fds(p[1], b, 10, 1000, MSG_CMSG_CLOEXEC, &got));
    T(fcntl(got, F_GETFD));
    close(got);
    fds[1] = 99;
    T(send_fds(p[0], "a", 1, fds, 2, 0));
    for (int i = 0; i < 300; i++)
        fds[i] = q[0];
    T(send_fds(p[0], "a", 1, fds, 254, 0));
    T(send_fds(p[0], "a", 1, fds, 0, 0));
    T(receive_fds(p[1], b, 10, 1000, 0, &got));
    T(send_fds(p[0], "", 0, fds, 1, 0));
    T(send_fds(p[0], "three", 5, fds, 3, 0));
    T(receive_fds(p[1], b, 10, CMSG_SPACE(8), 0, &got));
    close(got);
    close(got + 1);
    T(send_fds(p[0], "three", 5, fds, 3, 0));
    T(receive_fds(p[1], b, 10, 0, 0, &got));
    T(send_fds(p[0], "three", 5, fds, 3, 0));
    T(read(p[1], b, 10));
    T(send_fds(p[0], "three", 5, fds, 1, 0));
    T(receive_fds(p[1], b, 10, 1000, MSG_PEEK, &got));
    close(got);
    T(receive_fds(p[1], b, 2, 1000, 0, &got));
    close(got);
    T(receive_fds(p[1], b, 10, 1000, 0, &got));

    write(p[0], "plain", 5);
    send_fds(p[0], "with", 4, fds, 1, 0);
    write(p[0], "after", 5);
    send_fds(p[0], "more", 4, fds, 1, 0);
    T(receive_fds(p[1], b, 100, 1000, 0, &got));
    close(got);
    T(receive_fds(p[1], b, 100, 1000, 0, &got));
    close(got);
    T(receive_fds(p[1], b, 100, 1000, MSG_DONTWAIT, &got));

    // A socket in its own queue, and two in each other's: nobody can reach them once they are closed.
    for (int i = 0; i < 200; i++) {
        int r[2], t[2];
        socketpair(AF_UNIX, i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0, r);
        socketpair(AF_UNIX, SOCK_STREAM, 0, t);
        send_fds(r[0], "x", 1, &r[1], 1, 0);
        send_fds(r[1], "x", 1, &t[0], 1, 0);
        send_fds(t[1], "x", 1, &r[0], 1, 0);
        close(r[0]);
        close(r[1]);
        close(t[0]);
        close(t[1]);
    }
    close(q[0]);
    // The write end of the pipe lives in a cycle: it is gone when the cycle is.
    int r[2];
    pipe(q);
    socketpair(AF_UNIX, SOCK_STREAM, 0, r);
    send_fds(r[0], "x", 1, (int[]){ r[1], q[1] }, 2, 0);
    close(r[0]);
    close(r[1]);
    close(q[1]);
    close(socket(AF_UNIX, SOCK_STREAM, 0));
    struct pollfd e = { q[0], POLLIN, 0 };
    T(poll(&e, 1, 5000));
    T(e.revents);
    T(read(q[0], b, 1));

    // A long chain: each holds the next.
    int last = -1;
    for (int i = 0; i < 3000; i++) {
        int c[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, c);
        if (last >= 0) {
            send_fds(c[0], "x", 1, &last, 1, 0);
            close(last);
        }
        close(c[0]);
        last = c[1];
    }
    T(close(last) | 0);
    close(p[0]);
    close(p[1]);

    int one = 1;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
    T(write(p[0], "no", 2));
    T(setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
    T(option(p[1], SO_PASSCRED));
    T(receive_fds(p[1], b, 10, 1000, 0, &got));
    T(write(p[0], "cr", 2));
    T(receive_fds(p[1], b, 10, 1000, 0, &got));
    T(send_fds(p[0], "both", 4, &q[0], 1, 0));
    T(receive_fds(p[1], b, 10, 1000, 0, &got));
    close(got);
    T(write(p[0], "cr", 2));
    T(receive_fds(p[1], b, 10, 20, 0, &got));
    T(write(p[0], "cr", 2));
    T(receive_fds(p[1], b, 10, 0, 0, &got));
    char control[CMSG_SPACE(sizeof(struct ucred))];
    struct msghdr m = { .msg_iov = &(struct iovec){ "id", 2 }, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_CREDENTIALS;
    c->cmsg_len = CMSG_LEN(sizeof(struct ucred));
    *(struct ucred *)CMSG_DATA(c) = (struct ucred){ getpid(), 1234, 5678 };
    T(sendmsg(p[0], &m, 0));
    T(receive_fds(p[1], b, 10, 1000, 0, &got));
    c->cmsg_len -= 1;
    T(sendmsg(p[0], &m, 0));
    c->cmsg_len = 5;
    T(sendmsg(p[0], &m, 0));
    c->cmsg_len = 500;
    T(sendmsg(p[0], &m, 0));
    c->cmsg_len = CMSG_LEN(sizeof(struct ucred));
    c->cmsg_type = 77;
    T(sendmsg(p[0], &m, 0));
    c->cmsg_level = 77;
    T(sendmsg(p[0], &m, 0));
    T(receive_fds(p[1], b, 10, 1000, MSG_DONTWAIT, &got));
    m.msg_controllen = 1 << 20;
    T(sendmsg(p[0], &m, 0));
    m.msg_controllen = 0;
    m.msg_iovlen = 2000;
    T(sendmsg(p[0], &m, 0));
    m.msg_iovlen = 1;
    m.msg_name = b;
    m.msg_namelen = -1;
    T(sendmsg(p[0], &m, 0));
    T(sendmsg(p[0], BAD, 0));
    T(recvmsg(p[0], BAD, 0));
    close(p[0]);
    close(p[1]);

    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    write(p[0], "before", 6);
    setsockopt(p[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
    write(p[0], "after", 5);
    write(p[0], "same", 4);
    T(receive_fds(p[1], b, 100, 1000, 0, &got));
    T(receive_fds(p[1], b, 100, 1000, MSG_DONTWAIT, &got));
    close(p[0]);
    T(receive_fds(p[1], b, 100, 1000, 0, &got));
    close(p[1]);
}

static void several(void)
{
    int p[2];
    char b[4][10];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
    struct mmsghdr m[4];
    struct iovec v[4] = { { "a", 1 }, { "bb", 2 }, { "ccc", 3 }, { BAD, 4 } };
    memset(m, 0, sizeof m);
    for (int i = 0; i < 4; i++) {
        m[i].msg_hdr.msg_iov = &v[i];
        m[i].msg_hdr.msg_iovlen = 1;
    }
    T(sendmmsg(p[0], m, 4, 0));
    printf("%d %d %d\n", m[0].msg_len, m[1].msg_len, m[2].msg_len);
    T(sendmmsg(p[0], m + 3, 1, 0));
    T(sendmmsg(p[0], m, 0, 0));
    for (int i = 0; i < 4; i++)
        v[i] = (struct iovec){ b[i], 10 };
    struct timespec t = { 0, 10000000 };
    T(recvmmsg(p[1], m, 2, 0, &t));
    T(recvmmsg(p[1], m, 4, MSG_WAITFORONE, 0));
    T(recvmmsg(p[1], m, 4, MSG_DONTWAIT, 0));
    t.tv_nsec = -1;
    T(recvmmsg(p[1], m, 4, MSG_DONTWAIT, &t));
    close(p[0]);
    close(p[1]);
    int one = 3;
    socketpair(AF_UNIX, SOCK_STREAM, 0, p);
    T(setsockopt(p[0], SOL_SOCKET, SO_PEEK_OFF, &one, sizeof one));
    write(p[1], "0123456789", 10);
    T(recv(p[0], b[0], 2, MSG_PEEK));
    printf("%.2s\n", b[0]);
    T(recv(p[0], b[0], 2, MSG_PEEK));
    printf("%.2s\n", b[0]);
    T(recv(p[0], b[0], 4, 0));
    T(option(p[0], SO_PEEK_OFF));
    T(recv(p[0], b[0], 2, MSG_PEEK));
    printf("%.2s\n", b[0]);
    close(p[0]);
    close(p[1]);
}

int main(void)
{
    syscall(SYS_close_range, 3, ~0u, 0);
    signal(SIGPIPE, SIG_IGN);
    creation();
    stream_pair();
    time_outs();
    names();
    datagrams();
    packets();
    rights();
    several();
    return 0;
}
