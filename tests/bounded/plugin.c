/* SPDX-License-Identifier: MIT */
/*
 * A plugin of QEMU's TCG: how many instructions the hypervisor executes in one stretch with
 * interrupts off, by the hypercall or the exception that it is in. It looks at the image as it is,
 * from outside.
 *
 * A stretch goes from the first instruction in the hypervisor's half, or from an STI there, to the
 * first instruction outside it or to the next STI. Blocks count whole when they are entered, each
 * repetition of a string instruction as one: as -icount does. What begins elsewhere than on the
 * entry page is boot.
 *
 * symbols=FILE: lines "hexadecimal-address name" of what gives a stretch its name, and of
 * ENTRY_START and ENTRY_END. out=FILE: gets a line "count name" for each new longest stretch of a
 * name.
 *
 * QEMU 7.2's package has no header for plugins: the declarations follow its documentation ("QEMU
 * TCG Plugins", API version 1).
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT      __attribute__((visibility("default")))
#define CB_NO_REGS  0
#define HV_START    0xffff800000000000UL
#define HV_END      0xffff880000000000UL
#define SYMBOLS_MAX 1024
#define RECORDS_MAX 4096
#define INSN_STI    0xfb

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*tb_trans_cb)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*tb_exec_cb)(unsigned int cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, tb_exec_cb cb, int flags,
					  void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t n);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);
int qemu_plugin_version = 1;

struct symbol {
	uint64_t address;
	char name[64];
};

struct block {
	unsigned int count;
	bool hypervisor, entry, opens;
	const struct symbol *symbol;
};

struct record {
	const struct symbol *first, *last;
	uint64_t longest;
};

static struct symbol symbols[SYMBOLS_MAX];
static unsigned int nr_symbols;
static uint64_t entry_start, entry_end;
static struct record records[RECORDS_MAX];
static FILE *out;

/* Of the one CPU. first and last live until the guest runs again, so that they name a call over its
 * preempt points. */
static struct {
	bool inside, boot;
	uint64_t count;
	const struct symbol *first, *last;
} stretch = { .boot = true };

static const struct symbol *symbol_at(uint64_t address)
{
	for (unsigned int i = 0; i < nr_symbols; i++)
		if (symbols[i].address == address)
			return &symbols[i];
	return NULL;
}

static struct record *record_of(const struct symbol *first, const struct symbol *last)
{
	struct record *r = records;

	for (; r < records + RECORDS_MAX - 1 && r->longest; r++)
		if (r->first == first && r->last == last)
			break;
	r->first = first;
	r->last = last;
	return r;
}

static void end_stretch(void)
{
	const struct symbol *first = stretch.first, *last = stretch.last;
	struct record *r;

	if (stretch.boot || !stretch.count)
		return;
	r = record_of(first, last);
	if (stretch.count > r->longest) {
		r->longest = stretch.count;
		fprintf(out, "%" PRIu64 " %s%s%s\n", r->longest, first ? first->name : "other",
			last != first ? " " : "", last != first ? last->name : "");
		fflush(out);
	}
	stretch.count = 0;
}

static void leave(void)
{
	end_stretch();
	stretch.inside = stretch.boot = false;
	stretch.count = 0;
	stretch.first = stretch.last = NULL;
}

static void executed(unsigned int cpu, void *data)
{
	const struct block *b = data;

	(void)cpu;
	if (!b->hypervisor) {
		if (stretch.inside)
			leave();
		return;
	}
	if (!stretch.inside) {
		stretch.inside = true;
		stretch.boot = !b->entry;
	}
	stretch.count += b->count;
	if (b->symbol) {
		stretch.first = stretch.first ? stretch.first : b->symbol;
		stretch.last = b->symbol;
	}
	if (b->opens)
		end_stretch();
}

static bool opens_interrupts(const struct qemu_plugin_tb *tb)
{
	const struct qemu_plugin_insn *last =
		qemu_plugin_tb_get_insn(tb, qemu_plugin_tb_n_insns(tb) - 1);

	return qemu_plugin_insn_size(last) == 1 &&
	       *(const uint8_t *)qemu_plugin_insn_data(last) == INSN_STI;
}

/* A block ends at STI. Its record stays as long as QEMU does. */
static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	struct block *b = calloc(1, sizeof(*b));

	(void)id;
	if (!b)
		abort();
	b->count = (unsigned int)qemu_plugin_tb_n_insns(tb);
	b->hypervisor = address >= HV_START && address < HV_END;
	b->entry = address >= entry_start && address < entry_end;
	b->opens = b->hypervisor && opens_interrupts(tb);
	b->symbol = b->hypervisor ? symbol_at(address) : NULL;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, CB_NO_REGS, b);
}

static void read_symbols(const char *path)
{
	FILE *f = fopen(path, "r");
	struct symbol *s = symbols;

	while (f && s < symbols + SYMBOLS_MAX &&
	       fscanf(f, "%" SCNx64 " %63s", &s->address, s->name) == 2) {
		if (!strcmp(s->name, "ENTRY_START"))
			entry_start = s->address;
		else if (!strcmp(s->name, "ENTRY_END"))
			entry_end = s->address;
		else
			s++;
	}
	nr_symbols = (unsigned int)(s - symbols);
	if (f)
		fclose(f);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "symbols=", 8))
			read_symbols(argv[i] + 8);
		else if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
	}
	if (!out || !nr_symbols || !entry_end)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
