/* SPDX-License-Identifier: MIT */
/* Single instructions and memory ordering. Everything here is [upcall]; nothing fails or has state.
 */
#ifndef PV_CPU_H
#define PV_CPU_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The compiler may not move memory accesses across this. Enough between a vCPU and its own upcalls.
 */
static inline void pv_barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

/* Memory accesses before this are seen by other CPUs before those after it. */
static inline void pv_mb(void)
{
	__asm__ volatile("lock; addl $0,(%%rsp)" ::: "memory", "cc");
}

/* Stores before, stores after: x86 keeps their order, so only the compiler has to. */
static inline void pv_wmb(void)
{
	pv_barrier();
}

/* Loads before, loads after: likewise. */
static inline void pv_rmb(void)
{
	pv_barrier();
}

/* Tells the CPU that this is a waiting loop. */
static inline void pv_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/* The time-stamp counter, not ordered against other instructions. */
static inline uint64_t pv_rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

struct pv_cpuid {
	uint32_t a, b, c, d;
};

/* CPUID as the hypervisor shows it to this domain (plain CPUID may show the bare machine). */
static inline struct pv_cpuid pv_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct pv_cpuid r;

	__asm__ volatile(XEN_CPUID
			 : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
			 : "0"(leaf), "2"(subleaf));
	return r;
}

/* A value that another CPU or the hypervisor may change at any time is read and written once. */
#define PV_READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define PV_WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* Atomic, with full ordering. The bit functions take a bit number inside one word. */
#define pv_xchg(ptr, v) __atomic_exchange_n((ptr), (v), __ATOMIC_SEQ_CST)

/* True if *ptr was old and is new now. */
#define pv_cmpxchg(ptr, old, new)                                                            \
	({                                                                                   \
		__typeof__(*(ptr)) pv_old_ = (old);                                          \
		__atomic_compare_exchange_n((ptr), &pv_old_, (new), false, __ATOMIC_SEQ_CST, \
					    __ATOMIC_SEQ_CST);                               \
	})

static inline void pv_bit_set(unsigned long *word, unsigned int bit)
{
	__atomic_fetch_or(word, 1UL << bit, __ATOMIC_SEQ_CST);
}

static inline void pv_bit_clear(unsigned long *word, unsigned int bit)
{
	__atomic_fetch_and(word, ~(1UL << bit), __ATOMIC_SEQ_CST);
}

static inline bool pv_bit_test(const unsigned long *word, unsigned int bit)
{
	return PV_READ_ONCE(*word) >> bit & 1;
}

#ifdef __cplusplus
}
#endif

#endif
