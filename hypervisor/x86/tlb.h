/* SPDX-License-Identifier: MIT */
/* Translations and caches: what the guest kind needs beside core/arch.h. */
#ifndef X86_TLB_H
#define X86_TLB_H

#include <core/domain.h>

void tlb_flush_page_local(u64 va); /* one, canonical guest address */
void tlb_flush_page_domain(struct domain *d, u64 va);
void cache_flush_all(void); /* this CPU's whole cache */

#endif /* X86_TLB_H */
