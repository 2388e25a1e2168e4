/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's core and pv rooms against an executable specification (tests/model/spec.h):
 * random operations of four domains on frames, page tables, event channels and grants, done on both
 * sides, with every answer and every state compared after each. See docs/checks.md.
 *
 *     test_model [--operations N] [--seed S] [--coverage]
 *
 * A run is made of episodes, each in a process of its own with a new machine. One that fails is
 * done again with ever fewer operations, and what is left is printed.
 *
 * @limit: 180
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../model/operation.h"
#include "fake_machine.h"

#define EPISODE    2000 /* operations */
#define KINDS_MAX  64
#define ANSWERS    20   /* different ones of a kind */
#define SKIPPED    1    /* answer of an operation that had nothing to do */
#define SHRINK_MAX 3000 /* tries */

/* What an episode tells its parent. */
static struct shared {
	u32 count, failed_at;
	bool failed;
	char words[512];
	struct operation done[EPISODE];
	struct coverage {
		long answer;
		u64 times;
	} coverage[KINDS_MAX][ANSWERS];
} * shared;

static bool verbose;

void broken(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shared->words, sizeof(shared->words), fmt, ap);
	va_end(ap);
	shared->failed = true;
	_exit(1);
}

static void cover(unsigned int kind, long answer)
{
	struct coverage *c = shared->coverage[kind];

	for (unsigned int i = 0; i < ANSWERS; i++) {
		if (c[i].times && c[i].answer != answer)
			continue;
		c[i].answer = answer;
		c[i].times++;
		return;
	}
}

static void print_operation(const struct operation *o)
{
	printf("  domain %u: %s(", o->d, operation_kind(o->kind)->name);
	for (unsigned int i = 0; i < ARGS; i++)
		printf("%s%#lx", i ? ", " : "", o->a[i]);
	printf(")\n");
	fflush(stdout);
}

static void do_one(const struct operation *o)
{
	struct outcome out;

	if (verbose)
		print_operation(o);
	out = operation_run(o);
	if (!verbose)
		cover(o->kind, out.real);
}

/* In a child: an episode made up from seed, or what `done` has. */
static void episode(u64 seed, u32 operations)
{
	operation_start();
	machine_seed(seed);
	for (shared->count = 0; shared->count < operations;) {
		struct operation *o = &shared->done[shared->count];

		operation_make(o);
		shared->count++;
		do_one(o);
	}
	operation_end();
}

static void again(u64 seed)
{
	operation_start();
	machine_seed(seed);
	for (u32 i = 0; i < shared->count; i++)
		do_one(&shared->done[i]);
	operation_end();
}

/* False: it failed, or its process died. */
static bool in_child(u64 seed, u32 operations)
{
	int status;
	pid_t pid;

	shared->failed = false;
	snprintf(shared->words, sizeof(shared->words), "its process died");
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (!pid) {
		if (!verbose && !operations && !freopen("/dev/null", "w", stderr))
			_exit(99);
		if (operations)
			episode(seed, operations);
		else
			again(seed);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		abort();
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Leaves out pieces, as long as what is left still fails. */
static void shrink(u64 seed)
{
	static struct operation kept[EPISODE];
	u32 piece = shared->count / 2, tries = 0;

	for (; piece; piece /= 2) {
		for (u32 at = 0; at < shared->count && tries < SHRINK_MAX; tries++) {
			u32 n = MIN(piece, shared->count - at), count = shared->count;

			memcpy(kept, shared->done, sizeof(kept));
			memmove(shared->done + at, shared->done + at + n,
				(count - at - n) * sizeof(kept[0]));
			shared->count = count - n;
			if (!in_child(seed, 0))
				continue;
			memcpy(shared->done, kept, sizeof(kept));
			shared->count = count;
			at += n;
		}
	}
}

static void report(u64 seed)
{
	printf("seed %lu, operation %u:", seed, shared->count);
	if (!shared->count) {
		printf(" %s\n", shared->words);
		return;
	}
	print_operation(&shared->done[shared->count - 1]);
	printf("  %s\n", shared->words);
	shrink(seed);
	printf("the same, or another failure, with only these (the last one fails):\n");
	verbose = true;
	(void)in_child(seed, 0);
	printf("  %s\n", shared->words);
}

static void print_coverage(void)
{
	for (unsigned int kind = 0; kind < operation_kinds(); kind++) {
		const struct coverage *c = shared->coverage[kind];

		printf("%-20s", operation_kind(kind)->name);
		for (unsigned int i = 0; i < ANSWERS && c[i].times; i++) {
			if (c[i].answer == SKIPPED && operation_kind(kind)->name[0] == '(')
				printf("  nothing to do: %lu", c[i].times);
			else
				printf("  %ld: %lu", c[i].answer, c[i].times);
		}
		printf("\n");
	}
}

int main(int argc, char **argv)
{
	u64 operations = 600000, seed = 1, done;
	bool coverage = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--coverage"))
			coverage = true;
		else if (!strcmp(argv[i], "--operations") && i + 1 < argc)
			operations = strtoul(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoul(argv[++i], NULL, 0);
		else
			return 2;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 99;
	for (done = 0; done < operations; done += EPISODE, seed++) {
		if (in_child(seed, EPISODE))
			continue;
		report(seed);
		return 1;
	}
	printf("%lu operations\n", done);
	if (coverage)
		print_coverage();
	return 0;
}
