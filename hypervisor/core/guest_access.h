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

/* Single words, inline: for calls that are made so often that a copy loop would be most of their
 * cost. The _in forms leave the range check to the caller, who made one guest_range_ok for all that
 * he touches. */
#ifdef PV_HOST_TEST
#define GUEST_WORD_TYPE(name, type)                                      \
	static inline int guest_read_##name##_in(type *dst, gaddr_t src) \
	{                                                                \
		return guest_read(dst, src, sizeof(*dst));               \
	}                                                                \
	static inline int guest_write_##name##_in(gaddr_t dst, type v)   \
	{                                                                \
		return guest_write(dst, &v, sizeof(v));                  \
	}
#else
/* clang-format off */
/* The door; NOPs where the CPU has no SMAP (PATCH_SMAP of x86.h). */
#define GUEST_DOOR(insn)        \
	"771: " insn "\n772:\n" \
	".pushsection .patch, \"a\", @progbits\n.quad 771b, 0\n.long 772b - 771b, 0\n.popsection\n"
/* A fault at 1 shuts the door and goes on at the label `fault`. */
#define GUEST_FAULT                                                     \
	".pushsection .text.fixup, \"ax\", @progbits\n2:\n" GUEST_DOOR( \
		"clac") "jmp %l[fault]\n.popsection\n"                  \
			".pushsection .extable, \"a\", @progbits\n.quad 1b, 2b\n.popsection\n"
/* The same for a fault at another label. */
#define GUEST_ALSO(label) \
	".pushsection .extable, \"a\", @progbits\n.quad " label ", 2b\n.popsection\n"
#define GUEST_ASM(body) NOSPEC_FENCED(GUEST_DOOR("stac")) body GUEST_DOOR("clac") GUEST_FAULT

#define GUEST_WORD_TYPE(name, type)                                                               \
	static inline                                                                             \
		__attribute__((always_inline)) int guest_read_##name##_in(type *dst, gaddr_t src) \
	{                                                                                         \
		type v_;                                                                          \
		__asm__ goto(GUEST_ASM("1: mov %1, %0\n")                                         \
			     : "=r"(v_)                                                           \
			     : "m"(*(const type *)src.v)                                          \
			     : "memory"                                                           \
			     : fault);                                                            \
		*dst = v_;                                                                        \
		return 0;                                                                         \
fault:                                                                                            \
		return -EFAULT;                                                                   \
	}                                                                                         \
	static inline                                                                             \
		__attribute__((always_inline)) int guest_write_##name##_in(gaddr_t dst, type v)   \
	{                                                                                         \
		__asm__ goto(GUEST_ASM("1: mov %1, %0\n")                                         \
			     :                                                                    \
			     : "m"(*(type *)dst.v), "r"(v)                                        \
			     : "memory"                                                           \
			     : fault);                                                            \
		return 0;                                                                         \
fault:                                                                                            \
		return -EFAULT;                                                                   \
	}
/* clang-format on */
#endif
GUEST_WORD_TYPE(u16, u16)
GUEST_WORD_TYPE(u32, u32)
GUEST_WORD_TYPE(u64, u64)

/* guest_range_ok for a length that the compiler knows, in one comparison. What wraps goes on at
 * address 0, which is the guest's too. */
static inline __attribute__((always_inline)) bool guest_small_ok(gaddr_t a, u64 n)
{
	const u64 hole = 0x800000000000UL - (n - 1);

	return a.v - hole >= HV_VIRT_END - hole;
}

static inline bool guest_word_ok(gaddr_t a)
{
	return guest_small_ok(a, sizeof(u64));
}

static inline int guest_read_u32(u32 *dst, gaddr_t src)
{
	return likely(guest_word_ok(src)) ? guest_read_u32_in(dst, src) : -EFAULT;
}

static inline int guest_read_u64(u64 *dst, gaddr_t src)
{
	return likely(guest_word_ok(src)) ? guest_read_u64_in(dst, src) : -EFAULT;
}

static inline int guest_write_u16(gaddr_t dst, u16 v)
{
	return likely(guest_word_ok(dst)) ? guest_write_u16_in(dst, v) : -EFAULT;
}

/* The operation and the five arguments of a multicall entry (words 0 and 2 to 6). */
static inline __attribute__((always_inline)) int guest_read_call_in(u64 v[6], gaddr_t src)
{
#ifdef PV_HOST_TEST
	return guest_read(&v[0], src, 8) || guest_read(&v[1], gaddr_add(src, 16), 40) ? -EFAULT : 0;
#else
	u64 op, a1, a2, a3, a4, a5;

	/* clang-format off */
	__asm__ goto(GUEST_ASM("1:  mov (%6), %0\n"
			       "11: mov 16(%6), %1\n"
			       "12: mov 24(%6), %2\n"
			       "13: mov 32(%6), %3\n"
			       "14: mov 40(%6), %4\n"
			       "15: mov 48(%6), %5\n") GUEST_ALSO("11b") GUEST_ALSO("12b")
			     GUEST_ALSO("13b") GUEST_ALSO("14b") GUEST_ALSO("15b")
		     : "=&a"(op), "=&D"(a1), "=&S"(a2), "=&d"(a3), "=&c"(a4), "=&r"(a5)
		     : "r"(src.v)
		     : "memory"
		     : fault);
	/* clang-format on */
	v[0] = op;
	v[1] = a1;
	v[2] = a2;
	v[3] = a3;
	v[4] = a4;
	v[5] = a5;
	return 0;
fault:
	return -EFAULT;
#endif
}

/* The words of a bounce frame: where the guest was, and what stands below. */
struct guest_frame {
	u64 rcx, r11, error_code, rip, cs, rflags, rsp, ss;
};

/* Writes one that ends at top; without error code the two registers move up by a word. The caller
 * looked at the range. */
static inline __attribute__((always_inline)) int guest_push_frame_in(u64 top, bool with_error_code,
								     const struct guest_frame *f)
{
	u64 low = top - sizeof(*f) + (with_error_code ? 0 : sizeof(u64));
#ifdef PV_HOST_TEST
	u64 words[8] = { f->rcx, f->r11, f->error_code, f->rip, f->cs, f->rflags, f->rsp, f->ss };

	if (!with_error_code) {
		words[2] = f->r11;
		words[1] = f->rcx;
	}
	return guest_write(GADDR(low), with_error_code ? words : words + 1, top - low);
#else
	/* clang-format off */
	__asm__ goto(GUEST_ASM("1:  mov %4, -48(%0)\n"
			       "11: mov %5, -40(%0)\n"
			       "12: mov %6, -32(%0)\n"
			       "13: mov %7, -24(%0)\n"
			       "14: mov %8, -16(%0)\n"
			       "15: mov %9, -8(%0)\n"
			       "16: mov %3, 8(%1)\n"
			       "17: mov %2, (%1)\n") GUEST_ALSO("11b") GUEST_ALSO("12b")
			     GUEST_ALSO("13b") GUEST_ALSO("14b") GUEST_ALSO("15b") GUEST_ALSO("16b")
				     GUEST_ALSO("17b")
		     :
		     : "r"(top), "r"(low), "r"(f->rcx), "r"(f->r11), "r"(f->error_code),
		       "r"(f->rip), "r"(f->cs), "r"(f->rflags), "r"(f->rsp), "r"(f->ss)
		     : "memory"
		     : fault);
	/* clang-format on */
	return 0;
fault:
	return -EFAULT;
#endif
}

/* Four or five words in a row, through registers. */
static inline __attribute__((always_inline)) int guest_read_4_in(u64 w[4], gaddr_t src)
{
#ifdef PV_HOST_TEST
	return guest_read(w, src, 4 * sizeof(w[0]));
#else
	u64 a, b, c, d;

	/* clang-format off */
	__asm__ goto(GUEST_ASM("1:  mov (%4), %0\n"
			       "11: mov 8(%4), %1\n"
			       "12: mov 16(%4), %2\n"
			       "13: mov 24(%4), %3\n") GUEST_ALSO("11b") GUEST_ALSO("12b")
			     GUEST_ALSO("13b")
		     : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d)
		     : "r"(src.v)
		     : "memory"
		     : fault);
	/* clang-format on */
	w[0] = a;
	w[1] = b;
	w[2] = c;
	w[3] = d;
	return 0;
fault:
	return -EFAULT;
#endif
}

static inline __attribute__((always_inline)) int guest_read_5_in(u64 w[5], gaddr_t src)
{
#ifdef PV_HOST_TEST
	return guest_read(w, src, 5 * sizeof(w[0]));
#else
	u64 a, b, c, d, e;

	/* clang-format off */
	__asm__ goto(GUEST_ASM("1:  mov (%5), %0\n"
			       "11: mov 8(%5), %1\n"
			       "12: mov 16(%5), %2\n"
			       "13: mov 24(%5), %3\n"
			       "14: mov 32(%5), %4\n") GUEST_ALSO("11b") GUEST_ALSO("12b")
			     GUEST_ALSO("13b") GUEST_ALSO("14b")
		     : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d), "=&r"(e)
		     : "r"(src.v)
		     : "memory"
		     : fault);
	/* clang-format on */
	w[0] = a;
	w[1] = b;
	w[2] = c;
	w[3] = d;
	w[4] = e;
	return 0;
fault:
	return -EFAULT;
#endif
}

/* Element i of an array of T. */
#define guest_read_elem(dst, base, i) \
	guest_read((dst), gaddr_add((base), (u64)(i) * sizeof(*(dst))), sizeof(*(dst)))
#define guest_write_elem(base, i, src) \
	guest_write(gaddr_add((base), (u64)(i) * sizeof(*(src))), (src), sizeof(*(src)))

/* A handle of Xen's headers, as an address. */
#define handle_gaddr(h) GADDR((u64)(h).p)

#endif /* PV_GUEST_ACCESS_H */
