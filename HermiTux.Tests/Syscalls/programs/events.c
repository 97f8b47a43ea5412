#include "check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int handled;

static void on_signal(int s) { handled++; }

int main(void)
{
    syscall(SYS_close_range, 3, ~0u, 0);
    int p[2], e = epoll_create1(EPOLL_CLOEXEC);
    pipe(p);
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = 77 }, got[8];
    T(epoll_create(0));
    T(epoll_create1(5));
    T(epoll_ctl(e, EPOLL_CTL_ADD, e, &event));
    T(epoll_ctl(p[0], EPOLL_CTL_ADD, e, &event));
    T(epoll_ctl(e, EPOLL_CTL_ADD, 99, &event));
    T(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
    T(epoll_ctl(e, EPOLL_CTL_DEL, p[0], 0));
    T(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event));
    T(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event));
    T(epoll_ctl(e, 9, p[0], &event));
    int file = open("f", O_RDWR | O_CREAT, 0600);
    T(epoll_ctl(e, EPOLL_CTL_ADD, file, &event));
    T(epoll_wait(e, got, 0, 0));
    T(epoll_wait(p[0], got, 8, 0));
    T(epoll_wait(e, got, 8, 0));
    T(epoll_wait(e, got, 8, 5));
    write(p[1], "abc", 3);
    T(epoll_wait(e, got, 8, -1));
    printf("%x %d\n", got[0].events, (int)got[0].data.u64);
    T(epoll_wait(e, got, 8, 0));
    event.events = EPOLLIN | EPOLLET;
    T(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
    T(epoll_wait(e, got, 8, 0));
    T(epoll_wait(e, got, 8, 0));
    write(p[1], "d", 1);
    T(epoll_wait(e, got, 8, 0));
    T(epoll_wait(e, got, 8, 0));
    event.events = EPOLLIN | EPOLLONESHOT;
    T(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
    T(epoll_wait(e, got, 8, 0));
    T(epoll_wait(e, got, 8, 0));
    T(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
    T(epoll_wait(e, got, 8, 0));
    event.events = EPOLLIN;
    T(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
    close(p[1]);
    T(epoll_wait(e, got, 8, 0));
    printf("%x\n", got[0].events);
    close(p[0]);
    T(epoll_wait(e, got, 8, 0));

    /* A watch lives as long as the open file, not the descriptor. */
    pipe(p);
    T(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event));
    int copy = dup(p[0]);
    T(epoll_ctl(e, EPOLL_CTL_ADD, copy, &event));
    T(epoll_ctl(e, EPOLL_CTL_DEL, copy, 0));
    close(p[0]);
    write(p[1], "x", 1);
    T(epoll_wait(e, got, 8, 0));
    T(epoll_ctl(e, EPOLL_CTL_DEL, p[0], 0));
    close(copy);
    T(epoll_wait(e, got, 8, 0));
    close(p[1]);

    /* The order in which files became ready; each gets its turn. */
    int q[4][2];
    for (int i = 0; i < 4; i++) {
        pipe(q[i]);
        event.events = EPOLLIN;
        event.data.u64 = i;
        epoll_ctl(e, EPOLL_CTL_ADD, q[i][0], &event);
    }
    write(q[2][1], "x", 1);
    write(q[0][1], "x", 1);
    write(q[3][1], "x", 1);
    for (int i = 0; i < 4; i++) {
        T(epoll_wait(e, got, 2, 0));
        printf("%d %d\n", (int)got[0].data.u64, (int)got[1].data.u64);
    }
    char byte;
    read(q[2][0], &byte, 1);
    T(epoll_wait(e, got, 8, 0));
    printf("%d %d\n", (int)got[0].data.u64, (int)got[1].data.u64);

    /* Edges. */
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.u64 = 9;
    T(epoll_ctl(e, EPOLL_CTL_ADD, q[1][1], &event));
    T(epoll_wait(e, got, 8, 0));
    T(epoll_wait(e, got, 8, 0));
    int counter = eventfd(0, 0);
    T(epoll_ctl(e, EPOLL_CTL_ADD, counter, &event));
    T(epoll_wait(e, got, 8, 0));
    T(epoll_wait(e, got, 8, 0));
    eventfd_write(counter, 1);
    T(epoll_wait(e, got, 8, 0));
    eventfd_write(counter, 1);
    T(epoll_wait(e, got, 8, 0));
    T(epoll_wait(e, got, 8, 0));

    /* Exclusive watches. */
    int x = epoll_create1(0);
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    T(epoll_ctl(x, EPOLL_CTL_ADD, q[0][0], &event));
    T(epoll_ctl(x, EPOLL_CTL_MOD, q[0][0], &event));
    event.events = EPOLLIN;
    T(epoll_ctl(x, EPOLL_CTL_MOD, q[0][0], &event));
    event.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
    T(epoll_ctl(x, EPOLL_CTL_ADD, q[1][0], &event));
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    T(epoll_ctl(x, EPOLL_CTL_ADD, e, &event));
    T(epoll_wait(x, got, 8, 0));
    close(x);

    /* Instances in instances. */
    int n[8];
    event.events = EPOLLIN;
    for (int i = 0; i < 8; i++)
        n[i] = epoll_create1(0);
    T(epoll_ctl(n[1], EPOLL_CTL_ADD, n[0], &event));
    T(epoll_ctl(n[0], EPOLL_CTL_ADD, n[1], &event));
    T(epoll_ctl(n[2], EPOLL_CTL_ADD, n[1], &event));
    T(epoll_ctl(n[0], EPOLL_CTL_ADD, n[2], &event));
    T(epoll_ctl(n[3], EPOLL_CTL_ADD, n[2], &event));
    T(epoll_ctl(n[4], EPOLL_CTL_ADD, n[3], &event));
    T(epoll_ctl(n[5], EPOLL_CTL_ADD, n[4], &event));
    T(epoll_ctl(n[6], EPOLL_CTL_ADD, n[5], &event));
    T(epoll_wait(n[4], got, 8, 0));
    T(epoll_ctl(n[0], EPOLL_CTL_ADD, q[0][0], &event));
    T(epoll_wait(n[4], got, 8, 0));
    T(epoll_wait(n[1], got, 8, 0));
    read(q[0][0], &byte, 1);
    T(epoll_wait(n[4], got, 8, 0));
    T(epoll_wait(n[1], got, 8, 0));
    write(q[0][1], "y", 1);
    T(epoll_wait(n[4], got, 8, 100));
    close(n[0]);
    T(epoll_wait(n[4], got, 8, 0));

    /* epoll_pwait2, and masks. */
    struct timespec moment = { 0, 1000000 }, wrong = { 0, -1 };
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    T(syscall(SYS_epoll_pwait2, n[7], got, 8, &moment, 0, 0));
    T(syscall(SYS_epoll_pwait2, n[7], got, 8, &wrong, 0, 0));
    T(syscall(SYS_epoll_pwait2, n[7], got, 8, BAD, 0, 0));
    T(syscall(SYS_epoll_pwait2, n[7], got, 8, &moment, &all, 4));
    T(syscall(SYS_epoll_pwait2, n[7], got, 8, &moment, &all, 8));
    T(syscall(SYS_epoll_pwait, n[7], got, 8, 1, BAD, 8));
    signal(SIGUSR1, on_signal);
    sigprocmask(SIG_SETMASK, &all, 0);
    kill(getpid(), SIGUSR1);
    T(syscall(SYS_epoll_pwait2, n[7], got, 8, &moment, &all, 8));
    T(syscall(SYS_epoll_pwait2, n[7], got, 8, &moment, &none, 8));
    printf("%d\n", handled);
    return 0;
}
