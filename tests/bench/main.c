/* SPDX-License-Identifier: MIT */
/*
 * What one operation costs, for each that a guest does often: the loop is bracketed by RDTSC, which
 * counts instructions under QEMU's -icount, and the least of five rounds is printed as "bench:
 * NAME: COUNT". Calls go through the hypercall page, as in the figures that the goals came from.
 * Handlers are the shortest that can be, so that what is measured is the hypervisor.
 */
#include "child.h"

#define ROUNDS 5

/* One call through the page, inlined. */
#define PAGE_CALL(nr, a1, a2, a3, a4)                                                 \
	({                                                                            \
		unsigned long r_, d_ = (unsigned long)(a1), s_ = (unsigned long)(a2), \
				  x_ = (unsigned long)(a3);                           \
		register unsigned long r10_ __asm__("r10") = (unsigned long)(a4);     \
		__asm__ volatile("call pv_hypercall_page + %c6 * 32"                  \
				 : "=a"(r_), "+D"(d_), "+S"(s_), "+d"(x_), "+r"(r10_) \
				 : "0"(0UL), "i"(nr)                                  \
				 : "r8", "memory", "cc");                             \
		(long)r_;                                                             \
	})

/* Declares a function that runs the statement n times and returns the ticks that took. */
#define LOOP(name, statement)                 \
	static uint64_t name(unsigned long n) \
	{                                     \
		uint64_t start = pv_rdtsc();  \
                                              \
		for (; n; n--) {              \
			statement;            \
		}                             \
		return pv_rdtsc() - start;    \
	}

static struct multicall_entry calls[8];
static struct mmu_update same[64], other[64];
static struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
static struct mmuext_op base = { .cmd = MMUEXT_NEW_BASEPTR };
static struct evtchn_send event;
static struct gnttab_map_grant_ref map;
static struct gnttab_unmap_grant_ref unmap;
static struct gnttab_copy copy;
static unsigned long va, pte;

LOOP(null_call, PAGE_CALL(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0))
LOOP(no_call, PAGE_CALL(11, 0, 0, 0, 0))
LOOP(stack_switch, PAGE_CALL(__HYPERVISOR_stack_switch, PV_SS, 0xffffffff80200000, 0, 0))
LOOP(fpu_taskswitch, PAGE_CALL(__HYPERVISOR_fpu_taskswitch, 0, 0, 0, 0))
LOOP(multicall, PAGE_CALL(__HYPERVISOR_multicall, calls, 8, 0, 0))
LOOP(yield, PAGE_CALL(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0))
LOOP(set_timer, PAGE_CALL(__HYPERVISOR_set_timer_op, 1UL << 60, 0, 0, 0))
LOOP(send, PAGE_CALL(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &event, 0, 0))
LOOP(va_invlpg, PAGE_CALL(__HYPERVISOR_update_va_mapping, va, pte, UVMF_INVLPG, 0))
LOOP(va_plain, PAGE_CALL(__HYPERVISOR_update_va_mapping, va, pte, UVMF_NONE, 0))
LOOP(va_change, PAGE_CALL(__HYPERVISOR_update_va_mapping, va, 0, UVMF_INVLPG, 0);
     PAGE_CALL(__HYPERVISOR_update_va_mapping, va, pte, UVMF_INVLPG, 0))
LOOP(mmu_one, PAGE_CALL(__HYPERVISOR_mmu_update, same, 1, 0, DOMID_SELF))
LOOP(mmu_same, PAGE_CALL(__HYPERVISOR_mmu_update, same, 64, 0, DOMID_SELF))
LOOP(tlb_flush, PAGE_CALL(__HYPERVISOR_mmuext_op, &flush, 1, 0, DOMID_SELF))
LOOP(new_base, PAGE_CALL(__HYPERVISOR_mmuext_op, &base, 1, 0, DOMID_SELF))
LOOP(cpuid, pv_cpuid(0, 0))
LOOP(undefined, __asm__ volatile("ud2"))
LOOP(fault, __asm__ volatile("movb (%0), %%al" : : "r"(0x10000UL) : "rax"))
LOOP(grant_map, PAGE_CALL(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &map, 1, 0);
     unmap.handle = map.handle;
     PAGE_CALL(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &unmap, 1, 0))
LOOP(grant_copy, PAGE_CALL(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &copy, 1, 0))
LOOP(read_msr, __asm__ volatile("rdmsr" : : "c"(0xc0000102) : "rax", "rdx"))

/* Every entry gets the frame that its neighbour had. */
LOOP(mmu_other, uint64_t first = other[0].val;
     for (unsigned int i = 0; i < 63; i++) other[i].val = other[i + 1].val; other[63].val = first;
     PAGE_CALL(__HYPERVISOR_mmu_update, other, 64, 0, DOMID_SELF))

/* The shortest handlers: skip the instruction and return; clear the event and return. */
extern const char quick_ud[], quick_pf[], quick_event[], quick_syscall[];
__asm__(".pushsection .text\n"
	"quick_ud: popq %rcx; popq %r11; addq $2, (%rsp); pushq $0\n"
	"	jmp pv_hypercall_page + 23 * 32\n"
	"quick_pf: popq %rcx; popq %r11; addq $8, %rsp; addq $2, (%rsp); pushq $0\n"
	"	jmp pv_hypercall_page + 23 * 32\n"
	"quick_event: popq %rcx; popq %r11; movb $0, pv_shared_page; movq $0, pv_shared_page + 8\n"
	"	movq $0, pv_shared_page + 2048; pushq $0\n"
	"	jmp pv_hypercall_page + 23 * 32\n"
	"quick_syscall: popq %rcx; popq %r11; pushq $0x100\n"
	"	jmp pv_hypercall_page + 23 * 32\n"
	".popsection");

_Static_assert(offsetof(struct vcpu_info, evtchn_pending_sel) == 8, "quick_event");
_Static_assert(offsetof(struct shared_info, evtchn_pending) == 2048, "quick_event");

static void vector_set(uint8_t vector, const char *handler)
{
	struct trap_info table[2] = {
		{ .vector = vector, .flags = 4, .cs = PV_CS64, .address = (unsigned long)handler }
	};

	must(!hypercall_set_trap_table(table));
}

static void callback_set(uint16_t type, const char *handler)
{
	struct callback_register op = { .type = type,
					.flags = CALLBACKF_mask_events,
					.address = (unsigned long)handler };

	must(!hypercall_callback_op(CALLBACKOP_register, &op));
}

/* scale: how many operations one turn of the loop has. */
static void row(const char *name, uint64_t (*loop)(unsigned long), unsigned long turns,
		unsigned int scale)
{
	uint64_t best = ~0UL;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t took = loop(turns);

		best = took < best ? took : best;
	}
	pv_printf("bench: %s: %lu\n", name, (best / turns + scale / 2) / scale);
}

static void calls_measure(void)
{
	row("null hypercall", null_call, 2000, 1);
	row("no such hypercall", no_call, 2000, 1);
	row("stack_switch", stack_switch, 2000, 1);
	row("fpu_taskswitch", fpu_taskswitch, 2000, 1);
	for (unsigned int i = 0; i < 8; i++)
		calls[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version };
	row("multicall of 8", multicall, 500, 1);
	row("yield", yield, 500, 1);
	row("set_timer_op", set_timer, 1000, 1);
	must(!pv_timer_set(0));
}

static void events_measure(void)
{
	long port = pv_event_bind_ipi(0);

	must(port > 0 && port < 64);
	event.port = (evtchn_port_t)port;
	must(!pv_event_send(event.port));
	row("event send, pending", send, 1000, 1);
	callback_set(CALLBACKTYPE_event, quick_event);
	pv_event_clear(event.port);
	pv_event_unmask(event.port);
	pv_events_enable();
	row("event send, upcall, iret", send, 1000, 1);
	pv_events_disable();
	pv_event_mask(event.port);
}

static void tables_prepare(void)
{
	const uint64_t *entry;

	va = (unsigned long)window(0);
	pte = pte_make(page_take(), PV_PTE_DATA);
	entry = entry_of((void *)va, 1);
	must(!mmu_update_one(pv_va_to_maddr(entry), pte));
	for (unsigned int i = 0; i < 64; i++) {
		same[i] = (struct mmu_update){ pv_va_to_maddr(entry), pte };
		other[i] = (struct mmu_update){ pv_va_to_maddr(entry + 64 + i),
						pte_make(page_take(), PV_PTE_DATA) };
	}
	base.arg1.mfn = pv_va_to_mfn(root_table());
}

static void tables_measure(void)
{
	tables_prepare();
	row("update_va_mapping, invlpg", va_invlpg, 1000, 1);
	row("update_va_mapping, no flush", va_plain, 1000, 1);
	row("update_va_mapping, clear and set", va_change, 1000, 1);
	row("mmu_update, one", mmu_one, 1000, 1);
	row("mmu_update, 64 same", mmu_same, 200, 64);
	row("mmu_update, 64 other", mmu_other, 200, 64);
	row("tlb_flush_local", tlb_flush, 1000, 1);
	row("new_baseptr, same", new_base, 1000, 1);
}

static void traps_measure(void)
{
	row("emulated cpuid", cpuid, 1000, 1);
	row("rdmsr of the user GS base", read_msr, 1000, 1);
	vector_set(PV_VECTOR_UD, quick_ud);
	row("#UD bounced, iret", undefined, 1000, 1);
	vector_set(PV_VECTOR_UD, (const char *)pv_trap_address(PV_VECTOR_UD));
	vector_set(PV_VECTOR_PF, quick_pf);
	row("#PF bounced, iret", fault, 1000, 1);
	vector_set(PV_VECTOR_PF, (const char *)pv_trap_address(PV_VECTOR_PF));
}

static void grants_measure(void)
{
	static struct pv_grants grants;
	static uint16_t next[PV_GRANTS_PER_FRAME];
	domid_t self = (domid_t)pv_domain_id();
	void *page = page_take();
	long ref;

	must(!pv_grants_init(&grants, window(8), 1, next));
	ref = pv_grant_give(&grants, self, pv_va_to_mfn(page), false);
	must(ref > 0);
	map = (struct gnttab_map_grant_ref){ .host_addr = (uint64_t)window(9),
					     .flags = GNTMAP_host_map,
					     .ref = (grant_ref_t)ref,
					     .dom = self };
	unmap.host_addr = map.host_addr;
	row("grant map and unmap", grant_map, 500, 1);
	must(map.status == GNTST_okay && unmap.status == GNTST_okay);
	copy.source.domid = copy.dest.domid = DOMID_SELF;
	copy.source.u.gmfn = pv_va_to_mfn(page);
	copy.dest.u.gmfn = pv_va_to_mfn(page_take());
	copy.len = PV_PAGE_SIZE;
	row("grant copy", grant_copy, 500, 1);
	must(copy.status == GNTST_okay);
}

/* The other end: connects to the port that its data page names, then answers each event with one.
 */
CHILD_SNIPPET(answer, "movq %rsi, %rbx; movl $32, %eax; xorl %edi, %edi; syscall\n"
		      "movabs $0x100000010800, %r12\n"
		      "1: movl $29, %eax; movl $3, %edi; leaq 16(%rbx), %rsi; syscall\n"
		      "movq $0, (%r12)\n"
		      "movl $32, %eax; movl $4, %edi; leaq 40(%rbx), %rsi; syscall; jmp 1b");

static struct {
	struct evtchn_bind_interdomain connect;
	uint32_t pad;
	struct sched_poll poll;
	struct evtchn_send send;
	uint32_t pad2;
	evtchn_port_t port;
} talk;

_Static_assert(offsetof(__typeof__(talk), poll) == 16, "answer");
_Static_assert(offsetof(__typeof__(talk), send) == 40, "answer");
_Static_assert(CHILD_VA(CHILD_SHARED) + 2048 == 0x100000010800, "answer");

static struct sched_poll own_poll;
static evtchn_port_t own_port;

LOOP(round_trip, PAGE_CALL(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &event, 0, 0);
     PAGE_CALL(__HYPERVISOR_sched_op, SCHEDOP_poll, &own_poll, 0, 0); pv_event_clear(own_port))

static uint32_t port_state(void)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = own_port };

	must(!hypercall_event_channel_op(EVTCHNOP_status, &status));
	return status.status;
}

static void domains_measure(void)
{
	static struct child child;
	long port;

	child_make(&child, answer, answer_end, NULL, 0);
	port = pv_event_listen(child.id);
	must(port > 0);
	own_port = event.port = (evtchn_port_t)port;
	own_poll.nr_ports = 1;
	set_xen_guest_handle(own_poll.ports, &own_port);
	talk.connect.remote_port = own_port;
	talk.poll.nr_ports = 1;
	set_xen_guest_handle(talk.poll.ports, (evtchn_port_t *)(CHILD_VA(CHILD_DATA) + 48));
	talk.send.port = talk.port = 1;
	child_data_set(&child, &talk, sizeof(talk));
	child_start(&child);
	/* Its connection is its first event. */
	pv_event_clear(own_port);
	while (port_state() != EVTCHNSTAT_interdomain)
		pv_poll(NULL, 0, now() + PV_MILLISECOND);
	pv_event_clear(own_port);
	row("event to another domain and back", round_trip, 200, 1);
	child_destroy(&child);
}

/* In user mode: rbx turns of a system call that does nothing; rdi and rsi get the counter before
 * and after. */
SNIPPET(user_calls, "rdtsc; shlq $32, %rdx; orq %rdx, %rax; movq %rax, %rdi\n"
		    "1: syscall; decq %rbx; jnz 1b\n"
		    "rdtsc; shlq $32, %rdx; orq %rdx, %rax; movq %rax, %rsi");

static uint64_t user_loop(unsigned long n)
{
	struct pv_regs in = regs_user(user_calls);
	const struct pv_regs *out;

	in.rbx = n;
	out = run(&in);
	must(regs_fault(out) == BP);
	return out->rsi - out->rdi;
}

void test_main(void)
{
	calls_measure();
	events_measure();
	tables_measure();
	traps_measure();
	grants_measure();
	domains_measure();
	user_root_make();
	callback_set(CALLBACKTYPE_syscall, quick_syscall);
	row("system call from user mode, iret", user_loop, 1000, 1);
}
