#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

static jmp_buf here;
static sigjmp_buf there;

static void deep(int n)
{
    if (n == 0)
        longjmp(here, 42);
    deep(n - 1);
}

static void on_fpe(int sig)
{
    siglongjmp(there, sig);
}

int main(void)
{
    volatile int count = 0;
    int r = setjmp(here);
    count++;
    if (r == 0)
        deep(50);
    printf("longjmp gave %d after %d\n", r, count);

    signal(SIGFPE, on_fpe);
    signal(SIGSEGV, on_fpe);
    signal(SIGILL, on_fpe);
    volatile int zero = 0;
    r = sigsetjmp(there, 1);
    if (r == 0)
        printf("%d\n", 1 / zero);
    else
        printf("caught %d\n", r);
    r = sigsetjmp(there, 1);
    if (r == 0)
        *(volatile int *)16 = 1;
    else
        printf("caught %d\n", r);
    r = sigsetjmp(there, 1);
    if (r == 0)
        __builtin_trap();
    else
        printf("caught %d\n", r);
    return 7;
}
