/* SPDX-License-Identifier: MIT */
/*
 * Random hypercalls with arguments that are likely to hurt: edges of ranges, pointers into the
 * hypervisor, to read-only and absent pages, frames of tables and of others. None may harm the
 * hypervisor; the guest's own pages stay protected, and it is still served at the end. The seed is
 * on the command line (seed=N).
 *
 * Calls that would end the test by their very meaning are left out: shutdown, sleep, domctl and
 * platform_op.
 * @limit: 90
 */
#include "test.h"

#define CALLS 60000

static uint64_t state;

static uint64_t random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Four pages with nothing before and behind them: what is written too far is refused. */
static uint64_t *area;
static const uint64_t *table;
static uint64_t windows;

/* Likely values. Pointers go to a scratch area whose content is random too. */
static uint64_t argument(void)
{
	switch (random() % 16) {
	case 0: return 0;
	case 1: return random() % 64;
	case 2: return ~0ULL;
	case 3: return 1ULL << random() % 64;
	case 4: return HYPERVISOR_POINTER;
	case 5: return NONCANONICAL;
	case 6: return HYPERVISOR_VIRT_START - 8;
	case 7: return (uint64_t)table;
	case 8: return pv_va_to_mfn(table);
	case 9: return pv_va_to_maddr(table) | random() % 8;
	case 10: return DOMID_SELF + random() % 5;
	case 11: return random();
	default: return (uint64_t)area + random() % 256 * 8;
	}
}

static void area_make(void)
{
	void *before = page_take(), *behind;

	area = page_take();
	for (unsigned int i = 0; i < 3; i++)
		page_take();
	behind = page_take();
	must(!va_update(before, 0, UVMF_INVLPG) && !va_update(behind, 0, UVMF_INVLPG));
}

static void area_fill(void)
{
	for (unsigned int i = 0; i < 64; i++)
		area[random() % 256] = argument();
}

/* xen_version, memory_op, the table calls and so on; with the commands that are real. */
static const struct {
	uint8_t number, commands;
} calls[] = {
	{ __HYPERVISOR_mmu_update, 0 },
	{ __HYPERVISOR_set_gdt, 0 },
	{ __HYPERVISOR_fpu_taskswitch, 2 },
	{ __HYPERVISOR_set_debugreg, 9 },
	{ __HYPERVISOR_get_debugreg, 9 },
	{ __HYPERVISOR_update_descriptor, 0 },
	{ __HYPERVISOR_memory_op, 30 },
	{ __HYPERVISOR_update_va_mapping, 0 },
	{ __HYPERVISOR_xen_version, 12 },
	{ __HYPERVISOR_grant_table_op, 14 },
	{ __HYPERVISOR_vm_assist, 3 },
	{ __HYPERVISOR_update_va_mapping_otherdomain, 0 },
	{ __HYPERVISOR_vcpu_op, 15 },
	{ __HYPERVISOR_mmuext_op, 0 },
	{ __HYPERVISOR_xsm_op, 0 },
	{ __HYPERVISOR_nmi_op, 3 },
	{ __HYPERVISOR_xenoprof_op, 16 },
	{ __HYPERVISOR_event_channel_op, 14 },
	{ __HYPERVISOR_hvm_op, 25 },
	{ __HYPERVISOR_kexec_op, 0 },
	{ __HYPERVISOR_argo_op, 4 },
	{ __HYPERVISOR_xenpmu_op, 6 },
	{ __HYPERVISOR_dm_op, 0 },
	{ __HYPERVISOR_hypfs_op, 4 },
	{ __HYPERVISOR_set_segment_base, 4 },
	{ 11, 0 },
	{ 43, 0 },
};

/* Sub-commands that move our own memory away or change where vcpu_info is are not for this test. */
static bool harmless(uint8_t number, uint64_t command)
{
	if (number == __HYPERVISOR_memory_op)
		return command != XENMEM_decrease_reservation && command != XENMEM_exchange;
	if (number == __HYPERVISOR_vcpu_op)
		return command != VCPUOP_down && command != VCPUOP_register_vcpu_info &&
		       command != VCPUOP_send_nmi;
	/* Xen trusts its dom0 with kexec images. */
	if (number == __HYPERVISOR_kexec_op)
		return on_paravane();
	if (number == __HYPERVISOR_set_segment_base)
		return false;
	return true;
}

static void call_random(void)
{
	unsigned int i = random() % PV_ARRAY_SIZE(calls);
	uint64_t first = calls[i].commands ? random() % calls[i].commands : argument();

	if (!harmless(calls[i].number, first))
		return;
	/* Not our own code and data: only windows that hold nothing. */
	if (calls[i].number == __HYPERVISOR_update_va_mapping ||
	    calls[i].number == __HYPERVISOR_update_va_mapping_otherdomain)
		first = random() % 2 ? windows + random() % 512 * PV_PAGE_SIZE
				     : argument() & ~0xffffULL;
	if (first >= PV_VIRT_BASE &&
	    (calls[i].number == __HYPERVISOR_update_va_mapping ||
	     calls[i].number == __HYPERVISOR_update_va_mapping_otherdomain))
		return;
	/* DR7, which DR5 is too, would fire in the middle of the test. */
	if (calls[i].number == __HYPERVISOR_set_debugreg && (first == 5 || first == 7))
		return;
	pv_hypercall(calls[i].number, first, argument(), argument(), argument(), argument());
}

void test_main(void)
{
	char seed[24] = "";
	uint64_t *live = (uint64_t *)(uintptr_t)root_table();

	state = 0x9e3779b97f4a7c15;
	if (pv_arg_value((const char *)test_start.info->cmd_line, "seed", seed, sizeof(seed)) > 0)
		must(!pv_parse_u64(seed, &state) && state);
	area_make();
	windows = (uint64_t)window(0);
	table = entry_of((void *)windows, 1);
	for (unsigned int i = 0; i < CALLS; i++) {
		if (i % 16 == 0)
			area_fill();
		call_random();
		pv_events_disable();
	}
	expect_rc("a call afterwards", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
	expect_rc("our root made writable", pv_page_protect(live, PV_PTE_DATA),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	/* A store to a table is emulated if the value is a good one: here an ordinary page is to be
	 * a table. */
	expect(pv_try_write64(live, pte_make(area, PV_PTE_TABLE)) != FAULT_NONE,
	       "our root takes a bad entry");
}
