#include <omp.h>
#include <stdio.h>

int main(void)
{
    double sum = 0;
    long count = 0;
    int threads = 0;
    omp_set_num_threads(4);
#pragma omp parallel for reduction(+ : sum) schedule(dynamic, 64)
    for (int i = 1; i <= 20000; i++)
        sum += i;
#pragma omp parallel
    {
#pragma omp atomic
        threads++;
#pragma omp barrier
#pragma omp for
        for (int i = 0; i < 1000; i++)
#pragma omp critical
            count += i;
#pragma omp single
        for (int i = 0; i < 50; i++)
#pragma omp task
        {
#pragma omp atomic
            count++;
        }
    }
    printf("%g %ld %d\n", sum, count, threads);
    return 0;
}
