/* SPDX-License-Identifier: MIT */
/* Reading start_info and the command line. */
#include <pv/hypercall.h>
#include <pv/mmu.h>
#include <pv/p2m.h>
#include <pv/start.h>
#include <pv/string.h>

#include "protect.h"

char pv_shared_page[PV_PAGE_SIZE] PV_PAGE_ALIGNED;

/* A page that the builder shared: it is in the linear map, named by its mfn. NULL if there is none.
 */
static void *shared_page(unsigned long mfn)
{
	unsigned long pfn = mfn ? pv_mfn_to_pfn(mfn) : PV_INVALID_PFN;

	return pfn == PV_INVALID_PFN ? NULL : pv_pfn_to_va(pfn);
}

/*
 * The builder places kernel, initrd, p2m, start_info, two pages, page tables and the boot stack in
 * this order, then pads: the page tables are followed by the one-page stack.
 */
static void memory_read(struct pv_start *start)
{
	const struct start_info *info = start->info;
	const uint64_t *root = (const uint64_t *)info->pt_base;
	unsigned long pfn = pv_va_to_pfn(root) + info->nr_pt_frames + 1;

	start->free_pfn = pfn;
	while (pfn < pv_p2m.nr_pfns) {
		const uint64_t *pte = pv_pte_find(root, pv_pfn_to_va(pfn), 1);

		if (!pte || !(*pte & PV_PTE_PRESENT))
			break;
		pfn++;
	}
	start->mapped_end = pfn;
}

int pv_start_read(struct pv_start *start, const struct start_info *info)
{
	int rc;

	memset(start, 0, sizeof(*start));
	start->info = info;
	start->shared = (struct shared_info *)pv_shared_page;
	start->dom0 = info->flags & SIF_INITDOMAIN;
	pv_p2m_init(info);
	rc = pv_map_set(pv_shared_page, info->shared_info | PV_PTE_DATA);
	if (rc)
		return rc;
	memory_read(start);
	rc = pv_linear_map_protect(start);
	if (rc)
		return rc;
	start->store_ring = shared_page(info->store_mfn);
	start->store_port = info->store_evtchn;
	if (!start->dom0) {
		start->console_ring = shared_page(info->console.domU.mfn);
		start->console_port = info->console.domU.evtchn;
	}
	return 0;
}

/* The text after `name` where it stands as a word or before "=", or NULL. */
static const char *word_find(const char *cmdline, const char *name)
{
	size_t length = strlen(name);

	while (*cmdline) {
		const char *end = cmdline;

		while (*end && *end != ' ')
			end++;
		if (!strncmp(cmdline, name, length) &&
		    (cmdline + length == end || cmdline[length] == '='))
			return cmdline + length;
		cmdline = *end ? end + 1 : end;
	}
	return NULL;
}

bool pv_arg_present(const char *cmdline, const char *name)
{
	const char *after = word_find(cmdline, name);

	return after && *after != '=';
}

int pv_arg_value(const char *cmdline, const char *name, char *buf, size_t size)
{
	const char *value = word_find(cmdline, name);
	size_t length = 0;

	if (!value || *value != '=')
		return -XEN_ENOENT;
	value++;
	while (value[length] && value[length] != ' ')
		length++;
	if (length >= size)
		return -XEN_E2BIG;
	memcpy(buf, value, length);
	buf[length] = 0;
	return (int)length;
}
