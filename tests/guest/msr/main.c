/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers: those that stock kernels read answer as a machine would; those that a
 * guest may not write are refused or unchanged; none that is unknown gives anything away; and a
 * scan over all ranges neither harms the guest nor the host.
 */
#include "test.h"

struct row {
	const char *what;
	uint32_t msr;
	uint64_t mask, value;
};

static void known(void)
{
	static const struct row rows[] = {
		{ "PAT", 0x277, ~0ULL, 0x0000050100070406 },
		{ "EFER: LME, LMA, SCE, NXE", 0xc0000080, 0xd01, 0xd01 },
		{ "MCG_STATUS", 0x17a, ~0ULL, 0 },
	};

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		uint64_t value = 0;

		expect_fault(rows[i].what, pv_try_rdmsr(rows[i].msr, &value), FAULT_NONE);
		expect_eq(rows[i].what, value & rows[i].mask, rows[i].value);
	}
}

static void unknown(void)
{
	static const uint32_t msrs[] = { 0x12345678, 0x40000f00, 0xc0010055 };

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(msrs); i++) {
		uint64_t value = 0x5555;

		expect_fault("an unknown MSR", pv_try_rdmsr(msrs[i], &value), GP(0));
		expect_eq("nothing was read", value, 0x5555);
	}
}

/* What must not take effect, whatever the answer is. */
static void writes(void)
{
	uint64_t value = 0;

	pv_try_wrmsr(0x277, 0);
	pv_try_rdmsr(0x277, &value);
	expect_eq("PAT after a write", value, 0x0000050100070406);
	pv_try_wrmsr(0xc0000080, 0);
	pv_try_rdmsr(0xc0000080, &value);
	expect_eq("EFER after a write", value & 0xd01, 0xd01);
	pv_try_wrmsr(0xc0000082,
		     0x1000); /* LSTAR: the next hypercall shows that it was not taken */
	pv_try_wrmsr(0xc0000081, 0);
	pv_try_wrmsr(0xc0000084, 0);
	pv_try_wrmsr(0x1b, 0);
	expect_rc("a hypercall afterwards", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
}

static void scan(uint32_t from, uint32_t to)
{
	for (uint32_t msr = from; msr < to; msr++) {
		uint64_t value = 0;

		pv_try_rdmsr(msr, &value);
	}
}

void test_main(void)
{
	known();
	unknown();
	writes();
	scan(0, 0x1000);
	scan(0x40000000, 0x40000100);
	scan(0xc0000000, 0xc0000200);
	scan(0xc0010000, 0xc0010200);
}
