/* SPDX-License-Identifier: MIT */
/* xen_domain.c - domctl and friends: create, destroy, ask and shape domains. */
#include <errno.h>
#include <string.h>

#include "xen_handle.h"

enum {
	DEFAULT_GRANT_FRAMES = 64,
	DEFAULT_MAPTRACK_FRAMES = 1024,
	DEFAULT_EVENT_PORTS = 1023,
};

/* createdomain only sets the limit. */
static int alloc_vcpus(struct xen *xen, uint32_t domid, unsigned int vcpus)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_max_vcpus,
		.domain = (domid_t)domid,
		.u.max_vcpus.max = vcpus,
	};

	return xen_domctl(xen, &op);
}

int xen_domain_create(struct xen *xen, const struct xen_domain_spec *spec, uint32_t *domid)
{
	unsigned int grant_frames = spec->max_grant_frames ?: DEFAULT_GRANT_FRAMES;
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_createdomain,
		.u.createdomain = {
			.max_vcpus = spec->vcpus,
			.max_evtchn_port = spec->max_event_ports ?: DEFAULT_EVENT_PORTS,
			.max_grant_frames = (int32_t)grant_frames,
			.max_maptrack_frames = DEFAULT_MAPTRACK_FRAMES,
			.grant_opts = XEN_DOMCTL_GRANT_version(1),
		},
	};
	int ret;

	memcpy(op.u.createdomain.handle, spec->uuid, sizeof(op.u.createdomain.handle));
	ret = xen_domctl(xen, &op);
	if (ret)
		return ret;
	*domid = op.domain;
	ret = alloc_vcpus(xen, *domid, spec->vcpus);
	if (ret)
		xen_domain_destroy(xen, *domid);
	return ret;
}

static int simple_domctl(struct xen *xen, uint32_t domid, uint32_t command)
{
	struct xen_domctl op = { .cmd = command, .domain = (domid_t)domid };

	return xen_domctl(xen, &op);
}

int xen_domain_destroy(struct xen *xen, uint32_t domid)
{
	int ret;

	/* The hypervisor may hand a long teardown back half done. */
	do {
		ret = simple_domctl(xen, domid, XEN_DOMCTL_destroydomain);
	} while (ret == -EAGAIN || ret == -EINTR);
	return ret;
}

int xen_domain_pause(struct xen *xen, uint32_t domid)
{
	return simple_domctl(xen, domid, XEN_DOMCTL_pausedomain);
}

int xen_domain_unpause(struct xen *xen, uint32_t domid)
{
	return simple_domctl(xen, domid, XEN_DOMCTL_unpausedomain);
}

int xen_domain_info(struct xen *xen, uint32_t domid, struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = (domid_t)domid };
	int ret = xen_domctl(xen, &op);

	if (ret)
		return ret;
	*info = op.u.getdomaininfo;
	return info->domain == domid ? 0 : -ESRCH;
}

int xen_domain_list(struct xen *xen, uint32_t first, unsigned int max,
		    struct xen_domctl_getdomaininfo *list)
{
	struct xen_domctl_getdomaininfo *buffer = xen_buffer_alloc(xen, max * sizeof(*buffer));
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_getdomaininfolist,
		.u.getdomaininfolist = { .first_domain = (domid_t)first, .max_domains = max },
	};
	int ret;

	if (!buffer)
		return -ENOMEM;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, buffer);
	ret = xen_sysctl(xen, &op);
	if (!ret && op.u.getdomaininfolist.num_domains > max)
		ret = -EPROTO;
	if (!ret) {
		ret = (int)op.u.getdomaininfolist.num_domains;
		memcpy(list, buffer, (size_t)ret * sizeof(*list));
	}
	xen_buffer_free(xen, buffer);
	return ret;
}

int xen_domain_set_max_pages(struct xen *xen, uint32_t domid, uint64_t pages)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_max_mem,
		.domain = (domid_t)domid,
		.u.max_mem.max_memkb = pages * 4,
	};

	return xen_domctl(xen, &op);
}

int xen_domain_set_uuid(struct xen *xen, uint32_t domid, const uint8_t *uuid)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_setdomainhandle, .domain = (domid_t)domid };

	memcpy(op.u.setdomainhandle.handle, uuid, sizeof(op.u.setdomainhandle.handle));
	return xen_domctl(xen, &op);
}

int xen_domain_init_hypercall_page(struct xen *xen, uint32_t domid, xen_pfn_t frame)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_hypercall_init,
		.domain = (domid_t)domid,
		.u.hypercall_init.gmfn = frame,
	};

	return xen_domctl(xen, &op);
}

int xen_vcpu_set_context(struct xen *xen, uint32_t domid, uint32_t vcpu,
			 const struct vcpu_guest_context *context)
{
	struct vcpu_guest_context *buffer = xen_buffer_alloc(xen, sizeof(*buffer));
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_setvcpucontext,
		.domain = (domid_t)domid,
		.u.vcpucontext.vcpu = vcpu,
	};
	int ret;

	if (!buffer)
		return -ENOMEM;
	*buffer = *context;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, buffer);
	do {
		ret = xen_domctl(xen, &op);
	} while (ret == -EINTR);
	xen_buffer_free(xen, buffer);
	return ret;
}

int xen_domain_alloc_port(struct xen *xen, uint32_t domid)
{
	struct evtchn_alloc_unbound op = { .dom = (domid_t)domid, .remote_dom = 0 };
	long ret = xen_call(xen, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &op,
			    sizeof(op));

	return ret < 0 ? (int)ret : (int)op.port;
}
