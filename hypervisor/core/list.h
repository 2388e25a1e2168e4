/* SPDX-License-Identifier: MIT */
/* A doubly linked ring; an element that is in no list points at itself. */
#ifndef PV_LIST_H
#define PV_LIST_H

#include <core/types.h>

struct list_head {
	struct list_head *next, *prev;
};

static inline void list_init(struct list_head *h)
{
	h->next = h->prev = h;
}

static inline bool list_empty(const struct list_head *h)
{
	return h->next == h;
}

/* Puts e before h: at the tail, if h is the head. */
static inline void list_add_tail(struct list_head *h, struct list_head *e)
{
	e->prev = h->prev;
	e->next = h;
	h->prev->next = e;
	h->prev = e;
}

static inline void list_add(struct list_head *h, struct list_head *e)
{
	list_add_tail(h->next, e);
}

/* Also valid for an element that is in no list. */
static inline void list_del(struct list_head *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	list_init(e);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first(h, type, member) list_entry((h)->next, type, member)
#define list_for_each(p, h, member)                                                \
	for (p = list_entry((h)->next, __typeof__(*p), member); &p->member != (h); \
	     p = list_entry(p->member.next, __typeof__(*p), member))

#endif /* PV_LIST_H */
