/* SPDX-License-Identifier: MIT */
/*
 * platform_op and its like, as stock kernels use them in dom0: CPU information, firmware
 * information or its clear refusal, setting the time, machine-check information; a wrong interface
 * version is -EACCES.
 */
#include "test.h"

static struct xen_platform_op op;

static long call(uint32_t cmd)
{
	op.cmd = cmd;
	op.interface_version = XENPF_INTERFACE_VERSION;
	return hypercall_platform_op(&op);
}

static void cpus(void)
{
	memset(&op, 0, sizeof(op));
	expect_rc("get_cpuinfo", call(XENPF_get_cpuinfo), 0);
	expect(op.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE, "CPU 0 is not online");
	op.u.pcpu_info.xen_cpuid = 4000;
	expect(call(XENPF_get_cpuinfo) < 0 || op.u.pcpu_info.flags & XEN_PCPU_FLAGS_INVALID,
	       "CPU 4000 has information");
}

static void firmware(void)
{
	static const struct {
		uint32_t type;
		long wanted;
	} rows[] = {
		{ XEN_FW_DISK_INFO, -XEN_ESRCH },
		{ XEN_FW_DISK_MBR_SIGNATURE, -XEN_ESRCH },
		{ XEN_FW_VBEDDC_INFO, -XEN_ESRCH },
		{ XEN_FW_EFI_INFO, -XEN_ENOSYS },
		{ 99, -XEN_EINVAL },
	};

	memset(&op, 0, sizeof(op));
	op.u.firmware_info.type = XEN_FW_KBD_SHIFT_FLAGS;
	expect_rc("keyboard flags", call(XENPF_firmware_info), 0);
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		memset(&op, 0, sizeof(op));
		op.u.firmware_info.type = rows[i].type;
		op.u.firmware_info.index = 200;
		expect_rc("firmware information that is not there", call(XENPF_firmware_info),
			  rows[i].wanted);
	}
}

static void time_set(void)
{
	uint64_t before, after;

	memset(&op, 0, sizeof(op));
	op.u.settime64.secs = 1700000000;
	op.u.settime64.system_time = now();
	before = test_start.shared->wc_version;
	expect_rc("settime64", call(XENPF_settime64), 0);
	after = pv_time_wall_base(test_start.shared) + now();
	expect(after / PV_SECOND - 1700000000 < 10, "the wall clock is %lu s", after / PV_SECOND);
	expect(test_start.shared->wc_version != before, "the version has not changed");
	op.u.settime64.mbz = 1;
	expect_rc("settime64 with a reserved field", call(XENPF_settime64), -XEN_EINVAL);
}

void test_main(void)
{
	if (!test_start.dom0)
		test_skip("needs the hardware domain");
	cpus();
	firmware();
	time_set();
	memset(&op, 0, sizeof(op));
	expect_rc("an unknown command", call(12345), -XEN_ENOSYS);
	op.interface_version = 1;
	op.cmd = XENPF_get_cpuinfo;
	expect_rc("another interface version", hypercall_platform_op(&op), -XEN_EACCES);
	expect_rc("from the hypervisor", hypercall_platform_op((void *)HYPERVISOR_POINTER),
		  -XEN_EFAULT);
}
