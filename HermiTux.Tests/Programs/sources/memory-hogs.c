/* Ways into the memory limit that don't go through a page fault of the program's own. argv[1] says which. Whoever comes back from one has been told
 * of the shortage, which is the machine's to deal with. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SIZE (1l << 30)

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    char *p = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char name[64];
    if (!strcmp(how, "touch"))
        memset(p, 1, SIZE);
    else if (!strcmp(how, "read"))
        for (long at = 0; at < SIZE; at += 1 << 20)
            read(open("/dev/zero", O_RDONLY), p + at, 1 << 20);
    else if (!strcmp(how, "getrandom"))
        getrandom(p, SIZE, 0);
    else if (!strcmp(how, "populate"))
        mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    else if (!strcmp(how, "mlock"))
        mlock(p, SIZE);
    else if (!strcmp(how, "memfd")) {
        int fd = memfd_create("m", 0);
        static char block[1 << 20];
        for (long at = 0; at < SIZE; at += sizeof block)
            write(fd, block, sizeof block);
    } else if (!strcmp(how, "pipes"))
        for (int i = 0; i < 500; i++) {
            int fds[2];
            pipe(fds);
            fcntl(fds[1], F_SETPIPE_SZ, 1 << 20);
        }
    else if (!strcmp(how, "xattr"))
        for (int i = 0; i < 20000; i++) {
            static char value[60000];
            sprintf(name, "/tmp/x%d", i);
            close(open(name, O_CREAT | O_WRONLY, 0600));
            setxattr(name, "user.v", value, sizeof value, 0);
        }
    else if (!strcmp(how, "maps")) {
        for (long i = 0; i < 60000; i += 2)
            mprotect(p + i * 4096, 4096, PROT_NONE);
        for (int i = 0; i < 500; i++) {
            char c;
            read(open("/proc/self/maps", O_RDONLY), &c, 1);
        }
    }
    write(1, "came back\n", 10);
    return 0;
}
