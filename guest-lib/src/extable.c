/* SPDX-License-Identifier: MIT */
/* The exception table: looking a fault up, and the accesses that use it. */
#include <pv/extable.h>

struct entry {
	uint64_t fault, fixup;
};

extern const struct entry pv_extable_start[], pv_extable_end[];

bool pv_extable_fixup(struct pv_regs *regs)
{
	for (const struct entry *e = pv_extable_start; e < pv_extable_end; e++) {
		if (e->fault != regs->rip)
			continue;
		regs->r15 = PV_FAULT(regs->entry, regs->error_code);
		regs->rip = e->fixup;
		return true;
	}
	return false;
}

pv_fault pv_try_read64(const void *address, uint64_t *value)
{
	register pv_fault fault __asm__("r15") = 0;
	uint64_t v = *value;

	__asm__ volatile("1: movq (%2), %1; 2:\n" PV_EXTABLE(1b, 2b)
			 : "+r"(fault), "+r"(v)
			 : "r"(address)
			 : "memory");
	*value = v;
	return fault;
}

pv_fault pv_try_write64(void *address, uint64_t value)
{
	register pv_fault fault __asm__("r15") = 0;

	__asm__ volatile("1: movq %1, (%2); 2:\n" PV_EXTABLE(1b, 2b)
			 : "+r"(fault)
			 : "r"(value), "r"(address)
			 : "memory");
	return fault;
}

pv_fault pv_try_rdmsr(uint32_t msr, uint64_t *value)
{
	register pv_fault fault __asm__("r15") = 0;
	uint32_t low = (uint32_t)*value, high = (uint32_t)(*value >> 32);

	__asm__ volatile("1: rdmsr; 2:\n" PV_EXTABLE(1b, 2b)
			 : "+r"(fault), "+a"(low), "+d"(high)
			 : "c"(msr));
	*value = (uint64_t)high << 32 | low;
	return fault;
}

pv_fault pv_try_wrmsr(uint32_t msr, uint64_t value)
{
	register pv_fault fault __asm__("r15") = 0;

	__asm__ volatile("1: wrmsr; 2:\n" PV_EXTABLE(1b, 2b)
			 : "+r"(fault)
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
	return fault;
}
