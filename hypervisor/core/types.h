/* SPDX-License-Identifier: MIT */
/*
 * The base types. Different numbers get different types: a machine frame number, a guest's
 * pseudo-physical frame number and a guest address cannot be mixed up, since each is a struct of
 * one word; the compiler passes them in a register all the same.
 */
#ifndef PV_TYPES_H
#define PV_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

typedef u64 paddr_t; /* a machine address */

#define NS_PER_S 1000000000UL /* system time counts nanoseconds */

typedef struct {
	u64 v;
} mfn_t;

typedef struct {
	u64 v;
} pfn_t;

/* A guest's virtual address: only guest_access.h may turn one into an access. */
typedef struct {
	u64 v;
} gaddr_t;

#define MFN(x)     ((mfn_t){ (x) })
#define PFN(x)     ((pfn_t){ (x) })
#define GADDR(x)   ((gaddr_t){ (x) })
#define MFN_NONE   MFN(~0UL)
#define PFN_NONE   PFN(~0UL)

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.v == b.v;
}

static inline mfn_t mfn_add(mfn_t m, u64 n)
{
	return MFN(m.v + n);
}

static inline paddr_t mfn_to_paddr(mfn_t m)
{
	return m.v << PAGE_SHIFT;
}

static inline mfn_t paddr_to_mfn(paddr_t a)
{
	return MFN(a >> PAGE_SHIFT);
}

static inline gaddr_t gaddr_add(gaddr_t g, u64 n)
{
	return GADDR(g.v + n);
}

#define ARRAY_SIZE(a)                 (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define MIN(a, b)                     ((a) < (b) ? (a) : (b))
#define MAX(a, b)                     ((a) > (b) ? (a) : (b))
#define ROUND_UP(x, a)                (((x) + (a)-1) & ~((u64)(a)-1))
#define ROUND_DOWN(x, a)              ((x) & ~((u64)(a)-1))
#define likely(x)                     __builtin_expect(!!(x), 1)
#define unlikely(x)                   __builtin_expect(!!(x), 0)
#define MUST_CHECK                    __attribute__((warn_unused_result))
#define NORETURN                      __attribute__((noreturn))
#define PRINTF(f, a)                  __attribute__((format(printf, f, a)))
#define ALIGNED(n)                    __attribute__((aligned(n)))
/* Code and data that are freed once dom0 is built. */
#define INIT_TEXT __attribute__((section(".init.text")))
#define INIT_DATA __attribute__((section(".init.data")))

#endif /* PV_TYPES_H */
