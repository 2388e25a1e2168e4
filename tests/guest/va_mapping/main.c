/* SPDX-License-Identifier: MIT */
/*
 * update_va_mapping and its form for another domain: each kind of flush makes the change visible;
 * addresses without a table, in the hypervisor's range or not canonical are refused, and flags that
 * do not exist.
 */
#include "test.h"

static char *va;
static uint64_t *page[2];

static void flushes(void)
{
	static const struct {
		const char *what;
		unsigned long flags;
	} rows[] = {
		{ "INVLPG local", UVMF_INVLPG | UVMF_LOCAL },
		{ "INVLPG all", UVMF_INVLPG | UVMF_ALL },
		{ "TLB flush local", UVMF_TLB_FLUSH | UVMF_LOCAL },
		{ "TLB flush all", UVMF_TLB_FLUSH | UVMF_ALL },
	};
	volatile uint64_t *word = (uint64_t *)va;

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		for (unsigned int which = 0; which < 2; which++) {
			expect_rc(rows[i].what,
				  va_update(va, pte_make(page[which], PV_PTE_DATA), rows[i].flags),
				  0);
			expect_eq(rows[i].what, *word, page[which][0]);
		}
		expect_rc(rows[i].what, va_update(va, 0, rows[i].flags), 0);
		uint64_t value = 0;

		expect_fault("a read afterwards", pv_try_read64(va, &value), PF(0));
	}
}

static void masks(void)
{
	unsigned long mask = 1;
	uint64_t pte = pte_make(page[0], PV_PTE_DATA);

	expect_rc("INVLPG on a mask of vCPUs",
		  va_update(va, pte, (unsigned long)&mask | UVMF_INVLPG | UVMF_MULTI), 0);
	expect_eq("memory", *(volatile uint64_t *)va, page[0][0]);
	expect_rc("TLB flush on a mask of vCPUs",
		  va_update(va, pte, (unsigned long)&mask | UVMF_TLB_FLUSH | UVMF_MULTI), 0);
	expect_rc("a mask in the hypervisor",
		  va_update(va, pte, HYPERVISOR_POINTER | UVMF_INVLPG | UVMF_MULTI),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EFAULT));
	if (on_paravane()) /* Xen flushes nothing then, and says so to nobody */
		expect_rc("both kinds of flush", va_update(va, pte, UVMF_FLUSHTYPE_MASK),
			  -XEN_EINVAL);
	must(!va_update(va, 0, UVMF_INVLPG));
}

static void refusals(void)
{
	unsigned long pte = pte_make(page[0], PV_PTE_DATA);
	const struct call first[] = {
		CALL("no table there", update_va_mapping, -XEN_EINVAL, 0x200000000000, pte, 0),
		CALL("in the hypervisor", update_va_mapping, -XEN_EINVAL, HYPERVISOR_POINTER, pte,
		     0),
		CALL("in the m2p", update_va_mapping, -XEN_EINVAL, 0xffff800000000000, pte, 0),
		CALL("not canonical", update_va_mapping, -XEN_EINVAL, NONCANONICAL, pte, 0),
	};

	CALLS_CHECK(first);
}

static void bad_frames(void)
{
	unsigned long pte = pte_make(page[0], PV_PTE_DATA), at = (unsigned long)va;
	const struct call bad[] = {
		CALL("the hypervisor's frame", update_va_mapping,
		     UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY), (unsigned long)va, 0x200000 | PV_PTE_DATA,
		     0),
		CALL("a frame beyond the machine, as a guest's", update_va_mapping,
		     UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY), (unsigned long)va,
		     pv_va_to_maddr(root_table()) | PV_PTE_DATA, 0),
		CALL("another domain that is not there", update_va_mapping_otherdomain, -XEN_ESRCH,
		     at, pte, 0, 999),
		CALL("another domain: invalid", update_va_mapping_otherdomain, -XEN_ESRCH, at, pte,
		     0, DOMID_INVALID),
		CALL("another domain: I/O, but it is RAM", update_va_mapping_otherdomain,
		     UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY), at, pte, 0, DOMID_IO),
	};

	CALLS_CHECK(bad);
	expect_eq("the entry afterwards", *entry_of(va, 1), 0);
}

void test_main(void)
{
	va = window(0);
	for (unsigned int i = 0; i < 2; i++) {
		page[i] = page_take();
		page[i][0] = 0x1111 * (i + 1);
	}
	flushes();
	masks();
	refusals();
	bad_frames();
}
