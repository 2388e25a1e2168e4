/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: kernels. 'F' and bytes: they are the file. 'K' and triples of offset and value:
 * they are patched into a good ELF kernel, so that the fuzzer need not find one first. What the
 * readers accept is used as the builder uses it, and must hold what they promise.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <image/layout.h>

#include "../unit/kernel_maker.h"
#include "extract.h"
#include "image.h"

#define PAGES 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Loads the kernel as the builder does, into memory of just the span that was promised. */
static void load(const struct image *image)
{
	const struct elf_pv *pv = &image->pv;
	struct elf_segment segment;
	unsigned int cursor = 0;
	uint8_t *memory;

	if (pv->end - pv->start > (64u << 20))
		return;
	memory = malloc(pv->end - pv->start);
	while (memory && elf_next_segment(&image->elf, &cursor, &segment)) {
		uint8_t *to = memory + (segment.paddr - pv->paddr_offset - pv->start);

		memcpy(to, segment.data, segment.file_size);
		memset(to + segment.file_size, 0, segment.mem_size - segment.file_size);
	}
	free(memory);
}

static void check_area(const struct layout_area *area, uint64_t *next, uint64_t limit)
{
	if (!area->pages)
		return;
	if (area->pfn < *next || area->pages > limit - area->pfn)
		abort();
	*next = area->pfn + area->pages;
}

/* A plan that was accepted has its parts in order, apart and inside the domain. */
static void plan(const struct image *image, uint64_t initrd)
{
	struct layout_request request = {
		.pv = &image->pv,
		.total_pages = PAGES,
		.initrd_bytes = initrd,
		.rings = true,
	};
	struct layout layout;
	uint64_t next = 0;

	if (layout_plan(&layout, &request))
		return;
	check_area(&layout.kernel, &next, PAGES);
	if (layout.initrd_mapped)
		check_area(&layout.initrd, &next, PAGES);
	if (!layout.p2m_apart)
		check_area(&layout.p2m, &next, PAGES);
	check_area(&layout.info, &next, PAGES);
	check_area(&layout.store, &next, PAGES);
	check_area(&layout.console, &next, PAGES);
	check_area(&layout.tables, &next, PAGES);
	check_area(&layout.stack, &next, PAGES);
	if (!layout.initrd_mapped)
		check_area(&layout.initrd, &next, PAGES);
	if (layout.p2m_apart)
		check_area(&layout.p2m, &next, PAGES);
	check_area(&layout.p2m_tables, &next, PAGES);
}

/* What the unpacker's child does, in this process. */
static int extract_here(const uint8_t *file, size_t size, struct image *image, struct error *err)
{
	const struct extract_limits limits = { .domain = PAGES * 4096, .memory = 64u << 20 };
	int from = memfd_create("from", 0), to[EXTRACT_LAYERS], ret = -1;
	struct extract_report report;
	unsigned int i;

	for (i = 0; i < EXTRACT_LAYERS; i++)
		to[i] = memfd_create("to", 0);
	if (write(from, file, size) != (ssize_t)size)
		abort();
	extract(from, to, &limits, &report);
	if (report.verdict == EXTRACT_OK)
		ret = image_map(image, to[report.result], "/k", err);
	else
		error_set(err, ERROR_FAILED, "check", "verdict %d", report.verdict);
	for (i = 0; i < EXTRACT_LAYERS; i++)
		close(to[i]);
	close(from);
	return ret;
}

static void read_file(const uint8_t *file, size_t size)
{
	struct error err = ERROR_INIT;
	struct image image;

	if (extract_here(file, size, &image, &err)) {
		if (!error_is_set(&err))
			abort();
		return;
	}
	load(&image);
	plan(&image, 0);
	plan(&image, 100000);
	image_close(&image);
}

static void read_patched(const uint8_t *patches, size_t size)
{
	uint8_t *file = malloc(MAKER_BYTES);
	size_t length, i;

	if (!file)
		return;
	length = maker_write(size & 1 ? &maker_linux : &maker_grub, file);
	for (i = 0; i + 2 < size; i += 3) {
		size_t at = patches[i] | (size_t)patches[i + 1] << 8;

		/* The upper half of the offsets counts from the end, where the notes are. */
		at = at < 0x8000 ? at : length - 1 - (at & 0x7fff) % length;
		if (at < length)
			file[at] = patches[i + 2];
	}
	read_file(file, length);
	free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] == 'K')
		read_patched(data + 1, size - 1);
	else if (size > 1)
		read_file(data + 1, size - 1);
	return 0;
}
