/* SPDX-License-Identifier: MIT */
/* dom0's start_info page, with what boot knows of the screen behind it. */
#include <dom0/build.h>
#include <core/frame.h>
#include <core/lib.h>
#include <x86/machine.h>

/* Power management bits that a stock kernel is given: cpufreq and cx by it. */
#define PM_FLAGS         0x300U
#define FRAMEBUFFER_TEXT 2 /* multiboot framebuffer type */

static void write_text(struct dom0_vga_console_info *v)
{
	v->video_type = XEN_VGATYPE_TEXT_MODE_3;
	v->u.text_mode_3.font_height = 16;
	v->u.text_mode_3.rows = (uint16_t)boot.video.height;
	v->u.text_mode_3.columns = (uint16_t)boot.video.width;
}

static void write_framebuffer(struct dom0_vga_console_info *v)
{
	v->video_type = boot.efi ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
	v->u.vesa_lfb.width = (uint16_t)boot.video.width;
	v->u.vesa_lfb.height = (uint16_t)boot.video.height;
	v->u.vesa_lfb.bytes_per_line = (uint16_t)boot.video.pitch;
	v->u.vesa_lfb.bits_per_pixel = boot.video.bpp;
	v->u.vesa_lfb.lfb_base = (uint32_t)boot.video.addr;
	v->u.vesa_lfb.ext_lfb_base = (uint32_t)(boot.video.addr >> 32);
	v->u.vesa_lfb.lfb_size =
		(uint32_t)(ROUND_UP((u64)boot.video.pitch * boot.video.height, 65536) >> 16);
	v->u.vesa_lfb.red_pos = boot.video.red_pos;
	v->u.vesa_lfb.red_size = boot.video.red_size;
	v->u.vesa_lfb.green_pos = boot.video.green_pos;
	v->u.vesa_lfb.green_size = boot.video.green_size;
	v->u.vesa_lfb.blue_pos = boot.video.blue_pos;
	v->u.vesa_lfb.blue_size = boot.video.blue_size;
}

static void write_video(struct start_info *si)
{
	struct dom0_vga_console_info *v = (struct dom0_vga_console_info *)(si + 1);

	if (!boot.video.present)
		return;
	if (boot.video.type == FRAMEBUFFER_TEXT)
		write_text(v);
	else
		write_framebuffer(v);
	si->console.dom0.info_off = sizeof(*si);
	si->console.dom0.info_size = sizeof(*v);
}

void dom0_write_start_info(const struct dom0_plan *p, const char *cmdline)
{
	const struct layout *l = &p->layout;
	struct start_info *si = dom0_page(p, l->info.pfn);

	strlcpy(si->magic, "xen-3.0-x86_64p", sizeof(si->magic));
	si->nr_pages = l->total_pages;
	si->shared_info = mfn_to_paddr(va_mfn(p->domain->shared_info));
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN | PM_FLAGS;
	si->pt_base = layout_address(l, l->tables.pfn);
	si->nr_pt_frames = l->tables.pages;
	si->mfn_list = l->p2m_address;
	if (l->p2m_apart) {
		si->first_p2m_pfn = l->p2m.pfn;
		si->nr_p2m_frames = l->p2m.pages + l->p2m_tables.pages;
	}
	if (l->initrd_bytes) {
		si->mod_start = l->initrd_mapped ? layout_address(l, l->initrd.pfn) : l->initrd.pfn;
		si->mod_len = l->initrd_bytes;
		if (!l->initrd_mapped)
			si->flags |= SIF_MOD_START_PFN;
	}
	strlcpy((char *)si->cmd_line, cmdline, sizeof(si->cmd_line));
	write_video(si);
}
