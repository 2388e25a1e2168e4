/* SPDX-License-Identifier: MIT */
/* The CPU's caches, made to agree with memory. CLFLUSH is of every CPU with long mode; lines are 64
 * bytes. */
#include <core/arch.h>
#include <x86/tlb.h>

#define LINE 64

void cache_flush_page(const void *va)
{
	const char *p = va;

	for (unsigned int i = 0; i < PAGE_SIZE; i += LINE)
		__asm__ volatile("clflush %0" : : "m"(p[i]) : "memory");
	__asm__ volatile("mfence" : : : "memory");
}

void cache_flush_all(void)
{
	__asm__ volatile("wbinvd" : : : "memory");
}
