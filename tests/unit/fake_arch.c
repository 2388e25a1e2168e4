/* SPDX-License-Identifier: MIT */
/* fake_arch.h */
#include <check.h>
#include <stdlib.h>

#include <core/errno.h>
#include <core/frametype.h>
#include <core/grant.h>
#include <core/hypercall.h>
#include <core/printk.h>
#include <core/sched.h>
#include <pv/pagetable.h>
#include <x86/machine.h>

#include "fake_arch.h"

/* What room pv has, for those who link it. */
#define WEAK __attribute__((weak))

struct fake_arch arch;

static void boot_domain(struct domain *d)
{
	ck_assert_int_eq(domain_set_max_vcpus(d, d->max_vcpus), 0);
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		d->vcpus[i]->initialised = true;
		ck_assert_int_eq(vcpu_up(d->vcpus[i]), 0);
	}
	domain_unpause(d);
}

static struct domain *make(domid_t id, unsigned int vcpus, u64 max_pages)
{
	struct xen_domctl_createdomain c = { .max_vcpus = vcpus,
					     .max_evtchn_port = 1023,
					     .max_grant_frames = 4,
					     .max_maptrack_frames = 2 };
	struct domain *d;

	ck_assert_int_eq(domain_create(id, &c, &d), 0);
	d->max_pages = max_pages;
	boot_domain(d);
	return d;
}

struct domain *core_domain(unsigned int vcpus, u64 max_pages)
{
	return make(DOMID_INVALID, vcpus, max_pages);
}

struct domain *core_start(u64 frames)
{
	machine_start(frames);
	machine.now = 1000000000;
	arch = (struct fake_arch){ 0 };
	sched_init_cpu(&cpus[0]);
	dom0 = make(0, 1, frames);
	dom0->control = dom0->hardware = true;
	schedule();
	ck_assert_ptr_eq(current, dom0->vcpus[0]);
	return dom0;
}

void core_exit(void)
{
	struct vcpu *v = current;
	u8 work = __atomic_exchange_n(&v->work, 0, __ATOMIC_SEQ_CST);

	if (work & WORK_RESCHED || !vcpu_runnable(v))
		schedule();
}

void core_pass(u64 ns)
{
	u64 until = machine.now + ns;

	while (arch.programmed <= until) {
		machine.now = MAX(machine.now, arch.programmed);
		arch.programmed = ~0UL;
		timer_interrupt();
		core_exit();
	}
	machine.now = until;
	core_exit();
}

void core_destroy(struct domain *d)
{
	int rc;

	do {
		rc = domain_destroy(d);
		core_exit();
	} while (rc == -ERESTART);
	ck_assert_int_eq(rc, 0);
	core_exit();
}

unsigned int core_mappings(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(arch.mappings); i++)
		n += arch.mappings[i].used;
	return n;
}

/* Not in the host's C library. */
size_t strlcpy(char *dst, const char *src, size_t size)
{
	snprintf(dst, size, "%s", src);
	return strlen(src);
}

/* x86 ----------------------------------------------------------------------------------------- */

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	ck_assert_ptr_ne(prev, next);
	arch.switches++;
	host_stack = next->stack;
}

void context_prepare(struct vcpu *v)
{
	(void)v;
}

void cpu_idle(void)
{
	abort();
}

void irq_poll(void)
{
	arch.irq_polls++;
	if (arch.interrupt && arch.interrupt())
		vcpu_work_set(current, WORK_RESCHED);
}

void cpu_kick(struct cpu *c)
{
	(void)c;
}

struct stack_top *stack_alloc(void)
{
	return calloc(1, sizeof(struct stack_top));
}

void stack_free(struct stack_top *top)
{
	ck_assert_ptr_ne(top, host_stack);
	free(top);
}

void time_program(u64 deadline)
{
	arch.programmed = deadline;
}

void time_write_info(struct vcpu *v)
{
	v->info->time.version += 2;
}

void time_write_wallclock(struct domain *d)
{
	(void)d;
}

void uart_write(const char *s, size_t n)
{
	(void)s;
	(void)n;
}

void uart_write_sync(const char *s, size_t n)
{
	fwrite(s, 1, n, stderr);
}

/* pv ------------------------------------------------------------------------------------------ */

int arch_domain_init(struct domain *d)
{
	(void)d;
	return 0;
}

void arch_domain_free(struct domain *d)
{
	(void)d;
}

int arch_vcpu_init(struct vcpu *v)
{
	v->arch.kernel_l4 = v->arch.user_l4 = hv_l4_empty;
	return 0;
}

void arch_vcpu_free(struct vcpu *v)
{
	(void)v;
}

int arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	(void)v;
	(void)c;
	return 0;
}

WEAK int segment_validate_page(struct domain *d, struct frame *f)
{
	(void)d;
	(void)f;
	return -EINVAL;
}

WEAK int segment_set_ldt(struct vcpu *v, u64 base, u32 entries)
{
	(void)v;
	(void)base;
	(void)entries;
	return -EINVAL;
}

WEAK void segment_drop_gdt(struct vcpu *v)
{
	(void)v;
}

WEAK void segment_drop_ldt(struct vcpu *v)
{
	(void)v;
}

static int drop_mapping(struct grant_mapping *m)
{
	struct frame *f = mfn_to_frame(m->mfn);

	m->used = false;
	if (!(m->flags & GNTMAP_readonly))
		frametype_put_writable(f);
	frame_put(f);
	return 0;
}

/* The page tables of whoever dies hold what addresses of its id say: see arch_grant_map. */
WEAK int arch_domain_relinquish(struct domain *d)
{
	if (arch.relinquish_restarts && arch.relinquish_restarts--)
		return -ERESTART;
	for (unsigned int i = 0; i < ARRAY_SIZE(arch.mappings); i++)
		if (arch.mappings[i].used && arch.mappings[i].addr >> 32 == d->id)
			drop_mapping(&arch.mappings[i]);
	while (d->page_list != FRAME_END)
		ck_assert_int_eq(domain_frame_release(d, mfn_to_frame(MFN(d->page_list))), 0);
	return 0;
}

/* host_addr must carry the mapper's id in its upper half, so that its death finds it. */
WEAK int arch_grant_map(struct domain *d, u64 host_addr, u32 flags, mfn_t mfn)
{
	if (arch.map_error)
		return arch.map_error;
	ck_assert_uint_eq(host_addr >> 32, d->id);
	for (unsigned int i = 0; i < ARRAY_SIZE(arch.mappings); i++) {
		struct grant_mapping *m = &arch.mappings[i];

		if (m->used)
			continue;
		*m = (struct grant_mapping){ host_addr, flags, mfn, true };
		return GNTST_okay;
	}
	return GNTST_general_error;
}

WEAK int arch_grant_unmap(struct domain *d, u64 host_addr, u32 flags, mfn_t mfn, u64 new_addr)
{
	(void)d;
	(void)new_addr;
	for (unsigned int i = 0; i < ARRAY_SIZE(arch.mappings); i++) {
		struct grant_mapping *m = &arch.mappings[i];

		if (!m->used || m->addr != host_addr || !mfn_eq(m->mfn, mfn))
			continue;
		if ((m->flags ^ flags) & GNTMAP_readonly)
			continue;
		m->used = false;
		return GNTST_okay;
	}
	return GNTST_general_error;
}

static int no_tables(struct domain *d, struct frame *f, enum frame_type type)
{
	(void)d;
	(void)f;
	(void)type;
	return 0;
}

static void no_flush(struct domain *d, struct frame *f)
{
	(void)d;
	(void)f;
}

WEAK const struct frametype_ops pv_frametype_ops = { no_tables, no_tables, no_flush };

/* dom0 ---------------------------------------------------------------------------------------- */

int pirq_bind_port(u32 pirq, u32 port)
{
	if (arch.pirq_error)
		return arch.pirq_error;
	arch.pirq = pirq;
	arch.pirq_port = port;
	return 0;
}

void pirq_unbind_port(u32 pirq)
{
	ck_assert_uint_eq(pirq, arch.pirq);
	arch.pirq = arch.pirq_port = 0;
}

void hardware_domain_shutdown(u32 code)
{
	arch.hardware_shutdown = code + 1;
}
