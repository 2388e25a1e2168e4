/* SPDX-License-Identifier: MIT */
/*
 * Proves, against a daemon of made-up answers, that pvctl's console loses nothing, leaves the
 * terminal as it was on every way out, and that an interrupted create is undone.
 *
 * @limit: 120
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "run_pvctl.h"

/* Created paused, attached, and only then let go: so no byte can be lost. */
START_TEST(create_console)
{
	struct fake_pvd behaviour = plain;
	struct outcome ours;

	behaviour.console_text = "\033[1mhello\r\nbye";
	behaviour.state = "shut off";
	fake_pvd_start(socket_path, &behaviour);
	pvctl("create %x --console", NULL, &ours);
	ck_assert_str_eq(ours.out, "\033[1mhello\r\nbye");
	ck_assert_int_eq(ours.status, 0);
	ck_assert_str_eq(fake_pvd_methods(),
			 "domain.create domain.console domain.resume domain.info ");
}
END_TEST

START_TEST(create_console_crash)
{
	struct fake_pvd behaviour = plain;
	struct outcome ours;

	behaviour.console_text = "oops\n";
	behaviour.state = "crashed";
	fake_pvd_start(socket_path, &behaviour);
	pvctl("create %x --console", NULL, &ours);
	ck_assert_str_eq(ours.out, "oops\n");
	ck_assert_int_eq(WEXITSTATUS(ours.status), 1);
	ck_assert_ptr_nonnull(strstr(ours.err, "error: Domain 'test' crashed (crashed)\n"));
}
END_TEST

static const char *const cut_off[] = { "create %x --console", "console test", "console 1" };

/* A console that ends while its domain goes on was cut off: pvd died, or the reader was slow. */
START_TEST(console_cut_off)
{
	struct fake_pvd behaviour = plain;
	struct outcome ours;

	behaviour.console_text = "first half";
	fake_pvd_start(socket_path, &behaviour);
	pvctl(cut_off[_i], NULL, &ours);
	ck_assert_str_eq(ours.out, "first half");
	ck_assert_ptr_nonnull(strstr(ours.err, "error: the console was cut off, but domain 'test' "
					       "is there: it is running\nhint: "));
	ck_assert_int_eq(WEXITSTATUS(ours.status), 1);
}
END_TEST

/* Without a terminal the console is a pipe, and the end of input does not end it. */
START_TEST(console_pipe)
{
	struct fake_pvd behaviour = plain;
	struct outcome ours;
	char *text = malloc(40000);

	memset(text, 'a', 39999);
	memcpy(text + 39990, "\035 end.\n", 7);
	text[39997] = '\0';
	write_file(in_folder("in"), text);
	behaviour.console_text = "> ";
	behaviour.console_echo = 1;
	behaviour.state = "shut off";
	fake_pvd_start(socket_path, &behaviour);
	pvctl("console test --replay 5", in_folder("in"), &ours);
	ck_assert_int_eq(ours.status, 0);
	ck_assert_mem_eq(ours.out, "> ", 2);
	ck_assert_str_eq(ours.out + 2, text);
	free(text);
}
END_TEST

START_TEST(console_timeout)
{
	struct fake_pvd behaviour = plain;
	struct outcome ours;

	behaviour.console_echo = 1;
	fake_pvd_start(socket_path, &behaviour);
	pvctl("console test --timeout 1", NULL, &ours);
	ck_assert_int_eq(WEXITSTATUS(ours.status), 8);
}
END_TEST

/* Reads from the terminal's other side until `want` has come after what was expected before; ten
 * seconds of silence fail. */
static void expect(int master, const char *want)
{
	static char text[8192];
	static size_t used, taken;
	struct pollfd ready = { .fd = master, .events = POLLIN };
	const char *found;
	ssize_t count;

	while (!(found = strstr(text + taken, want))) {
		ck_assert_msg(poll(&ready, 1, 10000) == 1, "'%s' did not come, but '%s'", want,
			      text + taken);
		count = read(master, text + used, sizeof(text) - 1 - used);
		ck_assert_msg(count > 0, "'%s' did not come, but '%s'", want, text + taken);
		used += count;
		text[used] = '\0';
	}
	taken = found + strlen(want) - text;
}

/* pvctl console on a terminal of its own, whose modes are ECHO and ICANON at first. */
static pid_t console_on_terminal(int *master, int *slave)
{
	char *argv[] = { program, (char *)"-c", uri, (char *)"console", (char *)"test", NULL };
	struct termios modes;
	pid_t pid;

	ck_assert_int_eq(openpty(master, slave, NULL, NULL, NULL), 0);
	ck_assert_int_eq(tcgetattr(*slave, &modes), 0);
	ck_assert(modes.c_lflag & ECHO && modes.c_lflag & ICANON);
	pid = fork();
	if (!pid) {
		login_tty(*slave);
		execv(program, argv);
		_exit(127);
	}
	return pid;
}

static void must_be_restored(int slave)
{
	struct termios modes;

	ck_assert_int_eq(tcgetattr(slave, &modes), 0);
	ck_assert(modes.c_lflag & ECHO && modes.c_lflag & ICANON && modes.c_lflag & ISIG);
}

/* Ctrl-C is the guest's, Ctrl+] is ours, and the terminal is as it was. */
START_TEST(console_terminal)
{
	struct fake_pvd behaviour = plain;
	int master, slave, status;
	pid_t pid;

	behaviour.console_text = "login: ";
	behaviour.console_echo = 1;
	fake_pvd_start(socket_path, &behaviour);
	pid = console_on_terminal(&master, &slave);
	expect(master, "Escape character is ^] (Ctrl + ])");
	expect(master, "login: ");
	ck_assert_int_eq(write(master, "a\003b", 3), 3);
	expect(master, "a\003b");
	ck_assert_int_eq(write(master, "c\035d", 3), 3);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	must_be_restored(slave);
}
END_TEST

static const int deaths[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT };

START_TEST(console_terminal_death)
{
	struct fake_pvd behaviour = plain;
	int master, slave, status;
	pid_t pid;

	behaviour.console_text = "login: ";
	behaviour.console_echo = 1;
	fake_pvd_start(socket_path, &behaviour);
	pid = console_on_terminal(&master, &slave);
	expect(master, "login: ");
	kill(pid, deaths[_i]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == deaths[_i]);
	must_be_restored(slave);
}
END_TEST

/* The answer has not come and does not come: the domain is destroyed by the UUID that pvctl gave
 * it. */
START_TEST(create_interrupted)
{
	int seen[2], delay[2];
	struct fake_pvd behaviour = plain;
	struct outcome ours;
	char byte = 0, *argv[] = { program, (char *)"-c", uri, (char *)"create", xml_path, NULL };
	pid_t pid;

	ck_assert_int_eq(pipe2(seen, O_CLOEXEC) | pipe2(delay, O_CLOEXEC), 0);
	behaviour.create_seen_fd = seen[1];
	behaviour.create_delay_fd = delay[0];
	fake_pvd_start(socket_path, &behaviour);
	pid = start(argv, NULL);
	ck_assert_int_eq(read(seen[0], &byte, 1), 1);
	kill(pid, SIGINT);
	finish(pid, &ours);
	ck_assert(WIFSIGNALED(ours.status) && WTERMSIG(ours.status) == SIGINT);
	ck_assert_str_eq(fake_pvd_methods(), "domain.create domain.destroy ");
	ck_assert_ptr_nonnull(strstr(ours.err, "interrupted; domain 'test' is destroyed again"));
	ck_assert_str_eq(ours.out, "");
}
END_TEST

/* Nobody interrupted: the failure is told, and that nothing stays behind. */
START_TEST(create_console_fails)
{
	static const struct fake_answer no_resume[] = { { "domain.resume", "" }, { NULL, NULL } };
	struct fake_pvd behaviour = plain;
	struct outcome ours;

	behaviour.answers = no_resume;
	fake_pvd_start(socket_path, &behaviour);
	pvctl("create %x --console", NULL, &ours);
	ck_assert_ptr_nonnull(strstr(ours.err, "error: no method 'domain.resume'\n"
					       "error: domain 'test' is destroyed again\n"));
	ck_assert_int_eq(WEXITSTATUS(ours.status), 9);
	pvctl("create %x --console --format json", NULL, &ours);
	ck_assert_str_eq(strchr(ours.err, '\n'), "\n");
}
END_TEST

static TCase *console_case(void)
{
	TCase *tests = tcase_create("console");

	tcase_set_timeout(tests, 20);
	tcase_add_test(tests, create_console);
	tcase_add_test(tests, create_console_crash);
	tcase_add_loop_test(tests, console_cut_off, 0, COUNT(cut_off));
	tcase_add_test(tests, console_pipe);
	tcase_add_test(tests, console_timeout);
	tcase_add_test(tests, console_terminal);
	tcase_add_loop_test(tests, console_terminal_death, 0, COUNT(deaths));
	tcase_add_test(tests, create_interrupted);
	tcase_add_test(tests, create_console_fails);
	return tests;
}

int main(void)
{
	return run_suite("pvctl console", console_case());
}
