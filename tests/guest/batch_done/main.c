/* SPDX-License-Identifier: MIT */
/*
 * mmu_update and mmuext_op tell how many requests were done on every way out: kernels take whatever
 * stands there for progress, and one that was told nothing overwrites its own memory. Domains that
 * are not there, that the caller may not touch, that have just gone; by themselves and in a
 * multicall.
 */
#include "child.h"

#define STALE 77U

static struct mmu_update update;
static struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

static void refused(const char *what, unsigned long number, void *list, unsigned long domains,
		    long wanted)
{
	unsigned int done = STALE;
	struct multicall_entry call = { .op = number,
					.args = { (uint64_t)list, 2, (uint64_t)&done, domains } };

	if (number == __HYPERVISOR_mmu_update)
		expect_rc(what, hypercall_mmu_update(list, 2, &done, (domid_t)domains), wanted);
	else
		expect_rc(what, hypercall_mmuext_op(list, 2, &done, (domid_t)domains), wanted);
	expect(!done, "%s: %u were done", what, done);
	done = STALE;
	must(!hypercall_multicall(&call, 1));
	expect_rc(what, (long)call.result, wanted);
	expect(!done, "%s, in a multicall: %u were done", what, done);
}

static void by_dom0(void)
{
	static const unsigned int nobody[] = { 999, DOMID_FIRST_RESERVED - 1, DOMID_INVALID };

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(nobody); i++) {
		refused("mmu_update", __HYPERVISOR_mmu_update, &update, nobody[i], -XEN_ESRCH);
		refused("mmuext_op", __HYPERVISOR_mmuext_op, &flush, nobody[i], -XEN_ESRCH);
	}
}

/* A domain without rights does the same to dom0. */
static void by_a_guest(void)
{
	struct {
		struct child_call calls[3];
		struct mmu_update update;
		struct mmuext_op op;
		unsigned int done[2];
	} data = { .done = { STALE, STALE } };
	uint64_t base = CHILD_VA(CHILD_DATA);
	struct child child;

	data.calls[0] = (struct child_call){
		.number = __HYPERVISOR_mmu_update,
		.a = { base + offsetof(typeof(data), update), 1,
		       base + offsetof(typeof(data), done[0]), 0 },
	};
	data.calls[1] = (struct child_call){
		.number = __HYPERVISOR_mmuext_op,
		.a = { base + offsetof(typeof(data), op), 1, base + offsetof(typeof(data), done[1]),
		       0 },
	};
	data.calls[2].number = CHILD_CALLS_END;
	child_make(&child, child_calls, child_calls_end, &data, sizeof(data));
	child_start(&child);
	expect_rc("the guest's end", child_wait(&child, 5 * PV_SECOND), 0);
	child_data(&child, &data, sizeof(data));
	expect_rc("mmu_update of dom0's", data.calls[0].result, -XEN_EPERM);
	expect_rc("mmuext_op on dom0", data.calls[1].result, -XEN_EPERM);
	expect(!data.done[0] && !data.done[1], "a guest is told of %u and %u", data.done[0],
	       data.done[1]);
	child_destroy(&child);
}

void test_main(void)
{
	if (!test_start.dom0)
		test_skip("needs the control domain");
	by_dom0();
	by_a_guest();
}
