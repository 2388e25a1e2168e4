/* SPDX-License-Identifier: MIT */
/*
 * The machine as toolstacks ask for it: domains in a list, CPUs, nodes, pools, the scheduler,
 * features and the hypervisor's messages; buffers that are too small get what fits, buffers that
 * are none get an error.
 */
#include "test.h"

static struct xen_sysctl op;

static long sysctl(uint32_t cmd)
{
	op.cmd = cmd;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hypercall_sysctl(&op);
}

static void clear(void)
{
	memset(&op, 0, sizeof(op));
}

static void domains(void)
{
	static xen_domctl_getdomaininfo_t list[4];

	clear();
	op.u.getdomaininfolist.max_domains = 4;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, list);
	expect_rc("getdomaininfolist", sysctl(XEN_SYSCTL_getdomaininfolist), 0);
	expect_eq("domains", op.u.getdomaininfolist.num_domains, 1);
	expect_eq("its pages", list[0].tot_pages, test_start.info->nr_pages);
	op.u.getdomaininfolist.first_domain = 1;
	op.u.getdomaininfolist.max_domains = 4;
	expect_rc("from domain 1 on", sysctl(XEN_SYSCTL_getdomaininfolist), 0);
	expect_eq("domains from 1 on", op.u.getdomaininfolist.num_domains, 0);
	clear();
	op.u.getdomaininfolist.max_domains = 4;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer,
			     (xen_domctl_getdomaininfo_t *)HYPERVISOR_POINTER);
	expect_rc("to the hypervisor", sysctl(XEN_SYSCTL_getdomaininfolist), -XEN_EFAULT);
}

static void processors(void)
{
	static xen_sysctl_cpuinfo_t info[64];
	static xen_sysctl_cputopo_t topology[64];

	clear();
	op.u.getcpuinfo.max_cpus = 64;
	set_xen_guest_handle(op.u.getcpuinfo.info, info);
	expect_rc("getcpuinfo", sysctl(XEN_SYSCTL_getcpuinfo), 0);
	expect(op.u.getcpuinfo.nr_cpus >= 1, "no CPUs");
	clear();
	expect_rc("cputopoinfo, how many", sysctl(XEN_SYSCTL_cputopoinfo), 0);
	expect(op.u.cputopoinfo.num_cpus >= 1 && op.u.cputopoinfo.num_cpus <= 64, "%u CPUs",
	       op.u.cputopoinfo.num_cpus);
	op.u.cputopoinfo.num_cpus = 64;
	set_xen_guest_handle(op.u.cputopoinfo.cputopo, topology);
	expect_rc("cputopoinfo", sysctl(XEN_SYSCTL_cputopoinfo), 0);
	clear();
	op.u.cputopoinfo.num_cpus = 1;
	set_xen_guest_handle(op.u.cputopoinfo.cputopo, (xen_sysctl_cputopo_t *)HYPERVISOR_POINTER);
	expect_rc("to the hypervisor", sysctl(XEN_SYSCTL_cputopoinfo), -XEN_EFAULT);
}

static void nodes(void)
{
	static xen_sysctl_meminfo_t info[8];
	static uint32_t distance[64];

	clear();
	op.u.numainfo.num_nodes = 8;
	set_xen_guest_handle(op.u.numainfo.meminfo, info);
	set_xen_guest_handle(op.u.numainfo.distance, distance);
	expect_rc("numainfo", sysctl(XEN_SYSCTL_numainfo), 0);
	expect_eq("nodes", op.u.numainfo.num_nodes, 1);
	expect(info[0].memsize >= test_start.info->nr_pages << PV_PAGE_SHIFT, "memory %lu",
	       info[0].memsize);
}

static void pools(void)
{
	uint8_t map[8] = { 0 };

	clear();
	op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	op.u.cpupool_op.cpumap.nr_bits = 64;
	set_xen_guest_handle(op.u.cpupool_op.cpumap.bitmap, map);
	expect_rc("cpupool info", sysctl(XEN_SYSCTL_cpupool_op), 0);
	expect_eq("its number", op.u.cpupool_op.cpupool_id, 0);
	expect(map[0] & 1, "CPU 0 is in no pool");
	op.u.cpupool_op.cpupool_id = 77;
	op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	expect_rc("info of a pool behind the last", sysctl(XEN_SYSCTL_cpupool_op), -XEN_ENOENT);
	op.u.cpupool_op.op = 99;
	expect_rc("an unknown operation", sysctl(XEN_SYSCTL_cpupool_op),
		  UNLIKE_XEN(-XEN_EOPNOTSUPP, -XEN_ENOSYS));
}

static void features(void)
{
	static uint32_t words[64];

	clear();
	op.u.cpu_featureset.index = XEN_SYSCTL_cpu_featureset_pv;
	expect_rc("how many feature words", sysctl(XEN_SYSCTL_get_cpu_featureset), 0);
	expect(op.u.cpu_featureset.nr_features > 0 && op.u.cpu_featureset.nr_features <= 64,
	       "%u words", op.u.cpu_featureset.nr_features);
	set_xen_guest_handle(op.u.cpu_featureset.features, words);
	expect_rc("the words", sysctl(XEN_SYSCTL_get_cpu_featureset), 0);
	expect(words[0] >> 25 & 1, "no SSE in the first word: %#x", words[0]);
	op.u.cpu_featureset.index = 99;
	expect_rc("set 99", sysctl(XEN_SYSCTL_get_cpu_featureset), -XEN_EINVAL);
}

static void messages(void)
{
	static char text[4096];

	clear();
	op.u.readconsole.count = sizeof(text);
	set_xen_guest_handle(op.u.readconsole.buffer, text);
	expect_rc("readconsole", sysctl(XEN_SYSCTL_readconsole), 0);
	expect(op.u.readconsole.count > 0 && op.u.readconsole.count <= sizeof(text), "%u bytes",
	       op.u.readconsole.count);
	clear();
	op.u.readconsole.count = 16;
	set_xen_guest_handle(op.u.readconsole.buffer, text);
	memset(text, 0x7f, sizeof(text));
	expect_rc("16 bytes of it", sysctl(XEN_SYSCTL_readconsole), 0);
	expect(op.u.readconsole.count <= 16 && text[16] == 0x7f, "more than 16 bytes were written");
	set_xen_guest_handle(op.u.readconsole.buffer, (char *)HYPERVISOR_POINTER);
	op.u.readconsole.count = 64;
	expect_rc("to the hypervisor", sysctl(XEN_SYSCTL_readconsole), -XEN_EFAULT);
}

void test_main(void)
{
	if (!test_start.dom0)
		test_skip("needs the control domain");
	domains();
	processors();
	nodes();
	pools();
	features();
	messages();
	clear();
	expect_rc("sched_id", sysctl(XEN_SYSCTL_sched_id), 0);
}
