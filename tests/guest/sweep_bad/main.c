/* SPDX-License-Identifier: MIT */
/*
 * Every sub-operation that takes a structure, called with one in the hypervisor, at no address, in
 * a hole, and across the end of a page: each is refused. Those with a version in it are refused
 * another version, and domctl for a domain that is not there.
 */
#include "sweep.h"

static long call(const struct sweep_row *row, uint64_t pointer)
{
	struct child_call c = sweep_call(row, pointer);

	return pv_hypercall(c.number, c.a[0], c.a[1], c.a[2], c.a[3], c.a[4]);
}

/* What counts extents answers how many it did: none. */
static void refused(const struct sweep_row *row, const char *where, long rc)
{
	long most = row->hypercall == __HYPERVISOR_memory_op ? 0 : -1;

	/* Without a structure the command may be unknown, or have nothing to look at. */
	expect(rc <= most, "%s, %s: returned %ld", row->name, where, rc);
}

/* Xen has another error for some. */
static void exactly(const struct sweep_row *row, const char *how, long rc, long wanted)
{
	expect(on_paravane() ? rc == wanted : rc < 0, "%s, %s: returned %ld", row->name, how, rc);
}

static bool skipped(const struct sweep_row *row)
{
	/* Null is a good argument for these: an answer's size, or the default. */
	return row->form != FRAME && (row->direction == SWEEP_NONE || row->form == NUMBER);
}

/* Xen does not look at the buffer when there is nothing to read. */
static bool may_be_idle(const struct sweep_row *row)
{
	return row->hypercall == __HYPERVISOR_console_io && row->command == CONSOLEIO_read;
}

static void pointers(const struct sweep_row *row)
{
	if (skipped(row) || may_be_idle(row))
		return;
	refused(row, "in the hypervisor", call(row, HYPERVISOR_POINTER));
	refused(row, "at no address", call(row, NONCANONICAL));
	refused(row, "in a hole", call(row, 0x10000));
}

static void versions(const struct sweep_row *row)
{
	static uint64_t frame[64];

	if (row->form != FRAME)
		return;
	sweep_frame(row, frame);
	/* The second word of each of them. */
	((uint32_t *)frame)[1] ^= 0x55;
	exactly(row, "with another version", call(row, (uint64_t)frame), -XEN_EACCES);
	if (row->hypercall == __HYPERVISOR_domctl && row->command != XEN_DOMCTL_createdomain) {
		sweep_frame(row, frame);
		exactly(row, "for a domain that is not there", call(row, (uint64_t)frame),
			row->absent ? -XEN_ENOSYS : -XEN_ESRCH);
	}
}

void test_main(void)
{
	must(sweep_nr > 150);
	for (unsigned int i = 0; i < sweep_nr; i++) {
		pointers(&sweep_rows[i]);
		versions(&sweep_rows[i]);
	}
	expect_rc("a call afterwards", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
}
