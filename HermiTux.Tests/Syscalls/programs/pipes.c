#include "check.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/uio.h>

static char buffer[200000];
static volatile int caught;

static void handler(int number) { caught = number; }

int main(void)
{
    int p[2];
    T(pipe2(p, 99));
    T(syscall(SYS_pipe2, BAD, 0));
    T(pipe2(p, O_NONBLOCK));
    T(read(p[0], buffer, 10));
    T(write(p[0], buffer, 10));
    T(read(p[1], buffer, 10));
    T(write(p[1], buffer, sizeof buffer));
    T(write(p[1], buffer, 1));
    int available;
    T(ioctl(p[0], FIONREAD, &available));
    T(available);
    T(read(p[0], buffer, 5000));
    T(fcntl(p[0], F_GETPIPE_SZ));
    T(lseek(p[0], 0, SEEK_SET));
    T(pread(p[0], buffer, 1, 0));
    while (read(p[0], buffer, sizeof buffer) > 0) {}
    struct pollfd f[3] = { { p[0], POLLIN }, { p[1], POLLOUT }, { 99, POLLIN } };
    T(poll(f, 3, 0));
    printf("%x %x %x\n", f[0].revents, f[1].revents, f[2].revents);
    f[2].fd = -1;
    T(poll(f, 1, 10));
    struct timespec t = { 0, 1000000 };
    T(ppoll(f, 1, &t, 0));
    t.tv_nsec = 1000000000;
    T(ppoll(f, 1, &t, 0));
    fd_set r, w;
    FD_ZERO(&r); FD_ZERO(&w); FD_SET(p[0], &r); FD_SET(p[1], &w);
    T(select(p[1] + 1, &r, &w, 0, 0));
    printf("%d %d\n", FD_ISSET(p[0], &r), FD_ISSET(p[1], &w));
    FD_SET(99, &r);
    T(select(100, &r, 0, 0, 0));
    T(select(-1, 0, 0, 0, 0));
    struct timeval tv = { 0, 1000 };
    T(select(0, 0, 0, 0, &tv));
    T(tv.tv_sec + tv.tv_usec);
    struct iovec v[2] = { { "ab", 2 }, { "cd", 2 } };
    T(writev(p[1], v, 2));
    T(read(p[0], buffer, 3));
    T(close(p[1]));
    T(read(p[0], buffer, 3));
    T(read(p[0], buffer, 3));
    f[0].fd = p[0];
    T(poll(f, 1, 0));
    printf("%x\n", f[0].revents);
    T(close(p[0]));
    T(pipe(p));
    T(close(p[0]));
    struct sigaction action = { .sa_handler = handler };
    sigaction(SIGPIPE, &action, 0);
    T(write(p[1], "x", 1));
    T(caught);
    T(close(p[1]));
    int e = eventfd(3, EFD_NONBLOCK);
    uint64_t n = 0;
    T(read(e, &n, 4));
    T(read(e, &n, 8));
    T(n);
    T(read(e, &n, 8));
    n = -1;
    T(write(e, &n, 8));
    n = 5;
    T(write(e, &n, 8));
    T(write(e, &n, 3));
    T(close(e));
    e = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    T(read(e, &n, 8));
    T(n);
    T(read(e, &n, 8));
    T(read(e, &n, 8));
    T(eventfd(0, 77));
    T(ioctl(e, TCGETS, buffer));
    T(isatty(e));
    return 0;
}
