/* SPDX-License-Identifier: MIT */
/*
 * The contract that every header of this library follows, and all of them in one include.
 *
 * Results. A function that can fail returns int or long: zero or a count on success, a negative
 * error number of <xen/errno.h> (-XEN_EINVAL, ...) on failure. Functions that look something up
 * return a pointer or NULL. Only questions return bool. What a header does not call an error cannot
 * fail. After a failure nothing has changed unless the header says otherwise.
 *
 * Errors of the hypervisor are passed on unchanged. Misuse that only a programming mistake can
 * cause (a NULL pointer, a vector above 255) is not checked.
 *
 * Memory. Nothing here allocates. State lives in structures that the kernel owns and passes in; the
 * few statics of a module are listed in its header under "Statics". Pages that a function needs
 * come from a callback of the kernel's.
 *
 * Concurrency. Nothing here locks. Functions marked [masked] may be called with events masked,
 * those marked [upcall] also from an event or trap handler. Functions without a mark are for
 * start-up or ordinary context. Two vCPUs may use the same structure only under a lock of the
 * kernel's.
 *
 * C++. Every header compiles as C++11 and later; what a kernel in C++ needs besides is in
 * porting.md.
 *
 * Linking. Each module is one object of libpvguest.a and is linked only if it is used.
 */
#ifndef PV_PV_H
#define PV_PV_H

#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/console.h>
#include <pv/printf.h>
#include <pv/trap.h>
#include <pv/extable.h>
#include <pv/event.h>
#include <pv/p2m.h>
#include <pv/mmu.h>
#include <pv/grant.h>
#include <pv/time.h>
#include <pv/store.h>
#include <pv/control.h>
#include <pv/sched.h>
#include <pv/vcpu.h>

#endif
