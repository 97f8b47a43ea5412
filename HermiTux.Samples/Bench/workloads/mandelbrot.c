/* The Mandelbrot set, two points at a time with SSE2 and four with AVX: both pictures must be the same. */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t with_sse(int n)
{
    uint64_t sum = 0;
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x += 2) {
            __m128d cr = _mm_set_pd(2.0 * (x + 1) / n - 1.5, 2.0 * x / n - 1.5), ci = _mm_set1_pd(2.0 * y / n - 1.0);
            __m128d zr = cr, zi = ci, four = _mm_set1_pd(4);
            __m128i count = _mm_setzero_si128();
            for (int i = 0; i < 100; i++) {
                __m128d r2 = _mm_mul_pd(zr, zr), i2 = _mm_mul_pd(zi, zi);
                __m128d inside = _mm_cmple_pd(_mm_add_pd(r2, i2), four);
                if (!_mm_movemask_pd(inside))
                    break;
                count = _mm_sub_epi64(count, _mm_castpd_si128(inside));
                zi = _mm_add_pd(_mm_mul_pd(_mm_add_pd(zr, zr), zi), ci);
                zr = _mm_add_pd(_mm_sub_pd(r2, i2), cr);
            }
            uint64_t c[2];
            _mm_storeu_si128((__m128i *)c, count);
            sum = (sum * 31 + c[0]) * 31 + c[1];
        }
    return sum;
}

__attribute__((target("avx2"))) static uint64_t with_avx(int n)
{
    uint64_t sum = 0;
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x += 4) {
            __m256d cr = _mm256_set_pd(2.0 * (x + 3) / n - 1.5, 2.0 * (x + 2) / n - 1.5, 2.0 * (x + 1) / n - 1.5, 2.0 * x / n - 1.5);
            __m256d ci = _mm256_set1_pd(2.0 * y / n - 1.0), zr = cr, zi = ci, four = _mm256_set1_pd(4);
            __m256i count = _mm256_setzero_si256();
            for (int i = 0; i < 100; i++) {
                __m256d r2 = _mm256_mul_pd(zr, zr), i2 = _mm256_mul_pd(zi, zi);
                __m256d inside = _mm256_cmp_pd(_mm256_add_pd(r2, i2), four, _CMP_LE_OQ);
                if (!_mm256_movemask_pd(inside))
                    break;
                count = _mm256_sub_epi64(count, _mm256_castpd_si256(inside));
                zi = _mm256_add_pd(_mm256_mul_pd(_mm256_add_pd(zr, zr), zi), ci);
                zr = _mm256_add_pd(_mm256_sub_pd(r2, i2), cr);
            }
            uint64_t c[4];
            _mm256_storeu_si256((__m256i *)c, count);
            sum = (((sum * 31 + c[0]) * 31 + c[1]) * 31 + c[2]) * 31 + c[3];
        }
    return sum;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 200;
    uint64_t sse = with_sse(n);
    uint64_t avx = __builtin_cpu_supports("avx2") ? with_avx(n) : sse;
    printf("%llu\n", (unsigned long long)sse);
    return sse != avx;
}
