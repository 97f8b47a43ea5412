/* The C library's string functions on short and long texts, with calls through the PLT-like dispatch that picks vector versions. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 100;
    static char text[65536], copy[65536 + 64], number[64];
    uint32_t state = 7;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        state = state * 1664525 + 1013904223;
        text[i] = state >> 28 == 0 ? ' ' : (char)('a' + (state >> 20) % 26);
    }
    uint64_t sum = 0;
    for (int r = 0; r < rounds; r++) {
        memcpy(copy + r % 64, text, sizeof text - 64);
        memmove(copy + 3, copy, 30000);
        sum += (uint64_t)memcmp(copy, text, sizeof text / 2) & 3;
        char *save = NULL;
        copy[40000] = 0;
        for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
            size_t length = strlen(word);
            sum = sum * 31 + length + (strchr(word, 'q') != NULL) + (strstr(word, "ab") != NULL);
            if (length < sizeof number / 2) {
                strcpy(number, word);
                strcat(number, "/x");
                sum += strcmp(number, word) > 0;
            }
        }
        for (int i = 0; i < 200; i++) {
            snprintf(number, sizeof number, "%d:%x:%.3f", i * r, i ^ r, i * 0.5 + r);
            sum += strtoul(number, NULL, 10) + strlen(number);
        }
        memset(copy, r, 20000);
        sum += (uint64_t)(memchr(text, 'z', sizeof text) != NULL);
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
