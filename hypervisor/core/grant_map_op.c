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
#include <pv/arch.h>
#include <pv/errno.h>
#include <pv/grant_table.h>
#include <pv/hypercall.h>

#define GROUP 8U

long hc_grant_table_op_map_grant_ref(gaddr_t ops, u64 count);
long hc_grant_table_op_unmap_grant_ref(gaddr_t ops, u64 count);
long hc_grant_table_op_unmap_and_replace(gaddr_t ops, u64 count);

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

/* The handle is taken but not valid until it has parts. */
static u32 handle_take(struct grant_table *t)
{
	u32 handle = MAP_NONE;

	spin_lock(&t->lock);
	if (likely(t->free_map != MAP_NONE) || !add_handles(t)) {
		handle = t->free_map;
		t->free_map = map_at(t, handle)->ref;
		map_at(t, handle)->flags = 0;
	}
	spin_unlock(&t->lock);
	return handle;
}

/* Lock held. */
static void handle_give(struct grant_table *t, u32 handle)
{
	struct grant_map *m = map_at(t, handle);

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

static int map_with_handle(struct domain *d, struct domain *rd, struct gnttab_map_grant_ref *op)
{
	struct grant_table *t = d->grants;
	u32 handle = handle_take(t);
	struct grant_map *m;
	mfn_t mfn;
	int rc;

	if (unlikely(handle == MAP_NONE))
		return GNTST_no_space;
	rc = map_parts(d, rd, op, &mfn);
	if (unlikely(rc)) {
		spin_lock(&t->lock);
		handle_give(t, handle);
		spin_unlock(&t->lock);
		return rc;
	}
	m = map_at(t, handle);
	m->ref = op->ref;
	m->granter = rd->id;
	__atomic_store_n(&m->flags, (u16)(op->flags & 0xff), __ATOMIC_RELEASE);
	op->handle = handle;
	op->dev_bus_addr = mfn_to_paddr(mfn);
	return GNTST_okay;
}

/* On success the reference to rd becomes the mapping's. */
static int map_one(struct domain *d, struct gnttab_map_grant_ref *op)
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

long hc_grant_table_op_map_grant_ref(gaddr_t ops, u64 count)
{
	struct domain *d = current->domain;
	struct gnttab_map_grant_ref op;

	for (u64 i = 0; i < count; i++) {
		if (unlikely(i && i % GROUP == 0 && preempt_point()))
			return hypercall_restart(GNTTABOP_map_grant_ref,
						 gaddr_add(ops, i * sizeof(op)).v, count - i, 0, 0);
		if (unlikely(guest_read_elem(&op, ops, i)))
			return -EFAULT;
		op.status = map_one(d, &op);
		if (unlikely(guest_write_elem(ops, i, &op)))
			return -EFAULT;
	}
	return 0;
}

/* One unmap on its way: what was claimed. */
struct unmap {
	u64 host_addr, dev_addr, new_addr;
	u32 handle;
	struct grant_map map; /* as it was */
	u16 parts;            /* claimed, then done */
	int status;
};

/* Claims the parts that are asked for and there. Lock held. */
static int claim_parts(struct grant_table *t, struct unmap *u)
{
	struct grant_map *m;

	if (unlikely(u->handle >= t->map_pages * MAPS_PER_PAGE))
		return GNTST_bad_handle;
	m = map_at(t, u->handle);
	if (unlikely(!(m->flags & MAP_PARTS) || m->flags & MAP_BUSY))
		return GNTST_bad_handle;
	u->map = *m;
	u->parts = m->flags &
		   ((u->host_addr ? GNTMAP_host_map : 0) | (u->dev_addr ? GNTMAP_device_map : 0));
	m->flags |= MAP_BUSY;
	return GNTST_okay;
}

static mfn_t mapped_frame(const struct grant_map *m)
{
	const struct grant_table *t = domain_by_id(m->granter)->grants;

	return MFN(t->active[m->ref / GRANTS_PER_FRAME][m->ref % GRANTS_PER_FRAME].mfn);
}

/* What could not be unmapped is not part of it any more. */
static void clear_entry(struct domain *d, struct unmap *u)
{
	mfn_t mfn = mapped_frame(&u->map);

	if (u->parts & GNTMAP_device_map && u->dev_addr != mfn_to_paddr(mfn)) {
		u->status = GNTST_bad_dev_addr;
		u->parts = 0;
		return;
	}
	if (!(u->parts & GNTMAP_host_map))
		return;
	u->status = arch_grant_unmap(d, u->host_addr, u->map.flags, mfn, u->new_addr);
	if (unlikely(u->status))
		u->parts &= ~GNTMAP_host_map;
}

static void begin_unmap(struct domain *d, struct unmap *u)
{
	u->parts = 0;
	u->map = (struct grant_map){ 0 };
	spin_lock(&d->grants->lock);
	u->status = claim_parts(d->grants, u);
	spin_unlock(&d->grants->lock);
	if (likely(!u->status))
		clear_entry(d, u);
	else
		u->handle = MAP_NONE;
}

static void drop_part(struct domain *rd, const struct grant_map *m, bool refs)
{
	bool write = writes(m->flags);

	if (refs)
		grant_refs_drop(mapped_frame(m), write);
	grant_unuse(rd, m->ref, write);
}

/* The rest of the parts stays; with none left the handle is free and lets its granter go. */
static void finish_unmap(struct domain *d, struct unmap *u)
{
	struct grant_table *t = d->grants;
	struct domain *rd;
	u16 left;

	if (unlikely(u->handle == MAP_NONE))
		return;
	rd = domain_by_id(u->map.granter);
	if (u->parts & GNTMAP_host_map)
		drop_part(rd, &u->map, true);
	if (u->parts & GNTMAP_device_map)
		drop_part(rd, &u->map, true);
	left = u->map.flags & ~u->parts;
	spin_lock(&t->lock);
	if (left & MAP_PARTS)
		map_at(t, u->handle)->flags = left;
	else
		handle_give(t, u->handle);
	spin_unlock(&t->lock);
	if (!(left & MAP_PARTS))
		domain_put(rd);
}

static void unmap_group(struct unmap *u, unsigned int n)
{
	struct domain *d = current->domain;

	for (unsigned int i = 0; i < n; i++)
		begin_unmap(d, &u[i]);
	/* All of it: one entry may be seen at many addresses, if its table is entered in several
	 * places. */
	tlb_flush_domain(d);
	for (unsigned int i = 0; i < n; i++)
		finish_unmap(d, &u[i]);
}

static int read_unmap(gaddr_t ops, u64 i, struct unmap *u)
{
	struct gnttab_unmap_grant_ref op;

	if (guest_read_elem(&op, ops, i))
		return -EFAULT;
	u->host_addr = op.host_addr;
	u->dev_addr = op.dev_bus_addr;
	u->new_addr = 0;
	u->handle = op.handle;
	return 0;
}

/* Without a new address it would be a plain unmap. */
static int read_replace(gaddr_t ops, u64 i, struct unmap *u)
{
	struct gnttab_unmap_and_replace op;

	if (guest_read_elem(&op, ops, i))
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
	int (*read)(gaddr_t ops, u64 i, struct unmap *u);
};

/* How many could be read into the group; fewer than n: the next one faulted. */
static unsigned int read_group(const struct unmap_kind *k, gaddr_t ops, u64 first, unsigned int n,
			       struct unmap *u)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (unlikely(k->read(ops, first + i, &u[i])))
			break;
	return i;
}

static int write_status(const struct unmap_kind *k, gaddr_t ops, u64 i, int status)
{
	return guest_write_u16(gaddr_add(ops, i * k->size + k->status_offset), (u16)status);
}

static long unmap_all(const struct unmap_kind *k, gaddr_t ops, u64 count)
{
	struct unmap group[GROUP];

	for (u64 i = 0; i < count; i += GROUP) {
		unsigned int n = (unsigned int)MIN(count - i, GROUP), got;

		if (unlikely(i && preempt_point()))
			return hypercall_restart(k->command, gaddr_add(ops, i * k->size).v,
						 count - i, 0, 0);
		got = read_group(k, ops, i, n, group);
		unmap_group(group, got);
		for (unsigned int j = 0; j < got; j++)
			if (unlikely(write_status(k, ops, i + j, group[j].status)))
				return -EFAULT;
		if (unlikely(got < n))
			return -EFAULT;
	}
	return 0;
}

long hc_grant_table_op_unmap_grant_ref(gaddr_t ops, u64 count)
{
	static const struct unmap_kind kind = { GNTTABOP_unmap_grant_ref,
						sizeof(struct gnttab_unmap_grant_ref),
						offsetof(struct gnttab_unmap_grant_ref, status),
						read_unmap };

	return unmap_all(&kind, ops, count);
}

long hc_grant_table_op_unmap_and_replace(gaddr_t ops, u64 count)
{
	static const struct unmap_kind kind = { GNTTABOP_unmap_and_replace,
						sizeof(struct gnttab_unmap_and_replace),
						offsetof(struct gnttab_unmap_and_replace, status),
						read_replace };

	return unmap_all(&kind, ops, count);
}

/* Teardown, after the page tables: the host parts' references went with their entries. */
static void release(struct grant_table *t, u32 handle)
{
	struct grant_map m = *map_at(t, handle);
	struct domain *rd;

	if (!(m.flags & MAP_PARTS))
		return;
	rd = domain_by_id(m.granter);
	if (m.flags & GNTMAP_host_map)
		drop_part(rd, &m, false);
	if (m.flags & GNTMAP_device_map)
		drop_part(rd, &m, true);
	map_at(t, handle)->flags = 0;
	domain_put(rd);
}

int grant_release_mappings(struct domain *d)
{
	struct grant_table *t = d->grants;

	for (; t->release_progress < t->map_pages * MAPS_PER_PAGE; t->release_progress++) {
		release(t, t->release_progress);
		if (t->release_progress % 64 == 63 && preempt_point()) {
			t->release_progress++;
			return -ERESTART;
		}
	}
	return 0;
}
