/* EP, embarrassingly parallel (NAS-95-020, 2.3.1): Gaussian deviates by the polar method, counted in square annuli. */
#include "npb-common.h"

int main(int argc, char **argv)
{
    char class = argc > 1 ? argv[1][0] : 'S';
    int m = class == 'T' ? 20 : class == 'S' ? 24 : class == 'W' ? 25 : 28;
    double expected_x = class == 'S' ? -3.247834652034740e+3 : class == 'W' ? -2.863319731645753e+3 : -4.295875165629892e+3;
    double expected_y = class == 'S' ? -6.958407078382297e+3 : class == 'W' ? -6.320053679109499e+3 : -1.580732573678431e+4;
    uint64_t seed = 271828183, pairs = 1ull << m;
    double sx = 0, sy = 0;
    long count[10] = { 0 };
    for (uint64_t i = 0; i < pairs; i++) {
        double x = 2 * npb_random(&seed, NPB_A) - 1;
        double y = 2 * npb_random(&seed, NPB_A) - 1;
        double t = x * x + y * y;
        if (t <= 1) {
            double f = sqrt(-2 * log(t) / t);
            double gx = x * f, gy = y * f;
            double top = fabs(gx) > fabs(gy) ? fabs(gx) : fabs(gy);
            count[(int)top]++;
            sx += gx;
            sy += gy;
        }
    }
    long all = 0;
    for (int i = 0; i < 10; i++) {
        printf("%d %ld\n", i, count[i]);
        all += count[i];
    }
    printf("%ld pairs, sums %.6f %.6f\n", all, sx, sy);
    if (class == 'T')
        return npb_verdict("EP", class, fabs(sx) < 5000 && fabs(sy) < 5000 && all > 0.78 * pairs && all < 0.79 * pairs);
    return npb_verdict("EP", class, npb_close(sx, expected_x, 1e-8) && npb_close(sy, expected_y, 1e-8));
}
