/* SPDX-License-Identifier: MIT */
/*
 * domctl and sysctl from dom0, as toolstacks use them: its own information, the machine's, a domain
 * that is made, given memory, described and destroyed with every page returned; wrong versions,
 * domains, counts and addresses are refused and leave nothing behind.
 */
#include "test.h"

static struct xen_domctl dom;
static struct xen_sysctl sys;

static long domctl(uint32_t cmd, domid_t domid)
{
	dom.cmd = cmd;
	dom.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	dom.domain = domid;
	return hypercall_domctl(&dom);
}

static long sysctl(uint32_t cmd)
{
	sys.cmd = cmd;
	sys.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hypercall_sysctl(&sys);
}

static uint64_t free_pages(void)
{
	memset(&sys, 0, sizeof(sys));
	must(!sysctl(XEN_SYSCTL_physinfo));
	return sys.u.physinfo.free_pages;
}

static void information(void)
{
	memset(&dom, 0, sizeof(dom));
	expect_rc("getdomaininfo", domctl(XEN_DOMCTL_getdomaininfo, 0), 0);
	expect_eq("domain", dom.u.getdomaininfo.domain, 0);
	expect_eq("its pages", dom.u.getdomaininfo.tot_pages, test_start.info->nr_pages);
	expect(dom.u.getdomaininfo.nr_online_vcpus >= 1, "no vCPU is online");
	expect_rc("getdomaininfo of nobody", domctl(XEN_DOMCTL_getdomaininfo, 999), -XEN_ESRCH);
	expect(free_pages() > 1000, "hardly a page is free");
	expect(sys.u.physinfo.total_pages > test_start.info->nr_pages, "total pages");
	expect(sys.u.physinfo.nr_cpus >= 1, "no CPUs");
	expect_rc("sched_id", sysctl(XEN_SYSCTL_sched_id), 0);
}

static void refusals(void)
{
	memset(&dom, 0, sizeof(dom));
	memset(&sys, 0, sizeof(sys));
	dom.cmd = XEN_DOMCTL_getdomaininfo;
	dom.interface_version = 1;
	expect_rc("domctl of version 1", hypercall_domctl(&dom), -XEN_EACCES);
	sys.cmd = XEN_SYSCTL_physinfo;
	sys.interface_version = 1;
	expect_rc("sysctl of version 1", hypercall_sysctl(&sys), -XEN_EACCES);
	expect_rc("domctl from the hypervisor", hypercall_domctl((void *)HYPERVISOR_POINTER),
		  -XEN_EFAULT);
	expect_rc("sysctl from the hypervisor", hypercall_sysctl((void *)HYPERVISOR_POINTER),
		  -XEN_EFAULT);
	expect_rc("an unknown domctl", domctl(9999, 0), -XEN_ENOSYS);
	expect_rc("an unknown sysctl", sysctl(9999), -XEN_ENOSYS);
	expect_rc("destroy ourselves", domctl(XEN_DOMCTL_destroydomain, 0), -XEN_EINVAL);
	expect_rc("pause ourselves", domctl(XEN_DOMCTL_pausedomain, 0), -XEN_EINVAL);
	expect_rc("destroy nobody", domctl(XEN_DOMCTL_destroydomain, 999), -XEN_ESRCH);
	expect_rc("destroy a system domain", domctl(XEN_DOMCTL_destroydomain, DOMID_IO),
		  -XEN_ESRCH);
}

static long domain_create(domid_t wanted, uint32_t flags, uint32_t vcpus)
{
	memset(&dom, 0, sizeof(dom));
	dom.u.createdomain.flags = flags;
	dom.u.createdomain.max_vcpus = vcpus;
	dom.u.createdomain.max_evtchn_port = 1023;
	dom.u.createdomain.max_grant_frames = 4;
	dom.u.createdomain.max_maptrack_frames = 4;
	dom.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	return domctl(XEN_DOMCTL_createdomain, wanted);
}

static long populate(domid_t domid, xen_pfn_t *list, unsigned long nr)
{
	struct xen_memory_reservation r = { .nr_extents = nr, .domid = domid };

	set_xen_guest_handle(r.extent_start, list);
	return hypercall_memory_op(XENMEM_populate_physmap, &r);
}

/* The domain's frames are not ours; only with its name in the call may dom0 map them. */
static void foreign(domid_t domid, unsigned long mfn)
{
	char *va = window(0);
	struct mmu_update update = { pv_va_to_maddr(entry_of(va, 1)), pv_pte(mfn, PV_PTE_DATA) };
	uint64_t value = 1;

	expect_rc("its frame as ours", hypercall_mmu_update(&update, 1, NULL, DOMID_SELF),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("its frame as its", hypercall_mmu_update(&update, 1, NULL, domid), 0);
	pv_tlb_flush();
	expect_fault("a read", pv_try_read64(va, &value), FAULT_NONE);
	expect_eq("a new domain's memory", value, on_paravane() ? 0 : value);
	expect_fault("a write", pv_try_write64(va, 1), FAULT_NONE);
	update.val = 0;
	expect_rc("unmap", hypercall_mmu_update(&update, 1, NULL, DOMID_SELF), 0);
	pv_tlb_flush();
	expect_rc("its frame as a page table of ours", mmuext_one(MMUEXT_PIN_L1_TABLE, mfn, 0),
		  -XEN_EINVAL);
	expect_rc("clear its frame as ours", mmuext_one(MMUEXT_CLEAR_PAGE, mfn, 0), -XEN_EINVAL);
}

static void destroy(domid_t domid)
{
	long rc;

	do {
		rc = domctl(XEN_DOMCTL_destroydomain, domid);
	} while (rc == -XEN_EAGAIN || rc == -85);
	expect_rc("destroydomain", rc, 0);
}

/* Freed frames may be scrubbed in the background. */
static void expect_free(uint64_t pages)
{
	uint64_t start = now();

	while (free_pages() < pages && now() - start < 5 * PV_SECOND)
		pv_poll(NULL, 0, now() + 10 * PV_MILLISECOND);
	expect(free_pages() >= pages, "%ld pages are lost", (long)(pages - free_pages()));
}

static void life(void)
{
	static xen_pfn_t list[64];
	uint64_t before = free_pages();
	domid_t domid;

	if (!expect_rc("createdomain", domain_create(0, 0, 1), 0))
		return;
	domid = dom.domain;
	expect(domid > 0 && domid < DOMID_FIRST_RESERVED, "the new domain is %u", domid);
	expect_rc("createdomain with its number", domain_create(domid, 0, 1), -XEN_EEXIST);
	memset(&dom, 0, sizeof(dom));
	dom.u.max_mem.max_memkb = 64 * 4;
	expect_rc("max_mem", domctl(XEN_DOMCTL_max_mem, domid), 0);
	dom.u.max_vcpus.max = 1;
	expect_rc("max_vcpus", domctl(XEN_DOMCTL_max_vcpus, domid), 0);
	for (unsigned int i = 0; i < 64; i++)
		list[i] = i;
	expect_rc("populate", populate(domid, list, 64), 64);
	foreign(domid, list[3]);
	for (unsigned int i = 0; i < 64; i++)
		list[i] = 64 + i;
	expect(populate(domid, list, 64) < 64, "a domain got more than its maximum");
	memset(&dom, 0, sizeof(dom));
	must(!domctl(XEN_DOMCTL_getdomaininfo, domid));
	expect(dom.u.getdomaininfo.flags & XEN_DOMINF_paused, "a new domain is not paused");
	destroy(domid);
	expect_rc("getdomaininfo afterwards", domctl(XEN_DOMCTL_getdomaininfo, domid), -XEN_ESRCH);
	expect_free(before - 8);
}

/* A number that was used costs nothing for good, whichever it is. */
static void many(void)
{
	uint64_t before = free_pages();

	for (unsigned int i = 0; i < 1100; i++) {
		if (!expect_rc("createdomain", domain_create(0, 0, 1), 0))
			return;
		destroy(dom.domain);
	}
	expect_free(on_paravane() ? before : before - 8);
}

static void bad_domains(void)
{
	expect_rc("createdomain with unknown flags", domain_create(0, ~0U, 1),
		  UNLIKE_XEN(-XEN_EOPNOTSUPP, -XEN_EINVAL));
	expect_rc("createdomain with no vCPUs", domain_create(0, 0, 0), -XEN_EINVAL);
	expect_rc("createdomain with 2^31 vCPUs", domain_create(0, 0, 1U << 31), -XEN_EINVAL);
}

void test_main(void)
{
	if (!test_start.dom0)
		test_skip("needs the control domain");
	information();
	refusals();
	bad_domains();
	for (unsigned int i = 0; i < 5; i++)
		life();
	many();
}
