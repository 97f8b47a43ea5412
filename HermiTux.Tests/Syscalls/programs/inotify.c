/* inotify: what each operation tells, in which order. */
#include "check.h"
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static int fd;
static uint32_t cookie;

static const char *names[] = { "ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM", "MOVED_TO", "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF" };

static void show(const char *what)
{
    char buffer[8192];
    long n = read(fd, buffer, sizeof buffer);
    printf("%s:", what);
    for (long at = 0; at < n;) {
        struct inotify_event *e = (void *)(buffer + at);
        printf(" [%d", e->wd);
        for (int i = 0; i < 12; i++)
            if (e->mask & (1u << i))
                printf(" %s", names[i]);
        if (e->mask & IN_ISDIR)
            printf(" ISDIR");
        if (e->mask & IN_IGNORED)
            printf(" IGNORED");
        if (e->mask & IN_Q_OVERFLOW)
            printf(" OVERFLOW");
        if (e->cookie) {
            printf(cookie == e->cookie ? " same" : " new");
            cookie = e->cookie;
        }
        if (e->len)
            printf(" '%s' %u", e->name, e->len);
        printf("]");
        at += sizeof *e + e->len;
    }
    puts("");
}

static void *later(void *p)
{
    settle();
    mknod("d/late", 0600, 0);
    return 0;
}

int main(void)
{
    int f, wd, wf;
    char buffer[100];
    setvbuf(stdout, 0, _IOLBF, 0);
    mkdir("d", 0700);
    mkdir("other", 0700);
    T(syscall(SYS_inotify_init1, 1));
    T(fd = syscall(SYS_inotify_init1, IN_NONBLOCK | IN_CLOEXEC));
    T(fcntl(fd, F_GETFL));
    T(read(fd, buffer, 100));
    T(write(fd, buffer, 1));
    T(lseek(fd, 5, SEEK_SET));
    T(inotify_add_watch(fd, "d", 0));
    T(inotify_add_watch(fd, "nothing", IN_ALL_EVENTS));
    T(inotify_add_watch(99, "d", IN_ALL_EVENTS));
    T(inotify_add_watch(0, "d", IN_ALL_EVENTS));
    T(inotify_add_watch(fd, BAD, IN_ALL_EVENTS));
    T(inotify_add_watch(fd, "d", IN_MASK_ADD | IN_MASK_CREATE | IN_OPEN));
    T(wd = inotify_add_watch(fd, "d", IN_ALL_EVENTS));
    T(inotify_add_watch(fd, "d", IN_ALL_EVENTS | IN_MASK_CREATE));
    T(inotify_add_watch(fd, "d", IN_ALL_EVENTS));
    T(inotify_rm_watch(fd, 77));
    T(inotify_rm_watch(0, 77));
    show("nothing");

    f = open("d/file", O_CREAT | O_RDWR, 0600);
    show("create");
    write(f, "hello", 5);
    write(f, "hello", 5);
    show("write twice");
    pread(f, buffer, 10, 0);
    show("read");
    pread(f, buffer, 10, 100);
    show("read at the end");
    fchmod(f, 0644);
    show("fchmod");
    ftruncate(f, 3);
    show("ftruncate");
    close(f);
    show("close");
    close(open("d/file", O_RDONLY));
    show("open for reading");
    close(open("d/file", O_WRONLY | O_TRUNC));
    show("open with truncation");
    f = open("d/file", O_PATH);
    close(f);
    show("O_PATH");
    chmod("d/file", 0600);
    chown("d/file", 0, 0);
    show("chmod, chown");
    truncate("d/file", 10);
    show("truncate");
    utimensat(AT_FDCWD, "d/file", 0, 0);
    show("utimensat");
    struct timespec times[2] = { { 0, UTIME_OMIT }, { 5, 5 } };
    utimensat(AT_FDCWD, "d/file", times, 0);
    show("utimensat of one");
    stat("d/file", &(struct stat){ 0 });
    access("d/file", R_OK);
    show("stat");
    mkdir("d/sub", 0700);
    show("mkdir");
    symlink("file", "d/link");
    show("symlink");
    mkfifo("d/fifo", 0600);
    show("mkfifo");
    link("d/file", "d/hard");
    show("link");
    rename("d/file", "d/renamed");
    show("rename");
    rename("d/renamed", "other/away");
    show("moved away");
    rename("other/away", "d/back");
    show("moved back");
    rename("d/back", "d/link");
    show("moved over");
    rename("d/sub", "d/directory");
    show("directory renamed");
    closedir(opendir("d"));
    show("opendir");
    DIR *dir = opendir("d");
    while (readdir(dir))
        ;
    closedir(dir);
    show("readdir");
    rmdir("d/directory");
    show("rmdir");
    unlink("d/hard");
    show("unlink of a second name");
    unlink("d/fifo");
    show("unlink of a fifo");
    chmod("d", 0755);
    show("chmod of the directory");
    setxattr("d/link", "user.a", "b", 1, 0);
    show("");

    /* A file's own watch beside its directory's. */
    f = open("d/own", O_CREAT | O_RDWR, 0600);
    show("create");
    T(wf = inotify_add_watch(fd, "d/own", IN_ALL_EVENTS));
    write(f, "x", 1);
    show("write");
    link("d/own", "d/own2");
    show("link");
    unlink("d/own2");
    show("unlink of the other");
    rename("d/own", "d/moved");
    show("rename");
    unlink("d/moved");
    show("unlink while open");
    write(f, "x", 1);
    show("write without a name");
    close(f);
    show("close without a name");
    T(inotify_rm_watch(fd, wf));

    close(open("d/two", O_CREAT | O_RDWR, 0600));
    T(inotify_add_watch(fd, "d/two", IN_DELETE_SELF | IN_ATTRIB));
    show("create");
    unlink("d/two");
    show("unlink while closed");

    /* One shot, adding to a mask, directories only, symbolic links. */
    close(open("d/three", O_CREAT | O_RDWR, 0600));
    show("create");
    T(inotify_add_watch(fd, "d/three", IN_OPEN | IN_ONESHOT));
    close(open("d/three", O_RDONLY));
    show("one shot");
    close(open("d/three", O_RDONLY));
    show("spent");
    T(inotify_add_watch(fd, "d/three", IN_OPEN | IN_ONLYDIR));
    T(wf = inotify_add_watch(fd, "d/three", IN_OPEN));
    T(inotify_add_watch(fd, "d/three", IN_CLOSE_NOWRITE | IN_MASK_ADD));
    inotify_rm_watch(fd, wd);
    show("directory's watch removed");
    close(open("d/three", O_RDONLY));
    show("added to the mask");
    symlink("three", "d/symbolic");
    T(inotify_add_watch(fd, "d/symbolic", IN_OPEN));
    T(inotify_add_watch(fd, "d/symbolic", IN_ATTRIB | IN_DONT_FOLLOW));
    unlink("d/symbolic");
    show("symbolic link removed");

    /* Reading into small buffers, and how much there is. */
    T(wd = inotify_add_watch(fd, "d", IN_CREATE | IN_DELETE));
    mknod("d/a-name-that-is-long-enough", 0600, 0);
    mknod("d/b", 0600, 0);
    int available = 0;
    T(ioctl(fd, FIONREAD, &available));
    printf("%d\n", available);
    T(read(fd, buffer, 16));
    T(read(fd, buffer, 60));
    T(ioctl(fd, FIONREAD, &available));
    printf("%d\n", available);
    show("rest");

    /* Waiting. */
    pthread_t t;
    struct pollfd p = { fd, POLLIN };
    T(poll(&p, 1, 0));
    pthread_create(&t, 0, later, 0);
    T(poll(&p, 1, 10000));
    printf("%x\n", p.revents);
    pthread_join(t, 0);
    show("late");
    unlink("d/late");
    show("removed");
    fcntl(fd, F_SETFL, 0);
    pthread_create(&t, 0, later, 0);
    show("blocked");
    pthread_join(t, 0);

    /* The directory itself goes. */
    unlink("d/late");
    unlink("d/b");
    unlink("d/a-name-that-is-long-enough");
    unlink("d/three");
    unlink("d/link");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    show("emptied");
    T(inotify_add_watch(fd, "d", IN_DELETE_SELF | IN_MASK_ADD));
    T(rmdir("d"));
    show("rmdir of the watched");
    T(inotify_rm_watch(fd, wd));
    return 0;
}
