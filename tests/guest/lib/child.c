/* SPDX-License-Identifier: MIT */
/* Making, watching and destroying a small domain. */
#include "child.h"

#define WINDOW_MAP 500 /* the window through which a child's pages are filled */

__asm__(".pushsection .text; .globl child_calls, child_calls_end; child_calls:"
	"movq %rsi, %rbx\n"
	"1: movq (%rbx), %rax; cmpq $-1, %rax; je 2f\n"
	"movq 8(%rbx), %rdi; movq 16(%rbx), %rsi; movq 24(%rbx), %rdx\n"
	"movq 32(%rbx), %r10; movq 40(%rbx), %r8\n"
	"syscall; movq %rax, 48(%rbx); addq $56, %rbx; jmp 1b\n"
	"2: " CHILD_SHUTDOWN(0) "; child_calls_end: .popsection");

_Static_assert(sizeof(struct child_call) == 56, "child_calls knows the size");

static struct xen_domctl dom;

static long domctl(uint32_t cmd, domid_t domid)
{
	dom.cmd = cmd;
	dom.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	dom.domain = domid;
	return hypercall_domctl(&dom);
}

static void *page_open(const struct child *child, unsigned int n)
{
	void *va = window(WINDOW_MAP);
	struct mmu_update update = { pv_va_to_maddr(entry_of(va, 1)),
				     pv_pte(child->mfn[n], PV_PTE_DATA) };

	must(!hypercall_mmu_update(&update, 1, NULL, child->id));
	pv_tlb_flush();
	return va;
}

static void page_close(void)
{
	must(!va_update(window(WINDOW_MAP), 0, UVMF_INVLPG));
}

static void page_fill(const struct child *child, unsigned int n, const void *data, size_t size)
{
	void *va = page_open(child, n);

	memset(va, 0, PV_PAGE_SIZE);
	memcpy(va, data, size);
	page_close();
}

static void shell_make(struct child *child)
{
	memset(&dom, 0, sizeof(dom));
	dom.u.createdomain.max_vcpus = 1;
	dom.u.createdomain.max_evtchn_port = 1023;
	dom.u.createdomain.max_grant_frames = 4;
	dom.u.createdomain.max_maptrack_frames = 4;
	dom.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	must(!domctl(XEN_DOMCTL_createdomain, 0));
	child->id = dom.domain;
	memset(&dom, 0, sizeof(dom));
	dom.u.max_vcpus.max = 1;
	must(!domctl(XEN_DOMCTL_max_vcpus, child->id));
	dom.u.max_mem.max_memkb = CHILD_PAGES * 4;
	must(!domctl(XEN_DOMCTL_max_mem, child->id));
}

static void memory_give(struct child *child)
{
	struct xen_memory_reservation r = { .nr_extents = CHILD_PAGES, .domid = child->id };

	for (unsigned int i = 0; i < CHILD_PAGES; i++)
		child->mfn[i] = i;
	set_xen_guest_handle(r.extent_start, child->mfn);
	must(hypercall_memory_op(XENMEM_populate_physmap, &r) == CHILD_PAGES);
}

/* A builder's duty: the first vCPU starts with events masked. */
static void events_mask(struct child *child)
{
	struct child shared = { .id = child->id };
	struct shared_info *info;

	memset(&dom, 0, sizeof(dom));
	must(!domctl(XEN_DOMCTL_getdomaininfo, child->id));
	child->shared = shared.mfn[0] = dom.u.getdomaininfo.shared_info_frame;
	info = page_open(&shared, 0);
	info->vcpu_info[0].evtchn_upcall_mask = 1;
	page_close();
}

static void tables_make(const struct child *child)
{
	static uint64_t table[512];
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };

	for (unsigned int level = 4; level > 1; level--) {
		memset(table, 0, sizeof(table));
		table[pv_pte_index((void *)CHILD_BASE, level)] =
			pv_pte(child->mfn[5 - level], PV_PTE_TABLE);
		page_fill(child, 4 - level, table, sizeof(table));
	}
	memset(table, 0, sizeof(table));
	for (unsigned int i = 0; i < CHILD_PAGES; i++)
		table[i] = pv_pte(child->mfn[i], i < 4 ? PV_PTE_RO : PTE_CODE);
	table[CHILD_SHARED] = pv_pte(child->shared, PV_PTE_DATA);
	page_fill(child, 3, table, sizeof(table));
	pin.arg1.mfn = child->mfn[0];
	must(!hypercall_mmuext_op(&pin, 1, NULL, child->id));
}

static void vcpu_set(const struct child *child)
{
	static struct vcpu_guest_context context;

	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel | VGCF_online;
	context.user_regs.rip = CHILD_VA(CHILD_CODE);
	context.user_regs.rsp = CHILD_VA(CHILD_STACK + 1);
	context.user_regs.rsi = CHILD_VA(CHILD_DATA);
	context.user_regs.cs = PV_CS64;
	context.user_regs.ss = PV_SS;
	context.user_regs.rflags = 0x202;
	context.ctrlreg[3] = xen_pfn_to_cr3(child->mfn[0]);
	memset(&dom, 0, sizeof(dom));
	set_xen_guest_handle(dom.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	must(!domctl(XEN_DOMCTL_setvcpucontext, child->id));
}

void child_make(struct child *child, const char *code, const char *code_end, const void *data,
		size_t size)
{
	memset(child, 0, sizeof(*child));
	shell_make(child);
	memory_give(child);
	page_fill(child, CHILD_CODE, code, (size_t)(code_end - code));
	page_fill(child, CHILD_DATA, data, size);
	events_mask(child);
	tables_make(child);
	vcpu_set(child);
}

void child_start(const struct child *child)
{
	must(!domctl(XEN_DOMCTL_unpausedomain, child->id));
}

uint32_t child_flags(const struct child *child)
{
	memset(&dom, 0, sizeof(dom));
	must(!domctl(XEN_DOMCTL_getdomaininfo, child->id));
	return dom.u.getdomaininfo.flags;
}

int child_reason(const struct child *child)
{
	uint32_t flags = child_flags(child);

	return flags & XEN_DOMINF_shutdown
		       ? (int)(flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask)
		       : -1;
}

int child_wait(const struct child *child, uint64_t timeout)
{
	uint64_t start = now();
	int reason;

	do {
		reason = child_reason(child);
		if (reason < 0)
			pv_poll(NULL, 0, now() + PV_MILLISECOND);
	} while (reason < 0 && now() - start < timeout);
	return reason;
}

void child_data_set(const struct child *child, const void *from, size_t size)
{
	page_fill(child, CHILD_DATA, from, size);
}

void child_data(const struct child *child, void *to, size_t size)
{
	memcpy(to, page_open(child, CHILD_DATA), size);
	page_close();
}

void child_destroy(struct child *child)
{
	uint64_t start = now();
	long rc;

	/* A long destruction asks to be called again, as -XEN_ERESTART (85) or -XEN_EAGAIN. */
	do {
		rc = domctl(XEN_DOMCTL_destroydomain, child->id);
	} while (rc == -85 || rc == -XEN_EAGAIN);
	expect_rc("destroydomain", rc, 0);
	while (!domctl(XEN_DOMCTL_getdomaininfo, child->id) && dom.domain == child->id) {
		if (now() - start > 5 * PV_SECOND) {
			test_fail("domain %u is still there", child->id);
			return;
		}
		pv_poll(NULL, 0, now() + PV_MILLISECOND);
	}
}

uint64_t free_pages(void)
{
	static struct xen_sysctl sys;

	sys.cmd = XEN_SYSCTL_physinfo;
	sys.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	must(!hypercall_sysctl(&sys));
	return sys.u.physinfo.free_pages;
}
