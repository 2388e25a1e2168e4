/* SPDX-License-Identifier: MIT */
/*
 * The end of a PV domain's memory, as often as it is called until it answers 0.
 *
 * First what the vCPUs hold: roots and descriptor tables. Then the reservation, frame by frame from
 * its head: a half-made type is undone, a pin dropped, and the frame leaves. A table that another
 * still refers to goes with that one; what another domain maps stays accounted until it unmaps. All
 * steps may be repeated, and none makes new references: mmu_begin refuses a dying domain.
 */
#include <core/arch.h>
#include <pv/pagetable.h>
#include <core/printk.h>
#include <pv/validate.h>

static int drop_vcpu(struct vcpu *v)
{
	int rc;

	segment_drop_gdt(v);
	segment_drop_ldt(v);
	v->arch.ldt_entries = 0;
	do
		rc = mmu_drop_roots(v);
	while (rc && !preempt_point());
	return rc;
}

static int end_frames(struct domain *d)
{
	while (d->page_list != FRAME_END) {
		int rc = mmu_end_frame(d);

		budget_use(BUDGET_CALL);
		if ((rc || budget_spent()) && preempt_point())
			return -ERESTART;
	}
	return 0;
}

int arch_domain_relinquish(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		int rc = d->vcpus[i] ? drop_vcpu(d->vcpus[i]) : 0;

		if (rc)
			return rc;
	}
	return end_frames(d);
}
