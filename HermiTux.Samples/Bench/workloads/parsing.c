/* A JSON reader and writer by recursive descent: switches, small allocations, number parsing, byte at a time. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { NIL, FALSE_, TRUE_, NUMBER, TEXT, LIST, OBJECT };

struct value { enum kind kind; double number; char *text; int count, room; struct value *items; char **keys; };

static const char *at;

static void space(void)
{
    while (*at == ' ' || *at == '\n' || *at == '\t')
        at++;
}

static char *parse_text(void)
{
    size_t room = 16, length = 0;
    char *t = malloc(room);
    for (at++; *at != '"'; at++) {
        char c = *at;
        if (c == '\\')
            switch (*++at) {
            case 'n': c = '\n'; break;
            case 't': c = '\t'; break;
            case 'r': c = '\r'; break;
            case 'b': c = '\b'; break;
            case 'f': c = '\f'; break;
            case 'u': c = (char)strtol((char[]){ at[3], at[4], 0 }, NULL, 16); at += 4; break;
            default: c = *at;
            }
        if (length + 1 >= room)
            t = realloc(t, room *= 2);
        t[length++] = c;
    }
    at++;
    t[length] = 0;
    return t;
}

static double parse_number(void)
{
    double sign = 1, v = 0, scale = 1;
    if (*at == '-') {
        sign = -1;
        at++;
    }
    for (; *at >= '0' && *at <= '9'; at++)
        v = v * 10 + (*at - '0');
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++)
            v += (*at - '0') * (scale /= 10);
    if (*at == 'e') {
        int e = 0, down = 0;
        if (*++at == '-') {
            down = 1;
            at++;
        }
        for (; *at >= '0' && *at <= '9'; at++)
            e = e * 10 + (*at - '0');
        for (; e > 0; e--)
            v = down ? v / 10 : v * 10;
    }
    return sign * v;
}

static struct value parse(void)
{
    struct value v = { 0 };
    space();
    switch (*at) {
    case 'n': at += 4; return v;
    case 't': at += 4; v.kind = TRUE_; return v;
    case 'f': at += 5; v.kind = FALSE_; return v;
    case '"': v.kind = TEXT; v.text = parse_text(); return v;
    case '[':
    case '{': {
        char close = *at++ == '[' ? ']' : '}';
        v.kind = close == ']' ? LIST : OBJECT;
        for (space(); *at != close; space()) {
            if (*at == ',') {
                at++;
                space();
            }
            if (v.count == v.room) {
                v.room = v.room ? 2 * v.room : 4;
                v.items = realloc(v.items, v.room * sizeof *v.items);
                v.keys = realloc(v.keys, v.room * sizeof *v.keys);
            }
            v.keys[v.count] = NULL;
            if (v.kind == OBJECT) {
                v.keys[v.count] = parse_text();
                space();
                at++;
            }
            v.items[v.count++] = parse();
        }
        at++;
        return v;
    }
    default: v.kind = NUMBER; v.number = parse_number(); return v;
    }
}

static uint64_t digest(const struct value *v)
{
    uint64_t h = (uint64_t)v->kind;
    switch (v->kind) {
    case NUMBER: memcpy(&h, &v->number, 8); break;
    case TEXT:
        for (const char *t = v->text; *t; t++)
            h = h * 31 + (unsigned char)*t;
        break;
    case LIST:
    case OBJECT:
        for (int i = 0; i < v->count; i++) {
            for (const char *t = v->keys[i] ? v->keys[i] : ""; *t; t++)
                h = h * 37 + (unsigned char)*t;
            h = h * 31 + digest(&v->items[i]);
        }
        break;
    default: break;
    }
    return h ^ h >> 29;
}

static void discard(struct value *v)
{
    for (int i = 0; i < v->count; i++) {
        free(v->keys[i]);
        discard(&v->items[i]);
    }
    free(v->items);
    free(v->keys);
    free(v->text);
}

static char *put(char *p, int depth, uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    uint32_t r = *state >> 16;
    if (depth == 0 || r % 4 == 0)
        switch (r / 4 % 5) {
        case 0: return stpcpy(p, "null");
        case 1: return stpcpy(p, r & 64 ? "true" : "false");
        case 2: return p + sprintf(p, "%d.%03de%d", (int)r - 30000, (int)(r % 1000), (int)(r % 9) - 4);
        case 3: return p + sprintf(p, "\"text \\\"%x\\\"\\n\\u0041 and more of it\"", r);
        default: return p + sprintf(p, "%d", (int)r);
        }
    int object = r & 1, count = 2 + (int)(r >> 4) % 6;
    *p++ = object ? '{' : '[';
    for (int i = 0; i < count; i++) {
        if (i)
            p = stpcpy(p, ", ");
        if (object)
            p += sprintf(p, "\"key%d\": ", i);
        p = put(p, depth - 1, state);
    }
    *p++ = object ? '}' : ']';
    *p = 0;
    return p;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 20;
    char *text = malloc(8 << 20);
    uint32_t state = 4242;
    char *p = stpcpy(text, "[");
    for (int i = 0; i < 60; i++) {
        p = put(p, 5, &state);
        *p++ = ',';
    }
    strcpy(p - 1, "]");
    uint64_t sum = 0;
    for (int r = 0; r < rounds; r++) {
        at = text;
        struct value v = parse();
        sum = sum * 31 + digest(&v);
        discard(&v);
    }
    printf("%zu bytes, %llu\n", strlen(text), (unsigned long long)sum);
    return 0;
}
