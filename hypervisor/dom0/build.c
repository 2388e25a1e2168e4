/* SPDX-License-Identifier: MIT */
/*
 * dom0: its memory, kernel and initrd, its first vCPU.
 *
 * Memory is taken from the top down in the largest blocks that there are. While building, the p2m
 * lives in hypervisor memory; what dom0 sees is a copy in its own. The tables are written plainly
 * and then validated by pinning the root, as any guest's would be.
 */
#include <core/arch.h>
#include <core/budget.h>
#include <dom0/build.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/grant_table.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <pv/pagetable.h>
#include <core/printk.h>

#define KERNEL_MODULE        0
#define INITRD_MODULE        1
#define RESERVE_MIN          (128UL << 20)
#define DOM0_GRANT_FRAMES    64
#define DOM0_MAPTRACK_FRAMES 1024
#define MEMORY_ORDER         9

static INIT_DATA struct dom0_plan plan;
static INIT_DATA struct vcpu_guest_context context;

static void *module_va(unsigned int n)
{
	return (void *)(DIRECT_VIRT + boot.modules[n].start);
}

static INIT_TEXT u64 memory_pages(void)
{
	u64 free = frame_free_count(), reserve = MAX(total_frames / 16, RESERVE_MIN >> PAGE_SHIFT);
	u64 want = options.dom0_mem >> PAGE_SHIFT;

	if (!want)
		want = free > reserve ? free - reserve : free / 2;
	if (want > free)
		panic("dom0_mem= asks for %lu MiB, %lu MiB are free", want >> 8, free >> 8);
	return want;
}

static INIT_TEXT void read_kernel(struct dom0_plan *p, struct unpacked *u)
{
	enum elf_status status;
	const char *why;

	if (!boot.module_count)
		panic("no dom0 kernel: the boot loader gave no module");
	why = unpack_kernel(module_va(KERNEL_MODULE), boot.modules[KERNEL_MODULE].size, u);
	if (why)
		panic("dom0 kernel: %s", why);
	status = elf_open(&p->elf, u->elf, u->size);
	if (status == ELF_OK)
		status = elf_read_pv(&p->elf, &p->pv);
	if (status != ELF_OK)
		panic("dom0 kernel: %s", elf_status_text(status));
}

static INIT_TEXT void create(struct dom0_plan *p)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = options.dom0_max_vcpus ? options.dom0_max_vcpus : 1,
		.max_evtchn_port = ~0U,
		.max_grant_frames = DOM0_GRANT_FRAMES,
		.max_maptrack_frames = DOM0_MAPTRACK_FRAMES,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
	int rc = domain_create(0, &config, &dom0);

	do
		rc = rc && rc != -ERESTART ? rc : domain_set_max_vcpus(dom0, config.max_vcpus);
	while (rc == -ERESTART);
	/* So that the first guest's store page does not take memory that stays taken. */
	if (!rc)
		rc = grant_map_reserve(dom0);
	if (rc)
		panic("dom0 cannot be created (%d)", rc);
	dom0->control = true;
	dom0->hardware = true;
	p->domain = dom0;
	dom0->max_pages = ~0UL >> PAGE_SHIFT;
}

/* Of the copy of the p2m that serves while building. */
static INIT_TEXT unsigned int p2m_order(u64 pages)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < pages * sizeof(u64))
		order++;
	return order;
}

static INIT_TEXT void allocate(struct dom0_plan *p)
{
	u64 pages = p->layout.total_pages;
	unsigned int order = MEMORY_ORDER;
	mfn_t mem;

	mem = frame_alloc(p2m_order(pages), FRAME_BELOW_ANY);
	if (mfn_eq(mem, MFN_NONE))
		panic("no memory for dom0's p2m");
	p->p2m = mfn_va(mem);
	for (u64 done = 0; done < pages;) {
		mfn_t m;

		while (done + (1UL << order) > pages)
			order--;
		m = domain_frame_alloc(p->domain, order, FRAME_BELOW_ANY);
		if (mfn_eq(m, MFN_NONE)) {
			if (!order--)
				panic("no memory for dom0: %lu of %lu pages", done, pages);
			continue;
		}
		for (u64 i = 0; i < 1UL << order; i++, done++) {
			p->p2m[done] = m.v + i;
			m2p_set(MFN(m.v + i), PFN(done));
		}
	}
}

/* Copies into dom0's memory at a pseudo-physical address; frames are new, so they are zero
 * elsewhere. */
static INIT_TEXT void load(const struct dom0_plan *p, u64 paddr, const void *src, u64 n)
{
	while (n) {
		u64 in_page = MIN(n, PAGE_SIZE - (paddr & ~PAGE_MASK));

		memcpy((char *)dom0_page(p, paddr >> PAGE_SHIFT) + (paddr & ~PAGE_MASK), src,
		       in_page);
		src = (const char *)src + in_page;
		paddr += in_page;
		n -= in_page;
	}
}

static INIT_TEXT void load_kernel(const struct dom0_plan *p)
{
	struct elf_segment s;
	unsigned int cursor = 0;

	while (elf_next_segment(&p->elf, &cursor, &s))
		load(p, s.paddr - p->pv.paddr_offset, s.data, s.file_size);
	if (elf_has_note(&p->pv, ELF_NOTE_HYPERCALL_PAGE))
		hypercall_page_fill(
			dom0_page(p, (p->pv.hypercall_page - p->pv.virt_base) >> PAGE_SHIFT));
}

static INIT_TEXT void start(const struct dom0_plan *p, paddr_t l4)
{
	struct vcpu *v = p->domain->vcpus[0];
	int rc;

	context.flags = VGCF_in_kernel;
	context.user_regs.rip = p->pv.entry;
	context.user_regs.rsi = layout_address(&p->layout, p->layout.info.pfn);
	context.user_regs.rsp = layout_address(&p->layout, p->layout.stack.pfn + 1);
	context.user_regs.cs = SEL_GUEST_CS64;
	context.user_regs.ss = SEL_GUEST_SS;
	context.ctrlreg[3] = xen_pfn_to_cr3(l4 >> PAGE_SHIFT);
	while ((rc = mmu_pin(p->domain, paddr_to_mfn(l4), 4)) == -ERESTART)
		(void)preempt_point(); /* nobody else is there to be let in */
	if (!rc)
		rc = arch_vcpu_set_context(v, &context);
	if (rc)
		panic("dom0's first page tables were refused (%d)", rc);
	v->info->evtchn_upcall_mask = 1;
	if (vcpu_up(v))
		panic("dom0's first vCPU does not come up");
	domain_unpause(p->domain);
}

/* On EFI machines dom0 cannot find the ACPI root by itself. */
static INIT_TEXT const char *command_line(void)
{
	static INIT_DATA char line[MAX_GUEST_CMDLINE];
	const char *given = boot.modules[KERNEL_MODULE].cmdline;

	strlcpy(line, given ? given : "", sizeof(line));
	if (boot.efi && acpi.rsdp && !strstr(line, "acpi_rsdp=")) {
		size_t n = strlen(line);

		snprintf(line + n, sizeof(line) - n, " acpi_rsdp=0x%lx", acpi.rsdp);
	}
	return line;
}

static INIT_TEXT void plan_layout(struct dom0_plan *p)
{
	struct layout_request request = {
		.pv = &p->pv,
		.total_pages = memory_pages(),
		.initrd_bytes = boot.module_count > INITRD_MODULE ? boot.modules[INITRD_MODULE].size
								  : 0,
	};
	enum layout_status status = layout_plan(&p->layout, &request);

	if (status)
		panic("dom0: %s (it has %lu MiB, dom0_mem= may give more)",
		      layout_status_text(status), request.total_pages >> 8);
}

static INIT_TEXT void fill(const struct dom0_plan *p)
{
	const struct layout *l = &p->layout;

	load_kernel(p);
	if (l->initrd_bytes)
		load(p, l->initrd.pfn << PAGE_SHIFT, module_va(INITRD_MODULE), l->initrd_bytes);
	load(p, l->p2m.pfn << PAGE_SHIFT, p->p2m, l->total_pages * sizeof(u64));
	dom0_write_start_info(p, command_line());
}

INIT_TEXT void dom0_build(void)
{
	struct dom0_plan *p = &plan;
	struct unpacked kernel;
	paddr_t l4;

	read_kernel(p, &kernel);
	create(p);
	plan_layout(p);
	allocate(p);
	fill(p);
	l4 = dom0_build_tables(p);
	if (kernel.order >= 0)
		frame_free(kernel.mem, (unsigned int)kernel.order);
	for (unsigned int i = 0; i < boot.module_count; i++)
		boot_module_free(i);
	pr_info("dom0: %lu MiB, %u vCPUs, entry %lx\n", p->layout.total_pages >> 8, dom0->max_vcpus,
		p->pv.entry);
	start(p, l4);
	frame_free(va_mfn(p->p2m), p2m_order(p->layout.total_pages));
}
