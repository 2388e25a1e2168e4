/* SPDX-License-Identifier: MIT */
/* The user's terminal in raw mode, and back. */
#include "terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t raw_fd = -1;
static struct termios saved;

static const int deadly[] = {
	SIGINT, SIGTERM, SIGHUP,  SIGQUIT, SIGSEGV, SIGBUS,
	SIGFPE, SIGILL,  SIGABRT, SIGALRM, SIGXCPU,
};

#define DEADLY_COUNT (sizeof(deadly) / sizeof(deadly[0]))

static struct sigaction before[DEADLY_COUNT];

void terminal_restore(void)
{
	int fd = raw_fd;

	raw_fd = -1;
	if (fd >= 0)
		tcsetattr(fd, TCSADRAIN, &saved);
}

/* tcsetattr may be called in a handler. Then it goes on as if we had not been there. */
static void die(int signal_number)
{
	size_t i;

	terminal_restore();
	for (i = 0; i < DEADLY_COUNT; i++)
		if (deadly[i] == signal_number)
			sigaction(signal_number, &before[i], NULL);
	raise(signal_number);
}

/* What is ignored stays ignored. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = die, .sa_flags = (int)SA_NODEFER };
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < DEADLY_COUNT; i++)
		if (!sigaction(deadly[i], NULL, &before[i]) && before[i].sa_handler != SIG_IGN &&
		    before[i].sa_handler != die)
			sigaction(deadly[i], &action, NULL);
}

int terminal_raw(int fd)
{
	static int registered;
	struct termios raw;

	if (tcgetattr(fd, &saved))
		return -errno;
	raw = saved;
	cfmakeraw(&raw);
	if (!registered++)
		atexit(terminal_restore);
	catch_signals();
	raw_fd = fd;
	if (!tcsetattr(fd, TCSADRAIN, &raw))
		return 0;
	raw_fd = -1;
	return -errno;
}
