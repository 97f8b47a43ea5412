/*
 * Code that changes under other threads' feet. Writers switch constants by atomic stores, protections on and off, mappings away and back; runners call
 * all the time and may see the old or the new, never anything else; what faults is retried. Ends by counts, prints no timing.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096
typedef int (*function)(void);

static unsigned char *code;
static atomic_int running = 1, faults, wrong[4], calls, ready;
static int rounds = 60;

static void on_fault(int number, siginfo_t *info, void *context)
{
    unsigned char *at = info->si_addr;
    if (at < code || at >= code + 8 * PAGE) {
        static const char text[] = "a fault elsewhere\n";
        write(1, text, sizeof text - 1);
        _exit(9);
    }
    faults++;
    sched_yield();
}

/* 16-byte aligned: mov eax, imm32 (at +3, so that the constant lies in one aligned word); ret */
static void write_function(unsigned char *at, int value)
{
    unsigned char text[] = { 0x90, 0x90, 0x90, 0xB8, 0, 0, 0, 0, 0xC3 };
    memcpy(text + 4, &value, 4);
    memcpy(at, text, sizeof text);
}

static void *runner(void *argument)
{
    long id = (long)argument;
    ready++;
    while (running) {
        for (int i = 0; i < 10; i++) {
            int a = ((function)(uintptr_t)(code + 16))();
            if (a != 111 && a != 222)
                wrong[0]++;
            int b = ((function)(uintptr_t)(code + 1 * PAGE + 32))();
            if (b != 333)
                wrong[1]++;
            int c = ((function)(uintptr_t)(code + 2 * PAGE + 48))();
            if (c != 444 && c != 555)
                wrong[2]++;
            calls++;
        }
        /* A page of this thread's own, rewritten all the time beside the others' translations. */
        unsigned char *own = code + (4 + id) * PAGE;
        int value = (int)(id * 1000 + calls % 1000);
        write_function(own, value);
        if (((function)(uintptr_t)own)() != value)
            wrong[3]++;
    }
    return NULL;
}

static void wait_for_calls(int n)
{
    for (int target = calls + n; calls < target;)
        sched_yield();
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, NULL);
    code = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *spare = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    write_function(code + 16, 111);
    write_function(code + PAGE + 32, 333);
    write_function(code + 2 * PAGE + 48, 444);
    pthread_t threads[3];
    for (long i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, runner, (void *)i);
    while (ready < 3)
        sched_yield();
    for (int i = 0; i < rounds; i++) {
        atomic_store((_Atomic int *)(code + 16 + 4), i % 2 ? 111 : 222);
        wait_for_calls(2);
        int before = faults;
        mprotect(code + PAGE, PAGE, i % 3 == 0 ? PROT_READ | PROT_WRITE : PROT_NONE);
        do
            sched_yield();
        while (i == 0 && faults == before); /* Once somebody is sure to meet it; the other times it is a race. */
        mprotect(code + PAGE, PAGE, PROT_READ | PROT_EXEC);
        wait_for_calls(2);
        /* Another function takes the page's place in one step, and once there is nothing for a while. */
        if (i % 5 == 0) {
            munmap(code + 2 * PAGE, PAGE);
            sched_yield();
        }
        write_function(spare + 48, i % 2 ? 444 : 555);
        mremap(spare, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, code + 2 * PAGE);
        spare = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        wait_for_calls(2);
    }
    running = 0;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("wrong: %d constants, %d protected, %d mapped, %d own; %s\n", wrong[0], wrong[1], wrong[2], wrong[3], faults > 0 ? "faulted and went on" : "never faulted");
    return 0;
}
