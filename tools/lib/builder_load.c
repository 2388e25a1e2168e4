/* SPDX-License-Identifier: MIT */
/* builder_load.c - copies kernel, initrd and the p2m table into the new domain. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builder_part.h"

/*
 * Segments are copied and their tails zeroed; what lies between them is left as the hypervisor gave
 * it, which is zeroes. elf_read_pv() has checked that every segment lies inside the kernel's span.
 */
static int load_kernel(struct builder *builder, struct xen *xen, struct error *err)
{
	const struct elf_pv *pv = &builder->image.pv;
	struct elf_segment segment;
	struct window window;
	unsigned int cursor = 0;
	int ret = window_open(&window, builder, xen, &builder->layout.kernel, err);

	if (ret)
		return ret;
	while (elf_next_segment(&builder->image.elf, &cursor, &segment)) {
		uint8_t *to = window.address +
			      (segment.paddr - pv->paddr_offset - (window.pfn << PAGE_SHIFT));

		memcpy(to, segment.data, segment.file_size);
		memset(to + segment.file_size, 0, segment.mem_size - segment.file_size);
	}
	window_close(&window, xen);
	if (!elf_has_note(pv, ELF_NOTE_HYPERCALL_PAGE))
		return 0;
	ret = xen_domain_init_hypercall_page(
		xen, builder->result.domid,
		builder->frames[(pv->hypercall_page - pv->virt_base) >> PAGE_SHIFT]);
	return ret ? builder_fail(err, "filling the hypercall page", ret) : 0;
}

/* What is read of an initrd at once. */
#define INITRD_BLOCK (1u << 20)

/*
 * Copies the file into the domain, by way of `block`: a read into foreign memory itself fails with
 * EFAULT on file systems that hand the pages on (9p). The file's size was taken when it was
 * checked.
 */
static int copy_initrd(struct builder *builder, uint8_t *to, uint8_t *block, struct error *err)
{
	uint64_t bytes = builder->layout.initrd_bytes, done = 0;
	int ret = 0;

	while (!ret && done < bytes) {
		uint64_t left = bytes - done;
		ssize_t n = pread(builder->spec.initrd_fd, block,
				  left < INITRD_BLOCK ? left : INITRD_BLOCK, (off_t)done);

		if (n > 0) {
			memcpy(to + done, block, (size_t)n);
			done += (uint64_t)n;
		} else if (!n) {
			ret = error_set(err, ERROR_FAILED, "build",
					"initrd '%s': it shrank while it was read",
					builder->spec.initrd_path);
		} else if (errno != EINTR) {
			ret = error_set(err, ERROR_FAILED, "build", "initrd '%s': %s",
					builder->spec.initrd_path, strerror(errno));
		}
		if (!ret)
			ret = builder_was_cancelled(builder, err);
	}
	return ret;
}

static int load_initrd(struct builder *builder, struct xen *xen, struct error *err)
{
	struct window window;
	uint8_t *block = malloc(INITRD_BLOCK);
	int ret;

	if (!block)
		return error_set(err, ERROR_FAILED, "build", "out of memory");
	ret = window_open(&window, builder, xen, &builder->layout.initrd, err);
	if (!ret)
		ret = copy_initrd(builder, window.address, block, err);
	window_close(&window, xen);
	free(block);
	return ret;
}

static int load_p2m(struct builder *builder, struct xen *xen, struct error *err)
{
	const struct layout *layout = &builder->layout;
	uint64_t used = layout->total_pages * sizeof(*builder->frames);
	struct window window;
	int ret = window_open(&window, builder, xen, &layout->p2m, err);

	if (ret)
		return ret;
	memcpy(window.address, builder->frames, used);
	/* What is left of the last page names no frame. */
	memset(window.address + used, 0xff, (layout->p2m.pages << PAGE_SHIFT) - used);
	window_close(&window, xen);
	return 0;
}

int builder_load(struct builder *builder, struct xen *xen, struct error *err)
{
	int ret = load_kernel(builder, xen, err);

	if (!ret)
		ret = load_initrd(builder, xen, err);
	if (!ret)
		ret = load_p2m(builder, xen, err);
	return ret;
}
