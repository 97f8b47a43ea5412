/*
 * Runs test cases on the real CPU: the oracle for the instruction tests.
 *
 * One case is a complete machine state (general registers, flags, FS/GS base, an XSAVE image, some memory) and code to run.
 * The kernel's signal frame does the work in both directions: a signal handler writes the state of the next case into the
 * frame that it was given, and returning from the handler loads every register. The code ends in int3 or faults; either way the
 * handler runs again, and finds the complete resulting state in its frame. So any exception is a result like any other.
 *
 * The program is freestanding: no TLS and no libc, hence the cases may use FS and GS as they like, and strict seccomp (read, write,
 * exit and sigreturn only) keeps a wild system call from doing harm.
 *
 * It is position-independent, so that it lies far from the low addresses that the cases use.
 *
 * Protocol on standard input and output, all little-endian: header { u32 cases, u32 code bytes }, the code, the images; the
 * answer is the images. At start the program writes 8 bytes: the size of an image, and a version.
 */

/* All symbols are in this file: no table of addresses, which is not where it is linked to. */
#pragma GCC visibility push(hidden)

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define CODE_BASE 0x10000000UL
#define CODE_SIZE 0x200000UL
#define DATA_BASE 0x20000000UL   /* two writable pages, then a read-only one; nothing around them */
#define DATA_SIZE 0x2000UL
#define READONLY_SIZE 0x1000UL
#define WINDOW 2048
#define XSAVE_SIZE 832
#define MAX_CASES 16384

/* Must agree with CpuImage.cs. */
struct image {
    u64 gpr[16];                 /* in encoding order: rax rcx rdx rbx rsp rbp rsi rdi r8.. */
    u64 rip, rflags, fsbase, gsbase;
    u64 window;                  /* guest address of mem[] */
    u64 cr2;
    u32 vector, error;
    u32 signal, dirty;           /* dirty: writable memory outside the window changed */
    u8 xsave[XSAVE_SIZE];
    u8 mem[WINDOW];
};

struct sigcontext {
    u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
    u16 cs, gs, fs, ss;
    u64 err, trapno, oldmask, cr2;
    u8 *fpstate;
    u64 reserved[8];
};

struct ucontext {
    u64 flags;
    void *link;
    void *stack_sp;
    u64 stack_flags, stack_size;
    struct sigcontext mc;
    u64 sigmask;
};

struct kernel_sigaction {
    void *handler;
    u64 flags;
    void *restorer;
    u64 mask;
};

static struct image images[MAX_CASES];
static u8 background[DATA_SIZE];
static u8 altstack[65536] __attribute__((aligned(64)));
__attribute__((used)) static u8 first_stack[65536] __attribute__((aligned(64)));
static u8 saved_fpstate[16384] __attribute__((aligned(64)));
static struct sigcontext saved_context;
static u64 own_fsbase, own_gsbase;
static u32 fp_size;
static u32 count;
static u32 current;
static int running;
u64 restorer_flags;

void restorer(void);
__asm__(
    ".globl restorer\n"
    "restorer:\n"
    "  pushfq\n"
    "  andq $~0x204000, (%rsp)\n"         /* NT and ID: sigreturn leaves them as they are, so they are set here */
    "  mov restorer_flags(%rip), %rax\n"
    "  or %rax, (%rsp)\n"
    "  popfq\n"
    "  mov $15, %eax\n"
    "  syscall\n"
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  lea first_stack+65536(%rip), %rsp\n"
    "  call start\n"
    "  ud2\n");

static inline long sys6(long n, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
    long r;
    register u64 r10 __asm__("r10") = d;
    register u64 r8 __asm__("r8") = e;
    register u64 r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return r;
}

static void quit(int code)
{
    sys6(60, code, 0, 0, 0, 0, 0);          /* exit: allowed by strict seccomp, exit_group is not */
    for (;;)
        ;
}

static inline void copy(void *to, const void *from, u64 n)
{
    __asm__ volatile("cld; rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory", "cc");
}

static inline void clear(void *to, u64 n)
{
    __asm__ volatile("cld; rep stosb" : "+D"(to), "+c"(n) : "a"(0) : "memory", "cc");
}

static inline u64 rdfs(void) { u64 v; __asm__ volatile("rdfsbase %0" : "=r"(v)); return v; }
static inline u64 rdgs(void) { u64 v; __asm__ volatile("rdgsbase %0" : "=r"(v)); return v; }
static inline void wrfs(u64 v) { __asm__ volatile("wrfsbase %0" : : "r"(v)); }
static inline void wrgs(u64 v) { __asm__ volatile("wrgsbase %0" : : "r"(v)); }

static void load(struct sigcontext *mc, const struct image *c)
{
    mc->rax = c->gpr[0]; mc->rcx = c->gpr[1]; mc->rdx = c->gpr[2]; mc->rbx = c->gpr[3];
    mc->rsp = c->gpr[4]; mc->rbp = c->gpr[5]; mc->rsi = c->gpr[6]; mc->rdi = c->gpr[7];
    mc->r8 = c->gpr[8]; mc->r9 = c->gpr[9]; mc->r10 = c->gpr[10]; mc->r11 = c->gpr[11];
    mc->r12 = c->gpr[12]; mc->r13 = c->gpr[13]; mc->r14 = c->gpr[14]; mc->r15 = c->gpr[15];
    mc->rip = c->rip;
    mc->cs = 0x33;
    mc->ss = 0x2b;
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0));
    mc->eflags = (c->rflags & 0x40dd5) | 0x202;
    restorer_flags = c->rflags & 0x204000;
    u8 *fp = mc->fpstate;
    copy(fp, c->xsave, 416);
    copy(fp + 512, c->xsave + 512, 64);
    copy(fp + 576, c->xsave + 576, XSAVE_SIZE - 576);
    *(u32 *)(fp + 28) = 0xffff;
    wrfs(c->fsbase);
    wrgs(c->gsbase);
    copy((void *)c->window, c->mem, WINDOW);
}

static void store(const struct sigcontext *mc, struct image *c)
{
    c->fsbase = rdfs();
    c->gsbase = rdgs();
    c->gpr[0] = mc->rax; c->gpr[1] = mc->rcx; c->gpr[2] = mc->rdx; c->gpr[3] = mc->rbx;
    c->gpr[4] = mc->rsp; c->gpr[5] = mc->rbp; c->gpr[6] = mc->rsi; c->gpr[7] = mc->rdi;
    c->gpr[8] = mc->r8; c->gpr[9] = mc->r9; c->gpr[10] = mc->r10; c->gpr[11] = mc->r11;
    c->gpr[12] = mc->r12; c->gpr[13] = mc->r13; c->gpr[14] = mc->r14; c->gpr[15] = mc->r15;
    c->rip = mc->rip;
    c->rflags = mc->eflags;
    c->vector = (u32)mc->trapno;
    c->error = (u32)mc->err;
    c->cr2 = mc->trapno == 14 ? mc->cr2 : 0;
    const u8 *fp = mc->fpstate;
    u64 bv = *(const u64 *)(fp + 512);
    copy(c->xsave, fp, 416);
    copy(c->xsave + 576, fp + 576, XSAVE_SIZE - 576);
    u16 *selectors = (u16 *)(c->xsave + 416);             /* bytes that the format leaves to software */
    __asm__ volatile("mov %%ds, %0" : "=r"(selectors[0]));
    __asm__ volatile("mov %%es, %0" : "=r"(selectors[1]));
    __asm__ volatile("mov %%fs, %0" : "=r"(selectors[2]));
    __asm__ volatile("mov %%gs, %0" : "=r"(selectors[3]));
    selectors[4] = mc->cs;
    selectors[5] = mc->ss;
    if (!(bv & 1)) {
        clear(c->xsave, 24);
        clear(c->xsave + 32, 128);
        *(u16 *)c->xsave = 0x37f;
    }
    if (!(bv & 2))
        clear(c->xsave + 160, 256);
    if (!(bv & 4))
        clear(c->xsave + 576, 256);
    copy(c->mem, (void *)c->window, WINDOW);
    copy((void *)c->window, background + (c->window - DATA_BASE), WINDOW);
    const u64 *have = (const u64 *)DATA_BASE, *want = (const u64 *)background;
    c->dirty = 0;
    for (u32 i = 0; i < DATA_SIZE / 8; i++)
        if (have[i] != want[i])
            c->dirty = 1;
    if (c->dirty)
        copy((void *)DATA_BASE, background, DATA_SIZE);
}

static void handler(int sig, void *info, struct ucontext *uc)
{
    struct sigcontext *mc = &uc->mc;
    (void)info;
    if (!running) {
        if (sig != 5)
            quit(100 + sig);
        own_fsbase = rdfs();
        own_gsbase = rdgs();
        saved_context = *mc;
        copy(saved_fpstate, mc->fpstate, fp_size);
        running = 1;
        current = 0;
    } else {
        images[current].signal = sig;
        store(mc, &images[current]);
        current++;
    }
    if (current < count) {
        load(mc, &images[current]);
    } else {
        u8 *fp = mc->fpstate;
        *mc = saved_context;
        mc->fpstate = fp;
        copy(fp, saved_fpstate, fp_size);
        wrfs(own_fsbase);
        wrgs(own_gsbase);
        restorer_flags = 0;
        running = 0;
    }
}

static void transfer(int number, int fd, void *buffer, u64 length)
{
    u8 *p = buffer;
    while (length) {
        long n = sys6(number, fd, (u64)p, length, 0, 0, 0);
        if (n == -4)
            continue;
        if (n <= 0)
            quit(n == 0 ? 0 : 3);
        p += n;
        length -= n;
    }
}

static void map(u64 address, u64 length)
{
    long r = sys6(9, address, length, 7, 0x100022, -1, 0);   /* private, anonymous, fixed without replacing */
    if ((u64)r != address)
        quit(4);
}

/* Leaves nothing in user space but this program, which is linked to where no case looks: the stack, whose address is random, once was where one did. */
static void unmap_others(void)
{
    extern char __executable_start[], _end[];
    u64 first = (u64)__executable_start & ~0xfffUL, last = ((u64)_end + 0xfff) & ~0xfffUL;
    if (sys6(11, 0x10000, first - 0x10000, 0, 0, 0, 0) || sys6(11, last, 0x7ffffffff000 - last, 0, 0, 0, 0))
        quit(7);
}

void start(void)
{
    unmap_others();
    u32 eax = 13, ebx, ecx = 0, edx;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    fp_size = ebx + 4;
    if (fp_size > sizeof saved_fpstate)
        quit(5);
    map(CODE_BASE, CODE_SIZE);
    map(DATA_BASE, DATA_SIZE + READONLY_SIZE);
    for (u32 i = 0; i < DATA_SIZE; i++)
        background[i] = (u8)(i * 167 + (i >> 8) * 59 + 13);
    copy((void *)DATA_BASE, background, DATA_SIZE);
    copy((void *)(DATA_BASE + DATA_SIZE), background, READONLY_SIZE);
    sys6(10, DATA_BASE + DATA_SIZE, READONLY_SIZE, 1, 0, 0, 0);
    sys6(10, DATA_BASE, DATA_SIZE, 3, 0, 0, 0);

    struct { void *sp; int flags; u64 size; } stack = { altstack, 0, sizeof altstack };
    sys6(131, (u64)&stack, 0, 0, 0, 0, 0);
    struct kernel_sigaction action = { handler, 0x0c000004, restorer, ~0UL };   /* SA_SIGINFO, SA_ONSTACK, SA_RESTORER */
    static const int signals[] = { 4, 5, 7, 8, 11 };
    for (u32 i = 0; i < sizeof signals / sizeof *signals; i++)
        sys6(13, signals[i], (u64)&action, 0, 8, 0, 0);
    sys6(157, 22, 1, 0, 0, 0, 0);                                  /* strict seccomp */

    u32 hello[2] = { sizeof(struct image), 1 };
    transfer(1, 1, hello, sizeof hello);
    for (;;) {
        u32 header[2];
        transfer(0, 0, header, sizeof header);
        if (header[0] > MAX_CASES || header[1] > CODE_SIZE)
            quit(6);
        transfer(0, 0, (void *)CODE_BASE, header[1]);
        count = header[0];
        transfer(0, 0, images, (u64)count * sizeof(struct image));
        __asm__ volatile("int3" : : : "memory");
        transfer(1, 1, images, (u64)count * sizeof(struct image));
    }
}
