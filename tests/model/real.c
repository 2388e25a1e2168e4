/* SPDX-License-Identifier: MIT */
/* The hypervisor under the model (real.h). */
#include <check.h>

#include <core/evtchn.h>
#include <core/frame.h>
#include <core/grant_table.h>
#include <core/hypercall.h>
#include <core/sched.h>

#include "real.h"

#define MAX_PAGES 24

struct domain *real[DOMAINS];
static struct domain *host; /* the machine's own dom0, which makes and ends the others */

static bool interrupt(void)
{
	return !machine_random(3);
}

void real_start(void)
{
	host = core_start(FRAMES);
	arch.interrupt = interrupt;
	machine.on_flush = spec_tlb_flush;
}

int real_create(int d)
{
	struct xen_domctl_createdomain c = { .max_vcpus = VCPUS,
					     .max_evtchn_port = PORTS - 1,
					     .max_grant_frames = GRANT_PAGES,
					     .max_maptrack_frames = 1 };
	int rc;

	machine_run(host->vcpus[0]);
	rc = domain_create(DOMID_INVALID, &c, &real[d]);
	if (rc)
		return rc;
	real[d]->max_pages = MAX_PAGES;
	do
		rc = domain_set_max_vcpus(real[d], VCPUS);
	while (rc == -ERESTART);
	return rc;
}

/* Its vCPUs never run here but by real_run, so they are at rest. */
void real_end(int d)
{
	int rc;

	machine_run(host->vcpus[0]);
	do {
		rc = domain_destroy(real[d]);
		real_settle();
	} while (rc == -ERESTART);
	ck_assert_int_eq(rc, 0);
}

void real_run(int d)
{
	if (current != real[d]->vcpus[0])
		machine_run(real[d]->vcpus[0]);
}

long real_call(int d, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4)
{
	struct vcpu *v = real[d]->vcpus[0];
	u64 args[5] = { a1, a2, a3, a4 };
	long rc;

	real_run(d);
	do {
		struct cpu_regs *r = &v->stack->regs;

		r->rdi = args[0];
		r->rsi = args[1];
		r->rdx = args[2];
		r->r10 = args[3];
		rc = hypercall_table[nr].call(args[0], args[1], args[2], args[3], args[4]);
		v->work = 0;
		memcpy(args, v->hc.args, sizeof(args));
	} while (rc == -ERESTART);
	return rc;
}

u64 *real_word(u64 frame, u32 index)
{
	return (u64 *)mfn_va(MFN(frame)) + index;
}

void real_settle(void)
{
	current->work = 0;
	domain_reap();
}

/* The fakes assert by Check, which is not running here. */
void _mark_point(const char *file, int line)
{
	(void)file;
	(void)line;
}

void _ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
	(void)msg;
	broken("%s:%d: %s", file, line, expr);
}
