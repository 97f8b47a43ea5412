#include "check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

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
    return 0;
}
