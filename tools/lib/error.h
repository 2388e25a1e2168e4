/* SPDX-License-Identifier: MIT */
/*
 * The error object: one value that travels unchanged from the place that failed, over the wire, to
 * the user's terminal.
 *
 * Contract: a function that takes a `struct error *` returns 0 (or a pointer) on success and leaves
 * the object alone; on failure it returns a negative errno (or NULL) and has filled the object. The
 * first cause wins: setting an error that is already set changes nothing, so callers may add their
 * own view without hiding the root. Nothing here allocates, fails or takes a lock; texts that are
 * too long are cut.
 */
#ifndef TOOLS_LIB_ERROR_H
#define TOOLS_LIB_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* What kind of failure; also the exit status of pvctl. */
enum error_code {
	ERROR_NONE = 0,
	ERROR_FAILED = 1,
	ERROR_USAGE = 2,
	ERROR_NO_DOMAIN = 3,
	ERROR_WRONG_STATE = 4,
	ERROR_UNREACHABLE = 5,
	ERROR_PERMISSION = 6,
	ERROR_XML = 7,
	ERROR_TIMEOUT = 8,
	ERROR_NOT_SUPPORTED = 9,
};

struct error {
	enum error_code code;
	int rpc_code;      /* JSON-RPC number where the protocol fixes one, else 0 */
	char domain[128];  /* name of the domain concerned, or "" */
	char stage[16];    /* xml, check, build, start, run, rpc, ...: where it failed */
	char detail[1024]; /* the root cause, one sentence without a full stop */
	char hint[512];    /* what to do about it, or "" */
};

#define ERROR_INIT                 \
	{                          \
		.code = ERROR_NONE \
	}

/* Makes `err` unset again. */
void error_clear(struct error *err);

/* True when an error was set. */
bool error_is_set(const struct error *err);

/*
 * Sets code, stage and detail unless `err` is set already.
 * Returns the negative errno of `code` (error_errno), so that `return error_set(...)` is the way
 * out of a function.
 */
int error_set(struct error *err, enum error_code code, const char *stage, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Says what to do about the error; the first hint stays. Returns what error_set returned. */
int error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Names the domain concerned; the first name stays. */
void error_domain(struct error *err, const char *name);

/* The negative errno that stands for `code`. */
int error_errno(enum error_code code);

/* The code that a positive errno of a system call amounts to: EACCES and EPERM are PERMISSION,
 * ETIMEDOUT is TIMEOUT ... */
enum error_code error_from_errno(int errnum);

#endif
