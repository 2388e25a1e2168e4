/* SPDX-License-Identifier: MIT */
/*
 * Machine frames: the frame table and the allocator. (frametype.h has the types.)
 *
 * Every frame of RAM has a struct frame. `refs` is one word, so that owner, flags and count are
 * read and changed together: a reference is taken with one compare-exchange that fails if the owner
 * is not the expected one or the count is zero.
 *
 *   refs:  bits 0-31 count | bits 32-47 owner | bits 48-63 FRAME_* flags
 *
 * A frame given to a domain starts with count 1, the reference that FRAME_ALLOCATED stands for: it
 * belongs to the domain's reservation and is dropped when the frame leaves it (decrease, exchange,
 * death). Whoever maps or types the frame holds one more each. When the count falls to zero the
 * frame leaves its owner's list, is zeroed and goes back to the allocator.
 *
 * Errors: 0 or -errno; functions that return a mfn answer MFN_NONE when there is no memory.
 */
#ifndef PV_FRAME_H
#define PV_FRAME_H

#include <core/errno.h>
#include <core/layout.h>
#include <core/lib.h>
#include <core/nospec.h>
#include <core/types.h>

struct domain;

struct frame {
	u64 refs;
	u64 type;       /* frametype.h */
	u32 next, prev; /* owner's frame list, or free list: mfns, FRAME_END ends */
	union {
		u32 partial; /* frametype.h: entries done of a partial (in)validation */
		u32 stamp; /* low word of tlb_clock() when its last type went, or when it was freed
			    */
	};
	u16 linear; /* L4: how many linear references it gives or takes */
	u8 order;   /* free: of the block that starts here */
	u8 cache;   /* FRAME_CACHE_*: the one cacheability it is mapped with */
};

#define FRAME_END         0xffffffffU
#define FRAME_COUNT_MASK  0xffffffffUL
#define FRAME_OWNER_SHIFT 32
#define FRAME_OWNER(refs) ((u16)((refs) >> FRAME_OWNER_SHIFT))
#define FRAME_ALLOCATED   (1UL << 48) /* in the owner's reservation */
#define FRAME_SHARED_HV \
	(1UL << 49) /* the hypervisor's, shown to its owner (shared info, grant frames) */
#define FRAME_FREE (1UL << 50) /* in the allocator */
#define FRAME_IO   (1UL << 51) /* reserved: never owned, never freed */
#define FRAME_RAM  (1UL << 52) /* set for good by frame_add_ram: there is such a frame */

/* Owners that are no domain (DOMID_XEN, DOMID_IO of xen/xen.h). */
#define OWNER_HV   0x7ff2
#define OWNER_IO   0x7ff1
#define OWNER_NONE 0xffff

enum { FRAME_CACHE_WB, FRAME_CACHE_UC, FRAME_CACHE_WC, FRAME_CACHE_WT, FRAME_CACHE_WP };

extern u64 max_mfn;      /* highest frame that has a struct frame */
extern u64 total_frames; /* frames of RAM */

/* The frame table has holes where RAM has: it is there for sections of 2^16 frames (256 MiB) that
 * hold some RAM. */
#define FRAME_SECTION_SHIFT 16
#define FRAME_SECTIONS      (1U << (27 - FRAME_SECTION_SHIFT)) /* 512 GiB */
#define FRAME_SIZE_SHIFT    5
extern u64 frame_sections[FRAME_SECTIONS / 64];
_Static_assert(sizeof(struct frame) << 27 == 1UL << 32 &&
		       sizeof(struct frame) == 1U << FRAME_SIZE_SHIFT,
	       "32 bits of an offset keep any number inside the table");

static inline u32 frame_offset(mfn_t mfn)
{
	return (u32)mfn.v << FRAME_SIZE_SHIFT;
}

static inline struct frame *mfn_to_frame(mfn_t mfn) /* mfn_valid(mfn) */
{
	return (struct frame *)(FRAME_TABLE_VIRT + frame_offset(mfn));
}

static inline bool frame_section_there(mfn_t mfn)
{
	return bit_test(frame_offset(mfn) >> (FRAME_SECTION_SHIFT + FRAME_SIZE_SHIFT),
			frame_sections);
}

/* Is there a struct frame (RAM)? The only gate between a guest's number and the frame table. */
static inline bool mfn_valid(mfn_t mfn)
{
	return mfn.v <= max_mfn && frame_section_there(mfn) && mfn_to_frame(mfn)->refs & FRAME_RAM;
}

/* frame_get by the owner's id, inline for the hottest paths. A frame of nobody or of no RAM has
 * count 0, or an owner that is no domain. The caller touches the frame's memory only behind a fence
 * (nospec.h): the compiler's compare-exchange has none. */
static inline int frame_get_owned(mfn_t mfn, u16 owner)
{
	struct frame *f = mfn_to_frame(mfn);
	bool done;
	u64 refs;

	if (unlikely(mfn.v > max_mfn || !frame_section_there(mfn)))
		return -EINVAL;
	refs = __atomic_load_n(&f->refs, __ATOMIC_RELAXED);
	do {
		/* count 0, or one that would overflow */
		if (unlikely(FRAME_OWNER(refs) != owner ||
			     (u32)refs - 1 >= (u32)FRAME_COUNT_MASK - 1))
			return -EINVAL;
		__asm__ volatile(NOSPEC_FENCED("lock cmpxchg %3, %1")
				 : "=@ccz"(done), "+m"(f->refs), "+a"(refs)
				 : "r"(refs + 1)
				 : "memory");
	} while (unlikely(!done));
	return 0;
}

static inline mfn_t frame_to_mfn(const struct frame *f)
{
	return MFN((u64)(f - (struct frame *)FRAME_TABLE_VIRT));
}

/* The hypervisor's own address of a frame of RAM. */
static inline void *mfn_va(mfn_t mfn)
{
	return (void *)(DIRECT_VIRT + (mfn.v << PAGE_SHIFT));
}

static inline mfn_t va_mfn(const void *va) /* an address in the direct map */
{
	return MFN(((u64)va - DIRECT_VIRT) >> PAGE_SHIFT);
}

/* An allocation says below which power of two its addresses must lie; one zone for each power of
 * two makes that a choice of zones, never a search. */
#define FRAME_BELOW_ANY 64
#define FRAME_MAX_ORDER 18

/* Boot, once for every range of RAM, before anything else here: the frame table of all sections
 * that [start, end) touches is mapped and was zeroed. The frames are the hypervisor's, count 1,
 * until frame_add_free gives them away. Sets max_mfn, total_frames. */
void frame_add_ram(mfn_t start, mfn_t end);
/* Hands RAM [start, end) to the allocator: after frame_add_ram, each frame once. */
void frame_add_free(mfn_t start, mfn_t end);
/* 2^order contiguous frames below 2^bits bytes, zeroed, owner OWNER_HV, count 1. From the top down.
 */
mfn_t frame_alloc(unsigned int order, unsigned int bits) MUST_CHECK;
/* Gives back what frame_alloc gave; the caller's is the only reference to each. */
void frame_free(mfn_t mfn, unsigned int order);
u64 frame_free_count(void);
u64 frame_free_below(unsigned int bits); /* free frames under 2^bits bytes */
/* A frame that was a guest's is given to another owner only after every CPU has flushed: the flush
 * is done in the allocation, and only if none happened since the frame was freed. */
/* Claims (XENMEM_claim_pages): frames promised to a domain are not given to another. */
int frame_claim(struct domain *d, u64 frames);
/* frame_alloc for one whom `claim` frames were promised, of any order: no lock is held, interrupts
 * are opened between pages. */
mfn_t frame_alloc_claimed(unsigned int order, unsigned int bits, u64 claim) MUST_CHECK;
/* The sum of all claims (frame_domain.c): -ENOMEM if that many frames are not free and unclaimed.
 */
int frame_claims_try(u64 frames);
void frame_claims_add(s64 frames);
/* May a CPU still hold a translation of this frame of no owner? Flushes it then. */
void frame_flush_stale(struct frame *f, unsigned int order);

/* One page of hypervisor memory (zeroed), or NULL. */
void *page_alloc(void);
void page_free(void *page);
/* Small objects: size <= 2 KiB from slabs, up to 1 MiB from frames. Zeroed. NULL if there is none.
 */
void *kalloc(size_t size) MUST_CHECK;
void kfree(void *p);

/* A domain's frames: `pages` counts all that it owns, until the last reference to each is gone; the
 * list holds its reservation (FRAME_ALLOCATED). While it owns any, the domain's struct and id stay.
 */
/* Domain memory ------------------------------------------------------------------------------- */

/* 2^order frames into d's reservation (FRAME_ALLOCATED, count 1, on d's list); MFN_NONE: no memory
 * or over d->max_pages. Takes LOCK_PAGES. */
mfn_t domain_frame_alloc(struct domain *d, unsigned int order, unsigned int bits) MUST_CHECK;
/* Takes the frame out of d's reservation and drops that reference. -EINVAL if it is not in it. */
int domain_frame_release(struct domain *d, struct frame *f);
/* A hypervisor page shown to d: FRAME_SHARED_HV, owner d, typed writable for good (never a page
 * table); the caller keeps one reference and drops it with frame_unshare. */
void frame_share(struct domain *d, void *page);
void frame_unshare(void *page);

/* A reference to a frame that is d's now. -EINVAL: not valid, not d's, or on its way out. */
int frame_get(mfn_t mfn, const struct domain *d) MUST_CHECK;
/* One more reference where the caller holds one already. -EBUSY if the count would overflow. */
int frame_get_more(struct frame *f) MUST_CHECK;
/* Drops one; at zero the frame is scrubbed and freed. */
void frame_put_last(struct frame *f); /* count is zero: the rest of frame_put */
static inline void frame_put(struct frame *f)
{
	if (unlikely(!__atomic_sub_fetch((u32 *)&f->refs, 1, __ATOMIC_ACQ_REL))) /* its low half */
		frame_put_last(f);
}
/* Takes a frame out of d's reservation for one who wants the frame itself (exchange): 0 only if it
 * is d's and nothing else refers to it; then it is owned by OWNER_HV, count 1, type none. Its place
 * in d->pages stays taken, for the frame that domain_frame_assign puts there: the same one, or
 * another. */
int frame_steal(struct domain *d, mfn_t mfn) MUST_CHECK;
/* Puts frames of the hypervisor into places that stolen ones left. -EINVAL: d is dying and gets
 * nothing any more; the frames and the places are free then. */
int domain_frame_assign(struct domain *d, mfn_t mfn, unsigned int order) MUST_CHECK;

#endif /* PV_FRAME_H */
