/* SPDX-License-Identifier: MIT */
/*
 * A hostile unprivileged guest: random hypercalls, page-table updates, privileged instructions,
 * descriptors, iret frames and contexts, from a seed. It often ends itself; then dom0, which
 * watches, looks whether all that it had is free again, and starts the next with the next seed.
 * seed=N, operations=N: from which seed on, how many operations in all (docs/checks.md).
 * @args: seed=1 operations=400000
 * @image: tests/audit/paravane
 * @limit: 120
 */
#include "fuzz.h"

#define PER_CHILD 20000U
#define PATIENCE  (50 * PV_MILLISECOND) /* one that has not moved for so long waits for ever, */
#define WAITING   (6 * PV_MILLISECOND)  /* or for so long, if all its vCPUs are blocked */
#define NAP       (2 * PV_MILLISECOND)

/* In the child's data page. */
struct progress {
	uint64_t operations;
	uint32_t kinds[FUZZ_NR_KINDS];
};

/* In the image, so that the child has them too. */
static struct child child;
static uint64_t seed = 1;
static uint8_t stack[16384] __attribute__((aligned(16)));
static uint8_t trap_stack[8192] __attribute__((aligned(16)));

/* ---- The child ------------------------------------------------------------------------------ */

void fuzz_repair(void)
{
	if (pv_events_vcpu_init() || pv_trap_init(&test_traps) ||
	    pv_trap_stack_set(trap_stack + sizeof(trap_stack)))
		pv_shutdown(SHUTDOWN_crash);
	mmuext_one(MMUEXT_NEW_USER_BASEPTR, child.mfn[0], 0);
	hypercall_fpu_taskswitch(0);
	pv_events_disable();
}

/* The first frame to play with is as good a root as its own; user mode runs on its own. All others
 * are empty; none is mapped. */
static void place_make(void)
{
	fuzz.child = &child;
	fuzz.scratch = (uint64_t *)CHILD_FORK_VA(CHILD_SPARE);
	fuzz.slots = CHILD_FORK_VA(0) - FUZZ_SLOTS * PV_PAGE_SIZE;
	memcpy((void *)CHILD_FORK_VA(CHILD_SPARE + 1), (void *)CHILD_FORK_VA(0), PV_PAGE_SIZE);
	memset((uint64_t *)CHILD_FORK_VA(CHILD_SPARE + 1) + 256, 0, 16 * sizeof(uint64_t));
	for (unsigned int i = 0; i < FUZZ_FRAMES; i++) {
		fuzz.frame[i] = child.mfn[CHILD_SPARE + 1 + i];
		va_update((void *)CHILD_FORK_VA(CHILD_SPARE + 1 + i), 0, UVMF_INVLPG);
	}
}

static void child_main(void)
{
	struct progress *progress = (void *)CHILD_FORK_VA(CHILD_DATA);

	test_events.shared = test_start.shared;
	if (pv_events_init(&test_events))
		pv_shutdown(SHUTDOWN_crash);
	place_make();
	fuzz_repair();
	fuzz_seed(seed);
	for (unsigned int i = 0; i < PER_CHILD; i++) {
		enum fuzz_kind kind = fuzz_rarely(2) ? fuzz_hypercall() : fuzz_instruction();

		progress->kinds[kind]++;
		PV_WRITE_ONCE(progress->operations, i + 1);
	}
	pv_shutdown(SHUTDOWN_poweroff);
}

/* ---- dom0 ----------------------------------------------------------------------------------- */

/* How the children ended: by themselves, by a crash, by waiting. */
static struct {
	uint64_t operations, kinds[FUZZ_NR_KINDS];
	unsigned int children, whole, crashed, stuck;
} sum;

static bool waits(void)
{
	return child_flags(&child) & XEN_DOMINF_blocked;
}

/* What the child says of itself, which it may have overwritten. */
static uint64_t claimed(uint64_t operations)
{
	return operations > PER_CHILD ? 0 : operations;
}

/* Waits until it has ended or does nothing any more; counts. */
static void watch(const struct progress *progress)
{
	uint64_t last = 0, moved = now(), done;
	int reason;

	while ((reason = child_reason(&child)) < 0) {
		done = PV_READ_ONCE(progress->operations);
		if (done != last)
			moved = now();
		else if (now() - moved > (waits() ? WAITING : PATIENCE))
			break;
		last = done;
		pv_poll(NULL, 0, now() + NAP);
	}
	sum.operations += claimed(PV_READ_ONCE(progress->operations));
	for (unsigned int i = 0; i < FUZZ_NR_KINDS; i++)
		sum.kinds[i] += claimed(progress->kinds[i]);
	sum.children++;
	sum.whole += reason == SHUTDOWN_poweroff;
	sum.crashed += reason >= 0 && reason != SHUTDOWN_poweroff;
	sum.stuck += reason < 0;
}

static void one_child(void)
{
	uint64_t before = free_pages();

	child_fork(&child, child_main, stack + sizeof(stack));
	child_start(&child);
	watch(child_page_open(&child, CHILD_DATA));
	child_page_close();
	child_destroy(&child);
	expect(free_pages() == before, "seed %lu: %ld pages are lost", seed,
	       (long)(before - free_pages()));
}

static uint64_t argument(const char *name, uint64_t value)
{
	char text[24] = "";

	if (pv_arg_value((const char *)test_start.info->cmd_line, name, text, sizeof(text)) > 0)
		must(!pv_parse_u64(text, &value));
	return value;
}

static void report(uint64_t time)
{
#define NAME(name) #name,
	static const char *const names[] = { FUZZ_KINDS(NAME) };

	pv_printf("mix:");
	for (unsigned int i = 0; i < FUZZ_NR_KINDS; i++)
		pv_printf(" %s %lu", names[i], sum.kinds[i]);
	pv_printf("\n%lu operations in %lu ms, %u children: %u whole, %u crashed, %u stuck\n",
		  sum.operations, time / PV_MILLISECOND, sum.children, sum.whole, sum.crashed,
		  sum.stuck);
}

void test_main(void)
{
	uint64_t wanted = argument("operations", 100000), start = now();

	if (!test_start.dom0)
		test_skip("needs the control domain");
	seed = argument("seed", 1);
	for (unsigned int i = 0; i < FUZZ_FOREIGN; i++)
		fuzz.foreign[i] = i ? pv_va_to_mfn(page_take()) : pv_va_to_mfn(root_table());
	while (sum.operations < wanted) {
		/* Should it be the last of all, its seed is known. */
		pv_printf("seed %lu, after %lu operations\n", seed, sum.operations);
		one_child();
		seed++;
	}
	expect_rc("a call afterwards", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
	report(now() - start);
}
