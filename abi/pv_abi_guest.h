/* SPDX-License-Identifier: MIT */
/*
 * The door for guest kernels to Xen's public headers (Debian package libxen-dev): the PV ABI at its
 * newest interface version, without what only a toolstack calls (domctl, sysctl), so that it also
 * compiles as C++. <stdint.h> must come first, since the headers use its types without including
 * it. Hypervisor and tools come through <pv_abi.h>, which adds the rest.
 */
#ifndef PV_ABI_GUEST_H
#define PV_ABI_GUEST_H

#include <stddef.h>
#include <stdint.h>

/* With __XEN_TOOLS__, <xen/xen-compat.h> chooses the newest version by itself. */
#if !defined(__XEN_TOOLS__) && !defined(__XEN_INTERFACE_VERSION__)
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#endif

#include <xen/xen.h>
#include <xen/callback.h>
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
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/xen-mca.h>

/* Paravane's own hypercall: what Xen's table has no row for. Number 55, since 48 is the MCA call.
 */
#define __HYPERVISOR_paravane_op __HYPERVISOR_arch_7
/* Which defences against speculation are on: "xpti" and words of spec-ctrl=, blanks between, and a
 * zero behind; nothing if none is. */
#define PARAVANE_OP_defences 0
typedef char paravane_defences_t[64];

/* Selectors that the hypervisor puts on the last page of every guest GDT
 * (xen/arch-x86/xen-x86_64.h). */
#define PV_CS64 FLAT_RING3_CS64
#define PV_CS32 FLAT_RING3_CS32
#define PV_SS   FLAT_RING3_SS32

#endif /* PV_ABI_GUEST_H */
