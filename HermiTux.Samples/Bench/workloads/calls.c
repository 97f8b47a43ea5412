/* Call-heavy: recursion, function pointers and small leaf functions. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static int fib(int n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

__attribute__((noinline)) static int ackermann(int m, int n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static int add(int a, int b) { return a + b; }
static int sub(int a, int b) { return a - b; }
static int mul(int a, int b) { return a * b; }
static int xor_(int a, int b) { return a ^ b; }

typedef int (*operation)(int, int);

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 5;
    static operation volatile table[4] = { add, sub, mul, xor_ };
    unsigned sum = 0;
    for (int r = 0; r < rounds; r++) {
        sum += (unsigned)fib(25);
        sum += (unsigned)ackermann(2, 300);
        int v = r + 1;
        for (int i = 0; i < 500000; i++)
            v = table[(v ^ i) & 3](v, i);
        sum += (unsigned)v;
    }
    printf("%u\n", sum);
    return 0;
}
