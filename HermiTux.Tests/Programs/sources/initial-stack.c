/* Prints the stack pointer that the kernel gave it and every byte from there to the top of the stack, in hex. */
#include <stdio.h>
#include <sys/personality.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int persona = personality(0xffffffff);
    if (persona < 0 || (!(persona & ADDR_NO_RANDOMIZE) && personality(persona | ADDR_NO_RANDOMIZE) < 0))
        return 77;
    if (!(persona & ADDR_NO_RANDOMIZE)) {
        execv(argv[0], argv);
        return 78;
    }

    const unsigned char *p = (const unsigned char *)(argv - 1);
    printf("%lx\n", (unsigned long)p);
    for (; p < (const unsigned char *)0x7ffffffff000; p++)
        printf("%02x", *p);
    return 0;
}
