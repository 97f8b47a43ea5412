#include "check.h"
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Programs that are run by descriptor, one after the other: each run does the next thing, and tells who it is. */
static int copy(const char *from, int to)
{
    char buffer[65536];
    int fd = open(from, O_RDONLY);
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
        if (write(to, buffer, n) != n)
            return -1;
    return close(fd);
}

static void who(const char *step)
{
    char exe[300] = { 0 }, comm[64] = { 0 };
    readlink("/proc/self/exe", exe, sizeof exe - 1);
    int fd = open("/proc/self/comm", O_RDONLY);
    read(fd, comm, sizeof comm - 1);
    close(fd);
    printf("%s: exe %s execfn %s comm %s", step, strncmp(exe, "/memfd", 6) == 0 ? exe : "file", (char *)getauxval(AT_EXECFN), comm);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char *step = argc > 1 ? argv[1] : "0";
    char next[] = { step[0] + 1, 0 };
    char *arguments[] = { "name", next, NULL };
    char *environment[] = { NULL };
    if (step[0] != '0')
        who(step);
    int fd;
    switch (step[0]) {
    case '0':
        fd = memfd_create("first", 0);
        copy("/proc/self/exe", fd);
        T(syscall(SYS_execveat, fd, "", arguments, environment, 0));
        T(syscall(SYS_execveat, 99, "", arguments, environment, AT_EMPTY_PATH));
        T(syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH));
        break;
    case '1':
        fd = memfd_create("second-with-a-long-name", MFD_CLOEXEC);
        copy("/proc/self/exe", fd);
        fexecve(fd, arguments, environment);
        break;
    case '2':
        fd = open("program", O_CREAT | O_WRONLY | O_TRUNC, 0700);
        copy("/proc/self/exe", fd);
        close(fd);
        fd = open("program", O_PATH | O_CLOEXEC);
        unlink("program");
        T(syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH));
        break;
    case '3':
        fd = memfd_create("script", MFD_CLOEXEC);
        dprintf(fd, "#!/proc/self/exe\n");
        T(syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH));
        fd = memfd_create("not a program", 0);
        write(fd, "hello", 5);
        T(syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH));
        T(fchmod(fd, 0600));
        T(syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH));
        T(syscall(SYS_execveat, 1, "", arguments, environment, AT_EMPTY_PATH));
        T(syscall(SYS_execveat, open(".", O_RDONLY), "", arguments, environment, AT_EMPTY_PATH));
        break;
    }

    return 0;
}
