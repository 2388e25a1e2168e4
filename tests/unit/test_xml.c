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

#define SAID_MAX 8192

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
	char *all = calloc(1, SAID_MAX), *line, *end, mark[32];

	snprintf(mark, sizeof(mark), "<!-- %s", kind);
	for (line = strstr(text->bytes, mark); line; line = strstr(end, mark)) {
		line += 5;
		end = strstr(line, " -->");
		strncat(all, line, end - line);
		strcat(all, "\n");
	}
	return all;
}

/* What the reader has said. */
struct heard {
	char warnings[SAID_MAX], errors[SAID_MAX], hints[SAID_MAX];
	unsigned int mistakes;
};

static void add_line(char *all, const char *line)
{
	snprintf(all + strlen(all), SAID_MAX - strlen(all), "%s\n", line);
}

static void hear_warning(void *context, const char *message)
{
	struct heard *heard = context;
	char line[2048];

	snprintf(line, sizeof(line), "warning: %s", message);
	add_line(heard->warnings, line);
}

static void hear_mistake(void *context, const struct error *mistake)
{
	struct heard *heard = context;
	char line[2048];

	heard->mistakes++;
	snprintf(line, sizeof(line), "error %d: %s", mistake->code, mistake->detail);
	add_line(heard->errors, line);
	snprintf(line, sizeof(line), "hint: %s", mistake->hint);
	if (mistake->hint[0])
		add_line(heard->hints, line);
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

	ck_assert_msg(!domain_config_read(config, source, NULL, &err), "%s", err.detail);
}

START_TEST(good_file)
{
	const char *name = good[_i]->d_name;
	struct text text = load("good", name);
	struct xml_source source = source_of(&text, name);
	char *want = expected(&text, "warning: ");
	struct heard heard = { .mistakes = 0 };
	struct xml_listener listener = { hear_warning, hear_mistake, &heard };
	struct domain_config config;
	struct error err = ERROR_INIT;
	int ret = domain_config_read(&config, &source, &listener, &err);

	ck_assert_msg(!ret, "%s", err.detail);
	ck_assert_uint_eq(heard.mistakes, 0);
	ck_assert_str_eq(heard.warnings, want);
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
	struct heard heard = { .mistakes = 0 };
	struct xml_listener listener = { NULL, hear_mistake, &heard };
	struct domain_config config;
	struct error err = ERROR_INIT;
	char *error = expected(&text, "error "), *hint = expected(&text, "hint: ");
	char chosen[2048];
	int ret = domain_config_read(&config, &source, &listener, &err);

	ck_assert_str_eq(heard.errors, error);
	ck_assert_str_eq(heard.hints, hint);
	snprintf(chosen, sizeof(chosen), "error %d: %s\n", err.code, err.detail);
	ck_assert_msg(strstr(error, "error 7: ") == strstr(error, chosen) ||
			      (err.code == ERROR_NOT_SUPPORTED && !strstr(error, "error 7: ")),
		      "%s", chosen);
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
	int ret = domain_config_read(&config, &source, NULL, err);

	domain_config_free(&config);
	return ret;
}

/* Twenty mistakes and no more, the last line says so; nothing behind them is read. */
START_TEST(many_mistakes)
{
	struct text text = { .bytes = calloc(1, XML_SIZE_MAX) };
	struct xml_source source = { .file = "t" };
	struct heard heard = { .mistakes = 0 };
	struct xml_listener listener = { NULL, hear_mistake, &heard };
	struct domain_config config;
	struct error err = ERROR_INIT;
	int i;

	strcpy(text.bytes, "<domain type='xen'>\n");
	for (i = 0; i < 1000; i++)
		strcat(text.bytes, "<nonsense/>\n");
	strcat(text.bytes, "</domain>");
	source.text = text.bytes;
	source.length = strlen(text.bytes);
	ck_assert_int_eq(domain_config_read(&config, &source, &listener, &err), -EBADMSG);
	ck_assert_uint_eq(heard.mistakes, XML_MISTAKES_MAX + 1);
	ck_assert_ptr_nonnull(strstr(heard.errors, "t:2: /domain/nonsense: unknown element\n"));
	ck_assert_ptr_nonnull(strstr(heard.errors, "t:21: /domain/nonsense: unknown element\n"));
	ck_assert_ptr_null(strstr(heard.errors, "t:22: "));
	ck_assert_ptr_nonnull(strstr(heard.errors, "error 7: t: more mistakes follow these 20\n"));
	ck_assert_str_eq(err.detail, "t:2: /domain/nonsense: unknown element");
	free(text.bytes);
}
END_TEST

START_TEST(limits)
{
	char *text = malloc(XML_SIZE_MAX + 1);
	struct error err = ERROR_INIT;
	size_t i;

	ck_assert_int_eq(read_text("", 0, &err), -EBADMSG);
	error_clear(&err);
	memset(text, ' ', XML_SIZE_MAX + 1);
	ck_assert_int_eq(read_text(text, XML_SIZE_MAX + 1, &err), -EBADMSG);
	ck_assert_str_eq(err.detail,
			 "t: found more than 262144 bytes, which is the most that is read");
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

/* What acts when shown is no name for the schema either, and no number is beyond the hypervisor. */
START_TEST(gate_limits)
{
	static const char *const refused[] = {
		"name-c1.xml",      "name-del.xml",     "name-direction.xml", "name-isolate.xml",
		"name-newline.xml", "name-tab.xml",     "vcpu-limit.xml",     "channels-limit.xml",
		"grant-limit.xml",  "channels-few.xml",
	};
	struct error err;
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct text text = load("bad", refused[i]);
		struct xml_source source = source_of(&text, refused[i]);

		error_clear(&err);
		ck_assert_msg(domain_schema_check(&source, &err) == -EBADMSG, "%s", refused[i]);
		free(text.bytes);
	}
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
	tcase_add_test(tests, many_mistakes);
	tcase_add_test(tests, gate);
	tcase_add_test(tests, gate_limits);
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
