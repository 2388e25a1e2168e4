/* SPDX-License-Identifier: MIT */
/*
 * FPU and vector registers are the guest's own: they survive hypercalls, traps, events and losing
 * the CPU, and a fresh vCPU starts with clean ones.
 */
#include "test.h"

static uint8_t image[2][512] __attribute__((aligned(16)));

static void pattern_load(uint64_t seed)
{
	uint64_t words[2] = { seed, ~seed };

	__asm__ volatile("movups (%0), %%xmm0; movups (%0), %%xmm7; movups (%0), %%xmm15;"
			 "fninit; fldpi" ::"r"(words)
			 : "memory");
}

static void image_take(unsigned int i)
{
	__asm__ volatile("fxsave64 (%0)" ::"r"(image[i]) : "memory");
}

static void expect_same(const char *what)
{
	image_take(1);
	/* MXCSR, tags, x87 and XMM registers; not the last x87 instruction's address, which is no
	 * state. */
	expect(!memcmp(image[0] + 24, image[1] + 24, 416 - 24) && !memcmp(image[0], image[1], 5),
	       "the registers changed over %s", what);
}

static void fresh(void)
{
	uint32_t mxcsr;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	expect_eq("MXCSR at the start", mxcsr, 0x1f80);
}

void test_main(void)
{
	evtchn_port_t none = 0;

	must(!hypercall_fpu_taskswitch(0));
	fresh();
	pattern_load(0x0123456789abcdef);
	image_take(0);
	hypercall_xen_version(XENVER_version, NULL);
	expect_same("a hypercall");
	pv_yield();
	expect_same("a yield");
	pv_poll(&none, 0, now() + 20 * PV_MILLISECOND);
	expect_same("20 ms of waiting");
	pv_printf("(something to print)\n");
	expect_same("console output");
}
