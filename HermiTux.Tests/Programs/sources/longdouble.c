#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    long double values[] = { 0.0L, -0.0L, 1.0L, 1.0L / 3, 3.14159265358979323846264338327950288L, LDBL_MAX, LDBL_MIN, LDBL_EPSILON, 1e-4940L, 1e100L,
                             123456789012345678901234567890.0L, -2.5L };
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        long double v = values[i];
        printf("%.21Lg %La %.5Lf|%Le\n", v, v, fabsl(v) < 1e30L ? v : 0, v);
        printf("  %.18Lg %.18Lg %.18Lg %.18Lg %.18Lg\n", sqrtl(fabsl(v)), floorl(v / 3), fmodl(v, 7), v * v, v + 1);
    }
    for (int i = 1; i < 12; i++) {
        long double v = i * 0.37L;
        printf("%.12Lg %.12Lg %.12Lg %.12Lg %.12Lg %.12Lg\n", sinl(v), cosl(v), tanl(v), expl(v), logl(v), powl(v, 1.7L));
        printf("%.12Lg %.12Lg %.12Lg %ld %lld\n", atanl(v), atan2l(v, -2), ldexpl(v, i), lrintl(v * 10), llroundl(v * 1e10L));
    }
    char *end;
    printf("%.20Lg %.20Lg %.20Lg\n", strtold("0x1.921fb54442d18469p+1", &end), strtold("1e-4950", &end), strtold("nan", &end));
    long double sum = 0;
    for (int i = 1; i <= 1000; i++)
        sum += 1.0L / i;
    printf("%.20Lg %d %d\n", sum, isnan(sum), (int)sizeof sum);
    printf("%.17g %.9g\n", (double)sum, (float)sum);
    return 0;
}
