#include "check.h"
#include <linux/openat2.h>
#include <sys/stat.h>

/* openat2(2): how far a path may lead. */
static long open2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };
    long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

int main(void)
{
    mkdir("box", 0755);
    mkdir("box/in", 0755);
    mkdir("out", 0755);
    close(open("box/file", O_CREAT | O_WRONLY, 0644));
    close(open("out/secret", O_CREAT | O_WRONLY, 0644));
    symlink("file", "box/near");
    symlink("../file", "box/in/up");
    symlink("../out/secret", "box/far");
    symlink("/out/secret", "box/absolute");
    symlink("/file", "box/rooted");
    symlink("in/../../out", "box/sneaky");
    symlink("loop", "box/loop");
    symlink("/proc/self/fd/0", "box/magic");
    int box = open("box", O_PATH | O_DIRECTORY);

    static const uint64_t ways[] = { 0, RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_XDEV };
    static const char *const paths[] = { "file", "near", "in/up", "in/../file", "../out/secret", "far", "absolute", "rooted", "sneaky/secret", "loop", "/file", "/out/secret", "..",
                                         "../../../../file", "in/./..//near", ".", "missing", "file/", "near/x", "" };
    for (unsigned w = 0; w < sizeof ways / sizeof *ways; w++)
        for (unsigned p = 0; p < sizeof paths / sizeof *paths; p++) {
            /* Absolute paths lead elsewhere natively unless the directory is the root. */
            if (paths[p][0] == '/' && ways[w] != RESOLVE_IN_ROOT && ways[w] != RESOLVE_BENEATH)
                continue;
            /* The guest's directory is a mount of its own, the native one isn't. */
            if (!strncmp(paths[p], "../../..", 8) && ways[w] == RESOLVE_NO_XDEV)
                continue;
            if (!strcmp(paths[p], "absolute") && ways[w] == 0)
                continue;
            printf("%llx %s: ", (unsigned long long)ways[w], paths[p]);
            T(open2(box, paths[p], O_RDONLY, 0, ways[w]));
        }
    T(open2(box, "magic", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
    T(open2(box, "new", O_CREAT | O_WRONLY, 0600, RESOLVE_BENEATH));
    T(open2(box, "../new", O_CREAT | O_WRONLY, 0600, RESOLVE_BENEATH));
    T(open2(box, "../new", O_CREAT | O_WRONLY, 0600, RESOLVE_IN_ROOT));
    T(open2(box, "near", O_RDONLY | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS));
    T(open2(box, "near", O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS));

    /* What openat(2) ignores is an error here. */
    T(open2(box, "file", O_RDONLY | 1u << 30, 0, 0));
    T(open2(box, "file", O_RDONLY, 0600, 0));
    T(open2(box, "fresh", O_CREAT | O_WRONLY, 010000, 0));
    T(open2(box, "file", O_RDONLY, 0, 1u << 20));
    T(open2(box, "file", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
    T(open2(box, "file", O_PATH | O_RDWR, 0, 0));
    T(open2(box, "file", O_PATH | O_APPEND, 0, 0));
    T(open2(99, "file", O_RDONLY, 0, 0));
    struct { struct open_how how; uint64_t more; } longer = { .how = { .flags = O_RDONLY } };
    T(syscall(SYS_openat2, box, "file", &longer, 8));
    T(syscall(SYS_openat2, box, "file", &longer, sizeof longer) >= 0);
    longer.more = 1;
    T(syscall(SYS_openat2, box, "file", &longer, sizeof longer));
    T(syscall(SYS_openat2, box, "file", BAD, sizeof longer.how));
    T(syscall(SYS_openat2, box, "file", &longer, 1ul << 40));
    return 0;
}
