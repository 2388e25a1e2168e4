/* SPDX-License-Identifier: MIT */
/* The four memory functions that compilers call, weak. */
#include <pv/string.h>

#define WEAK __attribute__((weak))

/* Volatile, so that the compiler does not make the loop a call of the function it is in. */
#define PV_MOVE_BYTE(to, from) (*(volatile unsigned char *)&(to) = (from))

WEAK void *memcpy(void *to, const void *from, size_t n)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return start;
}

WEAK void *memmove(void *to, const void *from, size_t n)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if (t <= f || t >= f + n)
		return memcpy(to, from, n);
	while (n--)
		PV_MOVE_BYTE(t[n], f[n]);
	return to;
}

WEAK void *memset(void *to, int c, size_t n)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
	return start;
}

WEAK int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}
