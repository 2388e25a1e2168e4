/* SPDX-License-Identifier: MIT */
/*
 * The one door to Xen's public headers (Debian package libxen-dev).
 *
 * Every room of the project gets Xen's PV ABI from here and from nowhere else, so that the
 * interface version, the choice of 64-bit guest handles and the order of includes are decided once.
 * __XEN_TOOLS__ makes the headers show domctl, sysctl and platform_op, and selects the newest
 * interface version; <stdint.h> must come first, since the headers use its types without including
 * it.
 */
#ifndef PV_ABI_H
#define PV_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif

#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/domctl.h>
#include <xen/elfnote.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/pmu.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/xen-mca.h>

/* The release whose ABI the headers describe: XENVER_version and CPUID leaf 0x40000001 answer it.
 */
#define PV_ABI_XEN_MAJOR 4
#define PV_ABI_XEN_MINOR 17

/* Paravane's own hypercall: what Xen's table has no row for. Number 55, since 48 is the MCA call.
 */
#define __HYPERVISOR_paravane_op __HYPERVISOR_arch_7

/* Selectors that the hypervisor puts on the last page of every guest GDT
 * (xen/arch-x86/xen-x86_64.h). */
#define PV_CS64 FLAT_RING3_CS64
#define PV_CS32 FLAT_RING3_CS32
#define PV_SS   FLAT_RING3_SS32

#endif /* PV_ABI_H */
