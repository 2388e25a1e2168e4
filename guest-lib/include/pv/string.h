/* SPDX-License-Identifier: MIT */
/*
 * Memory and string functions, as the C standard defines them. [upcall]
 *
 * memcpy, memmove, memset and memcmp are what compilers emit calls to. All are weak: a kernel that
 * has its own keeps its own.
 */
#ifndef PV_STRING_H
#define PV_STRING_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *part);

/*
 * Copies at most size - 1 characters and always terminates. Returns the length of `from`: a result
 * of size or more means that it was cut.
 */
size_t strlcpy(char *to, const char *from, size_t size);

/*
 * Reads an unsigned decimal number, or hexadecimal after 0x, up to the end of s.
 * -XEN_EINVAL: not a number; -XEN_ERANGE: above 2^64 - 1. *value is untouched then.
 */
int pv_parse_u64(const char *s, uint64_t *value) PV_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
