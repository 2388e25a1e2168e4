/* SPDX-License-Identifier: MIT */
/*
 * Every operation of domctl, sysctl, platform, events, grants and memory, and each that names a
 * domain, on one that is half made, paused, crashed, or dead but referenced: with nothing but
 * zeroes beside its name, and with each word of the structure in turn at 0, 1, the last port and
 * frame, behind those, and at the ends of the numbers. The hypervisor lives on, answers by the
 * row's subject as <subops.def> promises, and has all its memory back when the domain is gone.
 * Last, the same for the caller's own ports, and for roots and frames in batches.
 *
 * On Xen, which finds dead domains for more calls than we do and lets them get new parts, only the
 * survival is asked for.
 */
#include "sweep.h"

#define WINDOW 10
#define PORTS  1023U /* the limit that child_make sets */

enum state { HALF, PAUSED, CRASHED, DEAD };
static const char *const state_names[] = { "half made", "paused", "crashed", "dead" };

CHILD_SNIPPET(do_block, "1: movl $29, %eax; movl $1, %edi; syscall; jmp 1b");
CHILD_SNIPPET(do_crash, "ud2");

static uint64_t frame[256 / 8 + 1];
static uint64_t numbers[16];
static unsigned int nr_numbers, calls;

static void numbers_find(void)
{
	uint64_t last = (uint64_t)hypercall_memory_op(XENMEM_maximum_ram_page, NULL);
	const uint64_t all[] = {
		0,        1,         2,   PORTS,     PORTS + 1, 4095,      4096,      last,
		last + 1, 1UL << 31, ~0U, 1UL << 32, 1UL << 40, 1UL << 52, 1UL << 63, ~0UL,
	};

	for (nr_numbers = 0; nr_numbers < PV_ARRAY_SIZE(all); nr_numbers++)
		numbers[nr_numbers] = all[nr_numbers];
}

/* ---- One call ------------------------------------------------------------------------------- */

static bool names_domain(const struct sweep_row *row)
{
	return row->subject != SWEEP_SELF && row->subject != SWEEP_VCPU;
}

/* The GNTST value of rows that answer so. */
static int16_t *status_of(const struct sweep_row *row)
{
	return (int16_t *)((char *)frame + row->second_at);
}

/* The row's structure: a number at an offset, then the domain where its name belongs. */
static void prepare(const struct sweep_row *row, domid_t id, unsigned int at, uint64_t number)
{
	sweep_frame(row, frame);
	memcpy((char *)frame + at, &number, sizeof(number));
	if (row->hypercall == __HYPERVISOR_domctl)
		((struct xen_domctl *)frame)->domain = id;
	if (names_domain(row))
		*(domid_t *)((char *)frame + row->domain_at) = id;
	if (row->subject == SWEEP_STATUS)
		*status_of(row) = GNTST_okay;
}

static long call(const struct sweep_row *row)
{
	struct child_call c = sweep_call(row, (uint64_t)frame);

	calls++;
	return pv_hypercall(c.number, c.a[0], c.a[1], c.a[2], c.a[3], c.a[4]);
}

/* What the subject's column promises. */
static void check(const struct sweep_row *row, enum state state, long rc)
{
	if (!on_paravane())
		return;
	if (row->absent)
		expect(rc == -XEN_ENOSYS, "%s, %s: %ld", row->name, state_names[state], rc);
	else if (row->subject == SWEEP_STATUS)
		expect(rc == 0 && (*status_of(row) == GNTST_bad_domain) == (state == DEAD),
		       "%s, %s: %ld, status %d", row->name, state_names[state], rc,
		       *status_of(row));
	else if (state == DEAD)
		expect(rc == (row->subject == SWEEP_KNOWN ? 0 : -XEN_ESRCH), "%s, dead: %ld",
		       row->name, rc);
	else if (state == HALF && row->subject == SWEEP_VCPU_OF)
		expect(rc == -XEN_EINVAL, "%s, no vCPU: %ld", row->name, rc);
	else
		expect(rc != -XEN_ESRCH && rc != -XEN_EPERM, "%s, %s: %ld", row->name,
		       state_names[state], rc);
}

static void call_with(const struct sweep_row *row, domid_t id, enum state state, unsigned int at,
		      uint64_t number)
{
	long rc;

	prepare(row, id, at, number);
	rc = call(row);
	if (names_domain(row))
		check(row, state, rc);
}

/* ---- A domain's rows ------------------------------------------------------------------------ */

static bool chosen(const struct sweep_row *row)
{
	switch (row->hypercall) {
	case __HYPERVISOR_domctl: return row->command != XEN_DOMCTL_destroydomain;
	case __HYPERVISOR_sysctl:
	case __HYPERVISOR_grant_table_op:
	case __HYPERVISOR_memory_op: return true;
	case __HYPERVISOR_platform_op: return row->command != XENPF_enter_acpi_sleep;
	default: return names_domain(row);
	}
}

/* The words behind what tells the call and the domain. */
static unsigned int first_word(const struct sweep_row *row)
{
	return row->form == FRAME ? 8 : 0;
}

static void rows_call(domid_t id, enum state state)
{
	for (unsigned int i = 0; i < sweep_nr; i++) {
		const struct sweep_row *row = &sweep_rows[i];

		if (!chosen(row) || (row->absent && !on_paravane()))
			continue;
		call_with(row, id, state, first_word(row), 0);
		if (row->direction == SWEEP_NONE)
			continue;
		for (unsigned int at = first_word(row); at < row->size; at += 4)
			for (unsigned int n = 0; n < nr_numbers; n++)
				call_with(row, id, state, at, numbers[n]);
	}
}

/* Tables and frames that are to be the domain's. */
static void batches_call(domid_t id)
{
	for (unsigned int n = 0; n < nr_numbers; n++) {
		struct mmu_update update = { numbers[n] << PV_PAGE_SHIFT, 0 };

		for (unsigned int cmd = 0; cmd <= MMUEXT_UNMARK_SUPER; cmd++) {
			struct mmuext_op op = { .cmd = cmd };

			op.arg1.mfn = numbers[n];
			op.arg2.src_mfn = numbers[nr_numbers - 1 - n];
			expect(hypercall_mmuext_op(&op, 1, NULL, id) < 0,
			       "mmuext %u of frame %lx succeeded", cmd, numbers[n]);
		}
		for (unsigned int kind = 0; kind < 3; kind++, update.ptr++)
			expect(hypercall_mmu_update(&update, 1, NULL, (id + 1U) << 16 | id) < 0,
			       "update %lx succeeded", update.ptr);
	}
}

static long domctl(uint32_t cmd, domid_t id)
{
	static struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = id;
	if (cmd == XEN_DOMCTL_createdomain) {
		op.u.createdomain.max_vcpus = 3; /* none of the numbers */
		op.u.createdomain.max_evtchn_port = PORTS;
		op.u.createdomain.max_grant_frames = 4;
		op.u.createdomain.max_maptrack_frames = 4;
		op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	}
	return hypercall_domctl(&op) ?: op.domain;
}

static void destroy(domid_t id)
{
	while (domctl(XEN_DOMCTL_destroydomain, id) < 0)
		;
}

static bool found(domid_t id)
{
	return domctl(XEN_DOMCTL_getdomaininfo, id) == id;
}

static void wait_until_gone(domid_t id)
{
	uint64_t start = now();

	while (found(id) && now() - start < 5 * PV_SECOND)
		pv_poll(NULL, 0, now() + PV_MILLISECOND);
	expect(!found(id) || !on_paravane(), "domain %u is still there", id);
}

/* What a sweep left of it may run, and is destroyed. */
static void end(domid_t id)
{
	for (unsigned int i = 0; i < 3; i++) {
		domctl(XEN_DOMCTL_unpausedomain, id);
		pv_poll(NULL, 0, now() + PV_MILLISECOND);
	}
	destroy(id);
	wait_until_gone(id);
}

/* ---- The states ----------------------------------------------------------------------------- */

static void half_made(void)
{
	long id = domctl(XEN_DOMCTL_createdomain, 0);

	must(id > 0);
	rows_call((domid_t)id, HALF);
	batches_call((domid_t)id);
	end((domid_t)id);
}

static void paused(void)
{
	static struct child child;

	child_make(&child, do_block, do_block_end, NULL, 0);
	rows_call(child.id, PAUSED);
	batches_call(child.id);
	end(child.id);
}

static void crashed(void)
{
	static struct child child;

	child_make(&child, do_crash, do_crash_end, NULL, 0);
	child_start(&child);
	expect_rc("its end", child_wait(&child, 5 * PV_SECOND), SHUTDOWN_crash);
	rows_call(child.id, CRASHED);
	batches_call(child.id);
	end(child.id);
}

/* A frame that is mapped here keeps it. */
static void dead(void)
{
	static struct child child;
	uint64_t *va = window(WINDOW);
	struct mmu_update update = { pv_va_to_maddr(entry_of(va, 1)), 0 };

	child_make(&child, do_block, do_block_end, NULL, 0);
	update.val = pv_pte(child.mfn[CHILD_DATA], PV_PTE_DATA);
	must(!hypercall_mmu_update(&update, 1, NULL, child.id));
	destroy(child.id);
	must(found(child.id));
	rows_call(child.id, DEAD);
	batches_call(child.id);
	expect(domctl(XEN_DOMCTL_destroydomain, child.id) >= 0 || !on_paravane(),
	       "the dead cannot be destroyed once more");
	*va = 1; /* still ours to write */
	must(!va_update(va, 0, UVMF_INVLPG));
	wait_until_gone(child.id);
}

/* ---- The caller itself ---------------------------------------------------------------------- */

static void own_ports(void)
{
	for (unsigned int i = 0; i < sweep_nr; i++) {
		const struct sweep_row *row = &sweep_rows[i];

		if (row->hypercall != __HYPERVISOR_event_channel_op || names_domain(row))
			continue;
		for (unsigned int at = 0; at < row->size; at += 4)
			for (unsigned int n = 0; n < nr_numbers; n++)
				call_with(row, DOMID_SELF, PAUSED, at, numbers[n]);
	}
}

/* None of the numbers is a frame that could be one. */
static void own_roots(void)
{
	for (unsigned int n = 0; n < nr_numbers; n++) {
		struct mmuext_op op = { .cmd = MMUEXT_NEW_BASEPTR };

		op.arg1.mfn = numbers[n];
		expect(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF) < 0, "root %lx", numbers[n]);
		op.cmd = MMUEXT_NEW_USER_BASEPTR;
		expect(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF) < 0 || !numbers[n],
		       "user root %lx", numbers[n]);
	}
}

void test_main(void)
{
	uint64_t before;

	if (!test_start.dom0)
		test_skip("needs the control domain");
	numbers_find();
	before = free_pages();
	half_made();
	paused();
	crashed();
	dead();
	expect(free_pages() == before || !on_paravane(), "%ld pages are lost",
	       (long)(before - free_pages()));
	own_roots();
	own_ports();
	expect_rc("a call afterwards", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
	expect(calls > 20000, "only %u calls", calls);
}
