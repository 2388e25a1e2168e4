/* SPDX-License-Identifier: MIT */
/* dom0's start_info page, with what boot knows of the screen behind it. */
#include <dom0/build.h>
#include <core/frame.h>
#include <core/lib.h>
#include <x86/machine.h>

#define PM_FLAGS \
	0x300U /* power management bits that a stock kernel is given: cpufreq and cx by it */
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
	struct start_info *si = dom0_page(p, p->info_pfn);

	strlcpy(si->magic, "xen-3.0-x86_64p", sizeof(si->magic));
	si->nr_pages = p->pages;
	si->shared_info = mfn_to_paddr(va_mfn(p->domain->shared_info));
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN | PM_FLAGS;
	si->pt_base = dom0_va(p, p->tables_pfn);
	si->nr_pt_frames = p->tables;
	si->mfn_list = p->p2m_va;
	if (p->p2m_tables) {
		si->first_p2m_pfn = p->p2m_pfn;
		si->nr_p2m_frames = p->p2m_pages + p->p2m_tables;
	}
	if (p->initrd_size) {
		si->mod_start = p->pv.mod_start_pfn ? p->initrd_pfn : dom0_va(p, p->initrd_pfn);
		si->mod_len = p->initrd_size;
		if (p->pv.mod_start_pfn)
			si->flags |= SIF_MOD_START_PFN;
	}
	strlcpy((char *)si->cmd_line, cmdline, sizeof(si->cmd_line));
	write_video(si);
}
