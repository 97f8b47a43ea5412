/* FT, 3-D fast Fourier transform (NAS-95-020, 2.3.4): a diffusion equation solved in the frequency domain. */
#include "npb-common.h"

typedef struct { double re, im; } complex_;

static int nx, ny, nz;
static complex_ *field, *moved, roots[256], line[256], spare[256];

static complex_ times(complex_ a, complex_ b)
{
    return (complex_){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };
}

/* Stockham's transform of one line of n values. */
static complex_ *transform(int n, int sign, int largest)
{
    complex_ *from = line, *to = spare;
    for (int half = n / 2, stride = 1; half >= 1; half /= 2, stride *= 2) {
        for (int p = 0; p < half; p++) {
            complex_ w = roots[p * stride * (largest / n)];
            w.im *= sign;
            for (int q = 0; q < stride; q++) {
                complex_ a = from[q + stride * p], b = from[q + stride * (p + half)];
                to[q + stride * 2 * p] = (complex_){ a.re + b.re, a.im + b.im };
                to[q + stride * (2 * p + 1)] = times((complex_){ a.re - b.re, a.im - b.im }, w);
            }
        }
        complex_ *t = from;
        from = to;
        to = t;
    }
    return from;
}

static void along(complex_ *g, int n, size_t step, int count1, size_t step1, int count2, size_t step2, int sign, int largest)
{
    for (int a = 0; a < count2; a++)
        for (int b = 0; b < count1; b++) {
            complex_ *base = g + a * step2 + b * step1;
            for (int i = 0; i < n; i++)
                line[i] = base[i * step];
            complex_ *result = transform(n, sign, largest);
            for (int i = 0; i < n; i++)
                base[i * step] = result[i];
        }
}

static void transform3(complex_ *g, int sign, int largest)
{
    size_t plane = (size_t)nx * ny;
    along(g, nx, 1, ny, nx, nz, plane, sign, largest);
    along(g, ny, nx, nx, 1, nz, plane, sign, largest);
    along(g, nz, plane, nx, 1, ny, nx, sign, largest);
}

int main(int argc, char **argv)
{
    char class = argc > 1 ? argv[1][0] : 'S';
    nx = class == 'S' ? 64 : class == 'W' ? 128 : 256;
    ny = class == 'S' ? 64 : class == 'W' ? 128 : 256;
    nz = class == 'S' ? 64 : class == 'W' ? 32 : 128;
    static const complex_ expected[2][6] = {
        { { 5.546087004964e+02, 4.845363331978e+02 }, { 5.546385409189e+02, 4.865304269511e+02 }, { 5.546148406171e+02, 4.883910722336e+02 },
          { 5.545423607415e+02, 4.901273169046e+02 }, { 5.544255039624e+02, 4.917475857993e+02 }, { 5.542683411902e+02, 4.932597244941e+02 } },
        { { 5.673612178944e+02, 5.293246849175e+02 }, { 5.631436885271e+02, 5.282149986629e+02 }, { 5.594024089970e+02, 5.270996558037e+02 },
          { 5.560698047020e+02, 5.260027904925e+02 }, { 5.530898991250e+02, 5.249400845633e+02 }, { 5.504159734538e+02, 5.239212247086e+02 } },
    };
    size_t points = (size_t)nx * ny * nz;
    field = malloc(points * sizeof *field);
    moved = malloc(points * sizeof *moved);
    int largest = nx;
    for (int i = 0; i < largest; i++)
        roots[i] = (complex_){ cos(2 * M_PI * i / largest), sin(2 * M_PI * i / largest) };
    int repeats = argc > 2 ? atoi(argv[2]) : 1, good = 1;
    for (int repeat = 0; repeat < repeats; repeat++) {
        uint64_t seed = 314159265;
        for (size_t i = 0; i < points; i++) {
            field[i].re = npb_random(&seed, NPB_A);
            field[i].im = npb_random(&seed, NPB_A);
        }
        transform3(field, -1, largest);
        for (int t = 1; t <= 6; t++) {
            size_t at = 0;
            for (int k = 0; k < nz; k++)
                for (int j = 0; j < ny; j++)
                    for (int i = 0; i < nx; i++, at++) {
                        int kx = i >= nx / 2 ? i - nx : i, ky = j >= ny / 2 ? j - ny : j, kz = k >= nz / 2 ? k - nz : k;
                        double factor = exp(-4e-6 * M_PI * M_PI * t * (kx * kx + ky * ky + kz * kz));
                        moved[at] = (complex_){ field[at].re * factor, field[at].im * factor };
                    }
            transform3(moved, 1, largest);
            complex_ sum = { 0, 0 };
            for (int j = 1; j <= 1024; j++) {
                complex_ x = moved[j % nx + (size_t)nx * (3 * j % ny) + (size_t)nx * ny * (5 * j % nz)];
                sum.re += x.re / points;
                sum.im += x.im / points;
            }
            if (repeat == 0)
                printf("%d %.9e %.9e\n", t, sum.re, sum.im);
            if (class != 'A') {
                complex_ e = expected[class == 'W'][t - 1];
                good &= npb_close(sum.re, e.re, 1e-11) && npb_close(sum.im, e.im, 1e-11);
            }
        }
    }
    return npb_verdict("FT", class, good);
}
