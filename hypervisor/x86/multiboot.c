/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader left, in either multiboot version, copied into `boot`.
 *
 * Called on the head's tables, which show the first 4 GiB: the loader's addresses are all below.
 * Modules stay where they are, reserved; everything else is copied here and may be overwritten
 * afterwards.
 */
#include <core/errno.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/x86.h>

#define MB1_MAGIC 0x2badb002U
#define MB2_MAGIC 0x36d76289U

struct mb1_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
	u32 mmap_length, mmap_addr, drives_length, drives_addr, config_table, loader_name,
		apm_table;
	u32 vbe[4];
	u64 fb_addr;
	u32 fb_pitch, fb_width, fb_height;
	u8 fb_bpp, fb_type, fb_color[6];
} __attribute__((packed));

enum {
	MB1_MEM = 1 << 0,
	MB1_CMDLINE = 1 << 2,
	MB1_MODS = 1 << 3,
	MB1_MMAP = 1 << 6,
	MB1_LOADER = 1 << 9,
	MB1_FB = 1 << 12,
};

struct mb1_module {
	u32 start, end, string, pad;
};

struct mb1_mmap {
	u32 size;
	u64 addr, length;
	u32 type;
} __attribute__((packed));

struct mb2_tag {
	u32 type, size;
};

enum {
	MB2_END,
	MB2_CMDLINE,
	MB2_LOADER,
	MB2_MODULE,
	MB2_MMAP = 6,
	MB2_FB = 8,
	MB2_EFI32 = 11,
	MB2_EFI64 = 12,
	MB2_RSDP_OLD = 14,
	MB2_RSDP_NEW = 15,
};

struct mb2_module {
	struct mb2_tag tag;
	u32 start, end;
	char string[];
};

struct mb2_mmap {
	struct mb2_tag tag;
	u32 entry_size, entry_version;
	u8 entries[];
};

struct mb2_mmap_entry {
	u64 addr, length;
	u32 type, zero;
};

struct mb2_fb {
	struct mb2_tag tag;
	u64 addr;
	u32 pitch, width, height;
	u8 bpp, type;
	u16 reserved;
	u8 color[6];
} __attribute__((packed));

struct boot_info boot;

/* QEMU puts the file's name before the text, GRUB 2 does not. */
static const char *INIT_TEXT text_after_name(const char *s, bool named)
{
	while (named && *s && *s != ' ')
		s++;
	while (*s == ' ')
		s++;
	return s;
}

static void INIT_TEXT add_range(paddr_t start, u64 size, u32 type)
{
	if (!size || start + size < start)
		return;
	if (boot.e820_count == E820_MAX) {
		pr_warn("memory map: more than %u ranges, the rest is not used\n", E820_MAX);
		return;
	}
	if (type < E820_RAM_HV || type > E820_UNUSABLE_HV)
		type = E820_RESERVED_HV;
	boot.e820[boot.e820_count++] = (struct e820_range){ start, size, type };
}

static void INIT_TEXT add_module(paddr_t start, paddr_t end, const char *text)
{
	unsigned int n = boot.module_count;
	const char *kept = "";

	if (n == ARRAY_SIZE(boot.modules) || end < start) {
		pr_warn("module %u is not used\n", n);
		return;
	}
	if (n < ARRAY_SIZE(boot.module_cmdline)) {
		if (strlcpy(boot.module_cmdline[n], text, sizeof(boot.module_cmdline[n])) >=
		    sizeof(boot.module_cmdline[n]))
			pr_warn("module %u: its command line was cut off\n", n);
		kept = boot.module_cmdline[n];
	}
	boot.modules[n] =
		(struct boot_module){ .start = start, .size = end - start, .cmdline = kept };
	boot.module_count = n + 1;
	early_reserve(start, end - start);
}

static void INIT_TEXT set_video(u64 addr, u32 pitch, u32 width, u32 height, u8 bpp, u8 type,
				const u8 color[6])
{
	boot.video.addr = addr;
	boot.video.pitch = pitch;
	boot.video.width = width;
	boot.video.height = height;
	boot.video.bpp = bpp;
	boot.video.type = type;
	boot.video.red_pos = color[0];
	boot.video.red_size = color[1];
	boot.video.green_pos = color[2];
	boot.video.green_size = color[3];
	boot.video.blue_pos = color[4];
	boot.video.blue_size = color[5];
	boot.video.present = true;
}

static void INIT_TEXT mb1_mmap(const struct mb1_info *mbi)
{
	u64 at = 0; /* an entry's size may be anything */

	while (at + sizeof(struct mb1_mmap) <= mbi->mmap_length) {
		const struct mb1_mmap *m = paddr_va(mbi->mmap_addr + at);

		add_range(m->addr, m->length, m->type);
		at += m->size + (u64)sizeof(m->size);
	}
}

static void INIT_TEXT mb1_modules(const struct mb1_info *mbi, bool named)
{
	const struct mb1_module *m = paddr_va(mbi->mods_addr);

	for (u32 i = 0; i < mbi->mods_count; i++)
		add_module(m[i].start, m[i].end,
			   m[i].string ? text_after_name(paddr_va(m[i].string), named) : "");
}

static int INIT_TEXT mb1_read(const struct mb1_info *mbi)
{
	bool named = !(mbi->flags & MB1_LOADER) || strncmp(paddr_va(mbi->loader_name), "GRUB", 4);

	if (mbi->flags & MB1_CMDLINE)
		strlcpy(boot.cmdline, text_after_name(paddr_va(mbi->cmdline), named),
			sizeof(boot.cmdline));
	if (mbi->flags & MB1_MMAP)
		mb1_mmap(mbi);
	if (mbi->flags & MB1_MODS)
		mb1_modules(mbi, named);
	if (mbi->flags & MB1_FB)
		set_video(mbi->fb_addr, mbi->fb_pitch, mbi->fb_width, mbi->fb_height, mbi->fb_bpp,
			  mbi->fb_type, mbi->fb_color);
	return 0;
}

static void INIT_TEXT mb2_mmap(const struct mb2_mmap *t)
{
	if (t->entry_size < sizeof(struct mb2_mmap_entry))
		return;
	for (u64 at = 0; sizeof(*t) + at + t->entry_size <= t->tag.size; at += t->entry_size) {
		const struct mb2_mmap_entry *m = (const void *)(t->entries + at);

		add_range(m->addr, m->length, m->type);
	}
}

/* The tag holds a copy; the original's address comes from EFI's own table or the BIOS area
 * (acpi.c). */
static void INIT_TEXT mb2_rsdp(const struct mb2_tag *t, bool newer)
{
	if (boot.rsdp_copied && !newer)
		return;
	memcpy(boot.rsdp_copy, t + 1, MIN(t->size - sizeof(*t), sizeof(boot.rsdp_copy)));
	boot.rsdp_copied = true;
}

static void INIT_TEXT mb2_tag(const struct mb2_tag *t)
{
	const struct mb2_module *m = (const void *)t;
	const struct mb2_fb *f = (const void *)t;

	switch (t->type) {
	case MB2_CMDLINE:
		strlcpy(boot.cmdline, text_after_name((const char *)(t + 1), false),
			sizeof(boot.cmdline));
		break;
	case MB2_MODULE: add_module(m->start, m->end, text_after_name(m->string, false)); break;
	case MB2_MMAP: mb2_mmap((const void *)t); break;
	case MB2_FB:
		set_video(f->addr, f->pitch, f->width, f->height, f->bpp, f->type, f->color);
		break;
	case MB2_EFI32: boot.efi = true; break;
	case MB2_EFI64:
		boot.efi = true;
		boot.efi_system_table = *(const u64 *)(t + 1);
		break;
	case MB2_RSDP_OLD:
	case MB2_RSDP_NEW: mb2_rsdp(t, t->type == MB2_RSDP_NEW); break;
	default: break;
	}
}

static int INIT_TEXT mb2_read(paddr_t info)
{
	u32 total = *(const u32 *)paddr_va(info);
	u64 at = 8;

	while (at + sizeof(struct mb2_tag) <= total) {
		const struct mb2_tag *t = paddr_va(info + at);

		if (t->type == MB2_END || t->size < sizeof(*t))
			break;
		mb2_tag(t);
		at += ROUND_UP((u64)t->size, 8);
	}
	return 0;
}

int INIT_TEXT multiboot_read(u32 magic, paddr_t info)
{
	int rc = -EINVAL;

	early_reserve(HV_PHYS_START, (u64)(image_end - image_start));
	if (magic == MB1_MAGIC)
		rc = mb1_read(paddr_va(info));
	else if (magic == MB2_MAGIC)
		rc = mb2_read(info);
	return rc || boot.e820_count ? rc : -EINVAL;
}
