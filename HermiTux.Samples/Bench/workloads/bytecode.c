/* Two interpreters of one small bytecode, by computed goto and by a table of functions: indirect jumps and calls that follow data. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { PUSH, LOAD, STORE, ADD, SUB, MUL, XOR, LESS, JUMP_IF, JUMP, DUP, HALT };

/* s = 0; i = 0; do { s = (s + i * 7) ^ i; t = s - i; if (t < 0) s = s + i; i = i + 1; } while (i < n) */
static int32_t program[] = {
    /*  0 */ PUSH, 0, STORE, 0, PUSH, 0, STORE, 1,
    /*  8 */ LOAD, 0, LOAD, 1, PUSH, 7, MUL, ADD, LOAD, 1, XOR, STORE, 0,
    /* 21 */ LOAD, 0, LOAD, 1, SUB, DUP, STORE, 2, PUSH, 0, LESS, JUMP_IF, 36,
    /* 34 */ JUMP, 43,
    /* 36 */ LOAD, 0, LOAD, 1, ADD, STORE, 0,
    /* 43 */ LOAD, 1, PUSH, 1, ADD, STORE, 1, LOAD, 1, LOAD, 3, LESS, JUMP_IF, 8, HALT,
};

struct machine { int32_t *pc; int32_t stack[64], *top, variable[4]; int running; };

static int32_t by_goto(int32_t n)
{
    static void *labels[] = { &&push, &&load, &&store, &&add, &&sub, &&mul, &&xor_, &&less, &&jump_if, &&jump, &&dup, &&halt };
    int32_t stack[64], *top = stack, variable[4] = { 0, 0, 0, n };
    const int32_t *pc = program;
#define NEXT goto *labels[*pc++]
    NEXT;
push: *++top = *pc++; NEXT;
load: *++top = variable[*pc++]; NEXT;
store: variable[*pc++] = *top--; NEXT;
add: top--; *top = (int32_t)((uint32_t)top[0] + (uint32_t)top[1]); NEXT;
sub: top--; *top = (int32_t)((uint32_t)top[0] - (uint32_t)top[1]); NEXT;
mul: top--; *top = (int32_t)((uint32_t)top[0] * (uint32_t)top[1]); NEXT;
xor_: top--; *top ^= top[1]; NEXT;
less: top--; *top = top[0] < top[1]; NEXT;
jump_if: pc = *top-- ? program + *pc : pc + 1; NEXT;
jump: pc = program + *pc; NEXT;
dup: top[1] = top[0]; top++; NEXT;
halt: return variable[0];
}

static void do_push(struct machine *m) { *++m->top = *m->pc++; }
static void do_load(struct machine *m) { *++m->top = m->variable[*m->pc++]; }
static void do_store(struct machine *m) { m->variable[*m->pc++] = *m->top--; }
static void do_add(struct machine *m) { m->top--; *m->top = (int32_t)((uint32_t)m->top[0] + (uint32_t)m->top[1]); }
static void do_sub(struct machine *m) { m->top--; *m->top = (int32_t)((uint32_t)m->top[0] - (uint32_t)m->top[1]); }
static void do_mul(struct machine *m) { m->top--; *m->top = (int32_t)((uint32_t)m->top[0] * (uint32_t)m->top[1]); }
static void do_xor(struct machine *m) { m->top--; *m->top ^= m->top[1]; }
static void do_less(struct machine *m) { m->top--; *m->top = m->top[0] < m->top[1]; }
static void do_jump_if(struct machine *m) { m->pc = *m->top-- ? program + *m->pc : m->pc + 1; }
static void do_jump(struct machine *m) { m->pc = program + *m->pc; }
static void do_dup(struct machine *m) { m->top[1] = m->top[0]; m->top++; }
static void do_halt(struct machine *m) { m->running = 0; }

static int32_t by_table(int32_t n)
{
    static void (*const volatile table[])(struct machine *) =
        { do_push, do_load, do_store, do_add, do_sub, do_mul, do_xor, do_less, do_jump_if, do_jump, do_dup, do_halt };
    static struct machine m;
    m.pc = program;
    m.top = m.stack;
    m.variable[3] = n;
    m.running = 1;
    while (m.running)
        table[*m.pc++](&m);
    return m.variable[0];
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 100000;
    int32_t a = by_goto(n), b = by_table(n);
    printf("%d\n", a);
    return a != b;
}
