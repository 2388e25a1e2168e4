/* SPDX-License-Identifier: MIT */
/* The hypervisor's library, under other names, against the host's. And the message ring. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PV_LIB_TEST
#define memcpy    hv_memcpy
#define memmove   hv_memmove
#define memset    hv_memset
#define memcmp    hv_memcmp
#define strlen    hv_strlen
#define strnlen   hv_strnlen
#define strcmp    hv_strcmp
#define strncmp   hv_strncmp
#define strchr    hv_strchr
#define strstr    hv_strstr
#define vsnprintf hv_vsnprintf
#define snprintf  hv_snprintf
#include <core/lib.c>
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strstr
#undef vsnprintf
#undef snprintf

#include <core/printk.h>

#include "fake_machine.h"

void virq_send_global(u32 virq);
void uart_write(const char *s, size_t n);
void uart_write_sync(const char *s, size_t n);

static unsigned int console_virqs;

void virq_send_global(u32 virq)
{
	console_virqs += virq == VIRQ_CONSOLE;
}

void uart_write(const char *s, size_t n)
{
	(void)s;
	(void)n;
}

void uart_write_sync(const char *s, size_t n)
{
	uart_write(s, n);
}

START_TEST(memory)
{
	static u8 a[300], b[300];

	for (unsigned int round = 0; round < 20000; round++) {
		u32 n = machine_random(100), from = machine_random(200), to = machine_random(200);

		for (unsigned int i = 0; i < sizeof(a); i++)
			a[i] = b[i] = (u8)machine_random(256);
		if (round % 3 == 0) {
			ck_assert_ptr_eq(hv_memmove(a + to, a + from, n), a + to);
			memmove(b + to, b + from, n);
		} else if (round % 3 == 1) {
			ck_assert_ptr_eq(hv_memset(a + to, (int)round, n), a + to);
			memset(b + to, (int)round, n);
		} else {
			u8 other[100];

			memcpy(other, a, 100);
			hv_memcpy(a + to, other, n);
			memcpy(b + to, other, n);
		}
		ck_assert_int_eq(memcmp(a, b, sizeof(a)), 0);
		ck_assert_int_eq(hv_memcmp(a, b, sizeof(a)), 0);
		b[to]++;
		ck_assert_int_eq(hv_memcmp(a, b, sizeof(a)) < 0, memcmp(a, b, sizeof(a)) < 0);
	}
}
END_TEST

START_TEST(strings)
{
	char buf[8];

	ck_assert_uint_eq(hv_strlen("four"), 4);
	ck_assert_uint_eq(hv_strnlen("four", 3), 3);
	ck_assert_int_eq(hv_strcmp("a", "a"), 0);
	ck_assert_int_lt(hv_strcmp("a", "\xff"), 0);
	ck_assert_int_eq(hv_strncmp("abc", "abd", 2), 0);
	ck_assert_int_lt(hv_strncmp("ab", "abd", 5), 0);
	ck_assert_str_eq(hv_strchr("a=b", '='), "=b");
	ck_assert_ptr_null(hv_strchr("a=b", 'x'));
	ck_assert_str_eq(hv_strchr("ab", 0), "");
	ck_assert_str_eq(hv_strstr("console=com1", "com"), "com1");
	ck_assert_ptr_null(hv_strstr("con", "com1"));
	ck_assert_str_eq(hv_strstr("abc", ""), "abc");
	ck_assert_uint_eq(strlcpy(buf, "longer than eight", sizeof(buf)), 17);
	ck_assert_str_eq(buf, "longer ");
}
END_TEST

START_TEST(numbers)
{
	const char *end;

	ck_assert_uint_eq(parse_u64("0x1fG", &end, 0), 0x1f);
	ck_assert_str_eq(end, "G");
	ck_assert_uint_eq(parse_u64("017", NULL, 0), 15);
	ck_assert_uint_eq(parse_u64("0x", &end, 0), 0);
	ck_assert_str_eq(end, "x");
	ck_assert_uint_eq(parse_u64("ff", NULL, 16), 255);
	ck_assert_uint_eq(parse_u64("", &end, 10), 0);
	ck_assert_uint_eq(parse_size("128M", &end), 128UL << 20);
	ck_assert_str_eq(end, "");
	ck_assert_uint_eq(parse_size("2g,max", &end), 2UL << 30);
	ck_assert_str_eq(end, ",max");
	ck_assert_uint_eq(parse_size("77", &end), 77);
}
END_TEST

#define SAME(...)                                                         \
	do {                                                              \
		char x[64], y[64];                                        \
		int n = hv_snprintf(x, sizeof(x), __VA_ARGS__);           \
		ck_assert_int_eq(n, snprintf(y, sizeof(y), __VA_ARGS__)); \
		ck_assert_str_eq(x, y);                                   \
	} while (0)

START_TEST(formats)
{
	char tiny[4];

	SAME("%d %i %u", -5, 7, 4000000000U);
	SAME("%ld %lu %lx", -5000000000L, ~0UL, 0xdeadbeefcafeUL);
	SAME("%llx %zu", 0x1234567890ULL, (size_t)9);
	SAME("[%5d|%-5d|%05d|%2d]", 42, 42, -42, 12345);
	SAME("[%8s|%-8s|%.3s|%.*s]", "abc", "abc", "abcdef", 2, "xyz");
	SAME("%c%%%c", 'a', 'b');
	SAME("%016lx %08x %x", 0xabcUL, 0xdef, 0);
	SAME("%ld", (long)(1UL << 63));
	ck_assert_int_eq(hv_snprintf(tiny, sizeof(tiny), "%s", "abcdef"), 6);
	ck_assert_str_eq(tiny, "abc");
	ck_assert_int_eq(hv_snprintf(NULL, 0, "%d", 100), 3);
}
END_TEST

START_TEST(ring)
{
	char buf[400];
	u32 index = 0;
	size_t n;

	machine_start(64);
	printk(LOG_DEBUG, "frame %x\n", 0x10);
	n = console_ring_read(buf, sizeof(buf) - 1, &index, false);
	buf[n] = 0;
	ck_assert_str_eq(buf, "(PV) frame 10\n");
	ck_assert_uint_eq(index, n);
	ck_assert_uint_eq(console_ring_read(buf, sizeof(buf), &index, false), 0);
	for (unsigned int i = 0; i < 2000; i++)
		console_write("0123456789012345678\n", 20);
	index = 0; /* long gone: moved forward to what is there */
	n = console_ring_read(buf, 20, &index, false);
	ck_assert_uint_eq(n, 20);
	ck_assert_uint_ge(index, 40014 - 32768);
	index = 0xfffffff0; /* nonsense too */
	ck_assert_uint_eq(console_ring_read(buf, 20, &index, true), 20);
	index = 0;
	ck_assert_uint_eq(console_ring_read(buf, sizeof(buf), &index, false), 0);
}
END_TEST

START_TEST(long_lines_are_cut)
{
	static char text[1000], buf[1000];
	u32 index = 0;
	size_t n;

	machine_start(64);
	memset(text, 'x', sizeof(text) - 1);
	printk(LOG_DEBUG, "%s\n", text);
	n = console_ring_read(buf, sizeof(buf), &index, false);
	ck_assert_uint_lt(n, 500);
	ck_assert_int_eq(buf[n - 1], '\n');
}
END_TEST

START_TEST(guests_talk_at_a_limited_rate)
{
	static char buf[32768];
	struct domain d = { .id = 7 };
	u32 index = 0;
	size_t n;

	machine_start(64);
	machine.now = 1000000000;
	for (unsigned int i = 0; i < 1000; i++)
		guest_printk(&d, LOG_DEBUG, "noise\n");
	n = console_ring_read(buf, sizeof(buf), &index, false);
	ck_assert_uint_gt(n, 10 * 16);
	ck_assert_uint_lt(n, 30 * 16);
	machine.now += 2000000000;
	guest_printk(&d, LOG_DEBUG, "later\n");
	n = console_ring_read(buf, sizeof(buf) - 1, &index, false);
	buf[n] = 0;
	ck_assert_ptr_nonnull(strstr(buf, "dropped] d7: later\n"));
}
END_TEST

START_TEST(console_input)
{
	char buf[8];

	machine_start(64);
	console_receive('a');
	console_receive('b');
	ck_assert_uint_eq(console_virqs, 2);
	ck_assert_uint_eq(console_read(buf, 1), 1);
	ck_assert_uint_eq(console_read(buf + 1, 7), 1);
	ck_assert_int_eq(memcmp(buf, "ab", 2), 0);
	ck_assert_uint_eq(console_read(buf, 8), 0);
	for (unsigned int i = 0; i < 5000; i++)
		console_receive('x'); /* what nobody reads is dropped */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lib");
	TCase *t = tcase_create("lib");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_test(t, memory);
	tcase_add_test(t, strings);
	tcase_add_test(t, numbers);
	tcase_add_test(t, formats);
	tcase_add_test(t, ring);
	tcase_add_test(t, long_lines_are_cut);
	tcase_add_test(t, guests_talk_at_a_limited_rate);
	tcase_add_test(t, console_input);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
