/* The pseudorandom numbers of the NAS Parallel Benchmarks (NAS-95-020, 2.2): x' = a x mod 2^46, reported as x 2^-46. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NPB_A 1220703125u /* 5^13 */
#define NPB_MASK ((1ull << 46) - 1)

static inline double npb_random(uint64_t *x, uint64_t a)
{
    *x = *x * a & NPB_MASK; /* the product modulo 2^64 has its low 46 bits right */
    return (double)*x * (1.0 / (double)(1ull << 46));
}

static inline int npb_close(double value, double expected, double epsilon)
{
    return fabs((value - expected) / expected) <= epsilon;
}

static int npb_verdict(const char *name, char class, int good)
{
    printf("%s class %c: %s\n", name, class, good ? "verified" : "WRONG");
    return good ? 0 : 1;
}
