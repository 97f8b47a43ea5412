/* MG, multigrid (NAS-95-020, 2.3.2): V-cycles for a Poisson problem on a periodic cube. */
#include "npb-common.h"

#define LEVELS 9
static int top, size[LEVELS];
static double *u[LEVELS], *r[LEVELS], *v;

#define AT(g, n, i, j, k) (g)[((size_t)(i) * (n) + (j)) * (n) + (k)]

/* Each grid has a layer of copies around it, so that every point has all its neighbours. n counts that layer. */
static void exchange(double *g, int n)
{
    for (int i = 1; i < n - 1; i++)
        for (int j = 1; j < n - 1; j++) {
            AT(g, n, i, j, 0) = AT(g, n, i, j, n - 2);
            AT(g, n, i, j, n - 1) = AT(g, n, i, j, 1);
        }
    for (int i = 1; i < n - 1; i++)
        for (int k = 0; k < n; k++) {
            AT(g, n, i, 0, k) = AT(g, n, i, n - 2, k);
            AT(g, n, i, n - 1, k) = AT(g, n, i, 1, k);
        }
    for (int j = 0; j < n; j++)
        for (int k = 0; k < n; k++) {
            AT(g, n, 0, j, k) = AT(g, n, n - 2, j, k);
            AT(g, n, n - 1, j, k) = AT(g, n, 1, j, k);
        }
}

/* Sums over the neighbours that share a face, an edge, a corner. */
#define FACES(g) (AT(g, n, i, j, k - 1) + AT(g, n, i, j, k + 1) + f[k])
#define LINES(g)                                                                                                        \
    for (int k = 0; k < n; k++) {                                                                                       \
        f[k] = AT(g, n, i, j - 1, k) + AT(g, n, i, j + 1, k) + AT(g, n, i - 1, j, k) + AT(g, n, i + 1, j, k);           \
        e[k] = AT(g, n, i - 1, j - 1, k) + AT(g, n, i - 1, j + 1, k) + AT(g, n, i + 1, j - 1, k) + AT(g, n, i + 1, j + 1, k); \
    }

static void residual(const double *u, const double *v, double *r, int n)
{
    double f[514], e[514];
    for (int i = 1; i < n - 1; i++)
        for (int j = 1; j < n - 1; j++) {
            LINES(u)
            for (int k = 1; k < n - 1; k++)
                AT(r, n, i, j, k) = AT(v, n, i, j, k) + 8.0 / 3 * AT(u, n, i, j, k) - 1.0 / 6 * (e[k] + f[k - 1] + f[k + 1]) -
                                    1.0 / 12 * (e[k - 1] + e[k + 1]);
        }
    exchange(r, n);
}

static void smooth(const double *r, double *u, int n)
{
    double f[514], e[514];
    for (int i = 1; i < n - 1; i++)
        for (int j = 1; j < n - 1; j++) {
            LINES(r)
            for (int k = 1; k < n - 1; k++)
                AT(u, n, i, j, k) += -3.0 / 8 * AT(r, n, i, j, k) + 1.0 / 32 * FACES(r) - 1.0 / 64 * (e[k] + f[k - 1] + f[k + 1]);
        }
    exchange(u, n);
}

static void restrict_(const double *fine, int nf, double *coarse, int nc)
{
    for (int ci = 1; ci < nc - 1; ci++)
        for (int cj = 1; cj < nc - 1; cj++)
            for (int ck = 1; ck < nc - 1; ck++) {
                double s[4] = { 0 };
                for (int a = -1; a <= 1; a++)
                    for (int b = -1; b <= 1; b++)
                        for (int c = -1; c <= 1; c++)
                            s[abs(a) + abs(b) + abs(c)] += AT(fine, nf, 2 * ci + a, 2 * cj + b, 2 * ck + c);
                AT(coarse, nc, ci, cj, ck) = 0.5 * s[0] + 0.25 * s[1] + 0.125 * s[2] + 0.0625 * s[3];
            }
    exchange(coarse, nc);
}

static void prolong(const double *coarse, int nc, double *fine, int nf)
{
    for (int i = 0; i < nc - 1; i++)
        for (int j = 0; j < nc - 1; j++) {
            for (int k = 0; k < nc - 1; k++) {
                double c000 = AT(coarse, nc, i, j, k), c001 = AT(coarse, nc, i, j, k + 1), c010 = AT(coarse, nc, i, j + 1, k);
                double c011 = AT(coarse, nc, i, j + 1, k + 1), c100 = AT(coarse, nc, i + 1, j, k), c101 = AT(coarse, nc, i + 1, j, k + 1);
                double c110 = AT(coarse, nc, i + 1, j + 1, k), c111 = AT(coarse, nc, i + 1, j + 1, k + 1);
                AT(fine, nf, 2 * i, 2 * j, 2 * k) += c000;
                AT(fine, nf, 2 * i, 2 * j, 2 * k + 1) += 0.5 * (c000 + c001);
                AT(fine, nf, 2 * i, 2 * j + 1, 2 * k) += 0.5 * (c000 + c010);
                AT(fine, nf, 2 * i, 2 * j + 1, 2 * k + 1) += 0.25 * (c000 + c001 + c010 + c011);
                AT(fine, nf, 2 * i + 1, 2 * j, 2 * k) += 0.5 * (c000 + c100);
                AT(fine, nf, 2 * i + 1, 2 * j, 2 * k + 1) += 0.25 * (c000 + c001 + c100 + c101);
                AT(fine, nf, 2 * i + 1, 2 * j + 1, 2 * k) += 0.25 * (c000 + c010 + c100 + c110);
                AT(fine, nf, 2 * i + 1, 2 * j + 1, 2 * k + 1) += 0.125 * (c000 + c001 + c010 + c011 + c100 + c101 + c110 + c111);
            }
        }
}

static size_t points(int level) { return (size_t)size[level] * size[level] * size[level]; }

static void cycle(void)
{
    for (int k = top; k > 1; k--)
        restrict_(r[k], size[k], r[k - 1], size[k - 1]);
    memset(u[1], 0, points(1) * sizeof(double));
    smooth(r[1], u[1], size[1]);
    for (int k = 2; k < top; k++) {
        memset(u[k], 0, points(k) * sizeof(double));
        prolong(u[k - 1], size[k - 1], u[k], size[k]);
        residual(u[k], r[k], r[k], size[k]);
        smooth(r[k], u[k], size[k]);
    }
    prolong(u[top - 1], size[top - 1], u[top], size[top]);
    residual(u[top], v, r[top], size[top]);
    smooth(r[top], u[top], size[top]);
}

/* The charges: 1 at the ten greatest, -1 at the ten least of the random numbers. */
static void charges(void)
{
    int n = size[top], m = n - 2;
    double best[2][10];
    size_t where[2][10];
    int count = 0;
    uint64_t seed = 314159265;
    for (int i = 1; i <= m; i++)
        for (int j = 1; j <= m; j++)
            for (int k = 1; k <= m; k++) {
                double x = npb_random(&seed, NPB_A);
                size_t at = ((size_t)i * n + j) * n + k;
                for (int side = 0; side < 2; side++) {
                    double y = side ? -x : x;
                    if (count >= 10 && y <= best[side][9])
                        continue;
                    int slot = count < 10 ? count : 9;
                    while (slot > 0 && best[side][slot - 1] < y) {
                        best[side][slot] = best[side][slot - 1];
                        where[side][slot] = where[side][slot - 1];
                        slot--;
                    }
                    best[side][slot] = y;
                    where[side][slot] = at;
                }
                count++;
            }
    memset(v, 0, points(top) * sizeof(double));
    for (int i = 0; i < 10; i++) {
        v[where[0][i]] = 1;
        v[where[1][i]] = -1;
    }
    exchange(v, n);
}

int main(int argc, char **argv)
{
    char class = argc > 1 ? argv[1][0] : 'S';
    top = class == 'S' ? 5 : class == 'W' ? 7 : 8;
    double expected = class == 'S' ? 0.5307707005734e-04 : class == 'W' ? 0.6467329375339e-05 : 0.2433365309069e-05;
    for (int k = 1; k <= top; k++) {
        size[k] = (1 << k) + 2;
        u[k] = calloc(points(k), sizeof(double));
        r[k] = calloc(points(k), sizeof(double));
    }
    v = calloc(points(top), sizeof(double));
    charges();
    residual(u[top], v, r[top], size[top]);
    for (int i = 0; i < 4; i++) {
        cycle();
        residual(u[top], v, r[top], size[top]);
    }
    int n = size[top];
    double sum = 0;
    for (int i = 1; i < n - 1; i++)
        for (int j = 1; j < n - 1; j++)
            for (int k = 1; k < n - 1; k++)
                sum += AT(r[top], n, i, j, k) * AT(r[top], n, i, j, k);
    double norm = sqrt(sum / ((double)(n - 2) * (n - 2) * (n - 2)));
    printf("norm %.10e\n", norm);
    return npb_verdict("MG", class, npb_close(norm, expected, 1e-8));
}
