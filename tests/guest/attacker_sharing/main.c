/* SPDX-License-Identifier: MIT */
/*
 * Events, grants and the CPU's state, attacked by an ordinary domain where other hypervisors once
 * broke. The numbers are those of the advisories (docs/security.md). Every answer is the right one,
 * dom0 has what was its own, and each attacker can be destroyed and leaves no page behind.
 */
#include "attacker.h"

/* Each has lists of its own, which must not all lie in one frame. */
#define NOINLINE __attribute__((noinline))

#define FREE_VA  CHILD_VA(100) /* nothing is mapped there */

static uint64_t address(unsigned int n, unsigned int slot)
{
	return ((uint64_t)attacker.mfn[n] << PV_PAGE_SHIFT) + slot * sizeof(uint64_t);
}

/* ---- Event channels ------------------------------------------------------------------------- */

static void event_call(const char *what, long wanted, unsigned int cmd, const void *kept)
{
	ATTACK(what, wanted, event_channel_op, cmd, attacker_va(kept));
}

/* 188, 221, 343, 496. */
static NOINLINE void events(void)
{
	long mine = pv_event_bind_virq(VIRQ_DOM_EXC, 0);
	struct evtchn_bind_virq bind = { .virq = VIRQ_DOM_EXC }, beyond = { .virq = NR_VIRQS };
	struct evtchn_bind_virq elsewhere = { .virq = VIRQ_DOM_EXC, .vcpu = 1 };
	struct evtchn_alloc_unbound listen = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_init_control control = { .control_gfn = 0x200 };
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	struct evtchn_send send = { .port = 1 };
	evtchn_port_t wild = ~0U, unbound = 900;
	struct sched_poll poll = { .nr_ports = 1, .timeout = 1 };
	void *kept, *listened;

	must(mine > 0);
	attacker_make();
	kept = KEEP(bind);
	event_call("496: dom0's virtual interrupt", WHATEVER, EVTCHNOP_bind_virq, kept);
	event_call("496: again", REFUSED, EVTCHNOP_bind_virq, kept);
	event_call("496: on another vCPU", REFUSED, EVTCHNOP_bind_virq, KEEP(elsewhere));
	event_call("496: one that is none", -XEN_EINVAL, EVTCHNOP_bind_virq, KEEP(beyond));
	ATTACK("496: no answer can be written", -XEN_EFAULT, event_channel_op, EVTCHNOP_bind_virq,
	       HYPERVISOR_POINTER);
	event_call("188: a control block in the hypervisor", UNLIKE_XEN(-XEN_ENOSYS, -XEN_EINVAL),
		   EVTCHNOP_init_control, KEEP(control));
	event_call("343: reset", 0, EVTCHNOP_reset, KEEP(reset));
	listened = KEEP(listen);
	event_call("188: a port afterwards", 0, EVTCHNOP_alloc_unbound, listened);
	event_call("343: a send to it", 0, EVTCHNOP_send, KEEP(send));
	set_xen_guest_handle(poll.ports, (evtchn_port_t *)attacker_va(KEEP(unbound)));
	ATTACK("221: a poll on a port that is free", WHATEVER, sched_op, SCHEDOP_poll,
	       attacker_va(KEEP(poll)));
	set_xen_guest_handle(poll.ports, (evtchn_port_t *)attacker_va(KEEP(wild)));
	ATTACK("221: a poll on port ~0", -XEN_EINVAL, sched_op, SCHEDOP_poll,
	       attacker_va(KEEP(poll)));
	pv_event_clear((evtchn_port_t)mine);
	attacker_run();
	expect_eq("343: the first port after a reset",
		  ((struct evtchn_alloc_unbound *)listened)->port, 1);
	expect(pv_event_pending((evtchn_port_t)mine), "496: dom0 does not learn of the end");
	attacker_destroy("events");
	must(!pv_event_close((evtchn_port_t)mine));
}

/* Takes ports until there is no more: how many at 64 of the data page, then the last answer. */
CHILD_SNIPPET(
	do_ports,
	"movq %rsi, %rbx; xorl %r12d, %r12d;"
	"1: movl $0x7ff07ff0, 32(%rbx); movl $6, %edi; leaq 32(%rbx), %rsi; movl $32, %eax;"
	"syscall; testq %rax, %rax; jnz 2f; incl %r12d; jmp 1b;"
	"2: movl %r12d, 64(%rbx); movl %eax, 68(%rbx); movl $1023, 40(%rbx);"
	"movl $4, %edi; leaq 40(%rbx), %rsi; movl $32, %eax; syscall; movl %eax, 72(%rbx);"
	"movl $1024, 40(%rbx); movl $4, %edi; leaq 40(%rbx), %rsi; movl $32, %eax; syscall;"
	"movl %eax, 76(%rbx); pushq $0; movq %rsp, %rsi; movl $2, %edi; movl $29, %eax; syscall");

/* 317: all ports up to the domain's limit can be used, and none beyond. */
static NOINLINE void port_limit(void)
{
	int32_t data[20];

	attacker_start(do_ports, do_ports_end);
	expect_rc("317: its end", child_wait(&attacker, 5 * PV_SECOND), SHUTDOWN_poweroff);
	child_data(&attacker, data, sizeof(data));
	expect_rc("317: ports", data[16], 1023);
	expect_rc("317: one more", data[17], -XEN_ENOSPC);
	expect_rc("317: a send to the last", data[18], 0);
	expect_rc("317: and behind it", data[19], -XEN_EINVAL);
	attacker_destroy("ports");
}

/* ---- Grants --------------------------------------------------------------------------------- */

static struct pv_grants grants;
static uint16_t next[PV_GRANTS_PER_FRAME];

static struct gnttab_map_grant_ref *map(long ref, uint32_t flags, uint64_t where)
{
	struct gnttab_map_grant_ref op = { .host_addr = where,
					   .flags = flags,
					   .ref = (grant_ref_t)ref,
					   .dom = 0,
					   .status = 0x5555 };
	struct gnttab_map_grant_ref *kept = KEEP(op);

	ATTACK("a map", 0, grant_table_op, GNTTABOP_map_grant_ref, attacker_va(kept), 1);
	return kept;
}

static struct gnttab_unmap_grant_ref *unmap(uint64_t where)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = where, .handle = 0, .status = 0x5555 };
	struct gnttab_unmap_grant_ref *kept = KEEP(op);

	ATTACK("an unmap", 0, grant_table_op, GNTTABOP_unmap_grant_ref, attacker_va(kept), 1);
	return kept;
}

static void refused(const char *what, int16_t status)
{
	expect(status < 0, "%s: status %d", what, status);
}

static long pin_of(void *frame)
{
	return mmuext_one(MMUEXT_PIN_L1_TABLE, pv_va_to_mfn(frame), 0);
}

/* 224, 226, 227, 316, 380: dom0's page is the attacker's to write by two mappings of one handle;
 * one goes, the other holds the frame, whatever else is tried, to the attacker's end. */
static NOINLINE void mappings(void)
{
	const uint32_t by_entry = GNTMAP_host_map | GNTMAP_contains_pte;
	uint64_t *shared = page_take();
	struct gnttab_map_grant_ref *first, *bad[4];
	struct gnttab_unmap_grant_ref *half, *again;
	long ref, odd;

	attacker_make();
	ref = pv_grant_give(&grants, attacker.id, pv_va_to_mfn(shared), false);
	odd = pv_grant_give(&grants, attacker.id, pv_va_to_mfn(shared), false);
	must(ref > 0 && odd > 0);
	grants.table[odd].flags = GTF_transitive;
	first = map(ref, GNTMAP_host_map | GNTMAP_device_map, FREE_VA);
	bad[0] = map(odd, GNTMAP_host_map, FREE_VA + PV_PAGE_SIZE);
	bad[1] = map(ref, by_entry, address(3, 200) + 4);
	bad[2] = map(ref, by_entry, address(2, 200));
	bad[3] = map(ref, by_entry, address(CHILD_SPARE, 0));
	half = unmap(FREE_VA);
	again = unmap(FREE_VA);
	attacker_run();
	must(!first->handle);
	expect(first->status == GNTST_okay, "224: map: status %d", first->status);
	refused("226: a transitive grant", bad[0]->status);
	refused("227: an entry that is not aligned", bad[1]->status);
	refused("227: an entry of an L2", bad[2]->status);
	refused("227: an entry in an ordinary page", bad[3]->status);
	expect(half->status == GNTST_okay, "224: unmap of one part: status %d", half->status);
	expect(again->status != 0x5555, "316: an unmap of nothing left its status unset");
	page_readonly(shared);
	expect_rc("224: a table of what a device may write", pin_of(shared), -XEN_EINVAL);
	attacker_destroy("mappings");
	grants.table[odd].flags = GTF_permit_access;
	expect_rc("380: end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
	expect_rc("226: end", pv_grant_end(&grants, (grant_ref_t)odd), 0);
	if (expect_rc("380: a table afterwards", pin_of(shared), 0))
		must(!mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(shared), 0));
}

static NOINLINE void versions(void)
{
	struct gnttab_set_version version = { .version = 2 };
	struct gnttab_get_status_frames status = { .nr_frames = 1,
						   .dom = DOMID_SELF,
						   .status = 0x5555 };

	ATTACK("501: version 2 with a mapping", WHATEVER, grant_table_op, GNTTABOP_set_version,
	       attacker_va(KEEP(version)), 1);
	set_xen_guest_handle(status.frame_list, (uint64_t *)CHILD_VA(CHILD_SPARE + 1));
	ATTACK("255: frames of version 2", WHATEVER, grant_table_op, GNTTABOP_get_status_frames,
	       attacker_va(KEEP(status)), 1);
	version.version = 1;
	ATTACK("501: version 1", WHATEVER, grant_table_op, GNTTABOP_set_version,
	       attacker_va(KEEP(version)), 1);
}

static NOINLINE void cache_flush(void)
{
	struct gnttab_cache_flush flush = { .length = 64, .op = GNTTAB_CACHE_CLEAN };

	flush.a.dev_bus_addr = 0x200000;
	ATTACK("232: a flush of the hypervisor's memory", REFUSED, grant_table_op,
	       GNTTABOP_cache_flush, attacker_va(KEEP(flush)), 1);
}

static NOINLINE void transfer_to(grant_ref_t accept)
{
	struct gnttab_transfer transfer = { .domid = 0, .status = 0x5555, .ref = accept };
	domid_t self = DOMID_SELF;

	transfer.mfn = attacker.mfn[CHILD_SPARE];
	ATTACK("284: a transfer of a mapped frame", WHATEVER, grant_table_op, GNTTABOP_transfer,
	       attacker_va(KEEP(transfer)), 1);
	ATTACK("284: its pages", CHILD_PAGES, memory_op, XENMEM_current_reservation,
	       attacker_va(KEEP(self)));
	ATTACK("284: the frame is its own", 0, update_va_mapping, CHILD_VA(CHILD_SPARE),
	       pv_pte(attacker.mfn[CHILD_SPARE], PV_PTE_DATA), UVMF_INVLPG);
}

/* 232, 255, 284, 501: what is not there answers so and changes nothing. */
static NOINLINE void other_grants(void)
{
	uint64_t *victim = page_take();
	struct gnttab_map_grant_ref *first;
	long ref, accept;

	attacker_make();
	ref = pv_grant_give(&grants, attacker.id, pv_va_to_mfn(victim), true);
	accept = pv_grant_give(&grants, attacker.id, 0, false);
	must(ref > 0 && accept > 0);
	grants.table[accept].flags = GTF_accept_transfer;
	first = map(ref, GNTMAP_host_map | GNTMAP_readonly, FREE_VA);
	versions();
	cache_flush();
	transfer_to((grant_ref_t)accept);
	attacker_run();
	expect(first->status == GNTST_okay, "255: map: status %d", first->status);
	expect_eq("284: dom0's entry", grants.table[accept].flags, GTF_accept_transfer);
	attacker_destroy("other grants");
	expect_rc("501: end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
}

/* ---- The CPU -------------------------------------------------------------------------------- */

/* A base that is not canonical by WRMSR (193); a page fault is its end, as no handler is there. */
CHILD_SNIPPET(
	do_wrmsr,
	"movl $0xc0000100, %ecx; movl $0x80000000, %edx; xorl %eax, %eax; wrmsr;" CHILD_SHUTDOWN(
		0));
CHILD_SNIPPET(do_jump, "movabs $0x7ffffffffff8, %rax; movq %rax, %rcx; jmp *%rax");
/* iret to a loop with IF off, IOPL 3, NT, AC and VM set (202); the loop writes the flags down. */
CHILD_SNIPPET(do_flags, "movq %rsi, %rbx; movq %rsp, %rbp; pushq $0xe02b; pushq %rbp;"
			"pushq $0x27002; pushq $0xe030; leaq 1f(%rip), %rax; pushq %rax;"
			"pushq $0; pushq %rcx; pushq %r11; pushq %rax; movl $23, %eax; syscall;"
			"1: pushfq; popq 64(%rbx); movl $1, 72(%rbx); 2: jmp 2b");

static NOINLINE void segment_bases(void)
{
	attacker_make();
	for (unsigned int which = SEGBASE_FS; which <= SEGBASE_GS_KERNEL; which++)
		ATTACK("193: a base", -XEN_EINVAL, set_segment_base, which, NONCANONICAL);
	ATTACK("193: a call afterwards", 4096, xen_version, XENVER_pagesize);
	attacker_run();
	attacker_destroy("segment bases");
}

static NOINLINE void crash(const char *what, const char *code, const char *end)
{
	attacker_start(code, end);
	expect_rc(what, child_wait(&attacker, 5 * PV_SECOND), SHUTDOWN_crash);
	attacker_destroy(what);
}

static NOINLINE void flags(void)
{
	uint64_t data[10] = { 0 }, start = now();

	attacker_start(do_flags, do_flags_end);
	while (!data[9] && now() - start < 5 * PV_SECOND) {
		pv_poll(NULL, 0, now() + PV_MILLISECOND);
		child_data(&attacker, data, sizeof(data));
	}
	expect(data[9], "202: the attacker has not come back from its iret");
	/* Xen lets NT through, which harms nobody in 64-bit mode but at an IRET. */
	expect_eq("202: IF on; IOPL, NT and VM off", data[8] & (on_paravane() ? 0x27200 : 0x23200),
		  0x200);
	attacker_destroy("flags");
}

void test_main(void)
{
	if (!test_start.dom0)
		test_skip("needs the control domain");
	must(!pv_grants_init(&grants, window(8), 1, next));
	events();
	port_limit();
	mappings();
	other_grants();
	segment_bases();
	crash("193: WRMSR", do_wrmsr, do_wrmsr_end);
	crash("7: a jump to the end of the lower half", do_jump, do_jump_end);
	flags();
	expect_rc("a call afterwards", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
}
