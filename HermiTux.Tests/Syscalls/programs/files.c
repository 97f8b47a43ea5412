#include "check.h"
#include <dirent.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static char buffer[70000];

static void show(const char *path)
{
    struct stat s;
    errno = 0;
    int r = lstat(path, &s);
    printf("%s: %d mode %o links %d size %ld %s\n", path, r, r ? 0 : s.st_mode, r ? 0 : (int)s.st_nlink, r || S_ISDIR(s.st_mode) ? 0 : (long)s.st_size, errno ? strerrorname_np(errno) : "");
}

static void openings(void)
{
    umask(022);
    T(open("a", O_RDONLY));
    T(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
    T(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
    T(open("a/", O_RDONLY));
    T(open("a/b", O_RDONLY));
    T(open("", O_RDONLY));
    T(syscall(SYS_open, BAD, O_RDONLY));
    T(open(".", O_WRONLY));
    T(open(".", O_RDWR | O_CREAT, 0600));
    T(open("a", O_DIRECTORY | O_RDONLY));
    T(open("d", O_DIRECTORY | O_CREAT | O_RDONLY, 0700));
    T(openat(99, "a", O_RDONLY));
    T(close(openat(99, "/dev/null", O_RDONLY)));
    T(openat(3, "x", O_RDONLY));
    T(symlink("a", "l"));
    T(symlink("a", "l"));
    T(symlink("", "e"));
    T(open("l", O_NOFOLLOW));
    T(open("l", O_PATH | O_NOFOLLOW));
    T(read(4, buffer, 1));
    T(fchmod(4, 0600));
    T(readlinkat(4, "", buffer, 10));
    T(close(4));
    T(close(4));
    T(close(-1));
    T(syscall(SYS_openat, AT_FDCWD, "a", 0x80000000u));
    struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
    T(syscall(SYS_openat2, AT_FDCWD, "a", &how, sizeof how));
    T(close(4));
    T(syscall(SYS_openat2, AT_FDCWD, "../a", &how, sizeof how));
    T(syscall(SYS_openat2, AT_FDCWD, "a", &how, 8));
    how.resolve = 1 << 20;
    T(syscall(SYS_openat2, AT_FDCWD, "a", &how, sizeof how));
    how.resolve = RESOLVE_NO_SYMLINKS;
    T(syscall(SYS_openat2, AT_FDCWD, "l", &how, sizeof how));
    how.resolve = 0; how.mode = 0600;
    T(syscall(SYS_openat2, AT_FDCWD, "a", &how, sizeof how));
    T(fcntl(3, F_GETFL));
    T(fcntl(3, F_SETFL, O_APPEND | O_NONBLOCK));
    T(fcntl(3, F_GETFL));
    T(fcntl(3, F_SETFL, 0));
    T(fcntl(3, F_GETFD));
    T(fcntl(3, F_DUPFD_CLOEXEC, 10));
    T(fcntl(10, F_GETFD));
    T(fcntl(3, F_DUPFD, 1 << 20));
    T(dup2(3, 3));
    T(dup3(3, 3, 0));
    T(dup2(3, 12));
    T(dup2(99, 12));
    T(dup2(3, -1));
    T(dup3(3, 13, O_APPEND));
    T(syscall(SYS_close_range, 10, 12, 0));
    T(syscall(SYS_close_range, 12, 10, 0));
    T(syscall(SYS_close_range, 10, 12, 64));
    T(fcntl(3, 9999));
}

static void transfers(void)
{
    T(write(3, "0123456789", 10));
    T(lseek(3, 0, SEEK_CUR));
    T(lseek(3, -1, SEEK_SET));
    T(lseek(3, 5, SEEK_END));
    T(lseek(3, 0, 99));
    T(lseek(3, 0, SEEK_DATA));
    T(lseek(3, 100, SEEK_HOLE));
    T(lseek(3, 0, SEEK_HOLE));
    T(lseek(3, 2, SEEK_SET));
    T(read(3, buffer, 3));
    T(memcmp(buffer, "234", 3));
    T(pread(3, buffer, 20, 8));
    T(pread(3, buffer, 20, -1));
    T(pread(3, buffer, 20, 100));
    T(syscall(SYS_read, 3, BAD, 1));
    T(syscall(SYS_read, 3, BAD, 0));
    T(syscall(SYS_write, 3, BAD, 1));
    T(syscall(SYS_read, 3, buffer, -1L));
    T(pwrite(3, "xy", 2, 20));
    T(lseek(3, 0, SEEK_END));
    struct iovec v[3] = { { "ab", 2 }, { 0, 0 }, { "cde", 3 } };
    T(writev(3, v, 3));
    T(writev(3, v, -1));
    T(writev(3, v, 1025));
    T(syscall(SYS_writev, 3, BAD, 2));
    T(pwritev(3, v, 3, 1));
    char p[2], q[4];
    struct iovec r[2] = { { p, 2 }, { q, 4 } };
    T(preadv(3, r, 2, 0));
    printf("%.2s %.4s\n", p, q);
    struct iovec half[2] = { { p, 2 }, { BAD, 4 } };
    T(preadv(3, half, 2, 0));
    T(preadv2(3, r, 2, -1, 0));
    T(preadv2(3, r, 2, 0, 0x4000));
    T(ftruncate(3, 5));
    T(ftruncate(3, -1));
    T(truncate("a", 7));
    T(truncate("zz", 7));
    T(truncate(".", 7));
    T(fallocate(3, 0, 0, 100));
    T(fallocate(3, FALLOC_FL_KEEP_SIZE, 0, 1000));
    T(fallocate(3, FALLOC_FL_PUNCH_HOLE, 0, 10));
    T(fallocate(3, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, 3));
    T(fallocate(3, 0, -1, 10));
    T(fallocate(3, 0, 0, 0));
    show("a");
    T(fsync(3));
    T(fdatasync(3));
    T(fsync(99));
    T(posix_fadvise(3, 0, 0, 99));
    T(posix_fadvise(3, 0, 0, POSIX_FADV_WILLNEED));
    int out = open("b", O_RDWR | O_CREAT | O_TRUNC, 0644);
    off_t offset = 1;
    T(sendfile(out, 3, &offset, 6));
    T(offset);
    T(sendfile(out, 3, 0, 1000));
    loff_t from = 0, to = 50;
    T(copy_file_range(3, &from, out, &to, 10, 0));
    T(from + to);
    T(copy_file_range(3, &from, out, &to, 10, 1));
    show("b");
    int append = open("b", O_WRONLY | O_APPEND);
    T(write(append, "zz", 2));
    T(lseek(append, 0, SEEK_CUR));
    T(read(append, buffer, 1));
    close(append);
    close(out);
}

static void names(void)
{
    T(mkdir("d", 0777));
    T(mkdir("d", 0777));
    T(mkdir("d/", 0777));
    T(mkdir("x/y", 0777));
    T(mkdir("d/e/", 0700));
    T(rmdir("d"));
    T(rmdir("d/e/."));
    T(rmdir("d/e"));
    T(rmdir("a"));
    T(unlink("d"));
    T(unlink("nothing"));
    T(unlinkat(AT_FDCWD, "a", AT_REMOVEDIR));
    T(unlinkat(AT_FDCWD, "a", 77));
    T(link("a", "h"));
    T(link("a", "h"));
    T(link("d", "dd"));
    show("h");
    T(rename("h", "d"));
    T(rename("d", "h"));
    T(rename("h", "a"));
    show("h");
    T(rename("h", "d/h"));
    T(renameat2(AT_FDCWD, "d/h", AT_FDCWD, "a", RENAME_NOREPLACE));
    T(renameat2(AT_FDCWD, "d/h", AT_FDCWD, "b", RENAME_EXCHANGE));
    T(renameat2(AT_FDCWD, "d/h", AT_FDCWD, "b", 99));
    T(rename("d", "d/sub"));
    T(rename("missing", "a"));
    T(mkfifo("f", 0644));
    show("f");
    T(mknod("f", S_IFREG | 0600, 0));
    T(mknod("g", 0160000, 0));
    T(chmod("a", 0751));
    show("a");
    T(chmod("missing", 0));
    T(fchmodat(AT_FDCWD, "a", 0640, 0));
    T(syscall(452, AT_FDCWD, "a", 0644, 0x4000));
    T(chown("a", -1, -1));
    T(readlink("l", buffer, 100));
    T(readlink("a", buffer, 100));
    T(readlink("l", buffer, 0));
    T(access("a", R_OK | W_OK));
    T(access("a", 99));
    T(access("missing", F_OK));
    T(faccessat(AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW));
    struct stat s;
    T(stat("l", &s));
    T(syscall(SYS_newfstatat, 3, "", &s, AT_EMPTY_PATH));
    T(syscall(SYS_newfstatat, 3, "", &s, 0));
    T(syscall(SYS_newfstatat, AT_FDCWD, "a", BAD, 0));
    T(syscall(SYS_newfstatat, AT_FDCWD, "a", &s, 0x80000));
    struct statx x;
    T(statx(AT_FDCWD, "a", 0, STATX_ALL, &x));
    printf("%o %d\n", x.stx_mode, (int)x.stx_nlink);
    T(statx(AT_FDCWD, "a", 0, 0x80000000, &x));
    struct timespec t[2] = { { 1000, 5 }, { 2000, 7 } };
    T(utimensat(AT_FDCWD, "a", t, 0));
    stat("a", &s);
    printf("%ld %ld %ld %ld\n", s.st_atim.tv_sec, s.st_atim.tv_nsec, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    t[0].tv_nsec = UTIME_OMIT; t[1].tv_nsec = -1;
    T(utimensat(AT_FDCWD, "a", t, 0));
    t[1].tv_nsec = UTIME_OMIT;
    T(utimensat(AT_FDCWD, "missing", t, 0));
    T(syscall(SYS_utimensat, 3, 0, t, 0));
    struct statfs fs;
    T(statfs("missing", &fs));
    OK(statfs(".", &fs));
    T(fstatfs(99, &fs));
}

static void directories(void)
{
    T(chdir("d"));
    T(chdir("missing"));
    T(chdir("/dev/null"));
    T(syscall(SYS_getcwd, buffer, 2));
    T(chdir(".."));
    T(fchdir(3));
    int d = open(".", O_RDONLY | O_DIRECTORY);
    T(syscall(SYS_getdents64, d, buffer, 1));
    T(syscall(SYS_getdents64, 3, buffer, 100));
    long n = syscall(SYS_getdents64, d, buffer, sizeof buffer);
    int count = 0;
    for (long i = 0; i < n; count++) i += *(unsigned short *)(buffer + i + 16);
    T(count);
    T(syscall(SYS_getdents64, d, buffer, sizeof buffer));
    T(lseek(d, 0, SEEK_SET));
    T(syscall(SYS_getdents64, d, buffer, sizeof buffer) > 0);
    T(umask(077));
    T(umask(022));
}

static void locks(void)
{
    struct flock k = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10 };
    T(fcntl(3, F_SETLK, &k));
    T(fcntl(3, F_GETLK, &k));
    T(k.l_type);
    k.l_type = 9;
    T(fcntl(3, F_SETLK, &k));
    k.l_type = F_RDLCK; k.l_start = -5;
    T(fcntl(3, F_SETLK, &k));
    T(fcntl(3, F_SETLK, BAD));
    int other = open("a", O_RDWR);
    k.l_start = 0; k.l_type = F_WRLCK; k.l_pid = 0;
    T(fcntl(other, F_OFD_SETLK, &k));
    k.l_pid = 0;
    T(flock(3, LOCK_EX));
    T(flock(other, LOCK_EX | LOCK_NB));
    T(flock(other, LOCK_SH | LOCK_NB));
    T(flock(3, LOCK_UN));
    T(flock(other, LOCK_SH | LOCK_NB));
    T(flock(other, 99));
    close(other);
}

int main(void)
{
    syscall(SYS_close_range, 3, ~0u, 0);
    openings();
    transfers();
    names();
    directories();
    locks();
    T(syscall(SYS_memfd_create, "m", 0xff00));
    int m = memfd_create("m", MFD_ALLOW_SEALING);
    T(write(m, "abc", 3));
    T(fcntl(m, F_GET_SEALS));
    T(fcntl(m, F_ADD_SEALS, F_SEAL_GROW));
    T(pwrite(m, "abcdef", 6, 0));
    T(ftruncate(m, 1));
    T(fcntl(m, F_ADD_SEALS, F_SEAL_SEAL));
    T(fcntl(m, F_ADD_SEALS, F_SEAL_SHRINK));
    return 0;
}
