/* SPDX-License-Identifier: MIT */
/*
 * Proves that the ELF reader finds segments and notes of whole kernels, fills in what missing notes
 * mean, names what is wrong with others, and reads no byte beyond a file however it is cut or
 * damaged (each file stands at the very end of its allocation, under AddressSanitizer).
 *
 * @limit: 120
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <image/elf.h>

#include "kernel_maker.h"

static uint8_t file[MAKER_BYTES];

static enum elf_status read_all(const void *data, size_t size, struct elf_image *image,
				struct elf_pv *pv)
{
	enum elf_status status = elf_open(image, data, size);

	return status ? status : elf_read_pv(image, pv);
}

START_TEST(linux_kernel)
{
	size_t size = maker_write(&maker_linux, file);
	struct elf_segment segment;
	struct elf_image image;
	struct elf_pv pv;
	unsigned int cursor = 0;

	ck_assert_int_eq(read_all(file, size, &image, &pv), ELF_OK);
	ck_assert_uint_eq(pv.entry, 0xffffffff81000100);
	ck_assert_uint_eq(pv.virt_base, 0xffffffff80000000);
	ck_assert_uint_eq(pv.paddr_offset, 0);
	ck_assert_uint_eq(pv.init_p2m, 0x8000000000);
	ck_assert(pv.mod_start_pfn);
	ck_assert(!elf_has_note(&pv, ELF_NOTE_HYPERCALL_PAGE));
	ck_assert_str_eq(pv.guest_os, "linux");
	ck_assert_uint_eq(pv.start, 0x1000000);
	ck_assert_uint_eq(pv.end, 0x1005f00);
	ck_assert(elf_next_segment(&image, &cursor, &segment));
	ck_assert_uint_eq(segment.file_size, 0x1800);
	ck_assert_int_eq(segment.data[0x17ff], 0xaa);
	ck_assert(elf_next_segment(&image, &cursor, &segment));
	ck_assert_uint_eq(segment.mem_size, 0x2f00);
	ck_assert(!elf_next_segment(&image, &cursor, &segment));
}
END_TEST

START_TEST(grub_kernel)
{
	size_t size = maker_write(&maker_grub, file);
	struct elf_image image;
	struct elf_pv pv;

	ck_assert_int_eq(read_all(file, size, &image, &pv), ELF_OK);
	ck_assert_uint_eq(pv.entry, 0);
	ck_assert_uint_eq(pv.virt_base, 0);
	ck_assert(!pv.mod_start_pfn);
	ck_assert(!elf_has_note(&pv, ELF_NOTE_INIT_P2M));
	ck_assert_uint_eq(pv.end, 0x6400);
}
END_TEST

/* A kernel of one page at 1 MiB with the given notes. */
static enum elf_status with_notes(uint64_t entry, const struct maker_note *notes)
{
	static const struct maker_segment segments[] = {
		{ .paddr = 0x100000, .file_size = 0x1000, .mem_size = 0x1000 },
		{ .mem_size = 0 },
	};
	const struct maker maker = { .entry = entry, .segments = segments, .notes = notes };
	size_t size = maker_write(&maker, file);
	struct elf_image image;
	struct elf_pv pv;

	return read_all(file, size, &image, &pv);
}

START_TEST(notes_missing_or_wrong)
{
	static const struct {
		uint64_t entry;
		enum elf_status status;
		struct maker_note notes[5];
	} cases[] = {
		{ 0x100000, ELF_OK, { { .type = 5, .text = "xen-3.0" } } },
		{ 0x100000, ELF_NO_NOTES, { { .type = 0 } } },
		{ 0x100000, ELF_NO_VERSION, { { .type = 1, .number = 0x100000 } } },
		{ 0x100000, ELF_WRONG_VERSION, { { .type = 5, .text = "xen-3.1" } } },
		{ 0x100000, ELF_WRONG_VERSION, { { .type = 5, .text = "xen-3.0x" } } },
		{ 0x100000,
		  ELF_WRONG_LOADER,
		  { { .type = 5, .text = "xen-3.0" }, { .type = 8, .text = "other" } } },
		{ 0x100000, ELF_PVH_ONLY, { { .type = 18, .number = 0x100000 } } },
		{ 0x0fffff, ELF_BAD_ENTRY, { { .type = 5, .text = "xen-3.0" } } },
		{ 0x101000, ELF_BAD_ENTRY, { { .type = 5, .text = "xen-3.0" } } },
		{ 0x100000,
		  ELF_BAD_NOTE,
		  { { .type = 5, .text = "xen-3.0" }, { .type = 3, .text = "ab" } } },
		{ 0x100000,
		  ELF_BAD_HYPERCALL_PAGE,
		  { { .type = 5, .text = "xen-3.0" }, { .type = 2, .number = 0x100800 } } },
		{ 0x100000,
		  ELF_BAD_HYPERCALL_PAGE,
		  { { .type = 5, .text = "xen-3.0" }, { .type = 2, .number = 0x101000 } } },
		{ 0x100000,
		  ELF_OK,
		  { { .type = 5, .text = "xen-3.0" }, { .type = 2, .number = 0x100000 } } },
		{ 0x100000,
		  ELF_BAD_P2M,
		  { { .type = 5, .text = "xen-3.0" }, { .type = 15, .number = 0x8000000001 } } },
		{ 0x100000,
		  ELF_BAD_SEGMENT,
		  { { .type = 5, .text = "xen-3.0" }, { .type = 4, .number = 0x100001 } } },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(with_notes(cases[i].entry, cases[i].notes) == cases[i].status,
			      "case %zu: expected \"%s\", got \"%s\"", i,
			      elf_status_text(cases[i].status),
			      elf_status_text(with_notes(cases[i].entry, cases[i].notes)));
}
END_TEST

/* Damages one field of a good file. */
START_TEST(headers_damaged)
{
	static const struct {
		size_t at;
		uint64_t value;
		unsigned int bytes;
		enum elf_status status;
	} cases[] = {
		{ 0, 0x7e, 1, ELF_NOT_ELF },
		{ 4, 1, 1, ELF_32BIT },
		{ 5, 2, 1, ELF_WRONG_MACHINE },
		{ 16, 1, 2, ELF_WRONG_TYPE },
		{ 18, 40, 2, ELF_WRONG_MACHINE },
		{ 32, UINT64_MAX - 4, 8, ELF_TRUNCATED },
		{ 54, 32, 2, ELF_BAD_HEADER },
		{ 56, 0, 2, ELF_NO_SEGMENT },
		{ 56, 0xffff, 2, ELF_TRUNCATED },
		{ 64 + 8, UINT64_MAX, 8, ELF_TRUNCATED },
		{ 64 + 32, MAKER_BYTES, 8, ELF_TRUNCATED },
		{ 64 + 40, 0x17ff, 8, ELF_BAD_SEGMENT },
		{ 64 + 24, UINT64_MAX, 8, ELF_BAD_SEGMENT },
		{ 64 + 24, UINT64_C(1) << 41, 8, ELF_TOO_LARGE },
	};
	struct elf_image image;
	struct elf_pv pv;
	size_t i, size;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size = maker_write(&maker_linux, file);
		maker_put(file, cases[i].at, cases[i].value, cases[i].bytes);
		ck_assert_msg(read_all(file, size, &image, &pv) == cases[i].status,
			      "case %zu: expected \"%s\"", i, elf_status_text(cases[i].status));
	}
}
END_TEST

/* Keeps the compiler from leaving out reads. */
static volatile uint8_t sink;

/* Touches everything that a successful read promises. */
static void use(const void *data, size_t size)
{
	struct elf_segment segment;
	struct elf_image image;
	struct elf_note note;
	struct elf_pv pv;
	unsigned int cursor = 0, type;
	size_t i;

	if (read_all(data, size, &image, &pv))
		return;
	while (elf_next_segment(&image, &cursor, &segment)) {
		uint64_t start = segment.paddr - pv.paddr_offset;

		ck_assert_uint_ge(start, pv.start);
		ck_assert_uint_le(start + segment.mem_size, pv.end);
		for (i = 0; i < segment.file_size; i++)
			sink ^= segment.data[i];
	}
	for (type = 0; type < 19; type++) {
		if (!elf_find_note(&image, (enum elf_note_type)type, &note))
			continue;
		for (i = 0; i < note.size; i++)
			sink ^= note.desc[i];
	}
	sink ^= (uint8_t)strlen(pv.guest_os);
}

START_TEST(cut_anywhere)
{
	size_t size = maker_write(&maker_linux, file), cut;

	for (cut = 0; cut < size; cut += cut < 300 || cut > size - 300 ? 1 : 97) {
		uint8_t *copy = malloc(cut ?: 1);

		memcpy(copy, file, cut);
		use(copy, cut);
		free(copy);
	}
}
END_TEST

/* Random bytes in headers and notes; the seed is fixed, so a failure repeats. */
START_TEST(damaged_anywhere)
{
	size_t size = maker_write(_i & 1 ? &maker_linux : &maker_grub, file), i;
	uint32_t random = 0x9e3779b9u * (uint32_t)(_i + 1);
	uint8_t *copy = malloc(size);

	for (i = 0; i < 2000; i++) {
		unsigned int hits;

		memcpy(copy, file, size);
		for (hits = 0; hits < 4; hits++) {
			size_t at;

			random = random * 1664525u + 1013904223u;
			at = random >> 8 & 1 ? random % 300 : size - 1 - random % 200;
			copy[at] = (uint8_t)(random >> 24);
		}
		use(copy, size);
	}
	free(copy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("elf");
	TCase *cases = tcase_create("elf");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, linux_kernel);
	tcase_add_test(cases, grub_kernel);
	tcase_add_test(cases, notes_missing_or_wrong);
	tcase_add_test(cases, headers_damaged);
	tcase_add_test(cases, cut_anywhere);
	tcase_add_loop_test(cases, damaged_anywhere, 0, 8);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
