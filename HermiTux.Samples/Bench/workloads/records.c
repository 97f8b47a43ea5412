/* A systems-programming mix in the manner of synthetic benchmarks: records, strings, small procedures with pointers to results, enumerations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { FIRST, SECOND, THIRD, FOURTH, FIFTH };

struct record {
    struct record *next;
    enum kind kind, other;
    int number;
    char text[32];
};

static struct record *head, *following;
static int integer, array1[50], array2[50][50];
static char letter1, letter2;
static int flag;

__attribute__((noinline)) static enum kind classify(char a, char b)
{
    char c = a, d = c;
    if (d != b)
        return FIRST;
    letter1 = c;
    return SECOND;
}

__attribute__((noinline)) static int compare(const char *a, const char *b)
{
    int i = 2;
    char c = 'A';
    while (i <= 2)
        if (classify(a[i], b[i + 1]) == FIRST) {
            c = 'B';
            i++;
        } else
            c = 'R';
    if (c >= 'W' && c < 'Z')
        i = 7;
    if (c == 'R')
        return 1;
    if (strcmp(a, b) > 0) {
        integer = i + 7;
        return 1;
    }
    return 0;
}

__attribute__((noinline)) static int is_third(enum kind k) { return k == THIRD; }

__attribute__((noinline)) static void add(int a, int b, int *result) { *result = a + 2 + b; }

__attribute__((noinline)) static void map(enum kind k, enum kind *result)
{
    *result = is_third(k) ? k : FOURTH;
    switch (k) {
    case FIRST: *result = FIRST; break;
    case SECOND: *result = integer > 100 ? FIRST : FOURTH; break;
    case THIRD: *result = SECOND; break;
    case FOURTH: break;
    case FIFTH: *result = THIRD; break;
    }
}

__attribute__((noinline)) static void third(struct record **p)
{
    if (head)
        *p = head->next;
    add(10, integer, &head->number);
}

__attribute__((noinline)) static void first(struct record *p)
{
    struct record *n = p->next;
    *p->next = *head;
    p->number = 5;
    n->number = p->number;
    n->next = p->next;
    third(&n->next);
    if (n->kind == FIRST) {
        n->number = 6;
        map(p->other, &n->other);
        n->next = head->next;
        add(n->number, 10, &n->number);
    } else
        *p = *p->next;
}

__attribute__((noinline)) static void second(int *p)
{
    int x = *p + 10;
    for (;;)
        if (letter1 == 'A') {
            x--;
            *p = x - integer;
            return;
        }
}

__attribute__((noinline)) static void fill(int a[50], int b[50][50], int i, int v)
{
    int at = i + 5;
    a[at] = v;
    a[at + 1] = a[at];
    a[at + 30] = at;
    for (int k = at; k <= at + 1; k++)
        b[at][k] = at;
    b[at][at - 1]++;
    b[at + 20][at] = a[at];
    integer = 5;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 100000;
    following = malloc(sizeof *following);
    head = malloc(sizeof *head);
    memset(following, 0, sizeof *following);
    head->next = following;
    head->kind = FIRST;
    head->other = THIRD;
    head->number = 40;
    strcpy(head->text, "A RECORD THAT IS COPIED OFTEN");
    array2[8][7] = 10;
    int a = 0, b = 0, c = 0;
    char s1[32], s2[32];
    strcpy(s1, "THE FIRST STRING OF THE MIX");
    for (int i = 1; i <= rounds; i++) {
        letter1 = 'A';
        flag |= letter1 == 'A';
        letter2 = 'B';
        a = 2;
        b = 3;
        strcpy(s2, i & 1 ? "THE SECOND STRING OF THE MIX" : "THE THIRD STRING OF THE MIX");
        enum kind k = SECOND;
        flag = !compare(s1, s2);
        while (a < b) {
            c = 5 * a - b;
            add(a, b, &c);
            a++;
        }
        fill(array1, array2, a, c);
        first(head);
        for (char x = 'A'; x <= letter2; x++)
            if (k == classify(x, 'C')) {
                map(FIRST, &k);
                b = i;
            }
        b = b * a;
        a = b / c;
        b = 7 * (b - c) - a;
        second(&a);
    }
    printf("%d %d %d %d %d %d %d %s\n", a, b, c, integer, flag, array1[8], array2[8][7], head->text);
    return 0;
}
