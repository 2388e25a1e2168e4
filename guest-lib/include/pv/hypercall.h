/* SPDX-License-Identifier: MIT */
/*
 * One inline function per hypercall, hypercall_<name>(), expanded from <hypercalls.def>; commands
 * and structures are those of Xen's public headers. [upcall]
 *
 * A call is a SYSCALL instruction in place; RCX and R11 are lost, and memory may have changed.
 * Results are the hypervisor's: negative error numbers, or what the call defines. iret has no
 * function: it takes a frame on the stack (pv_regs_load() in trap.h).
 */
#ifndef PV_HYPERCALL_H
#define PV_HYPERCALL_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A toolstack's calls: a kernel that makes them defines __XEN_TOOLS__ before it includes anything
 * of <pv/> and then includes <xen/domctl.h> or <xen/sysctl.h>. */
struct xen_domctl;
struct xen_sysctl;

/* Any call by number, with all five argument registers. */
static inline long pv_hypercall(unsigned long number, unsigned long a1, unsigned long a2,
				unsigned long a3, unsigned long a4, unsigned long a5)
{
	register unsigned long r10 __asm__("r10") = a4;
	register unsigned long r8 __asm__("r8") = a5;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
			 : "0"(number)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

static inline long pv_hypercall1(unsigned long number, unsigned long a1)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result), "+D"(a1)
			 : "0"(number)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

static inline long pv_hypercall2(unsigned long number, unsigned long a1, unsigned long a2)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result), "+D"(a1), "+S"(a2)
			 : "0"(number)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

static inline long pv_hypercall3(unsigned long number, unsigned long a1, unsigned long a2,
				 unsigned long a3)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3)
			 : "0"(number)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

static inline long pv_hypercall4(unsigned long number, unsigned long a1, unsigned long a2,
				 unsigned long a3, unsigned long a4)
{
	register unsigned long r10 __asm__("r10") = a4;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10)
			 : "0"(number)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

#define PV_WORD(a) ((unsigned long)(a))
#define PV_STUB_0(nr, name, ...)
#define PV_STUB_1(nr, name, t1)                        \
	static inline long hypercall_##name(t1 a1)     \
	{                                              \
		return pv_hypercall1(nr, PV_WORD(a1)); \
	}
#define PV_STUB_2(nr, name, t1, t2)                                 \
	static inline long hypercall_##name(t1 a1, t2 a2)           \
	{                                                           \
		return pv_hypercall2(nr, PV_WORD(a1), PV_WORD(a2)); \
	}
#define PV_STUB_3(nr, name, t1, t2, t3)                                          \
	static inline long hypercall_##name(t1 a1, t2 a2, t3 a3)                 \
	{                                                                        \
		return pv_hypercall3(nr, PV_WORD(a1), PV_WORD(a2), PV_WORD(a3)); \
	}
#define PV_STUB_4(nr, name, t1, t2, t3, t4)                                                   \
	static inline long hypercall_##name(t1 a1, t2 a2, t3 a3, t4 a4)                       \
	{                                                                                     \
		return pv_hypercall4(nr, PV_WORD(a1), PV_WORD(a2), PV_WORD(a3), PV_WORD(a4)); \
	}
#define PV_STUB_5(nr, name, t1, t2, t3, t4, t5)                                             \
	static inline long hypercall_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5)              \
	{                                                                                   \
		return pv_hypercall(nr, PV_WORD(a1), PV_WORD(a2), PV_WORD(a3), PV_WORD(a4), \
				    PV_WORD(a5));                                           \
	}
#define PV_UNWRAP(...)                           __VA_ARGS__
#define PV_STUB(n, ...)                          PV_STUB_##n(__VA_ARGS__)
#define HYPERCALL(nr, name, class, nargs, types) PV_STUB(nargs, nr, name, PV_UNWRAP types)

#include <hypercalls.def>

#undef PV_STUB_0
#undef PV_STUB_1
#undef PV_STUB_2
#undef PV_STUB_3
#undef PV_STUB_4
#undef PV_STUB_5
#undef PV_UNWRAP
#undef PV_STUB
#undef PV_WORD

/*
 * The hypercall page: naming this symbol anywhere in a kernel links a page for the builder to fill,
 * and the ELF note that asks for it. Call n starts at pv_hypercall_page + 32 * n.
 */
extern char pv_hypercall_page[4096];

/* As pv_hypercall(), through the page. */
long pv_hypercall_by_page(unsigned long number, unsigned long a1, unsigned long a2,
			  unsigned long a3, unsigned long a4, unsigned long a5);

#ifdef __cplusplus
}
#endif

#endif
