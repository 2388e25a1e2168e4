/* SPDX-License-Identifier: MIT */
/* Virtual CPUs: making them, their vcpu_info, their run state as the guest sees it, their timers.
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/frametype.h>
#include <core/guest_access.h>
#include <core/lib.h>
#include <core/sched.h>

/* What a vCPU without own vcpu_info has: its upcall stays masked, so nothing is ever delivered from
 * it. */
static struct vcpu_info dummy_info = { .evtchn_upcall_mask = 1 };

static void fire_singleshot(struct timer *t)
{
	virq_send_vcpu(container_of(t, struct vcpu, singleshot), VIRQ_TIMER);
}

/* The next tick lies in the future, however late this one is. */
static void fire_periodic(struct timer *t)
{
	struct vcpu *v = container_of(t, struct vcpu, periodic);
	u64 now = time_now(), next = t->deadline + v->period;

	if (next <= now)
		next = now + v->period;
	timer_set(t, next);
	virq_send_vcpu(v, VIRQ_TIMER);
}

static void fire_poll(struct timer *t)
{
	sched_unblock(container_of(t, struct vcpu, poll_timer));
}

static void init_fields(struct vcpu *v, struct domain *d, unsigned int id)
{
	v->domain = d;
	v->id = id;
	v->guest_kernel = 1;
	v->weight = d->weight;
	v->info_page_mfn = ~0UL;
	v->affinity[0] = v->affinity[1] = ~0UL;
	v->runstate.state = RUNSTATE_offline;
	v->runstate.state_entry_time = time_now();
	list_init(&v->run_link);
	timer_init(&v->singleshot, fire_singleshot);
	timer_init(&v->periodic, fire_periodic);
	timer_init(&v->poll_timer, fire_poll);
}

/* The first 32 have their place in shared info; the others begin on the dummy. */
static void init_info(struct vcpu *v)
{
	if (v->id < XEN_LEGACY_MAX_VCPUS) {
		v->info = &v->domain->shared_info->vcpu_info[v->id];
		v->info->evtchn_upcall_mask = 1;
	} else {
		v->info = &dummy_info;
	}
}

int vcpu_create(struct domain *d, unsigned int id, struct vcpu **out)
{
	struct vcpu *v = kalloc(sizeof(*v));
	int rc;

	if (!v)
		return -ENOMEM;
	init_fields(v, d, id);
	v->stack = stack_alloc();
	if (!v->stack) {
		kfree(v);
		return -ENOMEM;
	}
	v->stack->vcpu = v;
	init_info(v);
	sched_place(v);
	v->stack->cpu = v->cpu;
	rc = arch_vcpu_init(v);
	if (rc) {
		stack_free(v->stack);
		kfree(v);
		return rc;
	}
	time_write_info(v);
	context_prepare(v);
	__atomic_store_n(out, v, __ATOMIC_RELEASE);
	return 0;
}

/* Its domain was torn down: it is at rest, in no queue, its timers are stopped. */
void vcpu_free(struct vcpu *v)
{
	arch_vcpu_free(v);
	stack_free(v->stack);
	kfree(v);
}

bool vcpu_runnable(const struct vcpu *v)
{
	const struct domain *d = v->domain;

	return v->up && v->block == VCPU_RUNS && !v->pause_count && !d->pause_count &&
	       !d->shut_down && d->state == DOMAIN_ALIVE;
}

void vcpu_pause(struct vcpu *v)
{
	__atomic_fetch_add(&v->pause_count, 1, __ATOMIC_SEQ_CST);
	sched_stop(v);
}

void vcpu_unpause(struct vcpu *v)
{
	if (!__atomic_sub_fetch(&v->pause_count, 1, __ATOMIC_SEQ_CST))
		sched_wake(v);
}

int vcpu_up(struct vcpu *v)
{
	if (!v->initialised || v->info == &dummy_info)
		return -EINVAL;
	v->up = true;
	sched_wake(v);
	return 0;
}

static bool any_up(const struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpus[i] && d->vcpus[i]->up)
			return true;
	return false;
}

/* With its last vCPU down a domain could never do anything again. */
void vcpu_down(struct vcpu *v)
{
	v->up = false;
	sched_stop(v);
	if (!any_up(v->domain))
		domain_shutdown(v->domain, SHUTDOWN_poweroff);
}

/* All that is pending is announced again: something may have been raised on the old place. */
static void move_info(struct vcpu *v, struct vcpu_info *info)
{
	if (v->info == &dummy_info) {
		memset(info, 0, sizeof(*info));
		info->evtchn_upcall_mask = 1;
	} else {
		memcpy(info, v->info, sizeof(*info));
	}
	__atomic_store_n(&v->info, info, __ATOMIC_SEQ_CST);
	info->evtchn_pending_sel = ~0UL;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	info->evtchn_upcall_pending = 1;
}

int vcpu_register_info(struct vcpu *v, mfn_t mfn, u32 offset)
{
	int rc;

	if (offset & (_Alignof(struct vcpu_info) - 1) ||
	    offset > PAGE_SIZE - sizeof(struct vcpu_info))
		return -EINVAL;
	if (v->info_page_mfn != ~0UL || (v != current && v->up))
		return -EINVAL;
	rc = frame_get_type(v->domain, mfn, FT_WRITABLE);
	if (rc)
		return rc == -ERESTART ? rc : -EINVAL;
	v->info_page_mfn = mfn.v;
	move_info(v, (struct vcpu_info *)((char *)mfn_va(mfn) + offset));
	time_write_info(v);
	return 0;
}

void vcpu_drop_info(struct vcpu *v)
{
	struct frame *f;

	v->info = &dummy_info;
	if (v->info_page_mfn == ~0UL)
		return;
	f = mfn_to_frame(MFN(v->info_page_mfn));
	v->info_page_mfn = ~0UL;
	frametype_put_writable(f);
	frame_put(f);
}

void vcpu_runstate_set(struct vcpu *v, int state)
{
	struct vcpu_runstate_info *r = &v->runstate;
	u64 now = time_now();

	r->time[r->state] += now - r->state_entry_time;
	r->state = state;
	r->state_entry_time = now;
}

void vcpu_runstate_read(struct vcpu *v, struct vcpu_runstate_info *out)
{
	u64 now = time_now();

	*out = v->runstate;
	if (now > out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
}

/* With the update flag the guest sees from the top bit of the entry time that a write is under way.
 */
static void write_runstate(struct vcpu *v)
{
	struct vcpu_runstate_info r = v->runstate;
	gaddr_t area = v->runstate_area;
	gaddr_t stamp = gaddr_add(area, offsetof(struct vcpu_runstate_info, state_entry_time));
	bool flag = v->domain->vm_assist & 1UL << VMASST_TYPE_runstate_update_flag;
	int rc = 0;

	if (flag) {
		r.state_entry_time |= XEN_RUNSTATE_UPDATE;
		rc = guest_write(stamp, &r.state_entry_time, sizeof(r.state_entry_time));
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	}
	rc |= guest_write(area, &r, sizeof(r));
	if (flag) {
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		r.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
		rc |= guest_write(stamp, &r.state_entry_time, sizeof(r.state_entry_time));
	}
	(void)rc; /* an area that is not mapped now is written next time */
}

/* The guest's own vcpu_info is the source: what it scribbles there it gets. */
static void write_time(struct vcpu *v)
{
	struct vcpu_time_info t = v->info->time;
	gaddr_t area = v->time_area;
	u32 version = (t.version | 1) + 2;

	t.version = version;
	if (guest_write(area, &t.version, sizeof(t.version)))
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (guest_write(area, &t, sizeof(t)))
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	version++;
	if (guest_write(area, &version, sizeof(version)))
		return;
}

void vcpu_areas_write(struct vcpu *v)
{
	if (v->runstate_area.v)
		write_runstate(v);
	if (v->time_area.v)
		write_time(v);
}
