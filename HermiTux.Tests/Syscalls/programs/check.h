/* Prints the result of a raw system call and errno's name: what the native run and the guest's must agree on. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define T(expression)                                                                                   \
    do {                                                                                                \
        errno = 0;                                                                                      \
        long result_ = (long)(expression);                                                              \
        int error_ = errno;                                                                             \
        printf("%d: %s = %ld %s\n", __LINE__, #expression, result_, error_ ? strerrorname_np(error_) : ""); \
        fflush(stdout);                                                                                 \
    } while (0)

/* For results that differ from run to run (addresses, times): only whether it worked. */
#define OK(expression)                                                                                  \
    do {                                                                                                \
        errno = 0;                                                                                      \
        long result_ = (long)(expression);                                                              \
        int error_ = errno;                                                                             \
        printf("%d: %s %s %s\n", __LINE__, #expression, result_ == -1 ? "fails" : "works", error_ ? strerrorname_np(error_) : ""); \
        fflush(stdout);                                                                                 \
    } while (0)

#define BAD ((void *)8)
