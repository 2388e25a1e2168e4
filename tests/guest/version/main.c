/* SPDX-License-Identifier: MIT */
/*
 * xen_version: every sub-command answers in the form that the ABI fixes, the features that stock
 * kernels insist on are there, what is copied out ends with a terminator, and a bad address is
 * refused.
 */
#include "test.h"

static void text_check(const char *what, unsigned int cmd, char *buf, size_t size)
{
	memset(buf, 0xff, size);
	if (!expect_rc(what, hypercall_xen_version(cmd, buf), 0))
		return;
	expect(strnlen(buf, size) < size, "%s: not terminated", what);
}

static void texts(void)
{
	static xen_extraversion_t extra;
	static xen_capabilities_info_t caps;
	static xen_changeset_info_t changeset;
	static xen_commandline_t line;

	text_check("extraversion", XENVER_extraversion, extra, sizeof(extra));
	text_check("capabilities", XENVER_capabilities, caps, sizeof(caps));
	text_check("changeset", XENVER_changeset, changeset, sizeof(changeset));
	expect(strstr(caps, "xen-3.0-x86_64"), "capabilities lack xen-3.0-x86_64: %s", caps);
	/* The command line is for control domains; others get a text that says so, or an error. */
	if (!test_start.dom0)
		return;
	text_check("commandline", XENVER_commandline, line, sizeof(line));
	expect(strstr(line, "com1=115200"), "commandline is not what was passed: %s", line);
}

static void compile_info(void)
{
	static struct xen_compile_info info;

	memset(&info, 0xff, sizeof(info));
	expect_rc("compile_info", hypercall_xen_version(XENVER_compile_info, &info), 0);
	expect(strnlen(info.compiler, 64) < 64 && strnlen(info.compile_by, 16) < 16 &&
		       strnlen(info.compile_domain, 32) < 32 && strnlen(info.compile_date, 32) < 32,
	       "compile_info: a string is not terminated");
}

static void numbers(void)
{
	struct xen_platform_parameters platform = { 0 };
	struct xen_feature_info info = { .submap_idx = 0 };
	long version = hypercall_xen_version(XENVER_version, NULL);
	xen_domain_handle_t handle;

	expect(version >> 16 == PV_ABI_XEN_MAJOR && (version & 0xffff) >= PV_ABI_XEN_MINOR,
	       "version is %#lx", version);
	expect_rc("pagesize", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
	expect_rc("guest_handle", hypercall_xen_version(XENVER_guest_handle, handle), 0);
	expect_rc("platform_parameters",
		  hypercall_xen_version(XENVER_platform_parameters, &platform), 0);
	expect_eq("virt_start", platform.virt_start, HYPERVISOR_VIRT_START);
	expect_rc("get_features", hypercall_xen_version(XENVER_get_features, &info), 0);
	expect((info.submap & 0xf) == 0, "a writable or translated feature is set: %#x",
	       info.submap);
	expect(info.submap >> XENFEAT_mmu_pt_update_preserve_ad & 1, "no preserve_ad");
	expect(info.submap >> XENFEAT_gnttab_map_avail_bits & 1, "no gnttab_map_avail_bits");
	expect((info.submap >> XENFEAT_dom0 & 1) == test_start.dom0, "the dom0 feature is wrong");
	info.submap_idx = XENFEAT_NR_SUBMAPS;
	expect_rc("submap beyond the last", hypercall_xen_version(XENVER_get_features, &info),
		  -XEN_EINVAL);
}

static void build_id(void)
{
	struct {
		uint32_t len;
		uint8_t buf[64];
	} id = { .len = sizeof(id.buf) };
	long size = hypercall_xen_version(XENVER_build_id, NULL);

	/* Linked without one, or not for an ordinary domain. */
	if (size == -XEN_ENODATA || (size < 0 && !test_start.dom0))
		return;
	expect(size > 0 && size <= (long)sizeof(id.buf), "build_id size is %ld", size);
	expect_rc("build_id", hypercall_xen_version(XENVER_build_id, &id), size);
	id.len = 1;
	expect_rc("build_id, too small", hypercall_xen_version(XENVER_build_id, &id), -XEN_ENOBUFS);
}

void test_main(void)
{
	static const struct call bad[] = {
		CALL("extraversion to the hypervisor", xen_version, -XEN_EFAULT,
		     XENVER_extraversion, HYPERVISOR_POINTER),
		CALL("capabilities to a non-canonical address", xen_version, -XEN_EFAULT,
		     XENVER_capabilities, NONCANONICAL),
		CALL("features from nowhere", xen_version, -XEN_EFAULT, XENVER_get_features,
		     0x1000),
		CALL("compile_info across the hole's edge", xen_version, -XEN_EFAULT,
		     XENVER_compile_info, 0x7ffffffffff8),
		CALL("unknown command", xen_version, -XEN_ENOSYS, 99),
		CALL("unknown command -1", xen_version, -XEN_ENOSYS, ~0UL),
	};

	texts();
	compile_info();
	numbers();
	build_id();
	CALLS_CHECK(bad);
}
