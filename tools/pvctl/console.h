/* SPDX-License-Identifier: MIT */
/* A domain's console between a connection to pvd and this program's standard input and output. */
#ifndef TOOLS_PVCTL_CONSOLE_H
#define TOOLS_PVCTL_CONSOLE_H

#include "rpc_client.h"

enum console_end {
	CONSOLE_GONE,    /* the domain is gone */
	CONSOLE_LEFT,    /* the user typed the escape, or hung up */
	CONSOLE_TIMEOUT, /* the time after the end of input passed */
	CONSOLE_FAILED,  /* `err` says why */
};

/* What console_run is given for "stay as long as the domain lives". */
#define CONSOLE_STAY (-1)

/* The message for CONSOLE_TIMEOUT: the domain's name, the seconds. */
#define CONSOLE_TIMEOUT_TEXT "Domain '%s' still runs %lld s after the end of input"

/* Asks for the console of `domain` with `replay` old lines; afterwards `client` carries raw bytes.
 * As rpc_client_call. */
int console_attach(struct rpc_client *client, const char *domain, long long replay,
		   struct error *err);

/* On a terminal: says what one is connected to ("domain", "host") and how to leave. */
void console_greet(const char *what, const char *name);

/*
 * Copies bytes both ways until the console ends. On a terminal, globals.escape leaves and the modes
 * come back. Without one, the end of input leaves `linger` seconds later, or never with
 * CONSOLE_STAY. The bytes go out as the guest wrote them: a console is a terminal's line.
 */
enum console_end console_run(struct rpc_client *client, long long linger, struct error *err);

#endif
