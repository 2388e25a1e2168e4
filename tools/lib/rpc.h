/* SPDX-License-Identifier: MIT */
/*
 * JSON-RPC 2.0, one JSON object a line: the line reader and the coding of requests and answers.
 * Both ends use it: pvd over non-blocking descriptors or evbuffers, pvctl through rpc_client.h.
 *
 * Contract: int functions return 0 or a negative errno; where a `struct error` is passed it is
 * filled on failure (see error.h). Functions that build a message return a new reference, or NULL
 * when memory is short; json_t arguments marked "taken" are consumed in every case. Nothing here
 * takes a lock; a buffer belongs to one thread.
 */
#ifndef TOOLS_LIB_RPC_H
#define TOOLS_LIB_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

/* The longest line either side accepts, without its newline. A longer one is an error, after which
 * the connection closes. */
#define RPC_LINE_MAX (1u << 20)

/* Numbers that JSON-RPC fixes for error.code; all other errors travel as RPC_APPLICATION -
 * error_code. */
enum rpc_code {
	RPC_BAD_JSON = -32700,
	RPC_BAD_REQUEST = -32600,
	RPC_NO_METHOD = -32601,
	RPC_BAD_PARAMS = -32602,
	RPC_APPLICATION = -32000,
};

/* Bytes on their way to lines. A zeroed structure is an empty buffer. */
struct rpc_buffer {
	char *data;
	size_t start;   /* first byte not yet given out */
	size_t partial; /* start of the last, unfinished line; before it whole lines only */
	size_t end;     /* one past the last byte */
	size_t capacity;
};

void rpc_buffer_free(struct rpc_buffer *buf);

/*
 * Appends bytes that the caller has read, e.g. out of an evbuffer.
 * -EMSGSIZE: a line is over RPC_LINE_MAX; -ENOMEM. After an error the buffer is of no more use.
 */
int rpc_buffer_append(struct rpc_buffer *buf, const void *bytes, size_t count);

/*
 * Reads once from `fd`. Returns the number of bytes, 0 at end of file, -EAGAIN when nothing is
 * there on a non-blocking descriptor, another negative errno of read, or an error of
 * rpc_buffer_append. EINTR is retried.
 */
ssize_t rpc_buffer_read(struct rpc_buffer *buf, int fd);

/*
 * The next whole line, its newline replaced by a NUL, or NULL when there is none yet. It stays
 * valid until the next call on the buffer. `length` (may be NULL) receives its length, which tells
 * NULs inside the line.
 */
char *rpc_buffer_line(struct rpc_buffer *buf, size_t *length);

/* What follows the lines already taken (raw console bytes after an answer); valid until the next
 * call on the buffer. */
const char *rpc_buffer_rest(const struct rpc_buffer *buf, size_t *length);

/* A decoded request. `id` is NULL for a notification; `params` is never NULL. All of them live in
 * `root`. */
struct rpc_request {
	json_t *root;
	json_t *id;
	const char *method;
	json_t *params;
};

/*
 * Decodes one request line. On failure err->rpc_code says whether the JSON (RPC_BAD_JSON) or the
 * request (RPC_BAD_REQUEST) was wrong; req->id is set where it could be read, so that the answer
 * can name it. Call rpc_request_free in both cases.
 */
int rpc_request_decode(struct rpc_request *req, const char *line, size_t length, struct error *err);
void rpc_request_free(struct rpc_request *req);

/* A request; `params` is taken and may be NULL for none. */
json_t *rpc_request_new(json_int_t id, const char *method, json_t *params);

/* The answer to `id` (NULL: unknown, encoded as null); `result` is taken, NULL stands for {}. */
json_t *rpc_result_new(json_t *id, json_t *result);

/* The error answer to `id` (NULL as above). */
json_t *rpc_error_new(json_t *id, const struct error *err);

/* The "data" object of an error alone: {code, domain, stage, detail, hint}. */
json_t *rpc_error_data(const struct error *err);

/*
 * Decodes one answer line to request `id`. `result` receives a new reference. When the answer is an
 * error, `err` becomes that error, as the other side had it; what is no answer at all is
 * ERROR_FAILED, stage "rpc".
 */
int rpc_answer_decode(const char *line, size_t length, json_int_t id, json_t **result,
		      struct error *err);

/* `message` as text with its newline, to be freed; NULL when memory is short. `length` may be NULL.
 */
char *rpc_line_encode(const json_t *message, size_t *length);

/*
 * Named parameters. The plain forms fail (ERROR_USAGE, RPC_BAD_PARAMS) when the parameter is absent
 * or of another type; the _or forms give `fallback` when it is absent or null and fail on another
 * type. Strings live in `params`.
 */
int rpc_param_string(const json_t *params, const char *name, const char **value, struct error *err);
int rpc_param_string_or(const json_t *params, const char *name, const char *fallback,
			const char **value, struct error *err);
int rpc_param_bool_or(const json_t *params, const char *name, bool fallback, bool *value,
		      struct error *err);
int rpc_param_int_or(const json_t *params, const char *name, json_int_t fallback, json_int_t *value,
		     struct error *err);

#endif
