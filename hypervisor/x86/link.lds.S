/* SPDX-License-Identifier: MIT */
/*
 * The image: linked at HV_TEXT_VIRT, loaded at HV_PHYS_START. One load segment, so that the file's bytes lie
 * as memory does: multiboot 1 loads by addresses, not by program headers. The access rights come from
 * hostmap_boot.c, part by part; each part starts on a page of its own.
 *
 *   head, entry, text   read, execute
 *   rodata              read
 *   init, boot text     read, execute   freed when dom0 is built
 *   data                read, write
 *   init, boot data     read, write     freed when dom0 is built
 *   bss                 read, write
 *   boot bss            read, write     freed when dom0 is built
 */
#include <core/layout.h>

#define PAGE . = ALIGN(4096)
#define LMA(section) AT(ADDR(section) - HV_TEXT_VIRT + HV_PHYS_START)

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(head_start_phys)

PHDRS
{
	image PT_LOAD FLAGS(7);
	note PT_NOTE FLAGS(4);
}

SECTIONS
{
	. = HV_TEXT_VIRT;
	image_start = .;
	.text : LMA(.text) {
		*(.multiboot)
		*(.head.text)
		PAGE;
		*(.entry.text)
		PAGE;
		*(.text .text.*)
		PAGE;
	} :image
	text_end = .;

	.rodata : LMA(.rodata) {
		*(.rodata .rodata.*)
		. = ALIGN(16);
		extable_start = .;
		KEEP(*(.extable))
		extable_end = .;
		patch_start = .;
		KEEP(*(.patch))
		KEEP(*(.patch.targets))
		patch_end = .;
		. = ALIGN(8);
	} :image
	.note.gnu.build-id : LMA(.note.gnu.build-id) {
		build_id_start = . + 16;
		*(.note.gnu.build-id)
		build_id_end = .;
	} :image :note
	PAGE;
	rodata_end = .;

	.init.text : LMA(.init.text) {
		*(.init.text .init.text.*)
		*(.boot.text .boot.text.*)
		*(.boot.rodata .boot.rodata.*)
		PAGE;
	} :image
	init_ro_end = .;

	.data : LMA(.data) {
		*(.data .data.*)
		PAGE;
	} :image
	data_end = .;
	.init.data : LMA(.init.data) {
		*(.init.data .init.data.*)
		*(.boot.data .boot.data.*)
		PAGE;
	} :image
	init_data_end = .;

	/* The boot stack comes first. A section aligned to more than a page would move the whole image in the file,
	 * beyond the 8 KiB in which multiboot 1 looks for its header. */
	. = ALIGN(STACK_SIZE);
	.bss (NOLOAD) : LMA(.bss) {
		*(.bss.pages)
		*(.bss .bss.*)
		PAGE;
	} :image
	bss_end = .;
	.boot.bss (NOLOAD) : LMA(.boot.bss) {
		*(.init.bss .init.bss.*)
		*(.boot.bss .boot.bss.*)
		PAGE;
	} :image
	image_end = .;

	head_load_start = HV_PHYS_START;
	head_load_end = init_data_end - HV_TEXT_VIRT + HV_PHYS_START;
	head_bss_end = image_end - HV_TEXT_VIRT + HV_PHYS_START;
	head_start_phys = head_start - HV_TEXT_VIRT + HV_PHYS_START;

	/DISCARD/ : {
		*(.comment)
		*(.note.GNU-stack)
		*(.note.gnu.property)
		*(.eh_frame .eh_frame_hdr)
	}
}

ASSERT(entry_page_end - entry_page == 8192, "entry.S: the entry code must fit into two pages")
ASSERT(entry_page % 4096 == 0, "entry.S: the entry page is not aligned")
ASSERT(boot_stack % STACK_SIZE == 0, "head.S: the boot stack is not aligned")
ASSERT(image_end - image_start <= 0x1000000, "head.S maps 16 MiB for the image")
