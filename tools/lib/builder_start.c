/* SPDX-License-Identifier: MIT */
/* builder_start.c - what a new domain finds at its first instruction: start_info, shared info, vCPU
 * 0. */
#include <errno.h>
#include <string.h>

#include "builder_part.h"

#define RFLAGS_IF   0x200
#define DR6_DEFAULT 0xffff0ff0
#define DR7_DEFAULT 0x400

static void fill_modules(const struct builder *builder, start_info_t *info)
{
	const struct layout *layout = &builder->layout;

	if (!layout->initrd_bytes)
		return;
	info->mod_len = layout->initrd_bytes;
	if (layout->initrd_mapped) {
		info->mod_start = layout_address(layout, layout->initrd.pfn);
	} else {
		info->mod_start = layout->initrd.pfn;
		info->flags |= SIF_MOD_START_PFN;
	}
}

static void fill_info(const struct builder *builder, start_info_t *info)
{
	const struct builder_result *result = &builder->result;
	const struct layout *layout = &builder->layout;

	memset(info, 0, PAGE_BYTES);
	strcpy(info->magic, "xen-3.0-x86_64");
	info->nr_pages = layout->total_pages;
	info->shared_info = builder->shared_info_frame << PAGE_SHIFT;
	info->store_mfn = builder->frames[layout->store.pfn];
	info->store_evtchn = result->store_port;
	info->console.domU.mfn = builder->frames[layout->console.pfn];
	info->console.domU.evtchn = result->console_port;
	info->pt_base = layout_address(layout, layout->tables.pfn);
	info->nr_pt_frames = layout->tables.pages;
	info->mfn_list = layout->p2m_address;
	if (layout->p2m_apart) {
		info->first_p2m_pfn = layout->p2m.pfn;
		info->nr_p2m_frames = layout->p2m.pages + layout->p2m_tables.pages;
	}
	fill_modules(builder, info);
	/* builder_check() has measured it. */
	strncpy((char *)info->cmd_line, builder->spec.cmdline, sizeof(info->cmd_line) - 1);
}

/* start_info, store and console pages, which layout_plan() put side by side. */
static int make_pages(struct builder *builder, struct xen *xen, struct error *err)
{
	const struct layout *layout = &builder->layout;
	struct layout_area three = { .pfn = layout->info.pfn, .pages = 3 };
	struct window window;
	int ret = window_open(&window, builder, xen, &three, err);

	if (ret)
		return ret;
	fill_info(builder, window_page(&window, layout->info.pfn));
	memset(window_page(&window, layout->store.pfn), 0, PAGE_BYTES);
	memset(window_page(&window, layout->console.pfn), 0, PAGE_BYTES);
	window_close(&window, xen);
	return 0;
}

/*
 * Events are masked on every vCPU until the kernel has set up its entry points. The rest of the
 * page is the hypervisor's: it may hold the wall clock already.
 */
static int make_shared_info(struct builder *builder, struct xen *xen, struct error *err)
{
	xen_pfn_t frame = builder->shared_info_frame;
	shared_info_t *shared = xen_map(xen, builder->result.domid, 1, &frame);
	size_t i;

	if (!shared)
		return builder_fail(err, "mapping the shared info page", -errno);
	for (i = 0; i < sizeof(shared->vcpu_info) / sizeof(shared->vcpu_info[0]); i++)
		shared->vcpu_info[i].evtchn_upcall_mask = 1;
	xen_unmap(xen, shared, 1);
	return 0;
}

static int make_vcpu(struct builder *builder, struct xen *xen, struct error *err)
{
	const struct layout *layout = &builder->layout;
	uint64_t stack_top = layout_address(layout, layout->stack.pfn) + PAGE_BYTES;
	struct vcpu_guest_context context = {
		.flags = VGCF_in_kernel | VGCF_online,
		.user_regs = {
			.rip = builder->image.pv.entry,
			.rsp = stack_top,
			.rsi = layout_address(layout, layout->info.pfn),
			.rflags = RFLAGS_IF,
			.cs = FLAT_KERNEL_CS,
			.ss = FLAT_KERNEL_SS,
		},
		.kernel_ss = FLAT_KERNEL_SS,
		.kernel_sp = stack_top,
		.debugreg[6] = DR6_DEFAULT,
		.debugreg[7] = DR7_DEFAULT,
		.ctrlreg[3] = xen_pfn_to_cr3(builder->frames[layout->tables.pfn]),
	};
	int ret = xen_vcpu_set_context(xen, builder->result.domid, 0, &context);

	return ret ? builder_fail(err, "setting the first vCPU's registers", ret) : 0;
}

int builder_make_start(struct builder *builder, struct xen *xen, struct error *err)
{
	int ret = make_pages(builder, xen, err);

	if (!ret)
		ret = make_shared_info(builder, xen, err);
	if (!ret)
		ret = make_vcpu(builder, xen, err);
	return ret;
}
