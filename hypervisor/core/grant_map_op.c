/* SPDX-License-Identifier: MIT */
/*
 * Mapping and unmapping grants.
 *
 * A mapping has up to two parts: one in the mapper's page tables (host) and one for devices, which
 * here is only an address, since there is no IOMMU. Each part is a use of the entry with references
 * of its own. Those of the host part belong to the page-table entry: who clears it by an unmap
 * drops them here, who clears it otherwise drops them there, and the handle then only stands for
 * the use. Those of the device part belong to the handle.
 *
 * An unmap goes: claim the parts, clear the entry, flush, drop references, tell the granter
 * (XSA-218). One flush serves a group of unmaps.
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/grant_table.h>
#include <core/hypercall.h>

#define GROUP                    8U
#define NOINLINE                 __attribute__((noinline))
#define ALWAYS                   inline __attribute__((always_inline))
#define MEMBER(at, type, member) gaddr_add(at, offsetof(type, member))

static struct grant_map *map_at(const struct grant_table *t, u32 handle)
{
	return &t->maps[handle / MAPS_PER_PAGE][handle % MAPS_PER_PAGE];
}

/* Lock held: one page more of handles. */
static int add_handles(struct grant_table *t)
{
	u32 first = t->map_pages * MAPS_PER_PAGE;
	struct grant_map *page;

	if (t->map_pages >= t->max_map_pages)
		return -ENOSPC;
	if (!t->maps)
		t->maps = kalloc(t->max_map_pages * sizeof(*t->maps));
	page = t->maps ? page_alloc() : NULL;
	if (!page)
		return -ENOMEM;
	for (u32 i = 0; i < MAPS_PER_PAGE; i++)
		page[i].ref = i + 1 < MAPS_PER_PAGE ? first + i + 1 : MAP_NONE;
	t->maps[t->map_pages++] = page;
	t->free_map = first;
	return 0;
}

int grant_map_reserve(struct domain *d)
{
	struct grant_table *t = d->grants;
	int rc;

	spin_lock(&t->lock);
	rc = t->map_pages ? 0 : add_handles(t);
	spin_unlock(&t->lock);
	return rc;
}

/* The handle is taken but not valid until it has parts. NULL: none left. */
static inline struct grant_map *handle_take(struct grant_table *t, u32 *handle)
{
	struct grant_map *m = NULL;

	spin_lock(&t->lock);
	if (likely(t->free_map != MAP_NONE) || !add_handles(t)) {
		*handle = t->free_map;
		m = map_at(t, *handle);
		t->free_map = m->ref;
	}
	spin_unlock(&t->lock);
	return m;
}

/* Lock held. */
static inline void handle_give(struct grant_table *t, struct grant_map *m, u32 handle)
{
	m->flags = 0;
	m->ref = t->free_map;
	t->free_map = handle;
}

static bool writes(u32 flags)
{
	return !(flags & GNTMAP_readonly);
}

static int map_parts(struct domain *d, struct domain *rd, struct gnttab_map_grant_ref *op,
		     mfn_t *mfn)
{
	bool write = writes(op->flags);
	int rc;

	if (op->flags & GNTMAP_device_map) {
		rc = grant_use(rd, op->ref, d->id, write, mfn);
		if (rc)
			return rc;
	}
	if (!(op->flags & GNTMAP_host_map))
		return GNTST_okay;
	rc = grant_use(rd, op->ref, d->id, write, mfn);
	if (likely(!rc)) {
		rc = arch_grant_map(d, op->host_addr, op->flags, *mfn);
		if (likely(!rc))
			return GNTST_okay;
		grant_refs_drop(*mfn, write);
		grant_unuse(rd, op->ref, write);
	}
	if (op->flags & GNTMAP_device_map) {
		grant_refs_drop(*mfn, write);
		grant_unuse(rd, op->ref, write);
	}
	return rc;
}

static int check_flags(u32 flags)
{
	if (unlikely(!(flags & MAP_PARTS)))
		return GNTST_bad_gntref;
	if (unlikely(flags & (GNTMAP_application_map | GNTMAP_contains_pte) &&
		     !(flags & GNTMAP_host_map)))
		return GNTST_bad_gntref;
	return GNTST_okay;
}

static inline int map_with_handle(struct domain *d, struct domain *rd,
				  struct gnttab_map_grant_ref *op)
{
	struct grant_table *t = d->grants;
	u32 handle;
	struct grant_map *m = handle_take(t, &handle);
	mfn_t mfn;
	int rc;

	if (unlikely(!m))
		return GNTST_no_space;
	rc = map_parts(d, rd, op, &mfn);
	if (unlikely(rc)) {
		spin_lock(&t->lock);
		handle_give(t, m, handle);
		spin_unlock(&t->lock);
		return rc;
	}
	m->ref = op->ref;
	m->mfn = (u32)mfn.v;
	m->granter = rd;
	__atomic_store_n(&m->flags, (u16)(op->flags & MAP_FLAGS), __ATOMIC_RELEASE);
	op->handle = handle;
	op->dev_bus_addr = mfn_to_paddr(mfn);
	return GNTST_okay;
}

/* On success the reference to rd becomes the mapping's. */
static inline int map_one(struct domain *d, struct gnttab_map_grant_ref *op)
{
	struct domain *rd;
	int rc = check_flags(op->flags);

	if (unlikely(rc))
		return rc;
	rd = domain_get(op->dom);
	if (unlikely(!rd))
		return GNTST_bad_domain;
	rc = map_with_handle(d, rd, op);
	if (unlikely(rc))
		domain_put(rd);
	return rc;
}

/* Reads what it needs of an operation, and writes all that it answers. */
static ALWAYS int map_at_guest(struct domain *d, gaddr_t at)
{
	struct gnttab_map_grant_ref op;

	guest_open();
	guest_get(op.host_addr, MEMBER(at, struct gnttab_map_grant_ref, host_addr), fault);
	guest_get(op.flags, MEMBER(at, struct gnttab_map_grant_ref, flags), fault);
	guest_get(op.ref, MEMBER(at, struct gnttab_map_grant_ref, ref), fault);
	guest_get(op.dom, MEMBER(at, struct gnttab_map_grant_ref, dom), fault);
	guest_close();
	op.handle = MAP_NONE;
	op.dev_bus_addr = 0;
	op.status = map_one(d, &op);
	guest_open();
	guest_put(MEMBER(at, struct gnttab_map_grant_ref, status), op.status, fault);
	guest_put(MEMBER(at, struct gnttab_map_grant_ref, handle), op.handle, fault);
	guest_put(MEMBER(at, struct gnttab_map_grant_ref, dev_bus_addr), op.dev_bus_addr, fault);
	guest_close();
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

static NOINLINE long map_many(struct domain *d, gaddr_t ops, u64 count)
{
	for (u64 left = count; left; left--) {
		if (preempt_due())
			return hypercall_restart(GNTTABOP_map_grant_ref, ops.v, left, 0, 0);
		budget_use(BUDGET_CALL);
		if (unlikely(map_at_guest(d, ops)))
			return -EFAULT;
		ops = gaddr_add(ops, sizeof(struct gnttab_map_grant_ref));
	}
	return 0;
}

long hc_grant_table_op_map_grant_ref(gaddr_t ops, u64 count)
{
	struct domain *d = current->domain;

	if (unlikely(!guest_range_ok(ops, count * sizeof(struct gnttab_map_grant_ref))))
		return -EFAULT;
	return likely(count == 1) ? map_at_guest(d, ops) : map_many(d, ops, count);
}

/* One unmap on its way: what was claimed. The handle is busy meanwhile, so its record stays. */
struct unmap {
	u64 host_addr, dev_addr, new_addr;
	struct grant_map *map; /* NULL: nothing was claimed */
	u32 handle;
	u16 parts; /* claimed, then done */
	int16_t status;
};

/* Claims the parts that are asked for and there. Lock held. */
static inline int claim_parts(struct grant_table *t, struct unmap *u)
{
	struct grant_map *m;

	if (unlikely(u->handle >= t->map_pages * MAPS_PER_PAGE))
		return GNTST_bad_handle;
	m = map_at(t, (u32)nospec_index(u->handle, t->map_pages * MAPS_PER_PAGE));
	if (unlikely(!(m->flags & MAP_PARTS) || m->flags & MAP_BUSY))
		return GNTST_bad_handle;
	u->parts = m->flags &
		   ((u->host_addr ? GNTMAP_host_map : 0) | (u->dev_addr ? GNTMAP_device_map : 0));
	m->flags |= MAP_BUSY;
	u->map = m;
	return GNTST_okay;
}

/* What could not be unmapped is not part of it any more. */
static inline int clear_entry(struct domain *d, struct unmap *u)
{
	mfn_t mfn = MFN(u->map->mfn);
	int rc;

	if (unlikely(u->parts & GNTMAP_device_map && u->dev_addr != mfn_to_paddr(mfn))) {
		u->parts = 0;
		return GNTST_bad_dev_addr;
	}
	if (unlikely(!(u->parts & GNTMAP_host_map)))
		return GNTST_okay;
	rc = arch_grant_unmap(d, u->host_addr, u->map->flags & MAP_FLAGS, mfn, u->new_addr);
	if (unlikely(rc))
		u->parts &= ~GNTMAP_host_map;
	return rc;
}

static ALWAYS void begin_unmap(struct domain *d, struct unmap *u)
{
	u->map = NULL;
	spin_lock(&d->grants->lock);
	u->status = (int16_t)claim_parts(d->grants, u);
	spin_unlock(&d->grants->lock);
	if (likely(u->map))
		u->status = (int16_t)clear_entry(d, u);
}

static inline void drop_part(const struct grant_map *m, bool refs)
{
	bool write = writes(m->flags);

	if (refs)
		grant_refs_drop(MFN(m->mfn), write);
	grant_unuse(m->granter, m->ref, write);
}

/* The rest of the parts stays; with none left the handle is free and lets its granter go. */
static ALWAYS void finish_unmap(struct domain *d, struct unmap *u)
{
	struct grant_table *t = d->grants;
	struct grant_map *m = u->map;
	struct domain *granter;
	u16 left;

	if (unlikely(!m))
		return;
	if (likely(u->parts & GNTMAP_host_map))
		drop_part(m, true);
	if (unlikely(u->parts & GNTMAP_device_map))
		drop_part(m, true);
	granter = m->granter;
	left = m->flags & MAP_FLAGS & ~u->parts;
	spin_lock(&t->lock);
	if (unlikely(left & MAP_PARTS))
		m->flags = left;
	else
		handle_give(t, m, u->handle);
	spin_unlock(&t->lock);
	if (likely(!(left & MAP_PARTS)))
		domain_put(granter);
}

/* The flush is of all addresses: one entry may be seen at many, if its table is entered in several
 * places. */
static NOINLINE void unmap_group(struct unmap *u, unsigned int n)
{
	struct domain *d = current->domain;

	for (unsigned int i = 0; i < n; i++)
		begin_unmap(d, &u[i]);
	tlb_flush_domain(d);
	for (unsigned int i = 0; i < n; i++)
		finish_unmap(d, &u[i]);
}

static ALWAYS int read_unmap(gaddr_t at, struct unmap *u)
{
	guest_open();
	guest_get(u->host_addr, MEMBER(at, struct gnttab_unmap_grant_ref, host_addr), fault);
	guest_get(u->dev_addr, MEMBER(at, struct gnttab_unmap_grant_ref, dev_bus_addr), fault);
	guest_get(u->handle, MEMBER(at, struct gnttab_unmap_grant_ref, handle), fault);
	guest_close();
	u->new_addr = 0;
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

/* Without a new address it would be a plain unmap. */
static int read_replace(gaddr_t at, struct unmap *u)
{
	struct gnttab_unmap_and_replace op;

	if (guest_read(&op, at, sizeof(op)))
		return -EFAULT;
	u->host_addr = op.host_addr;
	u->dev_addr = 0;
	u->new_addr = op.new_addr;
	u->handle = op.new_addr && op.host_addr ? op.handle : MAP_NONE;
	return 0;
}

struct unmap_kind {
	u32 command;
	u32 size, status_offset;
	int (*read)(gaddr_t at, struct unmap *u);
};

static ALWAYS int write_status(const struct unmap_kind *k, gaddr_t at, const struct unmap *u)
{
	guest_open();
	guest_put(gaddr_add(at, k->status_offset), u->status, fault);
	guest_close();
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

/* The usual case, without a group. */
static ALWAYS int unmap_one(const struct unmap_kind *k, gaddr_t at)
{
	struct domain *d = current->domain;
	struct unmap u;

	if (unlikely(k->read(at, &u)))
		return -EFAULT;
	begin_unmap(d, &u);
	tlb_flush_domain(d);
	finish_unmap(d, &u);
	return write_status(k, at, &u);
}

/* One group; -EFAULT after all that could be read is done. */
static NOINLINE int unmap_some(const struct unmap_kind *k, gaddr_t at, unsigned int n)
{
	struct unmap group[GROUP];
	unsigned int got = 0;
	int rc = 0;

	while (got < n && !k->read(gaddr_add(at, got * k->size), &group[got]))
		got++;
	unmap_group(group, got);
	for (unsigned int i = 0; i < got; i++)
		rc |= write_status(k, gaddr_add(at, i * k->size), &group[i]);
	return rc || got < n ? -EFAULT : 0;
}

static long unmap_many(const struct unmap_kind *k, gaddr_t ops, u64 count)
{
	for (u64 left = count; left;) {
		unsigned int n = (unsigned int)MIN(left, GROUP);

		if (preempt_due())
			return hypercall_restart(k->command, ops.v, left, 0, 0);
		budget_use(n * BUDGET_CALL);
		if (unmap_some(k, ops, n))
			return -EFAULT;
		ops = gaddr_add(ops, n * k->size);
		left -= n;
	}
	return 0;
}

static ALWAYS long unmap_all(const struct unmap_kind *k, gaddr_t ops, u64 count)
{
	if (unlikely(!guest_range_ok(ops, count * k->size)))
		return -EFAULT;
	return likely(count == 1) ? unmap_one(k, ops) : unmap_many(k, ops, count);
}

long hc_grant_table_op_unmap_grant_ref(gaddr_t ops, u64 count)
{
	static const struct unmap_kind kind = {
		.command = GNTTABOP_unmap_grant_ref,
		.size = sizeof(struct gnttab_unmap_grant_ref),
		.status_offset = offsetof(struct gnttab_unmap_grant_ref, status),
		.read = read_unmap,
	};

	return unmap_all(&kind, ops, count);
}

long hc_grant_table_op_unmap_and_replace(gaddr_t ops, u64 count)
{
	static const struct unmap_kind kind = {
		.command = GNTTABOP_unmap_and_replace,
		.size = sizeof(struct gnttab_unmap_and_replace),
		.status_offset = offsetof(struct gnttab_unmap_and_replace, status),
		.read = read_replace,
	};

	return unmap_all(&kind, ops, count);
}

/* Teardown, after the page tables: the host parts' references went with their entries. */
static void release(struct grant_table *t, u32 handle)
{
	struct grant_map m = *map_at(t, handle);

	if (!(m.flags & MAP_PARTS))
		return;
	if (m.flags & GNTMAP_host_map)
		drop_part(&m, false);
	if (m.flags & GNTMAP_device_map)
		drop_part(&m, true);
	map_at(t, handle)->flags = 0;
	domain_put(m.granter);
}

int grant_release_mappings(struct domain *d)
{
	struct grant_table *t = d->grants;

	for (; t->release_progress < t->map_pages * MAPS_PER_PAGE; t->release_progress++) {
		release(t, t->release_progress);
		budget_use(BUDGET_CALL);
		if (preempt_due()) {
			t->release_progress++;
			return -ERESTART;
		}
	}
	return 0;
}
