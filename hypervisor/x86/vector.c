/* SPDX-License-Identifier: MIT */
/* Who is called for an interrupt vector. */
#include <core/cpu.h>
#include <core/errno.h>
#include <core/lock.h>
#include <core/printk.h>
#include <x86/vector.h>
#include <x86/x86.h>

#define VECTOR_INT80 0x80

static struct handler {
	vector_fn fn;
	void *arg;
} handlers[256];
static struct spinlock vector_lock = SPINLOCK(LOCK_IRQ);

void vector_set(u8 vector, vector_fn fn, void *arg)
{
	handlers[vector].arg = arg;
	__atomic_store_n(&handlers[vector].fn, fn, __ATOMIC_RELEASE);
}

static int find_free(void)
{
	for (int v = VECTOR_FIRST_DYNAMIC; v <= VECTOR_LAST_DYNAMIC; v++)
		if (v != VECTOR_INT80 && !handlers[v].fn)
			return v;
	return -ENOSPC;
}

int vector_alloc(vector_fn fn, void *arg)
{
	int v;

	spin_lock(&vector_lock);
	v = find_free();
	if (v > 0)
		vector_set((u8)v, fn, arg);
	spin_unlock(&vector_lock);
	return v;
}

void vector_free(u8 vector)
{
	vector_set(vector, NULL, NULL);
}

void vector_dispatch(u8 vector)
{
	const struct handler *h = &handlers[vector];

	COUNT(this_cpu(), interrupts);
	if (likely(h->fn)) {
		h->fn(vector, h->arg);
		return;
	}
	pr_warn("CPU %u: interrupt on vector %x, which nobody has\n", this_cpu()->id, vector);
	lapic_eoi();
}
