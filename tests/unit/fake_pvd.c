/* SPDX-License-Identifier: MIT */
/* The daemon of made-up answers. */
#include "fake_pvd.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "rpc.h"

#define DOMAIN                                                                          \
	"\"id\":1,\"name\":\"test\",\"uuid\":\"6695eb01-f6a4-8304-79aa-97f2502e193f\"," \
	"\"title\":null,\"state\":\"%s\",\"reason\":\"%s\",\"memory\":2147483648,"      \
	"\"max_memory\":8589934592,\"vcpus\":2,\"cpu_time\":0,\"persistent\":true,"     \
	"\"autostart\":false"

static const struct {
	const char *method;
	const char *result; /* a format with the state, twice */
} answers[] = {
	{ "ping", "{\"version\":\"0\"}" },
	{ "domain.list", "{\"domains\":[{" DOMAIN "}]}" },
	{ "domain.info", "{" DOMAIN ",\"os_type\":\"linux\"}" },
	{ "domain.xml", "{\"xml\":\"<domain type='xen' id='1'>\\n</domain>\\n\"}" },
	{ "domain.create",
	  "{\"id\":1,\"name\":\"test\",\"uuid\":\"6695eb01-f6a4-8304-79aa-97f2502e193f\"}" },
	{ "domain.suspend", "{}" },
	{ "domain.resume", "{}" },
	{ "domain.shutdown", "{}" },
	{ "domain.reboot", "{}" },
	{ "domain.destroy", "{}" },
	{ "domain.wait", "{\"state\":\"shut off\",\"reason\":\"shutdown\"}" },
	{ "domain.console", "{\"name\":\"test\"}" },
	{ "host.info",
	  "{\"cpu_model\":\"i686\",\"cpus\":16,\"cpu_mhz\":1400,\"sockets\":2,"
	  "\"cores_per_socket\":2,"
	  "\"threads_per_core\":2,\"numa_nodes\":2,\"memory\":3221225472,\"free_memory\":0}" },
	{ "host.version", "{\"pvd\":\"9.0.0\",\"library\":\"9.0.0\",\"hypervisor\":\"TEST\","
			  "\"hypervisor_version\":\"0.0.2\","
			  "\"kernel\":\"6.1\"}" },
	{ "host.dmesg", "{\"text\":\"(PV) one\\n(PV) two\"}" },
	{ "host.capabilities", "{\"xml\":\"<capabilities/>\\n\"}" },
	{ "event.subscribe", "{}" },
};

static struct fake_pvd behaviour;
static int listener;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char methods[4096];

static void note(const char *method)
{
	pthread_mutex_lock(&lock);
	strncat(methods, method, sizeof(methods) - strlen(methods) - 2);
	strcat(methods, " ");
	pthread_mutex_unlock(&lock);
}

const char *fake_pvd_methods(void)
{
	static char copy[sizeof(methods)];

	pthread_mutex_lock(&lock);
	memcpy(copy, methods, sizeof(methods));
	pthread_mutex_unlock(&lock);
	return copy;
}

static void send_all(int fd, const char *text, size_t count)
{
	ssize_t sent = send(fd, text, count, MSG_NOSIGNAL);

	if (sent != (ssize_t)count)
		perror("fake pvd: send");
}

static void send_message(int fd, json_t *message)
{
	size_t length;
	char *line = rpc_line_encode(message, &length);

	send_all(fd, line, length);
	free(line);
	json_decref(message);
}

static const struct fake_answer *special_row(const char *method)
{
	const struct fake_answer *row = behaviour.answers;

	while (row && row->method && strcmp(method, row->method))
		row++;
	return row && row->method ? row : NULL;
}

static json_t *result_of(const char *method)
{
	const char *state = behaviour.state ? behaviour.state : "running";
	const struct fake_answer *special = special_row(method);
	char *text = NULL;
	json_t *result;
	size_t i;

	if (special)
		return json_loads(special->result, JSON_DECODE_ANY, NULL);
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (!strcmp(method, answers[i].method))
			break;
	if (i == sizeof(answers) / sizeof(answers[0]))
		return NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
	if (asprintf(&text, answers[i].result, state,
		     strcmp(state, "running") ? state : "unknown") < 0)
		abort();
#pragma GCC diagnostic pop
	result = json_loads(text, 0, NULL);
	free(text);
	return result;
}

static json_t *answer_to(const struct rpc_request *req)
{
	const char *domain = json_string_value(json_object_get(req->params, "domain"));
	struct error err = ERROR_INIT;
	json_t *result = result_of(req->method);

	if (domain && strcmp(domain, "test") && strcmp(domain, "1") &&
	    strncmp(domain, "6695eb01", 8)) {
		error_set(&err, ERROR_NO_DOMAIN, "run", "no domain '%s'", domain);
		json_decref(result);
		return rpc_error_new(req->id, &err);
	}
	if (!result) {
		error_set(&err, ERROR_NOT_SUPPORTED, "rpc", "no method '%s'", req->method);
		return rpc_error_new(req->id, &err);
	}
	return rpc_result_new(req->id, result);
}

static void wait_create(void)
{
	char byte = 0;

	if (behaviour.create_seen_fd >= 0 && write(behaviour.create_seen_fd, &byte, 1) != 1)
		abort();
	if (behaviour.create_delay_fd >= 0 && read(behaviour.create_delay_fd, &byte, 1) != 1)
		abort();
}

static void run_console(int fd)
{
	char bytes[4096];
	ssize_t count;

	send_all(fd, behaviour.console_text, strlen(behaviour.console_text));
	while (behaviour.console_echo && (count = read(fd, bytes, sizeof(bytes))) > 0) {
		send_all(fd, bytes, count);
		if (memchr(bytes, '.', count))
			break;
	}
}

static void send_events(int fd)
{
	static const char event[] =
		"{\"event\":\"lifecycle\",\"domain\":\"test\",\"id\":1,"
		"\"uuid\":\"6695eb01-f6a4-8304-79aa-97f2502e193f\","
		"\"change\":\"Suspended\",\"detail\":\"Paused\",\"state\":\"paused\","
		"\"reason\":\"user\","
		"\"time\":\"2026-01-01T00:00:00Z\"}\n";

	if (behaviour.events)
		send_all(fd, behaviour.events, strlen(behaviour.events));
	else
		send_all(fd, event, sizeof(event) - 1);
}

/* True if more lines may follow. */
static bool serve_line(int fd, const char *line, size_t length)
{
	bool raw;

	struct rpc_request req;
	struct error err = ERROR_INIT;

	if (rpc_request_decode(&req, line, length, &err))
		abort();
	if (strcmp(req.method, "ping"))
		note(req.method);
	if (!strcmp(req.method, "domain.create"))
		wait_create();
	send_message(fd, answer_to(&req));
	raw = !strcmp(req.method, "domain.console");
	if (raw)
		run_console(fd);
	if (!strcmp(req.method, "event.subscribe"))
		send_events(fd);
	rpc_request_free(&req);
	return !raw;
}

static void *serve(void *arg)
{
	struct rpc_buffer in = { 0 };
	int fd = (int)(long)arg;
	bool open = true;
	size_t length;
	char *line;

	while (open && rpc_buffer_read(&in, fd) > 0)
		while (open && (line = rpc_buffer_line(&in, &length)))
			open = serve_line(fd, line, length);
	rpc_buffer_free(&in);
	close(fd);
	return NULL;
}

static void *accept_all(void *arg)
{
	pthread_t thread;
	int fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0 || pthread_create(&thread, NULL, serve, (void *)(long)fd))
			abort();
		pthread_detach(thread);
	}
	return arg;
}

void fake_pvd_start(const char *path, const struct fake_pvd *how)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	pthread_t thread;

	behaviour = *how;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 64))
		abort();
	if (pthread_create(&thread, NULL, accept_all, NULL))
		abort();
	pthread_detach(thread);
}
