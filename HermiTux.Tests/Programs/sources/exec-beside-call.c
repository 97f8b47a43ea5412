/* A thread waits in a call that has a buffer, and execve(2) ends it. What the call writes later isn't for the next program, which has data of its own there. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static long buffer[512];

static void *wait_in_call(void *unused)
{
    syscall(SYS_getpriority, buffer, 0);
    return unused;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        syscall(SYS_getsid, 0);    /* lets the call go on, and returns after it */
        printf("%ld\n", buffer[0]);
        return 0;
    }
    pthread_t thread;
    pthread_create(&thread, 0, wait_in_call, 0);
    syscall(SYS_getpgid, 0);       /* returns when the other waits */
    execl("/proc/self/exe", argv[0], "again", (char *)0);
    return 1;
}
