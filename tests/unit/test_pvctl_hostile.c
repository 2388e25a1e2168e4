/* SPDX-License-Identifier: MIT */
/*
 * Proves that texts of others (names, titles, messages of guests and of the hypervisor) reach no
 * terminal, pipe or shell as anything but text: the made-up daemon's answers are full of control
 * sequences and marks of direction, its domains are named like commands of the shell.
 *
 * @limit: 120
 */
#include <jansson.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run_pvctl.h"

/* ESC, C1's CSI, DEL, override, isolate, right-to-left marks, line separator: as JSON spells it. */
#define ACTING "a\\u001b[2J\\u009b31m\\u007f\\u202eb\\u2066\\u200f\\u061c\\u2028c"
/* The same without what XML cannot have. */
#define XML_ACTING "a\\u009b31m\\u007f\\u202eb\\u2066\\u200f\\u061c\\u2028c"

/* And as they must not appear. */
static const char *const raw[] = {
	"\x1b",         "\xc2\x9b",     "\x7f",     "\xe2\x80\xae",
	"\xe2\x81\xa6", "\xe2\x80\x8f", "\xd8\x9c", "\xe2\x80\xa8",
};

#define HOSTILE_DOMAIN                                                                         \
	"\"id\":1,\"name\":\"" ACTING "\",\"uuid\":\"" ACTING "\",\"title\":\"" ACTING         \
	"\",\"state\":\"" ACTING "\",\"reason\":\"" ACTING "\",\"memory\":1,\"max_memory\":1," \
	"\"vcpus\":2,\"cpu_time\":0,\"persistent\":true,\"autostart\":false,"                  \
	"\"os_type\":\"" ACTING "\",\"detail\":\"" ACTING "\""

static const struct fake_answer hostile_answers[] = {
	{ "domain.list", "{\"domains\":[{" HOSTILE_DOMAIN "}]}" },
	{ "domain.info", "{" HOSTILE_DOMAIN "}" },
	{ "domain.xml", "{\"xml\":\"<domain type='xen' id='" XML_ACTING "'>\\n  <name>" XML_ACTING
			"</name>\\n</domain>\\n\"}" },
	{ "domain.create", "{\"id\":1,\"name\":\"" ACTING "\",\"uuid\":\"" ACTING "\"}" },
	{ "domain.wait",
	  "{\"state\":\"" ACTING "\",\"reason\":\"" ACTING "\",\"detail\":\"" ACTING "\"}" },
	{ "host.info", "{\"cpu_model\":\"" ACTING "\",\"defences\":\"" ACTING "\"}" },
	{ "host.version",
	  "{\"pvd\":\"" ACTING "\",\"library\":\"" ACTING "\",\"hypervisor\":\"" ACTING
	  "\",\"hypervisor_version\":\"" ACTING "\"}" },
	{ "host.dmesg", "{\"text\":\"" ACTING "\\n\\t" ACTING "\"}" },
	{ "host.capabilities", "{\"xml\":\"<capabilities>" XML_ACTING "</capabilities>\\n\"}" },
	{ NULL, NULL },
};

static const struct fake_pvd hostile = {
	.console_text = "",
	.create_delay_fd = -1,
	.create_seen_fd = -1,
	.answers = hostile_answers,
	.events = "{\"event\":\"lifecycle\",\"domain\":\"" ACTING "\",\"change\":\"" ACTING
		  "\",\"detail\":\"" ACTING "\",\"time\":\"" ACTING "\"}\n",
};

static const char *const commands[] = {
	"list",
	"list --title",
	"list --name",
	"list --uuid --id --name",
	"dominfo test",
	"domstate test",
	"domstate test --reason",
	"domid test",
	"domname test",
	"domuuid test",
	"dumpxml test",
	"dumpxml test --xpath //name",
	"capabilities",
	"dmesg",
	"nodeinfo",
	"version --daemon",
	"event --all",
	"event --all --timestamp",
	"create %x",
	"reboot test --wait",
	"suspend test --dry-run",
};

static void check_plain(const char *command, const char *text)
{
	size_t i;

	for (i = 0; i < COUNT(raw); i++)
		ck_assert_msg(!strstr(text, raw[i]), "%s: sequence %zu in\n%s", command, i, text);
}

START_TEST(shown_escaped)
{
	struct outcome ours;

	fake_pvd_start(socket_path, &hostile);
	pvctl(commands[_i], NULL, &ours);
	check_plain(commands[_i], ours.out);
	check_plain(commands[_i], ours.err);
	ck_assert_msg(strlen(ours.out) + strlen(ours.err) > 1, "nothing was shown");
}
END_TEST

/* The same as JSON, on either stream: still one document (or one a line), that means the same. */
START_TEST(json_escaped)
{
	json_t *before = json_loads("[\"" ACTING "\"]", 0, NULL), *after;
	char arguments[128];
	struct outcome ours;

	fake_pvd_start(socket_path, &hostile);
	snprintf(arguments, sizeof(arguments), "--format json %s", commands[_i]);
	pvctl(arguments, NULL, &ours);
	check_plain(commands[_i], ours.out);
	check_plain(commands[_i], ours.err);
	after = json_loads(*ours.out ? ours.out : ours.err, 0, NULL);
	ck_assert_msg(after, "%s%s", ours.out, ours.err);
	if (!strcmp(commands[_i], "domname test"))
		ck_assert_str_eq(json_string_value(json_object_get(after, "name")),
				 json_string_value(json_array_get(before, 0)));
	json_decref(before);
	json_decref(after);
}
END_TEST

/* What dumpxml prints is the document that the daemon gave. */
START_TEST(xml_same)
{
	static const char answer[] = "[\"" XML_ACTING "\"]";
	json_t *before = json_loads(answer, 0, NULL);
	struct outcome ours;
	xmlChar *name, *id;
	xmlNode *root;
	xmlDoc *doc;

	fake_pvd_start(socket_path, &hostile);
	pvctl("dumpxml test", NULL, &ours);
	doc = xmlReadMemory(ours.out, (int)strlen(ours.out), "t", NULL, XML_PARSE_NOBLANKS);
	ck_assert_msg(doc, "%s", ours.out);
	root = xmlDocGetRootElement(doc);
	id = xmlGetProp(root, BAD_CAST "id");
	name = xmlNodeGetContent(root->children);
	ck_assert_str_eq((char *)id, json_string_value(json_array_get(before, 0)));
	ck_assert_str_eq((char *)name, json_string_value(json_array_get(before, 0)));
	xmlFree(id);
	xmlFree(name);
	xmlFreeDoc(doc);
	json_decref(before);
}
END_TEST

static const struct fake_answer shell_answers[] = {
	{ "domain.list", "{\"domains\":["
			 "{\"id\":1,\"name\":\"$(touch ran)\",\"state\":\"running\"},"
			 "{\"id\":2,\"name\":\"`touch ran`\",\"state\":\"running\"},"
			 "{\"id\":3,\"name\":\"a;touch ran\",\"state\":\"running\"},"
			 "{\"id\":4,\"name\":\"it's\",\"state\":\"running\"},"
			 "{\"id\":5,\"name\":\"a\\\"$(touch ran)\",\"state\":\"running\"},"
			 "{\"id\":6,\"name\":\"*\",\"state\":\"running\"},"
			 "{\"id\":7,\"name\":\"two words\",\"state\":\"running\"},"
			 "{\"id\":8,\"name\":\"plain\",\"state\":\"running\"},"
			 "{\"id\":9,\"name\":\"k=v:w\",\"state\":\"running\"},"
			 "{\"id\":10,\"name\":\"--help\",\"state\":\"running\"}]}" },
	{ NULL, NULL },
};

static const struct fake_pvd shell_names = {
	.console_text = "",
	.create_delay_fd = -1,
	.create_seen_fd = -1,
	.answers = shell_answers,
};

/* Runs the completion as bash would, then the lines that it leaves, with "pvctl" a function that
 * prints what it is given. */
static const char completion_script[] =
	"cd \"$FOLDER\" || exit 1\n"
	"touch 'f$(touch ran)' 'f*'\n"
	"source \"$COMPLETION\" || exit 1\n"
	/* bash makes words of their own of ":" and "=". */
	"add_word() {\n"
	"	local word=$1 piece\n"
	"	while [[ $word == *[:=]* ]]; do\n"
	"		piece=${word%%[:=]*}\n"
	"		[[ -z $piece ]] || COMP_WORDS+=(\"$piece\")\n"
	"		word=${word#\"$piece\"}\n"
	"		COMP_WORDS+=(\"${word:0:1}\")\n"
	"		word=${word:1}\n"
	"	done\n"
	"	[[ -z $word && $1 ]] || COMP_WORDS+=(\"$word\")\n"
	"}\n"
	"complete_line() {\n"
	"	local word IFS=' '\n"
	"	COMP_LINE=\"$*\" COMP_WORDS=()\n"
	"	for word; do add_word \"$word\"; done\n"
	"	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
	"	_pvctl\n"
	"}\n"
	"complete_with() { complete_line \"$PROGRAM\" -c \"$URI\" \"$@\"; }\n"
	"try() { [[ ! -e ran ]] || { echo \"$1: code of a name has run\"; exit 1; }; }\n"
	"complete_with domid ''\n"
	"try TAB\n"
	"for word in \"${COMPREPLY[@]}\"; do eval \"printf '<%s>' $word\"; done\n"
	"try Enter\n"
	"echo\n"
	"complete_with domid 'tw'; echo \"${COMPREPLY[*]}\"\n"
	"complete_with domid 'two\\ w'; echo \"${COMPREPLY[*]}\"\n"
	"complete_with domid '\"'; echo \"${COMPREPLY[*]}\"\n"
	"complete_with domid \"'\"; echo \"${COMPREPLY[*]}\"\n"
	"complete_with domid '$(touch ran'; echo \"${COMPREPLY[*]}\"\n"
	"complete_with domid 'k'; echo \"${COMPREPLY[*]}\"\n"
	"complete_with domid 'k=v:'; echo \"${COMPREPLY[*]}\"\n"
	"complete_with domid --domain=k=; echo \"${COMPREPLY[*]}\"\n"
	"complete_with domid -- -; echo \"${COMPREPLY[*]}\"\n"
	"complete_line \"$PROGRAM\" \"--connect=$URI\" domid pl; echo \"${COMPREPLY[*]}\"\n"
	"complete_line \"$PROGRAM\" --connect=pvd:///sy; echo \"${COMPREPLY[*]}\"\n"
	"complete_line \"$PROGRAM\" host start --acc; echo \"${COMPREPLY[*]}\"\n"
	"complete_line \"$PROGRAM\" host start --accel=k; echo \"${COMPREPLY[*]}\"\n"
	"complete_with create f; printf '<%s>' \"${COMPREPLY[@]}\"; echo\n"
	"complete_with '$(touch ran)' ''; echo \"${#COMPREPLY[@]}\"\n"
	"try 'TAB behind words'\n"
	"rm -f f*\n";

static const char completion_result[] =
	"<$(touch ran)><`touch ran`><a;touch ran><it's><a\"$(touch ran)><*><two words><plain>"
	"<k=v:w>\n"
	"two\\ words\n"
	"two\\ words\n"
	"plain k=v:w\n"
	"plain k=v:w\n"
	"\\$\\(touch\\ ran\\)\n"
	"k=v:w\n"
	"w\n"
	"v:w\n"
	"--help\n"
	"plain\n"
	"///system\n"
	"--accel\n"
	"kvm\n"
	"<f$(touch ran)><f*>\n"
	"2\n";

START_TEST(completion)
{
	const char *build = getenv("PV_BUILD");
	char path[4200], folder[128], *argv[] = { (char *)"bash", NULL, NULL };
	struct outcome ours;

	snprintf(folder, sizeof(folder), "%s", in_folder(""));
	write_file(in_folder("script"), completion_script);
	setenv("FOLDER", folder, 1);
	setenv("PROGRAM", program, 1);
	setenv("URI", uri, 1);
	snprintf(path, sizeof(path), "%s/tools/pvctl/completion/pvctl", build ? build : ".");
	setenv("COMPLETION", path, 1);
	fake_pvd_start(socket_path, &shell_names);
	argv[1] = strdup(in_folder("script"));
	finish(start(argv, NULL), &ours);
	ck_assert_str_eq(ours.err, "");
	ck_assert_str_eq(ours.out, completion_result);
	ck_assert_int_eq(ours.status, 0);
	free(argv[1]);
}
END_TEST

static TCase *hostile_case(void)
{
	TCase *tests = tcase_create("hostile");

	tcase_set_timeout(tests, 20);
	tcase_add_loop_test(tests, shown_escaped, 0, COUNT(commands));
	tcase_add_loop_test(tests, json_escaped, 0, COUNT(commands));
	tcase_add_test(tests, xml_same);
	tcase_add_test(tests, completion);
	return tests;
}

int main(void)
{
	return run_suite("pvctl_hostile", hostile_case());
}
