/* SPDX-License-Identifier: MIT */
/*
 * Defences against speculation, on made-up CPUs: which come on by themselves, what the words of
 * spec-ctrl= change, and which MSRs are written with what. QEMU's CPU has none of these registers.
 */
#include <check.h>
#include <stdlib.h>

#include <core/domain.h>
#include <core/lib.h>
#include <core/printk.h>
#include <x86/asm.h>
#include <x86/machine.h>
#include <x86/spec.h>
#include <x86/x86.h>
#include <x86/xpti.h>

#define SPEC_CTRL 0x48U
#define PRED_CMD  0x49U
#define BIT(n)    (1U << (n))
#define CAP(n)    (1UL << (n))

/* Numbers of bits as the manuals have them: CPUID 7 EBX, EDX, and EDX of subleaf 2. */
enum { RTM = 11, MD_CLEAR = 10, IBRS_IBPB = 26, SSBD = 31, RRSBA_CTRL = 2, BHI_CTRL = 4 };
/* MSR 10AH. */
enum { IBRS_ALL = 1, MDS_NO = 5, TAA_NO = 8, FB_CLEAR = 17, RRSBA = 19, BHI_NO, RFDS_CLEAR = 28 };
#define MMIO_NO (CAP(13) | CAP(14) | CAP(15))
#define RFDS_NO CAP(27)

struct machine {
	const char *name, *on; /* what is on by itself */
	char vendor;
	u32 l7_ebx, l7_edx, l72_edx, e8_ebx, e21_eax, e21_ecx;
	u64 caps;
	u64 spec_ctrl; /* what is written for good; 0: nothing */
};

static const struct machine machines[] = {
	{ .name = "Intel without microcode", .on = "thunk rsb mask", .vendor = 'I' },
	{ .name = "Intel open to Meltdown",
	  .on = "thunk ibpb rsb verw mask",
	  .vendor = 'I',
	  .l7_ebx = BIT(RTM),
	  .l7_edx = BIT(MD_CLEAR) | BIT(IBRS_IBPB) | BIT(SSBD) },
	{ .name = "Intel, MDS_NO but open to TAA",
	  .on = "ibrs ibpb rsb verw mask",
	  .vendor = 'I',
	  .l7_ebx = BIT(RTM),
	  .l7_edx = BIT(MD_CLEAR) | BIT(IBRS_IBPB),
	  .caps = CAP(IBRS_ALL) | CAP(MDS_NO),
	  .spec_ctrl = 1 },
	{ .name = "the same without transactions",
	  .on = "ibrs ibpb rsb mask",
	  .vendor = 'I',
	  .l7_edx = BIT(MD_CLEAR) | BIT(IBRS_IBPB),
	  .caps = CAP(IBRS_ALL) | CAP(MDS_NO),
	  .spec_ctrl = 1 },
	{ .name = "TAA_NO",
	  .on = "ibrs ibpb rsb mask",
	  .vendor = 'I',
	  .l7_ebx = BIT(RTM),
	  .l7_edx = BIT(MD_CLEAR) | BIT(IBRS_IBPB),
	  .caps = CAP(IBRS_ALL) | CAP(MDS_NO) | CAP(TAA_NO),
	  .spec_ctrl = 1 },
	{ .name = "open to MMIO stale data",
	  .on = "ibrs ibpb rsb verw mask",
	  .vendor = 'I',
	  .l7_edx = BIT(MD_CLEAR) | BIT(IBRS_IBPB),
	  .caps = CAP(IBRS_ALL) | CAP(MDS_NO) | CAP(FB_CLEAR),
	  .spec_ctrl = 1 },
	{ .name = "FB_CLEAR, but not open",
	  .on = "ibrs ibpb rsb mask",
	  .vendor = 'I',
	  .l7_edx = BIT(IBRS_IBPB),
	  .caps = CAP(IBRS_ALL) | CAP(MDS_NO) | CAP(FB_CLEAR) | MMIO_NO,
	  .spec_ctrl = 1 },
	{ .name = "open to RFDS",
	  .on = "ibrs ibpb rsb verw mask",
	  .vendor = 'I',
	  .l7_edx = BIT(IBRS_IBPB),
	  .caps = CAP(IBRS_ALL) | CAP(MDS_NO) | CAP(RFDS_CLEAR),
	  .spec_ctrl = 1 },
	{ .name = "RFDS_NO",
	  .on = "ibrs ibpb rsb mask",
	  .vendor = 'I',
	  .l7_edx = BIT(IBRS_IBPB),
	  .caps = CAP(IBRS_ALL) | CAP(MDS_NO) | CAP(RFDS_CLEAR) | RFDS_NO,
	  .spec_ctrl = 1 },
	{ .name = "BHI_CTRL",
	  .on = "ibrs ibpb rsb bhi mask",
	  .vendor = 'I',
	  .l7_edx = BIT(IBRS_IBPB),
	  .l72_edx = BIT(BHI_CTRL),
	  .caps = CAP(IBRS_ALL) | CAP(MDS_NO),
	  .spec_ctrl = 0x401 },
	{ .name = "BHI_NO",
	  .on = "ibrs ibpb rsb mask",
	  .vendor = 'I',
	  .l7_edx = BIT(IBRS_IBPB),
	  .l72_edx = BIT(BHI_CTRL),
	  .caps = CAP(IBRS_ALL) | CAP(MDS_NO) | CAP(BHI_NO),
	  .spec_ctrl = 1 },
	{ .name = "RRSBA without IBRS_ALL",
	  .on = "thunk ibpb rsb mask",
	  .vendor = 'I',
	  .l7_edx = BIT(IBRS_IBPB),
	  .l72_edx = BIT(RRSBA_CTRL),
	  .caps = CAP(MDS_NO) | CAP(RRSBA),
	  .spec_ctrl = 0x40 },
	{ .name = "AMD without any: QEMU's max", .on = "thunk rsb mask", .vendor = 'A' },
	{ .name = "AMD or Hygon with IBPB",
	  .on = "thunk ibpb rsb mask",
	  .vendor = 'A',
	  .e8_ebx = BIT(12) },
	{ .name = "AMD with IBRS, not preferred",
	  .on = "thunk ibpb rsb mask",
	  .vendor = 'A',
	  .e8_ebx = BIT(12) | BIT(14) | BIT(24) },
	{ .name = "AMD with IBRS preferred",
	  .on = "ibrs ibpb rsb mask",
	  .vendor = 'A',
	  .e8_ebx = BIT(12) | BIT(14) | BIT(18) | BIT(24),
	  .spec_ctrl = 1 },
	{ .name = "AMD open to TSA",
	  .on = "ibrs ibpb rsb verw mask",
	  .vendor = 'A',
	  .e8_ebx = BIT(12) | BIT(14) | BIT(18),
	  .e21_eax = BIT(5),
	  .spec_ctrl = 1 },
	{ .name = "AMD, TSA_L1_NO alone",
	  .on = "thunk rsb verw mask",
	  .vendor = 'A',
	  .e21_eax = BIT(5),
	  .e21_ecx = 4 },
	{ .name = "AMD not open to TSA",
	  .on = "thunk rsb mask",
	  .vendor = 'A',
	  .e21_eax = BIT(5),
	  .e21_ecx = 6 },
	{ .name = "somebody else's, with AMD's leaves",
	  .on = "thunk ibpb rsb mask",
	  .vendor = '?',
	  .e8_ebx = BIT(12) },
};

static struct machine machine;
static struct {
	u32 msr;
	u64 value;
} written[4];
static unsigned int writes;
static char said[512];
unsigned char *host_frame_table, *host_direct_map;
char cpu_vendor;
bool xpti_on;

u64 cpu_arch_capabilities(void)
{
	return machine.caps;
}

void cpuid(u32 leaf, u32 sub, u32 out[4])
{
	memset(out, 0, 4 * sizeof(out[0]));
	switch (leaf) {
	case 0: out[0] = machine.l7_ebx | machine.l7_edx ? 7 : 4; break;
	case 7:
		out[1] = sub ? 0 : machine.l7_ebx;
		out[3] = sub == 2 ? machine.l72_edx : sub ? 0 : machine.l7_edx;
		break;
	case 0x80000000: out[0] = machine.e21_eax ? 0x80000021 : 0x80000008; break;
	case 0x80000008: out[1] = machine.e8_ebx; break;
	case 0x80000021:
		out[0] = machine.e21_eax;
		out[2] = machine.e21_ecx;
		break;
	default: memset(out, 0xff, 4 * sizeof(out[0])); /* not to be looked at */
	}
}

void wrmsr(u32 msr, u64 v)
{
	ck_assert_uint_lt(writes, ARRAY_SIZE(written));
	written[writes].msr = msr;
	written[writes++].value = v;
}

void printk(enum log_level level, const char *fmt, ...)
{
	size_t n = strlen(said);
	va_list ap;

	ck_assert_int_eq(level, LOG_WARNING);
	va_start(ap, fmt);
	vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	va_end(ap);
}

void panic(const char *fmt, ...)
{
	ck_abort_msg("panic: %s", fmt);
}

static void start_on(const struct machine *m)
{
	machine = *m;
	cpu_vendor = m->vendor;
	spec = (struct spec){ 0 };
	writes = 0;
	spec_choose();
}

static void expect_write(unsigned int i, u32 msr, u64 value)
{
	ck_assert_msg(writes > i, "%s: MSR %x is not written", machine.name, msr);
	ck_assert_uint_eq(written[i].msr, msr);
	ck_assert_msg(written[i].value == value, "%s: MSR %x is written with %lx, not %lx",
		      machine.name, msr, written[i].value, value);
}

/* By itself, on each CPU: what is on, and what is written for good. */
START_TEST(by_itself)
{
	const struct machine *m = &machines[_i];

	start_on(m);
	spec_settle();
	ck_assert_msg(!strcmp(spec_text(), m->on), "%s: on are \"%s\", not \"%s\"", m->name,
		      spec_text(), m->on);
	spec_init_cpu();
	if (m->spec_ctrl)
		expect_write(0, SPEC_CTRL, m->spec_ctrl);
	ck_assert_uint_eq(writes, m->spec_ctrl ? 1 : 0);
	ck_assert_str_eq(said, "");
}
END_TEST

/* One that has all, and needs none but what is always on. */
static const struct machine able = {
	"a CPU that can all",
	"ibrs ibpb rsb mask",
	.vendor = 'I',
	.l7_edx = BIT(IBRS_IBPB) | BIT(SSBD),
	.l72_edx = BIT(BHI_CTRL) | BIT(RRSBA_CTRL),
	.caps = CAP(IBRS_ALL) | CAP(MDS_NO) | CAP(BHI_NO) | CAP(RRSBA),
};

static const struct {
	const char *words, *on;
	u64 spec_ctrl;
} orders[] = {
	{ "", "ibrs ibpb rsb mask", 1 },
	{ "no", "", 0 },
	{ "off", "", 0 },
	{ "false", "", 0 },
	{ "yes", "thunk ibrs ibpb rsb verw ssbd bhi mask", 0x445 },
	{ "on", "thunk ibrs ibpb rsb verw ssbd bhi mask", 0x445 },
	{ "no,thunk", "thunk", 0x40 },
	{ "no,ibrs", "ibrs", 1 },
	{ "no,ibpb", "ibpb", 0 },
	{ "no,rsb", "rsb", 0 },
	{ "no,verw", "verw", 0 },
	{ "no,ssbd", "ssbd", 4 },
	{ "no,bhi", "bhi", 0x400 },
	{ "no,mask", "mask", 0 },
	{ "ssbd", "ibrs ibpb rsb ssbd mask", 5 },
	{ "ssbd=yes,no-ibrs", "ibpb rsb ssbd mask", 4 },
	{ "no-ibpb,rsb=no,mask=no", "ibrs", 1 },
	{ "yes,no-thunk,no-bhi", "ibrs ibpb rsb verw ssbd mask", 5 },
	{ "verw,no", "", 0 },
	{ ",ssbd,", "ibrs ibpb rsb ssbd mask", 5 },
};

START_TEST(each_word)
{
	start_on(&able);
	ck_assert(spec_option(orders[_i].words));
	spec_settle();
	ck_assert_msg(!strcmp(spec_text(), orders[_i].on), "%s: on are \"%s\", not \"%s\"",
		      orders[_i].words, spec_text(), orders[_i].on);
	spec_init_cpu();
	if (orders[_i].spec_ctrl)
		expect_write(0, SPEC_CTRL, orders[_i].spec_ctrl);
	ck_assert_uint_eq(writes, orders[_i].spec_ctrl ? 1 : 0);
	ck_assert_str_eq(said, "");
}
END_TEST

/* Asked for, but the CPU has no such register: nothing is written. */
START_TEST(what_the_cpu_cannot)
{
	start_on(&machines[0]);
	spec_option("yes");
	spec_settle();
	ck_assert_str_eq(spec_text(), "thunk rsb verw mask");
	spec_init_cpu();
	ck_assert_uint_eq(writes, 0);
}
END_TEST

/* Isolation is an option of its own, and a word of the same text. */
START_TEST(isolation_is_told)
{
	start_on(&machines[0]);
	xpti_on = true;
	ck_assert_str_eq(spec_text(), "xpti thunk rsb mask");
	spec_option("no");
	ck_assert_str_eq(spec_text(), "xpti");
	xpti_on = false;
	ck_assert_str_eq(spec_text(), "");
	xpti_on = true;
	spec_option("yes");
	ck_assert_uint_lt(strlen(spec_text()) + 1, sizeof(paravane_defences_t));
}
END_TEST

static const struct {
	const char *words, *named, *on;
} wrong[] = {
	{ "retpolines", "\"retpolines\"", "ibrs ibpb rsb mask" },
	{ "ssbd,no-meltdown,no-rsb", "\"no-meltdown\"", "ibrs ibpb ssbd mask" },
	{ "verw=maybe", "\"verw=maybe\"", "ibrs ibpb rsb mask" },
	{ "a-word-that-is-longer-than-any", "\"a-word-that-is-longer-t\"", "ibrs ibpb rsb mask" },
	{ "no-", "\"no-\"", "ibrs ibpb rsb mask" },
	{ "rs", "\"rs\"", "ibrs ibpb rsb mask" },
	{ "rsbs", "\"rsbs\"", "ibrs ibpb rsb mask" },
};

/* The word is named, and the others count. */
START_TEST(unknown_words)
{
	start_on(&able);
	spec_option(wrong[_i].words);
	ck_assert_str_eq(said, "");
	spec_settle();
	ck_assert_msg(strstr(said, wrong[_i].named), "%s: said \"%s\"", wrong[_i].words, said);
	ck_assert_str_eq(spec_text(), wrong[_i].on);
}
END_TEST

/* Another domain gets the CPU: the barrier, once; the same again: nothing. */
START_TEST(switches)
{
	struct domain a = { .serial = 1 }, b = { .serial = 2 };
	struct cpu c = { .spec_serial = 0 };

	start_on(&able);
	spec_switch(&c, &a);
	expect_write(0, PRED_CMD, 1);
	spec_switch(&c, &a);
	ck_assert_uint_eq(writes, 1);
	spec_switch(&c, &b);
	expect_write(1, PRED_CMD, 1);
	spec_option("no-ibpb");
	spec_switch(&c, &a);
	ck_assert_uint_eq(writes, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spec");
	TCase *t = tcase_create("spec");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, by_itself, 0, ARRAY_SIZE(machines));
	tcase_add_loop_test(t, each_word, 0, ARRAY_SIZE(orders));
	tcase_add_test(t, what_the_cpu_cannot);
	tcase_add_loop_test(t, unknown_words, 0, ARRAY_SIZE(wrong));
	tcase_add_test(t, isolation_is_told);
	tcase_add_test(t, switches);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
