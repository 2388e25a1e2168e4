/* SPDX-License-Identifier: MIT */
/*
 * The two-level ABI: a pending and a mask bit for each of 4096 ports in shared info, and in each
 * vcpu_info one selector bit for each word of them. All of it is guest memory: bits are changed
 * with atomic operations and nothing is concluded from them but whom to wake.
 */
#include <core/evtchn.h>
#include <core/lib.h>

static void announce(struct vcpu *v, u32 port)
{
	if (!bit_test_set(port / 64, &v->info->evtchn_pending_sel))
		vcpu_mark_events_pending(v);
}

void evtchn_set_pending(struct domain *d, struct vcpu *v, u32 port)
{
	struct shared_info *s = d->shared_info;

	if (bit_test_set(port, s->evtchn_pending))
		return;
	if (!bit_test(port, s->evtchn_mask) && likely(v))
		announce(v, port);
	if (unlikely(__atomic_load_n(&d->pollers, __ATOMIC_RELAXED)))
		evtchn_wake_pollers(d, port);
}

void evtchn_clear_pending(struct domain *d, u32 port)
{
	bit_clear(port, d->shared_info->evtchn_pending);
}

void evtchn_unmask(struct domain *d, struct vcpu *v, u32 port)
{
	struct shared_info *s = d->shared_info;

	if (bit_test_clear(port, s->evtchn_mask) && bit_test(port, s->evtchn_pending) && v)
		announce(v, port);
}

bool evtchn_is_pending(const struct domain *d, u32 port)
{
	return port < EVTCHN_2L_NR_CHANNELS &&
	       bit_test(port % EVTCHN_2L_NR_CHANNELS, d->shared_info->evtchn_pending);
}

_Static_assert(EVTCHN_2L_NR_CHANNELS == PV_MAX_EVENT_CHANNELS, "what the tools allow");
_Static_assert(EVTCHN_2L_NR_CHANNELS == EVTCHN_BUCKET * EVTCHN_BUCKETS, "buckets");
