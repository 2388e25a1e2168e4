/* SPDX-License-Identifier: MIT */
/*
 * The type/count machine (frametype.h has its states). Every change of a type word is one
 * compare-exchange or, in the states that one CPU owns (validating, invalidating), a plain release
 * store.
 *
 *   none -> validating -> valid -> invalidating -> none
 *               |  \                  |    ^
 *            partial refused       dropping
 */
#include <core/arch.h>
#include <core/frametype.h>
#include <core/printk.h>

static bool needs_validation(enum frame_type type)
{
	return type != FT_WRITABLE && type != FT_SHARED;
}

static bool word_change(struct frame *f, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(&f->type, old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/* Leaves a state that this CPU owns; the pin stays as it is. */
static void word_leave(struct frame *f, enum frame_state state, u64 count)
{
	u64 t = __atomic_load_n(&f->type, __ATOMIC_RELAXED);

	while (!word_change(f, &t, (t & FT_PINNED) | FT_WORD(FT_TYPE(t), state, count)))
		;
}

/* The last use of a type ends. The stamp is written before the state, and after the entry that was
 * the use is gone: a flush later than it has dropped every translation (XSA-241). */
static void word_leave_none(struct frame *f)
{
	f->stamp = (u32)tlb_clock();
	word_leave(f, FS_NONE, 0);
}

/* Validation said no: takes back what it took. The frame's own reference goes with the last entry.
 */
static int undo(struct domain *d, struct frame *f, enum frame_type type)
{
	if (pv_frametype_ops.invalidate(d, f, type) == -ERESTART) {
		word_leave(f, FS_REFUSED, 0);
		return -ERESTART;
	}
	word_leave_none(f);
	frame_put(f);
	return -EINVAL;
}

/* In state validating, with the frame's own reference held. */
static int validate(struct domain *d, struct frame *f, enum frame_type type)
{
	int rc = pv_frametype_ops.validate(d, f, type);

	if (!rc) {
		word_leave(f, FS_VALID, 1);
		frame_put(f);
		return 0;
	}
	if (rc == -ERESTART) {
		word_leave(f, FS_PARTIAL, 0);
		return rc;
	}
	return undo(d, f, type);
}

/* From none: -EAGAIN if another CPU was faster. */
static int begin(struct domain *d, struct frame *f, enum frame_type type, u64 t)
{
	enum frame_type was = FT_TYPE(t);

	if (!needs_validation(type) && was == type)
		return word_change(f, &t, FT_WORD(type, FS_VALID, 1)) ? 0 : -EAGAIN;
	/* Whoever ends a domain finds what is half made, or half refused, in its reservation. */
	if (needs_validation(type) && (!(f->refs & FRAME_ALLOCATED) || frame_get_more(f)))
		return -EINVAL;
	if (!word_change(f, &t, FT_WORD(type, FS_VALIDATING, 1))) {
		if (needs_validation(type))
			frame_put(f);
		return -EAGAIN;
	}
	if (was != type)
		pv_frametype_ops.flush(d, f);
	if (!needs_validation(type)) {
		word_leave(f, FS_VALID, 1);
		return 0;
	}
	/* What a guest wrote past the cache must be what is validated (XSA-402). */
	if (f->cache != FRAME_CACHE_WB)
		cache_flush_page(mfn_va(frame_to_mfn(f)));
	f->partial = 0;
	return validate(d, f, type);
}

/* One more holder of a type that is there, or that is being made. -EAGAIN: look again. */
static int join(struct domain *d, struct frame *f, enum frame_type type, u64 t)
{
	switch (FT_STATE(t)) {
	case FS_VALID:
		if ((t & FT_COUNT_MASK) == FT_COUNT_MASK)
			return -EINVAL;
		return word_change(f, &t, t + 1) ? 0 : -EAGAIN;
	case FS_PARTIAL:
		if (!word_change(f, &t, (t & FT_PINNED) | FT_WORD(type, FS_VALIDATING, 1)))
			return -EAGAIN;
		return validate(d, f, type);
	case FS_REFUSED:
		if (!word_change(f, &t, (t & FT_PINNED) | FT_WORD(type, FS_INVALIDATING, 1)))
			return -EAGAIN;
		return undo(d, f, type);
	case FS_DROPPING: return -EINVAL;
	default: __builtin_ia32_pause(); return -EAGAIN;
	}
}

int frametype_get(struct domain *d, struct frame *f, enum frame_type type)
{
	int rc;

	do {
		u64 t = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);

		if (FT_STATE(t) == FS_NONE)
			rc = begin(d, f, type, t);
		else if (FT_TYPE(t) != type)
			rc = -EINVAL;
		else
			rc = join(d, f, type, t);
	} while (rc == -EAGAIN);
	return rc;
}

/* The last holder of a validated type lets go; t is what it found. */
static int put_last(struct domain *d, struct frame *f, u64 t)
{
	enum frame_type type = FT_TYPE(t);

	if (!word_change(f, &t, (t & FT_PINNED) | FT_WORD(type, FS_INVALIDATING, 1)))
		return -EAGAIN;
	if (FT_STATE(t) == FS_VALID)
		f->partial = PAGE_SIZE / sizeof(u64);
	if (pv_frametype_ops.invalidate(d, f, type) == -ERESTART) {
		word_leave(f, FS_DROPPING, 1);
		return -ERESTART;
	}
	word_leave_none(f);
	return 0;
}

int frametype_put(struct domain *d, struct frame *f)
{
	int rc;

	do {
		u64 t = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);

		if (!needs_validation(FT_TYPE(t))) {
			frametype_put_writable(f);
			return 0;
		}
		BUG_ON(!(t & FT_COUNT_MASK));
		if ((t & FT_COUNT_MASK) > 1)
			rc = word_change(f, &t, t - 1) ? 0 : -EAGAIN;
		else
			rc = put_last(d, f, t);
	} while (rc == -EAGAIN);
	return rc;
}

void frametype_put_writable(struct frame *f)
{
	u64 t = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);
	u64 new;

	do {
		BUG_ON(!(t & FT_COUNT_MASK));
		new = t - 1;
		if (!(new &FT_COUNT_MASK)) {
			f->stamp = (u32)tlb_clock();
			new = FT_WORD(FT_TYPE(t), FS_NONE, 0);
		}
	} while (!word_change(f, &t, new));
}

int frametype_abandon(struct domain *d, struct frame *f)
{
	u64 t = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);

	if (FT_STATE(t) != FS_PARTIAL && FT_STATE(t) != FS_REFUSED)
		return 0;
	if (!word_change(f, &t, FT_WORD(FT_TYPE(t), FS_INVALIDATING, 1)))
		return -ERESTART;
	return undo(d, f, FT_TYPE(t)) == -ERESTART ? -ERESTART : 0;
}

int frame_get_type(struct domain *d, mfn_t mfn, enum frame_type type)
{
	struct frame *f;
	int rc = frame_get(mfn, d);

	if (rc)
		return rc;
	f = mfn_to_frame(mfn);
	rc = frametype_get(d, f, type);
	if (rc)
		frame_put(f);
	return rc;
}

int frame_put_type(struct domain *d, struct frame *f)
{
	int rc = frametype_put(d, f);

	if (!rc)
		frame_put(f);
	return rc;
}
