#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>

/* FIFOs (fifo(7)): opening waits for the other side. */
static void *open_writer(void *name)
{
    usleep(50000);
    int fd = open(name, O_WRONLY);
    long ok = write(fd, "hello", 5) == 5;
    close(fd);
    return (void *)ok;
}

static void *open_reader(void *name)
{
    char b[10];
    usleep(50000);
    int fd = open(name, O_RDONLY);
    long n = read(fd, b, sizeof b);
    close(fd);
    return (void *)n;
}

static void on_alarm(int sig) { (void)sig; }

static short ready(int fd)
{
    struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
    poll(&p, 1, 0);
    return p.revents;
}

int main(void)
{
    char b[100];
    pthread_t t;
    void *result;
    struct stat st;
    signal(SIGPIPE, SIG_IGN);
    T(mkfifo("f", 0640));
    stat("f", &st);
    T(S_ISFIFO(st.st_mode) && (st.st_mode & 07777) == 0640);
    T(open("f", O_WRONLY | O_NONBLOCK));
    int r = open("f", O_RDONLY | O_NONBLOCK);
    T(r >= 0);
    T(read(r, b, 10));
    T(ready(r));
    int w = open("f", O_WRONLY | O_NONBLOCK);
    T(w >= 0);
    T(read(r, b, 10));
    T(ready(w));
    T(write(w, "abc", 3));
    T(ready(r));
    T(read(r, b, 2));
    T(close(w));
    T(ready(r));
    T(read(r, b, 10));
    T(read(r, b, 10));
    T(ready(r));
    w = open("f", O_WRONLY);
    T(ready(r));
    T(close(r));
    T(write(w, "x", 1));
    T(ready(w));
    T(close(w));

    /* Each waits for the other. */
    pthread_create(&t, 0, open_writer, "f");
    r = open("f", O_RDONLY);
    T(read(r, b, 10));
    T(read(r, b, 10));
    T(close(r));
    pthread_join(t, &result);
    T((long)result);
    pthread_create(&t, 0, open_reader, "f");
    w = open("f", O_WRONLY);
    T(write(w, "1234567", 7));
    pthread_join(t, &result);
    T((long)result);
    T(close(w));

    /* Both sides at once, never waits. */
    int rw = open("f", O_RDWR);
    T(rw >= 0);
    T(write(rw, "self", 4));
    T(read(rw, b, 10));
    T(ready(rw));
    r = open("f", O_RDONLY);
    T(close(r));
    T(close(rw));

    /* What is in it goes with the last who has it open. */
    rw = open("f", O_RDWR);
    T(write(rw, "lost", 4));
    T(close(rw));
    r = open("f", O_RDONLY | O_NONBLOCK);
    T(read(r, b, 10));
    T(lseek(r, 0, SEEK_SET));
    T(pread(r, b, 1, 0));
    T(close(r));

    /* A signal ends the wait. */
    struct sigaction sa = { .sa_handler = on_alarm };
    sigaction(SIGALRM, &sa, 0);
    struct { long a, b, c, d; } it = { 0, 0, 0, 50000 };
    syscall(SYS_setitimer, 0, &it, 0);
    T(open("f", O_RDONLY));
    T(open("f", O_RDONLY | O_DIRECTORY));
    T(open("f", O_PATH) >= 0);
    T(truncate("f", 0));
    T(unlink("f"));
    return 0;
}
