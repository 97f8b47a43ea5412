/* signalfd and timerfd. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>

static int sfd, tfd;

static void show(struct signalfd_siginfo *i)
{
    printf("signo %u code %d pid %d uid %u int %d ptr %llx tid %u overrun %u addr %llx status %d\n", i->ssi_signo, i->ssi_code, i->ssi_pid == getpid(), i->ssi_uid,
        i->ssi_int, (unsigned long long)i->ssi_ptr, i->ssi_tid, i->ssi_overrun, (unsigned long long)i->ssi_addr, i->ssi_status);
}

static void *reads(void *p)
{
    struct signalfd_siginfo i;
    long n = read(sfd, &i, sizeof i);
    printf("thread read %ld\n", n);
    show(&i);
    return 0;
}

static void *sends(void *p)
{
    usleep(20000);
    kill(getpid(), SIGUSR2);
    return 0;
}

static int alarms;

static void on_alarm(int s)
{
    if (!alarms++)
        printf("handler %d\n", s);
}

int main(void)
{
    sigset_t set;
    struct signalfd_siginfo got[4];
    pthread_t t;
    setvbuf(stdout, 0, _IOLBF, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN + 1);
    sigaddset(&set, SIGKILL);
    uint64_t raw = 0;
    T(syscall(SYS_signalfd4, -1, &set, 4, 0));
    T(syscall(SYS_signalfd4, -1, BAD, 8, 0));
    T(syscall(SYS_signalfd4, -1, &set, 8, 1));
    T(syscall(SYS_signalfd4, 99, &set, 8, 0));
    T(syscall(SYS_signalfd4, 0, &set, 8, 0));
    T(sfd = syscall(SYS_signalfd4, -1, &set, 8, SFD_CLOEXEC | SFD_NONBLOCK));
    T(fcntl(sfd, F_GETFL));
    T(fcntl(sfd, F_GETFD));
    T(read(sfd, got, sizeof got));
    T(read(sfd, got, 100));
    T(write(sfd, got, 128));
    T(lseek(sfd, 0, SEEK_SET));
    sigprocmask(SIG_BLOCK, &set, 0);
    kill(getpid(), SIGUSR1);
    union sigval v = { .sival_int = 42 };
    sigqueue(getpid(), SIGRTMIN + 1, v);
    v.sival_int = 43;
    sigqueue(getpid(), SIGRTMIN + 1, v);
    raise(SIGUSR2);
    struct pollfd p = { sfd, POLLIN };
    T(poll(&p, 1, 0));
    printf("%x\n", p.revents);
    T(read(sfd, got, 128));
    show(got);
    T(read(sfd, got, sizeof got));
    show(&got[0]);
    show(&got[1]);
    show(&got[2]);
    T(read(sfd, got, sizeof got));
    T(poll(&p, 1, 0));

    /* A timer's signal. */
    timer_t id;
    struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 9 };
    timer_create(CLOCK_MONOTONIC, &e, &id);
    struct itimerspec once = { .it_value.tv_nsec = 1000000 };
    timer_settime(id, 0, &once, 0);
    fcntl(sfd, F_SETFL, 0);
    T(read(sfd, got, 128));
    got[0].ssi_tid = 0;
    show(got);

    /* Blocking reads, in another thread too. */
    pthread_create(&t, 0, sends, 0);
    T(read(sfd, got, 128));
    show(got);
    pthread_join(t, 0);
    pthread_create(&t, 0, reads, 0);
    usleep(20000);
    pthread_kill(t, SIGUSR1);
    pthread_join(t, 0);
    kill(getpid(), SIGUSR2);
    sigdelset(&set, SIGUSR1);
    T(syscall(SYS_signalfd4, sfd, &set, 8, 0));
    T(read(sfd, got, 128));
    show(got);

    /* In an epoll instance. */
    int ep = epoll_create1(0);
    struct epoll_event ev = { EPOLLIN, { .u32 = 5 } };
    T(epoll_ctl(ep, EPOLL_CTL_ADD, sfd, &ev));
    T(epoll_wait(ep, &ev, 1, 0));
    kill(getpid(), SIGUSR2);
    T(epoll_wait(ep, &ev, 1, 1000));
    T(read(sfd, got, 128));

    /* timerfd. */
    struct itimerspec s = { 0 }, old;
    uint64_t count = 0;
    T(syscall(SYS_timerfd_create, 99, 0));
    T(syscall(SYS_timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0));
    T(syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 1));
    T(tfd = syscall(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    T(fcntl(tfd, F_GETFL));
    T(read(tfd, &count, 8));
    T(read(tfd, &count, 7));
    T(write(tfd, &count, 8));
    T(syscall(SYS_timerfd_gettime, tfd, &s));
    printf("%ld %ld %ld %ld\n", s.it_value.tv_sec, s.it_value.tv_nsec, s.it_interval.tv_sec, s.it_interval.tv_nsec);
    T(syscall(SYS_timerfd_settime, tfd, 0, BAD, 0));
    s.it_value.tv_nsec = 1000000000;
    T(syscall(SYS_timerfd_settime, tfd, 0, &s, 0));
    s.it_value.tv_nsec = -1;
    T(syscall(SYS_timerfd_settime, tfd, 0, &s, 0));
    s.it_value.tv_nsec = 5000000;
    T(syscall(SYS_timerfd_settime, tfd, 8, &s, 0));
    T(syscall(SYS_timerfd_settime, 0, 0, &s, 0));
    T(syscall(SYS_timerfd_settime, 99, 0, &s, 0));
    T(syscall(SYS_timerfd_gettime, 0, &s));
    T(syscall(SYS_timerfd_gettime, tfd, BAD));
    s.it_value.tv_sec = 100;
    s.it_interval.tv_sec = 7;
    T(syscall(SYS_timerfd_settime, tfd, 0, &s, &old));
    printf("%ld %ld\n", old.it_value.tv_sec, old.it_value.tv_nsec);
    s.it_value.tv_sec = 0;
    s.it_value.tv_nsec = 2000000;
    s.it_interval.tv_sec = 0;
    T(syscall(SYS_timerfd_settime, tfd, 0, &s, &old));
    printf("%d %ld\n", old.it_value.tv_sec > 90, old.it_interval.tv_sec);
    struct pollfd q = { tfd, POLLIN | POLLOUT };
    T(poll(&q, 1, 1000));
    printf("%x\n", q.revents);
    T(read(tfd, &count, 8));
    printf("%lu\n", (unsigned long)count);
    T(read(tfd, &count, 8));
    T(syscall(SYS_timerfd_gettime, tfd, &s));
    printf("%ld %ld\n", s.it_value.tv_sec, s.it_value.tv_nsec);
    fcntl(tfd, F_SETFL, 0);
    s.it_value.tv_nsec = 1000000;
    s.it_interval.tv_nsec = 1000000;
    T(syscall(SYS_timerfd_settime, tfd, 0, &s, 0));
    usleep(10000);
    T(read(tfd, &count, 8));
    printf("%d\n", count >= 9);
    T(read(tfd, &count, 8));
    s.it_interval.tv_nsec = 0;
    s.it_value.tv_sec = 0;
    s.it_value.tv_nsec = 1;
    T(syscall(SYS_timerfd_settime, tfd, TFD_TIMER_ABSTIME, &s, 0));
    T(read(tfd, &count, 8));
    printf("%lu\n", (unsigned long)count);
    s.it_interval.tv_nsec = 100000000;
    s.it_value.tv_sec = 0;
    s.it_value.tv_nsec = 1;
    T(syscall(SYS_timerfd_settime, tfd, TFD_TIMER_ABSTIME, &s, 0));
    T(read(tfd, &count, 8));
    printf("%d\n", count >= 1);
    memset(&s, 0, sizeof s);
    T(syscall(SYS_timerfd_settime, tfd, 0, &s, &old));
    printf("%ld\n", old.it_interval.tv_nsec);

    /* Interrupted by a signal. */
    struct sigaction action = { .sa_handler = on_alarm };
    sigaction(SIGALRM, &action, 0);
    ualarm(2000, 2000); /* again and again, should the first come before the call */
    T(read(tfd, &count, 8));
    ualarm(0, 0);
    count = 5;
    T(ioctl(tfd, 0x40085400, &count));
    T(read(tfd, &count, 8));
    printf("%lu\n", (unsigned long)count);
    count = 0;
    T(ioctl(tfd, 0x40085400, &count));
    T(ioctl(tfd, 0x5401, &count));
    int real;
    T(real = syscall(SYS_timerfd_create, CLOCK_REALTIME, 0));
    s.it_value.tv_sec = 1;
    T(syscall(SYS_timerfd_settime, real, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &s, 0));
    T(read(real, &count, 8));
    printf("%lu\n", (unsigned long)count);
    T(syscall(SYS_timerfd_create, CLOCK_BOOTTIME_ALARM, 0) >= 0);
    char path[32], text[400] = { 0 };
    sprintf(path, "/proc/self/fdinfo/%d", tfd);
    int info = open(path, O_RDONLY);
    memset(&s, 0, sizeof s);
    read(info, text, 399);
    puts(strstr(text, "clockid") ? strstr(text, "clockid") : "none");
    sprintf(path, "/proc/self/fdinfo/%d", sfd);
    info = open(path, O_RDONLY);
    memset(text, 0, 400);
    read(info, text, 399);
    puts(strstr(text, "sigmask") ? strstr(text, "sigmask") : "none");
    return 0;
}
