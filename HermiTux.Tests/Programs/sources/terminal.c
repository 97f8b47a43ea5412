/* What an interactive program does with its terminal. Each step asks with a prompt, and whoever plays the terminal answers when it sees that. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted, resized, quit;
static void on_interrupt(int s) { interrupted++; }
static void on_resize(int s) { resized++; }
static void on_quit(int s) { quit++; }

static void show(const char *what, long n, const char *b)
{
    printf("%s %ld %s:", what, n, n < 0 ? strerrorname_np(errno) : "");
    for (long i = 0; i < n; i++)
        printf(b[i] >= 32 && b[i] < 127 ? "%c" : "<%02x>", (unsigned char)b[i]);
    puts("");
}

static void ask(const char *prompt, size_t most)
{
    char b[100];
    printf("%s> ", prompt);
    errno = 0;
    long n = read(0, b, most);
    show(prompt, n, b);
}

/* Says the prompt once the main thread sleeps in its read: what is typed then interrupts that, and can't come before it. */
static void *say_when_asleep(void *prompt)
{
    for (int calm = 0; calm < 3; usleep(500)) {
        char path[100], text[300] = { 0 };
        snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
        int fd = open(path, O_RDONLY);
        read(fd, text, sizeof text - 1);
        close(fd);
        char *end = strrchr(text, ')');
        calm = end && end[2] == 'S' ? calm + 1 : 0;
    }
    printf("%s> ", (char *)prompt);
    return NULL;
}

static void ask_for_signal(char *prompt, size_t most)
{
    char b[100];
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_create(&thread, NULL, say_when_asleep, prompt);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = 0;
    long n = read(0, b, most);
    int error = errno;
    pthread_join(thread, NULL);
    errno = error;
    show(prompt, n, b);
}

static void set(tcflag_t off, tcflag_t on, int vmin, int vtime)
{
    struct termios t;
    tcgetattr(0, &t);
    t.c_lflag = (t.c_lflag & ~off) | on;
    t.c_cc[VMIN] = vmin;
    t.c_cc[VTIME] = vtime;
    tcsetattr(0, TCSADRAIN, &t);
}

static long milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(void)
{
    setvbuf(stdout, 0, _IONBF, 0);
    struct sigaction a = { .sa_handler = on_interrupt };
    sigaction(SIGINT, &a, 0);
    a.sa_handler = on_resize;
    sigaction(SIGWINCH, &a, 0);
    a.sa_handler = on_quit;
    sigaction(SIGQUIT, &a, 0);

    struct stat st, named;
    fstat(0, &st);
    printf("%d%d%d %.9s %d %x\n", isatty(0), isatty(1), isatty(2), ttyname(0), stat(ttyname(0), &named) == 0 && named.st_ino == st.st_ino && named.st_rdev == st.st_rdev, st.st_mode & S_IFMT);
    printf("%d %d %d\n", tcgetpgrp(0) == getpgrp(), tcgetsid(0) == getsid(0), (int)(st.st_rdev >> 8));
    FILE *f = fopen("/proc/self/stat", "r");
    int pid, group, session, tty, foreground;
    fscanf(f, "%d %*s %*c %*d %d %d %d %d", &pid, &group, &session, &tty, &foreground);
    printf("%d %d\n", tty == (int)st.st_rdev, foreground == group);
    int fd = open("/dev/tty", O_RDWR);
    printf("%d\n", fd >= 0);
    write(fd, "tty\n", 4);
    struct winsize w;
    ioctl(1, TIOCGWINSZ, &w);
    printf("%d %d\n", w.ws_row, w.ws_col);

    ask("line", 100);
    ask("part", 3);
    ask("rest", 100);
    ask("end", 100);
    struct pollfd p = { 0, POLLIN, 0 };
    printf("%d", poll(&p, 1, 0));
    printf(" poll> ");
    printf("%d %x\n", poll(&p, 1, -1), p.revents);
    ask("polled", 100);

    /* Without echo: the kernel shows ^C after it has sent the signal, and what the handler does might come between. */
    set(ECHO, 0, 1, 0);
    ask_for_signal("interrupt", 100);
    printf("%d\n", interrupted);
    ask_for_signal("quit", 100);
    printf("%d\n", quit);
    ask_for_signal("resize", 100);
    ioctl(1, TIOCGWINSZ, &w);
    printf("%d: %d %d\n", resized, w.ws_row, w.ws_col);

    set(ICANON | ISIG | IEXTEN, 0, 1, 0);
    ask("raw", 100);
    set(0, 0, 3, 0);
    ask("three", 100);
    ask("two", 2);
    long begun = milliseconds();
    set(0, 0, 0, 1);
    ask("nothing", 100);
    printf("%d\n", milliseconds() - begun >= 90);
    set(0, 0, 0, 100);
    ask("soon", 100);
    set(0, 0, 5, 1);
    ask("some", 100);
    set(0, 0, 5, 100);
    ask("five", 5);
    set(0, 0, 0, 0);
    ask("at once", 100);
    fcntl(0, F_SETFL, O_RDWR | O_NONBLOCK);
    ask("at once", 100);
    set(0, 0, 0, 1);
    ask("no time", 100);
    set(0, 0, 4, 0);
    ask("no wait", 100);
    printf("ahead> ");
    p.events = POLLIN;
    set(0, 0, 1, 0);
    poll(&p, 1, -1);
    set(0, 0, 4, 0);
    printf("%d\n", poll(&p, 1, 0));
    ask("part", 100);
    fcntl(0, F_SETFL, O_RDWR);

    set(0, ICANON | ISIG | ECHO | IEXTEN, 1, 0);
    for (int i = 0; i < 1000; i++)
        printf("%4d a line of output to fill what lies between\n", i);
    ask("bye", 100);
    return 7;
}
