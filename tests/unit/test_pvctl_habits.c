/* SPDX-License-Identifier: MIT */
/*
 * Proves that users of virsh and xl find their way: virsh's options are honoured, or change nothing
 * where nothing is lost, or are refused with a reason; xl's names and files get a pointer; slips
 * get a suggestion; what a request has come to is told as it is. Against made-up answers.
 *
 * @limit: 120
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run_pvctl.h"

#define XML                                                                      \
	"<domain type='xen' id='1'>\\n  <name>test</name>\\n"                    \
	"  <uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>\\n"                 \
	"  <memory unit='KiB'>1024</memory>\\n  <os>\\n    <type arch='x86_64' " \
	"machine='xenpv'>linux</type>\\n    <kernel>/k</kernel>\\n  </os>\\n</domain>\\n"

static const struct fake_answer xml_answer[] = { { "domain.xml", "{\"xml\":\"" XML "\"}" },
						 { NULL, NULL } };

static const struct fake_pvd with_xml = {
	.console_text = "",
	.create_delay_fd = -1,
	.create_seen_fd = -1,
	.answers = xml_answer,
};

#define EMPTY_LIST " Id   Name   State\n--------------------\n\n"
#define FULL_LIST  " Id   Name   State\n----------------------\n 1    test   running\n\n"
#define EVENT      "event 'lifecycle' for domain 'test': Suspended Paused\nevents received: 1\n\n"

static const struct {
	const char *arguments;
	int exit;
	const char *out, *err;
} runs[] = {
	/* virsh's options */
	{ "destroy test --graceful", 0, "Domain 'test' destroyed\n\n", "" },
	{ "destroy test --remove-logs", 9, "",
	  "error: option --remove-logs: the console's log stays until the daemon forgets the "
	  "domain\n" },
	{ "shutdown test --mode paravirt", 0, "Domain 'test' is being shutdown\n\n", "" },
	{ "reboot test --mode acpi,paravirt", 0, "Domain 'test' is being rebooted\n\n", "" },
	{ "shutdown test --mode acpi", 9, "",
	  "error: option --mode: a PV guest can be asked by 'paravirt' only\n" },
	{ "shutdown test --mode acpi,foo", 2, "",
	  "error: Unknown mode foo value, expecting 'acpi', 'agent', 'initctl', 'signal', or "
	  "'paravirt'\n" },
	{ "console test --force --safe --devname console0", 1, "",
	  "error: the console was cut off, but domain 'test' is there: it is running\n"
	  "hint: what was missed, and the console again: pvctl console test --replay 100\n" },
	{ "console test --devname serial0", 9, "",
	  "error: option --devname: found 'serial0', a domain has 'console0' only\n" },
	{ "create %x --validate --reset-nvram", 0, NULL, "" },
	{ "create %x --pass-fds 3", 9, "",
	  "error: option --pass-fds: a PV guest takes no file descriptors\n" },
	{ "create %x --autodestroy", 2, "",
	  "error: option --autodestroy needs --console: without it the domain would be destroyed "
	  "at once\n" },
	{ "list --with-snapshot", 0, EMPTY_LIST, "" },
	{ "list --without-snapshot", 0, FULL_LIST, "" },
	{ "list --with-checkpoint --all", 0, EMPTY_LIST, "" },
	{ "list --with-managed-save", 0, EMPTY_LIST, "" },
	{ "list --managed-save --without-managed-save --without-checkpoint", 0, FULL_LIST, "" },
	{ "event --all --timestamp", 0, "2026-01-01T00:00:00Z: " EVENT, "" },
	{ "version --daemon", 0, NULL, "" },
	{ "dumpxml test --security-info --update-cpu --xpath //name", 0, "<name>test</name>\n\n",
	  "" },
	{ "dumpxml test --xpath //name|//memory", 0,
	  "<name>test</name>\n<memory unit=\"KiB\">1024</memory>\n\n", "" },
	{ "dumpxml test --xpath //name|//kernel --wrap", 0,
	  "<nodes>\n  <name>test</name>\n  <kernel>/k</kernel>\n</nodes>\n\n", "" },
	{ "dumpxml test --xpath //os", 0,
	  "<os>\n  <type arch=\"x86_64\" machine=\"xenpv\">linux</type>\n  "
	  "<kernel>/k</kernel>\n</os>\n\n",
	  "" },
	{ "dumpxml test --xpath //@unit", 0, " unit=\"KiB\"\n\n", "" },
	{ "dumpxml test --xpath //nosuch", 0, "\n", "" },
	{ "dumpxml test --xpath //[", 2, "",
	  "error: option --xpath: found '//[', expected an expression that selects nodes\n" },
	{ "dumpxml test --xpath count(//name)", 2, "",
	  "error: option --xpath: found 'count(//name)', expected an expression that selects "
	  "nodes\n" },
	{ "-r domid test", 0, "1\n\n", "" },
	{ "-r destroy test", 6, "",
	  "error: operation forbidden: read only access prevents 'destroy'\n" },
	{ "-r host console", 6, "",
	  "error: operation forbidden: read only access prevents 'console'\n" },
	{ "--readonly host start", 6, "",
	  "error: operation forbidden: read only access prevents 'start'\n" },
	{ "-d 4 -k 5 -K 3 --debug=1 -e ^x domid test", 0, "1\n\n", "" },
	{ "-e ab domid test", 2, "", "error: Invalid string 'ab' for escape sequence\n" },
	{ "-l /tmp/log domid test", 9, "",
	  "error: option --log: pvctl keeps no log, '/tmp/log' would stay empty\n" },
	{ "--version=long", 0, NULL, "" },
	/* xl's names */
	{ "pause test", 2, "",
	  "error: unknown command: 'pause'\nhint: xl's 'pause' is here: pvctl suspend\n" },
	{ "unpause test", 2, "",
	  "error: unknown command: 'unpause'\nhint: xl's 'unpause' is here: pvctl resume\n" },
	{ "info", 2, "",
	  "error: unknown command: 'info'\nhint: xl's 'info' is here: pvctl nodeinfo\n" },
	{ "vm-list", 2, "",
	  "error: unknown command: 'vm-list'\nhint: xl's 'vm-list' is here: pvctl list\n" },
	{ "mem-set test 64", 9, "",
	  "error: command 'mem-set': not in this version, which will call it 'setmem'\n" },
	{ "sysrq test b", 9, "", "error: command 'sysrq': xl's, it has no counterpart here\n" },
	{ "shutdown -w test", 2, "",
	  "error: unexpected data '-w'\nhint: Options are spelt out here: pvctl help shutdown\n" },
	{ "list -l", 2, "",
	  "error: unexpected data '-l'\nhint: Options are spelt out here: pvctl help list\n" },
	{ "domid -- -h", 3, "", "error: failed to get domain '-h'\n" },
	{ "domid test -h", 0,
	  "  NAME\n    domid - convert a domain name or UUID to domain id\n\n"
	  "  SYNOPSIS\n    domid <domain>\n\n"
	  "  OPTIONS\n    [--domain] <string>  domain name, id or uuid\n\n",
	  "" },
	{ "dominfo --help test", 0, NULL, "" },
	{ "host list -h", 0,
	  "  NAME\n    list - this user's machines\n\n"
	  "  SYNOPSIS\n    list [--name] [--all]\n\n"
	  "  OPTIONS\n    --name           names only\n    --all            ended ones too\n\n",
	  "" },
	{ "--format json domid -h", 0,
	  "{\n  \"name\": \"domid\",\n  \"group\": \"domain\",\n"
	  "  \"help\": \"convert a domain name or UUID to domain id\",\n  \"options\": [\n    {\n"
	  "      \"name\": \"domain\",\n      \"required\": true,\n      \"flag\": false,\n"
	  "      \"help\": \"domain name, id or uuid\"\n    }\n  ]\n}\n",
	  "" },
	{ "domid -- -w", 3, "", "error: failed to get domain '-w'\n" },
	/* slips */
	{ "destory test", 2, "",
	  "error: unknown command: 'destory'\nhint: Did you mean 'destroy'?\n" },
	{ "frobnicate", 2, "", "error: unknown command: 'frobnicate'\n" },
	{ "list --al", 2, "",
	  "error: command 'list' doesn't support option --al\nhint: Did you mean --all?\n" },
	{ "host strat", 2, "",
	  "error: host: found 'strat', expected start, stop, restart-daemon, status, list or "
	  "console\n"
	  "hint: Did you mean 'host start'?\n" },
};

START_TEST(habit)
{
	struct outcome ours;

	fake_pvd_start(socket_path, &with_xml);
	pvctl(runs[_i].arguments, NULL, &ours);
	if (runs[_i].out)
		ck_assert_str_eq(ours.out, runs[_i].out);
	ck_assert_str_eq(ours.err, runs[_i].err);
	ck_assert_int_eq(WEXITSTATUS(ours.status), runs[_i].exit);
}
END_TEST

/* --inactive is the description without what is live: pvctl create takes it, and it has no id. */
START_TEST(inactive)
{
	struct outcome ours;

	fake_pvd_start(socket_path, &with_xml);
	pvctl("-q dumpxml test --inactive", NULL, &ours);
	ck_assert_int_eq(ours.status, 0);
	ck_assert_ptr_nonnull(strstr(ours.out, "<domain type='xen'>\n  <name>test</name>\n"));
	write_file(xml_path, ours.out);
	pvctl("validate %x", NULL, &ours);
	ck_assert_int_eq(ours.status, 0);
	write_good_xml();
}
END_TEST

START_TEST(timestamp)
{
	const struct fake_pvd how = {
		.create_delay_fd = -1,
		.create_seen_fd = -1,
		.events = "{\"event\":\"lifecycle\",\"domain\":\"test\",\"change\":\"Stopped\","
			  "\"detail\":\"Shutdown\",\"time\":\"2026-01-31T12:00:00.123456Z\"}\n",
	};
	struct outcome ours;

	fake_pvd_start(socket_path, &how);
	pvctl("-q event --all --timestamp", NULL, &ours);
	ck_assert_str_eq(ours.out, "2026-01-31 12:00:00.123+0000: event 'lifecycle' for domain "
				   "'test': Stopped Shutdown\n");
}
END_TEST

/* Paravane tells its defences; Xen does not, and then there is no line. */
static void check_defences(const char *answer, const char *line)
{
	const struct fake_answer answers[] = { { "host.info", answer }, { NULL, NULL } };
	const struct fake_pvd how = { .create_delay_fd = -1,
				      .create_seen_fd = -1,
				      .answers = answers };
	struct outcome ours;
	const char *at;

	fake_pvd_start(socket_path, &how);
	pvctl("-q nodeinfo", NULL, &ours);
	at = strstr(ours.out, "Defences:");
	ck_assert_str_eq(at ? at : "", line);
}

START_TEST(defences)
{
	check_defences("{\"defences\":\"xpti rsb\"}", "Defences:            xpti rsb\n");
}
END_TEST

START_TEST(defences_none)
{
	check_defences("{\"defences\":\"\"}", "Defences:            none\n");
}
END_TEST

START_TEST(defences_not_told)
{
	check_defences("{\"cpus\":1}", "");
}
END_TEST

START_TEST(timing)
{
	struct outcome ours;

	fake_pvd_start(socket_path, &plain);
	pvctl("-t -q domid test", NULL, &ours);
	ck_assert_msg(!strncmp(ours.out, "1\n\n(Time: ", 10), "%s", ours.out);
	ck_assert_ptr_nonnull(strstr(ours.out, " ms)\n\n"));
}
END_TEST

/* Left by the end of input, the domain goes too. */
START_TEST(autodestroy)
{
	const struct fake_pvd how = {
		.console_text = "hello\n",
		.console_echo = 1,
		.create_delay_fd = -1,
		.create_seen_fd = -1,
	};
	struct outcome ours;

	fake_pvd_start(socket_path, &how);
	pvctl("create %x --console --autodestroy --timeout 0", NULL, &ours);
	ck_assert_str_eq(fake_pvd_methods(),
			 "domain.create domain.console domain.resume domain.destroy ");
	ck_assert_int_eq(WEXITSTATUS(ours.status), 8);
}
END_TEST

/* What domain.wait may answer, and what is made of it. */
static const struct {
	const char *arguments, *answer;
	int exit;
	const char *out, *err;
} waits[] = {
	{ "reboot test --wait", "{\"state\":\"running\",\"reason\":\"booted\",\"detail\":null}", 0,
	  "Domain 'test' has been rebooted\n\n", "" },
	{ "reboot test --wait",
	  "{\"state\":\"shut off\",\"reason\":\"failed\",\"detail\":\"/k: No such file\"}", 1, "",
	  "error: Failed to reboot domain 'test'\n"
	  "error: it did not come back: it is shut off (failed): /k: No such file\n" },
	{ "reboot test --wait", "{\"state\":\"shut off\",\"reason\":\"shutdown\"}", 1, "",
	  "error: Failed to reboot domain 'test'\n"
	  "error: it did not come back: it is shut off (shutdown)\n" },
	{ "reboot test --wait", "{\"state\":\"in shutdown\",\"reason\":\"shutdown\"}", 1, "",
	  "error: Failed to reboot domain 'test'\n"
	  "error: it did not come back: it is in shutdown (shutdown)\n" },
	{ "shutdown test --wait", "{\"state\":\"in shutdown\",\"reason\":\"shutdown\"}", 0,
	  "Domain 'test' has been shutdown\n\n", "" },
	{ "shutdown test --wait", "{\"state\":\"running\",\"reason\":\"booted\"}", 1, "",
	  "error: Failed to shutdown domain 'test'\n"
	  "error: it did not shut down: it is running (booted)\n" },
	{ "shutdown test --wait",
	  "{\"state\":\"crashed\",\"reason\":\"panicked\",\"detail\":\"page fault\"}", 1, "",
	  "error: Failed to shutdown domain 'test'\n"
	  "error: it did not shut down: it is crashed (panicked): page fault\n" },
};

START_TEST(waited)
{
	const struct fake_answer answers[] = { { "domain.wait", waits[_i].answer },
					       { NULL, NULL } };
	const struct fake_pvd how = {
		.create_delay_fd = -1,
		.create_seen_fd = -1,
		.answers = answers,
	};
	struct outcome ours;

	fake_pvd_start(socket_path, &how);
	pvctl(waits[_i].arguments, NULL, &ours);
	ck_assert_str_eq(ours.out, waits[_i].out);
	ck_assert_str_eq(ours.err, waits[_i].err);
	ck_assert_int_eq(WEXITSTATUS(ours.status), waits[_i].exit);
}
END_TEST

/* A failed domain says why, like a crashed one. */
START_TEST(cause_of_failure)
{
	static const struct fake_answer answers[] = {
		{ "domain.info", "{\"name\":\"test\",\"state\":\"shut off\",\"reason\":\"failed\","
				 "\"detail\":\"/k: No such file\"}" },
		{ NULL, NULL }
	};
	const struct fake_pvd how = {
		.create_delay_fd = -1,
		.create_seen_fd = -1,
		.answers = answers,
	};
	struct outcome ours;

	fake_pvd_start(socket_path, &how);
	pvctl("-q domstate test --reason", NULL, &ours);
	ck_assert_str_eq(ours.out, "shut off (failed)\n/k: No such file\n");
	pvctl("-q domstate test", NULL, &ours);
	ck_assert_str_eq(ours.out, "shut off\n");
	pvctl("--format json domstate test", NULL, &ours);
	ck_assert_ptr_nonnull(strstr(ours.out, "\"detail\": \"/k: No such file\""));
}
END_TEST

/* No event in time: exit 8, and never without a word. */
START_TEST(no_event)
{
	static const struct {
		const char *arguments, *out, *err;
	} quiet[] = {
		{ "event --all --timeout 1", "event loop timed out\nevents received: 0\n", "" },
		{ "-q event --all --timeout 1", "", "error: no event within 1 s\n" },
		{ "--format json event --all --timeout 1", "",
		  "{\"error\":{\"code\":8,\"domain\":null,\"stage\":\"run\",\"detail\":\"no event "
		  "within 1 s\",\"hint\":null}}\n" },
	};
	const struct fake_pvd how = {
		.create_delay_fd = -1,
		.create_seen_fd = -1,
		.events = "",
	};
	struct outcome ours;
	size_t i;

	fake_pvd_start(socket_path, &how);
	for (i = 0; i < COUNT(quiet); i++) {
		pvctl(quiet[i].arguments, NULL, &ours);
		ck_assert_str_eq(ours.out, quiet[i].out);
		ck_assert_str_eq(ours.err, quiet[i].err);
		ck_assert_int_eq(WEXITSTATUS(ours.status), 8);
	}
}
END_TEST

/* Every mistake of a file is told, with its line; as JSON they are a list. */
START_TEST(mistakes)
{
	struct outcome ours;
	char want[1024];

	fake_pvd_start(socket_path, &plain);
	write_file(xml_path, "<domain type='xen'>\n<name>a</name>\n<memory>many</memory>\n<foo/>\n"
			     "<os><type>linux</type>\n<kernal>k</kernal></os>\n</domain>\n");
	snprintf(want, sizeof(want),
		 "error: %s:3: /domain/memory: found 'many', expected a whole number\n"
		 "error: %s:4: /domain/foo: unknown element\n"
		 "error: %s:6: /domain/os/kernal: unknown element\n"
		 "hint: Did you mean <kernel>?\n"
		 "error: %s:5: /domain/os: <kernel> is missing, expected <kernel>FILE</kernel>: no "
		 "boot loader takes its place\n"
		 "hint: Name a PV kernel: an ELF file or a bzImage.\n",
		 xml_path, xml_path, xml_path, xml_path);
	pvctl("validate %x", NULL, &ours);
	ck_assert_str_eq(ours.err, want);
	ck_assert_int_eq(WEXITSTATUS(ours.status), 7);
	pvctl("create %x", NULL, &ours);
	ck_assert_ptr_nonnull(strstr(ours.err, want));
	ck_assert_str_eq(fake_pvd_methods(), "");
	pvctl("--format json validate %x", NULL, &ours);
	ck_assert_ptr_nonnull(strstr(ours.err, "\"mistakes\":[{\"code\":7,"));
	ck_assert_ptr_nonnull(strstr(ours.err, "\"hint\":\"Did you mean <kernel>?\""));
	write_good_xml();
}
END_TEST

START_TEST(xl_file)
{
	struct outcome ours;
	char want[1024];

	write_file(xml_path, "# a guest\n\nname = \"web\"\nmemory=64\nkernel = '/boot/vmlinuz'\n");
	snprintf(want, sizeof(want),
		 "error: Failed to create domain from %s\n"
		 "error: %s: found a configuration of xl, expected XML\nhint: xl's name, memory, ",
		 xml_path, xml_path);
	pvctl("create %x", NULL, &ours);
	ck_assert_msg(!strncmp(ours.err, want, strlen(want)), "%s", ours.err);
	ck_assert_int_eq(WEXITSTATUS(ours.status), 7);
	write_file(xml_path, "nothing of either\n");
	pvctl("validate %x", NULL, &ours);
	ck_assert_ptr_nonnull(strstr(ours.err, "malformed XML"));
	write_good_xml();
}
END_TEST

/* Who reads the events is gone: nothing is left to wait for. */
START_TEST(events_unread)
{
	char command[4400];
	char *argv[] = { (char *)"sh", (char *)"-c", command, NULL };
	struct outcome ours;

	fake_pvd_start(socket_path, &plain);
	snprintf(command, sizeof(command), "exec '%s' -c '%s' event --all --loop >/dev/full",
		 program, uri);
	finish(start(argv, NULL), &ours);
	ck_assert_str_eq(ours.err,
			 "error: cannot write to standard output: No space left on device\n");
	ck_assert_int_eq(WEXITSTATUS(ours.status), 1);
}
END_TEST

static TCase *habits_case(void)
{
	TCase *tests = tcase_create("habits");

	tcase_set_timeout(tests, 20);
	tcase_add_loop_test(tests, habit, 0, COUNT(runs));
	tcase_add_loop_test(tests, waited, 0, COUNT(waits));
	tcase_add_test(tests, inactive);
	tcase_add_test(tests, timestamp);
	tcase_add_test(tests, defences);
	tcase_add_test(tests, defences_none);
	tcase_add_test(tests, defences_not_told);
	tcase_add_test(tests, timing);
	tcase_add_test(tests, autodestroy);
	tcase_add_test(tests, cause_of_failure);
	tcase_add_test(tests, no_event);
	tcase_add_test(tests, events_unread);
	tcase_add_test(tests, mistakes);
	tcase_add_test(tests, xl_file);
	return tests;
}

int main(void)
{
	return run_suite("pvctl_habits", habits_case());
}
