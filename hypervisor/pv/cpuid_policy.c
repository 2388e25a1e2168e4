/* SPDX-License-Identifier: MIT */
/*
 * CPUID policies: read from the CPU at boot, cut to what a PV guest can have.
 *
 * The rule for features is one table: which register of which leaf is a word of features, and which
 * of its bits a PV guest may see. Hidden are what needs ring 0 or a hypervisor's help that is not
 * given (PSE, PGE, MTRR, SMEP, SMAP, UMIP, PKU, MONITOR, VMX, SVM, X2APIC, PCID, INVPCID, XSAVES,
 * LA57, CET), SYSENTER, the speculation MSRs, and RDTSCP and RDPID, whose number is not switched.
 * Machine checks are shown, with no banks (pv/msr.c): kernels complain where there are none.
 */
#include <x86/asm.h>
#include <pv/cpuid.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/lib.h>
#include <x86/machine.h>

enum { EAX, EBX, ECX, EDX };

#define BASIC_MAX    0xdU
#define EXTENDED_MAX 0x80000021U
#define CACHES_MAX   5 /* subleaves of leaf 4 that toolstacks can hold */
#define SUBLEAF_NONE XEN_CPUID_NO_SUBLEAF

/* Bits of leaf 1 edx that AMD repeats in 80000001 edx. */
#define AMD_COMMON 0x0183f3ffU
#define WORD_1D    0x0fc9c3f5U
#define AVX512_7B  0xd0230000U
#define VADDR_BITS 48U

static const struct feature_word {
	u32 leaf, subleaf;
	u8 reg, word;
	u32 pv; /* what a PV guest may have */
} feature_words[] = {
	{ 1, SUBLEAF_NONE, EDX, 0, WORD_1D },
	{ 1, SUBLEAF_NONE, ECX, 1, 0x76d83203 },
	{ 0x80000001, SUBLEAF_NONE, EDX, 2, 0xe0500800 | (WORD_1D & AMD_COMMON) },
	{ 0x80000001, SUBLEAF_NONE, ECX, 3, 0x002109e1 },
	{ 0xd, 1, EAX, 4, 0x5 },
	{ 7, 0, EBX, 5, 0x218c2369 | AVX512_7B },
	{ 7, 0, ECX, 6, 0x1a005f42 },
	{ 0x80000007, SUBLEAF_NONE, EDX, 7, 1U << 8 },
	{ 0x80000008, SUBLEAF_NONE, EBX, 8, 0x24100005 },
	{ 7, 0, EDX, 9, 0x0080451c },
	{ 7, 1, EAX, 10, 0x00001c30 },
	{ 0x80000021, SUBLEAF_NONE, EAX, 11, 0x44 },
	{ 7, 1, EBX, 12, 0 },
	{ 7, 2, EDX, 13, 0 },
	{ 7, 1, ECX, 14, 0 },
	{ 7, 1, EDX, 15, 0 },
};

struct cpuid_policy cpuid_host, cpuid_pv;

static u32 *reg_of(xen_cpuid_leaf_t *l, unsigned int reg)
{
	return reg == EAX ? &l->a : reg == EBX ? &l->b : reg == ECX ? &l->c : &l->d;
}

static int compare(u32 leaf, u32 subleaf, const xen_cpuid_leaf_t *l)
{
	if (leaf != l->leaf)
		return leaf < l->leaf ? -1 : 1;
	if (l->subleaf == SUBLEAF_NONE || subleaf == l->subleaf)
		return 0;
	return subleaf < l->subleaf ? -1 : 1;
}

const xen_cpuid_leaf_t *cpuid_policy_find(const struct cpuid_policy *p, u32 leaf, u32 subleaf)
{
	u32 low = 0, high = p->count;
	const xen_cpuid_leaf_t *own = &p->leaf[nospec_index(leaf, high)];

	/* The first leaves stand at their own numbers; kernels ask for them most. */
	if (leaf < high && own->leaf == leaf && own->subleaf == SUBLEAF_NONE)
		return own;
	while (low < high) {
		u32 mid = (low + high) / 2;
		int c = compare(leaf, subleaf, &p->leaf[mid]);

		if (!c)
			return &p->leaf[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static xen_cpuid_leaf_t *find(struct cpuid_policy *p, u32 leaf, u32 subleaf)
{
	return (xen_cpuid_leaf_t *)cpuid_policy_find(p, leaf, subleaf);
}

/* Leaves are added in ascending order. */
static void add(struct cpuid_policy *p, u32 leaf, u32 subleaf)
{
	xen_cpuid_leaf_t *l = &p->leaf[p->count];
	u32 out[4];

	if (p->count == CPUID_LEAVES_MAX)
		return;
	cpuid(leaf, subleaf == SUBLEAF_NONE ? 0 : subleaf, out);
	*l = (xen_cpuid_leaf_t){ leaf, subleaf, out[0], out[1], out[2], out[3] };
	p->count++;
}

static void add_caches(struct cpuid_policy *p)
{
	for (u32 i = 0; i < CACHES_MAX; i++) {
		add(p, 4, i);
		if (!(p->leaf[p->count - 1].a & 0x1f))
			return;
	}
}

static void add_xsave(struct cpuid_policy *p)
{
	add(p, 0xd, 0);
	add(p, 0xd, 1);
	for (u32 i = 2; i < 63; i++)
		if (xcr0_mask >> i & 1)
			add(p, 0xd, i);
}

/* A table has every leaf that libxc would write, be it zero: it puts what it changed into room for
 * as many as it was given. */
static void read_host(struct cpuid_policy *p)
{
	u32 basic[4], extended[4];

	cpuid(0, 0, basic);
	cpuid(0x80000000, 0, extended);
	for (u32 leaf = 0; leaf <= MIN(basic[0], BASIC_MAX); leaf++) {
		if (leaf == 4)
			add_caches(p);
		else if (leaf == 7)
			for (u32 i = 0; i < 3; i++)
				add(p, 7, i);
		else if (leaf == 0xb)
			for (u32 i = 0; i < 2; i++)
				add(p, 0xb, i);
		else if (leaf == 0xd)
			add_xsave(p);
		else
			add(p, leaf, SUBLEAF_NONE);
	}
	add(p, 0x40000000, SUBLEAF_NONE);
	add(p, 0x40000100, SUBLEAF_NONE);
	for (u32 leaf = 0x80000000; leaf <= MIN(extended[0], EXTENDED_MAX); leaf++)
		add(p, leaf, SUBLEAF_NONE);
}

static void clear(xen_cpuid_leaf_t *l)
{
	l->a = l->b = l->c = l->d = 0;
}

static void limit_leaf(xen_cpuid_leaf_t *l)
{
	switch (l->leaf) {
	case 0: l->a = MIN(l->a, BASIC_MAX); break;
	case 0x80000000: l->a = MIN(l->a, EXTENDED_MAX); break;
	case 1: /* one thread, no local APIC of its own: all vCPUs answer id 0, as on Xen */
		l->b &= 0xff00;
		break;
	case 4: /* no sharing of caches is promised */ l->a &= 0x3fff; break;
	case 5:   /* MONITOR */
	case 6:   /* thermal and power */
	case 0xa: /* performance counters */
	case 0xb: /* topology: none is promised */
	case 0x40000000:
	case 0x40000100: clear(l); break;
	case 0xd:
		if (l->subleaf == 0) {
			l->a = (u32)xcr0_mask;
			l->c = xsave_size;
			l->d = xcr0_mask >> 32;
		} else if (l->subleaf == 1)
			l->b = l->c = l->d = 0;
		break;
	case 0x80000007: l->a = l->b = l->c = 0; break;
	case 0x80000008: /* without LA57 */
		l->a = (l->a & ~0xff00U) | VADDR_BITS << 8;
		l->c = l->d = 0;
		break;
	default:
		if (l->leaf > 0x80000008 && l->leaf != EXTENDED_MAX)
			clear(l);
	}
}

/* ANDs every word of features of p with what limit has there. */
static void limit_features(struct cpuid_policy *p, struct cpuid_policy *limit)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(feature_words); i++) {
		const struct feature_word *w = &feature_words[i];
		xen_cpuid_leaf_t *l = find(p, w->leaf, w->subleaf);
		xen_cpuid_leaf_t *max = limit ? find(limit, w->leaf, w->subleaf) : NULL;
		u32 mask = w->pv;

		if (limit)
			mask = max ? *reg_of(max, w->reg) : 0;
		if (l)
			*reg_of(l, w->reg) &= mask;
	}
}

void cpuid_init(void)
{
	read_host(&cpuid_host);
	cpuid_pv = cpuid_host;
	for (u32 i = 0; i < cpuid_pv.count; i++)
		limit_leaf(&cpuid_pv.leaf[i]);
	limit_features(&cpuid_pv, NULL);
	for (u32 i = 0; i < cpuid_pv.count; i++) {
		xen_cpuid_leaf_t *l = &cpuid_pv.leaf[i];

		if (l->leaf == 1)
			l->c |= 1U << 31; /* HYPERVISOR */
		if (l->leaf == 7 && l->subleaf == 0 && !(xcr0_mask >> 5 & 1))
			l->b &= ~AVX512_7B;
	}
}

void cpuid_featureset(const struct cpuid_policy *p, u32 words[CPUID_FEATURE_WORDS])
{
	memset(words, 0, CPUID_FEATURE_WORDS * sizeof(words[0]));
	for (unsigned int i = 0; i < ARRAY_SIZE(feature_words); i++) {
		const struct feature_word *w = &feature_words[i];
		const xen_cpuid_leaf_t *l = cpuid_policy_find(p, w->leaf, w->subleaf);

		if (l)
			words[w->word] = *reg_of((xen_cpuid_leaf_t *)l, w->reg);
	}
}

/* What the toolstack says of a leaf counts; what has to be true on this CPU does not come from it.
 */
static bool settable(const xen_cpuid_leaf_t *l)
{
	return l->leaf != 0xd && !(l->leaf >= 0x40000000 && l->leaf < 0x40010000);
}

int cpuid_policy_set(struct domain *d, const xen_cpuid_leaf_t *leaves, u32 count)
{
	struct cpuid_policy *p;

	if (count > CPUID_LEAVES_MAX)
		return -EINVAL;
	p = kalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = cpuid_pv;
	for (u32 i = 0; i < count; i++) {
		xen_cpuid_leaf_t *ours = find(p, leaves[i].leaf, leaves[i].subleaf);

		if (ours && settable(&leaves[i]))
			*ours = (xen_cpuid_leaf_t){ ours->leaf,  ours->subleaf, leaves[i].a,
						    leaves[i].b, leaves[i].c,   leaves[i].d };
	}
	limit_features(p, &cpuid_pv);
	kfree(d->arch.cpuid);
	d->arch.cpuid = p;
	return 0;
}

void cpuid_policy_free(struct domain *d)
{
	kfree(d->arch.cpuid);
	d->arch.cpuid = NULL;
}
