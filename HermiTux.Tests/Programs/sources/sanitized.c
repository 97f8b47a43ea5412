#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int shared;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void *add(void *p)
{
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&m);
        shared++;
        pthread_mutex_unlock(&m);
    }
    char *b = malloc(100);
    memset(b, (int)(long)p, 100);
    free(b);
    return 0;
}
static int race;
static void *races(void *p) { race++; return 0; }
int main(int argc, char **argv)
{
    pthread_t t[4];
    for (long i = 0; i < 4; i++)
        pthread_create(&t[i], 0, add, (void *)i);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], 0);
    printf("%d\n", shared);
    fflush(stdout);
    char *p = malloc(10 + argc);
    if (argc > 1 && !strcmp(argv[1], "overflow"))
        p[10 + argc] = 1;
    if (argc > 1 && !strcmp(argv[1], "use-after-free")) {
        free(p);
        return p[0];
    }
    if (argc > 1 && !strcmp(argv[1], "shift"))
        printf("%d\n", 1 << (31 + argc));
    if (argc > 1 && !strcmp(argv[1], "null"))
        return *(volatile int *)(long)(argc - 2);
    if (argc > 1 && !strcmp(argv[1], "race")) {
        pthread_create(&t[0], 0, races, 0);
        race++;
        pthread_join(t[0], 0);
    }
    free(p);
    return 0;
}
