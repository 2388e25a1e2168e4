/* SPDX-License-Identifier: MIT */
/* A vCPU's whole context: what control calls need beside core/arch.h. The vCPU is at rest. */
#ifndef PV_VCPU_CONTEXT_H
#define PV_VCPU_CONTEXT_H

#include <core/vcpu.h>

void pv_vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);
/* Down, and without a context until a new one comes: roots and descriptor tables go. -ERESTART. */
int pv_vcpu_reset(struct vcpu *v) MUST_CHECK;

#endif /* PV_VCPU_CONTEXT_H */
