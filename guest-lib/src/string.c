/* SPDX-License-Identifier: MIT */
/* String functions, weak, and the number reader. */
#include <pv/string.h>

#define WEAK __attribute__((weak))

WEAK void *memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n; n--, p++) {
		if (*p == (unsigned char)c)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

/* The empty asm keeps the compiler from recognising the loop as a call of strlen. */
WEAK size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		__asm__ volatile("");
		n++;
	}
	return n;
}

WEAK size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

WEAK int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

WEAK int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (!*a)
			break;
	}
	return 0;
}

WEAK char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

WEAK char *strstr(const char *s, const char *part)
{
	size_t n = strlen(part);

	for (;; s++) {
		if (!strncmp(s, part, n))
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

WEAK size_t strlcpy(char *to, const char *from, size_t size)
{
	size_t n = strlen(from);

	if (size) {
		size_t copied = n < size ? n : size - 1;

		memcpy(to, from, copied);
		to[copied] = 0;
	}
	return n;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

int pv_parse_u64(const char *s, uint64_t *value)
{
	unsigned int base = 10;
	uint64_t v = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	if (!*s)
		return -XEN_EINVAL;
	for (; *s; s++) {
		unsigned int digit = (unsigned int)digit_value(*s);

		if (digit >= base)
			return -XEN_EINVAL;
		if (v > (UINT64_MAX - digit) / base)
			return -XEN_ERANGE;
		v = v * base + digit;
	}
	*value = v;
	return 0;
}
