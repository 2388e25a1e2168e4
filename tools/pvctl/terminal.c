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

void terminal_restore(void)
{
	int fd = raw_fd;

	raw_fd = -1;
	if (fd >= 0)
		tcsetattr(fd, TCSADRAIN, &saved);
}

/* tcsetattr may be called in a handler; SA_RESETHAND makes the second arrival deadly. */
static void die(int signal_number)
{
	int errnum = errno;

	terminal_restore();
	raise(signal_number);
	errno = errnum;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = die,
				    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER) },
			 old;
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < DEADLY_COUNT; i++)
		if (!sigaction(deadly[i], NULL, &old) && old.sa_handler == SIG_DFL)
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
