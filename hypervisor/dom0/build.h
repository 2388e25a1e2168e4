/* SPDX-License-Identifier: MIT */
/*
 * Building dom0 from the boot modules. Room dom0. Boot only: what is wrong with the kernel or with
 * memory ends in a panic that says so, since there is nobody else to tell.
 */
#ifndef PV_BUILD_H
#define PV_BUILD_H

#include <core/domain.h>
#include <image/elf.h>
#include <image/layout.h>
#include <core/types.h>

/* Creates dom0, loads kernel and initrd, starts vCPU 0. Gives the modules' memory back. */
void dom0_build(void);

/* A kernel image, unpacked: the ELF file inside an ELF file or a bzImage (gzip, xz, zstd). The
 * result is in frames of the hypervisor's, or in the image itself (order -1). NULL or what is
 * wrong, in words. */
struct unpacked {
	const void *elf;
	size_t size;
	mfn_t mem; /* valid if order >= 0 */
	int order;
};
const char *unpack_kernel(const void *image, size_t size, struct unpacked *out);

/* Fills one page with the hypercall stubs of the PV ABI. */
void hypercall_page_fill(void *page);

/* A new dom0 while it is built. */
struct dom0_plan {
	struct elf_image elf;
	struct elf_pv pv;
	struct domain *domain;
	u64 *p2m; /* of all its pages, hypervisor memory while building */
	struct layout layout;
};

/* dom0/build_tables.c: page tables for the plan; the machine address of the L4. */
paddr_t dom0_build_tables(const struct dom0_plan *p);
/* dom0/build_info.c: the start_info page. */
void dom0_write_start_info(const struct dom0_plan *p, const char *cmdline);

static inline void *dom0_page(const struct dom0_plan *p, u64 pfn)
{
	return (void *)(DIRECT_VIRT + (p->p2m[pfn] << PAGE_SHIFT));
}

/* x86/boot.c: the memory of boot module n goes to the allocator. */
void boot_module_free(unsigned int n);

#endif /* PV_BUILD_H */
