/* SPDX-License-Identifier: MIT */
/*
 * The hypercall page: 128 slots of 32 bytes, one a hypercall number, for kernels that do not issue
 * SYSCALL themselves (xen/arch-x86/xen-x86_64.h: arguments in rdi, rsi, rdx, r10, r8; rcx and r11
 * are kept here).
 */
#include <dom0/build.h>
#include <core/lib.h>

#define SLOT      32
#define NUMBER_AT 4

/* push rcx; push r11; mov number, eax; syscall; pop r11; pop rcx; ret */
static const u8 call_slot[] = { 0x51, 0x41, 0x53, 0xb8, 0,    0,    0,
				0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
/* iret: push rcx; push r11; push rax; mov 23, eax; syscall. It does not come back. */
static const u8 iret_slot[] = {
	0x51, 0x41, 0x53, 0x50, 0xb8, __HYPERVISOR_iret, 0, 0, 0, 0x0f, 0x05
};

void hypercall_page_fill(void *page)
{
	u8 *slot = page;

	memset(page, 0xcc, PAGE_SIZE);
	for (u32 n = 0; n < PAGE_SIZE / SLOT; n++, slot += SLOT) {
		memcpy(slot, call_slot, sizeof(call_slot));
		memcpy(slot + NUMBER_AT, &n, sizeof(n));
		if (n == __HYPERVISOR_iret)
			memcpy(slot, iret_slot, sizeof(iret_slot));
	}
}
