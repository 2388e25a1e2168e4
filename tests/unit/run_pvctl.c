/* SPDX-License-Identifier: MIT */
/* Runs pvctl, and what it is compared with, in tests. */
#include "run_pvctl.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char folder[] = "/tmp/pvctl-test-XXXXXX";
char socket_path[64], uri[128], xml_path[64], program[4096];

static const char hello[] =
	"<domain type='xen'>\n<name>test</name>\n"
	"<uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>\n<memory>1024</memory>\n"
	"<os><type>linux</type><kernel>k</kernel></os>\n</domain>\n";

void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

void read_file(const char *path, char text[OUTPUT_MAX])
{
	FILE *file = fopen(path, "r");
	size_t count;

	if (!file)
		abort();
	count = fread(text, 1, OUTPUT_MAX - 1, file);
	text[count] = '\0';
	fclose(file);
}

char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* Starts `argv` with its output in files, input from `input` or, if that is NULL, empty. */
pid_t start(char *const argv[], const char *input)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int ret;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, input ? input : "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, in_folder("out"),
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(&actions, 2, in_folder("err"),
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ret = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	ck_assert_msg(!ret, "%s: %s", argv[0], strerror(ret));
	return pid;
}

void finish(pid_t pid, struct outcome *outcome)
{
	ck_assert_int_eq(waitpid(pid, &outcome->status, 0), pid);
	read_file(in_folder("out"), outcome->out);
	read_file(in_folder("err"), outcome->err);
}

/* Splits at blanks; "%x" becomes the XML file. At most 14 words. */
static void split(char *words, char *argv[])
{
	int count = 0;
	char *word;

	for (word = strtok(words, " "); word && count < 14; word = strtok(NULL, " "))
		argv[count++] = strcmp(word, "%x") ? word : xml_path;
	argv[count] = NULL;
}

void pvctl(const char *arguments, const char *input, struct outcome *outcome)
{
	char words[512], *argv[20] = { program, (char *)"-c", uri };

	snprintf(words, sizeof(words), "%s", arguments);
	split(words, argv + 3);
	finish(start(argv, input), outcome);
}

void virsh(const char *arguments, struct outcome *outcome)
{
	char words[512], *argv[20] = { (char *)"virsh", (char *)"-c", (char *)"test:///default" };

	snprintf(words, sizeof(words), "%s", arguments);
	split(words, argv + 3);
	finish(start(argv, NULL), outcome);
}

const struct fake_pvd plain = { .console_text = "", .create_delay_fd = -1, .create_seen_fd = -1 };

bool has_virsh(void)
{
	return !system("virsh --version >/dev/null 2>&1");
}

void write_good_xml(void)
{
	write_file(xml_path, hello);
}

static void prepare(void)
{
	const char *build = getenv("PV_BUILD");

	if (!mkdtemp(folder))
		abort();
	snprintf(program, sizeof(program), "%s/tools/pvctl/pvctl", build ? build : ".");
	snprintf(socket_path, sizeof(socket_path), "%s/s", folder);
	snprintf(uri, sizeof(uri), "pvd:///system?socket=%s", socket_path);
	snprintf(xml_path, sizeof(xml_path), "%s/test.xml", folder);
	write_good_xml();
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("PVCTL_URI");
}

int run_suite(const char *name, TCase *tests)
{
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	char command[128];
	int failed;

	prepare();
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) || failed ? 1 : 0;
}
