#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define TRY(e) do { errno = 0; long r_ = (long)(e); printf("%s = %ld %s\n", #e, r_, r_ < 0 ? strerrorname_np(errno) : ""); } while (0)

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int main(void)
{
    umask(022);
    char buffer[256];
    TRY(mkdir("d", 0777));
    TRY(mkdir("d", 0777));
    TRY(mkdir("x/y", 0777));
    int fd = open("d/f", O_RDWR | O_CREAT | O_EXCL, 0666);
    TRY(fd >= 0);
    TRY(open("d/f", O_RDWR | O_CREAT | O_EXCL, 0666));
    TRY(open("d/f/g", O_RDONLY));
    TRY(open("d", O_WRONLY));
    TRY(open("nothing", O_RDONLY));
    TRY(open("d/f", O_RDONLY | O_DIRECTORY));
    TRY(write(fd, "0123456789", 10));
    TRY(lseek(fd, 3, SEEK_SET));
    TRY(read(fd, buffer, 4));
    TRY(lseek(fd, -1, SEEK_SET));
    TRY(lseek(fd, 5000, SEEK_END));
    TRY(write(fd, "end", 3));
    TRY(pread(fd, buffer, 10, 5005));
    TRY(pwrite(fd, "X", 1, -1));
    struct iovec iov[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
    TRY(pwritev(fd, iov, 3, 100));
    TRY(pread(fd, buffer, 6, 99));
    TRY(memcmp(buffer, "\0abcde", 6));
    TRY(read(fd, (void *)16, 5));
    TRY(pread(fd, (void *)16, 5, 0));
    TRY(write(999, "", 0));
    TRY(ftruncate(fd, 20));
    struct stat st;
    TRY(fstat(fd, &st));
    printf("%o %ld %ld\n", st.st_mode, (long)st.st_size, (long)st.st_nlink);
    TRY(link("d/f", "d/g"));
    TRY(symlink("f", "d/s"));
    TRY(symlink("loop", "loop"));
    TRY(open("loop", O_RDONLY));
    TRY(readlink("d/s", buffer, sizeof buffer));
    TRY(lstat("d/s", &st));
    printf("%o %ld\n", st.st_mode, (long)st.st_size);
    TRY(open("d/s", O_RDONLY | O_NOFOLLOW));
    TRY(rename("d/g", "d/h"));
    TRY(rename("d", "d/sub"));
    TRY(rename("missing", "x"));
    TRY(renameat2(AT_FDCWD, "d/h", AT_FDCWD, "d/f", RENAME_NOREPLACE));
    TRY(rmdir("d"));
    TRY(unlink("d"));
    TRY(unlink("d/nothing"));
    TRY(rmdir("d/f"));
    TRY(chmod("d/f", 0640));
    TRY(access("d/f", R_OK));
    TRY(access("d/q", F_OK));
    TRY(chdir("d/f"));
    TRY(chdir("d"));
    struct dirent **names;
    int n = scandir(".", &names, NULL, by_name);
    for (int i = 0; i < n; i++)
        printf("%s:%d ", names[i]->d_name, names[i]->d_type);
    puts("");
    TRY(chdir(".."));
    struct timespec times[2] = { { 1000, 5 }, { 2000, 700 } };
    TRY(utimensat(AT_FDCWD, "d/f", times, 0));
    TRY(stat("d/f", &st));
    printf("%ld.%ld %ld.%ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    int copy = dup2(fd, 50);
    TRY(copy);
    TRY(fcntl(50, F_GETFD));
    TRY(fcntl(50, F_SETFD, FD_CLOEXEC));
    TRY(fcntl(50, F_GETFD));
    TRY(fcntl(50, F_GETFL) & O_ACCMODE);
    TRY(fcntl(50, F_DUPFD, 60));
    TRY(fcntl(99, F_GETFL));
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10 };
    TRY(fcntl(fd, F_SETLK, &lock));
    lock.l_type = F_RDLCK;
    TRY(fcntl(fd, F_GETLK, &lock));
    printf("%d\n", lock.l_type == F_UNLCK);
    TRY(posix_fallocate(fd, 0, 9000));
    TRY(fstat(fd, &st));
    printf("%ld\n", (long)st.st_size);

    int p[2];
    TRY(pipe2(p, O_NONBLOCK));
    TRY(read(p[0], buffer, 1));
    struct pollfd pfd[2] = { { p[0], POLLIN, 0 }, { p[1], POLLOUT, 0 } };
    TRY(poll(pfd, 2, 0));
    printf("%d %d\n", pfd[0].revents, pfd[1].revents);
    TRY(write(p[1], "pipe data", 9));
    TRY(poll(pfd, 2, -1));
    printf("%d %d\n", pfd[0].revents, pfd[1].revents);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(p[0], &set);
    struct timeval tv = { 0, 1000 };
    TRY(select(p[0] + 1, &set, NULL, NULL, &tv));
    TRY(FD_ISSET(p[0], &set));
    TRY(read(p[0], buffer, 100));
    static char block[70000];
    TRY(write(p[1], block, sizeof block));
    TRY(write(p[1], block, 1));
    close(p[1]);
    for (long total = 0, r;; total += r)
        if ((r = read(p[0], block, sizeof block)) <= 0) {
            printf("%ld then %ld\n", total, r);
            break;
        }
    TRY(poll(pfd, 1, 0));
    printf("%d\n", pfd[0].revents);
    TRY(lseek(p[0], 0, SEEK_SET));
    int e = eventfd(3, EFD_NONBLOCK | EFD_SEMAPHORE);
    unsigned long long value = 4;
    TRY(write(e, &value, 8));
    TRY(read(e, &value, 8));
    printf("%llu\n", value);
    TRY(read(e, &value, 4));
    int out = open("out", O_WRONLY | O_CREAT | O_APPEND, 0600);
    off_t from = 2;
    TRY(sendfile(out, fd, &from, 6));
    printf("%ld\n", (long)from);
    TRY(lseek(fd, 0, SEEK_SET));
    TRY(copy_file_range(fd, NULL, out, NULL, 5, 0));
    TRY(ioctl(fd, 0x5401, buffer));
    struct statfs fs;
    TRY(statfs(".", &fs));
    printf("%ld\n", (long)fs.f_namelen);
    TRY(getcwd(buffer, 2) == NULL ? -1 : 0);
    TRY(openat(fd, "x", O_RDONLY));
    TRY(faccessat(AT_FDCWD, "", F_OK, AT_EACCESS));
    TRY(truncate("d/f", -1));
    memset(buffer, 'n', 256);
    buffer[255] = 0;
    TRY(open(buffer, O_RDONLY));
    char longname[300];
    memset(longname, 'n', 299);
    longname[299] = 0;
    TRY(open(longname, O_RDONLY));
    int self = open("/proc/self/fd/1", O_PATH);
    TRY(self >= 0);
    TRY(fsync(fd));
    TRY(close(fd));
    TRY(close(fd));
    int tmp = open(".", O_TMPFILE | O_RDWR, 0600);
    TRY(tmp >= 0 ? write(tmp, "x", 1) : 1);
    return 0;
}
