/* SPDX-License-Identifier: MIT */
/*
 * Proves that no client is forgotten in pvd's own connections and consoles and in the supervisor's
 * relay: thousands of clients (tests/lib/crowd) come, ask, half-close, vanish and are killed, while
 * the domain that they watch is silent and takes no input, through each of the two doors; then
 * every descriptor is closed again, the counts are zero, and the next client is served. Then that
 * too many clients are told so, and that there is room again when one has gone.
 *
 * @limit: 300
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "clients.h"
#include "console_hub.h"
#include "domain.h"
#include "listen.h"
#include "method.h"
#include "notify.h"
#include "port.h"
#include "../../tools/host/listen.h"
#include "../../tools/host/relay.h"

enum door { SOCKET, HOSTED };

/* How many come through each. */
static const char *const crowds[] = { "2000", "10000" };

static struct world {
	struct pvd pvd;
	struct domain domain;
	struct listener *listener;
	struct relay *relay;
	char folder[40], own_path[80], path[80];
} world;

/* ---- What pvd's clients need of the rest of pvd ---- */

static struct xencons_interface silent_ring;

struct pvd *console_hub_pvd(struct console_hub *hub)
{
	(void)hub;
	return &world.pvd;
}

int console_hub_bind(struct console_hub *hub, struct hub_port *port, uint32_t domid,
		     uint32_t remote)
{
	(void)hub, (void)domid, (void)remote;
	port->port = 1;
	return 0;
}

void console_hub_unbind(struct console_hub *hub, struct hub_port *port)
{
	(void)hub;
	port->port = -1;
}

void console_hub_notify(struct console_hub *hub, const struct hub_port *port)
{
	(void)hub, (void)port;
}

void *xen_map(struct xen *xen, uint32_t domid, size_t count, const xen_pfn_t *frames)
{
	(void)xen, (void)domid, (void)count, (void)frames;
	return &silent_ring;
}

void xen_unmap(struct xen *xen, void *addr, size_t count)
{
	(void)xen, (void)addr, (void)count;
}

struct domain *domain_by_name(struct pvd *pvd, const char *name)
{
	(void)pvd, (void)name;
	return NULL;
}

void notify_forget_client(struct client *client)
{
	(void)client;
}

void build_forget_client(struct client *client);

void build_forget_client(struct client *client)
{
	(void)client;
}

static struct client *waiting;

void method_call(struct client *client, const struct rpc_request *request)
{
	if (!strcmp(request->method, "domain.console"))
		client_become_console(client, request->id, &world.domain, 0);
	else if (!strcmp(request->method, "event.subscribe"))
		client_subscribe(client);
	if (!strcmp(request->method, "ping") || !strcmp(request->method, "event.subscribe"))
		client_answer(client, request->id, NULL);
	if (!strcmp(request->method, "test.later"))
		waiting = client;
	/* domain.wait: not now, and never. */
}

/* ---- The doors ---- */

static void on_port_client(int fd, void *arg)
{
	(void)arg;
	client_accept(&world.pvd, fd, &world.pvd.port_clients);
}

static void open_world(enum door door)
{
	struct error err = ERROR_INIT;
	int line[2];

	memset(&world, 0, sizeof(world));
	TAILQ_INIT(&world.pvd.clients);
	snprintf(world.folder, sizeof(world.folder), "/tmp/test-clients-%d", (int)getpid());
	snprintf(world.own_path, sizeof(world.own_path), "%s/pvd", world.folder);
	snprintf(world.path, sizeof(world.path), "%s/%s", world.folder,
		 door == SOCKET ? "pvd" : "host");
	world.pvd.base = event_base_new();
	world.pvd.hangups = hangup_set_new(world.pvd.base);
	world.pvd.state_fd = -1;
	world.pvd.options.socket = world.own_path;
	world.domain.config.name = (char[]){ "silent" };
	world.domain.pvd = &world.pvd;
	world.domain.console = console_new(NULL, "silent");
	ck_assert_int_eq(console_connect(world.domain.console, 1, 1, 1), 0);
	/* pvd's own socket is always there, in hosted mode too. */
	world.listener = listener_open(&world.pvd, &err);
	ck_assert_msg(world.listener != NULL, "%s", err.detail);
	if (door == SOCKET)
		return;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, line), 0);
	world.relay = relay_new(world.pvd.base, listen_at(world.path, &err), line[0], &err);
	world.pvd.port = port_attach(world.pvd.base, line[1], on_port_client, NULL);
	ck_assert_ptr_nonnull(world.relay);
	ck_assert_ptr_nonnull(world.pvd.port);
}

static void close_world(void)
{
	char lock[100];

	port_close(world.pvd.port);
	relay_free(world.relay);
	listener_close(world.listener);
	clients_free(&world.pvd);
	console_free(world.domain.console);
	hangup_set_free(world.pvd.hangups);
	event_base_free(world.pvd.base);
	unlink(world.path);
	snprintf(lock, sizeof(lock), "%s.lock", world.own_path);
	unlink(lock);
	rmdir(world.folder);
}

static unsigned int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	*(bool *)arg = true;
}

/* Serves until `done` says so, at most twenty seconds. */
static void serve_until(bool (*done)(void))
{
	const struct timeval limit = { .tv_sec = 20 };
	bool over = false;
	struct event *timer = evtimer_new(world.pvd.base, on_limit, &over);

	event_add(timer, &limit);
	while (!done() && !over)
		event_base_loop(world.pvd.base, EVLOOP_ONCE);
	event_free(timer);
	ck_assert_msg(!over, "%u and %u clients are left, %u open files", world.pvd.socket_clients,
		      world.pvd.port_clients, open_files());
}

/* ---- A crowd ---- */

static unsigned int files_before;

static bool all_gone(void)
{
	return !world.pvd.socket_clients && !world.pvd.port_clients &&
	       TAILQ_EMPTY(&world.pvd.clients) && open_files() == files_before;
}

static pid_t crowd(enum door door)
{
	const char *top = getenv("PV_TOP");
	char program[4096], seed[16];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(program, sizeof(program), "%s/tests/lib/crowd", top ? top : ".");
	snprintf(seed, sizeof(seed), "%d", (int)getpid());
	execl(program, program, world.path, crowds[door], seed, "silent", NULL);
	_exit(127);
}

static void on_child(evutil_socket_t number, short what, void *arg)
{
	(void)number, (void)what, (void)arg;
	event_base_loopbreak(world.pvd.base);
}

/* ---- One client ---- */

static int come(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, world.path);
	ck_assert_msg(!connect(fd, (struct sockaddr *)&address, sizeof(address)), "%s: %s",
		      world.path, strerror(errno));
	return fd;
}

static int asking;
static char heard[1024];

static bool has_heard(void)
{
	ssize_t count = recv(asking, heard, sizeof(heard) - 1, MSG_PEEK);

	heard[count > 0 ? count : 0] = '\0';
	return strchr(heard, '\n') != NULL;
}

/* What a client that has come is answered when it asks. */
static const char *ask(int fd)
{
	static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\n";

	/* It may have been turned away already. */
	if (write(fd, ping, sizeof(ping) - 1) < 0)
		ck_assert_int_eq(errno, EPIPE);
	asking = fd;
	serve_until(has_heard);
	return heard;
}

static void expect_served(void)
{
	int fd = come();

	ck_assert_ptr_nonnull(strstr(ask(fd), "\"id\":7"));
	close(fd);
	serve_until(all_gone);
}

START_TEST(a_crowd_leaves_nothing)
{
	struct event *child;
	int status;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	open_world(_i);
	child = evsignal_new(world.pvd.base, SIGCHLD, on_child, NULL);
	event_add(child, NULL);
	files_before = open_files();
	expect_served();
	pid = crowd(_i);
	while (!waitpid(pid, &status, WNOHANG))
		event_base_dispatch(world.pvd.base);
	ck_assert_int_eq(status, 0);
	serve_until(all_gone);
	expect_served();
	event_free(child);
	close_world();
}
END_TEST

START_TEST(too_many_are_told)
{
	int fds[CLIENTS_MAX], late;

	signal(SIGPIPE, SIG_IGN);
	open_world(_i);
	for (unsigned int i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = come();
		ck_assert_ptr_nonnull(strstr(ask(fds[i]), "\"id\":7"));
	}
	late = come();
	ck_assert_ptr_nonnull(strstr(ask(late), "too many clients"));
	close(late);
	/* One goes, and the next that comes finds room, however soon. */
	close(fds[100]);
	fds[100] = come();
	ck_assert_ptr_nonnull(strstr(ask(fds[100]), "\"id\":7"));
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		close(fds[i]);
	close_world();
}
END_TEST

START_TEST(room_is_kept)
{
	uid_t other = geteuid() + 1;

	ck_assert(clients_have_room(CLIENTS_MAX - CLIENTS_RESERVED - 1, other));
	ck_assert(!clients_have_room(CLIENTS_MAX - CLIENTS_RESERVED, other));
	ck_assert(clients_have_room(CLIENTS_MAX - 1, 0));
	ck_assert(clients_have_room(CLIENTS_MAX - 1, geteuid()));
	ck_assert(!clients_have_room(CLIENTS_MAX, 0));
}
END_TEST

/* ---- One request that is not answered ---- */

static bool has_ended(void)
{
	char byte;

	return recv(asking, &byte, 1, 0) == 0;
}

static bool is_waiting(void)
{
	return waiting != NULL;
}

/* A client that has ended its input, and whose last request has no id, waits for nothing more when
 * that is done. */
START_TEST(nothing_to_wait_for)
{
	static const char notification[] = "{\"jsonrpc\":\"2.0\",\"method\":\"test.later\"}\n";
	int fd;

	open_world(_i);
	files_before = open_files();
	fd = come();
	ck_assert_int_eq(write(fd, notification, sizeof(notification) - 1),
			 sizeof(notification) - 1);
	shutdown(fd, SHUT_WR);
	asking = fd;
	serve_until(is_waiting);
	for (int i = 0; i < 100; i++)
		event_base_loop(world.pvd.base, EVLOOP_NONBLOCK);
	client_answer(waiting, NULL, NULL);
	serve_until(has_ended);
	close(fd);
	serve_until(all_gone);
	close_world();
}
END_TEST

/* Both ends of every client, and what is between them, are files of this one process. */
static void files_allow(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int main(void)
{
	Suite *suite = suite_create("clients");
	TCase *tests = tcase_create("clients");
	SRunner *runner;
	int failed;

	files_allow();
	tcase_add_loop_test(tests, a_crowd_leaves_nothing, SOCKET, HOSTED + 1);
	tcase_add_loop_test(tests, too_many_are_told, SOCKET, HOSTED + 1);
	tcase_add_loop_test(tests, nothing_to_wait_for, SOCKET, HOSTED + 1);
	tcase_add_test(tests, room_is_kept);
	tcase_set_timeout(tests, 280);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
