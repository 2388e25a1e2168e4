/* SPDX-License-Identifier: MIT */
/* console.c - one domain's console: ring, log, file and clients (see console.h). */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console_file.h"
#include "console_hub.h"
#include "log.h"
#include "ring_log.h"
#include "rotate.h"

/* A client that reads slower than the guest prints loses its connection at this. */
#define VIEWER_OUTPUT_MAX (1u << 20)
/* Typed ahead of the guest; beyond it clients are not read. */
#define INPUT_MAX 4096
/* Lines of the log are written to the file this much later at most. */
#define FLUSH_USEC  50000
#define FLUSH_BYTES 4096
/* While the file cannot be written it is tried less often. */
#define RETRY_SECONDS 1
#define RETRY_BYTES   (64u << 10)

struct viewer {
	TAILQ_ENTRY(viewer) entry;
	struct console *console;
	struct bufferevent *stream;
	bool input_ended;
	bool closing; /* hung up: only its output is still sent */
	struct hangup hangup;
	unsigned int *count; /* its door's */
};

TAILQ_HEAD(viewer_list, viewer);

struct console {
	struct console_hub *hub;
	char *name;
	uint32_t domid;
	struct xencons_interface *ring; /* NULL: not connected */
	bool broken;                    /* the guest has put nonsense into the indices */
	struct hub_port port;
	struct evbuffer *input;   /* typed, not yet taken by the ring */
	struct evbuffer *unsaved; /* printed, not yet in the file */
	struct event *flush;
	struct viewer_list viewers;
	struct rotate file;
	bool file_failed; /* said once, and once more when it is over */
	struct ring_log log;
};

/* The file is made when it is first needed, so that a domain that never printed has none. */
static void name_file(struct console *console)
{
	char path[CONSOLE_PATH];

	if (console->file.name)
		return;
	console_path(console->name, path);
	if (rotate_init(&console->file, console_hub_pvd(console->hub)->state_fd, path))
		log_warning("console of %s: no memory for its file's name", console->name);
}

static void note_result(struct console *console, int ret)
{
	static const struct timeval later = { .tv_sec = RETRY_SECONDS };

	if (ret && !console->file_failed)
		log_warning("console of %s: cannot write its file: %s", console->name,
			    strerror(-ret));
	else if (!ret && console->file_failed)
		log_info("console of %s: its file can be written again", console->name);
	console->file_failed = ret;
	if (ret)
		evtimer_add(console->flush, &later);
	/* Ended domains keep their logs in memory, but no open files. */
	else if (!console->ring)
		rotate_pause(&console->file);
}

static void save(struct console *console)
{
	size_t size = evbuffer_get_length(console->unsaved);

	if (!size && !console->file.lost)
		return;
	name_file(console);
	note_result(console,
		    rotate_write(&console->file, evbuffer_pullup(console->unsaved, -1), size));
	evbuffer_drain(console->unsaved, size);
}

static void flush_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	save(arg);
}

struct console *console_new(struct console_hub *hub, const char *name)
{
	struct console *console = calloc(1, sizeof(*console));

	if (!console)
		return NULL;
	TAILQ_INIT(&console->viewers);
	console->hub = hub;
	console->port.port = -1;
	console->port.console = console;
	console->file = (struct rotate)ROTATE_INIT;
	console->name = strdup(name);
	console->input = evbuffer_new();
	console->unsaved = evbuffer_new();
	console->flush = evtimer_new(console_hub_pvd(hub)->base, flush_time, console);
	if (!console->name || !console->input || !console->unsaved || !console->flush) {
		console_free(console);
		return NULL;
	}
	return console;
}

void console_recall(struct console *console)
{
	int folder = console_hub_pvd(console->hub)->state_fd;
	char *old = malloc(RING_LOG_BYTES), path[CONSOLE_PATH];
	long size = -1;

	console_path(console->name, path);
	if (old && !faccessat(folder, path, R_OK, 0) && !rotate_open(&console->file, folder, path))
		size = rotate_tail(&console->file, old, RING_LOG_BYTES);
	if (size > 0)
		ring_log_add(&console->log, old, (size_t)size);
	rotate_pause(&console->file);
	free(old);
}

void console_drop_file(struct console *console)
{
	int folder = console_hub_pvd(console->hub)->state_fd;

	evbuffer_drain(console->unsaved, evbuffer_get_length(console->unsaved));
	console->file.lost = 0;
	rotate_close(&console->file);
	console_file_remove(folder, console->name);
}

static void drop_viewer(struct viewer *viewer)
{
	TAILQ_REMOVE(&viewer->console->viewers, viewer, entry);
	hangup_ignore(&viewer->hangup);
	bufferevent_free(viewer->stream);
	--*viewer->count;
	free(viewer);
}

void console_free(struct console *console)
{
	struct viewer *viewer;

	if (!console)
		return;
	console_disconnect(console);
	while ((viewer = TAILQ_FIRST(&console->viewers)))
		drop_viewer(viewer);
	if (console->unsaved)
		save(console);
	rotate_close(&console->file);
	if (console->flush)
		event_free(console->flush);
	if (console->input)
		evbuffer_free(console->input);
	if (console->unsaved)
		evbuffer_free(console->unsaved);
	free(console->name);
	free(console);
}

/* Everything that is printed goes through here. */
static void spread(struct console *console, const char *data, size_t size)
{
	static const struct timeval later = { .tv_usec = FLUSH_USEC };
	struct viewer *viewer, *next;

	ring_log_add(&console->log, data, size);
	evbuffer_add(console->unsaved, data, size);
	if (evbuffer_get_length(console->unsaved) >=
	    (console->file_failed ? RETRY_BYTES : FLUSH_BYTES))
		save(console);
	else if (!evtimer_pending(console->flush, NULL))
		evtimer_add(console->flush, &later);
	for (viewer = TAILQ_FIRST(&console->viewers); viewer; viewer = next) {
		struct evbuffer *output = bufferevent_get_output(viewer->stream);

		next = TAILQ_NEXT(viewer, entry);
		if (viewer->closing)
			continue;
		if (evbuffer_get_length(output) + size > VIEWER_OUTPUT_MAX)
			drop_viewer(viewer);
		else
			bufferevent_write(viewer->stream, data, size);
	}
}

static void ring_is_broken(struct console *console)
{
	if (!console->broken)
		log_warning("console of %s: the guest has damaged the ring's indices",
			    console->name);
	console->broken = true;
}

/* Takes what the guest has printed. True if there was anything. */
static bool read_ring(struct console *console)
{
	struct xencons_interface *ring = console->ring;
	XENCONS_RING_IDX produced, consumed, i;
	char data[sizeof(ring->out)];

	produced = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
	consumed = __atomic_load_n(&ring->out_cons, __ATOMIC_RELAXED);
	if (produced == consumed)
		return false;
	if (produced - consumed > sizeof(data)) {
		ring_is_broken(console);
		return false;
	}
	for (i = 0; consumed + i != produced; i++)
		data[i] = ring->out[MASK_XENCONS_IDX(consumed + i, ring->out)];
	__atomic_store_n(&ring->out_cons, produced, __ATOMIC_RELEASE);
	spread(console, data, i);
	return true;
}

/* Gives the guest what was typed, as far as there is room. True if anything moved. */
static bool write_ring(struct console *console)
{
	struct xencons_interface *ring = console->ring;
	XENCONS_RING_IDX produced, used;
	char data[sizeof(ring->in)];
	int count, i;

	if (!evbuffer_get_length(console->input))
		return false;
	produced = __atomic_load_n(&ring->in_prod, __ATOMIC_RELAXED);
	used = produced - __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);
	if (used > sizeof(data)) {
		ring_is_broken(console);
		return false;
	}
	count = evbuffer_remove(console->input, data, sizeof(data) - used);
	for (i = 0; i < count; i++)
		ring->in[MASK_XENCONS_IDX(produced + (unsigned int)i, ring->in)] = data[i];
	if (count <= 0)
		return false;
	__atomic_store_n(&ring->in_prod, produced + (unsigned int)count, __ATOMIC_RELEASE);
	return true;
}

/* Clients are read only while what they typed before fits. */
static void pace_viewers(struct console *console)
{
	bool room = evbuffer_get_length(console->input) < INPUT_MAX;
	struct viewer *viewer;

	TAILQ_FOREACH(viewer, &console->viewers, entry) {
		if (viewer->closing || viewer->input_ended)
			continue;
		if (room)
			bufferevent_enable(viewer->stream, EV_READ);
		else
			bufferevent_disable(viewer->stream, EV_READ);
	}
}

void console_event(struct console *console)
{
	bool moved;

	if (!console->ring || console->broken)
		return;
	moved = read_ring(console);
	if (write_ring(console)) {
		moved = true;
		pace_viewers(console);
	}
	if (moved)
		console_hub_notify(console->hub, &console->port);
}

int console_connect(struct console *console, uint32_t domid, uint64_t frame, uint32_t port)
{
	struct pvd *pvd = console_hub_pvd(console->hub);
	xen_pfn_t ring_frame = frame;
	int ret;

	console_disconnect(console);
	console->broken = false;
	console->domid = domid;
	console->ring = xen_map(pvd->xen, domid, 1, &ring_frame);
	if (!console->ring)
		return -errno;
	ret = console_hub_bind(console->hub, &console->port, domid, port);
	if (ret) {
		xen_unmap(pvd->xen, console->ring, 1);
		console->ring = NULL;
		return ret;
	}
	/* What was printed before anyone listened has raised no event here. */
	console_event(console);
	return 0;
}

void console_disconnect(struct console *console)
{
	if (!console->ring)
		return;
	if (!console->broken)
		read_ring(console);
	console_hub_unbind(console->hub, &console->port);
	xen_unmap(console_hub_pvd(console->hub)->xen, console->ring, 1);
	console->ring = NULL;
	save(console);
	rotate_pause(&console->file);
	/* What was typed for a guest that is gone is not for the next one. */
	evbuffer_drain(console->input, evbuffer_get_length(console->input));
	pace_viewers(console);
}

static void viewer_typed(struct bufferevent *stream, void *arg)
{
	struct viewer *viewer = arg;
	struct console *console = viewer->console;
	struct evbuffer *typed = bufferevent_get_input(stream);

	if (!console->ring || console->broken || viewer->closing) {
		evbuffer_drain(typed, evbuffer_get_length(typed));
		return;
	}
	evbuffer_add_buffer(console->input, typed);
	pace_viewers(console);
	console_event(console);
}

static void viewer_sent(struct bufferevent *stream, void *arg)
{
	struct viewer *viewer = arg;

	if (viewer->closing && !evbuffer_get_length(bufferevent_get_output(stream)))
		drop_viewer(viewer);
}

/* It has gone. What it typed last and the guest still takes is typed; while the guest takes nothing
 * the client is not read, so its end of input would not be seen. */
static void viewer_hung_up(void *arg)
{
	struct viewer *viewer = arg;
	struct console *console = viewer->console;
	size_t ahead = evbuffer_get_length(console->input);
	int fd = bufferevent_getfd(viewer->stream);

	if (console->ring && !console->broken && ahead < INPUT_MAX &&
	    evbuffer_read(console->input, fd, (int)(INPUT_MAX - ahead)) > 0)
		console_event(console);
	drop_viewer(viewer);
}

/* A client that only stops sending (a pipe at its end) still wants to see the rest. */
static void viewer_ended(struct bufferevent *stream, short what, void *arg)
{
	struct viewer *viewer = arg;

	if (what != (BEV_EVENT_EOF | BEV_EVENT_READING) || viewer->closing) {
		drop_viewer(viewer);
		return;
	}
	bufferevent_disable(stream, EV_READ);
	viewer->input_ended = true;
}

static void hang_up_viewer(struct viewer *viewer)
{
	viewer->closing = true;
	bufferevent_disable(viewer->stream, EV_READ);
	if (!evbuffer_get_length(bufferevent_get_output(viewer->stream)))
		drop_viewer(viewer);
}

void console_hang_up(struct console *console)
{
	struct viewer *viewer, *next;

	for (viewer = TAILQ_FIRST(&console->viewers); viewer; viewer = next) {
		next = TAILQ_NEXT(viewer, entry);
		if (!viewer->closing)
			hang_up_viewer(viewer);
	}
}

static void replay(struct console *console, struct bufferevent *client, unsigned int lines)
{
	const char *pieces[2];
	size_t sizes[2];

	if (!ring_log_tail(&console->log, lines, pieces, sizes))
		return;
	bufferevent_write(client, pieces[0], sizes[0]);
	bufferevent_write(client, pieces[1], sizes[1]);
}

int console_attach(struct console *console, struct bufferevent *client, unsigned int *count,
		   unsigned int lines, const void *first, size_t first_size)
{
	struct viewer *viewer = calloc(1, sizeof(*viewer));
	struct hangup_set *hangups = console_hub_pvd(console->hub)->hangups;

	if (!viewer || hangup_watch(hangups, &viewer->hangup, bufferevent_getfd(client),
				    viewer_hung_up, viewer)) {
		bufferevent_free(client);
		free(viewer);
		--*count;
		return -ENOMEM;
	}
	viewer->console = console;
	viewer->stream = client;
	viewer->count = count;
	TAILQ_INSERT_TAIL(&console->viewers, viewer, entry);
	bufferevent_setcb(client, viewer_typed, viewer_sent, viewer_ended, viewer);
	replay(console, client, lines);
	if (console->ring && !console->broken && first_size) {
		evbuffer_add(console->input, first, first_size);
		console_event(console);
	}
	bufferevent_enable(client, EV_READ | EV_WRITE);
	pace_viewers(console);
	return 0;
}
