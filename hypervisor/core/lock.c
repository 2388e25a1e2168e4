/* SPDX-License-Identifier: MIT */
/* Waiting for spinlocks, pairs of locks, and the order check of debug builds. */
#include <core/cpu.h>
#include <core/lock.h>
#include <core/printk.h>

/* Once other CPUs run, whoever waits here with interrupts off must also serve their shootdown
 * requests. */
void spin_wait(struct spinlock *l)
{
	do {
		while (__atomic_load_n(&l->held, __ATOMIC_RELAXED))
			__builtin_ia32_pause();
	} while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE));
}

void spin_lock_two(struct spinlock *a, u32 key_a, struct spinlock *b, u32 key_b)
{
	if (a == b) {
		spin_lock(a);
	} else if (key_a < key_b) {
		spin_lock(a);
		spin_lock(b);
	} else {
		spin_lock(b);
		spin_lock(a);
	}
}

void spin_unlock_two(struct spinlock *a, struct spinlock *b)
{
	spin_unlock(a);
	if (a != b)
		spin_unlock(b);
}

#ifdef PV_DEBUG
#define HELD_MAX 8

static struct held_locks {
	const struct spinlock *lock[HELD_MAX];
	unsigned int count;
} held_locks[NR_CPUS];

/* Equal ranks are a pair, taken by spin_lock_two. */
void lock_note_taken(struct spinlock *l)
{
	struct held_locks *h = &held_locks[this_cpu()->id];

	BUG_ON(h->count >= HELD_MAX);
	for (unsigned int i = 0; i < h->count; i++)
		if (h->lock[i]->rank > l->rank)
			panic("lock order: rank %u taken while holding rank %u", l->rank,
			      h->lock[i]->rank);
	h->lock[h->count++] = l;
}

void lock_note_dropped(struct spinlock *l)
{
	struct held_locks *h = &held_locks[this_cpu()->id];

	for (unsigned int i = 0; i < h->count; i++) {
		if (h->lock[i] == l) {
			h->lock[i] = h->lock[--h->count];
			return;
		}
	}
	panic("lock of rank %u dropped by a CPU that does not hold it", l->rank);
}
#endif
