/* SPDX-License-Identifier: MIT */
/* The few functions of a C library that the hypervisor uses. Contracts as in ISO C where names
 * agree. */
#ifndef PV_LIB_H
#define PV_LIB_H

#include <stdarg.h>

#include <core/types.h>

/* Unit tests use the host's, but for test_lib. */
#if defined(PV_HOST_TEST) && !defined(PV_LIB_TEST)
#include <stdio.h>
#include <string.h>
#else
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *what);
/* %d %u %x %lx %lu %ld %llx %s %c %p %% with width, 0, -, precision for %s; the length as C99 says.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);
#endif
/* Copies and always ends with NUL; returns the length of src. */
size_t strlcpy(char *dst, const char *src, size_t size);
/* Reads a number, base 0 as C writes it; *end is set behind it. No sign, no overflow check. */
u64 parse_u64(const char *s, const char **end, int base);
/* The same with a suffix K, M, G, T (binary), in any case. */
u64 parse_size(const char *s, const char **end);

void page_clear(void *page);
void page_copy(void *dst, const void *src);

static inline unsigned int bit_first(u64 x) /* x != 0 */
{
	return (unsigned int)__builtin_ctzl(x);
}

static inline unsigned int bit_last(u64 x) /* x != 0 */
{
	return 63 - (unsigned int)__builtin_clzl(x);
}

/* Atomic on a 64-bit word; each returns whether the bit was set before. */
static inline bool bit_test_set(unsigned int n, volatile void *map)
{
	bool was;

	__asm__ volatile("lock btsq %2, %1"
			 : "=@ccc"(was), "+m"(*((volatile u64 *)map + n / 64))
			 : "Jr"((u64)(n % 64))
			 : "memory");
	return was;
}

static inline bool bit_test_clear(unsigned int n, volatile void *map)
{
	bool was;

	__asm__ volatile("lock btrq %2, %1"
			 : "=@ccc"(was), "+m"(*((volatile u64 *)map + n / 64))
			 : "Jr"((u64)(n % 64))
			 : "memory");
	return was;
}

static inline bool bit_test(unsigned int n, const volatile void *map)
{
	return *((const volatile u64 *)map + n / 64) >> (n % 64) & 1;
}

static inline void bit_set(unsigned int n, volatile void *map)
{
	(void)bit_test_set(n, map);
}

static inline void bit_clear(unsigned int n, volatile void *map)
{
	(void)bit_test_clear(n, map);
}

#endif /* PV_LIB_H */
