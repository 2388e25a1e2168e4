/* SPDX-License-Identifier: MIT */
/*
 * console.h - the consoles of domains, owned by the daemon from a domain's birth.
 *
 * What a guest prints goes to a log in memory (the last 64 KiB), to a file under the state folder,
 * and to every client attached; what clients type goes to the guest. A console outlives the
 * hypervisor's domain behind it: clients stay attached across a reboot and are hung up when the
 * domain has ended for good.
 *
 * The ring page is shared with the guest, which may write anything to it at any time: indices are
 * read once and checked, and a guest that floods is heard in slices.
 *
 * Contract: 0 or a negative errno. Event base's thread only.
 */
#ifndef TOOLS_PVD_CONSOLE_H
#define TOOLS_PVD_CONSOLE_H

#include <event2/bufferevent.h>
#include <stdint.h>

#include "pvd.h"

struct console;

/* The event channels of all consoles. NULL with err filled. */
struct console_hub *console_hub_new(struct pvd *pvd, struct error *err);
void console_hub_free(struct console_hub *hub);

/* A console that is connected to nothing yet, with an empty log. Its file is made by the first
 * output. */
struct console *console_new(struct console_hub *hub, const char *name);

/* Fills the log from the end of the file, after a restart of the daemon. */
void console_recall(struct console *console);

/* Removes its file: nobody asks for it by this name any more. */
void console_drop_file(struct console *console);

void console_free(struct console *console);

/* Connects to a domain's ring page and port. */
int console_connect(struct console *console, uint32_t domid, uint64_t frame, uint32_t port);

/* Takes what the ring still holds, then lets go of ring and port. The domain must not run any more.
 */
void console_disconnect(struct console *console);

/* Sends what is pending to the clients and closes their connections; for a domain that has ended.
 */
void console_hang_up(struct console *console);

/*
 * Attaches a client whose answer line is already in its output: the last lines of the log follow,
 * then what the guest prints. The bufferevent is owned by the console from now on, and counted off
 * in *count when the connection ends. first are bytes that the client has sent already.
 */
int console_attach(struct console *console, struct bufferevent *client, unsigned int *count,
		   unsigned int lines, const void *first, size_t first_size);

#endif
