/* SPDX-License-Identifier: MIT */
/* Single instructions. Room x86. */
#ifndef PV_ASM_H
#define PV_ASM_H

#include <core/types.h>

#ifdef PV_HOST_TEST /* the unit tests' machine has registers and ports of its own */
u64 rdmsr(u32 msr);
void wrmsr(u32 msr, u64 v);
void cpuid(u32 leaf, u32 sub, u32 out[4]);
#else
static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

static inline void cpuid(u32 leaf, u32 sub, u32 out[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
			 : "a"(leaf), "c"(sub));
}
#endif

/* Faults answer -EFAULT instead (x86/safe.S). */
int rdmsr_safe(u32 msr, u64 *v);

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}

#define ASM_CR(n)                                                              \
	static inline u64 read_cr##n(void)                                     \
	{                                                                      \
		u64 v;                                                         \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v) : : "memory"); \
		return v;                                                      \
	}                                                                      \
	static inline void write_cr##n(u64 v)                                  \
	{                                                                      \
		__asm__ volatile("mov %0, %%cr" #n : : "r"(v) : "memory");     \
	}
ASM_CR(0)
ASM_CR(2)
ASM_CR(3)
ASM_CR(4)
#undef ASM_CR

#ifdef PV_HOST_TEST
#define ASM_PORT(suffix, type)     \
	type in##suffix(u16 port); \
	void out##suffix(u16 port, type v);
#else
#define ASM_PORT(suffix, type)                                                    \
	static inline type in##suffix(u16 port)                                   \
	{                                                                         \
		type v;                                                           \
		__asm__ volatile("in" #suffix " %1, %0" : "=a"(v) : "Nd"(port));  \
		return v;                                                         \
	}                                                                         \
	static inline void out##suffix(u16 port, type v)                          \
	{                                                                         \
		__asm__ volatile("out" #suffix " %0, %1" : : "a"(v), "Nd"(port)); \
	}
#endif
ASM_PORT(b, u8)
ASM_PORT(w, u16)
ASM_PORT(l, u32)
#undef ASM_PORT

static inline void cpu_relax(void)
{
	__asm__ volatile("pause");
}

#define MSR_EFER           0xc0000080U
#define MSR_STAR           0xc0000081U
#define MSR_LSTAR          0xc0000082U
#define MSR_CSTAR          0xc0000083U
#define MSR_SFMASK         0xc0000084U
#define MSR_FS_BASE        0xc0000100U
#define MSR_GS_BASE        0xc0000101U
#define MSR_KERNEL_GS_BASE 0xc0000102U
#define MSR_TSC_AUX        0xc0000103U
#define MSR_PAT            0x277U
#define MSR_APIC_BASE      0x1bU
#define PAT_VALUE          0x0000050100070406UL

#define CR0_TS             (1UL << 3)
#define CR0_WP             (1UL << 16)
#define CR4_PGE            (1UL << 7)
#define CR4_OSFXSR         (1UL << 9)
#define CR4_OSXMMEXCPT     (1UL << 10)
#define CR4_UMIP           (1UL << 11)
#define CR4_FSGSBASE       (1UL << 16)
#define CR4_OSXSAVE        (1UL << 18)
#define CR4_SMEP           (1UL << 20)
#define CR4_SMAP           (1UL << 21)

#endif /* PV_ASM_H */
