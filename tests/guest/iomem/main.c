/* SPDX-License-Identifier: MIT */
/*
 * dom0 and memory that is not RAM: it may map the BIOS area, where it finds the ACPI tables, and
 * devices, with the caching that it asks for; the local APIC and the I/O APIC are the hypervisor's
 * and refused; the tables of memory that is not RAM need no owner and no reference; PCI
 * configuration space is reached by its ports.
 */
#include "test.h"

static char *va;

static long map(uint64_t address, uint64_t flags)
{
	return va_update(va, address | flags, UVMF_INVLPG);
}

static bool rsdp_find(void)
{
	for (uint64_t address = 0xe0000; address < 0x100000; address += PV_PAGE_SIZE) {
		if (map(address, PV_PTE_RO)) {
			test_fail("cannot map %#lx", address);
			return false;
		}
		for (unsigned int i = 0; i < PV_PAGE_SIZE; i += 16) {
			if (!memcmp(va + i, "RSD PTR ", 8))
				return true;
		}
	}
	return false;
}

static void mappings(void)
{
	/* QEMU's VGA memory hole and the top of the BIOS. */
	expect_rc("0xa0000, uncached", map(0xa0000, PV_PTE_DATA | PV_PTE_PCD | PV_PTE_PWT), 0);
	expect_rc("the same, cached", map(0xa0000, PV_PTE_DATA), 0);
	expect_rc("the top of the BIOS", map(0xfffff000, PV_PTE_RO), 0);
	expect_rc("the local APIC", map(0xfee00000, PV_PTE_DATA), -XEN_EPERM);
	/* Refused, or mapped without the right to write. */
	expect(map(0xfec00000, PV_PTE_DATA) < 0 || !(*entry_of(va, 1) & PV_PTE_RW),
	       "the I/O APIC is writable");
	expect_rc("beyond the physical width", map(1ULL << 50, PV_PTE_DATA),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EPERM));
	expect_rc("the BIOS as a page table", mmuext_one(MMUEXT_PIN_L1_TABLE, 0xf0, 0),
		  -XEN_EINVAL);
	expect_rc("nothing", va_update(va, 0, UVMF_INVLPG), 0);
}

static uint32_t pci_read(uint32_t address)
{
	uint32_t value;

	__asm__ volatile("movl $0xcf8, %%edx; outl %%eax, %%dx; movl $0xcfc, %%edx; inl %%dx, %%eax"
			 : "=a"(value)
			 : "0"(address)
			 : "edx");
	return value;
}

void test_main(void)
{
	struct physdev_set_iopl level = { .iopl = 1 };

	if (!test_start.dom0)
		test_skip("needs the hardware domain");
	va = window(0);
	expect(rsdp_find(), "no ACPI tables in the BIOS area");
	mappings();
	must(!hypercall_physdev_op(PHYSDEVOP_set_iopl, &level));
	expect_eq("vendor and device of the host bridge", pci_read(0x80000000), 0x12378086);
	expect_eq("a function that is not there", pci_read(0x8000f800), 0xffffffff);
}
