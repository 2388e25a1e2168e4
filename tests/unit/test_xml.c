/* SPDX-License-Identifier: MIT */
/*
 * Proves that the XML reader takes what docs/domain-xml.md lists, refuses everything else with the
 * exact message, and that writer, reader and schema agree.
 *
 * xml/good and xml/bad hold one document a file. What is expected stands in comments behind the
 * document, so that line numbers are those of the document: "error CODE: TEXT", "hint: TEXT", and
 * "warning: TEXT" in their order.
 *
 * @limit: 60
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

#define WARNINGS_MAX 4096

static struct dirent **good, **bad;
static int good_count, bad_count;

struct text {
	char *bytes;
	size_t length;
};

static char *data_path(const char *folder, const char *name)
{
	const char *top = getenv("PV_TOP");
	char *path;

	if (asprintf(&path, "%s/tests/unit/xml/%s/%s", top ? top : ".", folder, name) < 0)
		abort();
	return path;
}

static struct text load(const char *folder, const char *name)
{
	char *path = data_path(folder, name);
	FILE *file = fopen(path, "r");
	struct text text = { .bytes = calloc(1, XML_SIZE_MAX) };

	ck_assert_msg(file, "%s: %s", path, strerror(errno));
	text.length = fread(text.bytes, 1, XML_SIZE_MAX - 1, file);
	fclose(file);
	free(path);
	return text;
}

/* All expectations of one kind, one a line, as `text` has them. */
static char *expected(const struct text *text, const char *kind)
{
	char *all = calloc(1, WARNINGS_MAX), *line, *end, mark[32];

	snprintf(mark, sizeof(mark), "<!-- %s", kind);
	for (line = strstr(text->bytes, mark); line; line = strstr(end, mark)) {
		line += 5;
		end = strstr(line, " -->");
		strncat(all, line, end - line);
		strcat(all, "\n");
	}
	return all;
}

static void collect(void *context, const char *message)
{
	char *all = context;

	snprintf(all + strlen(all), WARNINGS_MAX - strlen(all), "warning: %s\n", message);
}

static struct xml_source source_of(const struct text *text, const char *name)
{
	return (struct xml_source){
		.text = text->bytes, .length = text->length, .file = name, .base_dir = "/base"
	};
}

static void must_read(struct domain_config *config, const struct xml_source *source)
{
	struct error err = ERROR_INIT;

	ck_assert_msg(!domain_config_read(config, source, NULL, NULL, &err), "%s", err.detail);
}

START_TEST(good_file)
{
	const char *name = good[_i]->d_name;
	struct text text = load("good", name);
	struct xml_source source = source_of(&text, name);
	char warnings[WARNINGS_MAX] = "", *want = expected(&text, "warning: ");
	struct domain_config config;
	struct error err = ERROR_INIT;
	int ret = domain_config_read(&config, &source, collect, warnings, &err);

	ck_assert_msg(!ret, "%s", err.detail);
	ck_assert_str_eq(warnings, want);
	ck_assert_msg(!domain_schema_check(&source, &err), "%s", err.detail);
	domain_config_free(&config);
	free(want);
	free(text.bytes);
}
END_TEST

/* What was written is read as the same, and the schema has nothing against it. */
START_TEST(good_file_written)
{
	struct text text = load("good", good[_i]->d_name), first, second;
	struct xml_source source = source_of(&text, "first.xml");
	struct domain_live live = { .id = 3, .tty = "/dev/pts/'1'" };
	struct domain_config config;
	struct error err = ERROR_INIT;

	must_read(&config, &source);
	first.bytes = domain_config_write(&config, &live);
	first.length = strlen(first.bytes);
	domain_config_free(&config);
	source = source_of(&first, "second.xml");
	must_read(&config, &source);
	ck_assert_msg(!domain_schema_check(&source, &err), "%s\n%s", err.detail, first.bytes);
	second.bytes = domain_config_write(&config, &live);
	ck_assert_str_eq(first.bytes, second.bytes);
	domain_config_free(&config);
	free(text.bytes);
	free(first.bytes);
	free(second.bytes);
}
END_TEST

START_TEST(bad_file)
{
	const char *name = bad[_i]->d_name;
	struct text text = load("bad", name);
	struct xml_source source = source_of(&text, name);
	struct domain_config config;
	struct error err = ERROR_INIT;
	char *error = expected(&text, "error "), *hint = expected(&text, "hint: ");
	char got[2048], got_hint[1024] = "";
	int ret = domain_config_read(&config, &source, NULL, NULL, &err);

	snprintf(got, sizeof(got), "error %d: %s\n", err.code, err.detail);
	if (err.hint[0])
		snprintf(got_hint, sizeof(got_hint), "hint: %s\n", err.hint);
	ck_assert_str_eq(got, error);
	ck_assert_str_eq(got_hint, hint);
	ck_assert_int_eq(ret, error_errno(err.code));
	ck_assert_ptr_null(config.name);
	domain_config_free(&config);
	free(error);
	free(hint);
	free(text.bytes);
}
END_TEST

START_TEST(fields)
{
	struct text text = load("good", "virsh-dumpxml.xml");
	struct xml_source source = source_of(&text, "f.xml");
	struct domain_config config;

	must_read(&config, &source);
	ck_assert_str_eq(config.name, "web");
	ck_assert_str_eq(config.uuid, "c7a5fdbd-cdaf-9455-926a-d65c16db1809");
	ck_assert_str_eq(config.title, "Web server");
	ck_assert_str_eq(config.description, "First line\nsecond line & more");
	ck_assert_uint_eq(config.memory, 64 << 20);
	ck_assert_uint_eq(config.current_memory, 32 << 20);
	ck_assert_uint_eq(config.vcpus, 4);
	ck_assert_uint_eq(config.current_vcpus, 2);
	ck_assert_str_eq(config.kernel, "/boot/vmlinuz");
	ck_assert_str_eq(config.initrd, "/boot/initrd.img");
	ck_assert_str_eq(config.cmdline, "console=hvc0 quiet");
	ck_assert_int_eq(config.on_poweroff, ACTION_DESTROY);
	ck_assert_int_eq(config.on_reboot, ACTION_RESTART);
	ck_assert_int_eq(config.on_crash, ACTION_PRESERVE);
	ck_assert_uint_eq(config.max_grant_frames, 64);
	ck_assert_uint_eq(config.max_event_channels, 2047);
	domain_config_free(&config);
	free(text.bytes);
}
END_TEST

START_TEST(fields_defaults)
{
	struct text text = load("good", "minimal.xml");
	struct xml_source source = source_of(&text, "f.xml");
	struct domain_config config;

	must_read(&config, &source);
	ck_assert_str_eq(config.uuid, "");
	ck_assert_str_eq(config.kernel, "/base/hello");
	ck_assert_uint_eq(config.current_memory, config.memory);
	ck_assert_uint_eq(config.vcpus, 1);
	ck_assert_uint_eq(config.current_vcpus, 1);
	ck_assert_int_eq(config.on_reboot, ACTION_RESTART);
	ck_assert_int_eq(config.on_crash, ACTION_DESTROY);
	domain_config_free(&config);
	source.base_dir = NULL;
	must_read(&config, &source);
	ck_assert_str_eq(config.kernel, "hello");
	domain_config_free(&config);
	free(text.bytes);
}
END_TEST

START_TEST(fields_layout)
{
	struct text text = load("good", "units.xml");
	struct xml_source source = source_of(&text, "f.xml");
	struct domain_config config;

	must_read(&config, &source);
	ck_assert_str_eq(config.name, "grün");
	ck_assert_uint_eq(config.memory, 5 << 20);
	ck_assert_uint_eq(config.vcpus, 3);
	ck_assert_str_eq(config.kernel, "/base/../boot/k");
	ck_assert_str_eq(config.cmdline, "root=/dev/xvda1 opt=\"a   b\"");
	domain_config_free(&config);
	free(text.bytes);
}
END_TEST

/* Its namespaces were declared on <domain>; cut out, it must still be XML. */
START_TEST(metadata_alone)
{
	struct text text = load("good", "metadata.xml");
	struct xml_source source = source_of(&text, "f.xml");
	struct domain_config config;

	must_read(&config, &source);
	ck_assert_ptr_nonnull(strstr(config.metadata, "xmlns:pv=\"urn:paravane:domain:1\""));
	ck_assert_ptr_nonnull(strstr(config.metadata, "xmlns:app=\"http://example.org/app\""));
	ck_assert_ptr_nonnull(strstr(config.metadata, "<pv:note kind=\"x\">a &lt; b</pv:note>"));
	domain_config_free(&config);
	free(text.bytes);
}
END_TEST

static int read_text(const char *bytes, size_t length, struct error *err)
{
	struct xml_source source = { .text = bytes, .length = length, .file = "t" };
	struct domain_config config;
	int ret = domain_config_read(&config, &source, NULL, NULL, err);

	domain_config_free(&config);
	return ret;
}

START_TEST(limits)
{
	char *text = malloc(XML_SIZE_MAX + 1);
	struct error err = ERROR_INIT;
	size_t i;

	ck_assert_int_eq(read_text("", 0, &err), -EBADMSG);
	error_clear(&err);
	memset(text, ' ', XML_SIZE_MAX + 1);
	ck_assert_int_eq(read_text(text, XML_SIZE_MAX + 1, &err), -EBADMSG);
	ck_assert_str_eq(err.detail, "t: found 262145 bytes, expected at most 262144");
	error_clear(&err);
	for (i = 0; i + 3 <= XML_SIZE_MAX; i += 3)
		memcpy(text + i, "<a>", 3);
	ck_assert_int_eq(read_text(text, i, &err), -EBADMSG);
	error_clear(&err);
	memset(text, '\n', XML_SIZE_MAX);
	memcpy(text, "<domain type='xen'>", 19);
	memcpy(text + 70000, "<what/></domain>", 16);
	ck_assert_int_eq(read_text(text, 70016, &err), -EBADMSG);
	ck_assert_str_eq(err.detail, "t:69982: /domain/what: unknown element");
	error_clear(&err);
	ck_assert_int_eq(read_text("<domain type='xen'>\0</domain>", 29, &err), -EBADMSG);
	error_clear(&err);
	ck_assert_int_eq(read_text("<domain type='xen'>\xff</domain>", 29, &err), -EBADMSG);
	free(text);
}
END_TEST

/* The schema on its own refuses, and says where. */
START_TEST(gate)
{
	static const char text[] = "<domain type='xen'>\n<name>a</name>\n<memory>1</memory>\n"
				   "<os><type>hvm</type><kernel>/k</kernel></os></domain>";
	struct xml_source source = { .text = text, .length = sizeof(text) - 1, .file = "g.xml" };
	struct error err = ERROR_INIT;

	ck_assert_int_eq(domain_schema_check(&source, &err), -EBADMSG);
	ck_assert_msg(!strncmp(err.detail, "g.xml:4: /domain/os", 19), "%s", err.detail);
}
END_TEST

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

static int is_xml(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".xml");
}

static int list(const char *folder, struct dirent ***names)
{
	char *path = data_path(folder, "");
	int count = scandir(path, names, is_xml, alphasort);

	free(path);
	return count;
}

static void list_free(struct dirent **names, int count)
{
	while (count-- > 0)
		free(names[count]);
	free(names);
}

static TCase *xml_case(void)
{
	TCase *tests = tcase_create("xml");

	tcase_add_loop_test(tests, good_file, 0, good_count);
	tcase_add_loop_test(tests, good_file_written, 0, good_count);
	tcase_add_loop_test(tests, bad_file, 0, bad_count);
	tcase_add_test(tests, fields);
	tcase_add_test(tests, fields_defaults);
	tcase_add_test(tests, fields_layout);
	tcase_add_test(tests, metadata_alone);
	tcase_add_test(tests, limits);
	tcase_add_test(tests, gate);
	tcase_add_loop_test(tests, scaled, 0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_loop_test(tests, uuid, 0, sizeof(uuids) / sizeof(uuids[0]));
	tcase_add_test(tests, uuid_random);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("xml");
	SRunner *runner;
	int failed;

	good_count = list("good", &good);
	bad_count = list("bad", &bad);
	if (good_count < 1 || bad_count < 1) {
		puts("no XML files below tests/unit/xml: is PV_TOP the source tree?");
		return 99;
	}
	suite_add_tcase(suite, xml_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	list_free(good, good_count);
	list_free(bad, bad_count);
	return failed ? 1 : 0;
}
