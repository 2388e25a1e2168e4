/* SPDX-License-Identifier: MIT */
/*
 * The one door to guest memory by virtual address: of the current vCPU, in the page tables that are
 * loaded now. Addresses in the hypervisor's range or not canonical are refused. Copy once, then
 * check the copy. With SMAP only these functions open the door (stac/clac). It has a fence, so that
 * no address is used before its check is decided (nospec.h).
 *
 * Errors: 0 or -EFAULT; a failed copy may have been done in part.
 */
#ifndef PV_GUEST_ACCESS_H
#define PV_GUEST_ACCESS_H

#include <core/errno.h>
#include <core/layout.h>
#include <core/nospec.h>
#include <core/types.h>

int guest_read(void *dst, gaddr_t src, size_t n) MUST_CHECK;
int guest_write(gaddr_t dst, const void *src, size_t n) MUST_CHECK;
int guest_clear(gaddr_t dst, size_t n) MUST_CHECK;

static inline bool guest_range_ok(gaddr_t a, u64 n)
{
	u64 end = a.v + n;

	if (end < a.v)
		return false;
	return end <= 0x800000000000UL || a.v >= HV_VIRT_END;
}

/* guest_range_ok for a length that the compiler knows, in one comparison. What wraps goes on at
 * address 0, which is the guest's too. */
static inline __attribute__((always_inline)) bool guest_small_ok(gaddr_t a, u64 n)
{
	const u64 hole = 0x800000000000UL - (n - 1);

	return a.v - hole >= HV_VIRT_END - hole;
}

/* Words, for calls that are made so often that a copy loop would be most of their cost: between
 * guest_open and guest_close, with as little as possible besides, in a range that was looked at. A
 * word that cannot be reached leads to the label `fault`, where the door is still to be closed. */
#ifdef PV_HOST_TEST
static inline void guest_open(void)
{
}
static inline void guest_close(void)
{
}
#define guest_get(var, src, fault)                        \
	do {                                              \
		if (guest_read(&(var), src, sizeof(var))) \
			goto fault;                       \
	} while (0)
#define guest_put(dst, value, fault)                   \
	do {                                           \
		__auto_type v_ = (value);              \
		if (guest_write(dst, &v_, sizeof(v_))) \
			goto fault;                    \
	} while (0)
#else
/* NOPs where the CPU has no SMAP (PATCH_SMAP of x86.h). */
#define GUEST_DOOR(insn)        \
	"771: " insn "\n772:\n" \
	".pushsection .patch, \"a\"\n.quad 771b, 0\n.long 772b - 771b, 0\n.popsection\n"

/* Behind a fence: until the range is known to be the guest's, nothing is read there. */
static inline __attribute__((always_inline)) void guest_open(void)
{
	__asm__ volatile(NOSPEC_FENCED(GUEST_DOOR("stac")) : : : "memory");
}
static inline __attribute__((always_inline)) void guest_close(void)
{
	__asm__ volatile(GUEST_DOOR("clac") : : : "memory");
}
/* clang-format off */
#define GUEST_EXTABLE(label) \
	".pushsection .extable, \"a\"\n.quad 1b, %l[" #label "]\n.popsection"
#define guest_get(var, src, fault)                                         \
	do {                                                               \
		__typeof__(var) v_;                                        \
		__asm__ goto("1: mov %1, %0\n" GUEST_EXTABLE(fault)        \
			     : "=r"(v_)                                    \
			     : "m"(*(const __typeof__(var) *)(src).v)      \
			     :                                             \
			     : fault);                                     \
		(var) = v_;                                                \
	} while (0)
#define guest_put(dst, value, fault)                               \
	__asm__ goto("1: mov %1, %0\n" GUEST_EXTABLE(fault)        \
		     :                                             \
		     : "m"(*(__typeof__(value) *)(dst).v), "r"(value) \
		     : "memory"                                    \
		     : fault)
/* clang-format on */
#endif

/* n words in a row, two or three as the compiler knows, in a range that was looked at. */
static inline __attribute__((always_inline)) int guest_read_words_in(u64 *w, gaddr_t src,
								     unsigned int n)
{
	guest_open();
	guest_get(w[0], src, fault);
	guest_get(w[1], gaddr_add(src, sizeof(*w)), fault);
	if (n > 2)
		guest_get(w[2], gaddr_add(src, 2 * sizeof(*w)), fault);
	guest_close();
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

static inline __attribute__((always_inline)) int guest_write_word_in(gaddr_t dst, u64 value)
{
	guest_open();
	guest_put(dst, value, fault);
	guest_close();
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

static inline int guest_read_u32(u32 *dst, gaddr_t src)
{
	u32 v;

	if (unlikely(!guest_small_ok(src, sizeof(v))))
		return -EFAULT;
	guest_open();
	guest_get(v, src, fault);
	guest_close();
	*dst = v;
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

static inline int guest_write_u16(gaddr_t dst, u16 v)
{
	if (unlikely(!guest_small_ok(dst, sizeof(v))))
		return -EFAULT;
	guest_open();
	guest_put(dst, v, fault);
	guest_close();
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

/* Element i of an array of T. */
#define guest_read_elem(dst, base, i) \
	guest_read((dst), gaddr_add((base), (u64)(i) * sizeof(*(dst))), sizeof(*(dst)))
#define guest_write_elem(base, i, src) \
	guest_write(gaddr_add((base), (u64)(i) * sizeof(*(src))), (src), sizeof(*(src)))

/* A handle of Xen's headers, as an address. */
#define handle_gaddr(h) GADDR((u64)(h).p)

#endif /* PV_GUEST_ACCESS_H */
