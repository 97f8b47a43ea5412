#include "check.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* Bytes from file to file: splice(2), sendfile(2), copy_file_range(2), and pipes that are written in pieces. */
static char buffer[200000];

int main(void)
{
    int p[2], q[2];
    loff_t off = 3, out = 1;
    int from = open("from", O_CREAT | O_RDWR, 0644), to = open("to", O_CREAT | O_RDWR, 0644);
    for (unsigned i = 0; i < sizeof buffer; i++)
        buffer[i] = (char)(i * 7 + i / 256);
    T(write(from, buffer, 100000));
    lseek(from, 0, SEEK_SET);
    pipe(p);
    pipe2(q, O_NONBLOCK);
    T(splice(from, 0, p[1], 0, 1000, 0));
    T(lseek(from, 0, SEEK_CUR));
    T(splice(from, &off, p[1], 0, 500, SPLICE_F_MOVE));
    T(off);
    T(splice(p[0], 0, to, &out, 1200, 0));
    T(out);
    T(lseek(to, 0, SEEK_CUR));
    T(splice(p[0], 0, to, 0, 10000, 0));
    T(lseek(to, 0, SEEK_CUR));
    T(splice(p[0], 0, to, 0, 10, SPLICE_F_NONBLOCK));
    T(splice(q[0], 0, to, 0, 10, 0));
    T(splice(from, 0, to, 0, 10, 0));
    T(splice(p[0], &off, to, 0, 10, 0));
    T(splice(from, 0, p[1], &off, 10, 0));
    T(splice(from, 0, p[1], 0, 10, 0x100));
    T(splice(from, 0, p[1], 0, 0, 0));
    T(splice(p[1], 0, to, 0, 10, 0));
    T(splice(p[0], 0, p[1], 0, 10, 0));
    T(splice(99, 0, p[1], 0, 10, 0));
    off = -1;
    T(splice(from, &off, p[1], 0, 10, 0));
    off = 200000;
    T(splice(from, &off, p[1], 0, 10, 0));
    T(splice(from, BAD, p[1], 0, 10, 0));
    int append = open("to", O_WRONLY | O_APPEND);
    T(write(p[1], "tail", 4));
    T(splice(p[0], 0, append, 0, 4, 0));
    T(read(p[0], buffer, 4));

    /* From pipe to pipe. */
    T(write(p[1], "abcdef", 6));
    T(splice(p[0], 0, q[1], 0, 4, 0));
    T(read(q[0], buffer, 10));
    T(read(p[0], buffer, 10));

    /* An eventfd that can't take more. */
    int counter = eventfd(1, EFD_NONBLOCK);
    uint64_t most = UINT64_MAX - 1;
    T(write(p[1], &most, 8));
    T(splice(p[0], 0, counter, 0, 8, SPLICE_F_NONBLOCK));

    T(read(p[0], buffer, 100));

    /* What can't be passed on stays in the pipe. */
    fcntl(q[1], F_SETFL, O_NONBLOCK);
    while (write(q[1], buffer, 4096) > 0)
        ;
    T(write(p[1], "precious", 8));
    T(splice(p[0], 0, q[1], 0, 8, SPLICE_F_NONBLOCK));
    T(read(p[0], buffer, 100));
    T(memcmp(buffer, "precious", 8));

    off = 5;
    T(sendfile(to, from, &off, 50000));
    T(off);
    T(sendfile(to, from, 0, 200000));
    T(sendfile(to, p[0], 0, 10));
    T(sendfile(append, from, 0, 10));
    T(sendfile(to, from, BAD, 10));
    off = -5;
    T(sendfile(to, from, &off, 10));
    T(sendfile(from, append, 0, 10));
    off = 0;
    out = 100;
    T(copy_file_range(from, &off, to, &out, 5000, 0));
    T(off);
    T(out);
    T(copy_file_range(from, &off, from, &off, 100, 0));
    T(copy_file_range(from, 0, append, 0, 10, 0));
    T(copy_file_range(from, 0, p[1], 0, 10, 0));
    T(copy_file_range(from, 0, to, 0, 10, 1));
    T(copy_file_range(from, 0, open(".", O_RDONLY), 0, 10, 0));
    struct stat st;
    fstat(to, &st);
    T(st.st_size);
    lseek(to, 0, SEEK_SET);
    unsigned hash = 0;
    for (long n; (n = read(to, buffer, sizeof buffer)) > 0;)
        for (long i = 0; i < n; i++)
            hash = hash * 31 + (unsigned char)buffer[i];
    T(hash);
    return 0;
}
