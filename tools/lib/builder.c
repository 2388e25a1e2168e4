/* SPDX-License-Identifier: MIT */
/* builder.c - the order in which a PV domain is built (see builder.h). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder_part.h"
#include "pv_limits.h"

/* What the hypervisor needs beyond the domain's own pages: structures, grant and event pages. */
#define OVERHEAD_BYTES ((uint64_t)512 << 10)

/* Pages above the maximum that a guest's grant table and its like may take, as the tools grant
 * them. */
#define MAX_PAGES_EXTRA 256

int builder_fail(struct error *err, const char *step, int ret)
{
	error_set(err, ret == -EPERM || ret == -EACCES ? ERROR_PERMISSION : ERROR_FAILED, "build",
		  "%s: %s", step, strerror(-ret));
	return ret;
}

int builder_was_cancelled(struct builder *builder, struct error *err)
{
	if (!atomic_load(&builder->cancelled))
		return 0;
	error_set(err, ERROR_FAILED, "build", "cancelled");
	return -ECANCELED;
}

void builder_init(struct builder *builder, const struct builder_spec *spec)
{
	memset(builder, 0, sizeof(*builder));
	builder->spec = *spec;
	if (!builder->spec.cmdline)
		builder->spec.cmdline = "";
}

static int measure_initrd(struct builder *builder, uint64_t *bytes, struct error *err)
{
	const char *path = builder->spec.initrd_path;
	struct stat st;

	*bytes = 0;
	if (builder->spec.initrd_fd < 0)
		return 0;
	if (fstat(builder->spec.initrd_fd, &st) || !S_ISREG(st.st_mode))
		return error_set(err, ERROR_FAILED, "check", "initrd '%s': not a regular file",
				 path);
	if (!st.st_size)
		return error_set(err, ERROR_FAILED, "check", "initrd '%s': the file is empty",
				 path);
	if ((uint64_t)st.st_size > BUILDER_INITRD_MAX)
		return error_set(err, ERROR_FAILED, "check", "initrd '%s': larger than 1 GiB",
				 path);
	*bytes = (uint64_t)st.st_size;
	return 0;
}

static int check_free(const struct builder *builder, struct xen *xen, struct error *err)
{
	uint64_t needed = builder->spec.memory + OVERHEAD_BYTES, available;
	int ret = xen_free_memory(xen, &available);

	if (ret)
		return builder_fail(err, "asking for free memory", ret);
	if (needed <= available)
		return 0;
	error_set(err, ERROR_FAILED, "check",
		  "not enough memory: %" PRIu64 " MiB needed, %" PRIu64 " MiB free", needed >> 20,
		  available >> 20);
	return error_hint(err, "lower <memory>, or destroy a domain");
}

static int plan(struct builder *builder, uint64_t initrd_bytes, struct error *err)
{
	struct layout *layout = &builder->layout;
	struct layout_request request = {
		.pv = &builder->image.pv,
		.total_pages = builder->spec.memory >> PAGE_SHIFT,
		.initrd_bytes = initrd_bytes,
		.rings = true,
	};
	enum layout_status status = layout_plan(layout, &request);

	if (!status)
		return 0;
	if (status != LAYOUT_TOO_SMALL)
		return error_set(err, ERROR_FAILED, "check",
				 "%s (VIRT_BASE 0x%" PRIx64 ", INIT_P2M 0x%" PRIx64 ")",
				 layout_status_text(status), layout->virt_base,
				 layout->p2m_address);
	error_set(err, ERROR_FAILED, "check",
		  "kernel and initrd need at least %" PRIu64 " MiB, the domain has %" PRIu64 " MiB",
		  (layout->needed_pages * PAGE_BYTES + (1 << 20) - 1) >> 20,
		  (layout->total_pages * PAGE_BYTES) >> 20);
	return error_hint(err, "raise <memory> (and <currentMemory>)");
}

int builder_check(struct builder *builder, struct xen *xen, struct error *err)
{
	const struct builder_spec *spec = &builder->spec;
	uint64_t initrd_bytes;
	int ret;

	/* The cheap questions come first: unpacking a kernel can take seconds. */
	if (strlen(spec->cmdline) >= MAX_GUEST_CMDLINE)
		return error_set(err, ERROR_FAILED, "check",
				 "the command line is longer than %d bytes", MAX_GUEST_CMDLINE - 1);
	if (spec->vcpus > PV_MAX_VCPUS)
		return error_set(err, ERROR_NOT_SUPPORTED, "check",
				 "%u vCPUs: this version starts domains with up to %d", spec->vcpus,
				 PV_MAX_VCPUS);
	ret = measure_initrd(builder, &initrd_bytes, err);
	if (!ret && xen)
		ret = check_free(builder, xen, err);
	if (!ret)
		ret = builder_was_cancelled(builder, err);
	if (!ret)
		ret = image_open(&builder->image, spec->unpacker, spec->kernel_fd,
				 spec->kernel_path, spec->memory, &builder->cancelled, err);
	return ret ? ret : plan(builder, initrd_bytes, err);
}

/* The one number of the user's that the hypervisor judges here is that of the vCPUs. */
static int fail_creation(const struct builder_spec *spec, struct error *err, int ret)
{
	char step[64];

	snprintf(step, sizeof(step), "creating a domain of %u vCPUs", spec->vcpus);
	return builder_fail(err, step, ret);
}

static int create(struct builder *builder, struct xen *xen, struct error *err)
{
	const struct builder_spec *spec = &builder->spec;
	struct xen_domain_spec domain = {
		.uuid = spec->uuid,
		.vcpus = spec->vcpus,
		.max_grant_frames = spec->max_grant_frames,
		.max_event_ports = spec->max_event_ports,
	};
	int ret = xen_domain_create(xen, &domain, &builder->result.domid);

	if (ret)
		return fail_creation(spec, err, ret);
	builder->created = true;
	return 0;
}

static int alloc_ports(struct builder *builder, struct xen *xen, struct error *err)
{
	struct builder_result *result = &builder->result;
	int port = xen_domain_alloc_port(xen, result->domid);

	if (port < 0)
		return builder_fail(err, "allocating the store's event channel", port);
	result->store_port = (uint32_t)port;
	port = xen_domain_alloc_port(xen, result->domid);
	if (port < 0)
		return builder_fail(err, "allocating the console's event channel", port);
	result->console_port = (uint32_t)port;
	return 0;
}

static int shape(struct builder *builder, struct xen *xen, struct error *err)
{
	uint32_t domid = builder->result.domid;
	struct xen_domctl_getdomaininfo info;
	int ret;

	ret = xen_domain_set_max_pages(xen, domid,
				       (builder->spec.max_memory >> PAGE_SHIFT) + MAX_PAGES_EXTRA);
	if (ret)
		return builder_fail(err, "setting the domain's memory limit", ret);
	ret = xen_set_memory_map(xen, domid, builder->spec.max_memory);
	if (ret)
		return builder_fail(err, "setting the domain's memory map", ret);
	ret = xen_domain_info(xen, domid, &info);
	if (ret)
		return builder_fail(err, "asking for the domain's state", ret);
	builder->shared_info_frame = info.shared_info_frame;
	return alloc_ports(builder, xen, err);
}

static int grant_rings(struct builder *builder, struct xen *xen, struct error *err)
{
	struct builder_result *result = &builder->result;
	struct xen_grant grants[2];
	int ret;

	result->store_frame = builder->frames[builder->layout.store.pfn];
	result->console_frame = builder->frames[builder->layout.console.pfn];
	grants[0] = (struct xen_grant){ GNTTAB_RESERVED_CONSOLE, result->console_frame };
	grants[1] = (struct xen_grant){ GNTTAB_RESERVED_XENSTORE, result->store_frame };
	ret = xen_grant_to_dom0(xen, result->domid, grants, 2);
	return ret ? builder_fail(err, "granting the store and console pages", ret) : 0;
}

static int build_steps(struct builder *builder, struct xen *xen, struct error *err)
{
	static int (*const steps[])(struct builder *, struct xen *, struct error *) = {
		create,
		shape,
		builder_populate,
		builder_load,
		builder_make_tables,
		builder_make_start,
		grant_rings,
	};
	size_t i;
	int ret = 0;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && !ret; i++) {
		ret = builder_was_cancelled(builder, err);
		if (!ret)
			ret = steps[i](builder, xen, err);
	}
	return ret;
}

int builder_build(struct builder *builder, struct xen *xen, struct error *err)
{
	int ret = build_steps(builder, xen, err);

	if (ret && builder->created) {
		xen_domain_destroy(xen, builder->result.domid);
		builder->created = false;
	}
	return ret;
}

void builder_cancel(struct builder *builder)
{
	atomic_store(&builder->cancelled, true);
}

void builder_free(struct builder *builder)
{
	image_close(&builder->image);
	free(builder->frames);
	builder->frames = NULL;
	if (builder->spec.kernel_fd >= 0)
		close(builder->spec.kernel_fd);
	if (builder->spec.initrd_fd >= 0)
		close(builder->spec.initrd_fd);
	builder->spec.kernel_fd = -1;
	builder->spec.initrd_fd = -1;
}
