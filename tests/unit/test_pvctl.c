/* SPDX-License-Identifier: MIT */
/*
 * Proves what pvctl itself does, against a daemon of made-up answers: its tables are virsh's byte
 * for byte (virsh runs beside it on its test driver, whose domain the made-up daemon has too), its
 * errors and exit codes are as promised.
 *
 * @limit: 120
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run_pvctl.h"

static const char *const same_as_virsh[] = {
	"list",
	"list --all",
	"list --inactive",
	"list --title",
	"list --name",
	"list --uuid",
	"list --id",
	"list --uuid --name",
	"list --id --name",
	"list --all --name --title",
	"list --state-paused",
	"list --state-running",
	"list --transient",
	"list --persistent --no-autostart",
	"-q list",
	"-q list --name",
	"domid test",
	"domid 6695eb01-f6a4-8304-79aa-97f2502e193f",
	"domname 1",
	"domuuid test",
	"-q domuuid test",
	"domstate test",
	"domstate --domain test",
	"domstate --domain=test --reason",
	"-q domstate test",
	"nodeinfo",
	"-q nodeinfo",
	"suspend test",
	"-q suspend test",
	"shutdown test",
	"reboot test",
	"destroy test",
	"-q destroy test",
};

START_TEST(virsh_output)
{
	struct outcome ours, theirs;

	fake_pvd_start(socket_path, &plain);
	pvctl(same_as_virsh[_i], NULL, &ours);
	virsh(same_as_virsh[_i], &theirs);
	ck_assert_str_eq(ours.out, theirs.out);
	ck_assert_str_eq(ours.err, "");
	ck_assert_int_eq(ours.status, theirs.status);
}
END_TEST

static const struct {
	const char *arguments;
	int exit;
} wrong[] = {
	{ "domstate nosuch", 3 },
	{ "domid nosuch", 3 },
	{ "dominfo nosuch", 3 },
	{ "foo", 2 },
	{ "suspend", 2 },
	{ "domstate", 2 },
	{ "domstate a b", 2 },
	{ "list --foo", 2 },
	{ "list --table --name", 2 },
	{ "event", 2 },
	{ "create /nonexistent/file", 1 },
};

/* The messages are virsh's; the exit code tells more than its 1. */
START_TEST(virsh_errors)
{
	struct outcome ours, theirs;

	fake_pvd_start(socket_path, &plain);
	pvctl(wrong[_i].arguments, NULL, &ours);
	virsh(wrong[_i].arguments, &theirs);
	ck_assert_str_eq(ours.err, theirs.err);
	ck_assert_int_eq(WEXITSTATUS(ours.status), wrong[_i].exit);
}
END_TEST

/* virsh's dominfo has lines for a security model, which we have not; all others are alike. */
START_TEST(virsh_dominfo)
{
	struct outcome ours, theirs;
	char *cpu_time, *security;

	fake_pvd_start(socket_path, &plain);
	pvctl("-q dominfo test", NULL, &ours);
	virsh("-q dominfo test", &theirs);
	cpu_time = strstr(theirs.out, "CPU time");
	ck_assert_ptr_nonnull(cpu_time);
	memmove(cpu_time, strchr(cpu_time, '\n') + 1, strlen(strchr(cpu_time, '\n')));
	security = strstr(theirs.out, "Security model");
	ck_assert_ptr_nonnull(security);
	*security = '\0';
	ck_assert_str_eq(ours.out, theirs.out);
}
END_TEST

static const struct {
	const char *arguments;
	int exit;
	const char *out; /* NULL: not looked at */
	const char *err;
} plain_runs[] = {
	{ "version", 0,
	  "Compiled against library: paravane 0.1.0\nUsing library: paravane 9.0.0\nUsing "
	  "API: Xen 9.0.0\n"
	  "Running hypervisor: TEST 0.0.2\n",
	  "" },
	{ "dmesg", 0, "(PV) one\n(PV) two\n", "" },
	{ "capabilities", 0, "<capabilities/>\n\n", "" },
	{ "-q dumpxml test", 0, "<domain type='xen' id='1'>\n</domain>\n", "" },
	{ "save test /x", 9, "", "error: command 'save': not in this version\n" },
	{ "migrate", 9, "", "error: command 'migrate': not in this version\n" },
	{ "event --list", 0, "lifecycle\n\n", "" },
	{ "event --all", 0,
	  "event 'lifecycle' for domain 'test': Suspended Paused\nevents received: 1\n\n", "" },
	{ "event --event nosuch", 2, "", "error: unknown event type nosuch\n" },
	{ "shutdown test --wait", 0, "Domain 'test' has been shutdown\n\n", "" },
	{ "shutdown test --timeout 3", 2, "", "error: option --timeout needs --wait\n" },
	{ "console test --replay many", 2, "",
	  "error: option --replay: found 'many', expected a whole number\n" },
	{ "suspend test --dry-run", 0, "Domain 'test' would be suspended\n\n", "" },
	{ "create %x --dry-run", 0, "Domain 'test' would be created from %x\n\n", "" },
	{ "create %x", 0, "Domain 'test' created from %x\n\n", "" },
	{ "validate %x", 0, "%x validates\n\n", "" },
	{ "--format json domid test", 0, "{\n  \"id\": 1\n}\n", "" },
	{ "domid nosuch --format json", 3, "",
	  "{\"error\":{\"code\":3,\"domain\":null,\"stage\":\"run\",\"detail\":\"no domain "
	  "'nosuch'\",\"hint\":null}}\n" },
	{ "--format yaml list", 2, "",
	  "error: option --format: found 'yaml', expected table or json\n" },
	{ "help nosuch", 2, "", "error: command or command group 'nosuch' doesn't exist\n" },
};

/* Puts the XML file's path where the table says %x. */
static void expand(const char *pattern, char text[OUTPUT_MAX])
{
	const char *mark = strstr(pattern, "%x");

	if (mark)
		snprintf(text, OUTPUT_MAX, "%.*s%s%s", (int)(mark - pattern), pattern, xml_path,
			 mark + 2);
	else
		snprintf(text, OUTPUT_MAX, "%s", pattern);
}

START_TEST(runs)
{
	struct outcome ours;
	char want[OUTPUT_MAX];

	fake_pvd_start(socket_path, &plain);
	pvctl(plain_runs[_i].arguments, NULL, &ours);
	if (plain_runs[_i].err)
		ck_assert_str_eq(ours.err, plain_runs[_i].err);
	if (plain_runs[_i].out) {
		expand(plain_runs[_i].out, want);
		ck_assert_str_eq(ours.out, want);
	}
	ck_assert_int_eq(WEXITSTATUS(ours.status), plain_runs[_i].exit);
}
END_TEST

static const char *const readers[] = {
	"list",         "dominfo test", "domstate test", "domname 1", "domuuid test",
	"dumpxml test", "validate %x",  "dmesg",         "nodeinfo",  "capabilities",
	"version",      "event --list", "help",
};

/* Every reading command can print JSON, and that is one document. */
START_TEST(json_output)
{
	char arguments[128], command[256];
	struct outcome ours;

	fake_pvd_start(socket_path, &plain);
	snprintf(arguments, sizeof(arguments), "--format json %s", readers[_i]);
	pvctl(arguments, NULL, &ours);
	ck_assert_int_eq(ours.status, 0);
	ck_assert_msg(ours.out[0] == '{' || ours.out[0] == '[', "%s", ours.out);
	snprintf(command, sizeof(command), "tail -c 2 %s | grep -q '[]}]'", in_folder("out"));
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(nobody_there)
{
	struct outcome ours;

	unlink(socket_path);
	pvctl("list", NULL, &ours);
	ck_assert_int_eq(WEXITSTATUS(ours.status), 5);
	ck_assert_ptr_nonnull(
		strstr(ours.err, "error: failed to connect to the hypervisor\nerror: "));
	ck_assert_ptr_nonnull(strstr(ours.err, "pvctl host start"));
}
END_TEST

/* Something else listens there: it says hello, or hangs up. */
static void *serve_wrongly(void *arg)
{
	int listener = *(int *)arg, fd = accept(listener, NULL, NULL);

	if (fd < 0 || write(fd, "220 hello\n", 10) != 10)
		abort();
	close(fd);
	fd = accept(listener, NULL, NULL);
	close(fd);
	return arg;
}

START_TEST(wrong_socket)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct outcome ours;
	pthread_t thread;

	unlink(socket_path);
	strcpy(address.sun_path, socket_path);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 2), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve_wrongly, &listener), 0);
	pvctl("list", NULL, &ours);
	ck_assert_int_eq(WEXITSTATUS(ours.status), 5);
	ck_assert_ptr_nonnull(strstr(ours.err, "error: no pvd answers at '"));
	pvctl("list", NULL, &ours);
	ck_assert_int_eq(WEXITSTATUS(ours.status), 5);
	ck_assert_ptr_nonnull(strstr(ours.err, "error: no pvd answers at '"));
	pthread_join(thread, NULL);
	close(listener);
}
END_TEST

START_TEST(wrong_uri)
{
	char *argv[] = { program, (char *)"-c", (char *)"qemu:///system", (char *)"list", NULL };
	struct outcome ours;

	finish(start(argv, NULL), &ours);
	ck_assert_int_eq(WEXITSTATUS(ours.status), 2);
	ck_assert_ptr_nonnull(
		strstr(ours.err, "found URI 'qemu:///system', expected pvd:///system"));
}
END_TEST

START_TEST(bad_xml)
{
	struct outcome ours;
	char want[512];

	fake_pvd_start(socket_path, &plain);
	write_file(xml_path, "<domain type='xen'><name>a</name><memory>1024</memory>"
			     "<os><type>linux</type><kernel>k</kernel></os>\n<nmae/></domain>");
	pvctl("create %x", NULL, &ours);
	ck_assert_int_eq(WEXITSTATUS(ours.status), 7);
	snprintf(want, sizeof(want),
		 "error: Failed to create domain from %s\nerror: %s:2: /domain/nmae: unknown "
		 "element\n"
		 "hint: Did you mean <name>?\n",
		 xml_path, xml_path);
	ck_assert_str_eq(ours.err, want);
	ck_assert_str_eq(fake_pvd_methods(), "");
	write_good_xml();
}
END_TEST

static const char *const examples[] = { "hello", "clock", "echo", "linux", "grub" };

/* What the build made of examples/NAME.xml.in is right for us and for libvirt. */
START_TEST(example)
{
	const char *build = getenv("PV_BUILD");
	char path[4200], *ours_argv[] = { program, (char *)"validate", path, NULL };
	char *theirs_argv[] = { (char *)"virt-xml-validate", path, NULL };
	struct outcome outcome;

	snprintf(path, sizeof(path), "%s/examples/%s.xml", build ? build : ".", examples[_i]);
	finish(start(ours_argv, NULL), &outcome);
	ck_assert_str_eq(outcome.err, "");
	ck_assert_int_eq(outcome.status, 0);
	if (!has_virsh())
		return;
	finish(start(theirs_argv, NULL), &outcome);
	ck_assert_msg(!outcome.status, "%s", outcome.err);
}
END_TEST

static const char completion_script[] =
	"source \"$COMPLETION\" || exit 1\n"
	"words() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _pvctl; echo "
	"\"${COMPREPLY[*]}\"; }\n"
	"same() { [[ $1 == \"$2\" ]] || { echo \"found '$1', expected '$2'\"; exit 1; }; }\n"
	"for c in $(\"$PROGRAM\" help | sed -n 's/^    \\([a-z]*\\) .*/\\1/p'); do\n"
	"	[[ \" $(words pvctl $c) \" == *\" $c \"* ]] || { echo \"$c\"; exit 1; }\n"
	"done\n"
	"same \"$(words pvctl migr)\" ''\n"
	"same \"$(words pvctl domstate --re)\" --reason\n"
	"same \"$(words pvctl host st)\" 'start stop status'\n"
	"same \"$(words \"$PROGRAM\" -c \"$URI\" domid t)\" test\n";

/* Every command of the help is completed, and nothing that comes later is. */
START_TEST(completion)
{
	const char *build = getenv("PV_BUILD");
	char path[4200], *argv[] = { (char *)"bash", NULL, NULL };
	struct outcome ours;

	write_file(in_folder("script"), completion_script);
	setenv("PROGRAM", program, 1);
	setenv("URI", uri, 1);
	snprintf(path, sizeof(path), "%s/tools/pvctl/completion/pvctl", build ? build : ".");
	setenv("COMPLETION", path, 1);
	fake_pvd_start(socket_path, &plain);
	argv[1] = strdup(in_folder("script"));
	finish(start(argv, NULL), &ours);
	ck_assert_str_eq(ours.out, "");
	ck_assert_int_eq(ours.status, 0);
	free(argv[1]);
}
END_TEST

static TCase *pvctl_case(void)
{
	TCase *tests = tcase_create("pvctl");

	tcase_set_timeout(tests, 20);
	if (has_virsh()) {
		tcase_add_loop_test(tests, virsh_output, 0, COUNT(same_as_virsh));
		tcase_add_loop_test(tests, virsh_errors, 0, COUNT(wrong));
		tcase_add_test(tests, virsh_dominfo);
	}
	tcase_add_loop_test(tests, runs, 0, COUNT(plain_runs));
	tcase_add_loop_test(tests, json_output, 0, COUNT(readers));
	tcase_add_test(tests, nobody_there);
	tcase_add_test(tests, wrong_uri);
	tcase_add_test(tests, wrong_socket);
	tcase_add_test(tests, bad_xml);
	tcase_add_loop_test(tests, example, 0, COUNT(examples));
	tcase_add_test(tests, completion);
	return tests;
}

int main(void)
{
	int rc = run_suite("pvctl", pvctl_case());

	if (rc || has_virsh())
		return rc;
	puts("virsh is not installed: nothing was compared with it");
	return 77;
}
