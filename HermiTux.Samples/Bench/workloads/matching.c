/* Pattern matching: a backtracking matcher, a table-driven automaton and a bit-parallel one over the same text; unpredictable branches, byte loads. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int match_here(const char *pattern, const char *text);

static int match_star(char c, const char *pattern, const char *text)
{
    do {
        if (match_here(pattern, text))
            return 1;
    } while (*text && (*text++ == c || c == '.'));
    return 0;
}

static int match_here(const char *pattern, const char *text)
{
    if (!*pattern)
        return 1;
    if (pattern[1] == '*')
        return match_star(*pattern, pattern + 2, text);
    return *text && (*pattern == '.' || *pattern == *text) && match_here(pattern + 1, text + 1);
}

/* An automaton for words of the form letter (letter | digit)* and numbers digit+ ('.' digit+)?, and strings in quotes. */
enum { START, WORD, NUMBER, POINT, FRACTION, QUOTED, ESCAPE, STATES };

static unsigned char class_of[256], table[STATES][6];

static void prepare(void)
{
    for (int c = 0; c < 256; c++)
        class_of[c] = (c | 32) >= 'a' && (c | 32) <= 'z' ? 1 : c >= '0' && c <= '9' ? 2 : c == '.' ? 3 : c == '"' ? 4 : c == '\\' ? 5 : 0;
    unsigned char rows[STATES][6] = {
        { START, WORD, NUMBER, START, QUOTED, START },        { START, WORD, WORD, START, QUOTED, START },
        { START, WORD, NUMBER, POINT, QUOTED, START },        { START, WORD, FRACTION, START, QUOTED, START },
        { START, WORD, FRACTION, START, QUOTED, START },      { QUOTED, QUOTED, QUOTED, QUOTED, START, ESCAPE },
        { QUOTED, QUOTED, QUOTED, QUOTED, QUOTED, QUOTED },
    };
    memcpy(table, rows, sizeof table);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 10;
    static char text[100001];
    const char *alphabet = "etaoin shrdlu.0123\"\\ (abc)";
    uint32_t state = 99;
    for (int i = 0; i < 100000; i++) {
        state = state * 1664525 + 1013904223;
        text[i] = alphabet[(state >> 16) % 26];
    }
    prepare();
    static const char *patterns[] = { "a.*b", "the", "s.*h.*r", "0*1", ".a.e.i", "o*p*n" };
    uint64_t sum = 0;
    for (int r = 0; r < rounds; r++) {
        for (int p = 0; p < 6; p++)
            for (int i = 0; i + 60 < 100000; i += 40) {
                char end = text[i + 40];
                text[i + 40] = 0;
                for (int k = 0; k < 40; k++)
                    if (match_here(patterns[p], text + i + k)) {
                        sum = sum * 31 + (uint64_t)k;
                        break;
                    }
                text[i + 40] = end;
            }
        int at = START;
        long tokens[STATES] = { 0 };
        for (int i = 0; i < 100000; i++) {
            int next = table[at][class_of[(unsigned char)text[i]]];
            if (next != at)
                tokens[at]++;
            at = next;
        }
        for (int i = 0; i < STATES; i++)
            sum = sum * 31 + (uint64_t)tokens[i];
        /* Approximate search (bitap) for "and the" with up to two wrong letters. */
        uint64_t mask[256], set[3] = { ~1ull, ~1ull, ~1ull };
        for (int i = 0; i < 256; i++)
            mask[i] = ~0ull;
        for (int i = 0; "and the"[i]; i++)
            mask[(unsigned char)"and the"[i]] &= ~(1ull << i);
        for (int i = 0; i < 100000; i++) {
            uint64_t old = set[0];
            set[0] = (set[0] | mask[(unsigned char)text[i]]) << 1;
            for (int d = 1; d <= 2; d++) {
                uint64_t t = set[d];
                set[d] = (old & (set[d] | mask[(unsigned char)text[i]])) << 1;
                old = t;
            }
            sum += !(set[2] & 1ull << 7);
        }
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
