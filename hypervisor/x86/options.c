/* SPDX-License-Identifier: MIT */
/* The hypervisor's command line, named as Xen names it. What is not known is named in a warning. */
#include <core/arch.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/spec.h>
#include <x86/x86.h>

#define BAUD_DEFAULT 115200U

struct options options = { .dom0_max_vcpus = 1, .com1_baud = BAUD_DEFAULT };

/* Xen's three-valued console option: com1 anywhere in the list. */
static bool INIT_TEXT set_console(const char *v)
{
	options.com1 = strstr(v, "com1");
	return true;
}

static bool INIT_TEXT set_com1(const char *v)
{
	const char *end;
	u64 baud = parse_u64(v, &end, 10);

	if (baud && baud <= BAUD_DEFAULT && BAUD_DEFAULT % baud == 0)
		options.com1_baud = (u32)baud;
	return baud == options.com1_baud || !strncmp(v, "auto", 4);
}

/* SIZE, or Xen's list with min: and max:, of which the last amount counts. */
static bool INIT_TEXT set_dom0_mem(const char *v)
{
	const char *end;

	do {
		if (!strncmp(v, "max:", 4) || !strncmp(v, "min:", 4))
			v += 4;
		options.dom0_mem = parse_size(v, &end);
		if (end == v || (*end && *end != ','))
			return false;
		v = end + 1;
	} while (*end);
	return true;
}

static bool INIT_TEXT set_number(const char *v, unsigned int *out)
{
	const char *end;

	*out = (unsigned int)parse_u64(v, &end, 10);
	return end != v && !*end;
}

static bool INIT_TEXT set_dom0_max_vcpus(const char *v)
{
	return set_number(v, &options.dom0_max_vcpus) && options.dom0_max_vcpus;
}

static bool INIT_TEXT set_maxcpus(const char *v)
{
	return set_number(v, &options.maxcpus);
}

/* "upper/lower" as Xen has it: what is limited by rate there is shown here by the upper level. */
static bool INIT_TEXT level(const char *v, enum log_level *out)
{
	static const struct {
		const char *name;
		enum log_level level;
	} names[] = {
		{ "all", LOG_DEBUG },       { "debug", LOG_DEBUG }, { "info", LOG_INFO },
		{ "warning", LOG_WARNING }, { "error", LOG_ERR },   { "none", LOG_ERR },
	};
	const char *slash = strchr(v, '/');
	size_t n = slash ? (size_t)(slash - v) : strlen(v);

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i].name) == n && !strncmp(names[i].name, v, n)) {
			*out = names[i].level;
			return true;
		}
	return false;
}

static bool INIT_TEXT set_loglvl(const char *v)
{
	return level(v, &log_level);
}

static bool INIT_TEXT set_guest_loglvl(const char *v)
{
	return level(v, &guest_log_level);
}

/* As Xen reads them; the bare word means on. */
static bool INIT_TEXT boolean(const char *v, bool *on)
{
	static const char *const words[][2] = {
		{ "no", "yes" }, { "off", "on" },         { "false", "true" },
		{ "0", "1" },    { "disable", "enable" },
	};

	*on = true;
	if (!*v)
		return true;
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(v, words[i][0]) || !strcmp(v, words[i][1])) {
			*on = !strcmp(v, words[i][1]);
			return true;
		}
	return false;
}

static bool INIT_TEXT set_noreboot(const char *v)
{
	return boolean(v, &opt_noreboot);
}

static bool INIT_TEXT set_xpti(const char *v)
{
	bool on;

	options.xpti = XPTI_DEFAULT;
	if (!strcmp(v, "default"))
		return true;
	if (!boolean(v, &on))
		return false;
	options.xpti = on ? XPTI_ON : XPTI_OFF;
	return true;
}

/* GRUB's scripts write this word where older loaders had the file's name. */
static bool INIT_TEXT nothing(const char *v)
{
	return !*v;
}

static const struct option {
	const char *name;
	bool (*set)(const char *value);
} known[] INIT_DATA = {
	{ "console", set_console },   { "com1", set_com1 },
	{ "dom0_mem", set_dom0_mem }, { "dom0_max_vcpus", set_dom0_max_vcpus },
	{ "loglvl", set_loglvl },     { "guest_loglvl", set_guest_loglvl },
	{ "noreboot", set_noreboot }, { "maxcpus", set_maxcpus },
	{ "xpti", set_xpti },         { "spec-ctrl", spec_option },
	{ "placeholder", nothing },
};

static const struct option *INIT_TEXT find(const char *word, size_t n)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == n && !strncmp(known[i].name, word, n))
			return &known[i];
	return NULL;
}

static void INIT_TEXT one(const char *word, bool complain)
{
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : strlen(word);
	const struct option *o = find(word, n);
	bool good = o && o->set(eq ? eq + 1 : "");

	if (!complain)
		return;
	if (!o)
		pr_warn("option \"%s\" is not known and does nothing\n", word);
	else if (!good)
		pr_warn("option \"%s\": this value is not understood\n", word);
}

void INIT_TEXT options_parse(const char *line, bool complain)
{
	char word[128];

	while (*line) {
		size_t n = 0;

		while (*line == ' ')
			line++;
		while (*line && *line != ' ') {
			if (n < sizeof(word) - 1)
				word[n++] = *line;
			line++;
		}
		word[n] = 0;
		if (n)
			one(word, complain);
	}
}
