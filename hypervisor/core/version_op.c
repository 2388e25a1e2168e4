/* SPDX-License-Identifier: MIT */
/* xen_version: who we are. The version itself is answered in subop.c. */
#include <core/arch.h>
#include <core/errno.h>
#include <core/hypercall.h>
#include <core/lib.h>

#define CAPABILITIES  "xen-3.0-x86_64 "
#define COMPILER_TEXT __VERSION__
#define COMPILE_DATE  "unknown" /* builds of one source are identical */

long hc_xen_version_version(void)
{
	return PV_ABI_XEN_MAJOR << 16 | PV_ABI_XEN_MINOR;
}

/* A field of fixed size: text, then zeroes. */
static long write_text(gaddr_t to, const char *text, size_t field)
{
	size_t n = strnlen(text, field - 1);

	if (guest_write(to, text, n) || guest_clear(gaddr_add(to, n), field - n))
		return -EFAULT;
	return 0;
}

long hc_xen_version_extraversion(xen_extraversion_t *text)
{
	strlcpy(*text, "-paravane", sizeof(*text));
	return 0;
}

long hc_xen_version_compile_info(struct xen_compile_info *info)
{
	strlcpy(info->compiler, COMPILER_TEXT, sizeof(info->compiler));
	strlcpy(info->compile_by, "paravane", sizeof(info->compile_by));
	strlcpy(info->compile_domain, "paravane", sizeof(info->compile_domain));
	strlcpy(info->compile_date, COMPILE_DATE, sizeof(info->compile_date));
	return 0;
}

long hc_xen_version_capabilities(gaddr_t arg)
{
	return write_text(arg, CAPABILITIES, sizeof(xen_capabilities_info_t));
}

long hc_xen_version_changeset(xen_changeset_info_t *text)
{
	strlcpy(*text, "paravane", sizeof(*text));
	return 0;
}

long hc_xen_version_platform_parameters(struct xen_platform_parameters *p)
{
	p->virt_start = HV_VIRT_START;
	return 0;
}

static u32 features(const struct domain *d)
{
	u32 f = 1U << XENFEAT_mmu_pt_update_preserve_ad | 1U << XENFEAT_highmem_assist |
		1U << XENFEAT_gnttab_map_avail_bits | 1U << XENFEAT_direct_mapped;

	if (d->vm_assist & 1UL << VMASST_TYPE_pae_extended_cr3)
		f |= 1U << XENFEAT_pae_pgdir_above_4gb;
	if (d->hardware)
		f |= 1U << XENFEAT_dom0;
	return f;
}

long hc_xen_version_get_features(struct xen_feature_info *f)
{
	f->submap = f->submap_idx ? 0 : features(current->domain);
	return f->submap_idx < XENFEAT_NR_SUBMAPS ? 0 : -EINVAL;
}

long hc_xen_version_pagesize(gaddr_t arg)
{
	return arg.v ? -EINVAL : (long)PAGE_SIZE;
}

long hc_xen_version_guest_handle(xen_domain_handle_t *handle)
{
	memcpy(*handle, current->domain->handle, sizeof(*handle));
	return 0;
}

long hc_xen_version_commandline(gaddr_t arg)
{
	return write_text(arg, machine_cmdline(), sizeof(xen_commandline_t));
}

/* Without an address: its length. */
long hc_xen_version_build_id(gaddr_t arg)
{
	u32 length = (u32)(build_id_end - build_id_start), room;

	if (!length)
		return -ENODATA;
	if (!arg.v)
		return length;
	if (guest_read(&room, arg, sizeof(room)))
		return -EFAULT;
	if (room < length)
		return -ENOBUFS;
	if (guest_write(gaddr_add(arg, offsetof(xen_build_id_t, buf)), build_id_start, length))
		return -EFAULT;
	return length;
}
