/* SPDX-License-Identifier: MIT */
/*
 * Proves what a new domain finds: every page of the mapped part at its address, tables read-only
 * and only tables, the p2m with each page's frame, segments and initrd where the kernel expects
 * them, start_info, grants and registers that agree with one another; for a kernel like Linux and
 * one like PV GRUB. And that a build that fails at any of its calls leaves no domain and no
 * mapping.
 *
 * @limit: 180
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "builder.h"
#include "fake_xen.h"
#include "kernel_maker.h"
#include "pv_limits.h"

#define PAGE         4096
#define MIB          ((uint64_t)1 << 20)
#define INITRD_BYTES 10000

static struct unpacker *unpacker;

static int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	return fd;
}

static int kernel_file(const struct maker *maker)
{
	static uint8_t file[MAKER_BYTES];

	return memory_file(file, maker_write(maker, file));
}

static int initrd_file(void)
{
	static uint8_t data[INITRD_BYTES];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 13);
	return memory_file(data, sizeof(data));
}

static void set_up(struct builder *builder, const struct maker *maker, bool initrd, uint64_t memory)
{
	struct builder_spec spec = {
		.memory = memory,
		.max_memory = memory,
		.vcpus = 2,
		.kernel_fd = kernel_file(maker),
		.initrd_fd = initrd ? initrd_file() : -1,
		.kernel_path = "/k",
		.initrd_path = "/i",
		.cmdline = "a=1 b",
		.unpacker = unpacker,
	};

	builder_init(builder, &spec);
}

/* The entry of a virtual address at L1, by walking from the pinned table. 0: not mapped. */
static uint64_t walk(struct xen *xen, uint64_t address)
{
	uint64_t table = xen->pinned, entry = 0;
	int shift;

	for (shift = 39; shift >= 12; shift -= 9) {
		entry = ((uint64_t *)fake_frame(xen, table))[address >> shift & 511];
		if (!(entry & 1))
			return 0;
		table = entry >> 12 & 0xffffffffff;
	}
	return entry;
}

static void *at(struct xen *xen, uint64_t address)
{
	uint64_t entry = walk(xen, address);

	ck_assert_msg(entry & 1, "address %lx is not mapped", address);
	return (uint8_t *)fake_frame(xen, entry >> 12 & 0xffffffffff) + (address & (PAGE - 1));
}

static bool in_area(const struct layout_area *area, uint64_t pfn)
{
	return pfn >= area->pfn && pfn < area->pfn + area->pages;
}

static void check_mapping(struct xen *xen, const struct builder *builder)
{
	const struct layout *layout = &builder->layout;
	uint64_t pfn, entry;

	for (pfn = 0; pfn < layout->mapped_pages; pfn++) {
		entry = walk(xen, layout_address(layout, pfn));
		if (pfn >= layout->total_pages) {
			ck_assert_uint_eq(entry, 0);
			continue;
		}
		ck_assert_uint_eq(xen->owner_pfn[entry >> 12], pfn);
		ck_assert_int_eq((entry >> 1 & 1) == 0, in_area(&layout->tables, pfn));
	}
	ck_assert_uint_eq(walk(xen, layout_address(layout, layout->mapped_pages)), 0);
}

static void check_p2m(struct xen *xen, const struct builder *builder)
{
	const struct layout *layout = &builder->layout;
	uint64_t pfn;

	for (pfn = 0; pfn < layout->total_pages; pfn++) {
		uint64_t frame = *(uint64_t *)at(xen, layout->p2m_address + pfn * 8);

		ck_assert_uint_eq(xen->owner_pfn[frame], pfn);
	}
}

static void check_segments(struct xen *xen, const struct builder *builder,
			   const struct maker *maker)
{
	const struct maker_segment *segment;
	uint64_t i;

	for (segment = maker->segments; segment->mem_size; segment++) {
		for (i = 0; i < segment->mem_size; i++) {
			uint8_t *byte = at(xen, builder->layout.virt_base + segment->paddr + i);

			ck_assert_int_eq(*byte, i < segment->file_size ? segment->fill : 0);
		}
	}
}

static const start_info_t *check_start(struct xen *xen, const struct builder *builder)
{
	const struct vcpu_guest_context *context = &xen->context;
	const struct layout *layout = &builder->layout;
	const struct builder_result *result = &builder->result;
	const start_info_t *info = at(xen, context->user_regs.rsi);

	ck_assert_str_eq(info->magic, "xen-3.0-x86_64");
	ck_assert_str_eq((const char *)info->cmd_line, "a=1 b");
	ck_assert_uint_eq(info->nr_pages, layout->total_pages);
	ck_assert_uint_eq(info->shared_info, (uint64_t)FAKE_SHARED_INFO << 12);
	ck_assert_uint_eq(xen->owner_pfn[info->store_mfn], layout->store.pfn);
	ck_assert_uint_eq(xen->owner_pfn[info->console.domU.mfn], layout->console.pfn);
	ck_assert_uint_eq(info->store_evtchn, result->store_port);
	ck_assert_uint_eq(info->console.domU.evtchn, result->console_port);
	ck_assert_uint_eq(info->mfn_list, layout->p2m_address);
	ck_assert_uint_eq(xen->owner_pfn[walk(xen, info->pt_base) >> 12], layout->tables.pfn);
	ck_assert_uint_eq(walk(xen, info->pt_base) >> 12, xen->pinned);
	ck_assert_uint_eq(context->ctrlreg[3], xen->pinned << 12);
	ck_assert_uint_eq(context->user_regs.rip, builder->image.pv.entry);
	/* The stack is its page's top: the byte below it can be written, and is nobody else's. */
	ck_assert(walk(xen, context->user_regs.rsp - 8) & 2);
	ck_assert_uint_eq(xen->owner_pfn[walk(xen, context->user_regs.rsp - 8) >> 12],
			  layout->stack.pfn);
	ck_assert_uint_eq(xen->grants[0].frame, result->console_frame);
	ck_assert_uint_eq(xen->grants[1].frame, result->store_frame);
	ck_assert_int_eq(((shared_info_t *)fake_frame(xen, FAKE_SHARED_INFO))
				 ->vcpu_info[31]
				 .evtchn_upcall_mask,
			 1);
	return info;
}

static void build(struct builder *builder, struct xen *xen)
{
	struct error err = ERROR_INIT;

	ck_assert_msg(!builder_check(builder, xen, &err), "%s", err.detail);
	ck_assert_msg(!builder_build(builder, xen, &err), "%s", err.detail);
	ck_assert(!xen->claimed);
}

START_TEST(like_linux)
{
	struct xen *xen = fake_xen_new();
	const start_info_t *info;
	struct builder builder;
	uint64_t i;

	xen->large_refused = _i;
	set_up(&builder, &maker_linux, true, 33 * MIB);
	build(&builder, xen);
	check_mapping(xen, &builder);
	check_p2m(xen, &builder);
	check_segments(xen, &builder, &maker_linux);
	info = check_start(xen, &builder);
	/* The module is passed by frame number and lies outside the mapping. */
	ck_assert_uint_eq(info->flags, SIF_MOD_START_PFN);
	ck_assert_uint_eq(info->mod_len, INITRD_BYTES);
	ck_assert_uint_ge(info->mod_start, builder.layout.mapped_pages);
	for (i = 0; i < INITRD_BYTES; i++) {
		uint64_t frame = builder.frames[info->mod_start + i / PAGE];

		ck_assert_int_eq(((uint8_t *)fake_frame(xen, frame))[i % PAGE], (uint8_t)(i * 13));
	}
	ck_assert_uint_eq(info->first_p2m_pfn, builder.layout.p2m.pfn);
	ck_assert_uint_eq(info->nr_p2m_frames,
			  builder.layout.p2m.pages + builder.layout.p2m_tables.pages);
	builder_free(&builder);
	fake_xen_free(xen);
}
END_TEST

START_TEST(like_grub)
{
	struct xen *xen = fake_xen_new();
	const start_info_t *info;
	struct builder builder;
	uint64_t i;

	set_up(&builder, &maker_grub, true, 3 * MIB);
	build(&builder, xen);
	check_mapping(xen, &builder);
	check_p2m(xen, &builder);
	check_segments(xen, &builder, &maker_grub);
	info = check_start(xen, &builder);
	/* The module is mapped right behind the kernel and passed by address. */
	ck_assert_uint_eq(info->flags, 0);
	ck_assert_uint_eq(info->mod_start, 0x7000);
	for (i = 0; i < INITRD_BYTES; i++)
		ck_assert_int_eq(*(uint8_t *)at(xen, info->mod_start + i), (uint8_t)(i * 13));
	ck_assert_uint_eq(info->first_p2m_pfn, 0);
	ck_assert_uint_eq(info->nr_p2m_frames, 0);
	builder_free(&builder);
	fake_xen_free(xen);
}
END_TEST

START_TEST(hypercall_page)
{
	static const struct maker_segment segments[] = {
		{ .paddr = 0x2000, .file_size = 0x3000, .mem_size = 0x3000 },
		{ .mem_size = 0 },
	};
	static const struct maker_note notes[] = {
		{ .type = 5, .text = "xen-3.0" },
		{ .type = 1, .number = 0xffffffff80002000 },
		{ .type = 2, .number = 0xffffffff80003000 },
		{ .type = 3, .number = 0xffffffff80000000 },
		{ .type = 0 },
	};
	const struct maker maker = { .segments = segments, .notes = notes };
	struct xen *xen = fake_xen_new();
	struct builder builder;

	set_up(&builder, &maker, false, 4 * MIB);
	build(&builder, xen);
	ck_assert_uint_eq(xen->owner_pfn[xen->hypercall_page], 3);
	builder_free(&builder);
	fake_xen_free(xen);
}
END_TEST

/* Fails call after call, until a build gets through: each time all is undone. */
START_TEST(every_failure_undoes_all)
{
	struct error err;
	bool built = false;
	int fail_at, ret;

	for (fail_at = 1; !built; fail_at++) {
		struct xen *xen = fake_xen_new();
		struct builder builder;
		int i, mapped = 0;

		err = (struct error)ERROR_INIT;
		xen->fail_at = fail_at;
		set_up(&builder, &maker_linux, true, 33 * MIB);
		ck_assert_int_eq(builder_check(&builder, xen, &err), 0);
		ret = builder_build(&builder, xen, &err);
		for (i = 0; i < FAKE_FRAMES; i++)
			mapped += xen->mapped[i];
		ck_assert_int_eq(mapped, 0);
		/* Without large extents it goes on with small ones. */
		built = !ret && xen->calls < fail_at;
		if (ret) {
			ck_assert(!xen->exists);
			ck_assert_str_eq(err.stage, "build");
		}
		builder_free(&builder);
		fake_xen_free(xen);
	}
	ck_assert_int_gt(fail_at, 15);
}
END_TEST

static void refused(const struct maker *maker, bool initrd, uint64_t memory, uint64_t free_bytes,
		    const char *word)
{
	struct xen *xen = fake_xen_new();
	struct error err = ERROR_INIT;
	struct builder builder;

	xen->free_pages = free_bytes / PAGE;
	set_up(&builder, maker, initrd, memory);
	ck_assert_int_ne(builder_check(&builder, xen, &err), 0);
	ck_assert_msg(strstr(err.detail, word), "%s", err.detail);
	ck_assert(!xen->exists && !xen->calls);
	builder_free(&builder);
	fake_xen_free(xen);
}

START_TEST(refused_before_anything_is_made)
{
	refused(&maker_linux, false, 33 * MIB, 33 * MIB,
		"not enough memory: 33 MiB needed, 33 MiB free");
	refused(&maker_linux, true, 17 * MIB, 100 * MIB, "need at least");
	refused(&maker_grub, false, 0, 100 * MIB, "need at least 1 MiB");
}
END_TEST

START_TEST(too_many_vcpus)
{
	struct error err = ERROR_INIT;
	struct builder builder;

	set_up(&builder, &maker_grub, false, 3 * MIB);
	builder.spec.vcpus = PV_MAX_VCPUS + 1;
	ck_assert_int_ne(builder_check(&builder, NULL, &err), 0);
	ck_assert_int_eq(err.code, ERROR_NOT_SUPPORTED);
	ck_assert_ptr_nonnull(strstr(err.detail, "129"));
	builder_free(&builder);
}
END_TEST

START_TEST(cancelled)
{
	struct xen *xen = fake_xen_new();
	struct error err = ERROR_INIT;
	struct builder builder;

	set_up(&builder, &maker_linux, true, 33 * MIB);
	ck_assert_int_eq(builder_check(&builder, xen, &err), 0);
	builder_cancel(&builder);
	ck_assert_int_eq(builder_build(&builder, xen, &err), -ECANCELED);
	ck_assert(!xen->exists);
	builder_free(&builder);
	fake_xen_free(xen);
}
END_TEST

/* Addresses that a kernel must not ask for. */
START_TEST(addresses_refused)
{
	static const struct {
		uint64_t base, p2m;
		enum layout_status wanted;
	} cases[] = {
		{ 0xffff800000000000, 0, LAYOUT_BASE_TAKEN }, /* the hypervisor's */
		{ 0xffff87ffff000000, 0, LAYOUT_BASE_TAKEN },
		{ 0xffff7fffffe00000, 0, LAYOUT_BASE_TAKEN },   /* not canonical */
		{ 0x00007fffffe00000, 0, LAYOUT_BASE_TAKEN },   /* runs into the hole */
		{ 0xfffffffffff00000, 0, LAYOUT_BASE_TAKEN },   /* wraps */
		{ 0xffffffff80000800, 0, LAYOUT_BASE_NO_PAGE }, /* no page */
		{ 0xffffffff80000000, 0xffff810000000000, LAYOUT_P2M_TAKEN },
		{ 0xffffffff80000000, 0xffffffffff000000, LAYOUT_TOO_NEAR }, /* one L4 entry */
		{ 0xffffffff80000000, 0xfffffffffffff000, LAYOUT_P2M_TAKEN },
	};
	struct layout layout;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct elf_pv pv = {
			.virt_base = cases[i].base,
			.init_p2m = cases[i].p2m,
			.notes = cases[i].p2m ? 1u << ELF_NOTE_INIT_P2M : 0,
			.start = 0x100000,
			.end = 0x200000,
		};

		struct layout_request request = { .pv = &pv, .total_pages = 8192, .rings = true };

		ck_assert_msg(layout_plan(&layout, &request) == cases[i].wanted, "case %zu", i);
	}
}
END_TEST

/* Slack and edges hold for sizes around the places where another table is needed. */
START_TEST(sizes)
{
	struct layout layout;
	uint64_t pages;

	for (pages = 1; pages < 3000; pages++) {
		struct elf_pv pv = { .virt_base = 0xffffffff80000000, .end = pages * PAGE };
		struct layout_request request = { .pv = &pv,
						  .total_pages = 1 << 20,
						  .rings = true };
		uint64_t used;

		ck_assert_int_eq(layout_plan(&layout, &request), 0);
		used = layout.stack.pfn + 1;
		ck_assert_uint_ge(layout.mapped_pages - used, 128);
		ck_assert_uint_eq(layout.mapped_pages % 1024, 0);
		ck_assert_uint_lt(layout.mapped_pages - used, 128 + 1024);
		ck_assert_uint_ge(layout.tables.pages, 3 + layout.mapped_pages / 512);
		ck_assert_uint_eq(layout.stack.pfn, layout.tables.pfn + layout.tables.pages);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("builder");
	TCase *cases = tcase_create("builder");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 90);
	tcase_add_loop_test(cases, like_linux, 0, 2);
	tcase_add_test(cases, like_grub);
	tcase_add_test(cases, hypercall_page);
	tcase_add_test(cases, every_failure_undoes_all);
	tcase_add_test(cases, refused_before_anything_is_made);
	tcase_add_test(cases, too_many_vcpus);
	tcase_add_test(cases, cancelled);
	tcase_add_test(cases, addresses_refused);
	tcase_add_test(cases, sizes);
	suite_add_tcase(suite, cases);
	unpacker = unpacker_start();
	if (!unpacker)
		return EXIT_FAILURE;
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	unpacker_stop(unpacker);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
