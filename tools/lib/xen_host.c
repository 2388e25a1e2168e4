/* SPDX-License-Identifier: MIT */
/* xen_host.c - what the hypervisor says about the machine and itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xen_handle.h"

#define PAGE_BYTES       4096
#define CONSOLE_RING_MAX (1u << 20)

int xen_physinfo(struct xen *xen, struct xen_sysctl_physinfo *info)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	int ret = xen_sysctl(xen, &op);

	if (!ret)
		*info = op.u.physinfo;
	return ret;
}

int xen_free_memory(struct xen *xen, uint64_t *bytes)
{
	struct xen_sysctl_physinfo info;
	uint64_t pages;
	int ret = xen_physinfo(xen, &info);

	if (ret)
		return ret;
	/* Pages still to be scrubbed are free; claimed ones are spoken for. */
	pages = info.free_pages + info.scrub_pages;
	pages -= info.outstanding_pages < pages ? info.outstanding_pages : pages;
	*bytes = pages * PAGE_BYTES;
	return 0;
}

int xen_defences(struct xen *xen, paravane_defences_t text)
{
	long ret;

	memset(text, 0, sizeof(paravane_defences_t));
	ret = xen_call(xen, __HYPERVISOR_paravane_op, PARAVANE_OP_defences, text,
		       sizeof(paravane_defences_t));
	text[sizeof(paravane_defences_t) - 1] = '\0';
	return ret < 0 ? (int)ret : 0;
}

char *xen_read_console(struct xen *xen)
{
	char *text = malloc(CONSOLE_RING_MAX + 1), *buffer;
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_readconsole,
		.u.readconsole.count = CONSOLE_RING_MAX,
	};
	int ret;

	buffer = text ? xen_buffer_alloc(xen, CONSOLE_RING_MAX) : NULL;
	if (!buffer) {
		free(text);
		errno = ENOMEM;
		return NULL;
	}
	set_xen_guest_handle(op.u.readconsole.buffer, buffer);
	ret = xen_sysctl(xen, &op);
	if (ret < 0 || op.u.readconsole.count > CONSOLE_RING_MAX) {
		free(text);
		text = NULL;
	} else {
		memcpy(text, buffer, op.u.readconsole.count);
		text[op.u.readconsole.count] = '\0';
	}
	xen_buffer_free(xen, buffer);
	if (!text)
		errno = ret < 0 ? -ret : EPROTO;
	return text;
}

int xen_version(struct xen *xen, struct xen_version *version)
{
	xen_extraversion_t extra = "";
	xen_changeset_info_t changeset = "";
	int number = xencall2(xen->call, __HYPERVISOR_xen_version, XENVER_version, 0);
	long ret;

	if (number < 0)
		return -errno;
	ret = xen_call(xen, __HYPERVISOR_xen_version, XENVER_extraversion, extra, sizeof(extra));
	if (ret < 0)
		return (int)ret;
	ret = xen_call(xen, __HYPERVISOR_xen_version, XENVER_changeset, changeset,
		       sizeof(changeset));
	if (ret < 0)
		changeset[0] = '\0';

	memset(version, 0, sizeof(*version));
	version->major = (unsigned int)number >> 16;
	version->minor = (unsigned int)number & 0xffff;
	memcpy(version->extra, extra, sizeof(extra));
	memcpy(version->changeset, changeset, sizeof(changeset));
	version->is_paravane = strstr(version->extra, "paravane") != NULL;
	return 0;
}
