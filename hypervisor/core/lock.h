/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks and the order in which they are taken.
 *
 * The hypervisor runs with interrupts off, so a lock is never taken in an interrupt that its holder
 * was interrupted by. No lock is held across schedule(), a preempt point or an access to guest
 * memory by virtual address (which may fault: the fault handler takes none, but the access may be
 * long).
 *
 * Order (a lock is taken only while holding locks of smaller rank; debug builds check it on this
 * CPU):
 */
#ifndef PV_LOCK_H
#define PV_LOCK_H

#include <core/types.h>

enum lock_rank {
	LOCK_DOMCTL = 1, /* one control operation at a time */
	LOCK_DOMAIN_TABLE,
	LOCK_DOMAIN, /* a domain's life cycle, memory map, permissions; two: by domid */
	LOCK_MM,     /* a domain's page tables; two: by domid */
	LOCK_GRANT,  /* a domain's grant table; two: by domid */
	LOCK_PIRQ,
	LOCK_EVENT, /* a domain's event channels; two: by domid */
	LOCK_PAGES, /* a domain's page list and counts */
	LOCK_SCHED, /* a CPU's run queue */
	LOCK_TIMER,
	LOCK_IRQ,     /* interrupt controllers, vectors */
	LOCK_HEAP,    /* small objects */
	LOCK_HOSTMAP, /* the hypervisor's own mappings */
	LOCK_FRAME,   /* the frame allocator */
	LOCK_CONSOLE,
};

struct spinlock {
	u32 held; /* 0 free, 1 held */
	u32 rank;
};

#define SPINLOCK(r) ((struct spinlock){ 0, (r) })

static inline void spin_init(struct spinlock *l, enum lock_rank r)
{
	*l = SPINLOCK(r);
}

/* lock.c: waits; and the order check of debug builds. */
void spin_wait(struct spinlock *l);
#ifdef PV_DEBUG
void lock_note_taken(struct spinlock *l);
void lock_note_dropped(struct spinlock *l);
#else
static inline void lock_note_taken(struct spinlock *l)
{
	(void)l;
}
static inline void lock_note_dropped(struct spinlock *l)
{
	(void)l;
}
#endif

/* The fence keeps what the lock guards from being read speculatively before it is held (XSA-453).
 */
static inline void spin_lock(struct spinlock *l)
{
	if (unlikely(__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE)))
		spin_wait(l);
	__asm__ volatile("lfence" : : : "memory");
	lock_note_taken(l);
}

static inline void spin_unlock(struct spinlock *l)
{
	lock_note_dropped(l);
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

/* Both, in address-independent order: the one whose key is smaller first; a == b is taken once. */
void spin_lock_two(struct spinlock *a, u32 key_a, struct spinlock *b, u32 key_b);
void spin_unlock_two(struct spinlock *a, struct spinlock *b);

#endif /* PV_LOCK_H */
