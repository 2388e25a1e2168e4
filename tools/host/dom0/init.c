/* SPDX-License-Identifier: MIT */
/*
 * dom0's first process: the stages in order, then the loop.
 *
 * The supervisor speaks lines on the control port: "ready" once pvd has answered it, "restart" for
 * another pvd, "poweroff" to end. Before "ready" a death of pvd is the end, since then its cause is
 * worth more than another try; afterwards pvd is started again, after a second, and given up after
 * RESTARTS_MAX deaths within a minute, until "restart".
 */
#include "dom0.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESTARTS_MAX   5
#define RESTART_WINDOW 60
#define STOP_SECONDS   5

enum { ON_SIGNAL, ON_CONTROL, ON_CONSOLE, ON_COUNT };

struct machine {
	struct config config;
	struct service pvd, shell;
	int control, log, console, signals;
	bool ready;
	time_t restart_at;           /* 0: pvd runs, or was given up */
	time_t deaths[RESTARTS_MAX]; /* the last ones, a ring */
	unsigned int death;
	char command[64];
	size_t command_length;
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static int open_or_fail(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		fail("%s: %m", path);
	return fd;
}

static int block_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		fail("signalfd: %m");
	return fd;
}

/* Programs expect to reach themselves. A kernel without it is no reason to stop. */
static void raise_loopback(void)
{
	struct ifreq request = { .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(request.ifr_name, "lo");
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		report("no loopback network: %m");
	if (fd >= 0)
		close(fd);
}

static void open_ports(struct machine *machine)
{
	machine->control = open_or_fail(port_node(CONTROL_PORT), O_RDWR);
	report_to(machine->control);
	machine->log = open_or_fail(port_node(LOG_PORT), O_RDWR);
	port_node(PVD_PORT);
	ports_done();
}

static void bring_up(struct machine *machine)
{
	mount_early();
	config_read(&machine->config);
	ports_listen();
	modules_load();
	open_ports(machine);
	report("modules loaded");
	mount_root();
	mount_rest(&machine->config);
	raise_loopback();
	if (machine->config.hostname[0] &&
	    sethostname(machine->config.hostname, strlen(machine->config.hostname)))
		report("no host name: %m");
	machine->console = open_or_fail("/dev/console", O_RDWR | O_NONBLOCK);
	report("file systems mounted");
}

static bool too_many_deaths(struct machine *machine)
{
	time_t oldest;

	machine->deaths[machine->death++ % RESTARTS_MAX] = now();
	oldest = machine->deaths[machine->death % RESTARTS_MAX];
	return machine->death >= RESTARTS_MAX && now() - oldest < RESTART_WINDOW;
}

static void pvd_ended(struct machine *machine, int status)
{
	machine->pvd.pid = 0;
	if (!machine->ready)
		fail("pvd ended with %s", service_verdict(status));
	if (too_many_deaths(machine)) {
		report("pvd ended with %s and is given up", service_verdict(status));
		return;
	}
	report("pvd ended with %s", service_verdict(status));
	machine->restart_at = now() + 1;
}

/* Orphans come here too, and are only buried. */
static void bury_children(struct machine *machine)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(machine->signals, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == machine->pvd.pid)
			pvd_ended(machine, status);
		else if (pid == machine->shell.pid)
			machine->shell.pid = 0;
	}
}

static void end(struct machine *machine)
{
	service_stop(&machine->pvd, STOP_SECONDS);
	service_stop(&machine->shell, 0);
	unmount_state();
	report("power off");
	power_off();
}

/* Whatever became of the pvd before, and however often. Guests do not notice. */
static void restart(struct machine *machine)
{
	service_stop(&machine->pvd, STOP_SECONDS);
	machine->death = 0;
	machine->restart_at = 0;
	service_start(&machine->pvd);
}

static void obey(struct machine *machine)
{
	if (!strcmp(machine->command, "poweroff"))
		end(machine);
	else if (!strcmp(machine->command, "ready"))
		machine->ready = true;
	else if (!strcmp(machine->command, "restart"))
		restart(machine);
	else
		report("unknown command '%s'", machine->command);
}

static void read_commands(struct machine *machine)
{
	char bytes[64];
	ssize_t count = read(machine->control, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < count; i++) {
		if (bytes[i] == '\n') {
			machine->command[machine->command_length] = '\0';
			machine->command_length = 0;
			obey(machine);
		} else if (machine->command_length < sizeof(machine->command) - 1) {
			machine->command[machine->command_length++] = bytes[i];
		}
	}
}

/* Who types on the console gets a shell; until then none takes memory or time. It reads what was
 * typed. */
static void start_shell(struct machine *machine)
{
	machine->shell.input = machine->shell.output = open_or_fail("/dev/hvc0", O_RDWR);
	service_start(&machine->shell);
	close(machine->shell.input);
}

static int next_timeout(const struct machine *machine)
{
	time_t left = machine->restart_at - now();

	if (!machine->restart_at)
		return -1;
	return left > 0 ? (int)left * 1000 : 0;
}

static void loop(struct machine *machine)
{
	struct pollfd watch[ON_COUNT] = {
		[ON_SIGNAL] = { .fd = machine->signals, .events = POLLIN },
		[ON_CONTROL] = { .fd = machine->control, .events = POLLIN },
		[ON_CONSOLE] = { .fd = machine->console, .events = POLLIN },
	};

	for (;;) {
		watch[ON_CONSOLE].fd = machine->shell.pid ? -1 : machine->console;
		if (poll(watch, ON_COUNT, next_timeout(machine)) < 0)
			continue;
		if (watch[ON_SIGNAL].revents)
			bury_children(machine);
		/* Without a host at the other end the port is at its end: nobody is left to obey.
		 */
		if (watch[ON_CONTROL].revents & POLLIN)
			read_commands(machine);
		if (watch[ON_CONSOLE].revents & POLLIN)
			start_shell(machine);
		if (machine->restart_at && now() >= machine->restart_at) {
			machine->restart_at = 0;
			service_start(&machine->pvd);
		}
	}
}

int main(void)
{
	static struct machine machine;
	const char *const pvd_argv[] = { machine.config.pvd, "--files",      FILES_DIR,
					 "--state",          STATE_DIR,      "--port",
					 PVD_PORT,           "--foreground", NULL };
	static const char *const shell_argv[] = { "/bin/sh", "-i", NULL };

	if (getpid() != 1) {
		fprintf(stderr, "this is dom0's first process, for the kernel to start\n");
		return 2;
	}
	machine.signals = block_signals();
	bring_up(&machine);
	path_seen(machine.config.pvd, sizeof(machine.config.pvd));
	machine.pvd = (struct service){
		.name = "pvd", .argv = pvd_argv, .input = -1, .output = machine.log
	};
	machine.shell = (struct service){ .name = "shell", .argv = shell_argv, .terminal = true };
	service_start(&machine.pvd);
	loop(&machine);
}
