/* SPDX-License-Identifier: MIT */
/*
 * The end of a domain: idempotent stages, run in the caller, each resumable. A stage that is done
 * is not run again. After the last one the domain is dead: nothing of it runs, holds or is mapped.
 * Its struct goes, with the parts, with the last reference that others hold (a frame of its that
 * they mapped, a name they looked up): until then they are whole, out of use, and the pages that
 * it shared with its guest are replaced by dead_page. A stage's progress is its own: no call of a
 * guest moves it.
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/printk.h>
#include <core/sched.h>

#define for_each_vcpu(d, v)                                                \
	for (unsigned int i_ = 0; (d)->vcpus && i_ < (d)->max_vcpus; i_++) \
		if (((v) = (d)->vcpus[i_]))

/* From here on it gets no memory, no channel, no mapping, and runs no more. */
static int stage_stop(struct domain *d)
{
	struct vcpu *v;

	spin_lock(&d->page_lock);
	d->state = DOMAIN_DYING;
	spin_unlock(&d->page_lock);
	for_each_vcpu(d, v)
		sched_stop(v);
	return domain_at_rest(d) ? 0 : -ERESTART;
}

static int stage_vcpus(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		timer_stop(&v->singleshot);
		timer_stop(&v->periodic);
		timer_stop(&v->poll_timer);
	}
	for (unsigned int i = 0; i < WATCHDOGS; i++)
		timer_stop(&d->watchdogs[i].timer);
	return 0;
}

static int stage_info(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		vcpu_drop_info(v);
	if (d->shared_info != (void *)dead_page)
		frame_unshare(d->shared_info);
	d->shared_info = (void *)dead_page;
	return 0;
}

static int stage_grants(struct domain *d)
{
	grant_retire(d);
	return 0;
}

static int stage_claim(struct domain *d)
{
	return frame_claim(d, 0);
}

static int (*const stages[])(struct domain *d) = {
	stage_stop,
	stage_vcpus,
	evtchn_destroy,
	stage_info,
	stage_grants,
	arch_domain_relinquish,
	grant_release_mappings, /* the entries are gone: now the granters may know */
	stage_claim,
};

static int run_stages(struct domain *d)
{
	for (; d->teardown_stage < ARRAY_SIZE(stages); d->teardown_stage++) {
		int rc = stages[d->teardown_stage](d);

		if (rc)
			return rc;
	}
	return 0;
}

int domain_destroy(struct domain *d)
{
	int rc;

	if (d == current->domain || d->hardware)
		return -EINVAL;
	/* One at a time; the others come again. */
	if (__atomic_exchange_n(&d->teardown_busy, 1, __ATOMIC_ACQUIRE))
		return -ERESTART;
	if (d->state == DOMAIN_DEAD) {
		__atomic_store_n(&d->teardown_busy, 0, __ATOMIC_RELEASE);
		return 0;
	}
	rc = run_stages(d);
	if (!rc)
		d->state = DOMAIN_DEAD;
	__atomic_store_n(&d->teardown_busy, 0, __ATOMIC_RELEASE);
	if (rc)
		return rc;
	virq_send_global(VIRQ_DOM_EXC);
	domain_put(d);
	return 0;
}

/* A domain that could not be made whole, which nobody found: it has no vCPU and no frames but the
 * hypervisor's. */
void domain_abandon(struct domain *d)
{
	if (d->shared_info)
		(void)stage_info(d);
	if (d->grants)
		grant_retire(d);
	domain_put(d);
}
