/* SPDX-License-Identifier: MIT */
/*
 * Start of day: what the builder hands over, in usable form.
 *
 * The library's entry point switches to a stack of its own (16 KiB), runs the constructors
 * (.init_array) and calls pv_main(), which the kernel supplies, with events masked and no traps
 * set. If pv_main() returns, the domain powers off. Destructors never run.
 *
 * Memory at that moment: pseudo-physical page 0 is at PV_VIRT_BASE, the kernel 1 MiB above, then
 * the initrd, the p2m list, start_info, store and console pages, page tables, boot stack, and at
 * least 512 KiB of mapped free memory. Frames beyond mapped_end belong to the domain, but are not
 * mapped.
 *
 * Statics: pv_shared_page (the page over which shared_info is mapped), the boot stack.
 */
#ifndef PV_START_H
#define PV_START_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Supplied by the kernel. */
void pv_main(const struct start_info *info);

struct pv_start {
	const struct start_info *info;
	struct shared_info *shared;             /* mapped by pv_start_read() */
	struct xencons_interface *console_ring; /* NULL in dom0 */
	evtchn_port_t console_port;
	struct xenstore_domain_interface *store_ring; /* NULL where there is none (dom0) */
	evtchn_port_t store_port;
	bool dom0;
	unsigned long free_pfn;   /* first page that the builder left unused ... */
	unsigned long mapped_end; /* ... and the end of what is mapped at PV_VIRT_BASE (pfns) */
};

/*
 * Fills *start, maps shared_info and protects what the builder mapped writable and executable:
 * from then on text and read-only data (.rodata) cannot be written, nothing up to mapped_end but
 * text can be executed, and the page below the boot stack is not mapped: a stack that outgrows its
 * 16 KiB ends the domain. Initialises the p2m module, on which this one rests. Errors: those of
 * update_va_mapping and mmu_update; what was protected until then stays so.
 */
int pv_start_read(struct pv_start *start, const struct start_info *info) PV_MUST_CHECK;

/* Is there a word `name` on the command line? [upcall] */
bool pv_arg_present(const char *cmdline, const char *name);

/*
 * Copies the value of the word `name=value` to buf (size bytes, always terminated) and returns its
 * length. -XEN_ENOENT: no such word; -XEN_E2BIG: it does not fit. [upcall]
 */
int pv_arg_value(const char *cmdline, const char *name, char *buf, size_t size) PV_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
