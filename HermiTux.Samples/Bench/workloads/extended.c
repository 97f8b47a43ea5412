/* The x87 unit: long double arithmetic, Horner's rule, continued fractions, and the C library's functions on them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 10;
    static long double a[256], m[24][24];
    long double sum = 0;
    for (int i = 0; i < 256; i++)
        a[i] = (i % 17 - 8) / (long double)(i + 1);
    for (int r = 0; r < rounds; r++) {
        for (int k = 0; k < 400; k++) {
            long double x = k / 401.0L, y = 0, f = 1;
            for (int i = 255; i >= 0; i--)
                y = y * x + a[i];
            for (int i = 60; i > 0; i--)
                f = i + x / f;
            sum += y + f;
        }
        for (int i = 0; i < 24; i++)
            for (int j = 0; j < 24; j++)
                m[i][j] = i == j ? 30 + r % 7 : ((i * 7 + j * 3) % 11) / 10.0L;
        for (int k = 0; k < 24; k++)
            for (int i = k + 1; i < 24; i++) {
                long double factor = m[i][k] / m[k][k];
                for (int j = k; j < 24; j++)
                    m[i][j] -= factor * m[k][j];
            }
        long double determinant = 1;
        for (int k = 0; k < 24; k++)
            determinant *= m[k][k] / 32;
        for (int i = 1; i < 200; i++)
            sum += sqrtl(i) + fabsl(floorl(i * 0.3L)) + fmodl(i * 3.7L, 2.3L) + ldexpl(1, -i % 60);
        sum += determinant;
    }
    printf("%.12Le\n", sum);
    return 0;
}
