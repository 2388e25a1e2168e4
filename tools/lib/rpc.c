/* SPDX-License-Identifier: MIT */
/* Coding of JSON-RPC requests, answers and errors. */
#include "rpc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bad_request(struct error *err, const char *what)
{
	error_set(err, ERROR_USAGE, "rpc", "bad request: %s", what);
	err->rpc_code = RPC_BAD_REQUEST;
	return -EINVAL;
}

static bool version_is_ok(const json_t *root)
{
	const char *version = json_string_value(json_object_get(root, "jsonrpc"));

	return version && !strcmp(version, "2.0");
}

static int parse(json_t **root, const char *line, size_t length, struct error *err)
{
	json_error_t why;

	*root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
	if (*root)
		return 0;
	error_set(err, ERROR_USAGE, "rpc", "not JSON: column %d: %s", why.column, why.text);
	err->rpc_code = RPC_BAD_JSON;
	return -EINVAL;
}

int rpc_request_decode(struct rpc_request *req, const char *line, size_t length, struct error *err)
{
	json_t *id;

	memset(req, 0, sizeof(*req));
	if (parse(&req->root, line, length, err))
		return -EINVAL;
	if (!json_is_object(req->root))
		return bad_request(err, "expected a JSON object");
	id = json_object_get(req->root, "id");
	if (id && !json_is_integer(id) && !json_is_string(id) && !json_is_null(id))
		return bad_request(err, "'id' is neither a number nor a string");
	req->id = id;
	if (!version_is_ok(req->root))
		return bad_request(err, "'jsonrpc' is not \"2.0\"");
	req->method = json_string_value(json_object_get(req->root, "method"));
	if (!req->method)
		return bad_request(err, "'method' is missing or no string");
	req->params = json_object_get(req->root, "params");
	if (!req->params) {
		req->params = json_object();
		if (json_object_set_new(req->root, "params", req->params))
			return error_set(err, ERROR_FAILED, "rpc", "out of memory");
	}
	return json_is_object(req->params) ? 0 : bad_request(err, "'params' is no object");
}

void rpc_request_free(struct rpc_request *req)
{
	json_decref(req->root);
	memset(req, 0, sizeof(*req));
}

json_t *rpc_request_new(json_int_t id, const char *method, json_t *params)
{
	return json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", id, "method", method,
			 "params", params ? params : json_object());
}

/* json_pack's "O" takes no NULL; an unknown id is null on the wire. */
static json_t *id_ref(json_t *id)
{
	return id ? json_incref(id) : json_null();
}

json_t *rpc_result_new(json_t *id, json_t *result)
{
	return json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "id", id_ref(id), "result",
			 result ? result : json_object());
}

/* A message may quote bytes of a file that are not UTF-8, which JSON cannot carry: those become
 * '?'. */
static json_t *text(const char *bytes)
{
	json_t *string = json_string(bytes);
	char *copy, *p;

	if (string)
		return string;
	copy = strdup(bytes);
	if (!copy)
		return NULL;
	for (p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	string = json_string(copy);
	free(copy);
	return string;
}

static json_t *text_or_null(const char *bytes)
{
	return bytes[0] ? text(bytes) : json_null();
}

json_t *rpc_error_data(const struct error *err)
{
	return json_pack("{s:i, s:o, s:o, s:o, s:o}", "code", (int)err->code, "domain",
			 text_or_null(err->domain), "stage", text(err->stage), "detail",
			 text(err->detail), "hint", text_or_null(err->hint));
}

json_t *rpc_error_new(json_t *id, const struct error *err)
{
	int code = err->rpc_code ? err->rpc_code : RPC_APPLICATION - (int)err->code;

	return json_pack("{s:s, s:o, s:{s:i, s:o, s:o}}", "jsonrpc", "2.0", "id", id_ref(id),
			 "error", "code", code, "message", text(err->detail), "data",
			 rpc_error_data(err));
}

static void take_text(char *to, size_t size, const json_t *data, const char *key)
{
	const char *value = json_string_value(json_object_get(data, key));

	snprintf(to, size, "%s", value ? value : "");
}

/* Rebuilds the other side's error; one without "data" is a plain JSON-RPC error of some other
 * server. */
static int take_error(const json_t *object, struct error *err)
{
	const json_t *data = json_object_get(object, "data");
	json_int_t code = json_integer_value(json_object_get(data, "code"));

	if (error_is_set(err))
		return error_errno(err->code);
	err->code = code > ERROR_NONE && code <= ERROR_NOT_SUPPORTED ? (enum error_code)code
								     : ERROR_FAILED;
	code = json_integer_value(json_object_get(object, "code"));
	if (code <= RPC_BAD_REQUEST && code >= RPC_BAD_JSON)
		err->rpc_code = (int)code;
	take_text(err->domain, sizeof(err->domain), data, "domain");
	take_text(err->stage, sizeof(err->stage), data, "stage");
	take_text(err->detail, sizeof(err->detail), data, "detail");
	take_text(err->hint, sizeof(err->hint), data, "hint");
	if (!err->detail[0])
		take_text(err->detail, sizeof(err->detail), object, "message");
	if (!err->detail[0])
		snprintf(err->detail, sizeof(err->detail), "the daemon gave no reason");
	return error_errno(err->code);
}

static int bad_answer(struct error *err, const char *what)
{
	return error_set(err, ERROR_FAILED, "rpc", "unintelligible answer: %s", what);
}

static int answer_open(const json_t *root, json_int_t id, json_t **result, struct error *err)
{
	const json_t *got = json_object_get(root, "id"), *failure = json_object_get(root, "error");
	bool ours = json_is_integer(got) && json_integer_value(got) == id;

	if (!json_is_object(root) || !version_is_ok(root))
		return bad_answer(err, "not JSON-RPC 2.0");
	if (json_is_object(failure) && (ours || json_is_null(got)))
		return take_error(failure, err);
	if (!ours)
		return bad_answer(err, "its id is not that of the request");
	*result = json_incref(json_object_get(root, "result"));
	return *result ? 0 : bad_answer(err, "neither result nor error");
}

int rpc_answer_decode(const char *line, size_t length, json_int_t id, json_t **result,
		      struct error *err)
{
	struct error why = ERROR_INIT;
	json_t *root;
	int ret;

	*result = NULL;
	if (parse(&root, line, length, &why))
		return bad_answer(err, why.detail);
	ret = answer_open(root, id, result, err);
	json_decref(root);
	return ret;
}

char *rpc_line_encode(const json_t *message, size_t *length)
{
	char *dump = message ? json_dumps(message, JSON_COMPACT) : NULL, *line;
	size_t size = dump ? strlen(dump) : 0;

	line = dump ? realloc(dump, size + 2) : NULL;
	if (!line) {
		free(dump);
		return NULL;
	}
	memcpy(line + size, "\n", 2);
	if (length)
		*length = size + 1;
	return line;
}
