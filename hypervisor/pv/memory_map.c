/* SPDX-License-Identifier: MIT */
/* memory_op: memory maps, a domain's own and the machine's, and the machine-to-physical table. */
#include <core/arch.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <x86/pte.h>

#define DEVICE_RANGES 24 /* local APIC, I/O APICs, MMCONFIG */
#define MAP_MAX       (E820_MAX + DEVICE_RANGES)
#define LARGE_PAGE    (1UL << 21)

/* Fills the caller's buffer as far as it goes; without one it only says how many there are. */
static long answer(struct xen_memory_map *m, const struct e820entry_hv *map, u32 count)
{
	gaddr_t buffer = handle_gaddr(m->buffer);

	if (buffer.v) {
		count = MIN(count, m->nr_entries);
		if (guest_write(buffer, map, count * sizeof(*map)))
			return -EFAULT;
	}
	m->nr_entries = count;
	return 0;
}

long hc_memory_op_memory_map(struct xen_memory_map *m)
{
	const struct arch_domain *a = &current->domain->arch;

	return a->e820 ? answer(m, a->e820, a->e820_count) : -ENOSYS;
}

static void insert_sorted(struct e820entry_hv *map, u32 *count, u64 addr, u64 size, u32 type)
{
	u32 i = *count;

	if (i == MAP_MAX)
		return;
	for (; i && map[i - 1].addr > addr; i--)
		map[i] = map[i - 1];
	map[i] = (struct e820entry_hv){ .addr = addr, .size = size, .type = type };
	++*count;
}

/* What the firmware's map does not tell: a kernel must not take these for free address space. */
static void insert_device(struct e820entry_hv *map, u32 *count, u64 addr, u64 size)
{
	for (u32 i = 0; i < *count; i++)
		if (map[i].addr < addr + size && addr < map[i].addr + map[i].size)
			return;
	insert_sorted(map, count, addr, size, E820_RESERVED_HV);
}

static u32 machine_map(struct e820entry_hv *map)
{
	u32 count = 0;

	for (unsigned int i = 0; i < boot.e820_count; i++)
		insert_sorted(map, &count, boot.e820[i].start, boot.e820[i].size,
			      boot.e820[i].type);
	if (acpi.lapic)
		insert_device(map, &count, acpi.lapic, PAGE_SIZE);
	for (unsigned int i = 0; i < acpi.ioapic_count; i++)
		insert_device(map, &count, acpi.ioapics[i].addr, PAGE_SIZE);
	for (unsigned int i = 0; i < acpi.mmcfg_count; i++) {
		u64 buses = acpi.mmcfg[i].bus_end - acpi.mmcfg[i].bus_start + 1UL;

		insert_device(map, &count,
			      acpi.mmcfg[i].base + ((u64)acpi.mmcfg[i].bus_start << 20),
			      buses << 20);
	}
	return count;
}

long hc_memory_op_machine_memory_map(struct xen_memory_map *m)
{
	struct e820entry_hv *map = kalloc(MAP_MAX * sizeof(*map));
	long rc;

	if (!map)
		return -ENOMEM;
	rc = answer(m, map, machine_map(map));
	kfree(map);
	return rc;
}

long hc_memory_op_set_memory_map(struct domain *d, const struct xen_foreign_memory_map *arg)
{
	u32 count = arg->map.nr_entries;
	struct e820entry_hv *map = NULL, *was;

	if (count > E820_MAX)
		return -EINVAL;
	if (count) {
		map = kalloc(count * sizeof(*map));
		if (!map)
			return -ENOMEM;
		if (guest_read(map, handle_gaddr(arg->map.buffer), count * sizeof(*map))) {
			kfree(map);
			return -EFAULT;
		}
	}
	spin_lock(&d->lock);
	was = d->arch.e820;
	d->arch.e820 = map;
	d->arch.e820_count = count;
	spin_unlock(&d->lock);
	kfree(was);
	return 0;
}

long hc_memory_op_machphys_mapping(struct xen_machphys_mapping *arg)
{
	arg->v_start = M2P_GUEST_VIRT;
	arg->v_end = M2P_GUEST_VIRT_END;
	arg->max_mfn = max_mfn;
	return 0;
}

/* The frame behind 2 MiB of the hypervisor's own mapping at va, 0 if there is none. */
static u64 large_page_mfn(u64 va)
{
	u64 e = hv_l4_entries[pt_index(va, 4) - HV_L4_SLOT_FIRST];

	for (unsigned int level = 3; e & PTE_P; level--) {
		const u64 *table = mfn_va(pte_mfn(e));

		e = table[pt_index(va, level)];
		if (level == 1 || e & PTE_PSE)
			break;
	}
	return e & PTE_P ? pte_mfn(e).v : 0;
}

long hc_memory_op_machphys_mfn_list(struct xen_machphys_mfn_list *arg)
{
	u64 size = (max_mfn + 1) * sizeof(u64), n = ROUND_UP(size, LARGE_PAGE) / LARGE_PAGE;

	n = MIN(n, arg->max_extents);
	for (u64 i = 0; i < n; i++) {
		u64 mfn = large_page_mfn(M2P_GUEST_VIRT + i * LARGE_PAGE);

		if (guest_write_elem(handle_gaddr(arg->extent_start), i, &mfn))
			return -EFAULT;
	}
	arg->nr_extents = (u32)n;
	return 0;
}
