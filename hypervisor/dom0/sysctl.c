/* SPDX-License-Identifier: MIT */
/* sysctl: what a control domain asks of the machine and of the hypervisor itself; and paravane_op,
 * the same where Xen has nothing. */
#include <core/arch.h>
#include <x86/asm.h>
#include <pv/cpuid.h>
#include <dom0/domctl.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <core/lib.h>
#include <core/printk.h>
#include <x86/spec.h>
#include <x86/time.h>

#define COPY_CHUNK 256

long hc_paravane_op_defences(paravane_defences_t *text)
{
	strlcpy(*text, spec_text(), sizeof(*text));
	return 0;
}

long hc_sysctl_physinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_physinfo *p = &op->u.physinfo;
	u32 words[CPUID_FEATURE_WORDS];

	memset(p, 0, sizeof(*p));
	p->threads_per_core = 1;
	p->cores_per_socket = nr_cpus;
	p->nr_cpus = nr_cpus;
	p->max_cpu_id = nr_cpus - 1;
	p->nr_nodes = 1;
	p->cpu_khz = (u32)tsc_khz;
	p->capabilities = XEN_SYSCTL_PHYSCAP_pv;
	p->total_pages = total_frames;
	p->free_pages = frame_free_count();
	p->max_mfn = max_mfn;
	cpuid_featureset(&cpuid_host, words);
	memcpy(p->hw_cap, words, sizeof(p->hw_cap));
	return 0;
}

long hc_sysctl_sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
	return 0;
}

long hc_sysctl_readconsole(struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	u32 index = r->incremental ? r->index : 0, done = 0;
	gaddr_t to = handle_gaddr(r->buffer);
	char chunk[COPY_CHUNK];

	while (done < r->count) {
		size_t n = console_ring_read(chunk, MIN(sizeof(chunk), r->count - done), &index,
					     false);

		if (!n)
			break;
		if (guest_write(gaddr_add(to, done), chunk, n))
			return -EFAULT;
		done += n;
	}
	if (r->clear)
		console_ring_read(chunk, 0, &index, true);
	r->index = index;
	r->count = done;
	return 0;
}

long hc_sysctl_getdomaininfolist(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	struct domain *d;
	domid_t next = l->first_domain;
	u32 n;

	for (n = 0; n < l->max_domains; n++) {
		d = domain_get_next(next);
		if (!d)
			break;
		memset(&info, 0, sizeof(info));
		domain_info(d, &info);
		next = d->id + 1;
		domain_put(d);
		if (guest_write_elem(handle_gaddr(l->buffer), n, &info))
			return -EFAULT;
	}
	l->num_domains = n;
	return 0;
}

long hc_sysctl_getcpuinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
	u32 n = MIN(g->max_cpus, nr_cpus);

	for (u32 i = 0; i < n; i++) {
		struct xen_sysctl_cpuinfo info = { .idletime = cpus[i].idle_time };

		if (guest_write_elem(handle_gaddr(g->info), i, &info))
			return -EFAULT;
	}
	g->nr_cpus = n;
	return 0;
}

long hc_sysctl_cputopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
	gaddr_t to = handle_gaddr(t->cputopo);
	u32 n = MIN(t->num_cpus, nr_cpus);

	for (u32 i = 0; to.v && i < n; i++) {
		struct xen_sysctl_cputopo c = { .core = i, .socket = 0, .node = 0 };

		if (guest_write_elem(to, i, &c))
			return -EFAULT;
	}
	t->num_cpus = nr_cpus;
	return 0;
}

long hc_sysctl_numainfo(struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *n = &op->u.numainfo;
	struct xen_sysctl_meminfo mem = { total_frames << PAGE_SHIFT, frame_free_count()
									      << PAGE_SHIFT };
	const u32 distance = 10; /* ACPI's figure for a node to itself */

	if (n->num_nodes) {
		if (handle_gaddr(n->meminfo).v &&
		    guest_write(handle_gaddr(n->meminfo), &mem, sizeof(mem)))
			return -EFAULT;
		if (handle_gaddr(n->distance).v &&
		    guest_write(handle_gaddr(n->distance), &distance, sizeof(distance)))
			return -EFAULT;
	}
	n->num_nodes = 1;
	return 0;
}

static u32 domain_count(void)
{
	u32 n = 0;

	for (struct domain *d = domain_get_next(0), *next; d; d = next, n++) {
		next = domain_get_next(d->id + 1);
		domain_put(d);
	}
	return n;
}

/* One pool, number 0, with all CPUs. */
static long pool_info(struct xen_sysctl_cpupool_op *p)
{
	u64 mask[2];

	if (p->cpupool_id) /* the next one from this id on: there is none */
		return -ENOENT;
	online_mask(mask);
	p->sched_id = XEN_SCHEDULER_CREDIT2;
	p->n_dom = domain_count();
	return bitmap_write(&p->cpumap, mask);
}

long hc_sysctl_cpupool_op(struct xen_sysctl *op)
{
	const u64 none[2] = { 0, 0 };

	switch (op->u.cpupool_op.op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO: return pool_info(&op->u.cpupool_op);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO: return bitmap_write(&op->u.cpupool_op.cpumap, none);
	default: return -EOPNOTSUPP;
	}
}

/* The indices of policies and of feature sets: the CPU's own, twice; then PV guests' by even and
 * HVM guests' by odd numbers. */
_Static_assert(XEN_SYSCTL_cpu_policy_host == 1 && XEN_SYSCTL_cpu_policy_pv_max == 2 &&
		       XEN_SYSCTL_cpu_policy_pv_default == 4 &&
		       XEN_SYSCTL_cpu_policy_hvm_default == 5 &&
		       XEN_SYSCTL_cpu_featureset_host == 1 && XEN_SYSCTL_cpu_featureset_pv == 2 &&
		       XEN_SYSCTL_cpu_featureset_pv_max == 4 &&
		       XEN_SYSCTL_cpu_featureset_hvm_max == 5,
	       "policy_by_index");

static int policy_by_index(u32 index, const struct cpuid_policy **policy)
{
	if (index > XEN_SYSCTL_cpu_policy_hvm_default)
		return -EINVAL;
	*policy = index <= XEN_SYSCTL_cpu_policy_host ? &cpuid_host : &cpuid_pv;
	return *policy == &cpuid_pv && index % 2 ? -EOPNOTSUPP : 0;
}

long hc_sysctl_get_cpu_policy(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_policy *p = &op->u.cpu_policy;
	const struct cpuid_policy *policy;
	int rc = policy_by_index(p->index, &policy);

	if (rc)
		return rc;
	p->nr_msrs = 0;
	return policy_write(policy, handle_gaddr(p->leaves), &p->nr_leaves);
}

long hc_sysctl_get_cpu_featureset(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_featureset *f = &op->u.cpu_featureset;
	u32 words[CPUID_FEATURE_WORDS], n = MIN(f->nr_features, CPUID_FEATURE_WORDS);
	const struct cpuid_policy *policy;
	int rc;

	if (!handle_gaddr(f->features).v) {
		f->nr_features = CPUID_FEATURE_WORDS;
		return 0;
	}
	rc = policy_by_index(f->index, &policy);
	if (rc)
		return rc;
	cpuid_featureset(policy, words);
	if (guest_write(handle_gaddr(f->features), words, n * sizeof(words[0])))
		return -EFAULT;
	f->nr_features = n;
	return n < CPUID_FEATURE_WORDS ? -ENOBUFS : 0;
}
