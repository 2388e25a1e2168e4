/* SPDX-License-Identifier: MIT */
/*
 * Machine checks: dom0 may ask what the CPUs are, and whether a record waits. None ever does: a
 * machine check ends in a panic.
 */
#include <pv_abi.h>

#include <x86/asm.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/hypercall.h>
#include <core/lib.h>

#define MSR_MCG_CAP 0x179U

long hc_mca_fetch(struct xen_mc *op)
{
	op->u.mc_fetch.flags = XEN_MC_NODATA;
	op->u.mc_fetch.fetch_id = 0;
	return 0;
}

static void describe(unsigned int n, xen_mc_logical_cpu_t *out)
{
	u32 r[4];
	u64 banks;

	memset(out, 0, sizeof(*out));
	out->mc_cpunr = n;
	out->mc_apicid = cpus[n].apic_id;
	out->mc_ncores = out->mc_ncores_active = out->mc_nthreads = 1;
	cpuid(0, 0, r);
	out->mc_cpuid_level = (int32_t)r[0];
	memcpy(out->mc_vendorid, &r[1], 4);
	memcpy(out->mc_vendorid + 4, &r[3], 4);
	memcpy(out->mc_vendorid + 8, &r[2], 4);
	cpuid(1, 0, r);
	out->mc_family = (r[0] >> 8 & 15) + ((r[0] >> 8 & 15) == 15 ? r[0] >> 20 & 0xff : 0);
	out->mc_model = (r[0] >> 4 & 15) | (r[0] >> 12 & 0xf0);
	out->mc_step = r[0] & 15;
	out->mc_cpu_caps[0] = r[3];
	out->mc_cpu_caps[4] = r[2];
	if (rdmsr_safe(MSR_MCG_CAP, &banks))
		return;
	out->mc_nmsrvals = 1;
	out->mc_msrvalues[0].reg = MSR_MCG_CAP;
	out->mc_msrvalues[0].value = banks;
}

/* Without a place to write to, only the number of CPUs is wanted. */
long hc_mca_physcpuinfo(struct xen_mc *op)
{
	struct xen_mc_physcpuinfo *p = &op->u.mc_physcpuinfo;
	gaddr_t to = handle_gaddr(p->info);
	xen_mc_logical_cpu_t one;
	u32 n = to.v ? MIN(p->ncpus, nr_cpus) : nr_cpus;

	for (u32 i = 0; to.v && i < n; i++) {
		describe(i, &one);
		if (guest_write_elem(to, i, &one))
			return -EFAULT;
	}
	p->ncpus = n;
	return 0;
}
