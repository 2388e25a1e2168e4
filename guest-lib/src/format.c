/* SPDX-License-Identifier: MIT */
/* Formatting into a buffer. */
#include <pv/printf.h>
#include <pv/string.h>

struct out {
	char *buf;
	size_t size, length; /* length counts what did not fit too */
};

/* One conversion specification. */
struct spec {
	bool left, zero, plus, space, alternate, negative;
	int width, precision; /* precision -1: none given */
	int size;             /* -2 hh, -1 h, 0 int, 1 long and longer */
	unsigned int base;
	bool upper;
};

static void char_put(struct out *out, char c)
{
	if (out->length + 1 < out->size)
		out->buf[out->length] = c;
	out->length++;
}

static void pad_put(struct out *out, char c, int n)
{
	while (n-- > 0)
		char_put(out, c);
}

static void text_put(struct out *out, const struct spec *spec, const char *text, int length)
{
	if (!spec->left)
		pad_put(out, ' ', spec->width - length);
	for (int i = 0; i < length; i++)
		char_put(out, text[i]);
	if (spec->left)
		pad_put(out, ' ', spec->width - length);
}

/* Digits of value to the end of buf; returns their number. */
static int digits_make(char *end, uint64_t value, unsigned int base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	int n = 0;

	do {
		*--end = digits[value % base];
		value /= base;
		n++;
	} while (value);
	return n;
}

static void number_put(struct out *out, const struct spec *spec, uint64_t value)
{
	char buf[24], prefix[2];
	int digits = digits_make(buf + sizeof(buf), value, spec->base, spec->upper);
	int nr_prefix = 0, zeros = spec->precision - digits, total;

	if (spec->negative || spec->plus || spec->space)
		prefix[nr_prefix++] = spec->negative ? '-' : spec->plus ? '+' : ' ';
	if (spec->alternate && spec->base == 16 && value) {
		prefix[nr_prefix++] = '0';
		prefix[nr_prefix++] = spec->upper ? 'X' : 'x';
	}
	if (spec->zero && !spec->left && spec->precision < 0)
		zeros = spec->width - nr_prefix - digits;
	zeros = zeros > 0 ? zeros : 0;
	total = nr_prefix + zeros + digits;

	if (!spec->left)
		pad_put(out, ' ', spec->width - total);
	for (int i = 0; i < nr_prefix; i++)
		char_put(out, prefix[i]);
	pad_put(out, '0', zeros);
	for (int i = digits; i > 0; i--)
		char_put(out, buf[sizeof(buf) - (size_t)i]);
	if (spec->left)
		pad_put(out, ' ', spec->width - total);
}

static const char *flags_read(const char *f, struct spec *spec)
{
	for (;; f++) {
		switch (*f) {
		case '-': spec->left = true; break;
		case '0': spec->zero = true; break;
		case '+': spec->plus = true; break;
		case ' ': spec->space = true; break;
		case '#': spec->alternate = true; break;
		default: return f;
		}
	}
}

static const char *size_read(const char *f, struct spec *spec)
{
	for (;; f++) {
		if (*f == 'h')
			spec->size--;
		else if (*f && strchr("lzjtL", *f))
			spec->size++;
		else
			return f;
	}
}

static uint64_t unsigned_fit(uint64_t value, int size)
{
	if (size > 0)
		return value;
	return size == 0 ? (uint32_t)value : size == -1 ? (uint16_t)value : (uint8_t)value;
}

static uint64_t signed_fit(int64_t value, struct spec *spec)
{
	if (spec->size == 0)
		value = (int32_t)value;
	else if (spec->size == -1)
		value = (int16_t)value;
	else if (spec->size < -1)
		value = (int8_t)value;
	spec->negative = value < 0;
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static void string_put(struct out *out, const struct spec *spec, const char *s)
{
	size_t max = spec->precision < 0 ? INT32_MAX : (size_t)spec->precision;

	if (!s)
		s = "(null)";
	text_put(out, spec, s, (int)strnlen(s, max));
}

/* The arguments of one call, in a struct so that they can be passed on by reference. */
struct args {
	va_list list;
};

static int number_read(const char **f, struct args *args)
{
	int n = 0;

	if (**f == '*') {
		(*f)++;
		return va_arg(args->list, int);
	}
	while (**f >= '0' && **f <= '9')
		n = n * 10 + *(*f)++ - '0';
	return n;
}

/* An integer argument: all are passed in 8-byte slots, but only the type's own bytes count. */
static uint64_t integer_take(struct args *args, const struct spec *spec)
{
	return spec->size > 0 ? va_arg(args->list, uint64_t) : va_arg(args->list, unsigned int);
}

static void unsigned_put(struct out *out, struct spec *spec, unsigned int base, struct args *args)
{
	spec->base = base;
	spec->plus = spec->space = false;
	number_put(out, spec, unsigned_fit(integer_take(args, spec), spec->size));
}

/*
 * A conversion that is not known stands in the output as in the format. Its argument is skipped, so
 * that those behind it keep their places: a floating-point one has none among the integers.
 */
static void unknown_put(struct out *out, const struct spec *spec, const char *from,
			const char *conversion, struct args *args)
{
	while (from < conversion)
		char_put(out, *from++);
	if (!*conversion)
		return;
	char_put(out, *conversion);
	if (!strchr("aAeEfFgG", *conversion))
		integer_take(args, spec);
}

/* The specification begins at `from`, with its '%'; `conversion` is its last character. */
static void conversion_put(struct out *out, struct spec *spec, const char *from,
			   const char *conversion, struct args *args)
{
	char c;

	switch (*conversion) {
	case 'd':
	case 'i':
		number_put(out, spec, signed_fit((int64_t)integer_take(args, spec), spec));
		return;
	case 'o': unsigned_put(out, spec, 8, args); return;
	case 'u': unsigned_put(out, spec, 10, args); return;
	case 'X': spec->upper = true; /* fall through */
	case 'x': unsigned_put(out, spec, 16, args); return;
	case 'p':
		spec->base = 16;
		spec->precision = 16;
		number_put(out, spec, va_arg(args->list, uint64_t));
		return;
	case 's': string_put(out, spec, va_arg(args->list, const char *)); return;
	case 'c':
		c = (char)va_arg(args->list, int);
		text_put(out, spec, &c, 1);
		return;
	case '%': char_put(out, '%'); return;
	default: unknown_put(out, spec, from, conversion, args);
	}
}

static const char *spec_put(struct out *out, const char *f, struct args *args)
{
	struct spec spec = { .precision = -1, .base = 10 };
	const char *from = f;

	f = flags_read(f + 1, &spec);
	spec.width = number_read(&f, args);
	if (*f == '.') {
		f++;
		spec.precision = number_read(&f, args);
	}
	f = size_read(f, &spec);
	conversion_put(out, &spec, from, f, args);
	return *f ? f + 1 : f;
}

int pv_vsnprintf(char *buf, size_t size, const char *format, va_list list)
{
	struct out out = { .buf = buf, .size = size };
	struct args args;

	va_copy(args.list, list);
	while (*format) {
		if (*format == '%')
			format = spec_put(&out, format, &args);
		else
			char_put(&out, *format++);
	}
	va_end(args.list);
	if (size)
		buf[out.length < size ? out.length : size - 1] = 0;
	return (int)out.length;
}

int pv_snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = pv_vsnprintf(buf, size, format, args);
	va_end(args);
	return length;
}
