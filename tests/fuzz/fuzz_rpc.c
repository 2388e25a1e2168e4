/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: any bytes as a stream of JSON lines, cut in two at a place that the first byte
 * gives. Lines must not depend on the cut; each is decoded as a request and as an answer, and every
 * error must survive the wire.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_error(struct rpc_request *req, const struct error *err)
{
	json_t *message = rpc_error_new(req->id, err), *result = NULL;
	struct error got = ERROR_INIT;
	size_t length;
	char *line = rpc_line_encode(message, &length);

	if (!line || memchr(line, '\n', length - 1))
		abort();
	rpc_answer_decode(line, length - 1, 1, &result, &got);
	if (!error_is_set(&got))
		abort();
	free(line);
	json_decref(message);
}

static void decode(const char *line, size_t length)
{
	struct error err = ERROR_INIT, answer_err = ERROR_INIT;
	struct rpc_request req;
	json_t *result;

	if (rpc_request_decode(&req, line, length, &err))
		send_error(&req, &err);
	rpc_request_free(&req);
	if (!rpc_answer_decode(line, length, 1, &result, &answer_err) != !!result)
		abort();
	json_decref(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rpc_buffer buf = { 0 };
	size_t cut = size ? data[0] % size : 0, length;
	char *line;

	if (!rpc_buffer_append(&buf, data, cut) && !rpc_buffer_append(&buf, data + cut, size - cut))
		while ((line = rpc_buffer_line(&buf, &length)))
			decode(line, length);
	rpc_buffer_free(&buf);
	return 0;
}
