/* SPDX-License-Identifier: MIT */
/*
 * Attacks on the roots of page tables: 0, frame 0 by other names, the hypervisor's frames, the last
 * frame and those beyond, given to mov cr3, to MMUEXT_NEW_BASEPTR and NEW_USER_BASEPTR, and in a
 * context for kernel and user mode; by an unprivileged domain and by dom0. And a control domain
 * that takes the context of a vCPU which is up. Nothing but the domain itself may end by it.
 * @options: dom0_max_vcpus=2
 */
#include "child.h"

/* mov %rdi, %cr3 with the first word of the data page; comes back if it was taken. */
CHILD_SNIPPET(do_mov_cr3, "movq (%rsi), %rdi; movq %rdi, %cr3;" CHILD_SHUTDOWN(0));
/* VCPUOP_initialise of vCPU 0 with the context at the data page (it is up: refused), and an end. */
CHILD_SNIPPET(do_loop, "1: jmp 1b");
SNIPPET(own_mov_cr3, "movq %rdi, %cr3");

static const struct {
	const char *what;
	uint64_t cr3;
} roots[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "frame 0 and flags", 0xfff },
	{ "frame 1", 0x1000 },
	{ "the hypervisor's image", 0x200000 },
	{ "the last frame of memory", (512UL << 20) - PV_PAGE_SIZE },
	{ "beyond memory", 1UL << 40 },
	{ "the last frame an entry can name", PV_PTE_ADDRESS },
	{ "all ones", ~0UL },
};

static void by_mov_cr3(const char *what, uint64_t cr3)
{
	struct pv_regs in = regs_kernel(own_mov_cr3);
	struct child child;
	uint64_t data = cr3;

	in.rdi = cr3;
	expect_fault(what, regs_fault(run(&in)), GP(0));
	child_make(&child, do_mov_cr3, do_mov_cr3_end, &data, sizeof(data));
	child_start(&child);
	expect_rc(what, child_wait(&child, 5 * PV_SECOND), SHUTDOWN_crash);
	child_destroy(&child);
}

static void by_base_pointer(const char *what, uint64_t cr3)
{
	uint64_t mfn = cr3 >> PV_PAGE_SHIFT;
	/* No frame of ours: -EPERM or -EINVAL, by what it is. */
	expect_rc(what, mmuext_one(MMUEXT_NEW_BASEPTR, mfn, 0) < 0 ? -1 : 0, -1);
	/* 0 means: no user mode. */
	expect_rc(what, mmuext_one(MMUEXT_NEW_USER_BASEPTR, mfn, 0) < 0, !!mfn);
}

static struct vcpu_guest_context context __attribute__((aligned(16)));

static void context_fill(uint64_t kernel, uint64_t user, bool in_kernel)
{
	memset(&context, 0, sizeof(context));
	context.flags = in_kernel ? VGCF_in_kernel : 0;
	context.user_regs.rip = (uint64_t)own_mov_cr3;
	context.user_regs.rsp = 0x1000;
	context.user_regs.cs = PV_CS64;
	context.user_regs.ss = PV_SS;
	context.ctrlreg[3] = kernel;
	context.ctrlreg[1] = user;
}

static void initialise(const char *what)
{
	long rc = hypercall_vcpu_op(VCPUOP_initialise, 1, &context);

	expect(rc < 0, "%s: initialise answers %ld", what, rc);
	expect_rc(what, hypercall_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
	pv_poll(NULL, 0, now() + PV_MILLISECOND); /* whoever is up now runs */
}

/* A second vCPU with such roots. */
static void by_context(const char *what, uint64_t cr3)
{
	uint64_t good = xen_pfn_to_cr3(pv_va_to_mfn(root_table()));

	context_fill(cr3, 0, true);
	initialise(what);
	context_fill(good, cr3, false);
	initialise(what);
	if (cr3) {
		context_fill(good, cr3, true);
		initialise(what);
	}
}

/* A vCPU that is up loses its context: it is down then, and stays so when its domain goes on. */
static void context_taken(void)
{
	static struct xen_domctl op;
	struct child child;

	child_make(&child, do_loop, do_loop_end, NULL, 0);
	child_start(&child);
	pv_poll(NULL, 0, now() + 10 * PV_MILLISECOND);
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = child.id;
	op.cmd = XEN_DOMCTL_pausedomain;
	must(!hypercall_domctl(&op));
	op.cmd = XEN_DOMCTL_setvcpucontext;
	expect_rc("setvcpucontext of nothing", hypercall_domctl(&op), 0);
	op.cmd = XEN_DOMCTL_getvcpuinfo;
	op.u.getvcpuinfo.vcpu = 0;
	must(!hypercall_domctl(&op));
	expect(!op.u.getvcpuinfo.online, "a vCPU without a context is up");
	op.cmd = XEN_DOMCTL_unpausedomain;
	expect_rc("unpause without a context", hypercall_domctl(&op), -XEN_EINVAL);
	pv_poll(NULL, 0, now() + 10 * PV_MILLISECOND);
	child_destroy(&child);
}

void test_main(void)
{
	uint64_t before;

	if (!test_start.dom0)
		test_skip("needs the control domain");
	before = free_pages();
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(roots); i++) {
		by_mov_cr3(roots[i].what, roots[i].cr3);
		by_base_pointer(roots[i].what, roots[i].cr3);
		by_context(roots[i].what, roots[i].cr3);
	}
	context_taken();
	expect(free_pages() == before, "%ld pages are lost", (long)(before - free_pages()));
}
