/* SPDX-License-Identifier: MIT */
/*
 * Page tables: looking entries up, changing them, building missing levels.
 *
 * Entries hold machine frames. Tables are read-only to the kernel and changed through the
 * hypervisor, which checks each entry. All tables must lie in the linear map (p2m.h), where this
 * module reads them. Kernel and user code share ring 3: the hypervisor adds PV_PTE_USER everywhere.
 */
#ifndef PV_MMU_H
#define PV_MMU_H

#include <pv/types.h>
#include <pv/p2m.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PV_PTE_PRESENT  0x001ULL
#define PV_PTE_RW       0x002ULL
#define PV_PTE_USER     0x004ULL
#define PV_PTE_PWT      0x008ULL
#define PV_PTE_PCD      0x010ULL
#define PV_PTE_ACCESSED 0x020ULL
#define PV_PTE_DIRTY    0x040ULL
#define PV_PTE_PSE      0x080ULL /* in L1 entries: PAT */
#define PV_PTE_GLOBAL   0x100ULL
#define PV_PTE_NX       (1ULL << 63)
#define PV_PTE_ADDRESS  0x000ffffffffff000ULL

/* Ordinary mappings: what can be written cannot be executed. PV_PTE_TABLE points to a table. */
#define PV_PTE_TEXT  (PV_PTE_PRESENT | PV_PTE_ACCESSED | PV_PTE_USER)
#define PV_PTE_RO    (PV_PTE_TEXT | PV_PTE_NX)
#define PV_PTE_DATA  (PV_PTE_RO | PV_PTE_RW | PV_PTE_DIRTY)
#define PV_PTE_TABLE (PV_PTE_TEXT | PV_PTE_RW | PV_PTE_DIRTY)

/* The entry that maps a frame. [upcall] */
static inline uint64_t pv_pte(unsigned long mfn, uint64_t flags)
{
	return (uint64_t)mfn << PV_PAGE_SHIFT | flags;
}

static inline unsigned long pv_pte_mfn(uint64_t pte)
{
	return (pte & PV_PTE_ADDRESS) >> PV_PAGE_SHIFT;
}

/* The index of va in its table of the given level, 1 to 4. */
static inline unsigned int pv_pte_index(const void *va, unsigned int level)
{
	return (unsigned long)va >> (PV_PAGE_SHIFT + 9 * (level - 1)) & 511;
}

/* Where new tables come from: a zeroed page of the linear map, mapped writable, or NULL. */
struct pv_page_source {
	void *(*take)(void *arg);
	void *arg;
};

/*
 * The entry of the given level (1 to 4) for va, under the L4 table at `root` (start_info.pt_base
 * for the first one). NULL: a level above it is not present. Read-only: change it by pv_pte_set().
 * [upcall]
 */
const uint64_t *pv_pte_find(const uint64_t *root, const void *va, unsigned int level);

/* Changes one entry, of any level. No flush. [upcall] Errors: those of mmu_update. */
int pv_pte_set(const uint64_t *entry, uint64_t value) PV_MUST_CHECK;

/*
 * Changes the L1 entry of va in the current tables and flushes va on this CPU. Its table must be
 * there. [upcall] Errors: those of update_va_mapping.
 */
int pv_map_set(const void *va, uint64_t pte) PV_MUST_CHECK;

/*
 * Changes how the page at va of the linear map is mapped there: flags with its own frame. [upcall]
 * Errors: those of update_va_mapping.
 */
int pv_page_protect(const void *va, uint64_t flags) PV_MUST_CHECK;

/*
 * Maps va under `root`, building the tables that are missing from `source`, and flushes va.
 * -XEN_ENOMEM: the source is empty; else errors of the hypervisor. Tables already built stay.
 */
int pv_map_page(const uint64_t *root, const void *va, uint64_t pte,
		const struct pv_page_source *source) PV_MUST_CHECK;

/*
 * One mmuext operation (MMUEXT_PIN_L4_TABLE, MMUEXT_NEW_BASEPTR, MMUEXT_TLB_FLUSH_LOCAL ...) on a
 * frame or address. [upcall] Errors: those of mmuext_op.
 */
int pv_mmuext(unsigned int command, unsigned long argument) PV_MUST_CHECK;

/* Flushes this CPU's translations of the current tables. Cannot fail. [upcall] */
void pv_tlb_flush(void);

#ifdef __cplusplus
}
#endif

#endif
