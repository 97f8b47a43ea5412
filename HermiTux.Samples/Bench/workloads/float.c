/* Floating point: n-body, a matrix product and elementary functions in double precision. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define N 96

static double a[N][N], b[N][N], c[N][N];

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 10;
    double x[5][3], v[5][3], sum = 0;
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 3; k++) {
            x[i][k] = (i * 7 + k * 3) % 11 * 0.9 + i;
            v[i][k] = (i + k) % 3 * 0.01;
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (i * j) % 17 * 0.25;
            b[i][j] = (i + j) % 13 * 0.5;
        }
    for (int r = 0; r < rounds; r++) {
        for (int step = 0; step < 2000; step++) {
            for (int i = 0; i < 5; i++)
                for (int j = i + 1; j < 5; j++) {
                    double d[3], d2 = 0.01;
                    for (int k = 0; k < 3; k++) {
                        d[k] = x[i][k] - x[j][k];
                        d2 += d[k] * d[k];
                    }
                    double m = 0.001 / (d2 * sqrt(d2));
                    for (int k = 0; k < 3; k++) {
                        v[i][k] -= d[k] * m;
                        v[j][k] += d[k] * m;
                    }
                }
            for (int i = 0; i < 5; i++)
                for (int k = 0; k < 3; k++)
                    x[i][k] += v[i][k] * 0.01;
        }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double s = 0;
                for (int k = 0; k < N; k++)
                    s += a[i][k] * b[k][j];
                c[i][j] = s;
            }
        for (int i = 1; i < 5000; i++)
            sum += sin(i * 0.01) * exp(-i * 0.001) + log(i) + pow(i, 0.3);
        sum += c[r % N][(r * 7) % N];
    }
    printf("%.9f %.9f\n", sum, x[0][0]);
    return 0;
}
