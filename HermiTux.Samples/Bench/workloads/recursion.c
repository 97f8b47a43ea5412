/* Recursion alone: Fibonacci, Ackermann, Takeuchi and the towers of Hanoi; calls, returns and the stack. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static int ackermann(int m, int n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static int takeuchi(int x, int y, int z)
{
    return y >= x ? z : takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static int hanoi(int n, int from, int to, int by)
{
    return n == 0 ? 0 : hanoi(n - 1, from, by, to) + (from ^ to) % 3 + hanoi(n - 1, by, to, from);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    unsigned sum = 0;
    for (int i = 0; i < rounds; i++)
        sum = sum * 31 + fibonacci(29) + ackermann(2, 1000) + ackermann(3, 6) + takeuchi(18, 12, 6) + hanoi(18, 1, 2, 3);
    printf("%u\n", sum);
    return 0;
}
