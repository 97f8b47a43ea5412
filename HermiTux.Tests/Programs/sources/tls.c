#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static __thread int counter = 5;
static __thread char text[64] = "initial";
__thread long long big[100];

int main(void)
{
    counter += 10;
    strcat(text, " and more");
    for (int i = 0; i < 100; i++)
        big[i] = i * i;
    printf("%d %s %lld %d\n", counter, text, big[99], (int)((unsigned long)&big % 8));
    errno = 0;
    long r = close(9999);
    printf("%ld %d %s\n", r, errno, strerror(errno));
    return 0;
}
