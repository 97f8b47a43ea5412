/* execve(2) of a program whose fault shows when the caller is gone already: nobody is left to be told, so it is SIGSEGV. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void caught(int number) { _exit(90 + number); }

int main(int argc, char **argv)
{
    /* The entry point is in the kernel's half, or (without an argument) the file isn't for this machine, which is seen in time. */
    int late = argc > 1;
    struct { Elf64_Ehdr header; Elf64_Phdr load; } image;
    memset(&image, 0, sizeof image);
    memcpy(image.header.e_ident, ELFMAG, SELFMAG);
    image.header.e_ident[EI_CLASS] = ELFCLASS64;
    image.header.e_ident[EI_DATA] = ELFDATA2LSB;
    image.header.e_ident[EI_VERSION] = EV_CURRENT;
    image.header.e_type = ET_EXEC;
    image.header.e_machine = late ? EM_X86_64 : EM_AARCH64;
    image.header.e_version = EV_CURRENT;
    image.header.e_entry = 0xffff800000000000;
    image.header.e_phoff = sizeof image.header;
    image.header.e_ehsize = sizeof image.header;
    image.header.e_phentsize = sizeof image.load;
    image.header.e_phnum = 1;
    image.load = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x10000000, .p_paddr = 0x10000000, .p_filesz = sizeof image, .p_memsz = sizeof image, .p_align = 0x1000 };
    int fd = open("lost", O_WRONLY | O_CREAT | O_TRUNC, 0755);
    if (write(fd, &image, sizeof image) != sizeof image)
        return 1;
    close(fd);

    /* A handler of the old program can't catch it. */
    signal(SIGSEGV, caught);
    printf("before\n");
    fflush(stdout);
    char *arguments[] = { "lost", NULL };
    execve("./lost", arguments, arguments + 1);
    printf("after: %d\n", errno);
    return 0;
}
