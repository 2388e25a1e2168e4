/* SPDX-License-Identifier: MIT */
/* Memory and string functions, numbers from text, and text from numbers. */
#include <core/lib.h>

void *memcpy(void *dst, const void *src, size_t n)
{
	void *d = dst;
	size_t words = n / 8;

	__asm__ volatile("rep movsq" : "+D"(d), "+S"(src), "+c"(words) : : "memory");
	n %= 8;
	__asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n) : : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	while (n--)
		d[n] = s[n];
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *d = dst;
	u64 pattern = (u8)c * 0x0101010101010101UL;
	size_t words = n / 8;

	__asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
	n %= 8;
	__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(pattern) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)(uintptr_t)s;
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (; strncmp(s, what, n); s++)
		if (!*s)
			return NULL;
	return (char *)(uintptr_t)s;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	if (size) {
		size_t take = MIN(n, size - 1);

		memcpy(dst, src, take);
		dst[take] = 0;
	}
	return n;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

u64 parse_u64(const char *s, const char **end, int base)
{
	u64 v = 0;

	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x' &&
	    digit_of(s[2]) < 16) {
		s += 2;
		base = 16;
	}
	if (base == 0)
		base = *s == '0' ? 8 : 10;
	for (; digit_of(*s) < base; s++)
		v = v * base + digit_of(*s);
	if (end)
		*end = s;
	return v;
}

u64 parse_size(const char *s, const char **end)
{
	static const char units[] = "kmgt";
	const char *rest, *unit;
	u64 v = parse_u64(s, &rest, 0);

	unit = *rest ? strchr(units, *rest | 0x20) : NULL;
	if (unit && *unit) {
		v <<= 10 * (unit - units + 1);
		rest++;
	}
	if (end)
		*end = rest;
	return v;
}

/* Where formatted text goes: it counts on when the buffer is full. */
struct sink {
	char *buf;
	size_t size, n;
};

struct format {
	bool left, zero;
	int width, precision; /* precision -1: none */
	int size;             /* bytes of the number */
};

static void emit(struct sink *o, char c)
{
	if (o->n + 1 < o->size)
		o->buf[o->n] = c;
	o->n++;
}

static void emit_padded(struct sink *o, const char *s, int len, const struct format *f)
{
	int pad = f->width - len;

	for (; !f->left && pad > 0; pad--)
		emit(o, ' ');
	for (int i = 0; i < len; i++)
		emit(o, s[i]);
	for (; pad > 0; pad--)
		emit(o, ' ');
}

static void emit_string(struct sink *o, const char *s, const struct format *f)
{
	if (!s)
		s = "(null)";
	emit_padded(o, s, (int)strnlen(s, f->precision < 0 ? 65536 : (size_t)f->precision), f);
}

static void emit_number(struct sink *o, u64 v, bool negative, unsigned int base,
			const struct format *f)
{
	char text[32];
	int i = sizeof(text);
	int zeroes = f->zero && !f->left ? f->width : 1;

	zeroes = MIN(zeroes, (int)sizeof(text)) - negative;
	do {
		text[--i] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (i > 1 && (int)sizeof(text) - i < zeroes)
		text[--i] = '0';
	if (negative)
		text[--i] = '-';
	emit_padded(o, text + i, (int)sizeof(text) - i, f);
}

static const char *read_format(const char *s, struct format *f, va_list *ap)
{
	*f = (struct format){ .precision = -1, .size = 4 };
	for (; *s == '-' || *s == '0'; s++) {
		f->left |= *s == '-';
		f->zero |= *s == '0';
	}
	if (*s == '*') {
		f->width = va_arg(*ap, int);
		s++;
	} else {
		f->width = (int)parse_u64(s, &s, 10);
	}
	if (*s == '.') {
		s++;
		if (*s == '*') {
			f->precision = va_arg(*ap, int);
			s++;
		} else {
			f->precision = (int)parse_u64(s, &s, 10);
		}
	}
	for (; *s == 'l' || *s == 'z' || *s == 'h'; s++)
		if (*s != 'h')
			f->size = 8;
	return s;
}

static void format_one(struct sink *o, char kind, const struct format *f, va_list *ap)
{
	struct format pointer = { .zero = true, .width = 16, .precision = -1 };
	char c;
	s64 v;

	switch (kind) {
	case 'd':
	case 'i':
		v = f->size == 8 ? va_arg(*ap, s64) : va_arg(*ap, int);
		emit_number(o, v < 0 ? -(u64)v : (u64)v, v < 0, 10, f);
		break;
	case 'u':
	case 'x':
		emit_number(o, f->size == 8 ? va_arg(*ap, u64) : va_arg(*ap, unsigned int), false,
			    kind == 'u' ? 10 : 16, f);
		break;
	case 'p': emit_number(o, (u64)va_arg(*ap, void *), false, 16, &pointer); break;
	case 's': emit_string(o, va_arg(*ap, const char *), f); break;
	case 'c':
		c = (char)va_arg(*ap, int);
		emit_padded(o, &c, 1, f);
		break;
	default: emit(o, kind);
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct sink o = { buf, size, 0 };
	struct format f;
	va_list args;

	va_copy(args, ap);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			emit(&o, *fmt);
			continue;
		}
		fmt = read_format(fmt + 1, &f, &args);
		if (!*fmt)
			break;
		format_one(&o, *fmt, &f, &args);
	}
	va_end(args);
	if (size)
		buf[MIN(o.n, size - 1)] = 0;
	return (int)o.n;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

void page_clear(void *page)
{
	u64 words = PAGE_SIZE / 8;

	__asm__ volatile("rep stosq" : "+D"(page), "+c"(words) : "a"(0UL) : "memory");
}

void page_copy(void *dst, const void *src)
{
	u64 words = PAGE_SIZE / 8;

	__asm__ volatile("rep movsq" : "+D"(dst), "+S"(src), "+c"(words) : : "memory");
}
