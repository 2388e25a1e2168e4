/* SPDX-License-Identifier: MIT */
/*
 * main.c - the daemon's start and end.
 *
 * Order of the start: the unpacker (while there is nothing that it could inherit), hypervisor (is
 * it there, does it speak our version), store, consoles; privileges go; the domains of the daemon
 * before, the doors for clients; most system calls go. Who connects finds everything ready.
 */
#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "client.h"
#include "confine.h"
#include "console.h"
#include "domain.h"
#include "job.h"
#include "listen.h"
#include "log.h"
#include "options.h"
#include "port.h"
#include "privilege.h"
#include "recover.h"
#include "state.h"
#include "sweep.h"

struct daemon {
	struct pvd pvd;
	struct listener *listener;
	struct event *signals[3];
};

static void stop(evutil_socket_t number, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)what;
	log_info("signal %d: leaving; guests go on", (int)number);
	event_base_loopbreak(daemon->pvd.base);
}

static int catch_signals(struct daemon *daemon, struct error *err)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		daemon->signals[i] = evsignal_new(daemon->pvd.base, numbers[i], stop, daemon);
		if (!daemon->signals[i] || event_add(daemon->signals[i], NULL))
			return error_set(err, ERROR_FAILED, "start", "out of memory");
	}
	return 0;
}

static int open_folder(const char *path, int flags, struct error *err)
{
	int fd = open(path, flags | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		error_set(err, error_from_errno(errno), "start", "cannot open folder %s: %s", path,
			  strerror(errno));
	return fd;
}

static int open_folders(struct pvd *pvd, struct error *err)
{
	mkdir(pvd->options.state, 0700);
	mkdir(pvd->options.run, 0755);
	pvd->state_fd = open_folder(pvd->options.state, O_RDONLY, err);
	pvd->run_fd = open_folder(pvd->options.run, O_RDONLY, err);
	pvd->files_fd = open_folder(pvd->options.files, O_PATH, err);
	if (pvd->state_fd < 0 || pvd->run_fd < 0 || pvd->files_fd < 0)
		return -ENOENT;
	return state_prepare(pvd, err);
}

static int read_boot_id(struct pvd *pvd, struct error *err)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool good = file && fgets(pvd->boot_id, sizeof(pvd->boot_id), file);

	if (file)
		fclose(file);
	pvd->boot_id[strcspn(pvd->boot_id, "\n")] = '\0';
	return good ? 0 : error_set(err, ERROR_FAILED, "start", "cannot read the boot id of dom0");
}

static int open_hypervisor(struct pvd *pvd, struct error *err)
{
	int ret;

	pvd->xen = xen_open(err);
	if (!pvd->xen)
		return -ENODEV;
	ret = xen_check_interface(pvd->xen, err);
	if (ret)
		return ret;
	ret = xen_version(pvd->xen, &pvd->version);
	if (ret)
		return error_set(err, ERROR_FAILED, "start",
				 "the hypervisor does not say its version: %s", strerror(-ret));
	return 0;
}

static int open_base(struct pvd *pvd, struct error *err)
{
	pvd->base = event_base_new();
	if (pvd->base)
		pvd->jobs = jobs_new(pvd->base);
	if (pvd->jobs)
		pvd->hangups = hangup_set_new(pvd->base);
	return pvd->hangups ? 0 : error_set(err, ERROR_FAILED, "start", "out of memory");
}

/* The last that needs more rights than the daemon keeps: a store may have to be started. */
static int open_services(struct pvd *pvd, struct error *err)
{
	int ret;

	pvd->store = store_open(err);
	if (!pvd->store)
		return -ENOTCONN;
	pvd->consoles = console_hub_new(pvd, err);
	if (!pvd->consoles)
		return -ENODEV;
	ret = privilege_drop();
	return ret ? error_set(err, ERROR_FAILED, "start", "cannot drop privileges: %s",
			       strerror(-ret))
		   : 0;
}

/* Jobs may run from here on; their threads have what this one has. */
static int find_domains(struct pvd *pvd, struct error *err)
{
	int ret = sweep_start(pvd);

	if (ret)
		return error_set(err, ERROR_FAILED, "start", "xenstored takes no watches: %s",
				 strerror(-ret));
	ret = recover(pvd);
	if (ret)
		return error_set(err, ERROR_FAILED, "start", "cannot list domains: %s",
				 strerror(-ret));
	return 0;
}

static void accept_from_port(int fd, void *arg)
{
	struct pvd *pvd = arg;

	client_accept(pvd, fd, &pvd->port_clients);
}

static int open_doors(struct daemon *daemon, struct error *err)
{
	struct pvd *pvd = &daemon->pvd;

	daemon->listener = listener_open(pvd, err);
	if (!daemon->listener)
		return -EADDRINUSE;
	if (!pvd->options.port)
		return 0;
	pvd->port = port_open(pvd->base, pvd->options.port, accept_from_port, pvd);
	if (pvd->port)
		return 0;
	return error_set(err, error_from_errno(errno), "start", "cannot open virtio port %s: %s",
			 pvd->options.port, strerror(errno));
}

/* Every client, console file and mapping needs a descriptor. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_unpacker(struct pvd *pvd, struct error *err)
{
	pvd->unpacker = unpacker_start();
	return pvd->unpacker ? 0
			     : error_set(err, ERROR_FAILED, "start",
					 "cannot start the process that unpacks kernels: %s",
					 strerror(errno));
}

static int confine_all(struct error *err)
{
	int ret = confine();

	return ret ? error_set(err, ERROR_FAILED, "start", "cannot filter system calls: %s",
			       strerror(-ret))
		   : 0;
}

static int set_up(struct daemon *daemon, struct error *err)
{
	struct pvd *pvd = &daemon->pvd;

	pvd->started = time_now();
	if (open_unpacker(pvd, err))
		return -EAGAIN;
	raise_limits();
	xmlInitParser();
	return open_base(pvd, err) ?:
	       catch_signals(daemon, err) ?:
	       open_folders(pvd, err) ?:
	       read_boot_id(pvd, err) ?:
	       open_hypervisor(pvd, err) ?:
	       open_services(pvd, err) ?:
	       find_domains(pvd, err) ?:
	       open_doors(daemon, err) ?:
	       confine_all(err);
}

static void tear_down(struct daemon *daemon)
{
	struct pvd *pvd = &daemon->pvd;
	size_t i;

	port_close(pvd->port);
	listener_close(daemon->listener);
	build_cancel_all();
	/* Jobs under way are finished; what they would report is found in the state files. */
	jobs_free(pvd->jobs);
	unpacker_stop(pvd->unpacker);
	clients_free(pvd);
	domains_free(pvd);
	hangup_set_free(pvd->hangups);
	sweep_stop(pvd);
	console_hub_free(pvd->consoles);
	store_close(pvd->store);
	xen_close(pvd->xen);
	for (i = 0; i < sizeof(daemon->signals) / sizeof(daemon->signals[0]); i++) {
		if (daemon->signals[i])
			event_free(daemon->signals[i]);
	}
	if (pvd->base)
		event_base_free(pvd->base);
	if (pvd->state_fd >= 0)
		close(pvd->state_fd);
	if (pvd->run_fd >= 0)
		close(pvd->run_fd);
	if (pvd->files_fd >= 0)
		close(pvd->files_fd);
	log_close();
}

/*
 * Goes into the background. The first process waits for a byte that says that everything is ready,
 * so that whoever started us can connect as soon as it has ended. Returns the descriptor for it.
 */
static int go_to_background(void)
{
	int ends[2], null;
	char ready;
	pid_t child;

	if (pipe(ends))
		return -errno;
	child = fork();
	if (child < 0)
		return -errno;
	if (child) {
		close(ends[1]);
		_exit(read(ends[0], &ready, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(ends[0]);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	return ends[1];
}

static void tell_ready(int fd)
{
	int null;

	if (fd < 0)
		return;
	/* Errors went to the terminal up to here. */
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDERR_FILENO);
		close(null);
	}
	if (write(fd, "r", 1) != 1)
		log_warning("nobody waits for the start: %s", strerror(errno));
	close(fd);
}

static void report(const struct error *err)
{
	fprintf(stderr, "pvd: %s\n", err->detail);
	if (*err->hint)
		fprintf(stderr, "pvd: %s\n", err->hint);
	log_warning("cannot start: %s", err->detail);
}

static int run(struct daemon *daemon)
{
	struct error err = ERROR_INIT;
	int ready = daemon->pvd.options.foreground ? -1 : go_to_background();
	int ret = log_open(daemon->pvd.options.log);

	if (ret)
		fprintf(stderr, "pvd: cannot open log %s: %s\n", daemon->pvd.options.log,
			strerror(-ret));
	if (set_up(daemon, &err)) {
		report(&err);
		tear_down(daemon);
		return err.code;
	}
	log_info("ready on %s, hypervisor %u.%u%s", daemon->pvd.options.socket,
		 daemon->pvd.version.major, daemon->pvd.version.minor, daemon->pvd.version.extra);
	tell_ready(ready);
	event_base_dispatch(daemon->pvd.base);
	tear_down(daemon);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static struct daemon daemon = { .pvd = { .files_fd = -1, .state_fd = -1, .run_fd = -1 } };
	int status = options_read(&daemon.pvd.options, argc, argv);

	if (status >= 0)
		return status;
	TAILQ_INIT(&daemon.pvd.domains);
	TAILQ_INIT(&daemon.pvd.clients);
	TAILQ_INIT(&daemon.pvd.waiters);
	return run(&daemon);
}
