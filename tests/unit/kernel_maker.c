/* SPDX-License-Identifier: MIT */
/* kernel_maker.c - PV kernels for tests (see kernel_maker.h). */
#include <string.h>

#include "kernel_maker.h"

#define EHDR       64
#define PHDR       56
#define DATA_START 4096

void maker_put(uint8_t *out, size_t at, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		out[at++] = (uint8_t)value;
		value >>= 8;
	}
}

size_t maker_phdr(unsigned int index)
{
	return EHDR + (size_t)index * PHDR;
}

static void put_phdr(uint8_t *out, unsigned int index, uint32_t type, uint64_t offset,
		     const struct maker_segment *segment)
{
	size_t at = maker_phdr(index);

	maker_put(out, at, type, 4);
	maker_put(out, at + 4, 7, 4);
	maker_put(out, at + 8, offset, 8);
	maker_put(out, at + 16, 0, 8); /* p_vaddr means nothing to a PV builder */
	maker_put(out, at + 24, segment->paddr, 8);
	maker_put(out, at + 32, segment->file_size, 8);
	maker_put(out, at + 40, segment->mem_size, 8);
}

static size_t put_note(uint8_t *out, size_t at, const struct maker_note *note)
{
	size_t size = note->text ? strlen(note->text) + 1 : 8;

	maker_put(out, at, 4, 4);
	maker_put(out, at + 4, size, 4);
	maker_put(out, at + 8, note->type, 4);
	memcpy(out + at + 12, "Xen", 4);
	if (note->text)
		memcpy(out + at + 16, note->text, size);
	else
		maker_put(out, at + 16, note->number, 8);
	return at + 16 + ((size + 3) & ~(size_t)3);
}

static void put_header(uint8_t *out, const struct maker *maker, unsigned int phdrs)
{
	memcpy(out, "\177ELF\2\1\1", 7);
	maker_put(out, 16, 2, 2);
	maker_put(out, 18, 62, 2);
	maker_put(out, 20, 1, 4);
	maker_put(out, 24, maker->entry, 8);
	maker_put(out, 32, EHDR, 8);
	maker_put(out, 52, EHDR, 2);
	maker_put(out, 54, PHDR, 2);
	maker_put(out, 56, phdrs, 2);
	maker_put(out, 58, 64, 2);
}

size_t maker_write(const struct maker *maker, uint8_t *out)
{
	const struct maker_segment *segment;
	const struct maker_note *note;
	struct maker_segment notes = { 0 };
	unsigned int index = 0;
	size_t at = DATA_START, start;

	memset(out, 0, MAKER_BYTES);
	for (segment = maker->segments; segment->mem_size; segment++) {
		put_phdr(out, index++, 1, at, segment);
		memset(out + at, segment->fill, segment->file_size);
		at += segment->file_size;
	}
	start = at;
	for (note = maker->notes; note->type; note++)
		at = put_note(out, at, note);
	notes.file_size = at - start;
	put_phdr(out, index++, 4, start, &notes);
	put_header(out, maker, index);
	return at;
}

static const struct maker_segment linux_segments[] = {
	{ .paddr = 0x1000000, .file_size = 0x1800, .mem_size = 0x1800, .fill = 0xaa },
	{ .paddr = 0x1003000, .file_size = 0x0100, .mem_size = 0x2f00, .fill = 0xbb },
	{ .mem_size = 0 },
};

static const struct maker_note linux_notes[] = {
	{ .type = 6, .text = "linux" },
	{ .type = 5, .text = "xen-3.0" },
	{ .type = 8, .text = "generic" },
	{ .type = 1, .number = 0xffffffff81000100 },
	{ .type = 3, .number = 0xffffffff80000000 },
	{ .type = 15, .number = 0x8000000000 },
	{ .type = 16, .number = 1 },
	{ .type = 0 },
};

const struct maker maker_linux = {
	.entry = 0x1000000,
	.segments = linux_segments,
	.notes = linux_notes,
};

/* Low half, entry 0, the second segment begins within a page of the first. */
static const struct maker_segment grub_segments[] = {
	{ .paddr = 0, .file_size = 0x0aef, .mem_size = 0x41f0, .fill = 0x11 },
	{ .paddr = 0x41f0, .file_size = 0x2210, .mem_size = 0x2210, .fill = 0x22 },
	{ .mem_size = 0 },
};

static const struct maker_note grub_notes[] = {
	{ .type = 6, .text = "GRUB" },    { .type = 8, .text = "generic" },
	{ .type = 5, .text = "xen-3.0" }, { .type = 1, .number = 0 },
	{ .type = 3, .number = 0 },       { .type = 0 },
};

const struct maker maker_grub = { .segments = grub_segments, .notes = grub_notes };
