/* SPDX-License-Identifier: MIT */
/*
 * Proves that sizes with units and UUIDs are read as docs/domain-xml.md has them, and what is none
 * is refused.
 *
 * @limit: 30
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>

#include "xml.h"

static const struct {
	const char *number, *unit;
	int ret;
	uint64_t bytes;
} sizes[] = {
	{ "1", "b", 0, 1 },
	{ "7", "bytes", 0, 7 },
	{ "1", "KB", 0, 1000 },
	{ "1", "KiB", 0, 1024 },
	{ "1", "k", 0, 1024 },
	{ "2", "mib", 0, 2 << 20 },
	{ "2", "M", 0, 2 << 20 },
	{ "2", "MB", 0, 2000000 },
	{ "3", "G", 0, 3ull << 30 },
	{ "1", "TiB", 0, 1ull << 40 },
	{ " 15 ", "EiB", 0, 15ull << 60 },
	{ "16", "EiB", -ERANGE, 0 },
	{ "18446744073709551615", "b", 0, UINT64_MAX },
	{ "18446744073709551616", "b", -ERANGE, 0 },
	{ "1", "kibi", -ENOENT, 0 },
	{ "1", "", -ENOENT, 0 },
	{ "", "b", -EINVAL, 0 },
	{ "0x10", "b", -EINVAL, 0 },
	{ "1 2", "b", -EINVAL, 0 },
	{ "+1", "b", -EINVAL, 0 },
};

START_TEST(scaled)
{
	uint64_t bytes = 0;

	ck_assert_int_eq(xml_scaled(sizes[_i].number, sizes[_i].unit, &bytes), sizes[_i].ret);
	ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

static const struct {
	const char *text;
	const char *canonical; /* NULL: refused */
} uuids[] = {
	{ "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff" },
	{ "00112233-4455-6677-8899-AABBCCDDEEFF", "00112233-4455-6677-8899-aabbccddeeff" },
	{ "00112233-4455-6677-8899-aabbccddeef", NULL },
	{ "00112233-4455-6677-8899-aabbccddeeff0", NULL },
	{ "0011-22334455-6677-8899-aabbccddeeff", NULL },
	{ "0011223g-4455-6677-8899-aabbccddeeff", NULL },
	{ "", NULL },
};

START_TEST(uuid)
{
	uint8_t bytes[UUID_BYTES];
	char text[UUID_TEXT];
	int ret = uuid_parse(uuids[_i].text, bytes);

	ck_assert_int_eq(ret, uuids[_i].canonical ? 0 : -EINVAL);
	if (ret)
		return;
	uuid_format(bytes, text);
	ck_assert_str_eq(text, uuids[_i].canonical);
}
END_TEST

START_TEST(uuid_random)
{
	uint8_t one[UUID_BYTES], two[UUID_BYTES];

	ck_assert_int_eq(uuid_generate(one), 0);
	ck_assert_int_eq(uuid_generate(two), 0);
	ck_assert_mem_ne(one, two, UUID_BYTES);
	ck_assert_int_eq(one[6] >> 4, 4);
	ck_assert_int_eq(one[8] >> 6, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("values");
	SRunner *runner = srunner_create(suite);
	TCase *tests = tcase_create("values");
	int failed;

	tcase_add_loop_test(tests, scaled, 0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_loop_test(tests, uuid, 0, sizeof(uuids) / sizeof(uuids[0]));
	tcase_add_test(tests, uuid_random);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
