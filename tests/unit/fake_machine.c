/* SPDX-License-Identifier: MIT */
/* The fake machine (fake_machine.h). Everything that a test might replace by the real thing is
 * weak. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/devices.h>
#include <pv/pagetable.h>
#include <x86/context.h>
#include <core/errno.h>
#include <core/guest_access.h>
#include <core/hypercall.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/tlb.h>
#include <x86/xpti.h>

#include "fake_machine.h"

#define WEAK __attribute__((weak))

struct machine machine;
unsigned char *host_frame_table, *host_direct_map;
struct stack_top *host_stack;

static u64 hv_l4[HV_L4_SLOTS];
const u64 *hv_l4_entries = hv_l4;
bool xpti_on;
paddr_t hv_l4_empty = PAGE_SIZE; /* an empty page that is nobody's */
unsigned int paddr_bits = 46;
bool cpu_has_l1tf;

WEAK struct cpu cpus[NR_CPUS];
WEAK unsigned int nr_cpus = 1;
WEAK struct domain *dom0;
WEAK enum log_level log_level, guest_log_level;

static u64 random_state = 1;

void machine_seed(u64 seed)
{
	random_state = seed * 2 + 1;
}

u32 machine_random(u32 below)
{
	random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
	return (u32)((random_state >> 33) % below);
}

static void *zeroed_pages(u64 bytes)
{
	void *p = aligned_alloc(PAGE_SIZE, ROUND_UP(bytes, PAGE_SIZE));

	if (!p)
		abort();
	return memset(p, 0, ROUND_UP(bytes, PAGE_SIZE));
}

void machine_start(u64 frames)
{
	static struct stack_top idle;

	machine = (struct machine){ .frames = frames, .flushes = 1, .guest_faults = ~0UL };
	host_frame_table = zeroed_pages(frames * sizeof(struct frame));
	host_direct_map = zeroed_pages(frames * PAGE_SIZE);
	machine.m2p = zeroed_pages(frames * sizeof(u64));
	for (unsigned int i = 0; i < HV_L4_SLOTS; i++)
		hv_l4[i] = 0x1000 * (i + 1) | 0x63;
	cpus[0].online = true;
	idle.cpu = &cpus[0];
	host_stack = &idle;
	frame_add_ram(MFN(0), MFN(frames));
	frame_add_free(MFN(16), MFN(frames));
}

struct domain *machine_domain(domid_t id, u64 max_pages)
{
	struct domain *d = calloc(1, sizeof(*d));
	struct vcpu *v = calloc(1, sizeof(*v));

	if (!d || !v || id >= ARRAY_SIZE(machine.domains))
		abort();
	d->id = id;
	d->refs = 1;
	d->page_list = FRAME_END;
	d->state = DOMAIN_ALIVE;
	d->max_pages = max_pages;
	d->max_vcpus = 1;
	d->max_grant_frames = 4;
	d->vcpus = calloc(1, sizeof(*d->vcpus));
	d->vcpus[0] = v;
	spin_init(&d->lock, LOCK_DOMAIN);
	spin_init(&d->mm_lock, LOCK_MM);
	spin_init(&d->page_lock, LOCK_PAGES);
	v->domain = d;
	v->info = calloc(1, sizeof(*v->info));
	v->stack = calloc(1, sizeof(*v->stack));
	v->stack->vcpu = v;
	v->stack->cpu = v->cpu = &cpus[0];
	v->guest_kernel = 1;
	v->up = v->initialised = true;
	v->arch.kernel_l4 = v->arch.user_l4 = hv_l4_empty;
	for (unsigned int i = 0; i < GDT_GUEST_PAGES; i++)
		v->arch.gdt[i] = MFN_NONE;
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		v->arch.ldt[i] = MFN_NONE;
	machine.domains[id] = d;
	return d;
}

void machine_run(struct vcpu *v)
{
	host_stack = v->stack;
	cpus[0].curr = v;
	tlb_flush_local();
}

/* Guest memory -------------------------------------------------------------------------------- */

static bool faults(gaddr_t a, size_t n)
{
	if (!guest_range_ok(a, n) || a.v < PAGE_SIZE)
		return n != 0;
	return machine.guest_faults != ~0UL && !machine.guest_faults--;
}

WEAK int guest_read(void *dst, gaddr_t src, size_t n)
{
	if (faults(src, n))
		return -EFAULT;
	memcpy(dst, (const void *)src.v, n);
	return 0;
}

WEAK int guest_write(gaddr_t dst, const void *src, size_t n)
{
	if (faults(dst, n))
		return -EFAULT;
	memcpy((void *)dst.v, src, n);
	return 0;
}

WEAK int guest_clear(gaddr_t dst, size_t n)
{
	if (faults(dst, n))
		return -EFAULT;
	memset((void *)dst.v, 0, n);
	return 0;
}

/* Translations, caches, numbers
 * -------------------------------------------------------------------- */

WEAK void tlb_flush_local(void)
{
	machine.flushes++;
	if (machine.on_flush)
		machine.on_flush();
}

WEAK void tlb_flush_domain(struct domain *d)
{
	if (cpus[0].curr && cpus[0].curr->domain == d)
		tlb_flush_local();
}

WEAK void tlb_flush_page_local(u64 va)
{
	(void)va;
	machine.page_flushes++;
}

WEAK void tlb_flush_page_domain(struct domain *d, u64 va)
{
	if (cpus[0].curr && cpus[0].curr->domain == d)
		tlb_flush_page_local(va);
}

WEAK u64 tlb_clock(void)
{
	return machine.flushes;
}

WEAK void cache_flush_page(const void *va)
{
	(void)va;
}

WEAK void cache_flush_all(void)
{
}

WEAK void xpti_l4_written(const u64 *slot)
{
	(void)slot;
}

WEAK void xpti_l4_made(paddr_t l4)
{
	(void)l4;
}

WEAK void m2p_set(mfn_t mfn, pfn_t pfn)
{
	machine.m2p[mfn.v] = pfn.v;
}

WEAK void page_clear(void *page)
{
	memset(page, 0, PAGE_SIZE);
}

WEAK void page_copy(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}

WEAK u64 time_now(void)
{
	return machine.now;
}

WEAK void context_load_l4(struct vcpu *v)
{
	cpus[0].loaded_l4 = v->arch.kernel_l4;
	tlb_flush_local();
}

WEAK void context_load_ldt(struct vcpu *v)
{
	(void)v;
}

WEAK u64 context_read_base(unsigned int which)
{
	(void)which;
	return 0;
}

/* Domains
 * -------------------------------------------------------------------------------------------- */

WEAK struct domain *domain_by_id(domid_t id)
{
	return id < ARRAY_SIZE(machine.domains) ? machine.domains[id] : NULL;
}

WEAK void domain_hold(struct domain *d)
{
	d->refs++;
}

WEAK void domain_put(struct domain *d)
{
	d->refs--;
}

WEAK struct domain *domain_get(domid_t id)
{
	struct domain *d = id == DOMID_SELF ? current->domain : domain_by_id(id);

	if (d)
		domain_hold(d);
	return d;
}

WEAK void domain_crash(struct domain *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->crash_reason, sizeof(d->crash_reason), fmt, ap);
	va_end(ap);
	machine.crashes++;
}

WEAK bool iomem_allowed(const struct domain *d, mfn_t mfn, bool write)
{
	(void)mfn;
	(void)write;
	return d->hardware;
}

WEAK unsigned int context_code_bits(u16 cs)
{
	(void)cs;
	return 64;
}

WEAK void context_note_selectors(struct vcpu *v)
{
	(void)v;
}

WEAK u32 segment_base(const struct vcpu *v, u16 selector)
{
	(void)v;
	(void)selector;
	return 0;
}

/* Long calls
 * ------------------------------------------------------------------------------------------ */

WEAK bool preempt_point(void)
{
	this_cpu()->budget = BUDGET;
	return machine.preempt_fn ? machine.preempt_fn() : machine.preempt;
}

WEAK long hypercall_restart(u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	machine.restart[0] = a1;
	machine.restart[1] = a2;
	machine.restart[2] = a3;
	machine.restart[3] = a4;
	machine.restart[4] = a5;
	return -ERESTART;
}

/* Messages
 * -------------------------------------------------------------------------------------------- */

WEAK void printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > LOG_WARNING)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
}

WEAK void guest_printk(const struct domain *d, enum log_level level, const char *fmt, ...)
{
	(void)d;
	(void)level;
	(void)fmt;
}

WEAK void panic(const char *fmt, ...)
{
	va_list ap;

	fputs("panic: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}
