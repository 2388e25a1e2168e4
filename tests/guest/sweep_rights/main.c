/* SPDX-License-Identifier: MIT */
/*
 * Every sub-operation that is for control domains or the hardware domain, called by an ordinary
 * domain with a structure that can be read and written: none succeeds in anything. (A few answer 0
 * on Xen, which tells nothing and does nothing.)
 */
#include "sweep.h"

#define PER_CHILD 30
#define FRAME_AT \
	2048U /* offset of the structure in the child's data page: one for all calls of a list */

static uint8_t page[PV_PAGE_SIZE];
static const struct sweep_row *chosen[PER_CHILD];

/*
 * The structure is the child's to share between calls only where the command is not in it: rows
 * with their command in a structure get one each.
 */
static unsigned int list_fill(unsigned int *from)
{
	struct child_call *list = (struct child_call *)page;
	unsigned int nr = 0, frames = 0;

	memset(page, 0, sizeof(page));
	while (*from < sweep_nr && nr < PER_CHILD && frames < 7) {
		const struct sweep_row *row = &sweep_rows[(*from)++];
		uint64_t at = CHILD_VA(CHILD_DATA) + FRAME_AT;

		if (row->class != SWEEP_CONTROL && row->class != SWEEP_HARDWARE)
			continue;
		if (row->form == FRAME) {
			frames++;
			sweep_frame(row, page + FRAME_AT + frames * 256);
			at += frames * 256;
		}
		chosen[nr] = row;
		list[nr++] = sweep_call(row, at);
	}
	list[nr].number = CHILD_CALLS_END;
	return nr;
}

static void list_run(unsigned int nr)
{
	const struct child_call *list = (const struct child_call *)page;
	static struct child child;

	child_make(&child, child_calls, child_calls_end, page, sizeof(page));
	child_start(&child);
	expect_rc("its end", child_wait(&child, 10 * PV_SECOND), SHUTDOWN_poweroff);
	child_data(&child, page, sizeof(page));
	for (unsigned int i = 0; i < nr; i++)
		expect(list[i].result <= 0, "%s: returned %ld", chosen[i]->name,
		       (long)list[i].result);
	child_destroy(&child);
}

void test_main(void)
{
	unsigned int next = 0, done = 0, nr;

	if (!test_start.dom0)
		test_skip("needs the control domain");
	while ((nr = list_fill(&next)) > 0) {
		list_run(nr);
		done += nr;
	}
	expect(done > 80, "only %u rows", done);
}
