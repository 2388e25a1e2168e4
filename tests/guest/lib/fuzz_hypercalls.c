/* SPDX-License-Identifier: MIT */
/*
 * Random hypercalls: those of the tables with structures of their size, and those whose arguments
 * are no structure, in a form that often gets through.
 */
#include "fuzz.h"
#include "sweep.h"

#define BATCH                  8

#define HYPERCALL(number, ...) number,
static const uint8_t numbers[] = {
#include <hypercalls.def>
};

static long call(const struct child_call *c)
{
	return pv_hypercall(c->number, c->a[0], c->a[1], c->a[2], c->a[3], c->a[4]);
}

/* What stops the guest, by its meaning. */
static bool stops(uint64_t number, uint64_t command)
{
	if (number == __HYPERVISOR_sched_op)
		return command == SCHEDOP_block || command == SCHEDOP_poll ||
		       command == SCHEDOP_shutdown || command == SCHEDOP_watchdog;
	return number == __HYPERVISOR_iret ||
	       (number == __HYPERVISOR_vcpu_op &&
		(command == VCPUOP_down || command == VCPUOP_register_vcpu_info));
}

/* What a trap would meet. */
static bool entries_change(uint64_t number)
{
	return number == __HYPERVISOR_set_trap_table || number == __HYPERVISOR_set_callbacks ||
	       number == __HYPERVISOR_stack_switch || number == __HYPERVISOR_callback_op ||
	       number == __HYPERVISOR_vcpu_op || number == __HYPERVISOR_multicall ||
	       number == __HYPERVISOR_mmuext_op;
}

static void call_make(const struct child_call *c)
{
	if (stops(c->number, c->a[0]) && !fuzz_rarely(1024))
		return;
	call(c);
	if (entries_change(c->number))
		fuzz_repair();
}

static void structure_id(const struct sweep_row *row, uint8_t *at)
{
	if (row->subject != SWEEP_SELF && row->size >= row->domain_at + sizeof(domid_t)) {
		domid_t id = fuzz_domain();

		memcpy(at + row->domain_at, &id, sizeof(id));
	}
}

/* A sub-operation, its structure filled at random; now and then the registers too. */
static void by_row(void)
{
	const struct sweep_row *row = &sweep_rows[fuzz_random() % sweep_nr];
	uint8_t *at = fuzz_structure(256);
	struct child_call c;

	if (row->form == FRAME && !fuzz_rarely(4))
		sweep_frame(row, at);
	structure_id(row, at);
	c = sweep_call(row, fuzz_rarely(8) ? fuzz_pointer() : (uint64_t)at);
	if (row->form == ID_POINTER)
		c.a[1] = fuzz_rarely(8) ? fuzz_value() : fuzz_random() % 3;
	if (fuzz_rarely(8))
		c.a[fuzz_random() % 5] = fuzz_value();
	call_make(&c);
}

/* A hypercall by its number, with registers at random. */
static void by_number(void)
{
	struct child_call c = { .number = numbers[fuzz_random() % PV_ARRAY_SIZE(numbers)] };

	if (fuzz_rarely(16))
		c.number = fuzz_value();
	for (unsigned int i = 0; i < 5; i++)
		c.a[i] = fuzz_value();
	/* Its own mappings stay. */
	if (c.number == __HYPERVISOR_update_va_mapping && !fuzz_rarely(256))
		c.a[0] = fuzz.slots + fuzz_random() % FUZZ_SLOTS * PV_PAGE_SIZE;
	if (c.number == __HYPERVISOR_set_debugreg)
		c.a[1] = FUZZ_DR7(c.a[1]);
	call_make(&c);
}

static void mmu_update(void)
{
	unsigned int nr = 1 + fuzz_random() % BATCH;
	struct mmu_update *updates = fuzz_structure(BATCH * sizeof(*updates));

	for (unsigned int i = 0; i < nr; i++) {
		updates[i].ptr = fuzz_entry();
		if (fuzz_rarely(4))
			updates[i].ptr |= fuzz_random() % (fuzz_rarely(8) ? 8 : 4);
		updates[i].val = fuzz_pte();
	}
	hypercall_mmu_update(updates, nr, fuzz_rarely(8) ? (void *)fuzz_pointer() : NULL,
			     fuzz_rarely(8) ? (unsigned int)fuzz_value() : DOMID_SELF);
}

static void mmuext(void)
{
	unsigned int nr = 1 + fuzz_random() % 4;
	struct mmuext_op *ops = fuzz_structure(4 * sizeof(*ops));
	bool user = false;

	for (unsigned int i = 0; i < nr; i++) {
		ops[i].cmd = fuzz_random() % 24;
		user |= ops[i].cmd == MMUEXT_NEW_USER_BASEPTR;
		ops[i].arg1.mfn = fuzz_rarely(4) ? fuzz_value() : fuzz_frame();
		if (ops[i].cmd == MMUEXT_SET_LDT)
			ops[i].arg2.nr_ents = fuzz_random() % 9000;
		/* Its own root, mostly: another one has none of its code. */
		if (ops[i].cmd == MMUEXT_NEW_BASEPTR && !fuzz_rarely(16))
			ops[i].arg1.mfn = fuzz.frame[0];
	}
	hypercall_mmuext_op(ops, nr, fuzz_rarely(8) ? (void *)fuzz_pointer() : NULL,
			    fuzz_rarely(8) ? fuzz_domain() : DOMID_SELF);
	if (user)
		fuzz_repair();
}

static void va_mapping(void)
{
	uint64_t va = fuzz.slots + fuzz_random() % FUZZ_SLOTS * PV_PAGE_SIZE;
	uint64_t flags = fuzz_rarely(4) ? fuzz_value() : fuzz_random() % 3;

	if (fuzz_rarely(8))
		hypercall_update_va_mapping_otherdomain(va, fuzz_pte(), flags, fuzz_domain());
	else
		hypercall_update_va_mapping(va, fuzz_pte(), flags);
}

static void multicall(void)
{
	unsigned int nr = 1 + fuzz_random() % BATCH;
	struct multicall_entry *calls = fuzz_structure(BATCH * sizeof(*calls));

	for (unsigned int i = 0; i < nr; i++) {
		calls[i].op = numbers[fuzz_random() % PV_ARRAY_SIZE(numbers)];
		if (calls[i].op == __HYPERVISOR_update_va_mapping)
			calls[i].args[0] = fuzz.slots;
		if (calls[i].op == __HYPERVISOR_set_debugreg)
			calls[i].args[1] = FUZZ_DR7(calls[i].args[1]);
		if (stops(calls[i].op, calls[i].args[0]))
			calls[i].op = __HYPERVISOR_xen_version;
	}
	hypercall_multicall(calls, nr);
	fuzz_repair();
}

/* Frames given back and taken again; the place knows those that it has. */
static void reservation(void)
{
	static xen_pfn_t list[2];
	unsigned int which = fuzz_random() % FUZZ_FRAMES;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, list);
	list[0] = fuzz.frame[which];
	if (fuzz_rarely(8))
		list[0] = fuzz_frame();
	if (fuzz_rarely(2)) {
		hypercall_memory_op(XENMEM_decrease_reservation, &r);
		return;
	}
	list[0] = fuzz_rarely(4) ? fuzz_value() : which;
	if (hypercall_memory_op(XENMEM_populate_physmap, &r) == 1)
		fuzz.frame[which] = list[0];
}

/* An entry of the grant table, which the first slot may map, and a use of one. */
static void grant(void)
{
	struct gnttab_map_grant_ref *map = fuzz_structure(sizeof(*map));
	struct gnttab_unmap_grant_ref *unmap = fuzz_structure(sizeof(*unmap));
	struct gnttab_copy *copy = fuzz_structure(sizeof(*copy));

	map->dom = fuzz_domain();
	map->flags = fuzz_random() % 64;
	map->ref = fuzz_random() % 16;
	map->host_addr = fuzz_rarely(2) ? fuzz_pointer() : fuzz_entry();
	hypercall_grant_table_op(GNTTABOP_map_grant_ref, map, 1);
	copy->source.domid = fuzz_domain();
	copy->source.u.ref = fuzz_random() % 16;
	copy->dest.domid = fuzz_domain();
	copy->dest.u.gmfn = fuzz.frame[fuzz_random() % FUZZ_FRAMES];
	copy->flags = fuzz_rarely(4) ? (uint16_t)fuzz_random() : GNTCOPY_source_gref;
	hypercall_grant_table_op(GNTTABOP_copy, copy, 1);
	unmap->host_addr = map->host_addr;
	unmap->handle = fuzz_rarely(2) ? map->handle : fuzz_random() % 8;
	hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, unmap, 1);
}

static void descriptor(void)
{
	static xen_ulong_t frames[16];

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(frames); i++)
		frames[i] = fuzz_frame();
	if (fuzz_rarely(4))
		hypercall_set_gdt(frames, (unsigned int)(fuzz_random() % 8192));
	else
		hypercall_update_descriptor(fuzz_entry(), fuzz_value());
}

static void __attribute__((naked, noreturn)) second_vcpu(void)
{
	/* SCHEDOP_block, for ever. */
	__asm__("1: movl $29, %eax; movl $1, %edi; syscall; jmp 1b");
}

/* A context for the second vCPU that would do, with some words changed; then it is up or not. */
static void context(void)
{
	static struct vcpu_guest_context c;
	uint64_t *words = (uint64_t *)&c;
	bool changed = !fuzz_rarely(64);

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rip = (uint64_t)second_vcpu;
	c.user_regs.rsp = (uint64_t)fuzz.scratch + PV_PAGE_SIZE;
	c.user_regs.cs = PV_CS64;
	c.user_regs.ss = PV_SS;
	c.user_regs.rflags = 0x202;
	c.ctrlreg[3] = xen_pfn_to_cr3(fuzz.child->mfn[0]);
	if (changed) {
		words[fuzz_random() % (sizeof(c) / 8)] = fuzz_value();
		c.ctrlreg[fuzz_rarely(2) ? 3 : 1] = fuzz_rarely(2) ? xen_pfn_to_cr3(fuzz_frame())
								   : fuzz_value();
		if (fuzz_rarely(4))
			c.gdt_frames[0] = fuzz_frame();
	}
	c.debugreg[7] = FUZZ_DR7(c.debugreg[7]);
	hypercall_vcpu_op(VCPUOP_initialise, 1, &c);
	if (fuzz_rarely(64))
		hypercall_vcpu_op(VCPUOP_up, 1, NULL);
	if (fuzz_rarely(4))
		hypercall_vcpu_op(VCPUOP_down, 1, NULL);
}

static enum fuzz_kind kind(void)
{
	switch (fuzz_random() % 16) {
	case 0: return FUZZ_by_number;
	case 1:
	case 2:
	case 3: return FUZZ_mmu_update;
	case 4:
	case 5: return FUZZ_mmuext;
	case 6:
	case 7: return FUZZ_va_mapping;
	case 8: return fuzz_rarely(4) ? FUZZ_multicall : FUZZ_grant;
	case 9: return FUZZ_reservation;
	case 10: return FUZZ_descriptor;
	case 11: return FUZZ_context;
	default: return FUZZ_by_row;
	}
}

enum fuzz_kind fuzz_hypercall(void)
{
	static void (*const call_of[])(void) = {
		[FUZZ_by_number] = by_number,   [FUZZ_by_row] = by_row,
		[FUZZ_mmu_update] = mmu_update, [FUZZ_mmuext] = mmuext,
		[FUZZ_va_mapping] = va_mapping, [FUZZ_multicall] = multicall,
		[FUZZ_grant] = grant,           [FUZZ_reservation] = reservation,
		[FUZZ_descriptor] = descriptor, [FUZZ_context] = context,
	};
	enum fuzz_kind which = kind();

	call_of[which]();
	return which;
}
