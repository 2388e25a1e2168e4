/* SPDX-License-Identifier: MIT */
/*
 * set_gdt and update_descriptor: a guest's GDT page must not be writable and stays so; descriptors
 * of the CPU's own (TSS, gates, LDT) are refused in a page and as an update; DPL below 3 is raised;
 * the hypervisor's own selectors cannot be replaced; sizes and frames are checked. What is loaded
 * works.
 */
#include "test.h"

#define DESC_DATA32 0x00cff3000000ffffUL /* DPL 3 data, flat, present */
#define DESC_DATA0  0x00cf93000000ffffUL /* the same with DPL 0 */
#define DESC_LDT    0x0000e2000000ffffUL
#define DESC_TSS    0x0000e9000000ffffUL
#define DESC_CALL   0x0000ec000010ffffUL
#define DESC_INT    0x0000ee000010ffffUL
#define DESC_CODE64 0x00affb000000ffffUL
#define DESC_ABSENT 0x00cf73000000ffffUL /* not present */

static uint64_t *table;

static uint64_t descriptor_address(unsigned int i)
{
	return pv_va_to_maddr(&table[i]);
}

static long load(unsigned long mfn, unsigned int entries)
{
	xen_ulong_t frames[14];

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(frames); i++)
		frames[i] = mfn;
	return hypercall_set_gdt(frames, entries);
}

SNIPPET(load_ds, "movl %eax, %ds; xorl %ebx, %ebx; movl %ds, %ebx");

static pv_fault ds_load(unsigned int selector, uint64_t *got)
{
	struct pv_regs in = regs_kernel(load_ds);
	const struct pv_regs *out;

	in.rax = selector;
	out = run(&in);
	*got = out->rbx;
	__asm__ volatile("movl %0, %%ds" : : "r"(0));
	return regs_fault(out);
}

static void install(void)
{
	table = page_take();
	table[2] = DESC_DATA32;
	table[3] = DESC_ABSENT;
	expect_rc("a page still writable", load(pv_va_to_mfn(table), 512), -XEN_EINVAL);
	page_readonly(table);
	expect_rc("set_gdt", load(pv_va_to_mfn(table), 512), 0);
	expect_rc("the page made writable again", pv_page_protect(table, PV_PTE_DATA),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
}

static void selectors(void)
{
	uint64_t got;

	expect_fault("DS with our descriptor", ds_load(0x13, &got), BP);
	expect_eq("DS", got, 0x13);
	expect_fault("DS with one not present", ds_load(0x1b, &got), NP(0x18));
	expect_fault("DS with an empty one", ds_load(0x23, &got), GP(0x20));
	expect_fault("DS with the hypervisor's", ds_load(0xe02b, &got), BP);
}

static void updates(void)
{
	static const struct {
		const char *what;
		uint64_t value;
		long wanted;
	} rows[] = {
		{ "data", DESC_DATA32, 0 },       { "nothing", 0, 0 },
		{ "code", DESC_CODE64, 0 },       { "LDT", DESC_LDT, -XEN_EINVAL },
		{ "TSS", DESC_TSS, -XEN_EINVAL }, { "interrupt gate", DESC_INT, -XEN_EINVAL },
		{ "absent", DESC_ABSENT, 0 },
	};

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		expect_rc(rows[i].what,
			  hypercall_update_descriptor(descriptor_address(5), rows[i].value),
			  rows[i].wanted);
		if (!rows[i].wanted && rows[i].value != DESC_CODE64)
			expect_eq("what is there", table[5] & ~(1UL << 40),
				  rows[i].value & ~(1UL << 40));
	}
	/* A kernel's DPL 0 becomes 3, since its code runs in ring 3. */
	expect_rc("DPL 0", hypercall_update_descriptor(descriptor_address(6), DESC_DATA0), 0);
	expect_eq("DPL", table[6] >> 45 & 3, 3);
}

static void bad_updates(void)
{
	uint64_t *plain = page_take();
	const struct call rows[] = {
		CALL("a misaligned address", update_descriptor, -XEN_EINVAL,
		     descriptor_address(5) + 4, DESC_DATA32),
		CALL("a frame beyond the machine", update_descriptor, -XEN_EINVAL, 1UL << 45,
		     DESC_DATA32),
		CALL("a frame of the hypervisor", update_descriptor, -XEN_EINVAL, 0x200000,
		     DESC_DATA32),
		CALL("a page table", update_descriptor, -XEN_EINVAL, pv_va_to_maddr(root_table()),
		     0),
	};

	CALLS_CHECK(rows);
	/* An ordinary page of ours is ours to write. */
	expect_rc("a writable page",
		  hypercall_update_descriptor(pv_va_to_maddr(plain), DESC_DATA32), 0);
	expect_eq("it is written", plain[0], DESC_DATA32);
}

/* A page with a bad descriptor among 512 is refused as a whole; one with too high a count too. */
static void bad_tables(void)
{
	static const uint64_t bad[] = { DESC_LDT, DESC_TSS, DESC_INT };

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(bad); i++) {
		uint64_t *page = page_take();

		page[511] = bad[i];
		page_readonly(page);
		expect_rc("a bad descriptor in the page", load(pv_va_to_mfn(page), 512),
			  -XEN_EINVAL);
		page_writable(page);
	}
	expect_rc("7169 entries", load(pv_va_to_mfn(table), 7169), -XEN_EINVAL);
	expect_rc("2^32 - 1 entries", load(pv_va_to_mfn(table), ~0U), -XEN_EINVAL);
	expect_rc("frame 2^40", load(1UL << 40, 1), -XEN_EINVAL);
	expect_rc("a page table", load(pv_va_to_mfn(root_table()), 1), -XEN_EINVAL);
	expect_rc("a list in the hypervisor", hypercall_set_gdt((void *)HYPERVISOR_POINTER, 512),
		  -XEN_EFAULT);
	expect_rc("all 14 pages", load(pv_va_to_mfn(table), 7168), 0);
}

void test_main(void)
{
	uint64_t got;

	install();
	selectors();
	updates();
	bad_updates();
	bad_tables();
	expect_fault("the table still works", ds_load(0x13, &got), BP);
	expect_rc("no table", load(0, 0), 0);
	expect_fault("DS afterwards", ds_load(0x13, &got), GP(0x10));
	expect_rc("the page is free again", pv_page_protect(table, PV_PTE_DATA), 0);
}
