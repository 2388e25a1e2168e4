/* SPDX-License-Identifier: MIT */
/* The sub-operation tables of the control calls, which core/hypercall.c expands. Room core. */
#ifndef PV_CONTROL_H
#define PV_CONTROL_H

#include <core/hypercall.h>

extern const struct subop_table subops_domctl, subops_sysctl, subops_platform_op, subops_mca;

#endif /* PV_CONTROL_H */
