/* SPDX-License-Identifier: MIT */
/*
 * Proves that lines come out of the buffer as they went in however they were cut, that its bound
 * holds, that requests and errors survive the wire, and that what is no JSON-RPC is refused with
 * the right number.
 *
 * @limit: 60
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clients.h"
#include "rpc_client.h"

/* A stream cut into pieces of every size gives the same lines. */
START_TEST(buffer_pieces)
{
	static const char stream[] = "one\n\ntwo words\n{\"a\":1}\nrest";
	static const char *const lines[] = { "one", "", "two words", "{\"a\":1}" };
	struct rpc_buffer buf = { 0 };
	size_t at, piece = _i + 1, size = sizeof(stream) - 1, length, next = 0;
	char *line;

	for (at = 0; at < size; at += piece) {
		ck_assert_int_eq(rpc_buffer_append(&buf, stream + at,
						   size - at < piece ? size - at : piece),
				 0);
		while ((line = rpc_buffer_line(&buf, &length))) {
			ck_assert_uint_lt(next, 4);
			ck_assert_uint_eq(length, strlen(lines[next]));
			ck_assert_str_eq(line, lines[next++]);
		}
	}
	ck_assert_uint_eq(next, 4);
	ck_assert_mem_eq(rpc_buffer_rest(&buf, &length), "rest", 4);
	ck_assert_uint_eq(length, 4);
	rpc_buffer_free(&buf);
}
END_TEST

START_TEST(buffer_nul)
{
	struct rpc_buffer buf = { 0 };
	size_t length;

	ck_assert_int_eq(rpc_buffer_append(&buf, "a\0b\n", 4), 0);
	ck_assert_mem_eq(rpc_buffer_line(&buf, &length), "a\0b", 4);
	ck_assert_uint_eq(length, 3);
	rpc_buffer_free(&buf);
}
END_TEST

/* The longest line passes whole and in pieces; a byte more does not, finished or not. */
START_TEST(buffer_bound)
{
	struct rpc_buffer buf = { 0 };
	char *text = malloc(RPC_LINE_MAX + 2);
	size_t length, half = RPC_LINE_MAX / 2;

	memset(text, 'x', RPC_LINE_MAX + 1);
	ck_assert_int_eq(rpc_buffer_append(&buf, text, half), 0);
	ck_assert_int_eq(rpc_buffer_append(&buf, text, RPC_LINE_MAX - half), 0);
	ck_assert_ptr_null(rpc_buffer_line(&buf, &length));
	ck_assert_int_eq(rpc_buffer_append(&buf, "\n", 1), 0);
	ck_assert_ptr_nonnull(rpc_buffer_line(&buf, &length));
	ck_assert_uint_eq(length, RPC_LINE_MAX);
	ck_assert_int_eq(rpc_buffer_append(&buf, text, RPC_LINE_MAX), 0);
	ck_assert_int_eq(rpc_buffer_append(&buf, "x", 1), -EMSGSIZE);
	rpc_buffer_free(&buf);
	text[RPC_LINE_MAX + 1] = '\n';
	ck_assert_int_eq(rpc_buffer_append(&buf, text, RPC_LINE_MAX + 2), -EMSGSIZE);
	rpc_buffer_free(&buf);
	free(text);
}
END_TEST

START_TEST(buffer_many)
{
	struct rpc_buffer buf = { 0 };
	size_t round, length;
	int i;

	for (round = 0; round < 20000; round++) {
		ck_assert_int_eq(rpc_buffer_append(&buf, "some line\nand another\n", 22), 0);
		for (i = 0; i < 2; i++)
			ck_assert_ptr_nonnull(rpc_buffer_line(&buf, &length));
	}
	ck_assert_uint_le(buf.capacity, 65536);
	rpc_buffer_free(&buf);
}
END_TEST

START_TEST(buffer_read)
{
	struct rpc_buffer buf = { 0 };
	int pair[2];

	ck_assert_int_eq(pipe2(pair, O_NONBLOCK), 0);
	ck_assert_int_eq(rpc_buffer_read(&buf, pair[0]), -EAGAIN);
	ck_assert_int_eq(write(pair[1], "hi\nyo", 5), 5);
	ck_assert_int_eq(rpc_buffer_read(&buf, pair[0]), 5);
	ck_assert_str_eq(rpc_buffer_line(&buf, NULL), "hi");
	close(pair[1]);
	ck_assert_int_eq(rpc_buffer_read(&buf, pair[0]), 0);
	ck_assert_ptr_null(rpc_buffer_line(&buf, NULL));
	close(pair[0]);
	rpc_buffer_free(&buf);
}
END_TEST

static const struct {
	const char *line;
	int code; /* 0: a good request */
	bool has_id;
} requests[] = {
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}}", 0, true },
	{ "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"}", 0, true },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}", 0, false },
	{ "", RPC_BAD_JSON, false },
	{ "{", RPC_BAD_JSON, false },
	{ "GET / HTTP/1.1", RPC_BAD_JSON, false },
	{ "{\"a\":1,\"a\":2}", RPC_BAD_JSON, false },
	{ "[]", RPC_BAD_REQUEST, false },
	{ "{}", RPC_BAD_REQUEST, false },
	{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", RPC_BAD_REQUEST, true },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1}", RPC_BAD_REQUEST, true },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", RPC_BAD_REQUEST, true },
	{ "{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"ping\"}", RPC_BAD_REQUEST, false },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[1]}", RPC_BAD_REQUEST,
	  true },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":null}", RPC_BAD_REQUEST,
	  true },
};

START_TEST(request_decode)
{
	struct rpc_request req;
	struct error err = ERROR_INIT;
	const char *line = requests[_i].line;
	int ret = rpc_request_decode(&req, line, strlen(line), &err);

	ck_assert_int_eq(err.rpc_code, requests[_i].code);
	ck_assert_int_eq(!ret, !requests[_i].code);
	ck_assert_int_eq(!!req.id, requests[_i].has_id);
	if (!ret) {
		ck_assert_str_eq(req.method, "ping");
		ck_assert(json_is_object(req.params));
	}
	rpc_request_free(&req);
}
END_TEST

/* Nesting that would exhaust a recursive parser's stack is refused. */
START_TEST(request_deep)
{
	struct rpc_request req;
	struct error err = ERROR_INIT;
	char *line = malloc(RPC_LINE_MAX);

	memset(line, '[', RPC_LINE_MAX);
	ck_assert_int_eq(rpc_request_decode(&req, line, RPC_LINE_MAX, &err), -EINVAL);
	ck_assert_int_eq(err.rpc_code, RPC_BAD_JSON);
	rpc_request_free(&req);
	free(line);
}
END_TEST

START_TEST(request_round)
{
	json_t *message = rpc_request_new(42, "domain.info", json_pack("{s:s}", "domain", "a\nb"));
	struct rpc_request req;
	struct error err = ERROR_INIT;
	const char *domain = NULL;
	size_t length;
	char *line = rpc_line_encode(message, &length);

	ck_assert_ptr_eq(strchr(line, '\n'), line + length - 1);
	ck_assert_int_eq(rpc_request_decode(&req, line, length - 1, &err), 0);
	ck_assert_str_eq(req.method, "domain.info");
	ck_assert_int_eq(json_integer_value(req.id), 42);
	ck_assert_int_eq(rpc_param_string(req.params, "domain", &domain, &err), 0);
	ck_assert_str_eq(domain, "a\nb");
	rpc_request_free(&req);
	json_decref(message);
	free(line);
}
END_TEST

static void answer_round(json_t *message, json_t **result, struct error *err)
{
	size_t length;
	char *line = rpc_line_encode(message, &length);

	ck_assert_ptr_nonnull(line);
	rpc_answer_decode(line, length - 1, 5, result, err);
	json_decref(message);
	free(line);
}

START_TEST(answer_result)
{
	struct error err = ERROR_INIT;
	json_t *result, *id = json_integer(5);

	answer_round(rpc_result_new(id, json_pack("{s:i}", "n", 3)), &result, &err);
	ck_assert(!error_is_set(&err));
	ck_assert_int_eq(json_integer_value(json_object_get(result, "n")), 3);
	json_decref(result);
	json_decref(id);
}
END_TEST

START_TEST(answer_error)
{
	struct error sent = ERROR_INIT, got = ERROR_INIT;
	json_t *result, *id = json_integer(5);

	error_domain(&sent, "web");
	error_set(&sent, ERROR_WRONG_STATE, "run", "domain is %s", "paused");
	error_hint(&sent, "resume it");
	answer_round(rpc_error_new(id, &sent), &result, &got);
	ck_assert_ptr_null(result);
	ck_assert_int_eq(got.code, ERROR_WRONG_STATE);
	ck_assert_str_eq(got.domain, "web");
	ck_assert_str_eq(got.stage, "run");
	ck_assert_str_eq(got.detail, "domain is paused");
	ck_assert_str_eq(got.hint, "resume it");
	json_decref(id);
}
END_TEST

/* A message may quote a file that is no UTF-8; it must still travel. */
START_TEST(answer_error_bytes)
{
	struct error sent = ERROR_INIT, got = ERROR_INIT;
	json_t *result;

	error_set(&sent, ERROR_XML, "xml", "found '\xff\xfe'");
	answer_round(rpc_error_new(NULL, &sent), &result, &got);
	ck_assert_int_eq(got.code, ERROR_XML);
	ck_assert_str_eq(got.detail, "found '?\?'");
}
END_TEST

static const char *const bad_answers[] = {
	"",
	"7",
	"{}",
	"{\"jsonrpc\":\"2.0\",\"id\":5}",
	"{\"jsonrpc\":\"2.0\",\"id\":6,\"result\":{}}",
	"{\"jsonrpc\":\"2.0\",\"result\":{}}",
	"{\"jsonrpc\":\"2.0\",\"id\":6,\"error\":{\"code\":1,\"message\":\"m\"}}",
};

START_TEST(answer_bad)
{
	struct error err = ERROR_INIT;
	json_t *result;

	rpc_answer_decode(bad_answers[_i], strlen(bad_answers[_i]), 5, &result, &err);
	ck_assert_ptr_null(result);
	ck_assert_int_eq(err.code, ERROR_FAILED);
	ck_assert_str_eq(err.stage, "rpc");
}
END_TEST

/* Another server's plain error, and one whose data lie about the code. */
START_TEST(answer_foreign_error)
{
	static const char plain[] =
		"{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32601,\"message\":\"no\"}}";
	static const char lie[] =
		"{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":1,\"message\":\"m\","
		"\"data\":{\"code\":77,\"detail\":5}}}";
	struct error err = ERROR_INIT;
	json_t *result;

	rpc_answer_decode(plain, sizeof(plain) - 1, 5, &result, &err);
	ck_assert_int_eq(err.code, ERROR_FAILED);
	ck_assert_int_eq(err.rpc_code, RPC_NO_METHOD);
	ck_assert_str_eq(err.detail, "no");
	error_clear(&err);
	rpc_answer_decode(lie, sizeof(lie) - 1, 5, &result, &err);
	ck_assert_int_eq(err.code, ERROR_FAILED);
	ck_assert_str_eq(err.detail, "m");
}
END_TEST

START_TEST(params_typed)
{
	json_t *params =
		json_pack("{s:s, s:b, s:i, s:n}", "text", "t", "yes", 1, "number", 9, "none");
	struct error err = ERROR_INIT;
	const char *text;
	json_int_t number;
	bool flag;

	ck_assert_int_eq(rpc_param_bool_or(params, "yes", false, &flag, &err), 0);
	ck_assert(flag);
	ck_assert_int_eq(rpc_param_bool_or(params, "absent", true, &flag, &err), 0);
	ck_assert(flag);
	ck_assert_int_eq(rpc_param_int_or(params, "number", 1, &number, &err), 0);
	ck_assert_int_eq(number, 9);
	ck_assert_int_eq(rpc_param_int_or(params, "none", 4, &number, &err), 0);
	ck_assert_int_eq(number, 4);
	ck_assert_int_eq(rpc_param_string_or(params, "none", "f", &text, &err), 0);
	ck_assert_str_eq(text, "f");
	ck_assert(!error_is_set(&err));
	ck_assert_int_eq(rpc_param_string(params, "none", &text, &err), -EINVAL);
	ck_assert_int_eq(err.rpc_code, RPC_BAD_PARAMS);
	error_clear(&err);
	ck_assert_int_eq(rpc_param_string(params, "number", &text, &err), -EINVAL);
	ck_assert_str_eq(err.detail, "parameter 'number': expected a string");
	error_clear(&err);
	ck_assert_int_eq(rpc_param_int_or(params, "text", 0, &number, &err), -EINVAL);
	error_clear(&err);
	ck_assert_int_eq(rpc_param_bool_or(params, "number", false, &flag, &err), -EINVAL);
	json_decref(params);
}
END_TEST

START_TEST(error_first_wins)
{
	struct error err = ERROR_INIT;

	ck_assert_int_eq(error_set(&err, ERROR_XML, "xml", "root"), -EBADMSG);
	ck_assert_int_eq(error_set(&err, ERROR_FAILED, "start", "consequence"), -EBADMSG);
	error_hint(&err, "do this");
	error_hint(&err, "do that");
	ck_assert_str_eq(err.detail, "root");
	ck_assert_str_eq(err.hint, "do this");
}
END_TEST

/* A server of one answer, cut in the middle, behind which raw bytes follow. */
static void *serve(void *arg)
{
	static const char answer[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"ok\":true}}\nraw\nbytes";
	int fd = *(int *)arg;
	char request[256];
	ssize_t count = read(fd, request, sizeof(request));

	if (count > 0 && write(fd, answer, 20) == 20)
		count = write(fd, answer + 20, sizeof(answer) - 21);
	close(fd);
	return NULL;
}

START_TEST(client_call)
{
	struct rpc_client client;
	struct error err = ERROR_INIT;
	pthread_t thread;
	json_t *result = NULL;
	size_t length;
	const char *rest;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	rpc_client_attach(&client, pair[0]);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, &pair[1]), 0);
	ck_assert_int_eq(rpc_client_call(&client, "x", NULL, RPC_WAIT_FOREVER, &result, &err), 0);
	ck_assert(json_is_true(json_object_get(result, "ok")));
	pthread_join(thread, NULL);
	rest = rpc_buffer_rest(&client.in, &length);
	ck_assert_uint_le(length, 9);
	ck_assert_mem_eq(rest, "raw\nbytes", length);
	ck_assert_int_ne(rpc_client_call(&client, "y", NULL, RPC_WAIT_FOREVER, NULL, &err), 0);
	json_decref(result);
	rpc_client_close(&client);
}
END_TEST

/* A daemon that hung up before it was asked has said why. */
START_TEST(client_turned_away)
{
	struct rpc_client client;
	struct error err = ERROR_INIT;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	rpc_client_attach(&client, pair[0]);
	clients_refuse(pair[1]);
	ck_assert_int_ne(rpc_client_call(&client, "x", NULL, 1000, NULL, &err), 0);
	ck_assert_int_eq(err.code, ERROR_FAILED);
	ck_assert_str_eq(err.stage, "connect");
	ck_assert_ptr_nonnull(strstr(err.detail, "too many clients"));
	ck_assert_str_ne(err.hint, "");
	rpc_client_close(&client);
}
END_TEST

START_TEST(client_timeout)
{
	struct rpc_client client;
	struct error err = ERROR_INIT;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	rpc_client_attach(&client, pair[0]);
	ck_assert_int_eq(rpc_client_call(&client, "x", NULL, 1, NULL, &err), -ETIMEDOUT);
	ck_assert_int_eq(err.code, ERROR_TIMEOUT);
	error_clear(&err);
	close(pair[1]);
	ck_assert_int_ne(rpc_client_call(&client, "x", NULL, 1000, NULL, &err), 0);
	ck_assert_int_eq(err.code, ERROR_UNREACHABLE);
	rpc_client_close(&client);
}
END_TEST

START_TEST(client_connect)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	struct rpc_client client = RPC_CLIENT_INIT;
	struct error err = ERROR_INIT;

	ck_assert_int_eq(rpc_client_connect(&client, "/nonexistent/socket", &err), -ENOENT);
	ck_assert_int_eq(err.code, ERROR_UNREACHABLE);
	error_clear(&err);
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(rpc_client_connect(&client, path, &err), -EINVAL);
	ck_assert_int_eq(err.code, ERROR_USAGE);
	rpc_client_close(&client);
}
END_TEST

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static TCase *rpc_case(void)
{
	TCase *tests = tcase_create("rpc");

	tcase_add_loop_test(tests, buffer_pieces, 0, 30);
	tcase_add_test(tests, buffer_nul);
	tcase_add_test(tests, buffer_bound);
	tcase_add_test(tests, buffer_many);
	tcase_add_test(tests, buffer_read);
	tcase_add_loop_test(tests, request_decode, 0, COUNT(requests));
	tcase_add_test(tests, request_deep);
	tcase_add_test(tests, request_round);
	tcase_add_test(tests, answer_result);
	tcase_add_test(tests, answer_error);
	tcase_add_test(tests, answer_error_bytes);
	tcase_add_loop_test(tests, answer_bad, 0, COUNT(bad_answers));
	tcase_add_test(tests, answer_foreign_error);
	tcase_add_test(tests, params_typed);
	tcase_add_test(tests, error_first_wins);
	tcase_add_test(tests, client_call);
	tcase_add_test(tests, client_turned_away);
	tcase_add_test(tests, client_timeout);
	tcase_add_test(tests, client_connect);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("rpc");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, rpc_case());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
