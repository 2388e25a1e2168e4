/* SPDX-License-Identifier: MIT */
/* Making, watching and destroying a small domain. */
#include "child.h"

extern const char pv_image_start[], pv_image_end[];

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

xen_pfn_t child_image[CHILD_IMAGE_MAX];

uint64_t child_fork_base(void)
{
	return (uint64_t)pv_image_start - (CHILD_PAGES + 1) * PV_PAGE_SIZE;
}

unsigned int child_image_pages(void)
{
	return (unsigned int)((pv_image_end - pv_image_start) / PV_PAGE_SIZE);
}

static void *frame_open(const struct child *child, xen_pfn_t mfn)
{
	void *va = window(WINDOW_MAP);
	struct mmu_update update = { pv_va_to_maddr(entry_of(va, 1)), pv_pte(mfn, PV_PTE_DATA) };

	must(!hypercall_mmu_update(&update, 1, NULL, child->id));
	pv_tlb_flush();
	return va;
}

void *child_page_open(const struct child *child, unsigned int n)
{
	return frame_open(child, child->mfn[n]);
}

void child_page_close(void)
{
	must(!va_update(window(WINDOW_MAP), 0, UVMF_INVLPG));
}

static void frame_fill(const struct child *child, xen_pfn_t mfn, const void *data, size_t size)
{
	void *va = frame_open(child, mfn);

	memset(va, 0, PV_PAGE_SIZE);
	memcpy(va, data, size);
	child_page_close();
}

static void page_fill(const struct child *child, unsigned int n, const void *data, size_t size)
{
	frame_fill(child, child->mfn[n], data, size);
}

static void shell_make(struct child *child, unsigned int vcpus, unsigned int pages)
{
	memset(&dom, 0, sizeof(dom));
	dom.u.createdomain.max_vcpus = vcpus;
	dom.u.createdomain.max_evtchn_port = 1023;
	dom.u.createdomain.max_grant_frames = 4;
	dom.u.createdomain.max_maptrack_frames = 4;
	dom.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	must(!domctl(XEN_DOMCTL_createdomain, 0));
	child->id = dom.domain;
	memset(&dom, 0, sizeof(dom));
	dom.u.max_vcpus.max = vcpus;
	must(!domctl(XEN_DOMCTL_max_vcpus, child->id));
	dom.u.max_mem.max_memkb = pages * 4;
	must(!domctl(XEN_DOMCTL_max_mem, child->id));
}

static void memory_give(const struct child *child, xen_pfn_t *frames, unsigned int nr,
			xen_pfn_t first)
{
	struct xen_memory_reservation r = { .nr_extents = nr, .domid = child->id };

	for (unsigned int i = 0; i < nr; i++)
		frames[i] = first + i;
	set_xen_guest_handle(r.extent_start, frames);
	must(hypercall_memory_op(XENMEM_populate_physmap, &r) == (long)nr);
}

/* A builder's duty: the first vCPU starts with events masked. */
static void events_mask(struct child *child)
{
	struct shared_info *info;

	memset(&dom, 0, sizeof(dom));
	must(!domctl(XEN_DOMCTL_getdomaininfo, child->id));
	child->shared = dom.u.getdomaininfo.shared_info_frame;
	info = frame_open(child, child->shared);
	info->vcpu_info[0].evtchn_upcall_mask = 1;
	child_page_close();
}

/* The entry for page n of our image in a fork. */
static uint64_t image_entry(const struct child *child, unsigned int n)
{
	const char *page = pv_image_start + n * PV_PAGE_SIZE;

	if (page == (const char *)test_start.shared)
		return pv_pte(child->shared, PV_PTE_DATA);
	return pte_of(page) & PV_PTE_PRESENT ? pv_pte(child_image[n], PTE_CODE) : 0;
}

static void tables_make(const struct child *child)
{
	static uint64_t table[512];
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };
	uint64_t *l1;

	for (unsigned int level = 4; level > 1; level--) {
		memset(table, 0, sizeof(table));
		table[pv_pte_index((void *)child->base, level)] =
			pv_pte(child->mfn[5 - level], PV_PTE_TABLE);
		page_fill(child, 4 - level, table, sizeof(table));
	}
	memset(table, 0, sizeof(table));
	l1 = table + pv_pte_index((void *)child->base, 1);
	for (unsigned int i = 0; i < CHILD_PAGES; i++)
		l1[i] = pv_pte(child->mfn[i], i < 4 ? PV_PTE_RO : PTE_CODE);
	l1[CHILD_SHARED] = pv_pte(child->shared, PV_PTE_DATA);
	if (child->base != CHILD_BASE)
		for (unsigned int i = 0; i < child_image_pages(); i++)
			l1[CHILD_SHARED + 1 + i] = image_entry(child, i);
	page_fill(child, 3, table, sizeof(table));
	pin.arg1.mfn = child->mfn[0];
	must(!hypercall_mmuext_op(&pin, 1, NULL, child->id));
}

static void vcpu_set(const struct child *child, uint64_t rip, uint64_t rsp)
{
	static struct vcpu_guest_context context;

	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel | VGCF_online;
	context.user_regs.rip = rip;
	context.user_regs.rsp = rsp;
	context.user_regs.rsi = child->base + CHILD_DATA * PV_PAGE_SIZE;
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
	child->base = CHILD_BASE;
	shell_make(child, 1, CHILD_PAGES);
	memory_give(child, child->mfn, CHILD_PAGES, 0);
	page_fill(child, CHILD_CODE, code, (size_t)(code_end - code));
	page_fill(child, CHILD_DATA, data, size);
	events_mask(child);
	tables_make(child);
	vcpu_set(child, CHILD_VA(CHILD_CODE), CHILD_VA(CHILD_STACK + 1));
}

/* Last of all, so that the copy knows its frames. Pages that are not mapped here stay empty. */
static void image_copy(const struct child *child)
{
	for (unsigned int i = 0; i < child_image_pages(); i++)
		if (image_entry(child, i))
			frame_fill(child, child_image[i], pv_image_start + i * PV_PAGE_SIZE,
				   PV_PAGE_SIZE);
}

void child_fork(struct child *child, void (*entry)(void), void *stack_top)
{
	unsigned int nr = child_image_pages();

	must(nr <= CHILD_IMAGE_MAX);
	memset(child, 0, sizeof(*child));
	child->base = child_fork_base();
	shell_make(child, CHILD_FORK_VCPUS, CHILD_PAGES + nr);
	memory_give(child, child->mfn, CHILD_PAGES, 0);
	memory_give(child, child_image, nr, CHILD_PAGES);
	for (unsigned int i = 4; i < CHILD_PAGES; i++)
		page_fill(child, i, NULL, 0);
	events_mask(child);
	tables_make(child);
	image_copy(child);
	vcpu_set(child, (uint64_t)entry, (uint64_t)stack_top - sizeof(uint64_t));
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
	memcpy(to, child_page_open(child, CHILD_DATA), size);
	child_page_close();
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
