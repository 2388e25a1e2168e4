/* SPDX-License-Identifier: MIT */
/*
 * A kernel whose ELF notes ask for a hypercall page gets it filled: each of its slots makes the
 * call of its number, keeps RCX and R11, and returns; and calls made by SYSCALL in place work
 * beside it.
 */
#include "test.h"

SNIPPET(by_page, "movabs $0x1234567812345678, %rcx; movabs $0x8765432187654321, %r11;"
		 "xorl %edi, %edi; call pv_hypercall_page + 17 * 32");

void test_main(void)
{
	xen_extraversion_t extra;
	const struct pv_regs *out;
	struct pv_regs in;

	expect_rc("xen_version by the page",
		  pv_hypercall_by_page(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0),
		  hypercall_xen_version(XENVER_version, NULL));
	expect_rc("extraversion by the page",
		  pv_hypercall_by_page(__HYPERVISOR_xen_version, XENVER_extraversion,
				       (unsigned long)extra, 0, 0, 0),
		  0);
	expect_rc("unknown call by the page", pv_hypercall_by_page(11, 0, 0, 0, 0, 0), -XEN_ENOSYS);
	in = regs_kernel(by_page);
	out = run(&in);
	expect_fault("the page's code", regs_fault(out), BP);
	expect_eq("RCX", out->rcx, 0x1234567812345678);
	expect_eq("R11", out->r11, 0x8765432187654321);
}
