/* SPDX-License-Identifier: MIT */
/*
 * What can still be reached of a domain that was torn down. One leaves EVTCHNOP_reset in its middle
 * for an upcall and binds a port behind the progress of the reset: its end has to close that port
 * too, before the peer sends to it. One is dead while dom0 has a frame of it mapped: the wall clock
 * is set, vCPUs and a claim are asked for. Its memory comes back with the mapping's end.
 */
#include "child.h"

#define WINDOW 10

/*
 * Registers an upcall, binds 64 ports, marks an event pending with plain stores and resets all its
 * ports: the call is left after some of them. The handler binds one port more, tells which at
 * offset 64 of the data page, and that it did at 68.
 */
#define RESET_PORTS "64"
CHILD_SNIPPET(
	do_reset,
	"movq %rsi, %rbx; leaq 9f(%rip), %rax; movq %rax, 8(%rbx); movl $0, (%rbx);"
	"xorl %edi, %edi; movq %rbx, %rsi; movl $30, %eax; syscall;"
	"movl $" RESET_PORTS ", %r12d;"
	"1: movl $0x7ff0, 32(%rbx); movl $6, %edi; leaq 32(%rbx), %rsi; movl $32, %eax; syscall;"
	"decl %r12d; jnz 1b;"
	"movl $0x7ff0, 48(%rbx); movl $10, %edi; leaq 48(%rbx), %rsi; movl $32, %eax;"
	"movabs $0x100000010000, %rdx; movb $1, (%rdx); movb $0, 1(%rdx);"
	"syscall; 2: jmp 2b;"
	"9: movl $0x7ff0, 32(%rbx); movl $6, %edi; leaq 32(%rbx), %rsi; movl $32, %eax; syscall;"
	"movl 36(%rbx), %eax; movl %eax, 64(%rbx); movl $1, 68(%rbx); 3: jmp 3b");
CHILD_SNIPPET(do_loop, "1: jmp 1b");

_Static_assert(CHILD_VA(CHILD_SHARED) == 0x100000010000UL, "do_reset knows the address");

static long domctl(uint32_t cmd, domid_t id, uint32_t arg)
{
	static struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = id;
	op.u.max_vcpus.max = arg;
	return hypercall_domctl(&op);
}

static void destroy(domid_t id)
{
	long rc;

	do
		rc = domctl(XEN_DOMCTL_destroydomain, id, 0);
	while (rc == -85 || rc == -XEN_EAGAIN);
	expect_rc("destroydomain", rc, 0);
}

static bool gone(domid_t id)
{
	static struct xen_domctl op;
	uint64_t start = now();

	op.cmd = XEN_DOMCTL_getdomaininfo;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	do {
		op.domain = id;
		if (hypercall_domctl(&op) || op.domain != id)
			return true;
		pv_poll(NULL, 0, now() + PV_MILLISECOND);
	} while (now() - start < 5 * PV_SECOND);
	return false;
}

static void reset_left(void)
{
	struct evtchn_bind_interdomain bind = { 0 };
	struct {
		uint8_t scratch[64];
		uint32_t port, done;
	} data = { { 0 }, 0, 0 };
	struct child child;
	uint64_t start = now();

	child_make(&child, do_reset, do_reset_end, NULL, 0);
	child_start(&child);
	while (!data.done && now() - start < 5 * PV_SECOND) {
		pv_poll(NULL, 0, now() + PV_MILLISECOND);
		child_data(&child, &data, sizeof(data));
	}
	if (!data.done || data.port != 1)
		test_error("the reset was not left in its middle (port %u)", data.port);
	bind.remote_dom = child.id;
	bind.remote_port = data.port;
	must(!hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind));
	destroy(child.id);
	expect_rc("an event to a domain that is gone", pv_event_send(bind.local_port), 0);
	must(!pv_event_close(bind.local_port));
	expect(gone(child.id), "domain %u is still there", child.id);
}

static void wallclock_set(void)
{
	static struct xen_platform_op op = {
		.cmd = XENPF_settime64,
		.interface_version = XENPF_INTERFACE_VERSION,
	};

	op.u.settime64.secs = 1700000000;
	op.u.settime64.system_time = now();
	expect_rc("settime64", hypercall_platform_op(&op), 0);
}

static void dead_but_mapped(void)
{
	struct xen_memory_reservation claim = { .nr_extents = CHILD_PAGES };
	struct child child;
	uint64_t *va = window(WINDOW);
	struct mmu_update update = { pv_va_to_maddr(entry_of(va, 1)), 0 };

	child_make(&child, do_loop, do_loop_end, NULL, 0);
	update.val = pv_pte(child.mfn[CHILD_DATA], PV_PTE_DATA);
	must(!hypercall_mmu_update(&update, 1, NULL, child.id));
	destroy(child.id);
	wallclock_set();
	expect_rc("vCPUs for the dead", domctl(XEN_DOMCTL_max_vcpus, child.id, 1),
		  UNLIKE_XEN(-XEN_ESRCH, 0));
	expect_rc("time offset of the dead", domctl(XEN_DOMCTL_settimeoffset, child.id, 7) > 0, 0);
	claim.domid = child.id;
	expect_rc("a claim of the dead", hypercall_memory_op(XENMEM_claim_pages, &claim),
		  UNLIKE_XEN(-XEN_ESRCH, 0));
	*va = 1; /* still ours to write */
	must(!va_update(va, 0, UVMF_INVLPG));
	expect(gone(child.id), "domain %u is still there", child.id);
}

void test_main(void)
{
	uint64_t before;

	if (!test_start.dom0)
		test_skip("needs the control domain");
	before = free_pages();
	reset_left();
	dead_but_mapped();
	expect(free_pages() == before, "%ld pages are lost", (long)(before - free_pages()));
}
