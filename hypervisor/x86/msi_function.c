/* SPDX-License-Identifier: MIT */
/*
 * PCI functions that the hardware domain named, and where their MSI-X tables lie. A located table
 * stands in a list of address ranges too, which is read without lock: guests may not map those
 * pages for writing.
 */
#include <core/errno.h>
#include <core/frame.h>
#include <x86/machine.h>
#include <x86/msi.h>
#include <x86/pci.h>
#include <core/printk.h>

#define REG_BAR0    0x10U
#define BARS        6U
#define BAR_IO      1U
#define BAR_64BIT   4U
#define BAR_TYPE    6U
#define BAR_ADDRESS 0xfffffff0U
#define MSIX_TABLE  4U
#define MSIX_BIR    7U
#define MSIX_SIZE   0x7ffU
#define RANGES      1024U

static struct list_head functions = { &functions, &functions };
static struct {
	paddr_t start;
	u32 size;
} ranges[RANGES];
static u32 range_count;

void msi_function_read(u32 sbdf, struct msi_function *fn)
{
	*fn = (struct msi_function){ .sbdf = sbdf };
	list_init(&fn->link);
	fn->msi = (u16)pci_find_capability(sbdf, PCI_CAP_MSI);
	fn->msix = (u16)pci_find_capability(sbdf, PCI_CAP_MSIX);
	if (fn->msi)
		fn->msi_control = (u16)pci_read(sbdf, fn->msi + MSI_CONTROL, 2);
	if (fn->msix)
		fn->entries = (u16)((pci_read(sbdf, fn->msix + MSI_CONTROL, 2) & MSIX_SIZE) + 1);
}

struct msi_function *msi_function_find(u32 sbdf)
{
	struct msi_function *fn;

	list_for_each(fn, &functions, link)
		if (fn->sbdf == sbdf)
			return fn;
	return NULL;
}

static void range_set(paddr_t start, u32 size, paddr_t instead_of)
{
	u32 i = 0;

	while (i < range_count && (!instead_of || ranges[i].start != instead_of) && ranges[i].size)
		i++;
	if (i == RANGES) {
		pr_warn("more than %u MSI-X tables: that at %lx is not guarded\n", RANGES, start);
		return;
	}
	ranges[i].size = 0;
	__atomic_store_n(&ranges[i].start, start, __ATOMIC_RELEASE);
	__atomic_store_n(&ranges[i].size, size, __ATOMIC_RELEASE);
	range_count = MAX(range_count, i + 1);
}

static void range_drop(paddr_t start)
{
	for (u32 i = 0; i < range_count; i++)
		if (ranges[i].start == start)
			ranges[i].size = 0;
}

bool msix_table_touched(paddr_t addr, u64 size)
{
	for (u32 i = 0; i < range_count; i++)
		if (ranges[i].size && addr < ranges[i].start + ranges[i].size &&
		    ranges[i].start < addr + size)
			return true;
	return false;
}

int msi_function_add(u32 sbdf)
{
	struct msi_function *fn = msi_function_find(sbdf);

	if (pci_read(sbdf, 0, 2) == 0xffff && !fn)
		return -ENODEV;
	if (!fn) {
		fn = kalloc(sizeof(*fn));
		if (!fn)
			return -ENOMEM;
		msi_function_read(sbdf, fn);
		list_add_tail(&functions, &fn->link);
	}
	/* Its address registers may get their values later: the table is looked for again when it
	 * is used. */
	if (fn->msix && !fn->users)
		(void)msi_function_locate_table(fn, 0);
	return 0;
}

int msi_function_remove(u32 sbdf)
{
	struct msi_function *fn = msi_function_find(sbdf);

	if (!fn)
		return -ENODEV;
	if (fn->users)
		return -EBUSY;
	if (fn->table)
		range_drop(fn->table);
	list_del(&fn->link);
	kfree(fn);
	return 0;
}

static paddr_t read_bar(u32 sbdf, u32 n)
{
	u32 low, reg = REG_BAR0 + 4 * n;
	paddr_t addr;

	if (n >= BARS)
		return 0;
	low = pci_read(sbdf, reg, 4);
	if (low & BAR_IO)
		return 0;
	addr = low & BAR_ADDRESS;
	if ((low & BAR_TYPE) == BAR_64BIT && n + 1 < BARS)
		addr |= (paddr_t)pci_read(sbdf, reg + 4, 4) << 32;
	return addr;
}

static bool is_device_memory(paddr_t start, u64 size)
{
	if (start + size < start || start + size > 1UL << paddr_bits)
		return false;
	for (paddr_t at = start & PAGE_MASK; at < start + size; at += PAGE_SIZE)
		if (mfn_valid(paddr_to_mfn(at)) || e820_is_ram(at, 1))
			return false;
	return true;
}

int msi_function_locate_table(struct msi_function *fn, paddr_t bar_hint)
{
	u32 where, size = fn->entries * MSIX_ENTRY_SIZE;
	paddr_t bar, table;

	if (!fn->msix)
		return -ENODEV;
	if (fn->users)
		return -EBUSY;
	where = pci_read(fn->sbdf, fn->msix + MSIX_TABLE, 4);
	bar = read_bar(fn->sbdf, where & MSIX_BIR);
	if (!bar)
		bar = bar_hint;
	table = bar + (where & ~MSIX_BIR);
	if (!bar || !is_device_memory(table, size))
		return -EINVAL;
	if (table != fn->table)
		range_set(table, size, fn->table);
	fn->table = table;
	return 0;
}
