/* SPDX-License-Identifier: MIT */
/*
 * x87 pointers do not pass from one owner of the FPU to the next on CPUs that load them only with
 * an exception pending: which images are such, on made-up ones; and that what the hypervisor does
 * about it clears them, on this machine's CPU.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <x86/fpu_image.h>

static u8 image[4096] __attribute__((aligned(64)));

static void make(u16 fsw, u64 present)
{
	memset(image, 0, sizeof(image));
	memcpy(image + FSW_AT, &fsw, sizeof(fsw));
	memcpy(image + XSTATE_BV_AT, &present, sizeof(present));
}

START_TEST(images_without_pointers)
{
	make(0, 0);
	ck_assert(!fpu_image_has_pointers(image, false));
	make(0x3f3f, ~0UL); /* exceptions that are masked */
	ck_assert(!fpu_image_has_pointers(image, false));
	ck_assert(!fpu_image_has_pointers(image, true));
	make(FSW_ES | 1, 0); /* x87 in its first state: the image's x87 part says nothing */
	ck_assert(!fpu_image_has_pointers(image, true));
}
END_TEST

START_TEST(images_with_pointers)
{
	make(FSW_ES | 1, 0);
	ck_assert(fpu_image_has_pointers(image, false));
	make(FSW_ES | 1, XCR0_X87);
	ck_assert(fpu_image_has_pointers(image, true));
}
END_TEST

/* The environment as 32-bit protected mode has it: instruction pointer, opcode, operand pointer. */
static u32 pointers(void)
{
	u32 env[7];

	__asm__ volatile("fnstenv %0" : "=m"(env));
	return env[3] | (env[4] & 0x7ff0000) | env[5];
}

START_TEST(they_are_forgotten)
{
	float operand = 1;

	__asm__ volatile("fninit; flds %0" : : "m"(operand));
	fpu_forget_pointers();
	ck_assert_uint_eq(pointers(), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fpu");
	TCase *t = tcase_create("pointers");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, images_without_pointers);
	tcase_add_test(t, images_with_pointers);
	tcase_add_test(t, they_are_forgotten);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
