/* SPDX-License-Identifier: MIT */
/* xen.c - the handles, the hypercall buffers, and the check of the interface versions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xen_handle.h"

/* Newer interfaces than this are not looked for when the error message names the hypervisor's. */
#define INTERFACE_VERSION_MAX 64

struct xen *xen_open(struct error *err)
{
	struct xen *xen = calloc(1, sizeof(*xen));

	if (!xen) {
		error_set(err, ERROR_FAILED, "start", "out of memory");
		return NULL;
	}
	xen->call = xencall_open(NULL, 0);
	if (xen->call)
		xen->memory = xenforeignmemory_open(NULL, 0);
	if (xen->call && xen->memory)
		return xen;

	error_set(err, error_from_errno(errno), "start", "cannot open /dev/xen/privcmd: %s",
		  strerror(errno));
	error_hint(err, "%s",
		   errno == EACCES || errno == EPERM
			   ? "the daemon needs root in dom0"
			   : "this must run in dom0, with the module xen-privcmd loaded");
	xen_close(xen);
	return NULL;
}

void xen_close(struct xen *xen)
{
	if (!xen)
		return;
	if (xen->memory)
		xenforeignmemory_close(xen->memory);
	if (xen->call)
		xencall_close(xen->call);
	free(xen);
}

void *xen_buffer_alloc(struct xen *xen, size_t size)
{
	void *buffer = xencall_alloc_buffer(xen->call, size);

	if (buffer)
		memset(buffer, 0, size);
	return buffer;
}

void xen_buffer_free(struct xen *xen, void *buffer)
{
	xencall_free_buffer(xen->call, buffer);
}

long xen_call(struct xen *xen, unsigned int op, uint64_t command, void *arg, size_t size)
{
	void *buffer = xen_buffer_alloc(xen, size);
	long result;

	if (!buffer)
		return -ENOMEM;
	memcpy(buffer, arg, size);
	result = xencall2L(xen->call, op, command, (uintptr_t)buffer);
	if (result < 0)
		result = -errno;
	memcpy(arg, buffer, size);
	xen_buffer_free(xen, buffer);
	return result;
}

/* The one-argument calls, domctl and sysctl. */
static int control_call(struct xen *xen, unsigned int op, void *arg, size_t size)
{
	void *buffer = xen_buffer_alloc(xen, size);
	int result;

	if (!buffer)
		return -ENOMEM;
	memcpy(buffer, arg, size);
	result = xencall1(xen->call, op, (uintptr_t)buffer);
	if (result < 0)
		result = -errno;
	memcpy(arg, buffer, size);
	xen_buffer_free(xen, buffer);
	return result;
}

int xen_domctl(struct xen *xen, struct xen_domctl *op)
{
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return control_call(xen, __HYPERVISOR_domctl, op, sizeof(*op));
}

int xen_sysctl(struct xen *xen, struct xen_sysctl *op)
{
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return control_call(xen, __HYPERVISOR_sysctl, op, sizeof(*op));
}

/* True if the hypervisor takes this version of sysctl. The call changes nothing. */
static bool sysctl_takes(struct xen *xen, uint32_t version)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_physinfo,
		.interface_version = version,
	};

	return control_call(xen, __HYPERVISOR_sysctl, &op, sizeof(op)) >= 0;
}

static bool domctl_takes(struct xen *xen, uint32_t version)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo,
		.interface_version = version,
		.domain = 0,
	};

	return control_call(xen, __HYPERVISOR_domctl, &op, sizeof(op)) >= 0;
}

static int check_one(struct xen *xen, const char *name, uint32_t ours,
		     bool (*takes)(struct xen *, uint32_t), struct error *err)
{
	uint32_t theirs;

	if (takes(xen, ours))
		return 0;
	for (theirs = 1; theirs < INTERFACE_VERSION_MAX; theirs++) {
		if (takes(xen, theirs)) {
			error_set(err, ERROR_NOT_SUPPORTED, "start",
				  "the hypervisor's %s interface has version 0x%x, these tools were"
				  " built for 0x%x",
				  name, theirs, ours);
			error_hint(err, "rebuild the tools against the libxen-dev of that release");
			return -EPROTONOSUPPORT;
		}
	}
	return error_set(err, ERROR_PERMISSION, "start",
			 "the hypervisor refuses %s at every version (these tools use 0x%x): this"
			 " domain does not control it",
			 name, ours);
}

int xen_check_interface(struct xen *xen, struct error *err)
{
	int ret = check_one(xen, "sysctl", XEN_SYSCTL_INTERFACE_VERSION, sysctl_takes, err);

	if (ret)
		return ret;
	return check_one(xen, "domctl", XEN_DOMCTL_INTERFACE_VERSION, domctl_takes, err);
}
