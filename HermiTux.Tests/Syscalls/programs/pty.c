/* Pseudo-terminals: the line discipline in all modes, seen from both ends. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

static int m, s;

static void show(const char *what, int fd)
{
    char b[5000];
    errno = 0;
    long n = read(fd, b, sizeof b);
    printf("%s %ld %s:", what, n, n < 0 ? strerrorname_np(errno) : "");
    for (long i = 0; i < n && i < 300; i++)
        if (b[i] >= 32 && b[i] < 127)
            printf("%c", b[i]);
        else
            printf("\\%02x", (unsigned char)b[i]);
    puts("");
}

static volatile int signals;

static int state(void)
{
    int a = 0, b = 0;
    ioctl(m, FIONREAD, &a);
    ioctl(s, FIONREAD, &b);
    return a * 10000 + b * 10 + signals;
}

/* Types on the master. The kernel hands it on in a work queue of its own: wait until that shows, or has had plenty of time to, and nothing changes any more. */
static void put(const char *text, size_t length)
{
    int before = state(), last = before;
    write(m, text, length);
    for (int same = 0, tries = 0; same < 15 || (last == before && tries < 400); tries++) {
        int now = state();
        same = now == last ? same + 1 : 0;
        last = now;
        usleep(1500);
    }
}

static void type(const char *text)
{
    printf("> typed %zu\n", strlen(text));
    put(text, strlen(text));
    show("master", m);
    show("slave", s);
}

static void handler(int n) { signals++; printf("  signal %d\n", n); }

static void set(tcflag_t iflag, tcflag_t oflag, tcflag_t lflag)
{
    struct termios t;
    tcgetattr(s, &t);
    t.c_iflag = iflag;
    t.c_oflag = oflag;
    t.c_lflag = lflag;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    tcsetattr(s, TCSANOW, &t);
}

static void *late(void *p) { settle(); write(m, "late\n", 5); return 0; }

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    setsid();
    signal(SIGINT, handler);
    signal(SIGQUIT, handler);
    signal(SIGTSTP, handler);
    signal(SIGWINCH, handler);
    signal(SIGHUP, handler);
    T((m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) >= 0);
    T(strncmp(ptsname(m), "/dev/pts/", 9));
    T(open(ptsname(m), O_RDWR | O_NOCTTY));
    T(grantpt(m));
    T(unlockpt(m));
    show("master before", m);
    T((s = open(ptsname(m), O_RDWR | O_NONBLOCK)) >= 0);
    T(isatty(m));
    T(isatty(s));
    struct stat st;
    fstat(s, &st);
    printf("%o %d\n", st.st_mode & S_IFMT, (int)(st.st_rdev >> 8));
    struct termios t;
    T(tcgetattr(s, &t));
    printf("%x %x %x %x\n", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
    for (int i = 0; i < 17; i++)
        printf("%02x ", t.c_cc[i]);
    puts("");
    struct winsize w = { 1, 2, 3, 4 };
    T(ioctl(s, TIOCGWINSZ, &w));
    printf("%d %d\n", w.ws_row, w.ws_col);
    w = (struct winsize){ 24, 80, 0, 0 };
    T(ioctl(m, TIOCSWINSZ, &w));
    T(ioctl(m, TIOCSWINSZ, &w));
    T(ioctl(s, TIOCGWINSZ, &w));
    printf("%d %d\n", w.ws_row, w.ws_col);
    T(ioctl(s, TIOCGWINSZ, BAD));
    T(tcgetpgrp(s) == getpgrp());
    T(tcgetsid(s) == getpid());
    T(open("/dev/tty", O_RDWR | O_NONBLOCK) >= 0);
    T(lseek(s, 0, SEEK_SET));

    puts("-- canonical");
    type("hello");
    type(" world\n");
    type("two\nlines\n");
    show("slave again", s);
    type("abc\x7f\x7fX\n");
    type("one two three\x17\x17" "end\n");
    type("a-b_c  \x17.\n");
    type("wiped out\x15kept\n");
    type("\x7f\x15\n");
    type("tab\there\x7f\x7f\x7f\x7f\x7f.\n");
    type("control \x01\x7f\x02.\n");
    type("literal \x16\x03\x16\x7f.\n");
    type("reprinted\x12.\n");
    type("no newline\x04");
    type("\x04");
    type("cr\r");
    char part[4];
    put("long line\n", 10);
    T(read(s, part, 4));
    printf("%.4s\n", part);
    show("rest", s);
    show("master", m);
    write(s, "out\nput\ttabbed\r\n", 16);
    show("master", m);
    int n = -1;
    put("12345\n678", 9);
    T(ioctl(s, FIONREAD, &n));
    printf("%d\n", n);
    T(ioctl(m, FIONREAD, &n));
    printf("%d\n", n);
    T(tcflush(s, TCIFLUSH));
    show("flushed", s);
    show("master", m);

    puts("-- signals");
    type("lost\x03");
    type("\x1c");
    type("\x1a");

    puts("-- other settings");
    set(INLCR | IXON, OPOST | ONLCR, ISIG | ICANON | ECHO | ECHOE | IEXTEN);
    type("a\nb\x01\x7f\r");
    set(IGNCR | ISTRIP, OPOST | OCRNL, ICANON | ECHO | ECHOK);
    type("a\rb\xc1\x15" "c\x7f\n");
    write(s, "x\ry\n", 4);
    show("master", m);
    set(ICRNL | IUTF8, OPOST | ONOCR | TAB3, ICANON | ECHO | ECHOE | ECHOCTL);
    type("\xc3\xa9\x7fz\n");
    write(s, "\r\ra\tb\n", 7);
    show("master", m);
    set(ICRNL, 0, ICANON | ECHONL);
    type("hidden\n");
    set(ICRNL | IXON, OPOST | ONLCR, ISIG | ICANON | ECHO);
    type("\x13");
    T(write(s, "held", 4));
    show("master", m);
    type("\x11");

    puts("-- raw");
    set(0, 0, 0);
    type("a\n\x03\x04\r\x7f");
    type("b");
    set(0, 0, ECHO);
    type("echoed\n");
    set(ICRNL, OPOST | ONLCR, ICANON);
    put("half", 4);
    show("canonical", s);
    set(ICRNL, OPOST | ONLCR, 0);
    show("raw", s);
    put("raw", 3);
    set(ICRNL, OPOST | ONLCR, ICANON);
    show("canonical", s);
    t.c_lflag = 0;
    t.c_cc[VMIN] = 0;
    tcsetattr(s, TCSAFLUSH, &t);
    fcntl(s, F_SETFL, 0);
    show("VMIN 0", s);
    put("z", 1);
    show("VMIN 0", s);

    puts("-- polling and blocking");
    set(ICRNL, OPOST | ONLCR, ICANON);
    struct pollfd p[2] = { { m, POLLIN | POLLOUT }, { s, POLLIN | POLLOUT } };
    T(poll(p, 2, 0));
    printf("%x %x\n", p[0].revents, p[1].revents);
    put("partial", 7);
    T(poll(p, 2, 0));
    printf("%x %x\n", p[0].revents, p[1].revents);
    put("\n", 1);
    write(s, "o", 1);
    T(poll(p, 2, 0));
    printf("%x %x\n", p[0].revents, p[1].revents);
    show("slave", s);
    show("master", m);
    pthread_t thread;
    pthread_create(&thread, 0, late, 0);
    show("late", s);
    pthread_join(thread, 0);

    puts("-- requests");
    T(ioctl(s, TIOCGPTN, &n));
    T(ioctl(m, TIOCGPTN, BAD));
    T(ioctl(s, 0x5499, &n));
    T(tcflow(s, 9));
    T(tcflush(s, 9));
    T(tcsendbreak(s, 0));
    T(tcdrain(s));
    n = 7;
    T(ioctl(s, TIOCGETD, &n));
    printf("%d\n", n);
    T(tcsetpgrp(s, 0x3ffffff));
    T(ioctl(s, TCSETS, BAD));

    puts("-- ends");
    int s2 = open(ptsname(m), O_RDWR | O_NOCTTY | O_NONBLOCK);
    close(s);
    show("master", m);
    write(s2, "last words", 10);
    close(s2);
    T(poll(p, 1, 0));
    printf("%x\n", p[0].revents);
    show("master", m);
    show("master", m);
    s2 = open(ptsname(m), O_RDWR | O_NOCTTY | O_NONBLOCK);
    show("reopened", m);
    signal(SIGHUP, SIG_IGN);
    close(m);
    show("slave", s2);
    T(write(s2, "x", 1));
    p[1].fd = s2;
    T(poll(p + 1, 1, 0));
    printf("%x\n", p[1].revents);
    return 0;
}
