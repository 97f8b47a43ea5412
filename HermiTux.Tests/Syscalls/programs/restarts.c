/* Which calls a signal's handler lets go on, which it ends. Each call blocks; a signal comes; later what it waits for comes. */
#include "check.h"
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>

static pthread_t main_thread;
static int p[2], full[2], event, ep, sfd, tfd, ino, lock1, lock2;
static volatile int word, handled, running;
static struct timespec second = { 30, 0 }, left;
static int signal_to_send = SIGUSR1;

static volatile int finished;
static int expects_handler = 1;
static timer_t continues;
static int stops;
static const struct itimerspec often = { { 0, 20000000 }, { 0, 20000000 } }, never;

static void handler(int s) { handled++; }

/* The main thread has returned from its call when it spins. */
static void settle_or_finish(void)
{
    for (int calm = 0; calm < 3 && !finished;) {
        char path[100], text[300] = { 0 };
        sprintf(path, "/proc/self/task/%d/stat", getpid());
        int fd = open(path, O_RDONLY);
        read(fd, text, 299);
        close(fd);
        char *end = strrchr(text, ')');
        calm = end && end[2] == 'S' ? calm + 1 : 0;
        usleep(500);
    }
}

/* Sends a signal once the main thread waits; when it waits again, or its call is over, gives it what it waits for. */
static void *pester(void *release)
{
    settle();
    if (stops)
        timer_settime(continues, 0, &often, 0);
    pthread_kill(main_thread, signal_to_send);
    while (expects_handler && !handled)
        sched_yield();
    if (!expects_handler)
        usleep(20000);
    if (!finished)
        settle_or_finish();
    if (stops)
        timer_settime(continues, 0, &never, 0);
    if (release)
        ((void (*)(void))release)();
    return 0;
}

static void give_byte(void) { write(p[1], "x", 1); }
static void take_bytes(void) { char b[70000]; read(full[0], b, sizeof b); }
static void give_event(void) { eventfd_write(event, 1); }
static void wake(void) { word = 1; syscall(SYS_futex, &word, FUTEX_WAKE, 1, 0, 0, 0); }
static void unlock(void) { flock(lock1, LOCK_UN); struct flock l = { .l_type = F_UNLCK }; fcntl(lock1, F_OFD_SETLK, &l); }
static void open_fifo(void) { close(open("fifo", O_WRONLY | O_NONBLOCK)); }
static void make_file(void) { close(open("made", O_CREAT | O_RDWR, 0600)); unlink("made"); }

static void arm(void) { struct itimerspec t = { { 0, 1000000 }, { 0, 1000000 } }; timerfd_settime(tfd, 0, &t, 0); }

static fd_set *of(fd_set *set)
{
    FD_ZERO(set);
    FD_SET(p[0], set);
    return set;
}

#define INTERRUPTED(release, expression)                                                           \
    do {                                                                                           \
        pthread_t t_;                                                                              \
        handled = finished = 0;                                                                    \
        pthread_create(&t_, 0, pester, release);                                                   \
        errno = 0;                                                                                 \
        long r_ = (long)(expression);                                                              \
        int e_ = errno;                                                                            \
        finished = 1;                                                                              \
        pthread_join(t_, 0);                                                                       \
        printf("%d: %s = %ld %s handled %d\n", __LINE__, #expression, r_, r_ < 0 ? strerrorname_np(e_) : "", handled); \
    } while (0)

static void all(int flags)
{
    struct sigaction a = { .sa_handler = handler, .sa_flags = flags };
    char b[100];
    struct pollfd f = { p[0], POLLIN };
    struct epoll_event e;
    fd_set set;
    sigset_t none, waited;
    sigemptyset(&none);
    sigemptyset(&waited);
    sigaddset(&waited, SIGUSR2);
    sigaction(SIGUSR1, &a, 0);
    printf("== %s\n", flags ? "SA_RESTART" : "without");
    INTERRUPTED(give_byte, read(p[0], b, 10));
    while (read(p[0], b, 0) , poll(&f, 1, 0) > 0)
        read(p[0], b, 10);
    struct iovec v = { b, 10 };
    INTERRUPTED(give_byte, readv(p[0], &v, 1));
    while (poll(&f, 1, 0) > 0)
        read(p[0], b, 10);
    static char large[70000];
    fcntl(full[1], F_SETFL, O_NONBLOCK);
    while (write(full[1], large, 4096) > 0)
        ;
    fcntl(full[1], F_SETFL, 0);
    INTERRUPTED(take_bytes, write(full[1], large, 4096));
    INTERRUPTED(give_event, read(event, b, 8));
    eventfd_write(event, 1);
    read(event, b, 8);
    INTERRUPTED(give_byte, poll(&f, 1, 30000));
    read(p[0], b, 10);
    if (poll(&f, 1, 0)) read(p[0], b, 10);
    INTERRUPTED(give_byte, ppoll(&f, 1, &second, 0));
    while (poll(&f, 1, 0) > 0)
        read(p[0], b, 10);
    INTERRUPTED(give_byte, select(p[0] + 1, of(&set), 0, 0, 0));
    while (poll(&f, 1, 0) > 0)
        read(p[0], b, 10);
    INTERRUPTED(give_byte, pselect(p[0] + 1, of(&set), 0, 0, &second, &none));
    while (poll(&f, 1, 0) > 0)
        read(p[0], b, 10);
    INTERRUPTED(give_byte, epoll_wait(ep, &e, 1, 30000));
    while (poll(&f, 1, 0) > 0)
        read(p[0], b, 10);
    INTERRUPTED(give_byte, epoll_pwait(ep, &e, 1, -1, &none));
    while (poll(&f, 1, 0) > 0)
        read(p[0], b, 10);
    INTERRUPTED(0, nanosleep(&second, &left));
    printf("%d\n", left.tv_sec < 30 && left.tv_nsec > 0);
    INTERRUPTED(0, syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &second, &left));
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += 30;
    INTERRUPTED(0, syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &when, 0));
    word = 0;
    INTERRUPTED(wake, syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0, 0, 0));
    word = 0;
    INTERRUPTED(wake, syscall(SYS_futex, &word, FUTEX_WAIT, 0, &second, 0, 0));
    word = 0;
    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += 30;
    INTERRUPTED(wake, syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &when, 0, 1));
    INTERRUPTED(0, syscall(SYS_rt_sigtimedwait, &waited, 0, &second, 8));
    INTERRUPTED(0, sigsuspend(&none));
    INTERRUPTED(0, pause());
    flock(lock1, LOCK_EX);
    INTERRUPTED(unlock, flock(lock2, LOCK_EX));
    flock(lock2, LOCK_UN);
    struct flock l = { .l_type = F_WRLCK }, u = { .l_type = F_UNLCK };
    fcntl(lock1, F_OFD_SETLK, &l);
    INTERRUPTED(unlock, fcntl(lock2, F_OFD_SETLKW, &l));
    fcntl(lock2, F_OFD_SETLK, &u);
    INTERRUPTED(open_fifo, open("fifo", O_RDONLY) > 0 ? 1 : -1);
    close(open("fifo", O_RDWR));
    INTERRUPTED(make_file, read(ino, b, 100) > 0 ? 1 : -1);
    fcntl(ino, F_SETFL, O_NONBLOCK);
    while (read(ino, b, 100) > 0)
        ;
    fcntl(ino, F_SETFL, 0);
    INTERRUPTED(arm, read(tfd, b, 8));
    read(tfd, b, 8);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    main_thread = pthread_self();
    pipe(p);
    pipe(full);
    event = eventfd(0, 0);
    ep = epoll_create1(0);
    struct epoll_event e = { EPOLLIN };
    epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e);
    tfd = timerfd_create(CLOCK_MONOTONIC, 0);
    ino = inotify_init1(0);
    inotify_add_watch(ino, ".", IN_CREATE);
    lock1 = open("lock", O_CREAT | O_RDWR, 0600);
    lock2 = open("lock", O_RDWR);
    mkfifo("fifo", 0600);
    int make = ino;
    char b[200];
    fcntl(ino, F_SETFL, O_NONBLOCK);
    read(make, b, 200);
    fcntl(ino, F_SETFL, 0);
    T(syscall(SYS_restart_syscall));
    all(0);
    all(SA_RESTART);

    /* Signals without a handler end nothing. */
    puts("== no handler");
    expects_handler = 0;
    signal(SIGUSR1, SIG_IGN);
    struct timespec nap = { 0, 60000000 };
    struct pollfd f = { p[0], POLLIN };
    INTERRUPTED(0, nanosleep(&nap, 0));
    INTERRUPTED(0, poll(&f, 1, 60));
    INTERRUPTED(give_byte, read(p[0], b, 10));
    signal_to_send = SIGWINCH;
    INTERRUPTED(0, nanosleep(&nap, 0));
    INTERRUPTED(give_byte, epoll_wait(ep, &e, 1, -1));
    read(p[0], b, 10);

    /* Stopped and continued. */
    puts("== stop");
    struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT };
    timer_create(CLOCK_MONOTONIC, &ev, &continues);
    stops = 1;
    signal_to_send = SIGSTOP;
    INTERRUPTED(give_byte, read(p[0], b, 10));
    INTERRUPTED(0, nanosleep(&nap, 0));
    INTERRUPTED(0, poll(&f, 1, 60));
    INTERRUPTED(give_byte, epoll_wait(ep, &e, 1, 30000));
    return 0;
}
