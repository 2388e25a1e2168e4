/* SPDX-License-Identifier: MIT */
/* xen_handle.h - what a struct xen is made of; for xen*.c alone. */
#ifndef TOOLS_LIB_XEN_HANDLE_H
#define TOOLS_LIB_XEN_HANDLE_H

#include "xen.h" /* before the libraries' headers: __XEN_TOOLS__ counts at the first inclusion */

#include <xencall.h>
#include <xenforeignmemory.h>

struct xen {
	xencall_handle *call;
	xenforeignmemory_handle *memory;
};

#endif
