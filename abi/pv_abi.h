/* SPDX-License-Identifier: MIT */
/*
 * The door of hypervisor and tools to Xen's public headers (Debian package libxen-dev).
 *
 * Every room of the project gets Xen's PV ABI from here, or as a guest kernel from
 * <pv_abi_guest.h>, and from nowhere else, so that the interface version, the choice of 64-bit
 * guest handles and the order of includes are decided once. __XEN_TOOLS__ makes the headers show
 * domctl, sysctl and platform_op, and selects the newest interface version: this file comes before
 * any other of them.
 */
#ifndef PV_ABI_H
#define PV_ABI_H

#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif

#include "pv_abi_guest.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

/* The release whose ABI the headers describe: XENVER_version and CPUID leaf 0x40000001 answer it.
 */
#define PV_ABI_XEN_MAJOR 4
#define PV_ABI_XEN_MINOR 17

#endif /* PV_ABI_H */
