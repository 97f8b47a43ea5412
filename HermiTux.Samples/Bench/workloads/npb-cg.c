/* CG, conjugate gradient (NAS-95-020, 2.3.3): the smallest eigenvalue of a large sparse matrix by the inverse power method. */
#include "npb-common.h"

static int n, nonzer;
static double shift;
static int *start, *column;
static double *value, *x, *z, *p, *q, *r;

/* A row of the generated vectors: nonzer random places and values, and 0.5 at the row's own place. */
static int make_vector(uint64_t *seed, int size, int row, int *place, double *v)
{
    int found = 0;
    while (found < nonzer) {
        double element = npb_random(seed, NPB_A);
        int i = (int)(size * npb_random(seed, NPB_A));
        int known = i >= n;
        for (int k = 0; k < found && !known; k++)
            known = place[k] == i;
        if (!known) {
            place[found] = i;
            v[found++] = element;
        }
    }
    for (int k = 0; k < found; k++)
        if (place[k] == row) {
            v[k] = 0.5;
            return found;
        }
    place[found] = row;
    v[found] = 0.5;
    return found + 1;
}

static void make_matrix(uint64_t *seed)
{
    const double condition = 0.1;
    int size = 1, width = nonzer + 1;
    while (size < n)
        size *= 2;
    int *place = malloc((size_t)n * width * sizeof *place), *length = malloc(n * sizeof *length);
    double *v = malloc((size_t)n * width * sizeof *v);
    start = calloc(n + 1, sizeof *start);
    for (int i = 0; i < n; i++) {
        length[i] = make_vector(seed, size, i, place + (size_t)i * width, v + (size_t)i * width);
        for (int k = 0; k < length[i]; k++)
            start[place[(size_t)i * width + k] + 1] += length[i];
    }
    for (int i = 0; i < n; i++)
        start[i + 1] += start[i];
    column = malloc((size_t)start[n] * sizeof *column);
    value = malloc((size_t)start[n] * sizeof *value);
    int *used = calloc(n, sizeof *used);
    double weight = 1, ratio = pow(condition, 1.0 / n);
    for (int i = 0; i < n; i++) {
        int *at = place + (size_t)i * width;
        double *of = v + (size_t)i * width;
        for (int a = 0; a < length[i]; a++) {
            int row = at[a];
            for (int b = 0; b < length[i]; b++) {
                double element = of[b] * (of[a] * weight);
                if (at[b] == row && row == i)
                    element += condition - shift;
                int k = 0;
                while (k < used[row] && column[start[row] + k] < at[b])
                    k++;
                if (k < used[row] && column[start[row] + k] == at[b]) {
                    value[start[row] + k] += element;
                    continue;
                }
                memmove(column + start[row] + k + 1, column + start[row] + k, (used[row] - k) * sizeof *column);
                memmove(value + start[row] + k + 1, value + start[row] + k, (used[row] - k) * sizeof *value);
                column[start[row] + k] = at[b];
                value[start[row] + k] = element;
                used[row]++;
            }
        }
        weight *= ratio;
    }
    int to = 0;
    for (int i = 0; i < n; i++) { /* close the gaps that duplicates left */
        int from = start[i];
        start[i] = to;
        for (int k = 0; k < used[i]; k++, to++) {
            column[to] = column[from + k];
            value[to] = value[from + k];
        }
    }
    start[n] = to;
    free(place);
    free(length);
    free(v);
    free(used);
}

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void multiply(const double *from, double *to)
{
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = start[i]; k < start[i + 1]; k++)
            sum += value[k] * from[column[k]];
        to[i] = sum;
    }
}

static double conjugate_gradient(void)
{
    for (int i = 0; i < n; i++) {
        z[i] = q[i] = 0;
        r[i] = p[i] = x[i];
    }
    double rho = dot(r, r);
    for (int iteration = 0; iteration < 25; iteration++) {
        multiply(p, q);
        double alpha = rho / dot(p, q), rho0 = rho;
        for (int i = 0; i < n; i++) {
            z[i] += alpha * p[i];
            r[i] -= alpha * q[i];
        }
        rho = dot(r, r);
        double beta = rho / rho0;
        for (int i = 0; i < n; i++)
            p[i] = r[i] + beta * p[i];
    }
    multiply(z, r);
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (x[i] - r[i]) * (x[i] - r[i]);
    return sqrt(sum);
}

int main(int argc, char **argv)
{
    char class = argc > 1 ? argv[1][0] : 'S';
    n = class == 'S' ? 1400 : class == 'W' ? 7000 : 14000;
    nonzer = class == 'S' ? 7 : class == 'W' ? 8 : 11;
    shift = class == 'S' ? 10 : class == 'W' ? 12 : 20;
    double expected = class == 'S' ? 8.5971775078648 : class == 'W' ? 10.362595087124 : 17.130235054029;
    int iterations = argc > 2 ? atoi(argv[2]) : 15;
    uint64_t seed = 314159265;
    double zeta = npb_random(&seed, NPB_A);
    make_matrix(&seed);
    double **vectors[] = { &x, &z, &p, &q, &r };
    for (int i = 0; i < 5; i++)
        *vectors[i] = malloc(n * sizeof(double));
    for (int i = 0; i < n; i++)
        x[i] = 1;
    double residual = 0;
    for (int iteration = 0; iteration < iterations; iteration++) {
        residual = conjugate_gradient();
        zeta = shift + 1 / dot(x, z);
        double scale = 1 / sqrt(dot(z, z));
        for (int i = 0; i < n; i++)
            x[i] = scale * z[i];
    }
    printf("%d elements, zeta %.10f, residual small: %d\n", start[n], zeta, residual < 1e-9);
    return iterations == 15 ? npb_verdict("CG", class, npb_close(zeta, expected, 1e-10)) : 0;
}
