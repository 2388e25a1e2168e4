/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: a console's ring, which the guest may fill with anything at any time. The input is a
 * script: the guest prints, reads, sets an index to nonsense; the user types; the domain goes.
 *
 * A reference beside it knows what a well-behaved half of the ring would have delivered: what the
 * daemon writes to the file and keeps in the log is that, to the byte, whatever the guest does; and
 * what it puts into the ring for the guest is what was typed.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console_file.h"
#include "console_hub.h"
#include "log.h"
#include "ring_log.h"
#include "rotate.h"

#define PRINTED_MAX (1U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pvd pvd;
static struct xencons_interface *ring;
static uint8_t printed[PRINTED_MAX], saved[PRINTED_MAX];
static size_t printed_size, saved_size;
static bool broken;

/* The rest of the daemon ------------------------------------------------------------------------
 */

/* Clients are no sockets here, so none hangs up. */
int hangup_watch(struct hangup_set *set, struct hangup *hangup, int fd, void (*gone)(void *arg),
		 void *arg)
{
	(void)set;
	(void)hangup;
	(void)fd;
	(void)gone;
	(void)arg;
	return 0;
}

void hangup_ignore(struct hangup *hangup)
{
	(void)hangup;
}

struct pvd *console_hub_pvd(struct console_hub *hub)
{
	(void)hub;
	return &pvd;
}

int console_hub_bind(struct console_hub *hub, struct hub_port *port, uint32_t domid,
		     uint32_t remote)
{
	(void)hub;
	(void)domid;
	port->port = (int)remote;
	return 0;
}

void console_hub_unbind(struct console_hub *hub, struct hub_port *port)
{
	(void)hub;
	port->port = -1;
}

void console_hub_notify(struct console_hub *hub, const struct hub_port *port)
{
	(void)hub;
	if (port->port < 0)
		abort();
}

void *xen_map(struct xen *xen, uint32_t domid, size_t count, const xen_pfn_t *frames)
{
	(void)xen;
	(void)domid;
	(void)frames;
	return count == 1 ? ring : NULL;
}

void xen_unmap(struct xen *xen, void *address, size_t count)
{
	(void)xen;
	if (address != ring || count != 1)
		abort();
}

void log_warning(const char *format, ...)
{
	(void)format;
}

void log_info(const char *format, ...)
{
	(void)format;
}

void console_path(const char *name, char path[CONSOLE_PATH])
{
	snprintf(path, CONSOLE_PATH, "%s", name);
}

void console_file_remove(int state_fd, const char *name)
{
	(void)state_fd;
	(void)name;
}

int rotate_init(struct rotate *file, int folder, const char *name)
{
	static char named[] = "named";

	(void)folder;
	(void)name;
	file->name = named;
	return 0;
}

int rotate_open(struct rotate *file, int folder, const char *name)
{
	return rotate_init(file, folder, name);
}

void rotate_pause(struct rotate *file)
{
	(void)file;
}

void rotate_close(struct rotate *file)
{
	file->name = NULL;
}

int rotate_write(struct rotate *file, const void *data, size_t size)
{
	if (!file->name || size > sizeof(saved) - saved_size)
		abort();
	memcpy(saved + saved_size, data, size);
	saved_size += size;
	return 0;
}

long rotate_tail(const struct rotate *file, void *data, size_t size)
{
	(void)file;
	(void)data;
	(void)size;
	return -ENOENT;
}

/* The guest -------------------------------------------------------------------------------------
 */

/* What the daemon will have to take at its next look, if both indices are in range. */
static void expect(void)
{
	uint32_t used = ring->out_prod - ring->out_cons;

	if (broken || !used)
		return;
	if (used > sizeof(ring->out)) {
		broken = true;
		return;
	}
	for (uint32_t i = ring->out_cons; i != ring->out_prod; i++)
		printed[printed_size++] = (uint8_t)ring->out[i % sizeof(ring->out)];
}

static void look(struct console *console)
{
	uint32_t in_prod = ring->in_prod, room = sizeof(ring->in) - (in_prod - ring->in_cons);
	bool was_broken = broken;

	expect();
	console_event(console);
	if (!was_broken && ring->in_prod - in_prod > room && room <= sizeof(ring->in))
		abort(); /* over what the guest has not read */
	if (was_broken && ring->in_prod != in_prod)
		abort();
}

static void print(const uint8_t *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		ring->out[ring->out_prod++ % sizeof(ring->out)] = (char)text[i];
}

static uint32_t word(const uint8_t *data, size_t left)
{
	uint32_t v = 0;

	memcpy(&v, data, left < sizeof(v) ? left : sizeof(v));
	return v;
}

/* One step; how many bytes of the script it took. */
static size_t step(struct console *console, const uint8_t *data, size_t left)
{
	size_t n = left > 1 ? data[1] : 0;

	n = n > left - 1 ? left - 1 : n;
	switch (data[0] & 7) {
	case 0:
	case 1: print(data + 1, n); return 1 + n;
	case 2: ring->in_cons += (uint32_t)n; return 2;
	case 3: ring->out_prod = word(data + 1, left - 1); return 5;
	case 4: ring->out_cons = word(data + 1, left - 1); return 5;
	case 5: ring->in_prod = word(data + 1, left - 1); return 5;
	case 6: ring->in_cons = word(data + 1, left - 1); return 5;
	default: look(console); return 1;
	}
}

static void check_saved(void)
{
	if (saved_size != printed_size || memcmp(saved, printed, saved_size))
		abort();
}

/* How many of the last bytes are so many lines. */
static size_t tail_size(unsigned int lines)
{
	size_t n = 0, most = printed_size < RING_LOG_BYTES ? printed_size : RING_LOG_BYTES;

	for (; lines && n < most; n++)
		if (n && printed[printed_size - n - 1] == '\n' && !--lines)
			break;
	return n;
}

/* Somebody comes, sees the last lines, and types what a user's terminal had ready. */
static void attach(struct console *console, unsigned int lines)
{
	struct bufferevent *pair[2];
	struct evbuffer *output;
	static unsigned int count;
	size_t size;

	expect();
	console_event(console);
	if (bufferevent_pair_new(pvd.base, 0, pair) ||
	    console_attach(console, pair[0], &count, lines, "typed", 5))
		abort();
	output = bufferevent_get_output(pair[0]);
	size = tail_size(lines);
	if (evbuffer_get_length(output) != size ||
	    (size && memcmp(evbuffer_pullup(output, -1), printed + printed_size - size, size)))
		abort();
	bufferevent_free(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct console *console;
	size_t at = 0;

	if (!pvd.base)
		pvd.base = event_base_new();
	if (!pvd.base || size > 400)
		return 0;
	ring = calloc(1, sizeof(*ring));
	printed_size = saved_size = 0;
	broken = false;
	console = console_new(NULL, "c");
	if (!ring || !console || console_connect(console, 1, 0, 5))
		abort();
	while (at < size)
		at += step(console, data + at, size - at);
	attach(console, size ? data[size - 1] : 0);
	expect();
	console_disconnect(console);
	check_saved();
	console_free(console);
	event_base_loop(pvd.base, EVLOOP_NONBLOCK); /* what was closed is freed there */
	free(ring);
	return 0;
}
