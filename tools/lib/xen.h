/* SPDX-License-Identifier: MIT */
/*
 * xen.h - the hypervisor as the tools see it: a thin layer over the stable Xen libraries.
 *
 * One struct xen holds the privcmd and foreign-memory handles of this process. domctl and sysctl go
 * out as hypercalls of our own making at the interface version of the headers, which
 * xen_check_interface() compares with the hypervisor's before anything else is asked.
 *
 * Contract: int functions return 0 or a negative errno as the hypervisor or the kernel gave it;
 * pointers are NULL with errno set. Functions with a struct error fill it (see error.h). Every
 * function may be called from any thread; there is no lock to hold. Frame numbers are machine
 * frames of the named domain, memory sizes pages of 4 KiB, times nanoseconds.
 */
#ifndef TOOLS_LIB_XEN_H
#define TOOLS_LIB_XEN_H

#include <stdbool.h>
#include <stddef.h>

#include "pv_abi.h"

#include "error.h"

struct xen;

/* Opens /dev/xen/privcmd. Errors say what is missing: module, permission, or a kernel not on Xen.
 */
struct xen *xen_open(struct error *err);
void xen_close(struct xen *xen);

/* Compares the interface versions of sysctl and domctl; the error names both sides' numbers. */
int xen_check_interface(struct xen *xen, struct error *err);

/*
 * Raw calls for the files of this layer: arg is copied to memory that the hypervisor can reach, and
 * back. The 64-bit result of memory_op is why they return long: >= 0 or a negative errno.
 */
long xen_call(struct xen *xen, unsigned int op, uint64_t command, void *arg, size_t size);
int xen_domctl(struct xen *xen, struct xen_domctl *op);
int xen_sysctl(struct xen *xen, struct xen_sysctl *op);

/* Memory that hypercalls may name by address, zeroed; NULL with errno. */
void *xen_buffer_alloc(struct xen *xen, size_t size);
void xen_buffer_free(struct xen *xen, void *buffer);

/* --- xen_domain.c: domains --- */

struct xen_domain_spec {
	const uint8_t *uuid; /* 16 bytes */
	unsigned int vcpus;
	unsigned int max_grant_frames; /* 0: the default of 64 */
	unsigned int max_event_ports;  /* 0: the default of 1023 */
};

/* Creates a PV domain, paused, without memory. *domid receives its number. */
int xen_domain_create(struct xen *xen, const struct xen_domain_spec *spec, uint32_t *domid);

/* Kills a domain and waits until all that it had is given back, or until others' references hold
 * it. */
int xen_domain_destroy(struct xen *xen, uint32_t domid);

int xen_domain_pause(struct xen *xen, uint32_t domid);
int xen_domain_unpause(struct xen *xen, uint32_t domid);

/* -ESRCH when there is no domain of exactly this number. */
int xen_domain_info(struct xen *xen, uint32_t domid, struct xen_domctl_getdomaininfo *info);

/* Up to max domains with numbers from first on, ascending. Returns how many, or a negative errno.
 */
int xen_domain_list(struct xen *xen, uint32_t first, unsigned int max,
		    struct xen_domctl_getdomaininfo *list);

int xen_domain_set_max_pages(struct xen *xen, uint32_t domid, uint64_t pages);
int xen_domain_set_uuid(struct xen *xen, uint32_t domid, const uint8_t *uuid);

/* Fills the frame with the hypercall page's code. */
int xen_domain_init_hypercall_page(struct xen *xen, uint32_t domid, xen_pfn_t frame);

int xen_vcpu_set_context(struct xen *xen, uint32_t domid, uint32_t vcpu,
			 const struct vcpu_guest_context *context);

/* An event channel port of the domain that this domain may bind to. Returns the port. */
int xen_domain_alloc_port(struct xen *xen, uint32_t domid);

/* --- xen_memory.c: memory of domains --- */

/*
 * Gives the domain count extents of 2^order pages. frames holds the pseudo-physical numbers on
 * entry, the machine frames afterwards. Returns how many extents were given, or a negative errno.
 */
long xen_populate(struct xen *xen, uint32_t domid, unsigned int order, size_t count,
		  xen_pfn_t *frames);

/* Sets aside pages for a domain to be populated; 0 gives back what is left of a claim. */
int xen_claim_pages(struct xen *xen, uint32_t domid, uint64_t pages);

/* The memory map that the domain gets on request: one range of RAM from 0. */
int xen_set_memory_map(struct xen *xen, uint32_t domid, uint64_t bytes);

/* Maps count frames of the domain read-write, all or none. */
void *xen_map(struct xen *xen, uint32_t domid, size_t count, const xen_pfn_t *frames);
void xen_unmap(struct xen *xen, void *address, size_t count);

/* Validates and pins the frame as the domain's top-level page table. */
int xen_pin_l4(struct xen *xen, uint32_t domid, xen_pfn_t frame);

/* Lets dom0 map a frame of the domain through grant reference ref of its first grant frame. */
struct xen_grant {
	unsigned int ref;
	xen_pfn_t frame;
};
int xen_grant_to_dom0(struct xen *xen, uint32_t domid, const struct xen_grant *grants,
		      size_t count);

/* --- xen_host.c: the machine --- */

int xen_physinfo(struct xen *xen, struct xen_sysctl_physinfo *info);

/* Bytes that a new domain could get now. */
int xen_free_memory(struct xen *xen, uint64_t *bytes);
/* The words of the defences against speculation that are on (pv_abi.h). -ENOSYS on Xen, which does
 * not tell. */
int xen_defences(struct xen *xen, paravane_defences_t text);

/* The hypervisor's message ring as text, to be freed; NULL with errno. */
char *xen_read_console(struct xen *xen);

struct xen_version {
	unsigned int major, minor;
	char extra[XEN_EXTRAVERSION_LEN + 1]; /* "-paravane" or ".7" */
	char changeset[65];
	bool is_paravane;
};
int xen_version(struct xen *xen, struct xen_version *version);

#endif
