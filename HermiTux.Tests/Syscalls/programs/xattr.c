#include "check.h"
#include <sys/stat.h>
#include <sys/xattr.h>

/* Extended attributes (xattr(7)). */
static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path)
{
    char buffer[1000], *names[50];
    int n = 0;
    long size = listxattr(path, buffer, sizeof buffer);
    for (char *p = buffer; p < buffer + size; p += strlen(p) + 1)
        names[n++] = p;
    qsort(names, n, sizeof *names, compare);
    printf("%s:", path);
    for (int i = 0; i < n; i++)
        printf(" %s", names[i]);
    printf("\n");
}

int main(void)
{
    char value[300] = { 0 };
    static char big[70000];
    int fd = open("file", O_CREAT | O_RDWR, 0644);
    mkdir("dir", 0755);
    symlink("file", "link");
    mknod("fifo", S_IFIFO | 0644, 0);
    T(setxattr("file", "user.a", "one", 3, 0));
    T(setxattr("file", "user.b", "", 0, XATTR_CREATE));
    T(setxattr("file", "user.a", "two", 3, XATTR_CREATE));
    T(setxattr("file", "user.c", "x", 1, XATTR_REPLACE));
    T(setxattr("file", "user.a", "three", 5, XATTR_REPLACE));
    T(setxattr("file", "user.a", "three", 5, 7));
    T(getxattr("file", "user.a", value, sizeof value));
    T(strcmp(value, "three"));
    T(getxattr("file", "user.a", value, 0));
    T(getxattr("file", "user.a", value, 4));
    T(getxattr("file", "user.b", value, 4));
    T(getxattr("file", "user.none", value, 4));
    T(getxattr("missing", "user.a", value, 4));
    T(fgetxattr(fd, "user.a", value, sizeof value));
    T(fsetxattr(fd, "user.d", "q", 1, 0));
    T(fgetxattr(77, "user.a", value, sizeof value));
    T(getxattr("link", "user.a", value, sizeof value));
    T(lgetxattr("link", "user.a", value, sizeof value));
    T(lsetxattr("link", "user.a", "x", 1, 0));
    T(setxattr("fifo", "user.a", "x", 1, 0));
    T(setxattr("dir", "user.dir", "x", 1, 0));
    T(setxattr("file", "user.", "x", 1, 0));
    T(setxattr("file", "", "x", 1, 0));
    T(setxattr("file", "nonsense", "x", 1, 0));
    T(setxattr("file", "trusted.t", "x", 1, 0));
    memset(value, 'n', 280);
    memcpy(value, "user.", 5);
    T(setxattr("file", value, "x", 1, 0));
    T(setxattr("file", "user.big", big, 65537, 0));
    T(setxattr("file", "user.f", BAD, 4, 0));
    T(setxattr("file", BAD, "x", 1, 0));
    T(getxattr("file", "user.a", BAD, 10));
    T(listxattr("file", value, 3));
    T(listxattr("file", 0, 0));
    T(listxattr("file", BAD, 100));
    list("file");
    list("dir");
    T(removexattr("file", "user.b"));
    T(removexattr("file", "user.b"));
    T(fremovexattr(fd, "user.d"));
    T(lremovexattr("link", "user.a"));
    list("file");
    int path = open("file", O_PATH);
    T(fgetxattr(path, "user.a", value, sizeof value));
    T(rename("file", "moved"));
    list("moved");
    return 0;
}
