/* SPDX-License-Identifier: MIT */
/*
 * NMIs that a guest sends itself: taken through vector 2 of the trap table, also with events
 * masked, in kernel and in user mode, one at a time: the next one comes after the handler's iret.
 */
#include "test.h"

static volatile unsigned int hits, depth, deepest;

static bool nmi(struct pv_regs *regs)
{
	(void)regs;
	hits++;
	depth++;
	deepest = depth > deepest ? depth : deepest;
	if (hits == 1)
		hypercall_vcpu_op(VCPUOP_send_nmi, 0, NULL);
	depth--;
	return true;
}

SNIPPET(send, "movl $24, %eax; movl $11, %edi; xorl %esi, %esi; xorl %edx, %edx; syscall; nop");

void test_main(void)
{
	struct pv_regs in = regs_kernel(send);

	test_traps.handler[PV_VECTOR_NMI] = nmi;
	expect_rc("send_nmi", hypercall_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
	expect_eq("NMIs: one, and the one that it sent", hits, 2);
	expect_eq("nested NMIs", deepest, 1);
	expect_rc("send_nmi to vCPU 4000", hypercall_vcpu_op(VCPUOP_send_nmi, 4000, NULL),
		  -XEN_ENOENT);
	expect(!pv_events_enabled(), "the NMI unmasked events");
	expect_eq("an NMI while a snippet runs ends it", run(&in)->entry, PV_VECTOR_NMI);
}
