/* SPDX-License-Identifier: MIT */
/* Everything that the specification says of frames, domains, ports and grants, against what the
 * hypervisor has. */
#include <string.h>

#include <core/domain.h>
#include <core/evtchn.h>
#include <core/frametype.h>
#include <core/grant_table.h>
#include <x86/machine.h>

#include "operation.h"
#include "real.h"

#define SAME(what, n, field, is, should)                                                      \
	do {                                                                                  \
		if ((u64)(is) != (u64)(should))                                               \
			broken(what " %lu: " field " is %#lx in the hypervisor, %#lx by the " \
				    "specification",                                          \
			       (u64)(n), (u64)(is), (u64)(should));                           \
	} while (0)

static enum frame_type type_of(const struct spec_frame *s)
{
	static const u8 of[] = { FT_NONE, FT_L1, FT_L2, FT_L3, FT_L4, FT_WRITABLE };

	return s->types ? of[s->type] : FT_NONE;
}

/* The owner of a frame as the hypervisor has it: a domain of ours, or nobody. */
static int owner_of(u64 refs)
{
	for (int d = 0; d < DOMAINS; d++)
		if (spec.domain[d].exists && FRAME_OWNER(refs) == spec.domain[d].id)
			return d;
	return NOBODY;
}

static void compare_words(u64 frame, const struct spec_frame *s)
{
	const u64 *words = real_word(frame, 0);

	for (unsigned int i = 0; i < WORDS; i++)
		if (words[word_index[i]] != s->word[i])
			broken("frame %lu, entry %u: %#lx in the hypervisor, %#lx by the "
			       "specification",
			       frame, word_index[i], words[word_index[i]], s->word[i]);
}

static void compare_frame(u64 frame)
{
	const struct spec_frame *s = &spec.frame[frame];
	const struct frame *f = mfn_to_frame(MFN(frame));

	if (s->owner == NOBODY && owner_of(f->refs) == NOBODY)
		return;
	SAME("frame", frame, "its owner", owner_of(f->refs), s->owner);
	SAME("frame", frame, "its reference count", (u32)f->refs, s->refs);
	SAME("frame", frame, "being reserved", !!(f->refs & FRAME_ALLOCATED), s->reserved);
	SAME("frame", frame, "being the hypervisor's", !!(f->refs & FRAME_SHARED_HV), s->shared);
	SAME("frame", frame, "its type", frame_type(f), type_of(s));
	SAME("frame", frame, "its count of uses", (u32)f->type, s->types);
	SAME("frame", frame, "its pin", !!(f->type & FT_PINNED), s->pinned);
	SAME("frame", frame, "its cacheability", f->cache, FRAME_CACHE_WB);
	if (s->types && !frame_is_valid(f, type_of(s)))
		broken("frame %lu: its type is not whole", frame);
	if (s->reserved)
		SAME("frame", frame, "its pseudo-physical number", machine.m2p[frame], s->m2p);
	if (!s->unknown)
		compare_words(frame, s);
}

static u64 root_of(paddr_t root)
{
	return root == hv_l4_empty ? 0 : root >> PAGE_SHIFT;
}

static enum port_state state_of(const struct evtchn *e)
{
	switch ((enum evtchn_state)e->state) {
	case ECS_UNBOUND: return PORT_UNBOUND;
	case ECS_INTERDOMAIN: return PORT_INTERDOMAIN;
	case ECS_VIRQ: return PORT_VIRQ;
	case ECS_IPI: return PORT_IPI;
	case ECS_FREE: return PORT_FREE;
	default: return PORTS;
	}
}

static void compare_port(int d, u32 port)
{
	const struct spec_port *s = &spec.domain[d].port[port];
	const struct evtchn *e = evtchn_find(real[d]->events, port);

	SAME("port", port, "its state", state_of(e), s->state);
	if (s->state == PORT_FREE)
		return;
	SAME("port", port, "its vCPU", e->vcpu, s->vcpu);
	if (s->state == PORT_UNBOUND)
		SAME("port", port, "whom it waits for", e->u.unbound.remote_domid, s->remote_id);
	if (s->state == PORT_INTERDOMAIN) {
		SAME("port", port, "its other end's domain", e->u.interdomain.remote->id,
		     spec.domain[s->remote].id);
		SAME("port", port, "its other end", e->u.interdomain.remote_port, s->remote_port);
	}
	if (s->state == PORT_VIRQ) {
		SAME("port", port, "its interrupt", e->u.virq, s->virq);
		SAME("port", port, "its binding", virq_holder(real[d], e)->virq_port[s->virq],
		     port);
	}
}

static void compare_events(int d)
{
	const struct spec_domain *s = &spec.domain[d];
	const struct domain *r = real[d];

	for (u32 p = 1; p < PORTS; p++)
		compare_port(d, p);
	if (!s->alive)
		return;
	for (u32 p = 0; p < PORTS; p++) {
		SAME("port", p, "its event", bit_test(p, r->shared_info->evtchn_pending),
		     s->port[p].pending);
		SAME("port", p, "its mask", bit_test(p, r->shared_info->evtchn_mask),
		     s->port[p].masked);
	}
	for (u32 v = 0; v < VCPUS; v++) {
		SAME("vCPU", v, "its upcall", r->vcpus[v]->info->evtchn_upcall_pending,
		     s->upcall[v]);
		SAME("vCPU", v, "its selector", r->vcpus[v]->info->evtchn_pending_sel,
		     s->upcall[v]);
	}
}

static void compare_grants(int d)
{
	const struct spec_domain *s = &spec.domain[d];
	const struct grant_table *t = real[d]->grants;

	SAME("domain", d, "its grant frames", t->nr_frames, s->grant_pages);
	for (u32 page = 0; page < s->grant_pages; page++) {
		for (u32 i = 0; i < WORDS; i++) {
			const struct spec_grant *g = &s->grant[page][i];
			const struct grant_active *a = &t->active[page][word_index[i]];

			SAME("grant", word_index[i], "its readers", a->readers, g->readers);
			SAME("grant", word_index[i], "its writers", a->writers, g->writers);
			if (g->readers + g->writers) {
				SAME("grant", word_index[i], "its frame", a->mfn, g->frame);
				SAME("grant", word_index[i], "its user", a->grantee, g->grantee);
			}
		}
	}
}

static void compare_maps(int d)
{
	const struct grant_table *t = real[d]->grants;

	for (u32 h = 0; h < t->map_pages * MAPS_PER_PAGE; h++) {
		const struct spec_map *s = &spec.domain[d].map[h];
		const struct grant_map *m = &t->maps[h / MAPS_PER_PAGE][h % MAPS_PER_PAGE];

		SAME("handle", h, "its flags", m->flags, s->used ? s->flags : 0);
		if (!s->used)
			continue;
		SAME("handle", h, "its granter", m->granter->id, spec.domain[s->granter].id);
		SAME("handle", h, "its entry", m->ref, s->ref);
		SAME("handle", h, "its frame", m->mfn, s->frame);
	}
}

static void compare_domain(int d)
{
	const struct spec_domain *s = &spec.domain[d];
	const struct domain *r = real[d];

	if (!s->exists) {
		if (r && domain_by_id(r->id) == r)
			broken("domain %d is still there, and nothing holds it", d);
		real[d] = NULL;
		return;
	}
	if (domain_by_id((domid_t)s->id) != r)
		broken("domain %d is gone and should be there", d);
	SAME("domain", d, "life", r->state == DOMAIN_ALIVE, s->alive);
	SAME("domain", d, "holders", r->refs, spec_holders(d));
	SAME("domain", d, "its pages", r->pages, s->pages);
	SAME("domain", d, "its shared pages", r->shared_hv_pages, s->shared_pages);
	SAME("domain", d, "its kernel root", root_of(r->vcpus[0]->arch.kernel_l4), s->kernel_root);
	SAME("domain", d, "its user root", root_of(r->vcpus[0]->arch.user_l4), s->user_root);
	SAME("domain", d, "its entries of devices", r->arch.mmio_mappings, s->device_entries);
	SAME("domain", d, "a table half dropped", (u64)r->arch.old_table, 0);
	compare_events(d);
	compare_grants(d);
	compare_maps(d);
}

void compare_states(void)
{
	static unsigned int calls;

	for (int d = 0; d < DOMAINS; d++)
		compare_domain(d);
	for (u64 f = 0; f < FRAMES; f++)
		compare_frame(f);
	if (++calls % 16 == 0)
		spec_check();
}
