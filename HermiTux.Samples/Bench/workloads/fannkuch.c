/* Flips of all permutations of n pancakes: small arrays, unpredictable branches. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 8;
    int order[16], work[16], count[16], most = 0, r = n;
    long checksum = 0;
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (long number = 0;; number++) {
        for (; r != 1; r--)
            count[r - 1] = r;
        for (int i = 0; i < n; i++)
            work[i] = order[i];
        int flips = 0;
        for (int first; (first = work[0]) != 0; flips++)
            for (int i = 0, j = first; i < j; i++, j--) {
                int t = work[i];
                work[i] = work[j];
                work[j] = t;
            }
        if (flips > most)
            most = flips;
        checksum += number % 2 ? -flips : flips;
        for (;;) {
            if (r == n) {
                printf("%ld %d\n", checksum, most);
                return 0;
            }
            int first = order[0];
            for (int i = 0; i < r; i++)
                order[i] = order[i + 1];
            order[r] = first;
            if (--count[r] > 0)
                break;
            r++;
        }
    }
}
