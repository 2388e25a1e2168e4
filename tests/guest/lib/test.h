/* SPDX-License-Identifier: MIT */
/*
 * What a test guest is made of.
 *
 * A test is tests/guest/NAME/main.c with a function test_main(), whose head says what is proved.
 * The framework has read start of day, set traps and events (masked), and prints the verdict when
 * test_main() returns:
 *
 *   SUCCESS  every expectation held
 *   FAILURE  the hypervisor is wrong: at least one did not
 *   ERROR    the test could not do its own work
 *   SKIP     it cannot be tried here
 *
 * A guest that dies before is a CRASH, which the runner sees by the lack of a verdict.
 */
#ifndef TEST_H
#define TEST_H

#include <pv_abi.h>
#include <pv/pv.h>

/* Supplied by the test. */
void test_main(void);

/* ---- Verdicts ------------------------------------------------------------------------------- */

/* An expectation that did not hold. The test goes on. */
void test_fail(const char *format, ...) PV_FORMAT(1, 2);

/* End the test at once. */
void test_error(const char *format, ...) PV_FORMAT(1, 2) __attribute__((noreturn));
void test_skip(const char *format, ...) PV_FORMAT(1, 2) __attribute__((noreturn));
void test_end(void) __attribute__((noreturn));

/* The condition has to hold. */
#define expect(condition, ...)                  \
	do {                                    \
		if (!(condition))               \
			test_fail(__VA_ARGS__); \
	} while (0)

/* Some step of the test's own preparation has to work. */
#define must(condition)                                               \
	do {                                                          \
		if (!(condition))                                     \
			test_error("line %d: " #condition, __LINE__); \
	} while (0)

/* A result of a call: fails with both values unless they are the same. True if they are. */
bool expect_rc(const char *what, long got, long wanted);

/* Two values, shown in hexadecimal. */
bool expect_eq(const char *what, uint64_t got, uint64_t wanted);

/* A fault (extable.h), shown by name. */
bool expect_fault(const char *what, pv_fault got, pv_fault wanted);

/* A wanted result that Xen answers otherwise than we: both are negative errnos above -256 or 0, and
 * each is checked where it belongs. */
#define UNLIKE_XEN(ours, xens) (UNLIKE_XEN_BASE - ((long)-(ours) << 8 | (long)-(xens)))
#define UNLIKE_XEN_BASE        (-0x10000L)

/* ---- Tables of hypercalls ------------------------------------------------------------------- */

struct call {
	const char *what;
	unsigned long number;
	long wanted; /* UNLIKE_XEN too */
	unsigned long a[5];
};

#define CALL(what, name, wanted, ...)              \
	{                                          \
		what, __HYPERVISOR_##name, wanted, \
		{                                  \
			__VA_ARGS__                \
		}                                  \
	}

/* Makes each call in order and compares its result. */
void calls_check(const struct call *calls, unsigned int nr);
#define CALLS_CHECK(calls) calls_check(calls, PV_ARRAY_SIZE(calls))

/* An address that the hypervisor must refuse in any call: its own memory. */
#define HYPERVISOR_POINTER 0xffff830000000000UL
#define NONCANONICAL       0x8000000000000000UL

/* ---- Where we are --------------------------------------------------------------------------- */

extern struct pv_start test_start;
extern struct pv_traps test_traps;
extern struct pv_events test_events;

/* The running hypervisor is Paravane, not Xen, which QEMU's defects keep from some things. */
bool on_paravane(void);

/* System time, ns. */
uint64_t now(void);

/* ---- Faults --------------------------------------------------------------------------------- */

#define FAULT_NONE 0ULL
#define GP(error)  PV_FAULT(PV_VECTOR_GP, error)
#define UD         PV_FAULT(PV_VECTOR_UD, 0)
#define DE         PV_FAULT(PV_VECTOR_DE, 0)
#define DB         PV_FAULT(PV_VECTOR_DB, 0)
#define BP         PV_FAULT(PV_VECTOR_BP, 0)
#define NM         PV_FAULT(PV_VECTOR_NM, 0)
#define NP(error)  PV_FAULT(PV_VECTOR_NP, error)
#define SS(error)  PV_FAULT(PV_VECTOR_SS, error)
#define PF(error)  PV_FAULT(PV_VECTOR_PF, error)

/* Page-fault error codes. */
#define PF_P 0x01
#define PF_W 0x02
#define PF_U 0x04
#define PF_R 0x08
#define PF_I 0x10

/* "#GP(0010)", "none" ...; in one of four buffers used in turn. */
const char *fault_name(pv_fault fault);

/* ---- Running code and catching how it ends -------------------------------------------------- */

/*
 * Enters *in through the iret hypercall (cs with RPL 3: user mode; RPL 0: kernel mode) and returns
 * the registers at the first trap or callback that comes back. Its own stacks; events masked
 * afterwards.
 */
const struct pv_regs *run(const struct pv_regs *in);

/* Registers to start with: flags IF off, a stack of its own, cs and ss for that mode. */
struct pv_regs regs_kernel(const void *code);
struct pv_regs regs_user(const void *code);

/* The trap of a register set that run() returned. #BP stands for the regular end of a snippet. */
pv_fault regs_fault(const struct pv_regs *regs);

/* Code snippets: asm between two labels, that ends with int3. */
#define SNIPPET(name, text)                                                          \
	extern const char name[];                                                    \
	__asm__(".pushsection .text; .balign 16; .globl " #name "; " #name ": " text \
		"; int3; .popsection")

/* A root for user mode that maps what the kernel's root maps; installs it. */
void user_root_make(void);

/* ---- Memory --------------------------------------------------------------------------------- */

/* A zeroed page of the linear map, mapped writable. Never given back. */
void *page_take(void);

/* The root of the current tables. */
const uint64_t *root_table(void);
const uint64_t *entry_of(const void *va, unsigned int level);

/* Changes how a page of the linear map is mapped there. */
void page_readonly(void *page);
void page_writable(void *page);

/* An address in the low half with an empty L1 entry and all tables above it. n: 0 to 511. */
void *window(unsigned int n);

/* The L1 entry of a linear-map address. */
uint64_t pte_of(const void *va);

/* How a page is mapped that code is written into and run from; the library's own are never both. */
#define PTE_CODE (PV_PTE_TEXT | PV_PTE_RW | PV_PTE_DIRTY)

/* The frame of a page, as an entry with flags. */
uint64_t pte_make(const void *page, uint64_t flags);

/* Raw hypercall wrappers that tests use all the time. */
long mmu_update_one(uint64_t ptr, uint64_t val);
long mmuext_one(unsigned int cmd, unsigned long arg1, unsigned long arg2);
long va_update(const void *va, uint64_t pte, unsigned long flags);

#endif
