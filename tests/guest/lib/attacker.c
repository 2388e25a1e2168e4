/* SPDX-License-Identifier: MIT */
/* An ordinary domain that makes a list of hypercalls. */
#include "attacker.h"

#define MAX_CALLS 24

struct child attacker;

static union {
	struct child_call call[MAX_CALLS + 1];
	uint8_t bytes[PV_PAGE_SIZE];
} page;
static struct {
	const char *what;
	long wanted;
} row[MAX_CALLS];
static unsigned int nr;
static size_t used;
static uint64_t pages_before;

void attacker_make(void)
{
	pages_before = free_pages();
	child_make(&attacker, child_calls, child_calls_end, NULL, 0);
	memset(&page, 0, sizeof(page));
	nr = 0;
	used = sizeof(page.call);
}

void attacker_start(const char *code, const char *code_end)
{
	pages_before = free_pages();
	child_make(&attacker, code, code_end, NULL, 0);
	child_start(&attacker);
}

void *attacker_keep(const void *data, size_t size)
{
	void *at = page.bytes + used;

	must(used + size <= sizeof(page));
	memcpy(at, data, size);
	used += (size + 15) & ~15UL;
	return at;
}

uint64_t attacker_va(const void *kept)
{
	return CHILD_VA(CHILD_DATA) + (uint64_t)((const uint8_t *)kept - page.bytes);
}

void attacker_add(const char *what, long wanted, struct child_call call)
{
	must(nr < MAX_CALLS);
	row[nr].what = what;
	row[nr].wanted = wanted;
	page.call[nr++] = call;
}

static void answers_check(void)
{
	for (unsigned int i = 0; i < nr; i++) {
		long rc = (long)page.call[i].result;

		if (row[i].wanted == REFUSED)
			expect(rc < 0, "%s: returned %ld", row[i].what, rc);
		else if (row[i].wanted != WHATEVER)
			expect_rc(row[i].what, rc, row[i].wanted);
	}
}

void attacker_run(void)
{
	page.call[nr].number = CHILD_CALLS_END;
	child_data_set(&attacker, &page, sizeof(page));
	child_start(&attacker);
	expect_rc("the attacker's end", child_wait(&attacker, 5 * PV_SECOND), SHUTDOWN_poweroff);
	child_data(&attacker, &page, sizeof(page));
	answers_check();
}

void attacker_destroy(const char *what)
{
	uint64_t start = now();

	child_destroy(&attacker);
	while (free_pages() < pages_before && now() - start < 3 * PV_SECOND)
		pv_poll(NULL, 0, now() + PV_MILLISECOND);
	expect(free_pages() >= pages_before, "%s: %lu pages are lost", what,
	       pages_before - free_pages());
}
