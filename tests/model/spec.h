/* SPDX-License-Identifier: MIT */
/*
 * An executable specification of what a PV guest's calls do to frames, page tables, event channels
 * and grants, written from the ABI and docs/architecture.md, with state of its own. Nothing here
 * knows how the hypervisor does it: there are no locks, no preemption, no batches; a call happens
 * at once or not at all.
 *
 * Domains and frames are numbers: a domain is its place in `spec.domain`, a frame its machine frame
 * number. Of a page the specification knows the words at word_index[]; all others stay 0. What the
 * hypervisor may choose (which free frame, port or handle) it is told, and says whether that was
 * allowed: broken() if not.
 *
 * Results are those of the ABI: 0, -errno, or a GNTST_ status.
 */
#ifndef TESTS_MODEL_SPEC_H
#define TESTS_MODEL_SPEC_H

#include <core/errno.h>
#include <core/types.h>

#define DOMAINS     4 /* the first controls the others */
#define FRAMES      512
#define WORDS       23
#define PORTS       16
#define VCPUS       2
#define GRANT_PAGES 2
#define HANDLES     128
#define NOBODY      (-1)

enum type { NO_TYPE, L1, L2, L3, L4, WRITABLE };

struct spec_frame {
	int owner;     /* NOBODY: free, or the hypervisor's */
	bool reserved; /* in its owner's reservation */
	bool shared;   /* a page of the hypervisor's that its owner sees */
	bool unknown;  /* of a content that is not followed */
	bool pinned;
	enum type type;
	u32 refs, types; /* who refers to it; who uses it as its type */
	u64 m2p;
	u64 word[WORDS];
};

enum port_state { PORT_FREE, PORT_UNBOUND, PORT_INTERDOMAIN, PORT_VIRQ, PORT_IPI };

struct spec_port {
	enum port_state state;
	u32 remote_id;   /* unbound: whom it waits for */
	int remote;      /* interdomain */
	u32 remote_port; /* interdomain */
	u32 virq, vcpu;
	bool pending, masked;
};

struct spec_grant {
	u32 readers, writers;
	u64 frame;
	u32 grantee; /* id */
};

struct spec_map {
	bool used;
	int granter;
	u32 ref, flags;
	u64 frame;
};

struct spec_domain {
	bool exists, alive, control, hardware;
	u32 id;
	u64 max_pages, pages, shared_pages;
	u64 kernel_root, user_root; /* 0: none */
	u64 device_entries;
	struct spec_port port[PORTS];
	bool upcall[VCPUS];
	u32 grant_pages;
	u64 grant_page[GRANT_PAGES], info_page;
	struct spec_grant grant[GRANT_PAGES][WORDS];
	struct spec_map map[HANDLES];
};

struct spec {
	struct spec_domain domain[DOMAINS];
	struct spec_frame frame[FRAMES];
};

extern struct spec spec;
extern const u32 word_index[WORDS];
/* The place in word_index, or -1. */
int word_place(u32 index);

/* What was chosen or found is not allowed: ends the run with these words. */
void broken(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* spec_memory.c */
struct spec_slot {
	u64 frame; /* 0: there is none */
	int word;
};

int spec_get(int d, u64 frame); /* a reference to a frame of d */
void spec_put(u64 frame);
int spec_get_type(int d, u64 frame, enum type type); /* and a use as that type */
void spec_put_type(u64 frame);
void spec_given(int d, u64 frame, u64 pfn); /* the hypervisor chose this one for d */
int spec_release(int d, u64 frame);         /* leaves the reservation */
bool spec_may_take(int d, u64 frame);       /* in the reservation, and nobody uses it */
/* A request of mmu_update by a domain, for a table of td and a frame of fd (NOBODY: devices). */
int spec_update(int td, int fd, u64 ptr, u64 value);
int spec_update_va(int d, int fd, u64 va, u64 value);
int spec_pin(int d, u64 frame, unsigned int level);
int spec_unpin(int d, u64 frame);
int spec_set_root(int d, u64 frame, bool user);
int spec_fill(int d, u64 frame, u64 source, bool copy);
bool spec_may_store(int d, u64 frame);
void spec_store(u64 frame, int word, u64 value);
void spec_entry_drop(int d, u64 entry); /* what an L1 entry refers to */
/* The entry of level 1 that maps va, by d's kernel root. */
struct spec_slot spec_slot_of(int d, u64 va);
bool spec_is_table(u64 frame, enum type type); /* whole, of that type */
bool spec_is_ram(u64 frame);

/* spec_tlb.c: what the CPU may have cached. */
void spec_tlb_flush(void);
void spec_tlb_touch(int d); /* the guest uses all that is mapped */
void spec_tlb_check(void);

/* spec_event.c: the port is what the call answered, where it answered 0. */
int spec_alloc_unbound(int caller, u32 id, u32 remote_id, u32 port);
int spec_bind_interdomain(int d, u32 remote_id, u32 remote_port, u32 port);
int spec_bind_virq(int d, u32 virq, u32 vcpu, u32 port);
int spec_bind_ipi(int d, u32 vcpu, u32 port);
int spec_bind_vcpu(int d, u32 port, u32 vcpu);
int spec_close(int d, u32 port);
int spec_send(int d, u32 port);
int spec_unmask(int d, u32 port);
int spec_reset(int caller, u32 id);
void spec_end_ports(int d);

/* spec_grant.c */
int spec_map(int d, u32 id, u32 ref, u32 flags, u64 where, u32 handle);
/* new_where: unmap_and_replace, if `replace`. */
int spec_unmap(int d, u32 handle, u64 where, u64 device, u64 new_where, bool replace);
struct spec_side {
	bool granted;
	u32 id;
	u64 frame_or_ref;
	int word; /* a copy of one word from or to there; -1: of the whole page */
};
int spec_copy(int d, const struct spec_side *from, const struct spec_side *to);
void spec_end_maps(int d);

/* spec_domain.c */
#define ID_SELF 0x7ff0u
#define ID_IO   0x7ff1u
int spec_find(int caller, u32 id); /* NOBODY: there is none */
/* The domain that a call of the caller's is about: its own, or another if it controls. -ESRCH:
 * none, or dead; -EPERM. */
int spec_target(int caller, u32 id);
/* The same, and a dead one too: batches of table entries find it. */
int spec_named(int caller, u32 id);
u32 spec_holders(int d); /* references to the domain itself */
void spec_shared(int d, u64 frame);
void spec_unshared(u64 frame);
void spec_end(int d);
/* A domain that is dead and that nothing refers to is gone. */
void spec_reap(void);
/* The counts of all frames are those that the tables, pins, roots and grants explain. */
void spec_check(void);

#endif
