/* SPDX-License-Identifier: MIT */
/* Grant tables: the table itself, and the use of an entry. */
#include <core/budget.h>
#include <core/errno.h>
#include <core/frametype.h>
#include <core/grant_table.h>
#include <core/lib.h>

#define CHANGE_TRIES 8 /* of an entry that its domain keeps changing under us */

int grant_init(struct domain *d, u32 max_frames, u32 max_maptrack)
{
	struct grant_table *t = kalloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	spin_init(&t->lock, LOCK_GRANT);
	t->max_frames = max_frames;
	t->max_map_pages = max_maptrack;
	t->free_map = MAP_NONE;
	d->grants = t;
	t->shared = kalloc(max_frames * sizeof(*t->shared));
	t->active = kalloc(max_frames * sizeof(*t->active));
	if (!t->shared || !t->active)
		return -ENOMEM; /* grant_free has the rest */
	return max_frames ? grant_grow(d, 1) : 0;
}

void grant_retire(struct domain *d)
{
	struct grant_table *t = d->grants;

	spin_lock(&t->lock);
	t->retired = true;
	for (u32 i = 0; i < t->nr_frames; i++) {
		if (t->shared[i] != (void *)dead_page)
			frame_unshare(t->shared[i]);
		t->shared[i] = (void *)dead_page;
	}
	spin_unlock(&t->lock);
}

void grant_free(struct domain *d)
{
	struct grant_table *t = d->grants;

	if (!t)
		return;
	for (u32 i = 0; i < t->nr_frames; i++) {
		kfree(t->active[i]);
		budget_use(BUDGET_CALL);
		budget_breathe();
	}
	for (u32 i = 0; i < t->map_pages; i++) {
		page_free(t->maps[i]);
		budget_use(BUDGET_CALL);
		budget_breathe();
	}
	kfree(t->maps);
	kfree(t->active);
	kfree(t->shared);
	kfree(t);
	d->grants = NULL;
}

/* Lock held. */
static int add_frame(struct domain *d, struct grant_table *t)
{
	struct grant_active *active = kalloc(GRANTS_PER_FRAME * sizeof(*active));
	void *page = active ? page_alloc() : NULL;

	if (!page) {
		kfree(active);
		return -ENOMEM;
	}
	frame_share(d, page);
	t->shared[t->nr_frames] = page;
	t->active[t->nr_frames] = active;
	__atomic_store_n(&t->nr_frames, t->nr_frames + 1, __ATOMIC_RELEASE);
	return 0;
}

int grant_grow(struct domain *d, u32 n)
{
	struct grant_table *t = d->grants;
	int rc = 0;

	if (n > t->max_frames || t->retired)
		return -EINVAL;
	while (t->nr_frames < n && !rc) {
		spin_lock(&t->lock);
		rc = t->retired ? -EINVAL : t->nr_frames < n ? add_frame(d, t) : 0;
		spin_unlock(&t->lock);
		budget_breathe();
	}
	return rc;
}

int grant_shared_frame(struct domain *d, u32 n, mfn_t *mfn)
{
	struct grant_table *t = d->grants;
	int rc = n < t->max_frames ? grant_grow(d, n + 1) : -EINVAL;

	if (rc)
		return rc;
	spin_lock(&t->lock);
	if (t->retired)
		rc = -EINVAL;
	else
		*mfn = va_mfn(t->shared[n]);
	spin_unlock(&t->lock);
	return rc;
}

/* Flags and grantee change together: they are one word of the entry, and so is what we compare. */
static inline __attribute__((always_inline)) int mark_entry(struct grant_entry_v1 *e, domid_t who,
							    bool write)
{
	u32 *word = (u32 *)e;
	u32 now = __atomic_load_n(word, __ATOMIC_RELAXED);

	for (unsigned int i = 0; i < CHANGE_TRIES; i++) {
		u32 marked = now | GTF_reading | (write ? GTF_writing : 0);

		if (unlikely((now & GTF_type_mask) != GTF_permit_access || now >> 16 != who))
			return GNTST_general_error;
		if (unlikely(write && now & GTF_readonly))
			return GNTST_general_error;
		if (likely(__atomic_compare_exchange_n(word, &now, marked, false, __ATOMIC_ACQ_REL,
						       __ATOMIC_RELAXED)))
			return GNTST_okay;
	}
	return GNTST_eagain;
}

_Static_assert(offsetof(struct grant_entry_v1, flags) == 0 &&
		       offsetof(struct grant_entry_v1, domid) == 2,
	       "flags and domid are one word");

/* Lock held. The frame is read once, after the mark, and only by the first use. */
static inline int pin(struct grant_active *a, struct grant_entry_v1 *e, domid_t who, bool write)
{
	int rc;

	if (!a->uses) {
		rc = mark_entry(e, who, write);
		if (rc)
			return rc;
		a->mfn = __atomic_load_n(&e->frame, __ATOMIC_RELAXED);
		a->grantee = who;
	} else if (unlikely(a->grantee != who || a->readers + a->writers >= GRANT_USES_MAX)) {
		return GNTST_general_error;
	} else if (write && !a->writers) {
		rc = mark_entry(e, who, true);
		if (rc)
			return rc;
	}
	if (write)
		a->writers++;
	else
		a->readers++;
	return GNTST_okay;
}

/* Lock held. */
static inline __attribute__((always_inline)) void unpin(struct grant_active *a,
							struct grant_entry_v1 *e, bool write)
{
	u16 clear = 0;

	if (write)
		a->writers--;
	else
		a->readers--;
	if (!a->writers && write)
		clear |= GTF_writing;
	if (!a->uses)
		clear |= GTF_reading;
	if (clear)
		__atomic_fetch_and(&e->flags, (u16)~clear, __ATOMIC_RELEASE);
}

static struct grant_active *active_at(const struct grant_table *t, u32 ref)
{
	return &t->active[ref / GRANTS_PER_FRAME][ref % GRANTS_PER_FRAME];
}

static struct grant_entry_v1 *shared_at(const struct grant_table *t, u32 ref)
{
	return (struct grant_entry_v1 *)t->shared[ref / GRANTS_PER_FRAME] + ref % GRANTS_PER_FRAME;
}

static inline int take_refs(struct domain *d, mfn_t mfn, bool write)
{
	struct frame *f;
	int rc;

	if (unlikely(frame_get_owned(mfn, d->id)))
		return GNTST_bad_page;
	if (!write)
		return GNTST_okay;
	f = mfn_to_frame(mfn);
	rc = grant_writable_get(d, f);
	if (likely(!rc))
		return GNTST_okay;
	frame_put(f);
	return rc == -ERESTART ? GNTST_eagain : GNTST_general_error;
}

int grant_use(struct domain *d, u32 ref, domid_t who, bool write, mfn_t *mfn)
{
	struct grant_table *t = d->grants;
	struct grant_active *a;
	int rc = GNTST_bad_gntref;

	spin_lock(&t->lock);
	if (likely(ref < t->nr_frames * GRANTS_PER_FRAME && !t->retired)) {
		ref = (u32)nospec_index(ref, t->nr_frames * GRANTS_PER_FRAME);
		a = active_at(t, ref);
		rc = pin(a, shared_at(t, ref), who, write);
		if (likely(!rc)) {
			*mfn = MFN(a->mfn);
			rc = take_refs(d, *mfn, write);
			if (unlikely(rc))
				unpin(a, shared_at(t, ref), write);
		}
	}
	spin_unlock(&t->lock);
	return rc;
}

void grant_unuse(struct domain *d, u32 ref, bool write)
{
	struct grant_table *t = d->grants;

	spin_lock(&t->lock);
	unpin(active_at(t, ref), shared_at(t, ref), write);
	spin_unlock(&t->lock);
}
