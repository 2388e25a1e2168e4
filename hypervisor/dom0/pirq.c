/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts (PIRQs) of the hardware domain, dom0: a pin of an I/O APIC or a message, and
 * the event channel that it raises.
 *
 * An edge or a message is acknowledged at once. A level-triggered line is masked and acknowledged
 * when it comes, and unmasked by the guest's EOI: so the local APIC never waits for a guest. Which
 * PIRQs want an EOI stands in a page of bits that the guest may give.
 *
 * A line that comes more than STORM_LIMIT times in a window is masked for the rest of it, so that a
 * device gone mad costs the machine a bounded share of its time.
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/frame.h>
#include <x86/ioapic.h>
#include <pv/pagetable.h>
#include <core/printk.h>
#include <x86/vector.h>

#include "device.h"
#include "pirq.h"

#define STORM_WINDOW 10000000UL /* ns */
#define STORM_LIMIT  5000U

struct spinlock pirq_lock = SPINLOCK(LOCK_PIRQ);
struct pirq *pirqs[PIRQS_MAX];

/* The guest's page; NULL: none. */
static u8 *eoi_bits;

static struct pirq *find(u32 number)
{
	return number < PIRQS_MAX ? pirqs[nospec_index(number, PIRQS_MAX)] : NULL;
}

static void source_mask(struct pirq *p)
{
	if (p->kind == PIRQ_GSI)
		gsi_mask(p->gsi);
	else if (p->msi.fn)
		msi_source_mask(&p->msi);
}

static void source_unmask(struct pirq *p)
{
	if (p->waiting || p->throttled || !p->port)
		return;
	if (p->kind == PIRQ_GSI)
		gsi_unmask(p->gsi);
	else
		msi_source_unmask(&p->msi);
}

/* Coming in ----------------------------------------------------------------------------------- */

static void storm_over(struct timer *timer)
{
	struct pirq *p = container_of(timer, struct pirq, storm);

	spin_lock(&pirq_lock);
	p->throttled = false;
	p->count = 0;
	source_unmask(p);
	spin_unlock(&pirq_lock);
}

static void count_one(struct pirq *p)
{
	u64 now = time_now();

	if (now - p->window >= STORM_WINDOW) {
		p->window = now;
		p->count = 0;
	}
	if (++p->count < STORM_LIMIT || p->throttled)
		return;
	guest_printk(dom0, LOG_WARNING,
		     "interrupt storm on PIRQ %u: more than %u in 10 ms; held back\n", p->number,
		     STORM_LIMIT);
	p->throttled = true;
	source_mask(p);
	timer_set(&p->storm, p->window + STORM_WINDOW);
}

void pirq_interrupt(u8 vector, void *arg)
{
	struct pirq *p = arg;

	(void)vector;
	spin_lock(&pirq_lock);
	if (p->kind == PIRQ_GSI && gsi_is_level(p->gsi)) {
		gsi_mask(p->gsi);
		p->waiting = true;
	}
	lapic_eoi();
	if (p->port) {
		count_one(p);
		evtchn_send_pirq(dom0, p->port);
	}
	spin_unlock(&pirq_lock);
}

int pirq_eoi(u32 number)
{
	struct pirq *p;

	spin_lock(&pirq_lock);
	p = find(number);
	if (p && p->waiting) {
		p->waiting = false;
		source_unmask(p);
	}
	spin_unlock(&pirq_lock);
	return p ? 0 : -EINVAL;
}

/* The page of bits ---------------------------------------------------------------------------- */

static void eoi_bit(const struct pirq *p)
{
	if (!eoi_bits)
		return;
	if (p->port && p->kind == PIRQ_GSI && gsi_is_level(p->gsi))
		bit_set(p->number, eoi_bits);
	else
		bit_clear(p->number, eoi_bits);
}

int pirq_set_eoi_page(mfn_t mfn)
{
	int rc;

	rc = frame_get_type(dom0, mfn, FT_WRITABLE);
	if (rc)
		return rc;
	spin_lock(&pirq_lock);
	if (eoi_bits) {
		rc = -EBUSY;
	} else {
		eoi_bits = mfn_va(mfn);
		for (u32 i = 0; i < PIRQS_MAX; i++)
			if (pirqs[i])
				eoi_bit(pirqs[i]);
	}
	spin_unlock(&pirq_lock);
	if (rc) {
		frametype_put_writable(mfn_to_frame(mfn));
		frame_put(mfn_to_frame(mfn));
	}
	return rc;
}

/* Mapping ------------------------------------------------------------------------------------- */

static int free_number(void)
{
	for (u32 i = ioapic_gsi_count(); i < PIRQS_MAX; i++)
		if (!pirqs[i])
			return (int)i;
	return -ENOSPC;
}

int pirq_new(int number, enum pirq_kind kind, struct pirq **out)
{
	struct pirq *p;

	if (number < 0)
		number = free_number();
	if (number < 0)
		return number;
	p = find((u32)number);
	if (number >= (int)PIRQS_MAX)
		return -EINVAL;
	if (p && p->kind != PIRQ_RESERVED)
		return -EEXIST;
	if (!p)
		p = kalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->number = (u32)number;
	p->kind = kind;
	timer_init(&p->storm, storm_over);
	pirqs[number] = *out = p;
	return 0;
}

int pirq_reserve(u32 *number)
{
	struct pirq *p;
	int rc;

	spin_lock(&pirq_lock);
	rc = pirq_new(-1, PIRQ_RESERVED, &p);
	if (!rc)
		*number = p->number;
	spin_unlock(&pirq_lock);
	return rc;
}

int pirq_map_gsi(u32 gsi, int *number)
{
	u32 want = *number < 0 ? gsi : (u32)*number;
	struct pirq *p;
	int rc = 0;

	if (!gsi_exists(gsi))
		return -EINVAL;
	spin_lock(&pirq_lock);
	for (u32 i = 0; i < PIRQS_MAX; i++)
		if (pirqs[i] && pirqs[i]->kind == PIRQ_GSI && pirqs[i]->gsi == gsi && i != want)
			rc = -EEXIST;
	p = find(want);
	if (!rc && (!p || p->kind != PIRQ_GSI || p->gsi != gsi)) {
		rc = pirq_new((int)want, PIRQ_GSI, &p);
		if (!rc)
			p->gsi = gsi;
	}
	spin_unlock(&pirq_lock);
	if (!rc)
		*number = (int)want;
	return rc;
}

static void unbind(struct pirq *p)
{
	source_mask(p);
	timer_stop(&p->storm);
	p->port = 0;
	p->waiting = p->throttled = false;
	eoi_bit(p);
}

void pirq_drop(struct pirq *p)
{
	unbind(p);
	if (p->kind == PIRQ_MSI && p->msi.fn)
		msi_source_teardown(&p->msi);
	if (p->vector)
		vector_free(p->vector);
	pirqs[p->number] = NULL;
	kfree(p);
}

int pirq_unmap(u32 number)
{
	struct pirq *p;

	spin_lock(&pirq_lock);
	p = find(number);
	if (p)
		pirq_drop(p);
	spin_unlock(&pirq_lock);
	return p ? 0 : -EINVAL;
}

int pirq_status(u32 number, struct pirq_query *q)
{
	const struct pirq *p;

	spin_lock(&pirq_lock);
	p = find(number);
	if (p) {
		q->level = p->kind == PIRQ_GSI && gsi_is_level(p->gsi);
		q->bound = p->port;
	}
	spin_unlock(&pirq_lock);
	return p ? 0 : -EINVAL;
}

int pirq_setup_gsi(u32 gsi, bool level, bool active_low)
{
	if (!gsi_exists(gsi))
		return -EINVAL;
	if (gsi_is_hypervisors(gsi))
		return -EEXIST;
	spin_lock(&pirq_lock);
	gsi_set_mode(gsi, level, active_low);
	for (u32 i = 0; i < PIRQS_MAX; i++)
		if (pirqs[i] && pirqs[i]->kind == PIRQ_GSI && pirqs[i]->gsi == gsi)
			eoi_bit(pirqs[i]);
	spin_unlock(&pirq_lock);
	return 0;
}

/* Event channels ------------------------------------------------------------------------------ */

/* A GSI gets its vector when it is first bound and keeps it; a message has one from the start. */
static int connect(struct pirq *p)
{
	int vector;

	if (p->kind != PIRQ_GSI || p->vector)
		return 0;
	vector = vector_alloc(pirq_interrupt, p);
	if (vector < 0)
		return vector;
	p->vector = (u8)vector;
	gsi_route(p->gsi, p->vector);
	return 0;
}

int pirq_bind_port(u32 number, u32 port)
{
	struct pirq *p;
	int rc;

	spin_lock(&pirq_lock);
	p = find(number);
	if (!p || p->kind == PIRQ_RESERVED)
		rc = -EINVAL;
	else if (p->port || (p->kind == PIRQ_GSI && gsi_is_hypervisors(p->gsi)))
		rc = -EBUSY;
	else
		rc = connect(p);
	if (!rc) {
		p->port = port;
		eoi_bit(p);
		source_unmask(p);
	}
	spin_unlock(&pirq_lock);
	return rc;
}

void pirq_unbind_port(u32 number)
{
	struct pirq *p;

	spin_lock(&pirq_lock);
	p = find(number);
	if (p && p->port)
		unbind(p);
	spin_unlock(&pirq_lock);
}
