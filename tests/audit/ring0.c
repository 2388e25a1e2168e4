/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor that audits itself: linked in place of the plain one's call of domain_reap()
 * (--wrap), which every switch of vCPUs passes while no handler is in its middle and no lock is
 * held. At each domain's end and every AUDIT_EVERY switches it adds up what all frames, vCPUs and
 * grant tables of all domains hold, and panics at the first thing that does not fit.
 */
#include <core/grant_table.h>
#include <core/evtchn.h>
#include <core/printk.h>
#include <core/vcpu.h>

#include "audit.h"

#define AUDIT_EVERY 64

void __real_domain_reap(void);
void __wrap_domain_reap(void);

void audit_failed(const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	panic("audit: %s", what);
}

static void add_descriptors(const mfn_t *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!mfn_eq(list[i], MFN_NONE))
			audit_add(list[i], 1, 1);
}

static void add_vcpu(const struct vcpu *v)
{
	audit_roots(v);
	add_descriptors(v->arch.gdt, GDT_GUEST_PAGES);
	add_descriptors(v->arch.ldt, LDT_PAGES);
	if (v->info_page_mfn != ~0UL)
		audit_add(MFN(v->info_page_mfn), 1, 1);
}

/* A mapping for devices holds the frame by itself; one in a page table is held by the entry. */
static void add_mapping(const struct grant_map *m)
{
	if (m->flags & GNTMAP_device_map)
		audit_add(MFN(m->mfn), 1, !(m->flags & GNTMAP_readonly));
}

static void add_mappings(const struct grant_table *t)
{
	for (u32 i = 0; i < t->map_pages * MAPS_PER_PAGE; i++)
		add_mapping(&t->maps[i / MAPS_PER_PAGE][i % MAPS_PER_PAGE]);
}

/* Both ends of a channel say the same. */
static void check_port(struct domain *d, const struct evtchn *e)
{
	const struct evtchn *other;

	if (e->state != ECS_INTERDOMAIN)
		return;
	other = evtchn_find(e->u.interdomain.remote->events, e->u.interdomain.remote_port);
	if (!other || other->state != ECS_INTERDOMAIN || other->u.interdomain.remote != d ||
	    other->u.interdomain.remote_port != e->port)
		audit_failed("port %u of %u has no other end", e->port, d->id);
}

static void check_ports(struct domain *d)
{
	for (u32 port = 0; port < d->events->nr_ports; port++)
		check_port(d, evtchn_find(d->events, port));
}

static void add_domain(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpus[i])
			add_vcpu(d->vcpus[i]);
	add_mappings(d->grants);
	check_ports(d);
}

static void all_domains(void (*what)(struct domain *d))
{
	struct domain *d = domain_get_next(0), *next;

	for (; d; d = next) {
		what(d);
		next = domain_get_next(d->id + 1);
		domain_put(d);
	}
}

/* The domain whose references are counted, and how many others explain. */
static struct {
	const struct domain *domain;
	u32 refs;
} held;

/* A channel holds its other end, a mapping its granter. */
static void count_holds(struct domain *d)
{
	const struct grant_table *t = d->grants;

	for (u32 port = 0; port < d->events->nr_ports; port++) {
		const struct evtchn *e = evtchn_find(d->events, port);

		held.refs += e->state == ECS_INTERDOMAIN && e->u.interdomain.remote == held.domain;
	}
	for (u32 i = 0; i < t->map_pages * MAPS_PER_PAGE; i++) {
		const struct grant_map *m = &t->maps[i / MAPS_PER_PAGE][i % MAPS_PER_PAGE];

		held.refs += m->flags & MAP_PARTS && m->granter == held.domain;
	}
}

/* It is held by its life, by its pages, by others, and by all_domains. Who handles virtual
 * interrupts for dom0 is held too, which no guest that is audited does. */
static void check_holds(struct domain *d)
{
	u32 refs = d->refs - 1;

	held.domain = d;
	held.refs = (d->state != DOMAIN_DEAD) + !!(d->pages + d->shared_hv_pages);
	all_domains(count_holds);
	if (refs != held.refs)
		audit_failed("domain %u is held %u times, %u found", d->id, refs, held.refs);
}

static void for_each_owned(void (*what)(const struct frame *f))
{
	for (u64 m = 0; m <= max_mfn; m++) {
		const struct frame *f = mfn_valid(MFN(m)) ? mfn_to_frame(MFN(m)) : NULL;

		if (f && !(f->refs & FRAME_FREE) && FRAME_OWNER(f->refs) < DOMID_FIRST_RESERVED)
			what(f);
	}
}

/* No type and no reference outlives a frame's freeing, and the allocator knows of each. */
static void check_free(void)
{
	u64 free = 0;

	for (u64 m = 0; m <= max_mfn; m++) {
		const struct frame *f = mfn_valid(MFN(m)) ? mfn_to_frame(MFN(m)) : NULL;

		if (!f || !(f->refs & FRAME_FREE))
			continue;
		free++;
		if (f->refs & FRAME_COUNT_MASK || f->type || audit_tally[m].refs)
			audit_failed("free frame %lx: refs %lx type %lx, %d found", m, f->refs,
				     f->type, audit_tally[m].refs);
	}
	if (free != frame_free_count())
		audit_failed("%lu frames are free, %lu counted", free, frame_free_count());
}

static void audit(void)
{
	memset(audit_tally, 0, (max_mfn + 1) * sizeof(*audit_tally));
	all_domains(add_domain);
	all_domains(check_holds);
	for_each_owned(audit_frame);
	for_each_owned(audit_compare);
	check_free();
}

/* The tally is made before dom0 runs: no test may see the free memory change. */
static bool is_ready(void)
{
	unsigned int order = bit_last(max_mfn * sizeof(*audit_tally) / PAGE_SIZE) + 1;
	mfn_t mfn;

	if (audit_tally)
		return true;
	mfn = frame_alloc(order, FRAME_BELOW_ANY);
	if (mfn_eq(mfn, MFN_NONE))
		panic("audit: no memory");
	audit_tally = mfn_va(mfn);
	pr_info("audit: on\n");
	return false;
}

void __wrap_domain_reap(void)
{
	static unsigned int switches;
	u64 free = frame_free_count();

	__real_domain_reap();
	if (is_ready() && (free != frame_free_count() || ++switches % AUDIT_EVERY == 0))
		audit();
}
