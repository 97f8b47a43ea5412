// Ways for a process with several threads to end.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_t main_thread;
static volatile int go;

static void *after_main(void *p)
{
    void *result;
    pthread_join(main_thread, &result);
    printf("main returned %ld\n", (long)result);
    return NULL;
}

static void *exits(void *p)
{
    printf("exiting\n");
    exit(7);
}

static void *spins(void *p)
{
    for (;;)
        go = 1;
}

static void *waits(void *p)
{
    pause();
    return NULL;
}

static void *crashes(void *p)
{
    *(volatile int *)16 = 1;
    return NULL;
}

static void *raw(void *p)
{
    pthread_join(main_thread, NULL);
    syscall(SYS_exit, 9);
    return NULL;
}

static void *executes(void *p)
{
    char *argv[] = { "/proc/self/exe", "executed", NULL }, *envp[] = { NULL };
    execve((char *)p, argv, envp);
    printf("not executed\n");
    _exit(1);
}

int main(int argc, char **argv)
{
    pthread_t t, u;
    main_thread = pthread_self();
    setvbuf(stdout, NULL, _IONBF, 0);
    if (!strcmp(argv[1], "executed")) {
        printf("one thread %d\n", getpid() == syscall(SYS_gettid));
        pthread_create(&t, NULL, waits, NULL);
        pthread_cancel(t);
        pthread_join(t, NULL);
        return 21;
    }
    pthread_create(&u, NULL, waits, NULL);
    if (!strcmp(argv[1], "return")) {
        pthread_create(&t, NULL, spins, NULL);
        return 3;
    }
    if (!strcmp(argv[1], "main")) {
        pthread_cancel(u);
        pthread_create(&t, NULL, after_main, NULL);
        pthread_exit((void *)5);
    }
    if (!strcmp(argv[1], "raw")) {
        pthread_cancel(u);
        pthread_join(u, NULL);
        pthread_create(&t, NULL, raw, NULL);
        syscall(SYS_exit, 5);
    }
    if (!strcmp(argv[1], "other")) {
        pthread_create(&t, NULL, exits, NULL);
        pthread_join(u, NULL);
    }
    if (!strcmp(argv[1], "crash")) {
        pthread_create(&t, NULL, crashes, NULL);
        pthread_join(t, NULL);
    }
    if (!strcmp(argv[1], "kill")) {
        pthread_create(&t, NULL, spins, NULL);
        while (!go)
            ;
        kill(getpid(), SIGTERM);
        pthread_join(t, NULL);
    }
    if (!strcmp(argv[1], "exec")) {
        pthread_create(&t, NULL, spins, NULL);
        while (!go)
            ;
        pthread_create(&t, NULL, executes, argv[0]);
        pthread_join(u, NULL);
    }
    return 99;
}
