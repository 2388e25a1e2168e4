/* SPDX-License-Identifier: MIT */
/*
 * Defences against speculation: the choice, and what is done where (spec.h has the list).
 *
 * Sources: Intel SDM volumes 2 and 4 (CPUID 7, MSRs 48H, 49H, 10AH), AMD APM volume 3 (CPUID
 * 8000_0008, 8000_0021), the names of Xen's command line.
 */
#include <core/domain.h>
#include <core/lib.h>
#include <core/printk.h>
#include <x86/asm.h>
#include <x86/machine.h>
#include <x86/spec.h>
#include <x86/x86.h>

#define MSR_SPEC_CTRL     0x48U
#define MSR_PRED_CMD      0x49U
#define SPEC_CTRL_IBRS    1UL
#define SPEC_CTRL_SSBD    4UL
#define PRED_CMD_IBPB     1UL

#define ARCH_CAP_IBRS_ALL 2UL
#define ARCH_CAP_MDS_NO   0x20UL

/* CPUID 7, EDX. */
#define MD_CLEAR_BIT   10
#define IBRS_IBPB_BIT  26
#define INTEL_SSBD_BIT 31
/* CPUID 8000_0008, EBX. */
#define AMD_IBPB_BIT      12
#define AMD_IBRS_BIT      14
#define AMD_IBRS_BEST_BIT 18
#define AMD_SSBD_BIT      24

struct spec spec;

static struct spec can; /* what the CPU has; the rest is software */

static const struct word {
	const char *name;
	bool *on;
	const bool *can; /* NULL: always */
} words[] = {
	{ "thunk", &spec.thunk, NULL },    { "ibrs", &spec.ibrs, &can.ibrs },
	{ "ibpb", &spec.ibpb, &can.ibpb }, { "rsb", &spec.rsb, NULL },
	{ "verw", &spec.verw, NULL },      { "ssbd", &spec.ssbd, &can.ssbd },
};

static bool bit(u32 word, unsigned int n)
{
	return word >> n & 1;
}

static void INIT_TEXT choose_intel(u32 l7_edx)
{
	u64 caps = cpu_arch_capabilities();

	can.ibrs = can.ibpb = bit(l7_edx, IBRS_IBPB_BIT);
	can.ssbd = bit(l7_edx, INTEL_SSBD_BIT);
	spec.verw = bit(l7_edx, MD_CLEAR_BIT) && !(caps & ARCH_CAP_MDS_NO);
	/* Else it would have to be written at every entry, which costs more than the thunk. */
	spec.ibrs = can.ibrs && caps & ARCH_CAP_IBRS_ALL;
}

static void INIT_TEXT choose_amd(void)
{
	u32 r[4] = { 0 };

	cpuid(0x80000000, 0, r);
	if (r[0] < 0x80000008)
		return;
	cpuid(0x80000008, 0, r);
	can.ibrs = bit(r[1], AMD_IBRS_BIT);
	can.ibpb = bit(r[1], AMD_IBPB_BIT);
	can.ssbd = bit(r[1], AMD_SSBD_BIT);
	spec.ibrs = can.ibrs && bit(r[1], AMD_IBRS_BEST_BIT);
}

void INIT_TEXT spec_choose(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[0] >= 7)
		cpuid(7, 0, r);
	else
		r[3] = 0;
	if (cpu_vendor == 'I')
		choose_intel(r[3]);
	else
		choose_amd();
	spec.ibpb = can.ibpb;
	spec.rsb = true;
	spec.thunk = !spec.ibrs;
}

static bool INIT_TEXT set_all(bool on)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		*words[i].on = on;
	return true;
}

static bool INIT_TEXT set_word(const char *word, size_t n, bool on)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].name) == n && !strncmp(words[i].name, word, n)) {
			*words[i].on = on;
			return true;
		}
	return false;
}

static bool INIT_TEXT is(const char *word, size_t n, const char *name)
{
	return strlen(name) == n && !strncmp(word, name, n);
}

/* "no" and "yes" for all, a name, "no-" and a name, a name with "=no" or "=yes". */
static bool INIT_TEXT one_word(const char *word, size_t n)
{
	const char *eq = strchr(word, '=');
	size_t name;

	if (eq && eq >= word + n)
		eq = NULL;
	name = eq ? (size_t)(eq - word) : n;
	if (is(word, n, "no") || is(word, n, "off") || is(word, n, "false"))
		return set_all(false);
	if (is(word, n, "yes") || is(word, n, "on") || is(word, n, "true"))
		return set_all(true);
	if (n > 3 && !strncmp(word, "no-", 3))
		return set_word(word + 3, n - 3, false);
	if (eq && is(eq + 1, n - name - 1, "no"))
		return set_word(word, name, false);
	return (!eq || is(eq + 1, n - name - 1, "yes")) && set_word(word, name, true);
}

bool INIT_TEXT spec_option(const char *value)
{
	bool good = true;

	while (*value && good) {
		const char *end = strchr(value, ',');
		size_t n = end ? (size_t)(end - value) : strlen(value);

		good = one_word(value, n);
		value += n + (end ? 1 : 0);
	}
	return good;
}

void INIT_TEXT spec_settle(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (*words[i].on && words[i].can && !*words[i].can)
			*words[i].on = false;
}

const char *spec_text(void)
{
	static char text[64];
	size_t n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (*words[i].on)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
					      words[i].name);
	return n ? text : "none";
}

void spec_init_cpu(void)
{
	u64 ctrl = (spec.ibrs ? SPEC_CTRL_IBRS : 0) | (spec.ssbd ? SPEC_CTRL_SSBD : 0);

	if (ctrl)
		wrmsr(MSR_SPEC_CTRL, ctrl);
}

/* Each call leaves a return address that leads to a trap; none of them returns. */
static void fill_rsb(void)
{
	__asm__ volatile(".rept 32\ncall 1f\nint3\n1:\n.endr\nadd $256, %%rsp" : : : "memory");
}

void spec_switch(struct cpu *c, const struct domain *d)
{
	if (c->spec_serial == d->serial)
		return;
	c->spec_serial = d->serial;
	if (spec.ibpb)
		wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
	if (spec.rsb)
		fill_rsb();
}
