/* SPDX-License-Identifier: MIT */
/*
 * A small second domain, made and watched by a test that runs as dom0.
 *
 * It has one vCPU and CHILD_PAGES pages, mapped at CHILD_BASE in this order: L4, L3, L2, L1
 * (read-only), code, stack, data, spare ones. It starts in kernel mode at the beginning of its
 * code, with RSI at its data page, no traps and no callbacks: what goes wrong in it is its end.
 */
#ifndef CHILD_H
#define CHILD_H

#include "test.h"

#define CHILD_PAGES  16
#define CHILD_BASE   0x100000000000UL
#define CHILD_CODE   4
#define CHILD_STACK  5
#define CHILD_DATA   6
#define CHILD_SPARE  7
#define CHILD_SHARED CHILD_PAGES /* its shared_info, behind its pages */

/* The address of page n in the child. */
#define CHILD_VA(n) (CHILD_BASE + (n)*PV_PAGE_SIZE)

struct child {
	domid_t id;
	uint64_t base; /* CHILD_BASE, unless it is a fork */
	xen_pfn_t mfn[CHILD_PAGES];
	xen_pfn_t shared;
};

/* Code for a child: position-independent, RSI is its data page. */
#define CHILD_SNIPPET(name, text)               \
	extern const char name[], name##_end[]; \
	__asm__(".pushsection .text; .balign 16; " #name ": " text "; " #name "_end: .popsection")

/* Ends the domain for the reason; clobbers all. */
#define CHILD_SHUTDOWN(reason) \
	"pushq $" #reason "; movq %rsp, %rsi; movl $2, %edi; movl $29, %eax; syscall; ud2"

/* Makes the domain, paused, with that code and a data page whose first `size` bytes are *data. */
void child_make(struct child *child, const char *code, const char *code_end, const void *data,
		size_t size);

/*
 * A child that runs this program: its CHILD_FORK_VCPUS vCPUs may, the first begins with entry() on
 * a stack that ends at stack_top. Its pages lie right below the image, at CHILD_FORK_VA; behind
 * them is a copy of the image as it is now, with the child's shared_info in place of ours, all
 * writable. So C code and the library's modules work in it, but not the console nor what asks the
 * p2m list: frames stand in *child, which belongs into the image so that the copy has it, and in
 * child_image. Traps and events are the child's to set again.
 */
#define CHILD_FORK_VCPUS 2
#define CHILD_IMAGE_MAX  256
#define CHILD_FORK_VA(n) (child_fork_base() + (n)*PV_PAGE_SIZE)

extern xen_pfn_t child_image[CHILD_IMAGE_MAX];
uint64_t child_fork_base(void);
unsigned int child_image_pages(void);
void child_fork(struct child *child, void (*entry)(void), void *stack_top);

/* Maps page n of a child through the one window for that, until child_page_close(). */
void *child_page_open(const struct child *child, unsigned int n);
void child_page_close(void);

/* Lets it run. */
void child_start(const struct child *child);

/* Its state: XEN_DOMINF_* flags and, if it has shut down, the reason; -1 otherwise. */
uint32_t child_flags(const struct child *child);
int child_reason(const struct child *child);

/* Waits until it has shut down: the reason, or -1 after `timeout` ns. */
int child_wait(const struct child *child, uint64_t timeout);

/* Read, and write while it has not started, the beginning of its data page. */
void child_data_set(const struct child *child, const void *from, size_t size);
void child_data(const struct child *child, void *to, size_t size);

/* Destroys it, and waits until it is gone. */
void child_destroy(struct child *child);

/* Pages of the machine that are free. */
uint64_t free_pages(void);

/* Hypercalls for a child to make: child_calls runs a list of them and powers off. */
struct child_call {
	uint64_t number, a[5];
	int64_t result;
};
extern const char child_calls[], child_calls_end[];
#define CHILD_CALLS_END (~0ULL)

#endif
