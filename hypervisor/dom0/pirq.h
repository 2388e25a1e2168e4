/* SPDX-License-Identifier: MIT */
/* The table of PIRQs, shared by pirq.c and pirq_msi.c. */
#ifndef PV_DOM0_PIRQ_H
#define PV_DOM0_PIRQ_H

#include <core/domain.h>
#include <x86/msi.h>
#include <core/timer.h>

#define PIRQS_MAX 1024U

enum pirq_kind { PIRQ_RESERVED, PIRQ_GSI, PIRQ_MSI };

struct pirq {
	u32 number;
	u8 kind;
	u8 vector;      /* 0: none yet */
	bool waiting;   /* level: masked until the guest's EOI */
	bool throttled; /* masked by the storm limit until the timer fires */
	u32 port;       /* event channel, 0: not bound */
	u32 gsi;
	struct msi_source msi;
	u32 count; /* interrupts since window */
	u64 window;
	struct timer storm;
};

/* By number: a GSI's own by default, messages above. */
extern struct pirq *pirqs[PIRQS_MAX];
extern struct spinlock pirq_lock; /* LOCK_PIRQ */

/* A new PIRQ; number -1: a free one. Lock held. -EEXIST, -EINVAL, -ENOSPC, -ENOMEM. */
int pirq_new(int number, enum pirq_kind kind, struct pirq **out) MUST_CHECK;
void pirq_drop(struct pirq *p);
/* The handler of every PIRQ's vector. */
void pirq_interrupt(u8 vector, void *arg);

#endif /* PV_DOM0_PIRQ_H */
