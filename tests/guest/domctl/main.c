/* SPDX-License-Identifier: MIT */
/*
 * The control calls of a toolstack on a second domain: it stops while paused and goes on, its
 * registers can be read and set, affinities, handle, time, size and CPU time are as they were set,
 * the rest of its making works; each of them for a vCPU or domain that is not there is refused.
 */
#include "child.h"

static struct xen_domctl op;
static struct child child;
static struct vcpu_guest_context context;

/* Counts in the first word of the data page; R12 is the step. */
CHILD_SNIPPET(counter, "movl $1, %r12d; 1: addq %r12, (%rsi); pause; jmp 1b");

static long domctl(uint32_t cmd, domid_t domid)
{
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = domid;
	return hypercall_domctl(&op);
}

/* With the arguments that op has, on the child and on nobody. */
static bool both(const char *what, uint32_t cmd, long wanted)
{
	struct xen_domctl same = op;
	struct xen_domctl kept;
	bool ok = expect_rc(what, domctl(cmd, child.id), wanted);

	kept = op;
	op = same;
	expect_rc(what, domctl(cmd, 999), -XEN_ESRCH);
	op = kept;
	return ok;
}

static void clear(void)
{
	memset(&op, 0, sizeof(op));
}

static uint64_t count(void)
{
	uint64_t value;

	child_data(&child, &value, sizeof(value));
	return value;
}

static void wait(void)
{
	pv_poll(NULL, 0, now() + 20 * PV_MILLISECOND);
}

static uint64_t runs_await(uint64_t from)
{
	uint64_t start = now();

	while (count() == from && now() - start < 3 * PV_SECOND)
		wait();
	return count();
}

static void pausing(void)
{
	uint64_t first, second;

	expect_eq("a domain that was not started", count(), 0);
	child_start(&child);
	expect(runs_await(0), "the child does not run");
	clear();
	both("pausedomain", XEN_DOMCTL_pausedomain, 0);
	expect(child_flags(&child) & XEN_DOMINF_paused, "it is not paused");
	wait();
	first = count();
	wait();
	second = count();
	expect_eq("what a paused domain counts", second, first);
	clear();
	both("unpausedomain", XEN_DOMCTL_unpausedomain, 0);
	expect(runs_await(second) != second, "it does not go on");
}

/* Read while paused, one register changed, set back: the child goes on with it. */
static void registers(void)
{
	uint64_t value;

	clear();
	must(!domctl(XEN_DOMCTL_pausedomain, child.id));
	clear();
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	both("getvcpucontext", XEN_DOMCTL_getvcpucontext, 0);
	value = context.user_regs.rip - CHILD_VA(CHILD_CODE);
	expect(value < PV_PAGE_SIZE, "its RIP is %#lx", context.user_regs.rip);
	expect_eq("its R12", context.user_regs.r12, 1);
	expect_eq("its RSI", context.user_regs.rsi, CHILD_VA(CHILD_DATA));
	expect_eq("its root", context.ctrlreg[3], xen_pfn_to_cr3(child.mfn[0]));
	expect(context.flags & VGCF_IN_KERNEL, "it is in user mode");
	context.user_regs.r12 = 1UL << 40;
	clear();
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	both("setvcpucontext", XEN_DOMCTL_setvcpucontext, 0);
	op.u.vcpucontext.vcpu = 7;
	expect_rc("getvcpucontext of vCPU 7", domctl(XEN_DOMCTL_getvcpucontext, child.id),
		  -XEN_EINVAL);
	expect_rc("setvcpucontext of vCPU 7", domctl(XEN_DOMCTL_setvcpucontext, child.id),
		  -XEN_EINVAL);
	value = count();
	clear();
	must(!domctl(XEN_DOMCTL_unpausedomain, child.id));
	expect(runs_await(value) - value >= 1UL << 40, "it does not run with the new register");
}

static void bad_contexts(void)
{
	static struct vcpu_guest_context good;

	good = context;
	clear();
	must(!domctl(XEN_DOMCTL_pausedomain, child.id));
	context.ctrlreg[3] = xen_pfn_to_cr3(0x200);
	clear();
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	expect_rc("a root of the hypervisor", domctl(XEN_DOMCTL_setvcpucontext, child.id),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EOPNOTSUPP));
	context.ctrlreg[3] = xen_pfn_to_cr3(pv_va_to_mfn(root_table()));
	expect_rc("a root of dom0", domctl(XEN_DOMCTL_setvcpucontext, child.id),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EOPNOTSUPP));
	context = good;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	expect_rc("the good one again", domctl(XEN_DOMCTL_setvcpucontext, child.id), 0);
	clear();
	must(!domctl(XEN_DOMCTL_unpausedomain, child.id));
}

static void properties(void)
{
	uint8_t cpus[8] = { 0 };

	clear();
	both("getvcpuinfo", XEN_DOMCTL_getvcpuinfo, 0);
	expect(op.u.getvcpuinfo.online && op.u.getvcpuinfo.cpu_time, "online %u, CPU time %lu",
	       op.u.getvcpuinfo.online, op.u.getvcpuinfo.cpu_time);
	op.u.getvcpuinfo.vcpu = 9;
	expect_rc("getvcpuinfo of vCPU 9", domctl(XEN_DOMCTL_getvcpuinfo, child.id), -XEN_EINVAL);
	clear();
	both("get_address_size", XEN_DOMCTL_get_address_size, 0);
	expect_eq("address size", op.u.address_size.size, 64);
	clear();
	op.u.setdomainhandle.handle[3] = 0x77;
	both("setdomainhandle", XEN_DOMCTL_setdomainhandle, 0);
	clear();
	must(!domctl(XEN_DOMCTL_getdomaininfo, child.id));
	expect_eq("its handle", op.u.getdomaininfo.handle[3], 0x77);
	expect_eq("its pages", op.u.getdomaininfo.tot_pages, CHILD_PAGES);
	expect(op.u.getdomaininfo.cpu_time, "no CPU time");
	clear();
	op.u.settimeoffset.time_offset_seconds = 60;
	both("settimeoffset", XEN_DOMCTL_settimeoffset, 0);
	clear();
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, cpus);
	both("getvcpuaffinity", XEN_DOMCTL_getvcpuaffinity, 0);
	expect(cpus[0] & 1, "it may not run on CPU 0");
	both("setvcpuaffinity", XEN_DOMCTL_setvcpuaffinity, 0);
	memset(cpus, 0, sizeof(cpus));
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, cpus);
	expect_rc("affinity to no CPU", domctl(XEN_DOMCTL_setvcpuaffinity, child.id), -XEN_EINVAL);
}

static void time_and_nodes(void)
{
	uint8_t nodes[8] = { 0 };

	clear();
	both("gettscinfo", XEN_DOMCTL_gettscinfo, 0);
	clear();
	must(!domctl(XEN_DOMCTL_pausedomain, child.id));
	clear();
	op.u.tsc_info.tsc_mode = 2; /* as it is: not emulated */
	both("settscinfo", XEN_DOMCTL_settscinfo, 0);
	clear();
	must(!domctl(XEN_DOMCTL_unpausedomain, child.id));
	clear();
	op.u.nodeaffinity.nodemap.nr_bits = 64;
	set_xen_guest_handle(op.u.nodeaffinity.nodemap.bitmap, nodes);
	both("getnodeaffinity", XEN_DOMCTL_getnodeaffinity, 0);
	expect(nodes[0] & 1, "node 0 is not its own");
	both("setnodeaffinity", XEN_DOMCTL_setnodeaffinity, 0);
}

static void limits(void)
{
	clear();
	op.u.max_mem.max_memkb = CHILD_PAGES * 8;
	both("max_mem", XEN_DOMCTL_max_mem, 0);
	clear();
	op.u.max_vcpus.max = 5;
	expect_rc("other vCPUs than it was made with", domctl(XEN_DOMCTL_max_vcpus, child.id),
		  -XEN_EINVAL);
	clear();
	op.u.address_size.size = 32;
	expect_rc("a 32-bit domain, too late", domctl(XEN_DOMCTL_set_address_size, child.id),
		  -XEN_EOPNOTSUPP);
	clear();
	op.u.hypercall_init.gmfn = child.mfn[0];
	expect_rc("a hypercall page over its root", domctl(XEN_DOMCTL_hypercall_init, child.id),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EPERM));
	op.u.hypercall_init.gmfn = pv_va_to_mfn(root_table());
	expect_rc("a hypercall page over dom0's", domctl(XEN_DOMCTL_hypercall_init, child.id),
		  -XEN_EINVAL);
	op.u.hypercall_init.gmfn = child.mfn[CHILD_SPARE];
	both("hypercall_init", XEN_DOMCTL_hypercall_init, 0);
}

/* What a builder prepares for a domain: ports and grant frames. */
static void preparations(void)
{
	struct evtchn_alloc_unbound alloc = { .dom = child.id, .remote_dom = 0 };
	xen_pfn_t frames[2] = { 0 };
	struct xen_mem_acquire_resource resource = { .domid = child.id,
						     .type = XENMEM_resource_grant_table,
						     .nr_frames = 1 };
	struct mmu_update update;
	char *va = window(20);
	uint64_t value = 1;

	expect_rc("a port for it", hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &alloc), 0);
	expect(alloc.port > 0, "the port is %u", alloc.port);
	set_xen_guest_handle(resource.frame_list, frames);
	if (!expect_rc("its grant table", hypercall_memory_op(XENMEM_acquire_resource, &resource),
		       0))
		return;
	update = (struct mmu_update){ pv_va_to_maddr(entry_of(va, 1)) | MMU_PT_UPDATE_NO_TRANSLATE,
				      pv_pte(frames[0], PV_PTE_DATA) };
	expect_rc("map it", hypercall_mmu_update(&update, 1, NULL, child.id), 0);
	pv_tlb_flush();
	expect_fault("read it", pv_try_read64(va, &value), FAULT_NONE);
	expect_eq("its first entry", value, 0);
	must(!va_update(va, 0, UVMF_INVLPG));
}

void test_main(void)
{
	if (!test_start.dom0)
		test_skip("needs the control domain");
	child_make(&child, counter, counter_end, NULL, 0);
	pausing();
	registers();
	bad_contexts();
	properties();
	time_and_nodes();
	limits();
	preparations();
	child_destroy(&child);
}
