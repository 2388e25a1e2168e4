/* SPDX-License-Identifier: MIT */
/*
 * Defences against speculation: the choice, and what is done where (spec.h has the list).
 *
 * Sources: Intel SDM volumes 2 and 4 (CPUID 7, MSRs 48H, 49H, 10AH), AMD APM volume 3 (CPUID
 * 8000_0008, 8000_0021), AMD on transient scheduler attacks (VERW there), the names of Xen's
 * command line.
 */
#include <core/domain.h>
#include <core/lib.h>
#include <core/printk.h>
#include <x86/asm.h>
#include <x86/machine.h>
#include <x86/spec.h>
#include <x86/x86.h>
#include <x86/xpti.h>

#define MSR_SPEC_CTRL         0x48U
#define MSR_PRED_CMD          0x49U
#define SPEC_CTRL_IBRS        1UL
#define SPEC_CTRL_SSBD        4UL
#define SPEC_CTRL_RRSBA_DIS_S 0x40UL
#define SPEC_CTRL_BHI_DIS_S   0x400UL
#define PRED_CMD_IBPB         1UL

/* MSR 10AH. */
#define CAP_IBRS_ALL   (1UL << 1)
#define CAP_MDS_NO     (1UL << 5)
#define CAP_TAA_NO     (1UL << 8)
#define CAP_MMIO_NO    (7UL << 13) /* SBDR_SSDP_NO, FBSDP_NO, PSDP_NO */
#define CAP_FB_CLEAR   (1UL << 17)
#define CAP_RRSBA      (1UL << 19)
#define CAP_BHI_NO     (1UL << 20)
#define CAP_RFDS_NO    (1UL << 27)
#define CAP_RFDS_CLEAR (1UL << 28)

enum { EAX, EBX, ECX, EDX };

/* CPUID 7, EBX and EDX; its subleaf 2, EDX. */
#define RTM_BIT        11
#define MD_CLEAR_BIT   10
#define IBRS_IBPB_BIT  26
#define INTEL_SSBD_BIT 31
#define RRSBA_CTRL_BIT 2
#define BHI_CTRL_BIT   4
/* CPUID 8000_0008, EBX; 8000_0021, EAX and ECX. */
#define AMD_IBPB_BIT       12
#define AMD_IBRS_BIT       14
#define AMD_IBRS_BEST_BIT  18
#define AMD_SSBD_BIT       24
#define AMD_VERW_CLEAR_BIT 5
#define AMD_TSA_NO         6U /* TSA_SQ_NO, TSA_L1_NO */

struct spec spec;

static struct spec can; /* what the CPU has; the rest is software */
static bool rrsba;      /* a return may be predicted from the branch buffer, but not behind a bit */
static char unknown[24];

static const struct word {
	const char *name;
	bool *on;
	const bool *can; /* NULL: always */
} words[] = {
	{ "thunk", &spec.thunk, NULL },    { "ibrs", &spec.ibrs, &can.ibrs },
	{ "ibpb", &spec.ibpb, &can.ibpb }, { "rsb", &spec.rsb, NULL },
	{ "verw", &spec.verw, NULL },      { "ssbd", &spec.ssbd, &can.ssbd },
	{ "bhi", &spec.bhi, &can.bhi },    { "mask", &spec.mask, NULL },
};

/* A register of a leaf, 0 if the CPU does not have that. */
static u32 INIT_TEXT leaf(u32 number, u32 sub, unsigned int reg)
{
	u32 r[4];

	cpuid(number & 0x80000000, 0, r);
	if (r[EAX] < number)
		return 0;
	cpuid(number, sub, r);
	return r[reg];
}

static bool bit(u32 word, unsigned int n)
{
	return word >> n & 1;
}

/* MDS; TAA, where there are transactions; MMIO stale data; RFDS: each unless the CPU says that it
 * is not open to it, and only if it says that VERW helps. */
static bool INIT_TEXT intel_wants_verw(u64 caps, bool md_clear)
{
	bool taa = bit(leaf(7, 0, EBX), RTM_BIT) && !(caps & CAP_TAA_NO);

	return (md_clear && (taa || !(caps & CAP_MDS_NO))) ||
	       (caps & CAP_FB_CLEAR && ~caps & CAP_MMIO_NO) ||
	       (caps & CAP_RFDS_CLEAR && !(caps & CAP_RFDS_NO));
}

static void INIT_TEXT choose_intel(void)
{
	u64 caps = cpu_arch_capabilities();
	u32 edx = leaf(7, 0, EDX), edx2 = leaf(7, 2, EDX);

	can.ibrs = can.ibpb = bit(edx, IBRS_IBPB_BIT);
	can.ssbd = bit(edx, INTEL_SSBD_BIT);
	can.bhi = bit(edx2, BHI_CTRL_BIT);
	rrsba = caps & CAP_RRSBA && bit(edx2, RRSBA_CTRL_BIT);
	spec.verw = intel_wants_verw(caps, bit(edx, MD_CLEAR_BIT));
	spec.bhi = can.bhi && !(caps & CAP_BHI_NO);
	/* Else it would have to be written at every entry, which costs more than the thunk. */
	spec.ibrs = can.ibrs && caps & CAP_IBRS_ALL;
}

static void INIT_TEXT choose_amd(void)
{
	u32 ebx = leaf(0x80000008, 0, EBX);

	can.ibrs = bit(ebx, AMD_IBRS_BIT);
	can.ibpb = bit(ebx, AMD_IBPB_BIT);
	can.ssbd = bit(ebx, AMD_SSBD_BIT);
	spec.ibrs = can.ibrs && bit(ebx, AMD_IBRS_BEST_BIT);
	spec.verw = bit(leaf(0x80000021, 0, EAX), AMD_VERW_CLEAR_BIT) &&
		    ~leaf(0x80000021, 0, ECX) & AMD_TSA_NO;
}

void INIT_TEXT spec_choose(void)
{
	if (cpu_vendor == 'I')
		choose_intel();
	else
		choose_amd();
	spec.ibpb = can.ibpb;
	spec.rsb = spec.mask = true;
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
	while (*value) {
		const char *end = strchr(value, ',');
		size_t n = end ? (size_t)(end - value) : strlen(value);

		if (!one_word(value, n))
			strlcpy(unknown, value, MIN(n + 1, sizeof(unknown)));
		value += n + (end ? 1 : 0);
	}
	return true;
}

void INIT_TEXT spec_settle(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (*words[i].on && words[i].can && !*words[i].can)
			*words[i].on = false;
	if (*unknown)
		pr_warn("spec-ctrl: \"%s\" is not known and does nothing\n", unknown);
}

const char *spec_text(void)
{
	static paravane_defences_t text;
	size_t n = strlcpy(text, xpti_on ? "xpti" : "", sizeof(text));

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (*words[i].on)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
					      words[i].name);
	return text;
}

void spec_init_cpu(void)
{
	u64 ctrl = (spec.ibrs ? SPEC_CTRL_IBRS : 0) | (spec.ssbd ? SPEC_CTRL_SSBD : 0) |
		   (spec.bhi ? SPEC_CTRL_BHI_DIS_S : 0) |
		   (spec.thunk && rrsba ? SPEC_CTRL_RRSBA_DIS_S : 0);

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
